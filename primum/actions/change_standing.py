"""What the ledger knows of a guideline change: which steps were taken, and on what."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from primum.ledger import card_reading, change_reading, guideline_reading, reading, scale_reading
from primum.ledger.change_reading import CLOSED
from primum.ledger.change_tables import ChangeStep, GuidelineChange
from primum.ledger.tables import Gate, Promotion
from primum.roadmap.bundle import ReleaseBundle
from primum.roadmap.card_versions import Occasion
from primum.roadmap.changes import ChangeStanding, Step
from primum.roadmap.gates import GateState
from primum.roadmap.guidelines import Guideline
from primum.roadmap.stages import GateName


class UnknownVersion(LookupError):
    """A change is about a guideline version that was never published here; the message names it."""


def standing_of(*, session: Session, row: GuidelineChange) -> ChangeStanding:
    """Return everything that the ledger knows of a change."""
    taken = {step.step: step for step in change_reading.steps(session, change=row.id)}
    scoped = taken.get(Step.SCOPED)
    gates = tuple(scoped.said["gates"]) if scoped else ("GU",)
    passed = [_applied(session, row, GateName(name), taken) for name in gates]
    told = taken.get(Step.TOLD)
    newest = gate_of(session, row=row)
    return ChangeStanding(
        change=row.id,
        rollout=row.rollout,
        guideline=row.guideline,
        published=guideline_reading.version(session, name=row.guideline) is not None,
        inside=scoped.said["inside"] if scoped else None,
        relabelled=Step.RELABELLED in taken,
        retrained=_comes_after(taken, Step.RETRAINED, Step.RELABELLED),
        compared=_comes_after(taken, Step.COMPARED, Step.RETRAINED),
        missing_gates=tuple(name for name, done in zip(gates, passed, strict=True) if not done.granted),
        rejected=newest is not None and newest.state == GateState.REJECTED,
        promoted=all(done.promoted for done in passed),
        told_at=told.at if told else None,
        silent=silent_sites(session, row=row),
        look_back_left=_look_back_left(session, row),
        card=_has_card(session, row),
        closed_at=taken[CLOSED].at if CLOSED in taken else None,
    )


@dataclass(frozen=True, kw_only=True)
class _Passed:
    granted: bool
    promoted: bool


def _applied(session: Session, row: GuidelineChange, name: GateName, taken: Mapping[str, ChangeStep]) -> _Passed:
    """Whether a gate that this change has to pass was granted and applied, on a release that names the guideline."""
    compared = taken.get(Step.COMPARED)
    if name is GateName.GU:
        gate = reading.gate(session, gate=str(compared.said["gate"])) if compared else None
        done = reading.promotion_of(session, gate=gate.id) is not None if gate else False
        return _Passed(granted=_is_granted(gate), promoted=done)
    gates = [one for one in reading.gates(session, rollout=row.rollout) if one.name == name and one.opened_at >= row.at]
    promoted = [one for one in reading.promotions(session, rollout=row.rollout) if one.at >= row.at]
    done = any(_is_of(one, gates) for one in promoted) and _follows(session, row)
    return _Passed(granted=any(_is_granted(one) for one in gates) and _follows(session, row), promoted=done)


def _is_granted(gate: Gate | None) -> bool:
    return gate is not None and gate.state in (GateState.GRANTED, GateState.APPLIED)


def _is_of(promotion: Promotion, gates: Collection[Gate]) -> bool:
    return promotion.gate_id in {gate.id for gate in gates}


def _follows(session: Session, row: GuidelineChange) -> bool:
    record = reading.rollout(session, rollout=row.rollout)
    return record is not None and row.guideline in ReleaseBundle.model_validate_json(record.bundle).guidelines


def _comes_after(taken: Mapping[str, ChangeStep], step: Step, before: Step) -> bool:
    """A step counts when it was taken after the one it rests on was taken for the last time."""
    return step in taken and before in taken and taken[step].at >= taken[before].at


def silent_sites(session: Session, *, row: GuidelineChange) -> tuple[str, ...]:
    """Return the sites that were told and have not acknowledged."""
    told = change_reading.last(session, change=row.id, step=Step.TOLD)
    answered = {one.site for one in scale_reading.acknowledgements(session, subject=row.id)}
    return tuple(site for site in told.said["sites"] if site not in answered) if told else ()


def _look_back_left(session: Session, row: GuidelineChange) -> int | None:
    """How many look-backs are open: 0 when all are complete, nothing when none was made."""
    made = guideline_reading.look_backs(session, rollout=row.rollout, new=row.guideline)
    if not made:
        return None
    return sum(not _is_complete(session, one.id) for one in made)


def _is_complete(session: Session, look_back: str) -> bool:
    last = guideline_reading.progress(session, look_back=look_back)
    return last is not None and last.complete


def _has_card(session: Session, row: GuidelineChange) -> bool:
    found = card_reading.version_for(session, rollout=row.rollout, cause=Occasion.GUIDELINE, subject=row.id)
    return found is not None


def gate_of(session: Session, *, row: GuidelineChange) -> Gate | None:
    """Return the gate of the last comparison of a change."""
    compared = change_reading.last(session, change=row.id, step=Step.COMPARED)
    return reading.gate(session, gate=str(compared.said["gate"])) if compared else None


def guidelines_of(session: Session, *, row: GuidelineChange) -> tuple[Guideline, Guideline]:
    """
    Return the version before and the new one.

    :raises UnknownVersion: if one of them was never published here
    """
    return _version(session, row.guideline_before), _version(session, row.guideline)


def _version(session: Session, name: str) -> Guideline:
    kept = guideline_reading.version(session, name=name)
    if kept is None:
        raise UnknownVersion(
            f"{name} was never published here, so a change from or to it cannot be worked out; "
            "`primum guideline publish` publishes it."
        )
    return guideline_reading.content(kept)


def why_overdue(*, rollout: str, days: int, at: datetime, session: Session) -> str | None:
    """
    Return why a rollout is behind the evidence it follows, if it is: a change that nobody closed in time (R4.1).

    A change outside its plan passes the very gates that would wait for it, so it keeps none of them closed.
    """
    for row in change_reading.open_changes(session):
        scoped = change_reading.last(session, change=row.id, step=Step.SCOPED)
        if row.rollout != rollout or at - row.at < timedelta(days=days) or (scoped and not scoped.said["inside"]):
            continue
        return (
            f"The change to {row.guideline} is open since {row.at:%Y-%m-%d}, longer than the {days} days that evidence "
            "stays fresh; take it up first."
        )
    return None
