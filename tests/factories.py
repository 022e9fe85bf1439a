"""Values for tests, each complete and valid until a test says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

from primum.roadmap.estimates import Estimate
from primum.roadmap.people import Authority, Person, Role
from primum.roadmap.policy import Criterion, Policy, SeatRule, Source, Threshold, Waiver
from primum.roadmap.rollout import Evidence, Rollout
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import Level

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LOCAL = Source(file="local", words="made for a test")
ROLES = (Role.CLINICAL_LEAD, Role.ETHICIST, Role.PATIENT_REPRESENTATIVE, Role.TECHNOLOGIST)


def estimate(**changes: Any) -> Estimate:
    """A sensitivity of 98 per cent that is surely above 95."""
    values: dict[str, Any] = {
        "metric": "sensitivity",
        "value": 0.98,
        "lower": 0.96,
        "upper": 0.99,
        "confidence": 0.95,
        "method": "Clopper-Pearson",
        "n": 500,
        "events": 490,
    }
    return Estimate(**(values | changes))


def threshold(**changes: Any) -> Threshold:
    """More than 95 per cent at the lower end."""
    values: dict[str, Any] = {
        "operator": "more_than",
        "value": "95/100",
        "bound": "lower",
        "method": "clopper-pearson",
    }
    return Threshold(**(values | changes))


def criterion(**changes: Any) -> Criterion:
    """The sources' sensitivity rule."""
    values: dict[str, Any] = {
        "id": "sensitivity",
        "title": "Sensitivity for critical conditions",
        "requirements": ("P2.5",),
        "gates": (GateName.G1,),
        "metric": "sensitivity",
        "evidence": "diagnostic",
        "threshold": threshold(),
        "level": Level.MANDATORY,
        "source": LOCAL,
    }
    return Criterion(**(values | changes))


def seat_rule(role: Role, **changes: Any) -> SeatRule:
    """One chair for a role at every gate."""
    values: dict[str, Any] = {
        "role": role,
        "gates": tuple(GateName),
        "requirements": ("N4",),
        "source": LOCAL,
    }
    return SeatRule(**(values | changes))


def policy(**changes: Any) -> Policy:
    """Four seats, one criterion, nothing else."""
    values: dict[str, Any] = {
        "id": "test-policy",
        "title": "A policy for tests",
        "version": "1",
        "effective": "2026-01-01",
        "scope": "rollout",
        "provenance": "Made for a test; it says nothing about any real institution.",
        "criteria": (criterion(),),
        "seats": tuple(seat_rule(role) for role in ROLES),
        "documents": (),
        "dwell": (),
        "designs": (),
        "ambiguities": (),
        "waiver": Waiver(approvers=2, longest_days=90, source=LOCAL),
        "evidence_fresh_days": 365,
        "gate_open_days": 30,
        "smallest_cell": 5,
    }
    return Policy(**(values | changes))


def person(id_: str, *roles: Role, **changes: Any) -> Person:
    """Somebody who holds these roles from 2026 to 2028."""
    values: dict[str, Any] = {
        "id": id_,
        "name": id_.replace("-", " ").title(),
        "organisation": "Riverside University Hospital",
        "authorities": tuple(
            Authority(role=role, valid_from=MORNING - timedelta(days=60), valid_until=MORNING + timedelta(days=730))
            for role in roles
        ),
    }
    return Person(**(values | changes))


def evidence(**changes: Any) -> Evidence:
    """A diagnostic table of the assess stage."""
    values: dict[str, Any] = {
        "name": "readings",
        "kind": "diagnostic",
        "stages": (Stage.ASSESS,),
        "source": "data/readings.csv",
        "columns": {"case_id": "id", "patient_id": "id", "site": "site", "reference": "truth", "prediction": "flag"},
        "measured_on": MORNING - timedelta(days=10),
        "author": "noah-kim",
    }
    return Evidence(**(values | changes))


def rollout(**changes: Any) -> Rollout:
    """A decision-support LMM at the beginning of assess."""
    values: dict[str, Any] = {
        "rollout": "test-rollout",
        "title": "A rollout for tests",
        "institution": "Riverside University Hospital",
        "summary": "Made for a test.",
        "model": {
            "name": "Sentinel",
            "version": "1.0",
            "provider": "Example Ltd",
            "model_class": "LLM",
            "modalities": ["text"],
            "endpoint": "https://llm.example",
        },
        "use": {
            "use_case": "clinical-decision-support",
            "purpose": "flagging-findings",
            "domain": "clinical",
            "mode": "assistive",
            "human_decision": "The cardiologist decides on the angiography.",
        },
        "policy": "test-policy",
        "people": "people.yaml",
        "sites": "sites.yaml",
        "evidence": (evidence(),),
    }
    return Rollout.model_validate(values | changes)
