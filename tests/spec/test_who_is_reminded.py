"""Who is reminded of a gate that waits, when, and how nobody is told twice or at night."""

from datetime import UTC, datetime, timedelta

import pytest

from primum.actions import delegation, digests, reminders
from primum.ledger import signing_reading
from primum.roadmap.people import OnCall, Role
from primum.roadmap.reminding import moment_of, steps_due
from primum.roadmap.signing_rules import ReminderRule, ReminderStep
from tests import factories
from tests import gates_at_work as work
from tests.factories import MORNING
from tests.refusal_scenes import DEPUTY, GATE, LEAD, PEOPLE, Scene

title = "Who is reminded"
LEADS = {LEAD, DEPUTY, "third-lead"}
SPONSOR = factories.person("claire-dubois", Role.EXECUTIVE_SPONSOR)
# 2 March 2026 is a Monday; a gate of these scenes is open for 30 days. Zurich is an hour ahead of UTC until 29 March.
HALF, NEARLY, DEPUTIES, GOVERNANCE = (MORNING + timedelta(days=days) for days in (15, 27, 27.95, 29.15))


@pytest.fixture
def scene(sqlite_ledger, tmp_path):
    return Scene(folder=tmp_path / "rollout", place=work.workplace(sqlite_ledger, tmp_path), at=MORNING)


def reminded(scene, at) -> dict[str, set[str]]:
    """Remind, and return who was told at which step."""
    told: dict[str, set[str]] = {}
    for line in reminders.remind_due(at=at, person="primum", workplace=scene.place).sent:
        _, person, step = line.split(" ", maxsplit=2)
        told.setdefault(step, set()).add(person)
    return told


def messages(scene, kind) -> list[dict]:
    with scene.place.ledger.reading() as session:
        return [one.body for one in signing_reading.messages_since(session, kind=kind, since=MORNING)]


def test_half_of_the_time_is_half_of_the_time_to_the_microsecond():
    step = ReminderStep(after="1/2", to="seat")
    opened = datetime(2026, 3, 2, tzinfo=UTC)

    assert moment_of(step=step, opened_at=opened, expires_at=opened + timedelta(days=5)) == opened + timedelta(days=2.5)


def test_before_half_of_the_time_and_after_all_of_it_nobody_is_reminded(scene):
    scene.awaiting()

    assert reminded(scene, HALF - timedelta(minutes=1)) == {}
    assert reminded(scene, scene.days(30)) == {}


def test_at_half_of_the_time_whoever_may_sign_an_empty_seat_is_reminded_once(scene):
    scene.awaiting()
    scene.sign("mei-lin", Role.TECHNOLOGIST)

    first, again = reminded(scene, HALF), reminded(scene, HALF + timedelta(minutes=15))

    assert first == {"seat 1/2": LEADS | {"leila-haddad", "hana-sato", "tomas-silva", "priya-raman", "oskar-lindqvist"}}
    assert again == {}
    assert {one["person"] for one in messages(scene, "gate.reminded")} == first["seat 1/2"]


def test_each_step_comes_in_its_time(scene):
    scene.awaiting(people=(*PEOPLE, SPONSOR))
    for person, role in (("mei-lin", Role.TECHNOLOGIST), ("tomas-silva", Role.PATIENT_REPRESENTATIVE)):
        scene.sign(person, role)

    steps = [reminded(scene, at) for at in (HALF, NEARLY, DEPUTIES, GOVERNANCE)]

    assert [list(step) for step in steps] == [["seat 1/2"], ["seat 9/10"], ["deputy 93/100"], ["governance 97/100"]]
    assert steps[-1]["governance 97/100"] == {"claire-dubois"}
    assert {one["person"] for one in messages(scene, "gate.reminded.governance")} == {"claire-dubois"}


def test_after_an_outage_a_person_is_told_the_latest_and_not_all_that_was_missed(scene):
    scene.awaiting()

    assert list(reminded(scene, NEARLY)) == ["seat 9/10"]
    assert reminded(scene, NEARLY + timedelta(minutes=15)) == {}


