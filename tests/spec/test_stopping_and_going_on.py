"""Stopping is never blocked, a confirmed serious harm stops by itself, and going on takes several people."""

import json
from datetime import timedelta

import pytest

from primum.actions import incidents, resumption, suspension
from primum.ledger import reading, signing_reading
from primum.ledger.audit import verify
from primum.roadmap.incidents import Category, Severity
from primum.roadmap.signing_rules import ResumptionRule
from tests import gates_at_work as work
from tests.factories import MORNING
from tests.refusal_scenes import DEPUTY, LEAD, PEOPLE, SAFETY, Scene

title = "Stopping and going on"
ROLLOUT = "small-trial"
WHAT = "The output named the wrong side of the body."


@pytest.fixture
def scene(sqlite_ledger, tmp_path):
    made = Scene(folder=tmp_path / "rollout", place=work.workplace(sqlite_ledger, tmp_path), at=MORNING)
    made.write()
    made.register()
    return made


def who(scene, id_):
    return scene.submission.person(id_)


def suspend(scene, person=LEAD):
    return suspension.suspend(
        rollout=ROLLOUT, person=who(scene, person), reason="harm", at=scene.at, workplace=scene.place
    )


def agree(scene, person, *, reason=work.REASON, days=1.0):
    return resumption.agree(
        rollout=ROLLOUT,
        person=person,
        reason=reason,
        channel="test",
        authentication="test",
        at=scene.days(days),
        workplace=scene.place,
    )


def report(scene, *, person="mei-lin", severity=Severity.SERIOUS, **changes):
    values = {
        "site": "north",
        "category": Category.WRONG_OUTPUT,
        "what": WHAT,
        "occurred_at": scene.days(-1),
        "channel": "test",
    }
    return incidents.report(
        rollout=ROLLOUT,
        person=who(scene, person),
        severity=severity,
        at=scene.at,
        workplace=scene.place,
        **(values | changes),
    )


def told(scene, kind):
    with scene.place.ledger.reading() as session:
        return [one.body for one in signing_reading.messages_since(session, kind=kind, since=MORNING)]


def standing(scene):
    with scene.place.ledger.reading() as session:
        return reading.suspension(session, rollout=ROLLOUT)


def test_one_person_stops_a_rollout_and_every_site_is_told(scene):
    suspend(scene)

    assert standing(scene).person == LEAD
    assert [one["site"] for one in told(scene, "site.suspended")] == ["north", "south"]


def test_stopping_and_reporting_need_no_file_that_can_be_read(scene):
    lead = who(scene, LEAD)
    for file in ("rollout.yaml", "policy.yaml", "sites.yaml", "people.yaml"):
        (scene.folder / file).write_text("broken: [", encoding="utf-8")

    suspension.suspend(rollout=ROLLOUT, person=lead, reason="harm", at=scene.at, workplace=scene.place)
    agree(scene, LEAD)
    done = agree(scene, SAFETY)

    assert done.is_lifted
    assert standing(scene) is None


def test_going_on_takes_as_many_people_as_the_policy_says(scene):
    scene.write_policy(resumption=ResumptionRule(people=3))
    scene.register()
    suspend(scene)

    steps = [agree(scene, person) for person in (LEAD, SAFETY, DEPUTY)]

    assert [(len(one.people), one.needed, one.is_lifted) for one in steps] == [
        (1, 3, False),
        (2, 3, False),
        (3, 3, True),
    ]
    assert standing(scene) is None
    assert [one["agreed"] for one in told(scene, "rollout.resumption-agreed")] == [1, 2]
    assert verify(scene.place.ledger, outside=scene.place.ledger.checkpoint()) == ()


@pytest.mark.parametrize(
    ("person", "reason", "words"),
    [
        (LEAD, work.REASON, "has already agreed"),
        ("mei-lin", work.REASON, "none of the roles that may resume"),
        (SAFETY, "fine", "at least 20 characters"),
    ],
)
def test_who_may_not_agree_is_told_why_and_the_suspension_stays(scene, person, reason, words):
    suspend(scene)
    agree(scene, LEAD)

    with pytest.raises(resumption.CannotResume, match=words):
        agree(scene, person, reason=reason)

    assert standing(scene) is not None


def test_a_person_with_an_interest_agrees_to_nothing(scene):
    people = tuple(one.model_copy(update={"conflicts": ("Nobody",)}) if one.id == SAFETY else one for one in PEOPLE)
    scene.write_people(people)
    suspend(scene)

    with pytest.raises(resumption.CannotResume, match="conflict of interest"):
        agree(scene, SAFETY)


