"""Whether history is as it was written (P7): the log against itself, its checkpoints, and the rows it vouches for."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import RowMapping, Table, select
from sqlmodel import Session

from primum.ledger import checkpoints, log, merkle, monitor_reading, schema, trial_reading
from primum.ledger.checkpoints import SignedCheckpoint
from primum.ledger.database import Ledger
from primum.ledger.refusals import LedgerDamaged
from primum.ledger.tables import Checkpoint, Entry, LogState, OutboxMessage, Record
from primum.ledger.witness import APPEND_ONLY, WITNESSED, Unloggable, content_digest, message_id, table_of

MOST_OF_A_KIND = 5

Vouched = dict[tuple[str, str], tuple[int, str]]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry as it is stored, with the leaf its bytes have now."""

    position: int
    at: datetime
    stored: str
    leaf: bytes
    rows: tuple[tuple[str, str, str], ...]
    messages: tuple[str, ...]
    readable: bool


@dataclass(frozen=True, kw_only=True)
class History:
    """The log as the database holds it now."""

    lines: tuple[Line, ...]
    origin: str
    size: int
    frontier: tuple[str, ...]

    @cached_property
    def tree(self) -> merkle.Tree:
        """The tree over what the entries say now."""
        return merkle.Tree.over([line.leaf for line in self.lines])


def verify(ledger: Ledger, *, outside: SignedCheckpoint | None = None) -> tuple[str, ...]:
    """
    Return one sentence for each way in which history is not as it was written; none means intact.

    ``outside`` is a checkpoint that was kept elsewhere. Without one, a database rolled back as a whole,
    or rewritten as a whole with the ledger's own key, looks intact.
    """
    with ledger.reading() as session:
        return tuple(_damages(session, key=ledger.key.public, outside=outside))


def _damages(session: Session, *, key: Ed25519PublicKey, outside: SignedCheckpoint | None) -> Iterator[str]:
    if missing := tuple(schema.missing_parts(session.connection())):
        yield from missing
        return
    yield from schema.missing_guards(session.connection())
    try:
        history = _history(session)
    except (LedgerDamaged, ValueError, TypeError):
        yield "The log cannot be read: its state is missing, or a value in it is not of its kind."
        return
    yield from _few(_in_entries(history), "entries")
    yield from _in_state(history)
    yield from _few(_in_checkpoints(session, history=history, key=key), "checkpoints")
    if outside is not None:
        yield from _against(outside, history=history, key=key)
    vouched, often = _vouched(history)
    yield from _few(_recorded_twice(often), "rows")
    for table in WITNESSED:
        yield from _few(_in_rows(session, table=table, vouched=vouched), f"rows of {table_of(table)}")
    yield from _few(trial_reading.changed_batches(session), "allocations")
    yield from _few(monitor_reading.changed_batches(session), "reports and ticks of monitors")
    yield from _few(_in_outbox(session, history=history), "messages")


def _few(sentences: Iterable[str], what: str) -> Iterator[str]:
    """Yield the first sentences of a kind, and how many more there are."""
    more = 0
    for number, sentence in enumerate(sentences):
        if number < MOST_OF_A_KIND:
            yield sentence
        else:
            more += 1
    if more:
        yield f"The same is true of {more} more {what}."


def _history(session: Session) -> History:
    state = session.get(LogState, LogState.ONLY)
    if state is None:
        raise LedgerDamaged("The ledger has lost the state of its log.")
    entries = session.connection().execute(select(_table(Entry)).order_by(_table(Entry).c.position))
    lines = tuple(_line(entry) for entry in entries.mappings())
    return History(lines=lines, origin=state.origin, size=state.size, frontier=tuple(state.frontier))


def _plain(row: RowMapping) -> dict[str, object]:
    return {str(name): value for name, value in row.items()}


def _line(entry: RowMapping) -> Line:
    whole = {str(name): value for name, value in entry.items() if name != "leaf"}
    rows, messages, readable = _body(str(entry["body"]))
    return Line(
        position=entry["position"],
        at=entry["at"],
        stored=str(entry["leaf"]),
        leaf=merkle.leaf_hash(log.leaf_bytes(**whole)),
        rows=rows,
        messages=messages,
        readable=readable,
    )


def _body(text: str) -> tuple[tuple[tuple[str, str, str], ...], tuple[str, ...], bool]:
    """Return what an entry vouches for; a body that is not one of ours vouches for nothing."""
    try:
        body = json.loads(text)
        rows = tuple((row["table"], row["id"], row["digest"]) for row in body["rows"])
        return rows, tuple(body["messages"]), True
    except (ValueError, TypeError, KeyError):
        return (), (), False


def _in_entries(history: History) -> Iterator[str]:
    for expected, line in enumerate(history.lines):
        if line.position != expected:
            yield f"Entry {expected} is missing; the log goes on with {line.position}."
            return
        if line.stored != line.leaf.hex():
            yield f"Entry {line.position} was changed: what it says no longer has the hash recorded for it."
        elif not line.readable:
            yield f"Entry {line.position} was not written by Primum: its body is not one of ours."


def _in_state(history: History) -> Iterator[str]:
    entries = len(history.lines)
    if entries != history.size:
        yield f"The log has {entries} entries, and its state says {history.size}."
        return
    edge = merkle.frontier(line.leaf for line in history.lines)
    if tuple(node.hex() for node in edge.nodes) != history.frontier:
        yield "The log's state does not follow from its entries; an entry or the state was changed."


