import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from primum.ledger import audit
from primum.ledger.database import AlreadyPromoted, Ledger
from primum.ledger.tables import Gate
from tests.ledger_factories import NOON, decide, gate, promotion, rollout

APPEND = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from primum.ledger.database import Ledger

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
with Ledger.open(sys.argv[1], key=Path(sys.argv[2])) as ledger:
    for number in range(25):
        with ledger.transaction() as transaction:
            transaction.record(kind="note", rollout="heart", person="ada", at=NOON, body={})
"""


def test_four_processes_append_without_gap_or_loss(ledger, ledger_url, ledger_key):
    command = [sys.executable, "-c", APPEND, ledger_url, str(ledger_key)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    errors = [process.communicate()[1] for process in running]

    assert errors == [b""] * 4
    assert ledger.checkpoint().size == 100
    assert audit.verify(ledger) == ()


def test_eight_who_promote_the_same_at_once_make_one_promotion(ledger):
    decide(ledger, rollout(), *(gate(f"G{number}", revision=number) for number in range(8)))

    def promote(number):
        try:
            with ledger.transaction() as transaction:
                transaction.lock_gate(f"G{number}")
                transaction.session.add(promotion(gate=f"G{number}"))
                transaction.record(kind="gate.applied", rollout="heart", person="ada", at=NOON, body={})
        except AlreadyPromoted:
            return "refused"
        return "promoted"

    with ThreadPoolExecutor(8) as threads:
        outcomes = sorted(threads.map(promote, range(8)))

    assert outcomes == ["promoted"] + ["refused"] * 7
    assert ledger.checkpoint().size == 2
    assert audit.verify(ledger) == ()


def test_who_comes_second_to_a_gate_sees_what_the_first_did(ledger):
    decide(ledger, rollout(), gate())
    first_is_in, seen = Event(), []

    def second():
        first_is_in.wait(10)
        with ledger.transaction() as transaction:
            seen.append(transaction.lock_gate("heart-G1").state)

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(second)
        with ledger.transaction() as transaction:
            transaction.lock_gate("heart-G1").state = "ready"
            first_is_in.set()
            transaction.record(kind="gate.moved", rollout="heart", person="ada", at=NOON, body={})
        waiting.result(timeout=30)

    assert seen == ["ready"]


def test_a_gate_that_was_read_before_it_is_locked_is_read_again(postgres_ledger):
    decide(postgres_ledger, rollout(), gate())

    with postgres_ledger.transaction() as transaction:
        early = transaction.session.get(Gate, "heart-G1")
        with postgres_ledger.transaction() as other:
            other.lock_gate("heart-G1").state = "ready"
            other.record(kind="gate.moved", rollout="heart", person="ada", at=NOON, body={})
        assert early.state == "collecting"
        assert transaction.lock_gate("heart-G1").state == "ready"


@pytest.mark.parametrize("order", [("heart", "lung"), ("lung", "heart")])
def test_gates_of_two_rollouts_do_not_wait_for_each_other(postgres_ledger, postgres_url, ledger_key, order):
    decide(postgres_ledger, rollout("heart"), rollout("lung"), gate("heart-G1"), gate("lung-G1", "lung"))

    with Ledger.open(postgres_url, key=ledger_key) as other, postgres_ledger.transaction() as mine:
        mine.lock_gate(f"{order[0]}-G1")
        with other.transaction() as theirs:
            assert theirs.lock_gate(f"{order[1]}-G1") is not None
