"""What the ledger says must still happen: grants to apply, stages to begin; whoever runs things compares."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from primum.actions import promotion
from primum.actions.resubmission import submitted
from primum.actions.unattended import in_whose_name
from primum.actions.workplace import Workplace
from primum.ledger import reading
from primum.ledger.tables import Promotion
from primum.roadmap.gates import GateState
from primum.roadmap.stages import GATE_OF, Stage


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What came of applying a gate: a promotion's id, or the one sentence why not."""

    gate: str
    rollout: str
    promotion: str | None
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Entered:
    """A stage that a promotion led into and that was not evaluated since."""

    rollout: str
    stage: Stage
    requested_by: str
    cause: str


def apply_grant(*, gate: str, person: str, at: datetime, workplace: Workplace) -> Applied:
    """
    Apply a granted gate by its id alone; a refusal is an answer here, not an error.

    :raises UnknownGate: if there is no such gate
    """
    rollout = rollout_of(gate)
    submission = submitted(rollout=rollout, workplace=workplace)
    try:
        done = promotion.apply(gate=gate, submission=submission, person=person, at=at, workplace=workplace)
    except promotion.CannotPromote as refused:
        return Applied(gate=gate, rollout=rollout, promotion=None, sentence=str(refused))
    return Applied(gate=gate, rollout=rollout, promotion=done, sentence=f"Gate {gate} is applied.")


def rollout_of(gate: str) -> str:
    """Return the rollout a gate id begins with: ``name.G2.1`` is of ``name``."""
    return gate.split(".", maxsplit=1)[0]


def granted_gates(*, workplace: Workplace) -> tuple[str, ...]:
    """Return the gates that every seat has signed and nobody applied; those of suspended rollouts wait."""
    with workplace.ledger.reading() as session:
        return tuple(
            gate.id
            for gate in reading.gates(session)
            if gate.state == GateState.GRANTED and reading.suspension(session, rollout=gate.rollout) is None
        )


def entered_stages(*, workplace: Workplace, rollout: str | None = None) -> tuple[Entered, ...]:
    """
    Return the stages that were entered by promotion and whose gate nobody opened since.

    Sustain after sustain is the same stage going on: it is run again when there is new evidence.
    """
    with workplace.ledger.reading() as session:
        names = [rollout] if rollout is not None else [record.id for record in reading.rollouts(session)]
        found = [entered for name in names if (entered := _entered(session, name)) is not None]
    return tuple(replace(one, requested_by=_asker(one, workplace)) for one in found)


def _asker(one: Entered, workplace: Workplace) -> str:
    return in_whose_name(person=one.requested_by, rollout=one.rollout, workplace=workplace)


def _entered(session: Session, rollout: str) -> Entered | None:
    done = reading.promotions(session, rollout=rollout)
    if not done or done[-1].stage_from == done[-1].stage_to:
        return None
    last: Promotion = done[-1]
    stage = Stage(last.stage_to)
    opened = reading.last_gate(session, rollout=rollout, name=GATE_OF[stage])
    signed = reading.gate(session, gate=last.gate_id)
    if (opened is not None and opened.opened_at >= last.at) or signed is None:
        return None
    asker = signed.requested_by or last.person
    return Entered(rollout=rollout, stage=stage, requested_by=asker, cause=last.id)
