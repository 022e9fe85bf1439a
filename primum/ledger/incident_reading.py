"""Questions asked of what follows incidents and suspensions; nothing here writes."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, or_, select

from primum.ledger.incident_tables import (
    CareReminder,
    ExposedList,
    IncidentFinding,
    IncidentPublication,
    PackSignature,
    Redress,
    RegulatorClock,
    ResumptionGate,
    SuspensionNotice,
)
from primum.ledger.signing_tables import Incident
from primum.ledger.tables import Exposure, Promotion, Suspension


def findings(session: Session, *, incident: str) -> Sequence[IncidentFinding]:
    """Return what people found about an incident, in order."""
    query = select(IncidentFinding).where(IncidentFinding.incident_id == incident)
    return session.exec(query.order_by(col(IncidentFinding.at))).all()


def finding(session: Session, *, incident: str, kind: str) -> IncidentFinding | None:
    """Return the finding of a kind that is in force."""
    return next((one for one in reversed(findings(session, incident=incident)) if one.kind == kind), None)


def redress_of(session: Session, *, incident: str) -> Sequence[Redress]:
    """Return what was offered after an incident, in order."""
    query = select(Redress).where(Redress.incident_id == incident)
    return session.exec(query.order_by(col(Redress.offered_at))).all()


def redress(session: Session, *, redress: str) -> Redress | None:
    """Return one offer by id."""
    return session.get(Redress, redress)


def clocks(session: Session, *, incident: str) -> Sequence[RegulatorClock]:
    """Return the clocks of an incident, the earliest end first; those whose end is not known come first."""
    rows = session.exec(select(RegulatorClock).where(RegulatorClock.incident_id == incident)).all()
    return sorted(rows, key=lambda row: (row.due_at or row.aware_at, row.rule))


def clock(session: Session, *, clock: str) -> RegulatorClock | None:
    """Return one clock by id."""
    return session.get(RegulatorClock, clock)


def running_clocks(session: Session, *, rollout: str | None = None) -> Sequence[RegulatorClock]:
    """Return the clocks of which nothing was submitted and which still run; of one rollout when it is named."""
    query = select(RegulatorClock).where(
        col(RegulatorClock.submitted_at).is_(None), col(RegulatorClock.ended_at).is_(None)
    )
    if rollout is not None:
        query = query.where(RegulatorClock.rollout == rollout)
    return session.exec(query.order_by(col(RegulatorClock.due_at), col(RegulatorClock.id))).all()


def reminded(session: Session, *, subject: str) -> frozenset[str]:
    """Return the steps of which people were told about a subject."""
    return frozenset(session.exec(select(CareReminder.step).where(CareReminder.subject == subject)))


def notices(session: Session, *, suspension: str) -> Sequence[SuspensionNotice]:
    """Return the sites that were told of a suspension, by name."""
    query = select(SuspensionNotice).where(SuspensionNotice.suspension_id == suspension)
    return session.exec(query.order_by(col(SuspensionNotice.site))).all()


def exposed_list(session: Session, *, suspension: str) -> ExposedList | None:
    """Return the list of units exposed before a suspension, if it was made."""
    return session.exec(select(ExposedList).where(ExposedList.suspension_id == suspension)).first()


def suspensions_in_force(session: Session) -> Sequence[Suspension]:
    """Return every suspension that is not lifted, in order."""
    query = select(Suspension).where(col(Suspension.lifted_at).is_(None))
    return session.exec(query.order_by(col(Suspension.at))).all()


def resumption_gates(session: Session, *, suspension: str) -> Sequence[ResumptionGate]:
    """Return the gates that were opened so that a rollout may go on after a suspension, in order."""
    query = select(ResumptionGate).where(ResumptionGate.suspension_id == suspension)
    return session.exec(query.order_by(col(ResumptionGate.at))).all()


def is_for_resuming(session: Session, *, gate: str) -> bool:
    """True if a gate was opened so that a rollout may go on; it promotes nothing."""
    return session.exec(select(ResumptionGate.id).where(ResumptionGate.gate_id == gate)).first() is not None


def publications(session: Session, *, rollout: str) -> Sequence[IncidentPublication]:
    """Return what was published on the incidents of a rollout, in order."""
    query = select(IncidentPublication).where(IncidentPublication.rollout == rollout)
    return session.exec(query.order_by(col(IncidentPublication.at))).all()


def pack_signature(session: Session, *, digest: str) -> PackSignature | None:
    """Return the signature on exactly these numbers of a jurisdiction, if there is one."""
    return session.exec(select(PackSignature).where(PackSignature.digest == digest)).first()


def promotion_before(session: Session, *, rollout: str, moment: datetime) -> Promotion | None:
    """Return the promotion that was in force at a moment."""
    query = select(Promotion).where(Promotion.rollout == rollout, col(Promotion.at) <= moment)
    return session.exec(query.order_by(col(Promotion.at).desc())).first()


def exposures_before(session: Session, *, rollout: str, moment: datetime) -> Sequence[Exposure]:
    """Return who could receive output up to a moment, the newest first."""
    query = select(Exposure).where(Exposure.rollout == rollout, col(Exposure.at) <= moment)
    return session.exec(query.order_by(col(Exposure.at).desc())).all()


def unconfirmed(session: Session, *, severities: Sequence[str]) -> Sequence[Incident]:
    """Return the open incidents of these severities that nobody confirmed, the oldest first."""
    query = select(Incident).where(
        col(Incident.confirmed_at).is_(None), col(Incident.closed_at).is_(None), col(Incident.severity).in_(severities)
    )
    return session.exec(query.order_by(col(Incident.reported_at))).all()


def incidents_reported(session: Session, *, rollout: str, since: datetime, until: datetime) -> Sequence[Incident]:
    """Return the incidents that were reported from one moment until before another, in order."""
    query = select(Incident).where(
        Incident.rollout == rollout, col(Incident.reported_at) >= since, col(Incident.reported_at) < until
    )
    return session.exec(query.order_by(col(Incident.reported_at))).all()


def incident_named(session: Session, *, beginning: str) -> Sequence[Incident]:
    """Return the incidents whose id is this, or begins so; two at most."""
    query = select(Incident).where(or_(Incident.id == beginning, col(Incident.id).startswith(beginning)))
    return session.exec(query.limit(2)).all()
