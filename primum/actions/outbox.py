"""Working off the outbox: every message at least once, in order for each gate, through restarts (P6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select, update

from primum.actions.workplace import Workplace
from primum.ledger.tables import OutboxMessage
from primum.ledger.transactions import Transaction

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=5)
# As long as one round at a slow destination may take; then another worker may take the messages.
LEASE = timedelta(minutes=2)
# Who does not answer may do so tomorrow; who refuses eight times means it.
MOST_REFUSALS = 8
# An hour without an answer must not use up the patience for refusals.
MOST_UNANSWERED = 6
LONGEST_WAIT = timedelta(days=3)
MOST_AT_ONCE = 10
LONGEST_ERROR = 300

Jitter = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message to be delivered; the messages of one lane are delivered in order."""

    id: str
    kind: str
    rollout: str
    gate: str | None
    body: dict[str, Any]
    cause: int
    created_at: datetime
    attempt: int

    @property
    def lane(self) -> tuple[str, str]:
        """What the order is kept for: the gate, or the rollout where no gate is named."""
        return (self.rollout, self.gate or "")


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """
    Why a letter was not delivered.

    ``refused`` tells an answer that will not change by itself from no answer; ``stops_all`` says that the next letter
    would fare the same; ``pause`` is how long the destination asked us to wait.
    """

    sentence: str
    refused: bool = False
    stops_all: bool = False
    pause: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of some letters: ids delivered, ids that belong nowhere and why, and what stopped the rest."""

    delivered: tuple[str, ...] = ()
    nowhere: tuple[tuple[str, str], ...] = ()
    trouble: Trouble | None = None


class Destination(Protocol):
    """Somewhere letters go to; it delivers each id once, however often it is handed over."""

    def deliver(self, letters: Sequence[Letter], *, at: datetime) -> Outcome:
        """Deliver the letters of one lane in order; stop at the first that cannot be."""
        ...


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round did; ``pause`` says how long the destination wants to be left alone."""

    delivered: int = 0
    failed: int = 0
    parked: int = 0
    pause: timedelta | None = None
    troubles: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Condition:
    """How the outbox stands: for ``doctor`` and the metrics. ``oldest`` is the age of the oldest one waiting."""

    waiting: int
    parked: int
    oldest: timedelta
    last_error: str = ""


def work_off(*, destination: Destination, at: datetime, jitter: Jitter, workplace: Workplace) -> Round:
    """
    Deliver what is due, lane after lane; stop the round when the destination is away.

    ``jitter`` gives numbers from 0 to 1, so that waiting messages do not all come back at one moment.
    """
    done = Round()
    for lane in lanes_due(at=at, workplace=workplace):
        letters = claim(lane=lane, at=at, workplace=workplace)
        if not letters:
            continue
        outcome = destination.deliver(letters, at=at)
        done = _and(done, settle(letters=letters, outcome=outcome, at=at, jitter=jitter, workplace=workplace))
        if outcome.trouble is not None and outcome.trouble.stops_all:
            break
    return done


def _and(done: Round, more: Round) -> Round:
    return Round(
        delivered=done.delivered + more.delivered,
        failed=done.failed + more.failed,
        parked=done.parked + more.parked,
        pause=more.pause or done.pause,
        troubles=(*done.troubles, *more.troubles),
    )


def lanes_due(*, at: datetime, workplace: Workplace) -> tuple[tuple[str, str], ...]:
    """Return the lanes whose first waiting message is due, those waiting longest first."""
    with workplace.ledger.reading() as session:
        heads = session.exec(
            select(OutboxMessage.rollout, OutboxMessage.gate, func.min(OutboxMessage.cause))
            .where(*_waits())
            .group_by(OutboxMessage.rollout, col(OutboxMessage.gate))
            .order_by(func.min(OutboxMessage.cause))
        ).all()
        lanes = [(rollout, gate or "") for rollout, gate, _ in heads]
        return tuple(lane for lane in lanes if _due(session, lane, at))


def _due(session: Session, lane: tuple[str, str], at: datetime) -> list[OutboxMessage]:
    """The messages at the front of a lane; none if the first is leased or waits for its next attempt."""
    rollout, gate = lane
    of_gate = col(OutboxMessage.gate) == gate if gate else col(OutboxMessage.gate).is_(None)
    query = select(OutboxMessage).where(OutboxMessage.rollout == rollout, of_gate, *_waits())
    order = (col(OutboxMessage.cause), col(OutboxMessage.created_at), col(OutboxMessage.id))
    rows = session.exec(query.order_by(*order).limit(MOST_AT_ONCE)).all()
    front: list[OutboxMessage] = []
    for row in rows:
        if row.next_attempt_at is not None and row.next_attempt_at > at:
            break
        front.append(row)
    return front


def _waits() -> tuple[ColumnElement[bool], ...]:
    return (col(OutboxMessage.delivered_at).is_(None), col(OutboxMessage.parked_at).is_(None))


def claim(*, lane: tuple[str, str], at: datetime, workplace: Workplace) -> tuple[Letter, ...]:
    """
    Take the due messages of a lane for as long as the lease lasts; none if another worker has them.

    A worker that dies leaves them to the next one when the lease is over.
    """
    with workplace.ledger.transaction() as tx:
        taken: list[Letter] = []
        for row in _due(tx.session, lane, at):
            if not _take(tx, row, at):
                break
            taken.append(_letter(row))
    return tuple(taken)


def _take(tx: Transaction, row: OutboxMessage, at: datetime) -> bool:
    free = or_(col(OutboxMessage.next_attempt_at).is_(None), col(OutboxMessage.next_attempt_at) <= at)
    still = (col(OutboxMessage.id) == row.id, col(OutboxMessage.attempts) == row.attempts, free, *_waits())
    return _change(tx, *still, attempts=row.attempts + 1, next_attempt_at=at + LEASE) == 1


