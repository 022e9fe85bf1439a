"""Looking back at past advice that a new guideline version alters: the units stay in the data plane (P6.12, P9)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from primum.actions.past_advice import Advised, Shown, is_listed, past_advice
from primum.actions.relabelling import Compared, compared, registered_table
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.evidence.scores.label_counts import shown_groups, shown_parts, shown_total
from primum.integrations.worklists import Worklist, WorklistRefused, worklist
from primum.ledger import guideline_reading
from primum.ledger.guideline_tables import LookBack, LookBackProgress
from primum.ledger.transactions import Transaction
from primum.roadmap.digests import digest
from primum.roadmap.people import Person
from primum.roadmap.roles import MAY_CLOSE_LOOK_BACK, MAY_LOOK_BACK, Role

MADE, WORKED_ON = "look-back.made", "look-back.worked-on"


class CannotLookBack(Exception):
    """The worklist was not made, or nothing was marked on it; the message says why and names no unit."""


class UnknownLookBack(LookupError):
    """There is no such look-back; the message says so."""


@dataclass(frozen=True, kw_only=True)
class LookBackState:
    """
    How a look-back stands, in what may be known outside the data plane.

    ``listed``, ``done`` and ``left`` are ``None`` where the count is too small to show; ``complete`` is always known.
    """

    id: str
    rollout: str
    old: str
    new: str
    evidence: str
    counts: Mapping[str, Any]
    listed: int | None
    done: int | None
    left: int | None
    complete: bool
    made_at: datetime
    worked_on_at: datetime | None

    @property
    def words(self) -> str:
        """Where it stands, in one sentence."""
        fewest = self.counts["smallest_cell"]
        if self.complete:
            return "Every unit on the worklist was looked at." if self.listed != 0 else "No past advice changes."
        if self.left is None:
            return f"Units are left to be looked at; the counts are not shown, since one is under {fewest}."
        return f"{self.done:,} of {self.listed:,} units were looked at; {self.left:,} are left."


@dataclass(frozen=True, kw_only=True)
class Made:
    """A worklist, where it is, and its state; ``is_new`` is false where it was made before."""

    state: LookBackState
    file: Path
    is_new: bool


def make(
    *,
    submission: Submission,
    evidence: str,
    new: str,
    person: Person,
    at: datetime,
    workplace: Workplace,
    old: str = "",
    shown: str = "",
) -> Made:
    """
    List the units whose past advice a new version alters, in the data plane, and keep counts of them (P6.12).

    Advice is the column ``advice`` where the table maps one, else the label of the old version. Listed is who gets
    another label, and who had advice and would get none because a value is not known. Asking again with the same
    versions and bytes gives the same list, with what was marked on it.

    :param shown: a registered log of outputs; only patients of whom one was shown are listed and counted
    :raises CannotLookBack: if the person may not
    :raises CannotRelabel: if the table or a version does not fit
    :raises WorklistRefused: if the list cannot be written
    """
    rollout = submission.rollout.rollout
    _refuse(person, rollout, MAY_LOOK_BACK, "make a worklist", at)
    asked = compared(submission=submission, evidence=evidence, old=old, new=new, workplace=workplace)
    with workplace.ledger.reading() as session:
        log = _log(shown, submission, session)
        row = _row(rollout, asked, log, person=person.id, at=at)
        before = guideline_reading.look_back(session, look_back=row.id)
    listing = worklist(home=workplace.home, look_back=row.id)
    if before is not None:
        _refuse_other_list(before, listing)
        return Made(state=_state_now(before.id, workplace), file=listing.file, is_new=False)
    found = past_advice(asked, base=submission.base, shown=log)
    row.advice, row.seal = found.source, listing.write(found.listed)
    row.counts = _counts(found, smallest_cell=submission.policy.smallest_cell)
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        if guideline_reading.look_back(tx.session, look_back=row.id) is not None:
            raise CannotLookBack("The same worklist was made by somebody else at this moment; ask again.")
        _keep(tx, row, people=_told(submission, at), is_empty=not found.listed, at=at)
    return Made(state=_state_now(row.id, workplace), file=listing.file, is_new=True)


def close(
    *, look_back: str, units: Collection[str], person: Person, at: datetime, workplace: Workplace
) -> LookBackState:
    """
    Mark units of a worklist as looked at; marking one twice is marking it once. Return how the list stands then.

    :raises UnknownLookBack: if there is none
    :raises CannotLookBack: if the person may not
    :raises WorklistRefused: if the list is not here, was altered, or has not all of these units
    """
    with workplace.ledger.reading() as session:
        row = _found(session, look_back)
    _refuse(person, row.rollout, MAY_CLOSE_LOOK_BACK, "mark units of a look-back", at)
    listing = worklist(home=workplace.home, look_back=row.id)
    _refuse_other_list(row, listing)
    listing.close(units, person=person.id, at=at)
    _note_progress(row, listing, person=person.id, at=at, workplace=workplace)
    return _state_now(row.id, workplace)


def look_back_state(session: Session, *, look_back: str) -> LookBackState:
    """
    Return how a look-back stands.

    :raises UnknownLookBack: if there is none
    """
    row = _found(session, look_back)
    last = guideline_reading.progress(session, look_back=row.id)
    said = last.counts if last else {"done": 0, "left": row.counts["listed"]}
    return LookBackState(
        id=row.id,
        rollout=row.rollout,
        old=row.old,
        new=row.new,
        evidence=row.evidence,
        counts=row.counts,
        listed=row.counts["listed"],
        done=said["done"],
        left=said["left"],
        complete=last.complete if last else False,
        made_at=row.at,
        worked_on_at=last.at if last else None,
    )


def states(
    session: Session, *, rollouts: Collection[str] | None = None, new: str | None = None
) -> tuple[LookBackState, ...]:
    """Return every look-back of these rollouts, or of all, oldest first; those of one version when it is named."""
    rows = guideline_reading.look_backs(session, new=new)
    return tuple(
        look_back_state(session, look_back=row.id) for row in rows if rollouts is None or row.rollout in rollouts
    )


def _refuse(person: Person, rollout: str, allowed: frozenset[Role], what: str, at: datetime) -> None:
    if not person.roles_at(rollout=rollout, at=at) & allowed:
        raise CannotLookBack(f"{person.name} holds none of the roles that may {what}: {', '.join(sorted(allowed))}.")


def _refuse_other_list(row: LookBack, listing: Worklist) -> None:
    if listing.seal() != row.seal:
        raise WorklistRefused(
            f"{listing.file} is not the list that was made: somebody altered it. Put it back from a backup."
        )


def _found(session: Session, look_back: str) -> LookBack:
    row = guideline_reading.look_back(session, look_back=look_back)
    if row is None:
        raise UnknownLookBack(f"There is no look-back '{look_back}'; `primum lookback status` lists those there are.")
    return row


def _state_now(look_back: str, workplace: Workplace) -> LookBackState:
    with workplace.ledger.reading() as session:
        return look_back_state(session, look_back=look_back)


def _log(name: str, submission: Submission, session: Session) -> Shown | None:
    if not name:
        return None
    evidence, found = registered_table(name, submission=submission, session=session)
    return Shown(evidence=evidence, digest=found)


def _row(rollout: str, asked: Compared, log: Shown | None, *, person: str, at: datetime) -> LookBack:
    """The same question has the same id, so that a list written before a crash is found again."""
    tables = digest([asked.digest, log.digest]) if log else asked.digest
    said = [rollout, asked.old.digest, asked.new.digest, tables]
    return LookBack(
        id=digest(said).removeprefix("sha256:")[:32],
        rollout=rollout,
        old=asked.old.name,
        old_digest=asked.old.digest,
        new=asked.new.name,
        new_digest=asked.new.digest,
        evidence=f"{asked.evidence.name}, shown by {log.evidence.name}" if log else asked.evidence.name,
        evidence_digest=tables,
        advice="",
        counts={},
        seal="",
        person=person,
        at=at,
    )


def _counts(found: Advised, *, smallest_cell: int) -> dict[str, Any]:
    apart = tuple(move for move in found.total if is_listed(move))
    total = shown_total(found.total, smallest_cell=smallest_cell, counted_apart=apart)
    parts = shown_parts(
        {"listed": len(found.listed), "others": sum(found.total.values()) - len(found.listed)},
        smallest_cell=smallest_cell,
    )
    groups = {
        name: shown_groups(each, smallest_cell=smallest_cell, counted_apart=apart)
        for name, each in found.groups.items()
    }
    return {
        "smallest_cell": smallest_cell,
        "listed": parts["listed"],
        "all": total.plain(),
        "groups": {name: {one.group: one.plain() for one in each} for name, each in groups.items()},
    }


def _keep(tx: Transaction, row: LookBack, *, people: tuple[str, ...], is_empty: bool, at: datetime) -> None:
    tx.session.add(row)
    if is_empty:
        tx.session.add(_progress(row, counts={"done": 0, "left": 0}, number=1, complete=True, person=row.person, at=at))
    said = {"look_back": row.id, "guideline": row.new, "old": row.old, "listed": row.counts["listed"]}
    tx.record(kind=MADE, rollout=row.rollout, person=row.person, at=at, body=said)
    tx.notify(kind=MADE, rollout=row.rollout, gate=None, body={**said, "people": list(people)}, at=at)


def _told(submission: Submission, at: datetime) -> tuple[str, ...]:
    rollout = submission.rollout.rollout
    return tuple(
        one.id
        for one in submission.people
        if one.roles_at(rollout=rollout, at=at) & (MAY_CLOSE_LOOK_BACK | MAY_LOOK_BACK)
    )


def _note_progress(row: LookBack, listing: Worklist, *, person: str, at: datetime, workplace: Workplace) -> None:
    """Count from the files, so that marks a crash kept from the ledger are counted by the next who marks."""
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(row.rollout)
        units = listing.units()
        done = len(units & listing.done())
        counts = shown_parts({"done": done, "left": len(units) - done}, smallest_cell=row.counts["smallest_cell"])
        complete = done == len(units)
        last = guideline_reading.progress(tx.session, look_back=row.id)
        if last is not None and (last.counts, last.complete) == (counts, complete):
            return
        number = last.number + 1 if last else 1
        tx.session.add(_progress(row, counts=counts, number=number, complete=complete, person=person, at=at))
        said = {"look_back": row.id, **counts, "complete": complete}
        tx.record(kind=WORKED_ON, rollout=row.rollout, person=person, at=at, body=said)
        if complete:
            tx.notify(kind=WORKED_ON, rollout=row.rollout, gate=None, body=said, at=at)


def _progress(
    row: LookBack, *, counts: Mapping[str, int | None], number: int, complete: bool, person: str, at: datetime
) -> LookBackProgress:
    return LookBackProgress(
        look_back=row.id,
        number=number,
        rollout=row.rollout,
        counts=dict(counts),
        complete=complete,
        person=person,
        at=at,
    )
