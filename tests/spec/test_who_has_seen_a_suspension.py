"""A suspension is told to every site, each says that it has seen it, and who stays silent is called."""

import json
import stat
from datetime import timedelta

import pytest

from primum.actions import acknowledgements, care_reminders, exposed_units, site_keys
from primum.integrations.answers import FOLDER, Answer, Answers
from primum.integrations.answers_listed import in_file
from primum.ledger import incident_reading
from primum.ledger.audit import verify
from primum.ledger.exposures import expose
from primum.roadmap.incident_rules import IncidentRule
from tests import gates_at_work as work
from tests.factories import LOCAL, MORNING
from tests.incidents_at_work import LEAD, NURSE, ROLLOUT, SAFETY, SPONSOR, Ward

title = "Who has seen a suspension"
CANARY = "UNIT-CANARY-0815"


@pytest.fixture
def ward(sqlite_ledger, tmp_path):
    place = work.workplace(sqlite_ledger, tmp_path / "home")
    rule = IncidentRule(acknowledge_minutes=60, source=LOCAL)
    return Ward(folder=tmp_path / "rollout", place=place, at=MORNING).begin(incidents=rule, smallest_cell=5)


def seen(ward, site, *, minutes=10, person=NURSE):
    return acknowledgements.acknowledge(
        rollout=ROLLOUT,
        site=site,
        person=ward.who(person),
        channel="test",
        at=MORNING + timedelta(minutes=minutes),
        workplace=ward.place,
    )


def standing(ward, minutes):
    at = MORNING + timedelta(minutes=minutes)
    return acknowledgements.standing_of(rollout=ROLLOUT, at=at, workplace=ward.place)


def test_every_site_is_told_and_has_until_when_the_policy_says(ward):
    ward.suspend()

    found = standing(ward, 0)

    assert found.waiting == ("east", "north", "south")
    assert {one.due_at for one in found.sites} == {MORNING + timedelta(minutes=60)}
    assert {one["site"] for one in ward.messages("site.suspended")} == {"east", "north", "south"}


def test_a_site_says_once_that_it_has_seen_it(ward):
    ward.suspend()

    new, again = seen(ward, "north"), seen(ward, "north", minutes=20)

    found = standing(ward, 30)
    assert (new, again) == (True, False)
    assert found.waiting == ("east", "south")
    assert [one["left"] for one in ward.messages("site.acknowledged")] == [2]
    assert verify(ward.place.ledger, outside=ward.place.ledger.checkpoint()) == ()


def test_of_three_sites_one_is_silent_and_people_are_told_on_time(ward):
    ward.suspend()
    seen(ward, "north"), seen(ward, "east")

    told = {
        minutes: care_reminders.remind_of_care(
            at=MORNING + timedelta(minutes=minutes), person="primum", workplace=ward.place
        )
        for minutes in (29, 30, 54, 56, 59, 60, 75)
    }

    steps = {minutes: [one.rpartition("south ")[2] for one in lines] for minutes, lines in told.items()}
    assert steps == {
        29: [],
        30: ["seat 1/2"],
        54: ["seat 9/10"],
        56: ["deputy 93/100"],
        59: ["governance 97/100"],
        60: ["over"],
        75: [],
    }
    assert {one["site"] for one in ward.messages("site.silent")} == {"south"}
    assert {LEAD, SAFETY, SPONSOR} <= set(ward.messages("site.silent.over")[0]["people"])
    assert [one.overdue for one in standing(ward, 60).sites] == [False, False, True]


def test_the_system_of_a_site_says_so_with_the_key_of_that_site(ward):
    ward.suspend()
    secret = site_keys.make(sites=("north",), person=LEAD, days=30, at=MORNING, workplace=ward.place)
    sites = site_keys.SiteKeys(workplace=ward.place).sites_of(header=f"Bearer {secret}", at=MORNING)
    common = {"rollout": ROLLOUT, "sites": sites, "at": MORNING, "workplace": ward.place}

    acknowledgements.acknowledge_by_key(site="north", **common)

    with pytest.raises(acknowledgements.CannotAcknowledge, match="not one of that site"):
        acknowledgements.acknowledge_by_key(site="south", **common)
    north = next(one for one in standing(ward, 1).sites if one.site == "north")
    assert (north.by, north.channel) == ("system of north", "site-key")
    assert north.systems == ("point of care: north",)


