"""What people find about an incident: how surely the output brought it about, and whether its card had told of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from primum.actions import incidents, regulator_clocks
from primum.actions.incident_basis import card_in_force
from primum.actions.incidents import CannotReport
from primum.actions.regulator_places import known_packs
from primum.actions.workplace import Workplace
from primum.ledger import card_reading, incident_reading, reading
from primum.ledger.incident_tables import Redress
from primum.ledger.signing_tables import Incident
from primum.ledger.transactions import Transaction
from primum.roadmap.identifiers import why_not_say
from primum.roadmap.incidents import (
    LONGEST,
    SHORTEST,
    Causality,
    Disclosure,
    RedressOutcome,
    RedressWay,
    why_not_confirm,
)
from primum.roadmap.people import Person

NOT_ON_THE_CARD = "none"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One thing that the model card in force told of: a limitation, a failure mode, an exclusion."""

    id: str
    field: str
    words: str


def statements_of(*, incident: Incident, session: Session) -> tuple[Statement, ...]:
    """Return what the model card of the registered bundle tells of, to choose from (P4.3)."""
    record = reading.rollout(session, rollout=incident.rollout)
    if record is None:
        return ()
    card, _ = card_in_force(spec=record.spec, bundle=record.bundle)
    listed = [
        # A limitation is a sentence, or a sentence with the rule that keeps it.
        *(("limitation", one["words"] if isinstance(one, dict) else one) for one in card.get("limitations", ())),
        *(("failure-mode", words) for words in card.get("failure_modes", ())),
        *(("exclusion", one["words"]) for one in card.get("exclusions", ())),
    ]
    numbers: dict[str, int] = {}
    found = []
    for field, words in listed:
        numbers[field] = numbers.get(field, 0) + 1
        found.append(Statement(id=f"{field}-{numbers[field]}", field=field, words=str(words)))
    return tuple(found)


def compare_with_card(
    *, incident: str, person: Person, statement: str, note: str, at: datetime, workplace: Workplace
) -> Disclosure:
    """
    Record whether the card in force had told of the limitation behind an incident (P4.3).

    A person names the statement of the card, or ``none``; the ledger keeps it with the card's digest, and whether the
    release that was in use then is the one whose card was compared.

    :raises CannotReport: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        row = _may_find(tx, incident, person, note, at)
        known = {one.id: one for one in statements_of(incident=row, session=tx.session)}
        if statement != NOT_ON_THE_CARD and statement not in known:
            listed = ", ".join((*known, NOT_ON_THE_CARD))
            raise CannotReport(f"The card in force has no statement '{statement}'; choose one of {listed}.")
        basis = _compared(row, tx.session, known.get(statement), len(known))
        found = Disclosure.DISCLOSED if statement in known else Disclosure.UNDISCLOSED
        _find(tx, row, kind="limitation", value=str(found), basis=basis, person=person, note=note, at=at)
        return found


def _compared(row: Incident, session: Session, statement: Statement | None, count: int) -> dict[str, Any]:
    record = reading.rollout(session, rollout=row.rollout)
    assert record is not None
    _, digest = card_in_force(spec=record.spec, bundle=record.bundle)
    used = str((row.basis or {}).get("bundle", ""))
    before = [one for one in card_reading.versions(session, rollout=row.rollout) if one.at <= row.occurred_at]
    return {
        "version": before[-1].number if before else 0,
        "version digest": before[-1].digest if before else "",
        "card": digest,
        "bundle": record.bundle_digest,
        "same release": used in {"", record.bundle_digest},
        "statements": count,
        "statement": statement.id if statement else "",
        "words": statement.words if statement else "",
    }


def assess_causality(
    *, incident: str, person: Person, causality: Causality, note: str, at: datetime, workplace: Workplace
) -> None:
    """
    Record how surely the output brought an incident about; a later finding takes its place.

    :raises CannotReport: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        row = _may_find(tx, incident, person, note, at)
        _find(tx, row, kind="causality", value=str(causality), basis=None, person=person, note=note, at=at)


