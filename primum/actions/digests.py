"""The digest of a weekday: one message for each person who has something to see, once, in their morning."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlmodel import Session

from primum.actions.directory import INSTITUTION, readable
from primum.actions.inbox import inbox
from primum.actions.resubmission import FileMoved, submitted
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused
from primum.ledger import reading, signing_reading
from primum.ledger.tables import OutboxMessage
from primum.ledger.transactions import Transaction
from primum.roadmap.people import Person
from primum.roadmap.reminding import digest_day
from primum.roadmap.signing_rules import ReminderRule

KIND = "digest.due"
# No place on Earth is more than a day away from another.
LOOK_BACK = timedelta(hours=50)
SINCE_YESTERDAY, SINCE_FRIDAY = timedelta(days=1), timedelta(days=3)
MONDAY = 0


def ask_for_digests(*, at: datetime, person: str, workplace: Workplace) -> tuple[str, ...]:
    """
    Ask for today's digest of everybody whose morning it is and who has something to see; return their ids.

    Asking again on the same day asks for nothing.
    """
    due = {who: day for who, day in _mornings(at, workplace) if _has_something(who, at, workplace)}
    if not due:
        return ()
    with workplace.ledger.transaction() as tx:
        _one_at_a_time(tx)
        asked = {(str(one.body["person"]), str(one.body["day"])) for one in _lately(tx.session, at)}
        left = {who: day for who, day in due.items() if (who, day) not in asked}
        if left:
            tx.record(kind=KIND, rollout=INSTITUTION, person=person, at=at, body={"people": sorted(left)})
        for who in sorted(left):
            body = {"person": who, "people": [who], "day": left[who]}
            tx.notify(kind=KIND, rollout=INSTITUTION, gate=None, body=body, at=at)
    return tuple(sorted(left))


def _mornings(at: datetime, workplace: Workplace) -> Iterator[tuple[str, str]]:
    """Yield each person whose morning it is and who was not asked for yet, with the day it is there."""
    with workplace.ledger.reading() as session:
        rollouts = [record.id for record in reading.rollouts(session)]
        asked = {(str(one.body["person"]), str(one.body["day"])) for one in _lately(session, at)}
    seen: set[str] = set()
    for submission in _readable(rollouts, workplace):
        for person in submission.people:
            if person.id in seen:
                continue
            seen.add(person.id)
            day = _day_of(person, submission, at)
            if day is not None and (person.id, day) not in asked:
                yield person.id, day


def _readable(rollouts: list[str], workplace: Workplace) -> Iterator[Submission]:
    for rollout in rollouts:
        try:
            yield submitted(rollout=rollout, workplace=workplace)
        except (ConfigurationRefused, FileMoved):
            continue


def _day_of(person: Person, submission: Submission, at: datetime) -> str | None:
    rule: ReminderRule = submission.policy.reminders
    return digest_day(rule=rule, zone=person.timezone or submission.timezone, at=at)


def _has_something(person: str, at: datetime, workplace: Workplace) -> bool:
    rollouts = readable(person=person, at=at, workplace=workplace)
    found = inbox(person=person, rollouts=rollouts, at=at, workplace=workplace)
    if found.seats or found.owed or found.alarms or found.stopped:
        return True
    since = at - (SINCE_FRIDAY if at.weekday() == MONDAY else SINCE_YESTERDAY)
    with workplace.ledger.reading() as session:
        return any(_is_news(session, rollout, since) for rollout in rollouts)


def _is_news(session: Session, rollout: str, since: datetime) -> bool:
    decided = (gate.state_since >= since for gate in reading.gates(session, rollout=rollout))
    return any(decided) or bool(signing_reading.incidents(session, rollout=rollout, is_open=True))


def _lately(session: Session, at: datetime) -> list[OutboxMessage]:
    return list(signing_reading.messages_since(session, kind=KIND, since=at - LOOK_BACK))


def _one_at_a_time(tx: Transaction) -> None:
    """Two that ask at the same moment come one after the other, by the lock of the same rollout."""
    first = next(iter(reading.rollouts(tx.session)), None)
    if first is not None:
        tx.lock_rollout(first.id)
