"""The model card is written again whenever something happens that its readers must know (P3.11, P3.12, P6.13)."""

from dataclasses import replace

import pytest

from primum.actions import gates, incidents, model_cards
from primum.actions.model_cards import CannotPublish
from primum.ledger import card_reading
from primum.ledger.audit import verify
from primum.roadmap.card_versions import Occasion
from primum.roadmap.incidents import Category, Severity
from primum.roadmap.judging import judge
from primum.roadmap.people import Role
from primum.roadmap.verdicts import Verdict
from tests import factories, gates_at_work
from tests.cards_at_work import CARD, failed, submission
from tests.factories import MORNING

title = "A card as a living record"


@pytest.fixture
def place(ledger, tmp_path):
    return gates_at_work.workplace(ledger, tmp_path)


def written(place):
    with place.ledger.reading() as session:
        return list(card_reading.versions(session, rollout="test-rollout"))


def next_one(place, handed_in, **changes):
    given = {
        "rollout": "test-rollout",
        "cause": Occasion.GUIDELINE,
        "subject": "change-1",
        "person": "amara-okafor",
        "at": MORNING,
        "submission": handed_in,
        "guidelines": ("bp@2",),
        "approvers": ("amara-okafor", "leila-haddad"),
    }
    with place.ledger.transaction() as tx:
        return model_cards.next_version(tx=tx, **(given | changes))


def test_a_granted_gate_writes_the_version_it_rests_on(place):
    gate = gates_at_work.granted(submission(), place)

    (first,) = written(place)

    assert (first.number, first.cause, first.subject, first.model_version) == (1, "gate", gate, "1.0")
    assert first.approvers == ["amara-okafor", "leila-haddad", "mei-lin", "tomas-silva"]
    assert model_cards.content_of(first)["performance"][0]["n"] == 500
    assert first.changes == ["This is the first version of the card."]


def test_a_guideline_change_leaves_a_version_with_its_diff_guideline_and_approvers(place):
    gates_at_work.granted(submission(), place)
    newer = submission(release={"guidelines": ("bp@2",)})

    next_one(place, newer)

    first, second = written(place)
    assert second.previous == first.digest
    assert second.guidelines == ["bp@2"]
    assert second.approvers == ["amara-okafor", "leila-haddad"]
    assert "Model, guidelines: 'bp@2' is new." in second.changes


def test_the_same_change_gives_one_version_however_often_it_is_asked_for(place):
    gates_at_work.register(submission(), place)

    assert next_one(place, submission()) == next_one(place, submission())
    assert len(written(place)) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"guidelines": ()}, "names the guideline"),
        ({"approvers": ()}, "names who approved"),
        ({"submission": submission(card={**CARD, "training_data": "TODO"})}, "'TODO' stands in for a description"),
        ({"rollout": "nobody"}, "No rollout 'nobody' is registered"),
    ],
)
def test_a_version_for_a_change_is_refused_with_the_one_reason(place, changes, why):
    gates_at_work.register(submission(), place)

    with pytest.raises(CannotPublish, match=why):
        next_one(place, submission(), **changes)

    assert written(place) == []


def test_an_alarm_stays_on_the_card_and_on_every_later_version(place):
    gates_at_work.granted(submission(), place)
    failed(place, cause=Occasion.MONITOR, subject="alarm-7", sentence="The monitor of overrides raised an alarm.")
    next_one(place, submission())

    contents = [model_cards.content_of(one) for one in written(place)]

    assert [len(content["happened"]) for content in contents] == [0, 1, 1]
    assert written(place)[1].changes == ["In use: The monitor of overrides raised an alarm."]
    assert contents[1]["performance"] == contents[0]["performance"]


def test_what_happens_before_any_gate_begins_a_card_without_results(place):
    gates_at_work.register(submission(), place)
    failed(place, cause=Occasion.GUARDRAIL, subject="run-1", sentence="An emergency was missed in 3 of 60 trials.")

    (first,) = written(place)

    assert model_cards.content_of(first)["performance"] == []
    assert model_cards.content_of(first)["happened"][0]["subject"] == "run-1"


def test_the_ledger_vouches_for_every_version(place):
    gates_at_work.granted(submission(), place)
    next_one(place, submission())

    assert verify(place.ledger) == ()


def test_a_confirmed_incident_stays_on_the_card_without_a_word_of_who_reported_it(place):
    gates_at_work.granted(submission(), place)
    safety = factories.person("sam", Role.SAFETY_OFFICER)
    made = incidents.report(
        rollout="test-rollout",
        person=safety,
        site="north",
        severity=Severity.SERIOUS,
        category=Category.MISSED_FINDING,
        what="Zyxomat canary: the finding was missed.",
        occurred_at=MORNING,
        channel="test",
        at=MORNING,
        workplace=place,
    )

    incidents.confirm(incident=made, person=safety, at=MORNING, workplace=place)

    last = written(place)[-1]
    (line,) = model_cards.content_of(last)["happened"]
    assert (last.cause, line["subject"]) == ("incident", made)
    assert line["sentence"] == f"Incident {made} of 2026-03-02 was confirmed (missed finding, serious)."
    assert "Zyxomat" not in last.content


def test_words_that_cannot_be_read_any_more_keep_nobody_from_confirming(place):
    gates_at_work.register(submission(), place)
    with place.ledger.transaction() as tx:
        record = tx.lock_rollout("test-rollout")
        record.spec = "{}"
        tx.session.add(record)
        tx.record(kind="test", rollout="test-rollout", person="primum", at=MORNING, body={})
        model_cards.on_failure(
            tx=tx,
            rollout="test-rollout",
            cause=Occasion.MONITOR,
            subject="alarm-1",
            sentence="An alarm.",
            person="primum",
            at=MORNING,
        )

    assert "cannot be read" in model_cards.content_of(written(place)[-1])["gaps"][0]


def test_an_assistant_that_fails_when_it_is_tried_again_has_it_on_its_card(place):
    again = factories.criterion(id="emergencies", title="Emergencies recognised", evidence="checks")
    handed_in = submission()
    handed_in = replace(handed_in, policy=handed_in.policy.model_copy(update={"criteria": (again,)}))
    gates_at_work.granted(submission(), place)
    missed = factories.estimate(value=0.1, lower=0.05, upper=0.2, n=100, events=10)
    found = gates_at_work.evaluation(table="sha256:second")
    verdict = Verdict(findings=(judge(criterion=again, estimates=[missed]),))

    gate = gates.open_gate(
        submission=handed_in,
        evaluation=replace(found, verdict=verdict),
        run=gates_at_work.RUN,
        person=gates_at_work.SUBMITTER,
        at=MORNING,
        workplace=place,
    )

    last = written(place)[-1]
    (line,) = model_cards.content_of(last)["happened"]
    assert (last.cause, line["subject"]) == ("guardrail", gate)
    assert line["sentence"] == f"Tried again for gate {gate}, it failed: Emergencies recognised."
