"""The outbox worked off: in order, once, through refusals, outages, restarts and two workers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Lock

import pytest

from primum.actions import outbox
from primum.actions.outbox import LEASE, MOST_REFUSALS, Outcome, Trouble
from primum.actions.workplace import Workplace
from primum.ledger import audit
from primum.ledger.database import Ledger
from primum.settings import Settings
from tests.ledger_factories import NOON, decide, rollout

AWAY = Trouble(sentence="Slack did not answer.", stops_all=True)
BUSY = Trouble(sentence="Slack asks to wait.", stops_all=True, pause=timedelta(seconds=30))
REFUSED = Trouble(sentence="Slack refused: channel_not_found.", refused=True)


class Board:
    """A destination that keeps what it was handed, each id once, unless something is the matter."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, int]] = []
        self.handed = 0
        self.trouble: Trouble | None = None
        self.lock = Lock()

    def deliver(self, letters, *, at):
        with self.lock:
            self.handed += len(letters)
            if self.trouble is not None:
                return Outcome(trouble=self.trouble)
            self.shown += [(letter.gate or "", letter.body["number"]) for letter in letters]
            return Outcome(delivered=tuple(letter.id for letter in letters))


@pytest.fixture
def place(ledger, tmp_path):
    decide(ledger, rollout(), kind="rollout.registered")
    return Workplace(ledger=ledger, settings=Settings(home=tmp_path))


def queue(place, *numbers, gate="heart.G1.1", at=NOON):
    for number in numbers:
        with place.ledger.transaction() as tx:
            tx.record(kind="note", rollout="heart", person="ada", at=at, body={"number": number})
            tx.notify(kind="gate.signed", rollout="heart", gate=gate, body={"number": number}, at=at)


def work(place, board, *, at=NOON):
    return outbox.work_off(destination=board, at=at, jitter=lambda: 1.0, workplace=place)


def until_empty(place, board, *, at, step, most=100):
    """Work round after round, the clock going on by a step, until nothing waits; return the moment."""
    for _ in range(most):
        work(place, board, at=at)
        if outbox.condition(at=at, workplace=place).waiting == 0:
            return at
        at += step
    raise AssertionError("messages still wait")


def test_messages_are_delivered_once_and_in_order_for_each_gate(place):
    board = Board()
    queue(place, 1, 2, gate="heart.G1.1")
    queue(place, 3, gate="heart.G2.1")
    queue(place, 4, gate="heart.G1.1")

    first, second = work(place, board), work(place, board)

    assert (first.delivered, second.delivered) == (4, 0)
    assert [number for gate, number in board.shown if gate == "heart.G1.1"] == [1, 2, 4]
    assert audit.verify(place.ledger) == ()


def test_who_asks_for_thirty_seconds_gets_them_and_the_order_stays(place):
    board = Board()
    queue(place, 1, 2)
    board.trouble = BUSY

    done = work(place, board)
    board.trouble = None
    too_early = work(place, board, at=NOON + timedelta(seconds=29))
    then = work(place, board, at=NOON + timedelta(seconds=31))

    assert done.pause == timedelta(seconds=30)
    assert (too_early.delivered, then.delivered) == (0, 2)
    assert [number for _, number in board.shown] == [1, 2]


def test_pauses_grow_and_survive_a_restart(place, ledger_url, ledger_key):
    board = Board()
    board.trouble = AWAY
    queue(place, 1)
    tried = [second for second in range(70) if work(place, board, at=NOON + timedelta(seconds=second)).failed]

    with Ledger.open(ledger_url, key=ledger_key) as again:
        restarted = Workplace(ledger=again, settings=place.settings)
        waits = work(restarted, board, at=NOON + timedelta(seconds=71))

    assert tried == [0, 2, 6, 14, 30, 62]
    assert waits.failed == 0


def test_what_is_refused_again_and_again_is_parked_and_lets_the_next_one_through(place):
    class Picky(Board):
        def deliver(self, letters, *, at):
            return Outcome(trouble=REFUSED) if letters[0].body["number"] == 1 else super().deliver(letters, at=at)

    board = Picky()
    queue(place, 1, 2)
    at = until_empty(place, board, at=NOON, step=timedelta(minutes=6))

    found = outbox.condition(at=at, workplace=place)
    parked = outbox.parked(workplace=place)

    assert board.shown == [("heart.G1.1", 2)]
    assert (found.parked, found.last_error) == (1, REFUSED.sentence)
    assert [letter.body["number"] for letter in parked] == [1]
    assert outbox.try_again(workplace=place) == 1
    assert outbox.condition(at=at, workplace=place).waiting == 1