@pytest.mark.parametrize(
    ("site", "person", "words"),
    [("elsewhere", NURSE, "was not told; told were east, north, south"), ("north", "a-stranger", "Nobody")],
)
def test_what_cannot_be_acknowledged_says_why(ward, site, person, words):
    ward.suspend()

    with pytest.raises(Exception, match=words):
        seen(ward, site, person=person)


def test_a_rollout_that_is_not_suspended_has_nothing_to_be_seen(ward):
    with pytest.raises(acknowledgements.CannotAcknowledge, match="is not suspended"):
        seen(ward, "north")

    assert standing(ward, 0) is None


def answered(ward, *, unit, site="north", shown="lmm", days=-1.0, bundle="sha256:new"):
    answers = Answers(folder=ward.place.home / FOLDER, replica="test")
    at = MORNING + timedelta(days=days)
    answers.keep(Answer(at=at, rollout=ROLLOUT, unit=unit, site=site, shown=shown, stage="scale", bundle=bundle))
    answers.close()


def in_use(ward, *, days, bundle):
    with ward.place.ledger.transaction() as tx:
        tx.lock_rollout(ROLLOUT)
        at = MORNING + timedelta(days=days)
        expose(tx, rollout=ROLLOUT, at=at, state="scale", cause=f"cause of {bundle}", conditions={"bundle": bundle})
        tx.record(kind="test", rollout=ROLLOUT, person="test", at=at, body={})


def test_whoever_was_answered_while_the_stop_was_being_written_is_listed(ward):
    in_use(ward, days=-3, bundle="sha256:new")
    answered(ward, unit="before")
    stopped = ward.suspend()
    answered(ward, unit="while-it-waited-for-the-ledger", days=2 / 86_400)
    answered(ward, unit="by-a-clock-that-is-ahead", days=60 / 86_400)

    at = MORNING + timedelta(seconds=3)
    exposed_units.list_exposed(suspension=stopped, person=LEAD, at=at, workplace=ward.place)

    (path,) = (ward.place.home / "look-back").iterdir()
    units = {str(one["unit"]) for one in in_file(path)}
    assert units == {"before", "while-it-waited-for-the-ledger", "by-a-clock-that-is-ahead"}


def test_whom_the_stopped_release_had_reached_is_listed_in_the_data_plane_and_counted_outside(ward):
    in_use(ward, days=-10, bundle="sha256:old")
    in_use(ward, days=-3, bundle="sha256:new")
    for number in range(7):
        answered(ward, unit=f"u-{number}")
    answered(ward, unit=CANARY, site="south")
    answered(ward, unit="before", days=-5, bundle="sha256:old")
    answered(ward, unit="control", shown="control")
    stopped = ward.suspend()

    counts = exposed_units.list_exposed(suspension=stopped, person=LEAD, at=MORNING, workplace=ward.place)

    (path,) = (ward.place.home / "look-back").iterdir()
    units = {str(one["unit"]) for one in in_file(path)}
    assert units == {*(f"u-{number}" for number in range(7)), CANARY}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert counts == {"north": "fewer than 5, or not told", "south": "fewer than 5, or not told", "all": "8"}
    with ward.place.ledger.reading() as session:
        kept = incident_reading.exposed_list(session, suspension=stopped)
    assert kept.since == MORNING - timedelta(days=3)
    assert CANARY not in json.dumps(kept.model_dump(), default=str)
    assert verify(ward.place.ledger, outside=ward.place.ledger.checkpoint()) == ()


def test_the_list_is_made_once_and_by_the_schedule_where_nobody_made_it(ward):
    stopped = ward.suspend()

    first = exposed_units.list_due(person="primum", at=MORNING, workplace=ward.place)
    second = exposed_units.list_due(person="primum", at=MORNING, workplace=ward.place)

    assert (first, second) == ((stopped,), ())