def _in_checkpoints(session: Session, *, history: History, key: Ed25519PublicKey) -> Iterator[str]:
    stored = session.connection().execute(select(_table(Checkpoint)).order_by(_table(Checkpoint).c.size)).all()
    for row in stored:
        signed = SignedCheckpoint(
            origin=history.origin, size=row.size, root=row.root, key_id=row.key_id, signature=row.signature
        )
        if reason := _why_not(signed, history=history, key=key):
            yield f"The checkpoint at {row.size} entries {reason}"
        elif history.lines[row.size - 1].at != row.at:
            yield f"The checkpoint at {row.size} entries has another time than its last entry."
    last = stored[-1].size if stored else 0
    if last < len(history.lines):
        yield f"The log has {len(history.lines)} entries, and only {last} are under a checkpoint; the rest is forged."


def _why_not(signed: SignedCheckpoint, *, history: History, key: Ed25519PublicKey) -> str | None:
    """Return the end of the sentence that says what is wrong with a stored checkpoint, if anything is."""
    if signed.key_id != checkpoints.key_id(key):
        return f"was signed with another key, {signed.key_id}."
    if not 0 < signed.size <= len(history.lines):
        return f"is beyond the log, which has {len(history.lines)}; entries were deleted."
    if not _is_signed(signed, key):
        return "does not bear this ledger's signature."
    if history.tree.root(signed.size).hex() != signed.root:
        return "has another root than these entries; an entry before it was changed."
    return None


def _is_signed(signed: SignedCheckpoint, key: Ed25519PublicKey) -> bool:
    try:
        return signed.signed_by(key)
    except ValueError:
        return False


def _against(outside: SignedCheckpoint, *, history: History, key: Ed25519PublicKey) -> Iterator[str]:
    """Yield what a checkpoint that was kept elsewhere proves against this history."""
    if not outside.signed_by(key):
        yield (
            f"The checkpoint kept elsewhere was signed with the key {outside.key_id}, and this ledger's key is "
            f"{checkpoints.key_id(key)}: one of the two is not what it was, or the checkpoint is of another ledger."
        )
    if outside.origin != history.origin:
        yield f"The checkpoint kept elsewhere is of the log {outside.origin}; this one calls itself {history.origin}."
    if outside.size > len(history.lines):
        yield (
            f"The checkpoint kept elsewhere covers {outside.size} entries, and the log has {len(history.lines)}: "
            "it was cut, or rolled back to an older copy."
        )
    elif history.tree.root(outside.size).hex() != outside.root:
        yield (
            f"The first {outside.size} entries are not those the checkpoint kept elsewhere was made of: "
            "history was rewritten."
        )


def _vouched(history: History) -> tuple[Vouched, Counter[tuple[str, str]]]:
    """Return for each row the entry that vouches for it last and the digest there, and how many entries do."""
    vouched: Vouched = {}
    often: Counter[tuple[str, str]] = Counter()
    for line in history.lines:
        for table, row_id, digest in line.rows:
            vouched[table, row_id] = (line.position, digest)
            often[table, row_id] += 1
    return vouched, often


def _recorded_twice(often: Counter[tuple[str, str]]) -> Iterator[str]:
    once = {table_of(table) for table in APPEND_ONLY}
    for (table, row_id), times in often.items():
        if table in once and times > 1:
            yield f"The {table} {row_id} is recorded by {times} entries; such a row is written once."


def _in_rows(session: Session, *, table: type[Record], vouched: Vouched) -> Iterator[str]:
    name = table_of(table)
    gone = {row_id for kind, row_id in vouched if kind == name}
    for row in _rows(session, table):
        if row is None:
            yield f"The table {name} holds a value that is not of its column's kind."
            return
        row_id = str(row["id"])
        gone.discard(row_id)
        if (name, row_id) not in vouched:
            yield f"The {name} {row_id} is in the database, and no entry of the log vouches for it."
        elif _digest(row) != vouched[name, row_id][1]:
            yield f"The {name} {row_id} is not what entry {vouched[name, row_id][0]} recorded; it was changed."
    for row_id in sorted(gone):
        yield f"Entry {vouched[name, row_id][0]} recorded the {name} {row_id}, and it is gone."


def _digest(row: Mapping[str, object]) -> str:
    try:
        return content_digest(row)
    except (Unloggable, ValueError, TypeError):
        return "unreadable"


def _rows(session: Session, table: type[Record]) -> Iterator[Mapping[str, object] | None]:
    """Yield each row as a mapping, ``None`` where one cannot be read."""
    columns = _table(table)
    try:
        for row in session.connection().execute(select(columns)).mappings():
            yield _plain(row)
    except (ValueError, TypeError):
        yield None


def _in_outbox(session: Session, *, history: History) -> Iterator[str]:
    causes = {message: line.position for line in history.lines for message in line.messages}
    for row in _rows(session, OutboxMessage):
        if row is None:
            yield "The outbox holds a value that is not of its column's kind."
            return
        cause = causes.pop(str(row["id"]), None)
        if cause is None:
            yield f"The message {row['id']} is in the outbox, and no entry of the log caused it."
        elif message_id(origin=history.origin, message=row) != row["id"] or cause != row["cause"]:
            yield f"The message {row['id']} is not what entry {cause} sent; it was changed."
    for message, position in causes.items():
        yield f"Entry {position} sent the message {message}, and it is gone from the outbox."


def _table(record: type[Record]) -> Table:
    return record.__table__
