"""OpenFeature's own JavaScript clients, on Node, ask a point of care over real sockets."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import gates_at_work
from tests.points_of_care import ROLLOUT, in_pilot, serving

HERE = Path(__file__).parent.parent / "javascript"
INSTALLED = HERE / "node_modules" / "@openfeature" / "ofrep-provider" / "package.json"
MISSING = (
    "Node 18 or newer is needed, and the clients in tests/javascript: install nodejs with npm, then `make clients`."
)
SECONDS = 60


@pytest.fixture(scope="module")
def node():
    """The program that runs JavaScript; a machine without it fails the tests, as it could not see them pass."""
    found = shutil.which("node")
    assert found is not None, MISSING
    assert INSTALLED.is_file(), MISSING
    return found


@pytest.fixture
def care(sqlite_ledger, tmp_path):
    place = gates_at_work.workplace(sqlite_ledger, tmp_path)
    with serving(place, in_pilot(place)) as answering:
        yield answering


def asked(node, care, *questions, key=None, poll=None):
    """Let the clients ask; each question is a flag and its context."""
    listed = [{"flag": flag, "context": context} for flag, context in questions]
    told = {"address": care.address, "key": care.key if key is None else key, "questions": listed, "poll": poll}
    ended = subprocess.run(
        [node, "ask.mjs"],
        input=json.dumps(told),
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def of(care, arm, *, age=44, site="north"):
    return {"targetingKey": care.units.get(arm, "nobody"), "site": site, "age": age}


def test_it_is_told_both_arms_off_and_a_rollout_that_nobody_knows(node, care):
    said = asked(
        node,
        care,
        (ROLLOUT, of(care, "intervention")),
        (ROLLOUT, of(care, "control")),
        (ROLLOUT, of(care, "no arm")),
        (ROLLOUT, of(care, "intervention", age=12)),
        ("nobodys", of(care, "intervention")),
    )

    told = [(one["value"], one["variant"], one["reason"]) for one in said["answers"]]
    assert told == [
        ("lmm", "lmm", "SPLIT"),
        ("control", "control", "SPLIT"),
        ("off", "off", "UNKNOWN"),
        ("off", "off", "TARGETING_MATCH"),
        ("off", "off", "UNKNOWN"),
    ]
    assert said["answers"][3]["why"] == "Children were not studied."


def test_a_suspension_turns_its_next_answer_off(node, care):
    care.suspend()

    said = asked(node, care, (ROLLOUT, of(care, "intervention")))

    assert (said["answers"][0]["value"], said["answers"][0]["reason"]) == ("off", "DISABLED")


def test_without_a_key_it_falls_back_to_what_the_caller_fears_least(node, care):
    said = asked(node, care, (ROLLOUT, of(care, "intervention")), key="primum_site_wrong")

    (answer,) = said["answers"]
    assert (answer["value"], answer["reason"], answer["status"]) == ("off", "ERROR", 401)


def test_the_one_for_pages_asks_for_everything_and_hears_that_nothing_changed(node, care):
    context = of(care, "intervention")

    said = asked(node, care, (ROLLOUT, context), ("nobodys", context), poll=context)

    assert said["polled"] == {"statuses": [200, 304], "values": ["lmm", "off"]}


def test_the_clients_are_pinned_by_hash_and_come_from_wherever_the_hospital_says():
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    packages = [one for name, one in json.loads(lock)["packages"].items() if name]

    assert all(one["integrity"].startswith("sha512-") for one in packages)
    assert '"resolved"' not in lock
    assert "://" not in lock
