"""The hourly flow of the watch and its dead man's switch in another flow, as a worker would run their tasks."""

from datetime import timedelta

import pytest

from primum.actions.gates import SYSTEM
from primum.actions.workplace import open_workplace
from primum.ledger import monitor_reading
from primum.settings import Settings
from tasks import watching
from tasks.entrance import now
from tests.monitors_at_work import MONDAY, OPS, ROLLOUT, line, monitor, ward

CHART = {"kind": "performance-cusum", "action": "warn", "nature": "signal", "owner": "pia-berg"}
PARAMETERS = {"run_length": 500, "multiplicity": "each", "acceptable": "1/20", "worse": "1/10", "volume": 100}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("PRIMUM_HOME", str(tmp_path / "home"))
    opened = open_workplace(Settings(home=tmp_path / "home"))
    yield ward(opened.ledger, tmp_path / "home", monitor(cadence={"hours": 1}))
    opened.ledger.close()


def test_the_tasks_of_the_flow_read_once_and_begin_nothing_without_a_cause(place):
    place.report(line(0), at=now())

    first, again = watching.let_monitors_read.fn(), watching.let_monitors_read.fn()

    assert (first.readings, first.states["quiet"]) == (1, 1)
    assert again.readings == 0
    assert watching.walk_back_what_failed.fn() == ()
    assert watching.end_approvals_that_ran_out.fn() == ()
    assert watching.begin_reviews_that_are_due.fn() == ()


def test_a_tick_that_died_is_noticed_by_the_other_flow(place):
    with place.workplace.ledger.transaction() as tx:
        record = tx.lock_rollout(ROLLOUT)
        record.stage_since = now() - timedelta(days=9)
        tx.session.add(record)
        tx.record(kind="rollout.promoted", rollout=ROLLOUT, person=SYSTEM, at=now(), body={})

    assert watching.say_which_monitors_are_silent.fn() == (ROLLOUT,)

    watching.let_monitors_read.fn()
    watching.say_which_monitors_are_silent.fn()
    with place.workplace.ledger.reading() as session:
        (alarm,) = monitor_reading.alarms(session, rollout=ROLLOUT)
    assert (alarm.cause, alarm.over_at is not None) == ("silent", True)


def test_a_monitor_that_always_fires_is_reported_as_badly_designed(sqlite_ledger, tmp_path):
    place = ward(sqlite_ledger, tmp_path, monitor(id="errors", parameters=PARAMETERS, **CHART))
    bad = {"n": 100, "events": 60}

    for week in (14, 15, 16, 17):
        at = MONDAY + timedelta(weeks=week - 13)
        counts = [line(0, period=f"2026-W{week}", site=site) for site in ("north", "south")]
        place.report(*(replace_counts(one, bad) for one in counts), of="errors", at=at)
        place.tick(at)
        for alarm in place.alarms():
            if alarm.cause == "reading":
                place.answer(alarm.id, person=OPS, at=at, done="Nothing was wrong with the patients.")

    (told,) = place.alarms()
    assert told.cause == "design"
    assert "of its last" in told.sentence
    assert "designed for 1 in 500" in told.sentence


def replace_counts(one, counts):
    return type(one)(period=one.period, site=one.site, counts=counts)
