"""The two examples that are watched, from a terminal: reported, read, and what they say."""

import json

import pytest

from primum.actions import registration
from primum.actions.workplace import open_workplace
from primum.settings import Settings, shipped
from tests.factories import MORNING

PERSON = ("--as", "noah-kim")
EXAMPLES = shipped("examples")


@pytest.fixture
def watching(tmp_path, primum):
    """Register an example and report its counts; then let its monitors read."""

    def read(example, files):
        place = open_workplace(Settings(home=tmp_path / "home"))
        registration.register(path=EXAMPLES / example / "rollout.yaml", person="noah-kim", at=MORNING, workplace=place)
        place.ledger.close()
        for monitor, file in files.items():
            said = primum("monitor", "counts", example, monitor, str(EXAMPLES / example / "data" / file), *PERSON)
            assert said.code == 0, said.text
        ticked = primum("monitor", "run", example, "--json")
        listed = json.loads(primum("monitor", "list", example, "--json").out)
        return ticked, {one["id"]: one for one in listed["monitors"]}, listed["alarms"]

    return read


def test_the_outliers_of_the_last_year_are_those_the_state_named(watching):
    files = {"pci-deaths": "pci.csv", "non-emergency-pci-deaths": "non-emergency-pci.csv", "cabg-deaths": "cabg.csv"}

    ticked, monitors, alarms = watching("cardiac-outcomes", files)

    named = {(one["monitor"], one["sentence"].split(":")[0].removeprefix("At ")) for one in alarms}
    assert ticked.code == 1
    assert monitors["pci-deaths"]["state"] == "alarm"
    assert {site for monitor, site in named if monitor == "pci-deaths"} == {
        "hospital-116",
        "hospital-563",
        "hospital-1304",
        "hospital-1450",
        "hospital-1464",
    }
    assert {("cabg-deaths", "hospital-1"), ("non-emergency-pci-deaths", "hospital-1464")} <= named
    assert any("12 events where 5.56 are expected (O/E 2.16, exact limits 1.12" in one["sentence"] for one in alarms)


def test_where_nothing_moved_only_the_monitor_of_ages_says_something_and_it_is_in_the_shadow(watching):
    files = {
        "inputs": "inputs.csv",
        "ages": "ages.csv",
        "results": "results.csv",
        "invalid-tests": "invalid.csv",
        "positive-tests": "positive.csv",
    }

    ticked, monitors, alarms = watching("covid-control", files)

    # A shadow raises nothing by itself, but that it fires at every place is told: real, or badly designed.
    assert len(json.loads(ticked.out)["alarms"]) == 1
    assert [(one["monitor"], one["cause"]) for one in alarms] == [("ages", "design")], alarms
    assert {name: one["state"] for name, one in monitors.items()} == {
        "inputs": "quiet",
        "ages": "alarm",
        "results": "quiet",
        "invalid-tests": "quiet",
        "positive-tests": "quiet",
    }
