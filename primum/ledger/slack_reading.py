"""Questions to the tables of Slack: what came in, where our messages stand, what the log says of a gate."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from primum.ledger.slack_tables import SlackPost, SlackReceipt
from primum.ledger.tables import Entry, Gate


def receipt(session: Session, *, key: str) -> SlackReceipt | None:
    """Return what came in under a key."""
    return session.get(SlackReceipt, key)


def receipts_undone(session: Session) -> Sequence[SlackReceipt]:
    """Return what was acknowledged and is not worked off, oldest first."""
    query = select(SlackReceipt).where(col(SlackReceipt.done_at).is_(None)).order_by(col(SlackReceipt.received_at))
    return session.exec(query).all()


def receipts_of(session: Session, *, team: str, user: str, kind: str, since: datetime) -> Sequence[SlackReceipt]:
    """Return what somebody sent of one kind since a moment."""
    query = select(SlackReceipt).where(
        SlackReceipt.team == team,
        SlackReceipt.user == user,
        SlackReceipt.kind == kind,
        col(SlackReceipt.received_at) > since,
    )
    return session.exec(query).all()


def post(session: Session, *, post: str) -> SlackPost | None:
    """Return where one of our messages stands, by our own name for it."""
    return session.get(SlackPost, post)


def posts(session: Session, *, beginning: str) -> Sequence[SlackPost]:
    """Return our messages whose names begin so, by name."""
    query = select(SlackPost).where(col(SlackPost.id).startswith(beginning, autoescape=True))
    return session.exec(query.order_by(col(SlackPost.id))).all()


def post_at(session: Session, *, channel: str, ts: str) -> SlackPost | None:
    """Return the message of ours that stands there."""
    return session.exec(select(SlackPost).where(SlackPost.channel == channel, SlackPost.ts == ts)).first()


def gates_shown(session: Session, *, rollout: str | None = None) -> Sequence[Gate]:
    """Return the gates that have a message in Slack, oldest first; of one rollout when it is named."""
    shown = [one.gate for one in posts(session, beginning="gate:") if one.gate]
    query = select(Gate).where(col(Gate.id).in_(shown)).order_by(col(Gate.opened_at))
    if rollout is not None:
        query = query.where(Gate.rollout == rollout)
    return session.exec(query).all()


def entry(session: Session, *, position: int) -> Entry | None:
    """Return one entry of the log."""
    return session.get(Entry, position)


def first_entry_of_gate(session: Session, *, gate: str, rollout: str) -> int:
    """Return the position of the first entry of the log that is about a gate; 0 if there is none."""
    # An id is spelt the same in every body: the text is searched first, so that few bodies are read.
    query = select(Entry).where(Entry.rollout == rollout, col(Entry.body).contains(f'"{gate}"', autoescape=True))
    for one in session.exec(query.order_by(col(Entry.position))):
        if json.loads(one.body).get("gate") == gate:
            return one.position
    return 0


def entries(session: Session, *, rollout: str, after: int, up_to: int) -> Sequence[Entry]:
    """Return the entries of the log about a rollout, in order, after one position and up to another."""
    query = select(Entry).where(Entry.rollout == rollout, col(Entry.position) > after, col(Entry.position) <= up_to)
    return session.exec(query.order_by(col(Entry.position))).all()


def last_post(session: Session, *, beginning: str, states: Collection[str]) -> SlackPost | None:
    """Return the last of our messages whose names begin so and that stand."""
    query = select(SlackPost).where(
        col(SlackPost.id).startswith(beginning, autoescape=True), col(SlackPost.state).in_(states)
    )
    return session.exec(query.order_by(col(SlackPost.id).desc()).limit(1)).first()
