"""kill -9 before and after every statement of approve, reject, promote and suspend: nothing lost, nothing twice."""

import shutil
import sys
from itertools import count

import pytest

from primum.ledger.database import Ledger
from tests import gates_at_work as work
from tests.faults import kill_trials

_numbers = count(1)


@pytest.fixture
def start(request, tmp_path):
    """A function that gives a new database in which one action is about to happen."""

    def on_sqlite(action):
        template = tmp_path / f"{action.name}.db"
        if not template.exists():
            _prepare(f"sqlite:///{template}", action, tmp_path)
        return f"sqlite:///{shutil.copy(template, tmp_path / f'trial-{next(_numbers)}.db')}"

    def on_postgres(action):
        server, template = request.getfixturevalue("postgres_server"), f"kill_{action.name}_{id(tmp_path)}"
        if template not in made:
            server.run(f"CREATE DATABASE {template}")
            _prepare(server.url(template), action, tmp_path)
            made.add(template)
        name = f"trial_{next(_numbers)}_{id(tmp_path)}"
        server.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        dropped.append(name)
        if len(dropped) > 1:
            server.run(f"DROP DATABASE {dropped.pop(0)} WITH (FORCE)")
        return server.url(name)

    made, dropped = set(), []
    return {"sqlite": on_sqlite, "postgres": on_postgres}


def _prepare(url, action, home):
    with Ledger.open(url, key=home / "ledger.key") as ledger:
        action.prepare(work.workplace(ledger, home))


def trials(start_of, home, how_many):
    """Spread the trials of each action over all its moments, the last one, after its commit, included."""
    died = done = 0
    per_action = how_many // len(kill_trials.ACTIONS)
    for action in kill_trials.ACTIONS:
        last = kill_trials.child(action, start_of(action), home, moment=0)
        assert last > 10, f"{action.name} passed {last} moments without a kill; the trial proves nothing"
        for number in range(per_action):
            moment = last - (number * max(1, last // per_action)) % last
            acknowledged, there = kill_trials.trial(action, start_of(action), home, moment)
            died += not acknowledged
            done += there
    assert died == per_action * len(kill_trials.ACTIONS), "a child outlived its kill"
    assert done, "no child was killed after its commit; the trial proves nothing"
    sys.stdout.write(f"{died} killed, {done} of them after their commit, 0 lost, 0 doubled\n")


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_kill_at_any_statement_loses_and_doubles_nothing(start, tmp_path, engine):
    trials(start[engine], tmp_path, 32)


@pytest.mark.faults
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_thousand_kills_lose_and_double_nothing(start, tmp_path, engine):
    trials(start[engine], tmp_path, 1000)
