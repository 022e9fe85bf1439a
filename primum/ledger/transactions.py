"""One transaction: its rows, its log entry, its checkpoint and its messages, together or not at all (P5)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, col, select

from primum.ledger import log
from primum.ledger.checkpoints import KeyRefused, SignedCheckpoint, SigningKey, key_id
from primum.ledger.columns import in_utc
from primum.ledger.guideline_tables import GuidelineRequest
from primum.ledger.people_tables import Account, ApiToken, Invitation, WebSession
from primum.ledger.refusals import LedgerDamaged, NeverChanged, in_sentences
from primum.ledger.slack_tables import SlackPost, SlackReceipt, SlackSignature
from primum.ledger.tables import Checkpoint, Entry, Gate, LogState, OutboxMessage, Record, RolloutRecord
from primum.ledger.witness import BATCHED, WITNESSED, canonical, message_id, table_of, witness_of

# Rows of these are no history: they may be worked off in bulk, and what is over may be removed.
OPERATIONAL = (
    Account,
    ApiToken,
    GuidelineRequest,
    Invitation,
    OutboxMessage,
    SlackPost,
    SlackReceipt,
    SlackSignature,
    WebSession,
)
RESERVED = frozenset({"rows", "messages"})
Row = TypeVar("Row", bound=Record)


class Unrecorded(Exception):
    """Something was decided and no entry of the log says so; nothing was written."""


class OutOfOrder(Exception):
    """Within one transaction: lock, then record, then notify."""


class ReadOnly(Exception):
    """Something was to be written in a session that only reads."""


class LedgerSession(Session):
    """A session whose refusals are sentences."""

    def flush(self, objects: Sequence[object] | None = None) -> None:
        """Write what is pending; a broken promise of uniqueness surfaces here as its own exception."""
        with in_sentences():
            super().flush(objects)


class Transaction:
    """What an action does at once. Rows added or changed through ``session`` are witnessed by its last entry."""

    def __init__(self, *, session: LedgerSession, key: SigningKey) -> None:
        self.session = session
        self.checkpoint: SignedCheckpoint | None = None
        self._key = key
        self._touched: dict[int, Record] = {}
        self._entries: list[tuple[Entry, dict[str, object]]] = []
        self._messages: list[OutboxMessage] = []
        self._state: LogState | None = None
        self._held: dict[tuple[str, str], Record] = {}
        event.listen(session, "before_flush", self._notice)
        event.listen(session, "do_orm_execute", _refuse_bulk)

    def lock_rollout(self, rollout_id: str) -> RolloutRecord | None:
        """
        Return a rollout as it is now, locked until the end of the transaction; ``None`` if there is none.

        :raises OutOfOrder: after ``record``
        """
        return self._locked(RolloutRecord, rollout_id)

    def lock_gate(self, gate_id: str) -> Gate | None:
        """
        Return a gate as it is now, it and its rollout locked until the end of the transaction.

        The rollout is locked first, always, so that no two transactions wait for each other.

        :raises OutOfOrder: after ``record``
        """
        gate = self.session.get(Gate, gate_id)
        if gate is None:
            return None
        self._locked(RolloutRecord, gate.rollout)
        return self._locked(Gate, gate_id)

    def _locked(self, table: type[Row], row_id: str) -> Row | None:
        held = self._held.get((table_of(table), row_id))
        if isinstance(held, table):
            return held
        if self._entries:
            raise OutOfOrder(
                "Locks are taken before the first entry is recorded, so that no two decisions block each other."
            )
        self.session.flush()
        row = self.session.get(table, row_id, with_for_update=True, populate_existing=True)
        if row is not None:
            self._held[table_of(table), row_id] = row
        return row

    def record(self, *, kind: str, rollout: str, person: str, at: datetime, body: Mapping[str, object]) -> Entry:
        """
        Append one entry to the log and return it; its leaf and the checkpoint are made at commit.

        :raises Unloggable: if the body has no canonical JSON
        :raises OutOfOrder: if the body uses a name the log writes itself: ``rows``, ``messages``
        """
        if RESERVED & set(body):
            raise OutOfOrder("An entry's `rows` and `messages` are written by the ledger; name yours otherwise.")
        text, moment = canonical(body), in_utc(at)
        position = self._appending().size + len(self._entries)
        entry = Entry(position=position, kind=kind, rollout=rollout, person=person, at=moment, body=text)
        self._entries.append((entry, dict(body)))
        return entry

    def notify(
        self, *, kind: str, rollout: str, gate: str | None, body: Mapping[str, object], at: datetime
    ) -> OutboxMessage:
        """
        Put one message in the outbox, caused by the entry recorded last; its id follows from that and the message.

        :raises OutOfOrder: before ``record``
        """
        if not self._entries:
            raise OutOfOrder("A message has an entry of the log as its cause; record that first.")
        cause = self._entries[-1][0].position
        content: dict[str, Any] = {"kind": kind, "rollout": rollout, "gate": gate, "body": dict(body), "cause": cause}
        stable = message_id(origin=self._appending().origin, message=content)
        message = OutboxMessage(id=stable, created_at=in_utc(at), **content)
        self.session.add(message)
        self._messages.append(message)
        return message

    def seal(self) -> None:
        """
        Write the entries with what they witness, the log's new state and its signed checkpoint.

        :raises Unrecorded: if rows were added or changed and nothing was recorded
        """
        self.session.flush()
        touched = [row for row in self._touched.values() if row in self.session]
        if not self._entries:
            if touched:
                raise Unrecorded(f"A change of {table_of(touched[0])} was to be saved without an entry in the log.")
            return
        self._witness(touched)
        entries = [entry for entry, _ in self._entries]
        state = self._appending()
        root = log.grow(state=state, entries=entries)
        self.checkpoint = self._key.sign(origin=state.origin, size=state.size, root=root)
        self.session.add_all([*entries, _row(self.checkpoint, at=entries[-1].at)])
        self.session.flush()

    def _witness(self, touched: list[Record]) -> None:
        """Write into each entry the messages it causes, and into the last one the rows it vouches for."""
        for entry, body in self._entries:
            caused = sorted(message.id for message in self._messages if message.cause == entry.position)
            rows = [witness_of(row) for row in touched] if entry is self._entries[-1][0] else []
            rows.sort(key=lambda row: (row["table"], row["id"]))
            entry.body = canonical({**body, "rows": rows, "messages": caused})

    def _appending(self) -> LogState:
        """Return the log's state, locked, so that appends come one after the other."""
        if self._state is None:
            state = self.session.get(LogState, LogState.ONLY, with_for_update=True, populate_existing=True)
            if state is None:
                raise LedgerDamaged("The ledger has lost the state of its log; run `primum audit verify`.")
            self._refuse_another_key()
            self._state = state
        return self._state

    def _refuse_another_key(self) -> None:
        """Checkpoints of one log are signed by one key; another would look like forged history."""
        query = select(Checkpoint.key_id).order_by(col(Checkpoint.size).desc()).limit(1)
        newest, ours = self.session.exec(query).first(), key_id(self._key.public)
        if newest not in (None, ours):
            raise KeyRefused(
                f"This ledger was last signed with the key {newest}, and the key given is {ours}. "
                "Put the ledger's own key back; nothing was written."
            )

    def _notice(self, session: Session, *_: object) -> None:
        for row in session.deleted:
            raise NeverChanged(f"A row of {table_of(row)} was to be deleted; rows of the ledger are never deleted.")
        changed = (row for row in session.dirty if session.is_modified(row))
        self._touched.update({id(row): row for row in (*session.new, *changed) if isinstance(row, WITNESSED)})


def _row(checkpoint: SignedCheckpoint, *, at: datetime) -> Checkpoint:
    return Checkpoint(
        size=checkpoint.size,
        root=checkpoint.root,
        at=at,
        key_id=checkpoint.key_id,
        signature=checkpoint.signature,
    )


def _refuse_bulk(state: ORMExecuteState) -> None:
    """Refuse statements that would change rows behind the log's back; what is no history may be worked off in bulk."""
    mapper = state.bind_mapper
    if state.is_select or (state.is_insert and mapper is not None and mapper.class_ in BATCHED):
        return
    if mapper is None or mapper.class_ not in OPERATIONAL:
        raise Unrecorded(
            "Rows of the ledger are added and changed one by one through the session, so that the log sees them."
        )


def only_reads(session: Session, *_: object) -> None:
    """Refuse to write in a reading session."""
    if session.new or session.deleted or any(session.is_modified(row) for row in session.dirty):
        raise ReadOnly("This session only reads; write through Ledger.transaction().")