def test_who_lost_the_role_meanwhile_does_not_count(scene):
    suspend(scene)
    agree(scene, LEAD)
    people = tuple(one.model_copy(update={"authorities": ()}) if one.id == LEAD else one for one in PEOPLE)
    scene.write_people(people)

    second, third = agree(scene, SAFETY), agree(scene, DEPUTY)

    assert (second.is_lifted, third.is_lifted) == (False, True)


def test_a_rollout_that_is_not_suspended_does_not_go_on(scene):
    with pytest.raises(resumption.CannotResume, match="is not suspended"):
        agree(scene, LEAD)


def test_each_suspension_is_agreed_about_anew(scene):
    suspend(scene)
    agree(scene, LEAD)
    agree(scene, SAFETY)
    suspend(scene, person=DEPUTY)

    assert agree(scene, LEAD).people == (LEAD,)


@pytest.mark.parametrize("severity", [Severity.SERIOUS, Severity.DEATH])
def test_a_confirmed_serious_harm_stops_the_rollout_in_the_same_transaction(scene, severity):
    made = report(scene, severity=severity)
    before = standing(scene)

    stopped = incidents.confirm(incident=made, person=who(scene, SAFETY), at=scene.at, workplace=scene.place)

    assert before is None
    assert standing(scene).id == stopped
    with scene.place.ledger.reading() as session:
        assert signing_reading.incident(session, incident=made).suspension_id == stopped
    assert verify(scene.place.ledger, outside=scene.place.ledger.checkpoint()) == ()


@pytest.mark.parametrize("severity", [Severity.NEAR_MISS, Severity.MINOR, Severity.MODERATE])
def test_a_lesser_harm_stops_nothing_and_keeps_nothing_from_moving_on(scene, severity):
    made = report(scene, severity=severity)

    stopped = incidents.confirm(incident=made, person=who(scene, SAFETY), at=scene.at, workplace=scene.place)

    assert (stopped, standing(scene)) == (None, None)
    with scene.place.ledger.reading() as session:
        assert incidents.why_open(rollout=ROLLOUT, session=session) is None


def test_an_incident_is_graded_anew_when_it_is_confirmed(scene):
    made = report(scene, severity=Severity.MINOR)

    incidents.confirm(
        incident=made, person=who(scene, SAFETY), severity=Severity.SERIOUS, at=scene.at, workplace=scene.place
    )

    assert standing(scene) is not None


def test_a_serious_incident_keeps_everything_from_moving_on_until_it_is_closed(scene):
    made, officer = report(scene), who(scene, SAFETY)

    def why():
        with scene.place.ledger.reading() as session:
            return incidents.why_open(rollout=ROLLOUT, session=session)

    reported = why()
    incidents.confirm(incident=made, person=officer, at=scene.at, workplace=scene.place)
    confirmed = why()
    incidents.close(incident=made, person=officer, note="Traced and mended.", at=scene.days(1), workplace=scene.place)

    assert "not yet confirmed" in reported
    assert "(serious, confirmed)" in confirmed
    assert why() is None
    assert standing(scene) is not None, "people let it go on, not the closing of an incident"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"what": "bad"}, "10 to 2,000 characters"),
        ({"what": "x" * 2_001}, "10 to 2,000 characters"),
        ({"site": " "}, "Name the site"),
        ({"occurred_at": MORNING + timedelta(minutes=1)}, "happened in the past"),
        ({"what": "Mrs Brown, MRN 12345678, got wrong advice."}, "Leave out whatever points at one person"),
        ({"site": "Ward 3, MRN 12345678"}, "Leave out whatever points at one person"),
    ],
)
def test_an_incident_that_cannot_be_kept_as_written_says_why(scene, changes, words):
    with pytest.raises(incidents.CannotReport, match=words):
        report(scene, **changes)


def test_what_happened_stays_in_the_ledger_and_is_in_no_message(scene):
    report(scene)

    assert WHAT not in json.dumps(told(scene, "incident.reported"))


@pytest.mark.parametrize("act", ["confirm", "close"])
def test_only_safety_officers_and_leads_confirm_and_close(scene, act):
    made = report(scene, severity=Severity.MINOR)
    more = {"note": "Traced and mended."} if act == "close" else {}

    with pytest.raises(incidents.CannotReport, match="none of the roles that confirm and close"):
        getattr(incidents, act)(incident=made, person=who(scene, "mei-lin"), at=scene.at, workplace=scene.place, **more)


def test_a_serious_incident_is_not_closed_before_somebody_confirmed_it(scene):
    made = report(scene)

    with pytest.raises(incidents.CannotReport, match="confirmed or graded anew"):
        incidents.close(
            incident=made, person=who(scene, SAFETY), note="It was nothing.", at=scene.at, workplace=scene.place
        )
