"""Which looks ask for their pilot's gate: a crossed boundary, or the end of the trial; people decide there."""

from dataclasses import dataclass

from sqlmodel import Session

from primum.actions.look_standing import statistics_of
from primum.actions.resubmission import FileMoved, submitted
from primum.actions.unattended import in_whose_name
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused
from primum.ledger import look_reading, reading
from primum.ledger.look_tables import Look
from primum.roadmap.looks import LookState
from primum.roadmap.stages import GateName, Stage


@dataclass(frozen=True, kw_only=True)
class GateAsked:
    """A look that asks for the pilot's gate, and in whose name its stage is begun: who registered the rollout."""

    look: str
    rollout: str
    requested_by: str


def gates_asked(*, workplace: Workplace) -> tuple[GateAsked, ...]:
    """
    Return the looks that ask for their pilot's gate, which nobody has opened since; a suspended pilot asks nothing.

    A rollout whose files cannot be read is left for the next time.
    """
    with workplace.ledger.reading() as session:
        pilots = [one for one in reading.rollouts(session) if one.stage == Stage.PILOT and one.kind == "rollout"]
        found = [(record, _last_asking(session, record.id)) for record in pilots]
    asked = []
    for record, look in found:
        if look is None:
            continue
        try:
            rule = submitted(rollout=record.id, workplace=workplace).policy.looks
        except (ConfigurationRefused, FileMoved):
            continue
        if rule is not None and rule.on_efficacy == "ask-gate":
            asker = in_whose_name(person=record.registered_by, rollout=record.id, workplace=workplace)
            asked.append(GateAsked(look=look.id, rollout=record.id, requested_by=asker))
    return tuple(asked)


def _last_asking(session: Session, rollout: str) -> Look | None:
    """Return the newest look, if it ended the comparison and the gate was not opened after it."""
    taken = look_reading.looks(session, rollout=rollout)
    if not taken or reading.suspension(session, rollout=rollout):
        return None
    last = taken[-1]
    complete = last.outcome == LookState.CROSSED_FUTILITY and not statistics_of(last)["efficacy"]["ahead"]
    gate = reading.last_gate(session, rollout=rollout, name=GateName.G2)
    opened = gate is not None and gate.opened_at >= last.at
    return None if opened or not (complete or last.outcome == LookState.CROSSED_EFFICACY) else last
