"""What happened to a rollout, each thing as one event; read from the rows that the ledger witnesses."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session, col, select

from primum.ledger import look_reading, reading
from primum.ledger.signing_tables import (
    ConflictOfInterest,
    Contingency,
    Delegation,
    Incident,
    Reminder,
    ResumptionVote,
)
from primum.ledger.tables import Exposure, Gate, GateTransition, Promotion, RolloutRecord, Suspension, Vote, Waiver
from primum.roadmap.conditions import Conditions
from primum.roadmap.gates import MEANING, GateState
from primum.roadmap.seats import Answer

# A table whose rows each belong to one rollout.
OfRollout = TypeVar("OfRollout", ConflictOfInterest, Contingency, Exposure, Incident, Suspension, Waiver)
SAID = {Answer.APPROVE: "Approved", Answer.REJECT: "Rejected", Answer.REQUEST_EVIDENCE: "Asked for more evidence"}


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened: a title, who did it, and what they said about it."""

    at: datetime
    kind: str
    title: str
    person: str = ""
    words: str = ""
    gate: str = ""


def names_in(record: RolloutRecord) -> dict[str, str]:
    """Return the printed name of each person by id, as the rollout was last registered."""
    return {one["id"]: one["name"] for one in json.loads(record.spec).get("people", {}).get("people", ())}


def conditions_in_words(conditions: object) -> tuple[str, ...]:
    """Return what an approval or an exposure is limited to, one short text each; of no limit, nothing."""
    if not isinstance(conditions, Mapping):
        return ()
    words = Conditions.read(conditions).words()
    return tuple(words.split("; ")) if words else ()


def delegations_of(session: Session, *, rollout: str) -> list[Delegation]:
    """Return every delegation that counts for a rollout, in the order in which they were made."""
    rows = session.exec(select(Delegation).order_by(col(Delegation.made_at)))
    return [one for one in rows if rollout in one.rollouts or "*" in one.rollouts]


def rows_of(session: Session, *, table: type[OfRollout], rollout: str) -> list[OfRollout]:
    """Return the rows of a table that belong to a rollout."""
    return list(session.exec(select(table).where(table.rollout == rollout)))


def events_of(session: Session, *, record: RolloutRecord, names: Mapping[str, str]) -> Iterator[Event]:
    """Yield everything that happened to a rollout, in no order."""
    told = _Teller(session=session, rollout=record.id, names=names)
    yield told.event(record.registered_at, "registered", "Registered", record.registered_by)
    yield from told.promises()
    for gate in reading.gates(session, rollout=record.id):
        yield from told.gate(gate)
    yield from told.stops()
    yield from told.incidents()
    yield from told.stand_ins()
    yield from told.looks()