def _change(tx: Transaction, *where: ColumnElement[bool], **values: object) -> int:
    """Change rows at once where these conditions hold; return how many."""
    done = tx.session.exec(
        update(OutboxMessage).where(*where).values(**values).execution_options(synchronize_session=False)
    )
    return int(done.rowcount)


def _letter(row: OutboxMessage) -> Letter:
    return Letter(
        id=row.id,
        kind=row.kind,
        rollout=row.rollout,
        gate=row.gate,
        body=dict(row.body or {}),
        cause=row.cause,
        created_at=row.created_at,
        attempt=row.attempts + 1,
    )


def settle(*, letters: Sequence[Letter], outcome: Outcome, at: datetime, jitter: Jitter, workplace: Workplace) -> Round:
    """Write down what became of claimed letters; those that were not reached are free again at once."""
    delivered, nowhere = set(outcome.delivered), dict(outcome.nowhere)
    left = [letter for letter in letters if letter.id not in delivered and letter.id not in nowhere]
    with workplace.ledger.transaction() as tx:
        for letter in letters:
            if letter.id in delivered:
                _write(tx, letter, delivered_at=at, next_attempt_at=None, last_error=None)
            elif letter.id in nowhere:
                _write(tx, letter, delivered_at=at, next_attempt_at=None, last_error=nowhere[letter.id])
        parked = _put_back(tx, left, outcome.trouble, at=at, jitter=jitter)
    trouble = outcome.trouble
    return Round(
        delivered=len(letters) - len(left),
        failed=1 if left and trouble else 0,
        parked=parked,
        pause=_pause(trouble, letters[0].attempt, jitter) if trouble and trouble.stops_all else None,
        troubles=(trouble.sentence,) if trouble else (),
    )


def _put_back(tx: Transaction, left: Sequence[Letter], trouble: Trouble | None, *, at: datetime, jitter: Jitter) -> int:
    """Only the first one failed; those behind it were not tried, and do not count an attempt for it."""
    for letter in left[1:] if trouble else left:
        _write(tx, letter, attempts=letter.attempt - 1, next_attempt_at=None)
    if trouble is None or not left:
        return 0
    first, error = left[0], trouble.sentence[:LONGEST_ERROR]
    if why_park(letter=first, trouble=trouble, at=at):
        _write(tx, first, parked_at=at, next_attempt_at=None, last_error=error)
        return 1
    attempts = first.attempt if trouble.refused else min(first.attempt, MOST_UNANSWERED)
    _write(tx, first, attempts=attempts, next_attempt_at=at + _pause(trouble, first.attempt, jitter), last_error=error)
    return 0


def why_park(*, letter: Letter, trouble: Trouble, at: datetime) -> str | None:
    """Return why a message is no longer tried, if it is not; one that is old is tried a few times all the same."""
    if trouble.refused and letter.attempt >= MOST_REFUSALS:
        return f"It was refused {letter.attempt} times."
    if at - letter.created_at >= LONGEST_WAIT and letter.attempt > MOST_UNANSWERED:
        return f"It waited longer than {LONGEST_WAIT.days} days."
    return None


def _pause(trouble: Trouble, attempt: int, jitter: Jitter) -> timedelta:
    if trouble.pause is not None:
        return trouble.pause
    doubled: timedelta = FIRST_PAUSE * 2.0 ** min(attempt - 1, 10)
    return min(doubled, LONGEST_PAUSE) * (0.5 + 0.5 * jitter())


def _write(tx: Transaction, letter: Letter, **values: object) -> None:
    """A message is settled by the worker whose attempt it was; being delivered is true whoever says so."""
    mine = () if "delivered_at" in values else (col(OutboxMessage.attempts) == letter.attempt, *_waits())
    _change(tx, col(OutboxMessage.id) == letter.id, *mine, **values)


def condition(*, at: datetime, workplace: Workplace) -> Condition:
    """Return how the outbox stands: how many wait and for how long, how many were parked, the last error."""
    with workplace.ledger.reading() as session:
        waiting = session.exec(select(func.count()).where(*_waits())).one()
        first = select(OutboxMessage).where(*_waits()).order_by(col(OutboxMessage.created_at)).limit(1)
        oldest = session.exec(first).first()
        parked = session.exec(select(func.count()).where(col(OutboxMessage.parked_at).is_not(None))).one()
        troubled = (col(OutboxMessage.last_error).is_not(None), col(OutboxMessage.delivered_at).is_(None))
        newest = select(OutboxMessage.last_error).where(*troubled).order_by(col(OutboxMessage.cause).desc())
        error = session.exec(newest.limit(1)).first()
    age = at - oldest.created_at if oldest else timedelta(0)
    return Condition(waiting=waiting, parked=parked, oldest=max(age, timedelta(0)), last_error=error or "")


def parked(*, workplace: Workplace) -> tuple[Letter, ...]:
    """Return the messages that are no longer tried, oldest first."""
    with workplace.ledger.reading() as session:
        query = select(OutboxMessage).where(col(OutboxMessage.parked_at).is_not(None))
        return tuple(_letter(row) for row in session.exec(query.order_by(col(OutboxMessage.cause))).all())


def try_again(*, workplace: Workplace) -> int:
    """Take every parked message out of its parking, to be tried from the beginning; return how many."""
    with workplace.ledger.transaction() as tx:
        return _change(tx, col(OutboxMessage.parked_at).is_not(None), parked_at=None, attempts=0, next_attempt_at=None)
