"""The one choke point: a granted gate becomes a promotion, or says in one sentence why not."""

import json
from datetime import datetime
from typing import Any

from primum.actions import change_release, explaining, gates, limits, registration, sustain_gates, waves
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import incident_reading, reading
from primum.ledger.exposures import expose
from primum.ledger.tables import Gate, Promotion, RolloutRecord
from primum.ledger.transactions import Transaction
from primum.roadmap.conditions import Conditions, merged
from primum.roadmap.gates import GateState
from primum.roadmap.stages import NEXT_STAGE, GateName, Stage


class CannotPromote(Exception):
    """The promotion was refused; the message is the one reason."""


def apply(*, gate: str, submission: Submission, person: str, at: datetime, workplace: Workplace) -> str:
    """
    Apply a granted gate: promotion, exposure, stage, ledger entry and message in one transaction (P5).

    Everything is asked again first: the world outside the database just before, the rest with the
    gate's row locked. Applying twice gives the same promotion (P1). Returns the promotion's id.

    :raises CannotPromote: with the first condition that does not hold; nothing is written then
    :raises UnknownGate: if there is no such gate
    """
    with workplace.ledger.reading() as session:
        row = reading.gate(session, gate=gate)
    if row is None:
        raise gates.UnknownGate(f"There is no gate '{gate}'; `primum gate list` shows those there are.")
    if done := _promotion_of(gate, workplace):
        return done
    _refuse_for_resuming(gate, workplace)
    world = explaining.ask_the_world(gate=row, submission=submission, at=at, workplace=workplace)
    released, _ = change_release.behind(gate=row, submission=submission, workplace=workplace)
    return commit(gate=gate, world=world, submission=released, person=person, at=at, workplace=workplace)


def commit(
    *,
    gate: str,
    world: explaining.World,
    submission: Submission,
    person: str,
    at: datetime,
    workplace: Workplace,
) -> str:
    """
    Ask the ledger with the gate's row locked, and write the promotion in that transaction.

    ``world`` is what was read outside the database just before.

    :raises CannotPromote: with the first condition that does not hold
    """
    with workplace.ledger.transaction() as tx:
        locked = gates.locked(tx=tx, gate=gate)
        if locked.state == GateState.APPLIED:
            return _already(tx, locked)
        _refuse_first_problem(tx, locked, world, submission, at)
        return _promote(tx, locked, submission, person=person, at=at)


def _promotion_of(gate: str, workplace: Workplace) -> str | None:
    with workplace.ledger.reading() as session:
        return reading.promotion_of(session, gate=gate)


def _refuse_for_resuming(gate: str, workplace: Workplace) -> None:
    with workplace.ledger.reading() as session:
        if incident_reading.is_for_resuming(session, gate=gate):
            raise CannotPromote(
                f"Gate {gate} was opened so that its rollout may go on where it was; it promotes nothing."
            )


def _already(tx: Transaction, gate: Gate) -> str:
    done = reading.promotion_of(tx.session, gate=gate.id)
    if done is None:
        raise CannotPromote(f"Gate {gate.id} says applied but has no promotion; run `primum audit verify`.")
    return done


def _refuse_first_problem(
    tx: Transaction, gate: Gate, world: explaining.World, submission: Submission, at: datetime
) -> None:
    asked = explaining.conditions(gate=gate, world=world, session=tx.session, submission=submission, at=at)
    for condition in asked:
        if not condition.holds:
            raise CannotPromote(condition.sentence)


def _promote(tx: Transaction, gate: Gate, submission: Submission, *, person: str, at: datetime) -> str:
    is_update = gate.name == GateName.GU
    then = Stage(gate.stage) if is_update else NEXT_STAGE[Stage(gate.stage)]
    promotion = Promotion(
        rollout=gate.rollout,
        stage_from=gate.stage,
        stage_to=then,
        subject_digest=gate.subject_digest or "",
        gate_id=gate.id,
        person=person,
        at=at,
    )
    tx.session.add(promotion)
    sustain_gates.lift_expiry(tx, gate=gate, person=person, at=at)
    rollout = tx.lock_rollout(gate.rollout)
    if rollout is None:
        raise CannotPromote(f"Rollout {gate.rollout} is not registered.")
    if is_update:
        bundle = registration.bundle_now(submission)
        registration.enter_within(tx=tx, submission=submission, bundle=bundle, person=person, at=at)
    else:
        rollout.stage, rollout.stage_since = then, at
    tx.session.add(rollout)
    exposed = "off" if submission.rollout.kind == "replay" else str(then)
    conditions = _conditions(tx, gate, submission, rollout, person=person, at=at)
    expose(tx, rollout=gate.rollout, at=at, state=exposed, conditions=conditions, cause=promotion.id)
    reason = f"The changed release is in use in {then}." if is_update else f"Promoted to {then}."
    gates.move(tx=tx, gate=gate, then=GateState.APPLIED, person=person, at=at, reason=reason, notify=True)
    return promotion.id


def _conditions(
    tx: Transaction, gate: Gate, submission: Submission, rollout: RolloutRecord, *, person: str, at: datetime
) -> dict[str, Any]:
    """What the promotion exposes: the release, the strictest of the signatures' limits, and the first wave of scale."""
    approved = limits.limits_of(gate=gate, submission=submission, session=tx.session)
    released = {"bundle": rollout.bundle_digest, "model": json.loads(rollout.bundle)["model"]}
    if gate.name == GateName.GU:
        return {**_as_before(tx, gate, approved), **released}
    if rollout.stage != Stage.SCALE:
        return {**released, **approved.plain()}
    wave = waves.begin_first(tx=tx, submission=submission, approved=approved, person=person, at=at)
    if wave is None:
        return {**released, **approved.plain()}
    together = merged([approved, wave.limits]).plain()
    return {**released, "wave": wave.name, "approved": approved.plain(), **together}


def _as_before(tx: Transaction, gate: Gate, approved: Conditions) -> dict[str, Any]:
    """An update reaches no further than what it updates: the same wave, and the strictest of all limits."""
    last = reading.exposure(tx.session, rollout=gate.rollout)
    return limits.narrowed((last.conditions if last else None) or {}, by=approved)
