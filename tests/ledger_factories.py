"""Rows of a ledger for its own tests; what a whole gate is made of comes from ``factories``."""

from datetime import UTC, datetime, timedelta

from primum.ledger.tables import Gate, GateTransition, Promotion, RolloutRecord, Suspension, Vote

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def rollout(name="heart", **changes):
    given = {
        "id": name,
        "title": "A second opinion",
        "institution": "A hospital",
        "kind": "rollout",
        "stage": "assess",
        "stage_since": NOON,
        "tier": "high",
        "policy_id": "who-lmm-2025",
        "policy_digest": "sha256:p",
        "bundle_digest": "sha256:b",
        "bundle": "{}",
        "spec": "{}",
        "spec_path": "rollout.yaml",
        "registered_by": "ada",
        "registered_at": NOON,
    }
    return RolloutRecord(**given | changes)


def gate(name="heart-G1", rollout="heart", **changes):
    given = {"id": name, "rollout": rollout, "name": "G1", "stage": "assess", "state": "collecting"}
    return Gate(**given | {"opened_at": NOON, "state_since": NOON} | changes)


def transition(gate="heart-G1", **changes):
    given = {"gate_id": gate, "state_from": "collecting", "state_to": "ready", "person": "ada", "at": NOON}
    return GateTransition(**given | {"reason": "All criteria pass."} | changes)


def vote(gate="heart-G1", **changes):
    given = {
        "gate_id": gate,
        "seat": "clinical-lead",
        "person": "ada",
        "organisation": "A hospital",
        "printed_name": "Ada Lovelace",
        "answer": "approve",
        "meaning": "clinical-approval",
        "reason": "I read it all, says Ada's own text.",
        "shown_digest": "sha256:e",
        "policy_digest": "sha256:p",
        "channel": "cli",
        "authentication": "local",
        "at": NOON,
        "conditions": {"sites": ["north"], "share": "1/2"},
    }
    return Vote(**given | changes)


def promotion(gate="heart-G1", rollout="heart", **changes):
    given = {"rollout": rollout, "stage_from": "assess", "stage_to": "pilot", "subject_digest": "sha256:e"}
    return Promotion(**given | {"gate_id": gate, "person": "ada", "at": NOON} | changes)


def suspension(rollout="heart", **changes):
    return Suspension(**{"rollout": rollout, "person": "ada", "at": NOON, "reason": "A serious harm."} | changes)


def decide(ledger, *rows, kind="test.decided", person="ada", at=NOON, rollout="heart", **body):
    """Record one entry that vouches for some rows; return what was recorded."""
    with ledger.transaction() as transaction:
        transaction.session.add_all(rows)
        return transaction.record(kind=kind, rollout=rollout, person=person, at=at, body=body)


def history(ledger, *, decisions=8):
    """Write a rollout, its gate, a vote, a promotion, a suspension with its message, then notes up to a size."""
    decide(ledger, rollout(), gate(), kind="rollout.registered")
    decide(ledger, transition(), kind="gate.moved")
    decide(ledger, vote(), kind="gate.signed")
    decide(ledger, promotion(), kind="gate.applied")
    with ledger.transaction() as transaction:
        transaction.session.add(suspension())
        transaction.record(kind="rollout.suspended", rollout="heart", person="ada", at=NOON, body={})
        transaction.notify(kind="suspended", rollout="heart", gate=None, body={"to": "all"}, at=NOON)
    for number in range(5, decisions):
        decide(ledger, kind="note", at=NOON + timedelta(minutes=number), number=number)
