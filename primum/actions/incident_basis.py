"""On what a rollout rested when something happened: who let it in, and on which evidence (P4.1, P4.2)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from primum.actions import gates
from primum.ledger import incident_reading, reading
from primum.ledger.tables import Promotion
from primum.roadmap.seats import Answer


def basis_at(*, rollout: str, moment: datetime, session: Session) -> dict[str, Any]:
    """
    Return what was in force at a moment, from the ledger alone: stage, exposure, release, gate, signers, evidence.

    Every digest is the one that was signed; nothing here comes from a file as it is now.
    """
    exposures = incident_reading.exposures_before(session, rollout=rollout, moment=moment)
    promotion = incident_reading.promotion_before(session, rollout=rollout, moment=moment)
    said: Mapping[str, Any] = (exposures[0].conditions if exposures else None) or {}
    found: dict[str, Any] = {
        "exposure": exposures[0].state if exposures else "off",
        "bundle": str(said.get("bundle", "")),
        "model": str(said.get("model", "")),
    }
    return found if promotion is None else {**found, **_approved(session, promotion)}


def _approved(session: Session, promotion: Promotion) -> dict[str, Any]:
    gate = reading.gate(session, gate=promotion.gate_id)
    record = reading.evaluation(session, evaluation=(gate.evaluation_id if gate else None) or "")
    snapshot: Mapping[str, Any] = gates.snapshot_of(record) if record is not None else {}
    given = [one for one in reading.votes(session, gate=promotion.gate_id) if one.answer == Answer.APPROVE]
    return {
        "stage": promotion.stage_to,
        "promotion": promotion.id,
        "gate": promotion.gate_id,
        "signers": [
            {"person": one.person, "name": one.printed_name, "seat": one.seat, "at": one.at.isoformat()}
            for one in given
        ],
        "evidence": promotion.subject_digest,
        "evaluation": record.digest if record is not None else "",
        "policy": str(snapshot.get("policy_digest", "")),
        "tables": _digests(snapshot.get("tables"), "name"),
        "documents": _digests(snapshot.get("documents"), "kind"),
    }


def _digests(listed: object, name: str) -> dict[str, str]:
    if not isinstance(listed, list):
        return {}
    return {str(one[name]): str(one["digest"]) for one in listed}


def card_in_force(*, spec: str, bundle: str) -> tuple[Mapping[str, Any], str]:
    """Return the model card of the registered bundle as people wrote it, and its digest (P4.3)."""
    card: Mapping[str, Any] = json.loads(spec)["rollout"].get("card", {})
    return card, str(json.loads(bundle).get("card_digest", "") if bundle else "")
