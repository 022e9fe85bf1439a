"""A rollout whose policy asks for its model card at the gate, and what happened to it since."""

from dataclasses import replace

from primum.actions import model_cards
from primum.roadmap.policy import DocumentRule
from tests import factories, gates_at_work, web_factories
from tests.factories import LOCAL, MORNING

CARD = web_factories.rollout().card.model_dump()
USE = {**factories.rollout().use.model_dump(), "out_of_scope": ("Patients under 18 years of age and pregnant women.",)}
ASKED = DocumentRule(kind="model-card", title="The model card", gates=("G1",), requirements=("P3.12",), source=LOCAL)


def submission(**changes):
    given = {"card": CARD, "use": USE, "summary": "Reads tracings for a test."} | changes
    return replace(gates_at_work.submission(**given), policy=factories.policy(documents=(ASKED,)))


def failed(place, *, cause, subject, sentence):
    """What a monitor or a guardrail leaves on the card."""
    with place.ledger.transaction() as tx:
        tx.lock_rollout("test-rollout")
        model_cards.on_failure(
            tx=tx,
            rollout="test-rollout",
            cause=cause,
            subject=subject,
            sentence=sentence,
            person="primum",
            at=MORNING,
        )
