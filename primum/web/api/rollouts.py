"""Rollouts: how they stand, what happened to them, what they rest on."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter

from primum.actions.portfolio import PortfolioLine, portfolio
from primum.actions.timeline import RolloutReport, rollout_report
from primum.ledger import reading
from primum.web.api.callers import Reads
from primum.web.api.gate_shapes import GateLineShape
from primum.web.api.rollout_shapes import (
    DocumentShape,
    EventShape,
    EvidenceShape,
    GuidelineShape,
    RolloutLineShape,
    RolloutShape,
)
from primum.web.api.shapes import Id, Limit, Offset, Page, paged

# What a policy lets out at least; a table of fewer rows is itself a small group.
FEWEST_ROWS = 10
router = APIRouter(tags=["rollouts"])


@router.get("/rollouts")
def rollouts(caller: Reads, limit: Limit = 50, offset: Offset = 0) -> Page[RolloutLineShape]:
    """List the rollouts you may read, as on the board."""
    lines = portfolio(rollouts=caller.rollouts, at=caller.at, workplace=caller.workplace)
    return paged(RolloutLineShape, [_line(one) for one in lines], limit=limit, offset=offset)


def _line(one: PortfolioLine) -> Mapping[str, Any]:
    told = {name: getattr(one.line, name) for name in RolloutLineShape.model_fields if hasattr(one.line, name)}
    return told | {"waiting_for": one.waiting_for}


def report_of(rollout: str, *, caller: Reads) -> RolloutReport:
    """
    Return how a rollout stands.

    :raises NotAllowed: if the caller may not read it
    """
    caller.admit(rollout)
    return rollout_report(rollout=rollout, at=caller.at, workplace=caller.workplace)


@router.get("/rollouts/{rollout}")
def rollout(caller: Reads, rollout: Id) -> RolloutShape:
    """Tell how a rollout stands; works also when its files do not."""
    report = report_of(rollout, caller=caller)
    told = {name: getattr(report, name) for name in RolloutShape.model_fields}
    lines = [{name: getattr(one, name, rollout) for name in GateLineShape.model_fields} for one in report.gates]
    return RolloutShape.model_validate(told | {"gates": lines, "stopped": _stopped(report)})


def _stopped(report: RolloutReport) -> Mapping[str, Any] | None:
    stopped = report.stopped
    if stopped is None:
        return None
    told = {name: getattr(stopped, name) for name in ("id", "by", "at", "reason", "needed")}
    return told | {"agreed": [name for name, *_ in stopped.signed]}


@router.get("/rollouts/{rollout}/timeline")
def timeline(caller: Reads, rollout: Id, limit: Limit = 50, offset: Offset = 0) -> Page[EventShape]:
    """Tell what happened to a rollout, the newest first."""
    return paged(EventShape, report_of(rollout, caller=caller).events, limit=limit, offset=offset)


@router.get("/rollouts/{rollout}/evidence")
def evidence(caller: Reads, rollout: Id, limit: Limit = 50, offset: Offset = 0) -> Page[EvidenceShape]:
    """List the tables in force: by digest, never their contents or where they are."""
    caller.admit(rollout)
    with caller.workplace.ledger.reading() as session:
        rows = reading.tables_in_force(session, rollout=rollout)
    told = [
        {name: getattr(row, name) for name in EvidenceShape.model_fields}
        | {"rows": row.rows if row.rows >= FEWEST_ROWS else None}
        for row in rows
    ]
    return paged(EvidenceShape, told, limit=limit, offset=offset)


@router.get("/rollouts/{rollout}/documents")
def documents(caller: Reads, rollout: Id, limit: Limit = 50, offset: Offset = 0) -> Page[DocumentShape]:
    """List the documents in force."""
    caller.admit(rollout)
    with caller.workplace.ledger.reading() as session:
        rows = reading.documents_in_force(session, rollout=rollout)
    return paged(DocumentShape, _without_table(rows), limit=limit, offset=offset)


def _without_table(rows: Sequence[object]) -> list[Mapping[str, Any]]:
    return [{name: getattr(row, name) for name in DocumentShape.model_fields} for row in rows]


@router.get("/guidelines")
def guidelines(caller: Reads, limit: Limit = 50, offset: Offset = 0) -> Page[GuidelineShape]:
    """List the guideline versions that your rollouts follow, as last registered."""
    with caller.workplace.ledger.reading() as session:
        records = [one for one in reading.rollouts(session) if one.id in caller.rollouts]
    followed: dict[str, list[str]] = {}
    for record in records:
        for one in json.loads(record.bundle).get("guidelines", ()):
            followed.setdefault(one, []).append(record.id)
    rows = [{"guideline": one, "rollouts": sorted(ids)} for one, ids in sorted(followed.items())]
    return paged(GuidelineShape, rows, limit=limit, offset=offset)