@pytest.mark.parametrize(
    ("zone", "hour", "told"),
    [("UTC", 22, False), ("UTC", 9, True), ("Europe/Zurich", 6, False), ("Europe/Zurich", 7, True),
     ("America/Los_Angeles", 9, False), ("Asia/Tokyo", 9, True), ("Asia/Tokyo", 11, False)],
)  # fmt: skip
def test_nobody_is_reminded_at_night_where_they_are(scene, zone, hour, told):
    people = tuple(one.model_copy(update={"timezone": zone}) if one.id == LEAD else one for one in PEOPLE)
    scene.awaiting(people=people)

    sent = reminded(scene, HALF.replace(hour=hour) + timedelta(days=1))

    assert (LEAD in sent.get("seat 1/2", set())) is told


def test_where_a_seat_was_handed_over_the_deputy_is_reminded_and_the_absent_person_is_not(scene):
    scene.awaiting()
    delegation.delegate(
        submission=scene.submission,
        person=LEAD,
        deputy=DEPUTY,
        role=Role.CLINICAL_LEAD,
        ends_at=scene.days(29),
        reason="I am away at a congress this month.",
        channel="test",
        at=scene.at,
        workplace=scene.place,
    )

    half, late = reminded(scene, HALF), reminded(scene, DEPUTIES)

    assert half["seat 1/2"] & LEADS == {DEPUTY, "third-lead"}
    assert late["deputy 93/100"] & LEADS == {DEPUTY}


def test_who_is_on_call_is_reminded_first_and_everybody_else_when_it_is_late(scene):
    call = OnCall(role=Role.CLINICAL_LEAD, starts_at=MORNING, ends_at=scene.days(20))
    people = tuple(one.model_copy(update={"on_call": (call,)}) if one.id == DEPUTY else one for one in PEOPLE)
    scene.awaiting(people=people)

    assert reminded(scene, HALF)["seat 1/2"] & LEADS == {DEPUTY}
    assert reminded(scene, NEARLY)["seat 9/10"] & LEADS == LEADS


def test_a_rollout_whose_files_are_broken_is_named_and_its_people_are_reminded_when_they_are_mended(scene):
    scene.awaiting()
    policy = scene.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text("id: [", encoding="utf-8")
    broken = reminders.remind_due(at=HALF, person="primum", workplace=scene.place)

    policy.write_text(text, encoding="utf-8")

    assert broken.sent == ()
    assert broken.unreadable[0].startswith("small-trial: ")
    assert reminded(scene, HALF)["seat 1/2"] >= LEADS


def test_a_late_reminder_comes_before_an_early_one_that_is_due_as_well():
    rule = ReminderRule()

    due = steps_due(rule=rule, opened_at=MORNING, expires_at=MORNING + timedelta(days=30), at=DEPUTIES)

    assert [one.name for one in due] == ["deputy 93/100", "seat 9/10", "seat 1/2"]


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (datetime(2026, 3, 3, 7, 29, tzinfo=UTC), False),
        (datetime(2026, 3, 3, 7, 30, tzinfo=UTC), True),
        (datetime(2026, 3, 3, 18, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 7, 7, 30, tzinfo=UTC), False),
    ],
)
def test_the_digest_comes_on_the_morning_of_a_weekday_once(scene, at, told):
    scene.awaiting()

    first = digests.ask_for_digests(at=at, person="primum", workplace=scene.place)
    again = digests.ask_for_digests(at=at, person="primum", workplace=scene.place)

    assert (LEAD in first) is told
    assert again == ()
    assert [one["day"] for one in messages(scene, "digest.due") if one["person"] == LEAD] == ["2026-03-03"] * told


def test_the_digest_comes_again_on_the_next_day_to_those_it_still_concerns(scene):
    scene.awaiting()
    tuesday = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    digests.ask_for_digests(at=tuesday, person="primum", workplace=scene.place)
    scene.sign("mei-lin", Role.TECHNOLOGIST)

    thursday = digests.ask_for_digests(at=tuesday + timedelta(days=2), person="primum", workplace=scene.place)

    assert LEAD in thursday
    assert "mei-lin" not in thursday
    assert GATE in reminders.remind_due(at=HALF, person="primum", workplace=scene.place).sent[0]
