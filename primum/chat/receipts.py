"""What Slack delivered, kept before it is acknowledged: a second delivery finds it, and a crash loses none of it."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlmodel import col, delete

from primum.actions.workplace import Workplace
from primum.integrations.slack.payloads import FormSent, Member, Payload, from_plain, plain
from primum.ledger import slack_reading
from primum.ledger.refusals import AlreadyThere
from primum.ledger.slack_tables import SlackReceipt, SlackSignature

MOST_ATTEMPTS = 5
KEPT_FOR = timedelta(days=7)
SIGNATURES_KEPT_FOR = timedelta(minutes=11)
# How long the second of two deliveries waits for what the first one answers.
WAITS = 40
PAUSE_SECONDS = 0.05
LONGEST_ERROR = 300
# Threads that wait for each other here are quicker than SQLite, which looks again only now and then.
_ONE_AT_A_TIME = Lock()


class HeardBefore(Exception):
    """A signed request came a second time, as it was; the message says so."""


def keep(payload: Payload, *, at: datetime, workplace: Workplace, fingerprint: str = "") -> bool:
    """
    Keep what came in, durably; False if it is here already.

    A form's words are not kept: they are answered before they are acknowledged, or were never accepted.

    :param fingerprint: what the signed request is known by, over HTTP
    :raises HeardBefore: if this very request came before
    """
    member = getattr(payload, "member", None) or Member(team=getattr(payload, "team", ""), user="")
    row = SlackReceipt(
        key=payload.key,
        kind=type(payload).__name__,
        team=member.team,
        user=member.user,
        payload={} if isinstance(payload, FormSent) else plain(payload),
        received_at=at,
    )
    seen = [SlackSignature(fingerprint=fingerprint, seen_at=at)] if fingerprint else []
    try:
        with _ONE_AT_A_TIME, workplace.ledger.transaction() as tx:
            tx.session.add_all([row, *seen])
    except AlreadyThere:
        if fingerprint:
            remember(fingerprint, at=at, workplace=workplace)
        return False
    return True


def remember(fingerprint: str, *, at: datetime, workplace: Workplace) -> None:
    """
    Remember a signed request, so that it is not taken twice.

    :raises HeardBefore: if it came before
    """
    try:
        with _ONE_AT_A_TIME, workplace.ledger.transaction() as tx:
            tx.session.add(SlackSignature(fingerprint=fingerprint, seen_at=at))
    except AlreadyThere:
        raise HeardBefore("This very request was taken before; it is not taken twice.") from None


def answered(
    key: str, *, answer: Mapping[str, Any] | None, at: datetime, workplace: Workplace, error: str | None = None
) -> None:
    """Write down what was answered, for a second delivery; what came in is not needed any more."""
    payload = {} if answer is None else {"answer": dict(answer)}
    _finish(key, payload=payload, at=at, workplace=workplace, error=error)


def answer_of(
    key: str, *, workplace: Workplace, sleep: Callable[[float], None] = time.sleep
) -> Mapping[str, Any] | None:
    """Return what the first delivery was answered, waiting for it a moment; ``None`` if it never was."""
    for _ in range(WAITS):
        with workplace.ledger.reading() as session:
            row = slack_reading.receipt(session, key=key)
        if row is None:
            return None
        if row.done_at is not None:
            found = (row.payload or {}).get("answer")
            return found if isinstance(found, dict) else None
        sleep(PAUSE_SECONDS)
    return None


def payload_of(key: str, *, workplace: Workplace) -> Payload | None:
    """
    Return what is still to be worked off under a key; ``None`` if it is done, or nothing was kept of it.

    :raises Malformed: if another version kept it
    """
    with workplace.ledger.reading() as session:
        row = slack_reading.receipt(session, key=key)
    if row is None or row.done_at is not None or not row.payload:
        return None
    return from_plain(row.payload)


def done(key: str, *, at: datetime, workplace: Workplace) -> None:
    """Write down that something is worked off; nothing of what it said is kept."""
    _finish(key, payload={}, at=at, workplace=workplace)


def failed(key: str, *, error: str, at: datetime, workplace: Workplace) -> bool:
    """Count an attempt that failed; after the last one it is given up. Return whether it was."""
    with workplace.ledger.transaction() as tx:
        row = slack_reading.receipt(tx.session, key=key)
        if row is None:
            return True
        row.attempts += 1
        row.last_error = error[:LONGEST_ERROR]
        over = row.attempts >= MOST_ATTEMPTS
        if over:
            row.done_at, row.payload = at, {}
        tx.session.add(row)
        return over


def undone(*, before: datetime, workplace: Workplace) -> tuple[str, ...]:
    """Return the keys of what came in before a moment and is not worked off, oldest first."""
    with workplace.ledger.reading() as session:
        return tuple(one.key for one in slack_reading.receipts_undone(session) if one.received_at < before)


def prune(*, at: datetime, workplace: Workplace) -> None:
    """Forget what is worked off and old, and signed requests that are too old to be accepted again."""
    with workplace.ledger.transaction() as tx:
        old = (col(SlackReceipt.done_at).is_not(None), col(SlackReceipt.received_at) < at - KEPT_FOR)
        tx.session.exec(delete(SlackReceipt).where(*old))
        tx.session.exec(delete(SlackSignature).where(col(SlackSignature.seen_at) < at - SIGNATURES_KEPT_FOR))


def _finish(
    key: str, *, payload: Mapping[str, Any], at: datetime, workplace: Workplace, error: str | None = None
) -> None:
    with workplace.ledger.transaction() as tx:
        row = slack_reading.receipt(tx.session, key=key)
        if row is not None:
            row.done_at, row.payload, row.last_error = at, dict(payload), error
            tx.session.add(row)