@dataclass(frozen=True, kw_only=True)
class _Teller:
    """Turns the rows of one rollout into events."""

    session: Session
    rollout: str
    names: Mapping[str, str]

    def event(self, at: datetime, kind: str, title: str, person: str, words: str = "", gate: str = "") -> Event:
        who = ", ".join(self.names.get(one, one) for one in person.split(", "))
        return Event(at=at, kind=kind, title=title, person=who, words=words, gate=gate)

    def gate(self, gate: Gate) -> Iterator[Event]:
        for vote in reading.votes(self.session, gate=gate.id):
            yield self._voted(gate, vote)
        for one in reading.transitions(self.session, gate=gate.id):
            if one.state_to not in {GateState.COLLECTING, GateState.READY}:
                yield self._moved(gate, one)
        query = select(Promotion).where(Promotion.gate_id == gate.id)
        for done in self.session.exec(query):
            title = f"Promoted from {done.stage_from} to {done.stage_to}"
            yield self.event(done.at, "promoted", title, done.person, gate=gate.id)
        for sent in self.session.exec(select(Reminder).where(Reminder.gate_id == gate.id)):
            title = f"Reminded about the seat {_plain(sent.seat)}"
            yield self.event(sent.at, "reminded", title, sent.person, gate=gate.id)

    def _moved(self, gate: Gate, one: GateTransition) -> Event:
        title = f"Gate {gate.name}: {MEANING[GateState(one.state_to)]}"
        return self.event(one.at, f"gate.{one.state_to}", title, one.person, one.reason, gate.id)

    def _voted(self, gate: Gate, vote: Vote) -> Event:
        seat = _plain(vote.seat)
        if vote.on_behalf_of:
            seat = f"{seat} for {self.names.get(vote.on_behalf_of, vote.on_behalf_of)}"
        if gate.state == GateState.AWAITING_SEATS:
            return self.event(vote.at, "signed", f"Signed as {seat}", vote.person, gate=gate.id)
        title = f"{SAID[Answer(vote.answer)]} as {seat}"
        return self.event(vote.at, f"signed.{vote.answer}", title, vote.person, vote.reason, gate.id)

    def stops(self) -> Iterator[Event]:
        for one in rows_of(self.session, table=Suspension, rollout=self.rollout):
            yield self.event(one.at, "suspended", "Suspended: standard care", one.person, one.reason)
            query = select(ResumptionVote).where(ResumptionVote.suspension_id == one.id)
            for vote in self.session.exec(query):
                title = f"Signed as {_plain(vote.role)} that it may go on"
                yield self.event(vote.at, "resumption", title, vote.person, vote.reason)
            if one.lifted_at is not None:
                yield self.event(one.lifted_at, "resumed", "Resumed", one.lifted_by or "", one.lifted_reason or "")
        for change in rows_of(self.session, table=Exposure, rollout=self.rollout):
            words = "; ".join(conditions_in_words(change.conditions))
            yield self.event(change.at, "exposure", change.state, "", words)

    def looks(self) -> Iterator[Event]:
        for one in look_reading.looks(self.session, rollout=self.rollout):
            which = f"Look {one.number}" if one.number is not None else "A look that nobody planned"
            yield self.event(one.at, "look", f"{which}: {_plain(one.told)}", one.person, one.sentence)

    def incidents(self) -> Iterator[Event]:
        for one in rows_of(self.session, table=Incident, rollout=self.rollout):
            what = f"{_plain(one.severity)} at {one.site}"
            yield self.event(one.reported_at, "incident", f"Incident reported: {what}", one.reporter, one.what)
            if one.confirmed_at is not None:
                title = f"Incident confirmed: {what}"
                yield self.event(one.confirmed_at, "incident.confirmed", title, one.confirmed_by or "")
            if one.closed_at is not None:
                title = f"Incident closed: {what}"
                yield self.event(one.closed_at, "incident.closed", title, one.closed_by or "", one.note or "")

    def promises(self) -> Iterator[Event]:
        for one in rows_of(self.session, table=Contingency, rollout=self.rollout):
            owner = self.names.get(one.owner, one.owner)
            title = f"To do until {one.due_at:%Y-%m-%d}, by {owner}"
            yield self.event(one.at, "contingency", title, one.person, one.what, one.gate_id)
            if one.closed_at is not None:
                title = "Done: what an approval had left to do"
                yield self.event(one.closed_at, "contingency.closed", title, one.closed_by or "", one.note or "")
        for row in rows_of(self.session, table=Waiver, rollout=self.rollout):
            title = f"'{row.criterion}' set aside until {row.expires_at:%Y-%m-%d}"
            people = ", ".join(self.names.get(one, one) for one in row.approvers)
            yield self.event(row.granted_at, "waived", title, people, row.reason)

    def stand_ins(self) -> Iterator[Event]:
        for one in delegations_of(self.session, rollout=self.rollout):
            deputy = self.names.get(one.deputy, one.deputy)
            title = f"{deputy} stands in as {_plain(one.role)} until {one.ends_at:%Y-%m-%d}"
            yield self.event(one.made_at, "delegated", title, one.person, one.reason)
            if one.revoked_at is not None:
                title = f"{deputy} no longer stands in as {_plain(one.role)}"
                yield self.event(one.revoked_at, "delegation.revoked", title, one.revoked_by or "")
        for row in rows_of(self.session, table=ConflictOfInterest, rollout=self.rollout):
            yield self.event(row.declared_at, "interest", "Declared an interest", row.person)


def _plain(word: str) -> str:
    return word.replace("-", " ")
