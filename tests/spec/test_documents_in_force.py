"""The papers that a policy asks for: each of them in force, at each gate that asks for it."""

from datetime import timedelta

import pytest

from primum.integrations.configuration import load_policy
from primum.roadmap.evaluations import DocumentFacts
from primum.roadmap.freshness import MODEL_CARD, document_findings
from primum.roadmap.seats import binds
from primum.roadmap.uses import UseCase
from primum.roadmap.verdicts import Outcome, Verdict
from primum.settings import shipped
from tests import factories
from tests.factories import MORNING

title = "The papers a gate asks for"
POLICY = load_policy("who-lmm-2025", base=shipped("config"))
ROLLOUT = factories.rollout(tier=None)
PATIENTS = ROLLOUT.model_copy(update={"use": ROLLOUT.use.model_copy(update={"use_case": UseCase.PATIENT_FACING})})
ASKED = [(rule, gate) for rule in POLICY.documents if rule.kind != MODEL_CARD for gate in rule.gates]
EVERY = pytest.mark.parametrize(("rule", "gate"), ASKED, ids=[f"{rule.kind}-{gate}" for rule, gate in ASKED])


def document(rule, **changes):
    given = {
        "kind": rule.kind, "title": rule.title, "digest": "sha256:paper", "author": "noah-kim",
        "issued_on": (MORNING - timedelta(days=30)).isoformat(), "expires_on": None,
    }  # fmt: skip
    return DocumentFacts(**(given | changes))


def found(rule, gate, *documents):
    rollout = next(one for one in (ROLLOUT, PATIENTS, high_tier()) if binds(applies=rule.applies, rollout=one))
    findings = document_findings(policy=POLICY, rollout=rollout, gate=gate, documents=documents, at=MORNING)
    return next(one for one in findings if one.check == f"document:{rule.kind}")


def high_tier():
    from primum.roadmap.uses import Purpose

    return ROLLOUT.model_copy(update={"use": ROLLOUT.use.model_copy(update={"purpose": Purpose.IMAGE_INTERPRETATION})})


@EVERY
def test_a_paper_that_is_missing_holds_every_gate_that_asks_for_it(rule, gate):
    finding = found(rule, gate)

    assert finding.outcome is Outcome.INSUFFICIENT
    assert finding.sentence == f"{rule.title} is missing; add a document of kind '{rule.kind}'."
    assert Verdict(findings=(finding,)).opens is (not finding.binds)


@EVERY
def test_a_paper_that_has_ended_is_none(rule, gate):
    ended = document(rule, expires_on=(MORNING - timedelta(days=1)).isoformat())

    assert found(rule, gate, ended).outcome is Outcome.INSUFFICIENT


@EVERY
def test_a_paper_in_force_is_enough(rule, gate):
    finding = found(rule, gate, document(rule))

    assert (finding.outcome, finding.requirements) == (Outcome.PASS, rule.requirements)
