"""Reports owed to regulators: a clock for each, from the report of the incident until its submission (P4.5)."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from primum.actions.directory import INSTITUTION
from primum.actions.regulator_places import Place, known_packs, places_of
from primum.actions.workplace import Workplace
from primum.integrations.jurisdictions import Pack, holidays_of
from primum.ledger import incident_reading, reading
from primum.ledger.incident_tables import PackSignature, RegulatorClock
from primum.ledger.signing_tables import Incident
from primum.ledger.transactions import Transaction
from primum.roadmap.clocks import due_at
from primum.roadmap.identifiers import why_not_say
from primum.roadmap.incidents import MAY_CONFIRM, Harm, Severity
from primum.roadmap.jurisdictions import ClockRule
from primum.roadmap.people import Person
from primum.roadmap.roles import Role
from primum.roadmap.seats import why_not_reason

# A clock of working days is over before twice its days and a month of holidays are.
FURTHEST = timedelta(days=800)
LONGEST_REFERENCE = 100
WHEN_AWARE, REMEDIAL = "when-aware", "when-remedial-action-is-needed"
MAY_SIGN_CLOCKS = MAY_CONFIRM | {Role.EXECUTIVE_SPONSOR}


class CannotSubmit(Exception):
    """The submission, or the signature on a pack, was not recorded; the message is shown to the person."""


def start(
    *, tx: Transaction, incident: Incident, person: str, known: Sequence[Pack], at: datetime, starts: str = WHEN_AWARE
) -> tuple[RegulatorClock, ...]:
    """
    Start the clocks that an incident calls for where it happened, within its transaction; those there are stay.

    A clock of a pack that nobody has filled in and signed says that its end is not known; it blocks like one overdue.
    """
    record = reading.rollout(tx.session, rollout=incident.rollout)
    places = places_of(site=incident.site, kept=json.loads(record.spec)) if record else ()
    there = {(one.jurisdiction, one.rule): one for one in incident_reading.clocks(tx.session, incident=incident.id)}
    begun = []
    for place, pack, rule in _called_for(incident, places, known, starts):
        clock = there.get((pack.jurisdiction.id, rule.id))
        if clock is not None and clock.ended_at is None:
            continue
        if clock is None:
            clock = _clock(tx, incident, place, pack, rule, at=at)
        clock.ended_at = clock.ended_by = None
        tx.session.add(clock)
        said = {"incident": incident.id, "clock": clock.id, "rule": f"{pack.jurisdiction.id} {rule.id}"}
        tx.record(kind="incident.clock-started", rollout=incident.rollout, person=person, at=at, body=said)
        there[(pack.jurisdiction.id, rule.id)] = clock
        begun.append(clock)
    return tuple(begun)


def _called_for(
    incident: Incident, places: Sequence[Place], known: Sequence[Pack], starts: str
) -> Iterator[tuple[Place, Pack, ClockRule]]:
    severity, harm = Severity(incident.severity), Harm(incident.harm or Harm.UNKNOWN)
    for place in places:
        for pack in known:
            if place.country not in pack.jurisdiction.countries:
                continue
            for rule in pack.jurisdiction.clocks:
                if rule.starts == starts and rule.runs_for(severity=severity, harm=harm):
                    yield place, pack, rule


def _clock(
    tx: Transaction, incident: Incident, place: Place, pack: Pack, rule: ClockRule, *, at: datetime
) -> RegulatorClock:
    jurisdiction = pack.jurisdiction
    zone = jurisdiction.timezone or place.zone
    signed = incident_reading.pack_signature(tx.session, digest=pack.digest) is not None
    unknown = jurisdiction.why_unusable(signed=signed)
    # Remedial clocks begin when somebody says that it is needed, all others when the institution became aware.
    aware = at if rule.starts == REMEDIAL else incident.reported_at
    due = None
    if unknown is None and rule.days is not None:
        day = aware.date()
        rest = holidays_of(jurisdiction, since=day - timedelta(days=2), until=day + FURTHEST)
        due = due_at(aware_at=aware, zone=zone, days=rule.days, counted=rule.counted, holidays=rest)
    return RegulatorClock(
        rollout=incident.rollout,
        incident_id=incident.id,
        jurisdiction=jurisdiction.id,
        pack=pack.digest,
        rule=rule.id,
        title=rule.title,
        duty=rule.duty,
        recipients=list(rule.recipients),
        source=rule.source.law,
        zone=zone,
        aware_at=aware,
        due_at=due,
        unknown=unknown,
    )


def adjust(*, tx: Transaction, incident: Incident, person: str, known: Sequence[Pack], at: datetime) -> None:
    """After an incident was graded anew: end the clocks it no longer calls for, and start those it now does."""
    record = reading.rollout(tx.session, rollout=incident.rollout)
    places = places_of(site=incident.site, kept=json.loads(record.spec)) if record else ()
    wanted = {(pack.jurisdiction.id, rule.id) for _, pack, rule in _called_for(incident, places, known, WHEN_AWARE)}
    wanted |= {(pack.jurisdiction.id, rule.id) for _, pack, rule in _called_for(incident, places, known, REMEDIAL)}
    for clock in incident_reading.clocks(tx.session, incident=incident.id):
        over = clock.submitted_at is not None or clock.ended_at is not None
        if over or (clock.jurisdiction, clock.rule) in wanted:
            continue
        clock.ended_by, clock.ended_at = person, at
        tx.session.add(clock)
        said = {"incident": incident.id, "clock": clock.id}
        tx.record(kind="incident.clock-ended", rollout=incident.rollout, person=person, at=at, body=said)
    start(tx=tx, incident=incident, person=person, known=known, at=at)


def tell_again(*, at: datetime, person: str, workplace: Workplace) -> tuple[str, ...]:
    """Give the clocks whose end was not known their end, once their pack is filled in and signed; return their ids."""
    known = {pack.jurisdiction.id: pack for pack in known_packs(workplace)}
    with workplace.ledger.reading() as session:
        waiting = [one.id for one in incident_reading.running_clocks(session) if one.unknown]
    told = []
    for id_ in waiting:
        with workplace.ledger.transaction() as tx:
            clock = _locked(tx, id_)
            pack = known.get(clock.jurisdiction)
            if pack and clock.unknown and _tell(tx, clock, pack):
                said = {"incident": clock.incident_id, "clock": clock.id}
                tx.record(kind="incident.clock-told", rollout=clock.rollout, person=person, at=at, body=said)
                told.append(clock.id)
    return tuple(told)


def _tell(tx: Transaction, clock: RegulatorClock, pack: Pack) -> bool:
    rule = next((one for one in pack.jurisdiction.clocks if one.id == clock.rule), None)
    signed = incident_reading.pack_signature(tx.session, digest=pack.digest) is not None
    if rule is None or rule.days is None or pack.jurisdiction.why_unusable(signed=signed):
        return False
    day = clock.aware_at.date()
    rest = holidays_of(pack.jurisdiction, since=day - timedelta(days=2), until=day + FURTHEST)
    clock.due_at = due_at(aware_at=clock.aware_at, zone=clock.zone, days=rule.days, counted=rule.counted, holidays=rest)
    clock.pack, clock.unknown = pack.digest, None
    clock.title, clock.recipients, clock.source = rule.title, list(rule.recipients), rule.source.law
    tx.session.add(clock)
    return True


def submit(
    *, clock: str, person: Person, submitted_at: datetime, reference: str, at: datetime, workplace: Workplace
) -> None:
    """
    Record that a report went to the regulator: who says so, when it went, under which reference (P4.5).

    :raises CannotSubmit: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        row = _locked(tx, clock)
        if problem := _why_not_submit(row, person, submitted_at, reference, at):
            raise CannotSubmit(problem)
        row.submitted_by, row.submitted_at, row.recorded_at = person.id, submitted_at, at
        row.reference = reference.strip()
        tx.session.add(row)
        said = {"incident": row.incident_id, "clock": row.id, "late": _is_late(row, submitted_at)}
        tx.record(kind="incident.submitted", rollout=row.rollout, person=person.id, at=at, body=said)
        told = {"incident": row.incident_id, "clock": row.id}
        tx.notify(kind="incident.submitted", rollout=row.rollout, gate=None, body=told, at=at)


