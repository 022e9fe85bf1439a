"""Who reads a page and what of the portfolio they may see."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends

from primum.actions import directory, inbox
from primum.actions.directory import Directory
from primum.actions.evaluation import UnknownRollout
from primum.actions.gates import UnknownGate
from primum.actions.submission import Submission
from primum.actions.suspension import people_who_may_stop
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused
from primum.ledger import reading
from primum.ledger.tables import Gate
from primum.web.visitors import AtDesk, NotAllowed, Scope, SignedIn, may


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Somebody who reads a page now: who they are, their zone, the rollouts they may see, and where all of it is."""

    person: str
    name: str
    zone: str
    administrator: bool
    method: str
    authenticated_at: datetime
    rollouts: frozenset[str]
    at: datetime
    workplace: Workplace

    @property
    def sees(self) -> frozenset[str] | None:
        """The rollouts they may see; ``None`` for all."""
        return None if self.administrator else self.rollouts

    def admit(self, rollout: str) -> None:
        """
        Let them read a rollout, or say that they may not; whether it exists is not told.

        :raises NotAllowed: if they hold no role for it now
        """
        if rollout not in self.rollouts:
            raise NotAllowed(f"You hold no role for a rollout '{rollout}' now, so its pages are not shown to you.")

    def submission(self, rollout: str) -> Submission:
        """
        Return what the files of a rollout say now.

        :raises NotAllowed: if they may not read it
        :raises UnknownRollout: if it is not registered
        :raises ConfigurationRefused: if a file is broken
        """
        self.admit(rollout)
        with self.workplace.ledger.reading() as session:
            record = reading.rollout(session, rollout=rollout)
        if record is None:
            raise UnknownRollout(f"No rollout '{rollout}' is registered.")
        return inbox.submission_of(record)

    def gate(self, gate: str) -> Gate:
        """
        Return a gate they may read.

        :raises UnknownGate: if there is none
        :raises NotAllowed: if it is of a rollout they may not read
        """
        with self.workplace.ledger.reading() as session:
            row = reading.gate(session, gate=gate)
        if row is None:
            self.admit(gate.partition(".")[0])
            raise UnknownGate(f"There is no gate '{gate}'; the board shows those there are.")
        self.admit(row.rollout)
        return row


def reader(desk: AtDesk, visitor: SignedIn) -> Reader:
    """Return who reads, with what they may see now."""
    at = desk.clock()
    known = _known(desk.workplace)
    person = known.everybody().get(visitor.person)
    if visitor.administrator:
        rollouts = frozenset(known.of_rollouts)
    else:
        held = known.of_rollouts
        rollouts = frozenset(one for one in held if known.roles(person=visitor.person, rollout=one, at=at))
    return Reader(
        person=visitor.person,
        name=person.name if person else visitor.person,
        zone=visitor.zone,
        administrator=visitor.administrator,
        method=visitor.method,
        authenticated_at=visitor.authenticated_at,
        rollouts=rollouts,
        at=at,
        workplace=desk.workplace,
    )


def _known(workplace: Workplace) -> Directory:
    """Return everybody; a broken file of the institution keeps nobody of a rollout from stopping it (P10)."""
    try:
        return directory.directory(workplace)
    except ConfigurationRefused:
        with workplace.ledger.reading() as session:
            rollouts = [record.id for record in reading.rollouts(session)]
        people = {one: people_who_may_stop(rollout=one, workplace=workplace) for one in rollouts}
        return Directory(of_rollouts=people, of_institution=())


def _reading(visitor: SignedIn, reader: Annotated[Reader, Depends(reader)]) -> Reader:
    """A page also shows what it lets be done, so that a token which only does may not open it."""
    may(visitor, Scope.READ)
    return reader


ReadBy = Annotated[Reader, Depends(_reading)]