def test_an_outage_uses_up_no_patience_for_refusals(place):
    board = Board()
    queue(place, 1)
    board.trouble = AWAY
    at = NOON
    for _ in range(3 * MOST_REFUSALS):
        work(place, board, at=at)
        at += timedelta(minutes=2)
    board.trouble = REFUSED

    work(place, board, at=at)

    assert outbox.condition(at=at, workplace=place).parked == 0


def test_what_waits_longer_than_three_days_is_parked_after_a_few_more_attempts(place):
    board = Board()
    board.trouble = AWAY
    queue(place, 1)

    parked = []
    for hour in range(8):
        work(place, board, at=NOON + timedelta(days=3, hours=hour))
        parked.append(outbox.condition(at=NOON, workplace=place).parked)

    assert parked == [0, 0, 0, 0, 0, 0, 1, 1]


def test_an_hour_without_slack_and_a_thousand_messages_loses_and_doubles_nothing(place):
    board = Board()
    with place.ledger.transaction() as tx:
        tx.record(kind="note", rollout="heart", person="ada", at=NOON, body={})
        for number in range(1000):
            tx.notify(kind="k", rollout="heart", gate=f"heart.G{number % 7}.1", body={"number": number}, at=NOON)
    board.trouble = AWAY
    for minute in range(60):
        work(place, board, at=NOON + timedelta(minutes=minute))
    handed_during = board.handed
    board.trouble = None

    until_empty(place, board, at=NOON + timedelta(hours=1), step=timedelta(seconds=30))

    assert sorted(number for _, number in board.shown) == list(range(1000))
    assert handed_during <= 60 * 7 * outbox.MOST_AT_ONCE


def test_what_a_dead_worker_took_is_taken_again_when_its_lease_is_over(place):
    board = Board()
    queue(place, 1)
    outbox.claim(lane=("heart", "heart.G1.1"), at=NOON, workplace=place)

    meanwhile = work(place, board, at=NOON + LEASE / 2)
    later = work(place, board, at=NOON + LEASE)

    assert (meanwhile.delivered, later.delivered) == (0, 1)


def test_a_worker_who_comes_back_late_does_not_undo_what_another_did(place):
    board = Board()
    queue(place, 1)
    late = outbox.claim(lane=("heart", "heart.G1.1"), at=NOON, workplace=place)
    work(place, board, at=NOON + LEASE)

    outbox.settle(letters=late, outcome=Outcome(trouble=AWAY), at=NOON + LEASE, jitter=lambda: 1.0, workplace=place)

    assert outbox.condition(at=NOON, workplace=place).waiting == 0


def test_two_workers_at_once_double_nothing(place, ledger_url, ledger_key):
    board, start = Board(), Barrier(2)
    queue(place, *range(40), gate="heart.G1.1")
    queue(place, *range(40, 60), gate="heart.G2.1")

    def run(ledger):
        start.wait()
        for _ in range(12):
            work(Workplace(ledger=ledger, settings=place.settings), board)

    with Ledger.open(ledger_url, key=ledger_key) as second, ThreadPoolExecutor(2) as pool:
        list(pool.map(run, (place.ledger, second)))

    by_gate = {gate: [number for one, number in board.shown if one == gate] for gate, _ in board.shown}
    assert by_gate == {"heart.G1.1": list(range(40)), "heart.G2.1": list(range(40, 60))}


def test_a_message_that_belongs_nowhere_says_so_and_waits_no_longer(place):
    class Narrow(Board):
        def deliver(self, letters, *, at):
            return Outcome(nowhere=tuple((letter.id, "Nothing is shown of this kind.") for letter in letters))

    queue(place, 1)

    done = work(place, Narrow())

    assert done.delivered == 1
    assert outbox.condition(at=NOON, workplace=place).waiting == 0


def test_the_age_of_the_oldest_message_is_told(place):
    queue(place, 1)
    queue(place, 2, at=NOON + timedelta(minutes=4))

    found = outbox.condition(at=NOON + timedelta(minutes=5), workplace=place)

    assert (found.waiting, found.oldest) == (2, timedelta(minutes=5))
