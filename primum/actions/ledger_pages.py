"""The log as people leaf through it: page by page, and one entry with the proof that it is in the log."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from primum.actions.workplace import Workplace
from primum.ledger import audit, log, merkle
from primum.ledger.checkpoints import CheckpointRefused, read
from primum.ledger.database import newest_checkpoint
from primum.ledger.tables import Checkpoint, Entry, Gate
from primum.roadmap.gates import GateState

PAGE = 50


class UnknownEntry(Exception):
    """The log has no entry at this place, or the reader may not see it; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What of the log is asked for; empty means everything. ``rollouts`` is what the reader may see, None all."""

    rollout: str = ""
    kind: str = ""
    person: str = ""
    rollouts: frozenset[str] | None = None


@dataclass(frozen=True, kw_only=True)
class EntryLine:
    """One entry in short."""

    position: int
    kind: str
    rollout: str
    person: str
    at: datetime
    about: str


@dataclass(frozen=True, kw_only=True)
class LedgerPage:
    """Some entries, newest first, and what can be asked for; ``before`` is where the next page begins."""

    entries: tuple[EntryLine, ...]
    found: int
    size: int
    before: int | None
    kinds: tuple[str, ...]
    rollouts: tuple[str, ...]
    checkpoint: str
    checkpoint_at: datetime | None = None

    def plain(self) -> dict[str, object]:
        """Return the page as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class EntryReport:
    """One entry and the proof (RFC 9162, hex) that it is in the log of the checkpoint; body empty while withheld."""

    position: int
    kind: str
    rollout: str
    person: str
    at: datetime
    body: str
    leaf: str
    size: int
    root: str
    proof: tuple[str, ...]
    proven: bool
    withheld: bool

    def plain(self) -> dict[str, object]:
        """Return the entry as JSON-ready values."""
        return asdict(self)


def ledger_page(*, asked: Filter, before: int | None, workplace: Workplace) -> LedgerPage:
    """Return up to fifty entries older than position ``before``, newest first."""
    with workplace.ledger.reading() as session:
        chosen = _conditions(asked)
        query = select(Entry).where(*chosen)
        if before is not None:
            query = query.where(col(Entry.position) < before)
        rows = session.exec(query.order_by(col(Entry.position).desc()).limit(PAGE + 1)).all()
        newest = newest_checkpoint(session)
        seen = _conditions(Filter(rollouts=asked.rollouts))
        return LedgerPage(
            entries=tuple(_line(one) for one in rows[:PAGE]),
            found=session.exec(select(func.count()).select_from(Entry).where(*chosen)).one(),
            size=session.exec(select(func.count()).select_from(Entry)).one(),
            before=rows[PAGE - 1].position if len(rows) > PAGE else None,
            kinds=tuple(session.exec(select(Entry.kind).where(*seen).distinct().order_by(Entry.kind)).all()),
            rollouts=tuple(session.exec(select(Entry.rollout).where(*seen).distinct().order_by(Entry.rollout)).all()),
            checkpoint=newest.text if newest else "",
            checkpoint_at=session.exec(select(func.max(Checkpoint.at))).one(),
        )


def _conditions(asked: Filter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if asked.rollouts is not None:
        wanted.append(col(Entry.rollout).in_(sorted(asked.rollouts)))
    named = ((Entry.rollout, asked.rollout), (Entry.kind, asked.kind), (Entry.person, asked.person))
    return wanted + [col(column) == value for column, value in named if value]


def _line(entry: Entry) -> EntryLine:
    body = _read(entry.body)
    about = str(body.get("gate") or "")
    return EntryLine(
        position=entry.position, kind=entry.kind, rollout=entry.rollout, person=entry.person, at=entry.at, about=about
    )


def _read(body: str) -> dict[str, object]:
    try:
        read: object = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def entry_report(*, position: int, rollouts: frozenset[str] | None, workplace: Workplace) -> EntryReport:
    """
    Return one entry with its proof against the log as it is now; the proof is checked on the way out.

    What a person answered on a gate that still waits for others is withheld, so that reviews stay independent.

    :param rollouts: what the reader may see; ``None`` for all
    :raises UnknownEntry: if there is no such entry, or it is of another rollout
    """
    with workplace.ledger.reading() as session:
        entry = session.get(Entry, position)
        if entry is None or (rollouts is not None and entry.rollout not in rollouts):
            raise UnknownEntry(f"There is no entry {position} in the part of the log that you may read.")
        leaves = [bytes.fromhex(leaf) for leaf in session.exec(select(Entry.leaf).order_by(col(Entry.position))).all()]
        withheld = _is_open(session, entry)
    tree = merkle.Tree.over(leaves)
    proof, leaf, root = tree.inclusion(position), log.leaf_of(entry), tree.root()
    return EntryReport(
        position=position,
        kind=entry.kind,
        rollout=entry.rollout,
        person=entry.person,
        at=entry.at,
        body="" if withheld else entry.body,
        leaf=leaf.hex(),
        size=tree.size,
        root=root.hex(),
        proof=tuple(node.hex() for node in proof),
        proven=_included(leaf, position, proof, tree.size, root),
        withheld=withheld,
    )


def _included(leaf: bytes, position: int, proof: Sequence[bytes], size: int, root: bytes) -> bool:
    return merkle.includes(leaf=leaf, position=position, size=size, proof=proof, root=root)


def _is_open(session: Session, entry: Entry) -> bool:
    gate = session.get(Gate, str(_read(entry.body).get("gate", "")))
    return entry.kind == "gate.signed" and gate is not None and gate.state == GateState.AWAITING_SEATS


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What recomputing the log found: no problem means intact; ``refused`` says why a checkpoint cannot be read."""

    problems: tuple[str, ...]
    entries: int
    outside: bool
    refused: str = ""

    @property
    def intact(self) -> bool:
        """True if every entry, row and checkpoint agrees."""
        return not self.problems and not self.refused


def verify_ledger(*, outside: str, workplace: Workplace) -> Verification:
    """
    Recompute the whole log and compare it with every table it speaks of (P7).

    :param outside: the text of a checkpoint that was kept elsewhere; empty for none
    """
    with workplace.ledger.reading() as session:
        size = session.exec(select(func.count()).select_from(Entry)).one()
    try:
        kept = read(outside) if outside.strip() else None
    except CheckpointRefused as refused:
        return Verification(problems=(), entries=size, outside=False, refused=str(refused))
    problems = audit.verify(workplace.ledger, outside=kept)
    return Verification(problems=problems, entries=size, outside=kept is not None)