def _why_not_submit(
    row: RegulatorClock, person: Person, submitted_at: datetime, reference: str, at: datetime
) -> str | None:
    if not person.roles_at(rollout=row.rollout, at=at) & MAY_CONFIRM:
        return f"{person.name} holds none of the roles that report to regulators: {', '.join(sorted(MAY_CONFIRM))}."
    if row.submitted_at is not None:
        return f"This report was recorded as submitted on {row.submitted_at:%Y-%m-%d}, reference {row.reference}."
    if row.ended_at is not None:
        return "This report is no longer owed, since the incident was graded anew."
    if submitted_at > at or submitted_at < row.aware_at - timedelta(days=1):
        return "A report was submitted after the incident was known and not in the future; give that time."
    if not 0 < len(reference.strip()) <= LONGEST_REFERENCE:
        return f"Give the reference under which the report went out, in at most {LONGEST_REFERENCE} characters."
    return None


def _is_late(row: RegulatorClock, submitted_at: datetime) -> bool:
    return row.due_at is not None and submitted_at >= row.due_at


def why_overdue(*, rollout: str, at: datetime, session: Session) -> str | None:
    """Return why a rollout may not move on for a report to a regulator, if so: one overdue, or of unknown end (P8)."""
    running = incident_reading.running_clocks(session, rollout=rollout)
    for clock in running:
        if clock.due_at is not None and at >= clock.due_at:
            return (
                f"The report of incident {clock.incident_id} ({clock.jurisdiction} {clock.rule}, {clock.source}) "
                f"was due by {clock.due_at:%Y-%m-%d %H:%M} UTC; submit it and record its reference first."
            )
    unknown = next((clock for clock in running if clock.due_at is None), None)
    if unknown is None:
        return None
    return f"When the report of incident {unknown.incident_id} is due cannot be told. {unknown.unknown}"


