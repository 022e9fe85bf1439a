"""A review begins sooner because of a confirmed serious incident or a new guideline: once, and not beside another."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from primum.actions import incidents, resubmission, resumption, unattended
from primum.actions.gates import SYSTEM
from primum.ledger import audit
from primum.ledger.tables import OutboxMessage, RolloutRecord
from primum.roadmap.incidents import Category, Harm, Severity
from primum.roadmap.stages import Stage
from primum.roadmap.sustaining import SustainRule
from primum.roadmap.waves import Scale, Wave
from tests import gates_at_work, guidelines_at_work
from tests.guideline_factories import before_2025, of_2025
from tests.monitors_at_work import BEGAN, LEAD, MONDAY, OFFICER, ROLLOUT, Ward, ward
from tests.reviews_at_work import DAY, due, entered, exposure, failed_review, in_use, review, turned, walked

title = "What begins a review of a rollout in use"
HOUR = timedelta(hours=1)
WHAT = "The output named the wrong side of the body."
BRIDGE = Wave(name="bridge", sites=("north",), share="1/2", soak_days=14, checks=("sensitivity",), documents=())


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    made = ward(sqlite_ledger, tmp_path, scale=Scale(waves=(BRIDGE,)))
    entered(made)
    return made


def reported(place, *, severity=Severity.SERIOUS, at=MONDAY):
    return incidents.report(
        rollout=ROLLOUT,
        person=LEAD,
        site="north",
        severity=severity,
        category=Category.WRONG_OUTPUT,
        what=WHAT,
        occurred_at=at - HOUR,
        channel="test",
        at=at,
        workplace=place.workplace,
    )


def confirmed(place, *, severity=Severity.SERIOUS, at=MONDAY):
    made = reported(place, severity=severity, at=at)
    incidents.confirm(incident=made, person=OFFICER, at=at, workplace=place.workplace)
    return made


def graded(place, incident, *, severity=Severity.SERIOUS, harm=None, at):
    incidents.regrade(
        incident=incident,
        person=OFFICER,
        severity=severity,
        note="Two people have read it again.",
        harm=harm,
        at=at,
        workplace=place.workplace,
    )


def test_a_serious_incident_begins_a_review_when_it_is_confirmed_and_not_before(place):
    made = reported(place)
    before = due(place, MONDAY + HOUR)

    incidents.confirm(incident=made, person=OFFICER, at=MONDAY + HOUR, workplace=place.workplace)

    (asked,) = due(place, MONDAY + 2 * HOUR)
    assert before == ()
    assert (asked.rollout, asked.requested_by) == (ROLLOUT, "noah-kim")
    assert "because of: incident" in asked.sentence


@pytest.mark.parametrize("severity", [Severity.NEAR_MISS, Severity.MINOR, Severity.MODERATE])
def test_what_harmed_little_begins_none(place, severity):
    confirmed(place, severity=severity)

    assert due(place, MONDAY + HOUR) == ()


def test_what_turns_out_to_be_serious_begins_one_and_its_harm_found_later_no_other(place):
    made = confirmed(place, severity=Severity.MODERATE)
    graded(place, made, at=MONDAY + HOUR)
    (asked,) = due(place, MONDAY + 2 * HOUR)

    turned(place, review(place, "awaiting-seats", opened=MONDAY + 3 * HOUR).id, "applied", at=MONDAY + DAY)
    graded(place, made, harm=Harm.PERMANENT, at=MONDAY + 2 * DAY)

    assert "because of: incident" in asked.sentence
    assert due(place, MONDAY + 3 * DAY) == ()


def test_until_its_review_is_opened_a_cause_is_asked_for_as_one_and_the_same(place):
    confirmed(place)
    (first,) = due(place, MONDAY + HOUR)
    confirmed(place, at=MONDAY + 2 * HOUR)

    (again,) = due(place, MONDAY + 3 * HOUR)

    assert first.cause == again.cause


@pytest.mark.parametrize("state", ["collecting", "ready", "awaiting-seats", "granted"])
def test_a_second_incident_while_people_decide_begins_no_second_review(place, state):
    confirmed(place)
    review(place, state, opened=MONDAY + HOUR)

    confirmed(place, at=MONDAY + DAY)

    assert due(place, MONDAY + 2 * DAY) == ()


def test_when_that_review_came_to_nothing_the_second_incident_asks_for_one(place):
    confirmed(place)
    first = review(place, "awaiting-seats", opened=MONDAY + HOUR)
    confirmed(place, at=MONDAY + DAY)

    turned(place, first.id, "expired", at=MONDAY + 2 * DAY)

    (asked,) = due(place, MONDAY + 3 * DAY)
    assert "because of: incident" in asked.sentence
    review(place, "held", opened=MONDAY + 3 * DAY, revision=2)
    assert due(place, MONDAY + 4 * DAY) == ()


@pytest.mark.parametrize("state", ["held", "rejected"])
def test_a_review_that_came_to_nothing_is_asked_for_once_a_day_until_there_is_other_evidence(place, state):
    review(place, state, opened=MONDAY)
    confirmed(place, at=MONDAY + HOUR)

    asked = [due(place, MONDAY + later)[0].cause for later in (2 * HOUR, 3 * HOUR, DAY + HOUR)]

    assert asked[0] == asked[1] != asked[2]
    review(place, "awaiting-seats", opened=MONDAY + 2 * DAY, revision=2)
    assert due(place, MONDAY + 3 * DAY) == ()


def test_people_are_told_once_that_what_they_rejected_was_asked_for_again(place):
    rejected = review(place, "rejected", opened=MONDAY)

    said = [
        unattended.say_still_rejected(gate=rejected.id, person="primum", at=at, workplace=place.workplace)
        for at in (MONDAY + DAY, MONDAY + 2 * DAY)
    ]

    assert said == [True, False]
    with place.workplace.ledger.reading() as session:
        (told,) = session.exec(select(OutboxMessage).where(OutboxMessage.kind == "gate.still-rejected")).all()
    assert (told.body["gate"], told.body["people"]) == (rejected.id, ["noah-kim"])
    assert audit.verify(place.workplace.ledger) == ()


def test_who_left_takes_no_review_with_them(following):
    working, made = following
    working.publish(of_2025(), at=MONDAY)
    people = working.submission().path.parent / "people.yaml"
    people.write_text(people.read_text().replace("noah-kim", "nora-kim"))

    (asked,) = due(made, MONDAY + HOUR)
    taken_in = resubmission.resubmit(
        rollout=asked.rollout,
        stage=Stage.SUSTAIN,
        person=asked.requested_by,
        at=MONDAY + HOUR,
        workplace=working.place,
    )

    assert asked.requested_by == SYSTEM
    assert taken_in.rollout.rollout == asked.rollout


def test_a_policy_may_leave_incidents_out(sqlite_ledger, tmp_path):
    made = ward(sqlite_ledger, tmp_path)
    entered(made)
    rule = SustainRule(triggers=("alarm",))
    policy = made.submission.policy.model_copy(update={"sustain": rule})
    gates_at_work.register(replace(made.submission, policy=policy), made.workplace)

    confirmed(made)

    assert due(made, MONDAY + HOUR) == ()


def test_a_review_that_failed_after_a_stop_walks_exposure_back_when_it_goes_on(place):
    incident = confirmed(place)
    failed_review(place, outcome="pass", state="rejected")
    stopped = walked(place)
    incidents.close(
        incident=incident, person=OFFICER, note="The cause was found.", at=MONDAY, workplace=place.workplace
    )

    went_on(place)

    assert stopped == ()
    assert exposure(place).conditions["wave"] == "bridge"
    assert walked(place, MONDAY + 2 * DAY) == ()
    assert audit.verify(place.workplace.ledger) == ()


def went_on(place):
    """People agree that it goes on; the policy here asks for no gate."""
    with place.workplace.ledger.transaction() as tx:
        record = tx.session.get(RolloutRecord, ROLLOUT)
        record.spec = record.spec.replace('"resumption_gate": "after-harm"', '"resumption_gate": "never"')
        tx.session.add(record)
        tx.record(kind="rollout.registered", rollout=ROLLOUT, person="noah-kim", at=MONDAY, body={})
    resumption.resume(
        rollout=ROLLOUT,
        person=LEAD,
        second=OFFICER,
        reason="The cause was found, mended and tried out.",
        at=MONDAY + DAY,
        workplace=place.workplace,
    )


# -- a guideline -----------------------------------------------------------------------------


@pytest.fixture
def following(tmp_path):
    """A rollout in use that follows the older version of a guideline."""
    working = guidelines_at_work.at_work(tmp_path)
    working.publish(before_2025())
    made = Ward(workplace=working.place, submission=working.submission())
    in_use(made, rollout="small-trial", at=BEGAN)
    yield working, made
    working.place.ledger.close()


def test_a_new_version_of_a_guideline_that_it_follows_begins_one_review(following):
    working, made = following
    before = due(made, MONDAY)

    working.publish(of_2025(), at=MONDAY)

    (asked,) = due(made, MONDAY + HOUR)
    assert before == ()
    assert "because of: guideline" in asked.sentence
    assert audit.verify(working.place.ledger) == ()


def test_a_guideline_that_it_does_not_follow_begins_none(following):
    working, made = following
    working.follow("a local standard")

    working.publish(of_2025(), at=MONDAY)

    assert due(made, MONDAY + HOUR) == ()
