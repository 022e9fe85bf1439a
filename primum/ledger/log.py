"""The bytes of one log entry, and how the log's state grows."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from primum.ledger import merkle
from primum.ledger.columns import written
from primum.ledger.refusals import LedgerDamaged
from primum.ledger.tables import Entry, LogState
from primum.ledger.witness import canonical


def new_origin() -> str:
    """Return a name for a new log that no other log has."""
    return f"primum/{secrets.token_hex(8)}"


def leaf_bytes(*, position: int, kind: str, rollout: str, person: str, at: datetime, body: str) -> bytes:
    """Return what is hashed of an entry; its body goes in as text, so that any JSON reader can check it."""
    whole = {"position": position, "kind": kind, "rollout": rollout, "person": person, "at": written(at), "body": body}
    return canonical(whole).encode()


def leaf_of(entry: Entry) -> bytes:
    """Return the RFC 9162 leaf hash of an entry."""
    return merkle.leaf_hash(
        leaf_bytes(
            position=entry.position,
            kind=entry.kind,
            rollout=entry.rollout,
            person=entry.person,
            at=entry.at,
            body=entry.body,
        )
    )


def frontier_of(state: LogState) -> merkle.Frontier:
    """
    Return the stored frontier.

    :raises LedgerDamaged: if it cannot be one
    """
    try:
        return merkle.Frontier(size=state.size, nodes=tuple(bytes.fromhex(node) for node in state.frontier))
    except (ValueError, TypeError) as error:
        raise LedgerDamaged("The ledger's log state was changed by hand; run `primum audit verify`.") from error


def grow(*, state: LogState, entries: Sequence[Entry]) -> str:
    """Give the entries their leaves, put these behind the log, and return the new root in hex."""
    edge = frontier_of(state)
    for entry in entries:
        leaf = leaf_of(entry)
        entry.leaf = leaf.hex()
        edge = edge.append(leaf)
    state.size, state.frontier = edge.size, [node.hex() for node in edge.nodes]
    return edge.root.hex()
