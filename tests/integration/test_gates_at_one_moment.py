"""Two runs of a stage that evaluated the same at the same moment open one gate, on each database."""

from concurrent.futures import ThreadPoolExecutor

from primum.actions import gates
from primum.ledger import audit, reading
from tests import gates_at_work as work
from tests.factories import MORNING

RUNS = 6


def opened(handed_in, place):
    return gates.open_gate(
        submission=handed_in,
        evaluation=work.evaluation(),
        run=work.RUN,
        person="noah-kim",
        at=MORNING,
        workplace=place,
    )


def test_many_runs_at_one_moment_open_one_gate(ledger, tmp_path):
    place, handed_in = work.workplace(ledger, tmp_path), work.submission()
    work.register(handed_in, place)

    with ThreadPoolExecutor(RUNS) as pool:
        made = {one.result() for one in [pool.submit(opened, handed_in, place) for _ in range(RUNS)]}

    with ledger.reading() as session:
        states = [one.state for one in reading.gates(session, rollout="test-rollout")]
    assert (len(made), states) == (1, ["ready"])
    assert audit.verify(ledger) == ()


def test_a_run_that_comes_later_takes_no_signature_away(ledger, tmp_path):
    place, handed_in = work.workplace(ledger, tmp_path), work.submission()
    gate = work.awaiting(handed_in, place)
    work.sign(gate, *work.QUORUM[0], handed_in, place)

    again = opened(handed_in, place)

    with ledger.reading() as session:
        assert (again, len(reading.votes(session, gate=gate))) == (gate, 1)
        assert reading.gate(session, gate=gate).state == "awaiting-seats"