def add_words(*, incident: str, person: Person, words: str, at: datetime, workplace: Workplace) -> None:
    """
    Add words to an incident that was reported without: its reporter, or who may confirm it, naming nobody (P9).

    :raises CannotReport: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        row = incidents.locked(tx=tx, incident=incident)
        if person.id != row.reporter and (problem := why_not_confirm(person=person, rollout=row.rollout, at=at)):
            raise CannotReport(problem)
        _refuse_closed(row)
        if not SHORTEST <= len(words.strip()) <= LONGEST:
            raise CannotReport(f"Say in {SHORTEST} to {LONGEST:,} characters what happened.")
        if problem := why_not_say(words):
            raise CannotReport(problem)
        _find(tx, row, kind="words", value="added", basis=None, person=person, note=words, at=at)


def need_remedy(*, incident: str, person: Person, note: str, at: datetime, workplace: Workplace) -> int:
    """
    Say that remedial action is needed; the clocks that wait for it begin (21 CFR 803.53). Return how many did.

    :raises CannotReport: with the one reason
    """
    known = known_packs(workplace)
    with workplace.ledger.transaction() as tx:
        row = _may_find(tx, incident, person, note, at)
        _find(tx, row, kind="remedial-action", value="needed", basis=None, person=person, note=note, at=at)
        starts = regulator_clocks.REMEDIAL
        begun = regulator_clocks.start(tx=tx, incident=row, person=person.id, known=known, at=at, starts=starts)
        return len(begun)


def offer_redress(
    *, incident: str, person: Person, way: RedressWay, what: str, at: datetime, workplace: Workplace
) -> str:
    """
    Record what a patient who was harmed was offered, naming nobody (V32); return its id.

    :raises CannotReport: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        row = _may_find(tx, incident, person, what, at, closed_too=True)
        offer = Redress(
            rollout=row.rollout, incident_id=row.id, way=way, what=what.strip(), offered_by=person.id, offered_at=at
        )
        tx.session.add(offer)
        said = {"incident": row.id, "redress": offer.id, "way": str(way)}
        tx.record(kind="incident.redress-offered", rollout=row.rollout, person=person.id, at=at, body=said)
        return offer.id


def close_redress(
    *, redress: str, person: Person, outcome: RedressOutcome, note: str, at: datetime, workplace: Workplace
) -> None:
    """
    Record how an offer of redress ended (V32).

    :raises CannotReport: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        offer = incident_reading.redress(tx.session, redress=redress)
        if offer is None:
            raise CannotReport(f"There is no redress '{redress}'; `primum incident show` lists what was offered.")
        _may_find(tx, offer.incident_id, person, note, at, closed_too=True)
        tx.session.refresh(offer)
        if offer.closed_at is not None:
            raise CannotReport("How this ended is recorded already.")
        offer.closed_by, offer.closed_at, offer.outcome, offer.note = person.id, at, outcome, note.strip()
        tx.session.add(offer)
        said = {"incident": offer.incident_id, "redress": offer.id, "outcome": str(outcome)}
        tx.record(kind="incident.redress-closed", rollout=offer.rollout, person=person.id, at=at, body=said)


def _may_find(
    tx: Transaction, incident: str, person: Person, note: str, at: datetime, *, closed_too: bool = False
) -> Incident:
    row = incidents.locked(tx=tx, incident=incident)
    if problem := why_not_confirm(person=person, rollout=row.rollout, at=at) or incidents.why_not_note(note):
        raise CannotReport(problem)
    if not closed_too:
        _refuse_closed(row)
    return row


def _refuse_closed(row: Incident) -> None:
    if row.closed_at is not None:
        raise CannotReport("This incident is closed already; report what is new.")


def _find(
    tx: Transaction,
    row: Incident,
    *,
    kind: str,
    value: str,
    basis: dict[str, Any] | None,
    person: Person,
    note: str,
    at: datetime,
) -> None:
    tx.session.add(incidents.finding_of(row, kind=kind, value=value, basis=basis, person=person, note=note, at=at))
    said = {"incident": row.id, "finding": kind, "value": value}
    tx.record(kind="incident.found", rollout=row.rollout, person=person.id, at=at, body=said)
