import contextlib
import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from primum.ledger import audit, merkle
from primum.ledger.database import Ledger
from tests.ledger_factories import NOON, gate, rollout, transition

# A transaction: how many rows, entries and messages, and whether it breaks at its end.
transactions = st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(0, 2), st.booleans())


def carry_out(ledger, *, rows, entries, messages, breaks):
    with ledger.transaction() as transaction:
        transaction.lock_gate("heart-G1").revision += 1
        transaction.session.add_all(transition() for _ in range(rows))
        for number in range(entries):
            transaction.record(kind="k", rollout="heart", person="ada", at=NOON, body={"number": number})
        for number in range(messages):
            transaction.notify(kind="k", rollout="heart", gate=None, body={"number": number}, at=NOON)
        transaction.session.flush()
        if breaks:
            raise ZeroDivisionError


@settings(max_examples=15)
@given(plan=st.lists(transactions, min_size=1, max_size=8))
def test_whatever_is_written_or_broken_off_history_is_intact_and_only_grows(plan, sqlite_template):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(sqlite_template, Path(folder) / "ledger.db")
        with Ledger.open(f"sqlite:///{folder}/ledger.db", key=Path(folder) / "ledger.key") as ledger:
            with ledger.transaction() as transaction:
                transaction.session.add_all([rollout(), gate()])
                transaction.record(kind="rollout.registered", rollout="heart", person="ada", at=NOON, body={})
            kept, size = [ledger.checkpoint()], 1
            for rows, entries, messages, breaks in plan:
                with contextlib.suppress(ZeroDivisionError):
                    carry_out(ledger, rows=rows, entries=entries, messages=messages, breaks=breaks)
                size += 0 if breaks else entries
                kept.append(ledger.checkpoint())

            assert kept[-1].size == size
            assert all(audit.verify(ledger, outside=outside) == () for outside in (None, *kept))
            assert len({outside.size for outside in kept}) == len({outside.root for outside in kept})
            assert merkle.EMPTY.hex() not in {outside.root for outside in kept}