def sign_pack(*, pack: Pack, person: Person, reason: str, at: datetime, workplace: Workplace) -> str:
    """
    Sign the numbers of an institution's own pack; a change of the file takes a signature of its own. Return its id.

    :raises CannotSubmit: if a number is missing, this person may not, or the reason is too short
    """
    jurisdiction = pack.jurisdiction
    if jurisdiction.numbers == "law":
        raise CannotSubmit(f"The numbers of '{jurisdiction.id}' stand in law; there is nothing to sign.")
    held = {role for one in person.authorities for role in (one.role,) if one.valid_from <= at < one.valid_until}
    if not held & MAY_SIGN_CLOCKS:
        raise CannotSubmit(
            f"{person.name} holds none of the roles that sign them: {', '.join(sorted(MAY_SIGN_CLOCKS))}."
        )
    if problem := jurisdiction.why_unusable(signed=True) or why_not_reason(reason) or why_not_say(reason):
        raise CannotSubmit(problem)
    with workplace.ledger.transaction() as tx:
        if there := incident_reading.pack_signature(tx.session, digest=pack.digest):
            return there.id
        row = PackSignature(
            jurisdiction=jurisdiction.id,
            digest=pack.digest,
            content=jurisdiction.model_dump(mode="json"),
            person=person.id,
            printed_name=person.name,
            role=min(held & MAY_SIGN_CLOCKS),
            reason=reason,
            at=at,
        )
        tx.session.add(row)
        said = {"jurisdiction": jurisdiction.id, "digest": pack.digest}
        tx.record(kind="clocks.signed", rollout=INSTITUTION, person=person.id, at=at, body=said)
        return row.id


def _locked(tx: Transaction, clock: str) -> RegulatorClock:
    row = incident_reading.clock(tx.session, clock=clock)
    if row is None:
        raise CannotSubmit(f"There is no clock '{clock}'; `primum incident show` lists those of an incident.")
    tx.lock_rollout(row.rollout)
    tx.session.refresh(row)
    return row
