"""One trial: a child process does one action and is killed at one statement; what is left is looked at."""

import contextlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from primum.actions import promotion, suspension
from primum.actions.workplace import Workplace
from primum.ledger import reading
from primum.ledger.audit import verify
from primum.ledger.database import Ledger
from primum.roadmap.people import Role
from primum.roadmap.seats import Answer
from tests import gates_at_work as work
from tests.factories import MORNING

ROLLOUT = "test-rollout"
GATE = f"{ROLLOUT}.G1.1"


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something a person does, the gate it starts from, and how to see that it was done exactly once."""

    name: str
    prepare: Callable[[Workplace], None]
    act: Callable[[Workplace], None]
    times_done: Callable[[Workplace], int]


def _three_signed(place: Workplace) -> None:
    handed_in = work.submission()
    gate = work.awaiting(handed_in, place)
    for person, role in work.QUORUM[1:]:
        work.sign(gate, person, role, handed_in, place)


def _granted(place: Workplace) -> None:
    work.granted(work.submission(), place)


def _answer(answer: Answer) -> Callable[[Workplace], None]:
    def act(place: Workplace) -> None:
        work.sign(GATE, "amara-okafor", Role.CLINICAL_LEAD, work.submission(), place, answer=answer)

    return act


def _promote(place: Workplace) -> None:
    promotion.commit(
        gate=GATE, world=work.world(), submission=work.submission(), person="noah-kim", at=MORNING, workplace=place
    )


def _suspend(place: Workplace) -> None:
    lead = work.submission().person("amara-okafor")
    suspension.suspend(rollout=ROLLOUT, person=lead, reason="harm", at=MORNING, workplace=place)


def _votes_of_the_lead(place: Workplace) -> int:
    with place.ledger.reading() as session:
        return sum(vote.person == "amara-okafor" for vote in reading.votes(session, gate=GATE))


def _promotions(place: Workplace) -> int:
    with place.ledger.reading() as session:
        return len(reading.promotions(session, rollout=ROLLOUT))


def _suspensions(place: Workplace) -> int:
    with place.ledger.reading() as session:
        return int(reading.suspension(session, rollout=ROLLOUT) is not None)


ACTIONS = (
    Action(name="approve", prepare=_three_signed, act=_answer(Answer.APPROVE), times_done=_votes_of_the_lead),
    Action(name="reject", prepare=_three_signed, act=_answer(Answer.REJECT), times_done=_votes_of_the_lead),
    Action(name="promote", prepare=_granted, act=_promote, times_done=_promotions),
    Action(name="suspend", prepare=_granted, act=_suspend, times_done=_suspensions),
)


def _die_at(moment: int) -> list[int]:
    """Kill this process at a moment: before or after a statement, a begin, a commit. Return the count of moments."""
    passed = [0]

    def tick(*_: object) -> None:
        passed[0] += 1
        if passed[0] == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment_of in ("before_cursor_execute", "after_cursor_execute", "begin", "commit"):
        event.listen(Engine, moment_of, tick)
    event.listen(Session, "after_commit", tick)
    return passed


def child(action: Action, url: str, home: Path, moment: int) -> int:
    """Run the action in a child that dies at a moment; return the moments it passed if it lived, else 0."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            ledger = Ledger.open(url, key=home / "ledger.key")
            passed = _die_at(moment)
            action.act(work.workplace(ledger, home))
            os.write(writer, str(passed[0]).encode())
        os._exit(0)
    os.close(writer)
    acknowledged = os.read(reader, 10)
    os.close(reader)
    os.waitpid(pid, 0)
    return int(acknowledged or 0)


def trial(action: Action, url: str, home: Path, moment: int) -> tuple[int, bool]:
    """Return whether the child acknowledged, and whether its decision was there before it was repeated."""
    acknowledged = child(action, url, home, moment)
    with Ledger.open(url, key=home / "ledger.key") as ledger:
        place = work.workplace(ledger, home)
        there = action.times_done(place)
        assert verify(ledger, outside=None) == (), "half of a decision was left behind"
        assert there in (0, 1)
        assert there or not acknowledged, "an acknowledged decision was lost"
        with contextlib.suppress(Exception):
            action.act(place)
        assert action.times_done(place) == 1, "repeating it did not lead to exactly one"
        assert verify(ledger, outside=ledger.checkpoint()) == ()
    return acknowledged, bool(there)
