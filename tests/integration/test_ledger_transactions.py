from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from enum import StrEnum

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from primum.ledger.columns import NaiveTime
from primum.ledger.database import (
    AlreadyPromoted,
    AlreadyThere,
    AlreadyVoted,
    NeverChanged,
    OutOfOrder,
    ReadOnly,
    Unrecorded,
)
from primum.ledger.tables import (
    Checkpoint,
    Entry,
    EvaluationRecord,
    Gate,
    GateTransition,
    LogState,
    OutboxMessage,
    Promotion,
    RolloutRecord,
    Vote,
)
from primum.ledger.witness import Unloggable
from tests.ledger_factories import NOON, decide, gate, promotion, rollout, suspension, transition, vote

NEW_DELHI = timezone(timedelta(hours=5, minutes=30))


@contextmanager
def halfway(ledger):
    """A transaction that has written everything and then breaks."""
    with ledger.transaction() as transaction:
        transaction.session.add_all([rollout(), gate(), promotion()])
        transaction.record(kind="gate.applied", rollout="heart", person="ada", at=NOON, body={})
        transaction.notify(kind="promoted", rollout="heart", gate=None, body={}, at=NOON)
        transaction.session.flush()
        yield
        raise ZeroDivisionError


def count_of(ledger, table):
    with ledger.reading() as session:
        return len(session.exec(select(table)).all())


def test_decision_entry_checkpoint_and_message_are_saved_together(ledger):
    with ledger.transaction() as transaction:
        transaction.session.add_all([rollout(), gate(), promotion()])
        entry = transaction.record(kind="gate.applied", rollout="heart", person="ada", at=NOON, body={"to": "pilot"})
        transaction.notify(kind="promoted", rollout="heart", gate="heart-G1", body={"to": "pilot"}, at=NOON)

    assert entry.position == 0
    assert [count_of(ledger, table) for table in (Promotion, Entry, Checkpoint, OutboxMessage)] == [1, 1, 1, 1]
    assert transaction.checkpoint == ledger.checkpoint()


def test_an_error_inside_leaves_nothing_behind(ledger):
    with pytest.raises(ZeroDivisionError), halfway(ledger):
        pass

    assert [count_of(ledger, table) for table in (RolloutRecord, Entry, Checkpoint, OutboxMessage)] == [0, 0, 0, 0]
    assert ledger.checkpoint() is None


def test_positions_have_no_gaps_even_after_a_failure(ledger):
    decide(ledger, kind="first")
    with pytest.raises(ZeroDivisionError), halfway(ledger):
        pass

    entry = decide(ledger, rollout(), gate())

    assert entry.position == 1


def test_two_entries_of_one_transaction_follow_each_other(ledger):
    with ledger.transaction() as transaction:
        first = transaction.record(kind="one", rollout="heart", person="ada", at=NOON, body={})
        second = transaction.record(kind="two", rollout="heart", person="ada", at=NOON, body={})

    assert (first.position, second.position) == (0, 1)
    assert ledger.checkpoint().size == 2


def test_the_same_evidence_is_promoted_once(ledger):
    decide(ledger, rollout(), gate(), gate("heart-G1-2", revision=2), promotion())

    with pytest.raises(AlreadyPromoted, match="at most once"):
        decide(ledger, promotion(gate="heart-G1-2"))

    assert count_of(ledger, Promotion) == 1


def test_one_gate_promotes_once(ledger):
    decide(ledger, rollout(), gate(), promotion())

    with pytest.raises(AlreadyPromoted):
        decide(ledger, promotion(subject_digest="sha256:other"))


def test_a_second_promotion_is_refused_at_flush_already(ledger):
    decide(ledger, rollout(), gate(), promotion())

    with ledger.transaction() as transaction:
        transaction.session.add(promotion())
        with pytest.raises(AlreadyPromoted):
            transaction.session.flush()
        transaction.session.rollback()


def test_one_person_votes_once_at_a_gate(ledger):
    decide(ledger, rollout(), gate(), vote())

    with pytest.raises(AlreadyVoted, match="given once"):
        decide(ledger, vote(seat="ethicist"))


def test_a_rollout_is_registered_once(ledger):
    decide(ledger, rollout())

    with pytest.raises(AlreadyThere):
        decide(ledger, rollout())


def test_a_change_without_an_entry_is_not_saved(ledger):
    decide(ledger, rollout(), gate())

    with pytest.raises(Unrecorded, match="change of gate"), ledger.transaction() as transaction:
        transaction.lock_gate("heart-G1").state = "granted"

    with ledger.reading() as session:
        assert session.get(Gate, "heart-G1").state == "collecting"


def test_a_bulk_change_behind_the_logs_back_is_refused(ledger):
    decide(ledger, rollout(), gate())

    with pytest.raises(Unrecorded, match="one by one"), ledger.transaction() as transaction:
        transaction.session.exec(update(Gate).values(state="granted"))


def test_the_outbox_may_be_worked_off_without_an_entry(ledger):
    with ledger.transaction() as transaction:
        transaction.record(kind="one", rollout="heart", person="ada", at=NOON, body={})
        message = transaction.notify(kind="k", rollout="heart", gate=None, body={}, at=NOON)

    with ledger.transaction() as transaction:
        transaction.session.exec(update(OutboxMessage).values(attempts=3))
        transaction.session.get(OutboxMessage, message.id).delivered_at = NOON

    with ledger.reading() as session:
        assert session.get(OutboxMessage, message.id).delivered_at == NOON
    assert ledger.checkpoint().size == 1


def test_rows_are_never_deleted(ledger):
    decide(ledger, rollout(), gate())

    with pytest.raises(NeverChanged, match="never deleted"), ledger.transaction() as transaction:
        transaction.session.delete(transaction.lock_gate("heart-G1"))


def test_a_message_needs_its_entry_first(ledger):
    with pytest.raises(OutOfOrder, match="record that first"), ledger.transaction() as transaction:
        transaction.notify(kind="k", rollout="heart", gate=None, body={}, at=NOON)


def test_a_lock_after_the_entry_is_refused(ledger):
    decide(ledger, rollout(), gate())

    with ledger.transaction() as transaction:
        transaction.record(kind="k", rollout="heart", person="ada", at=NOON, body={})
        with pytest.raises(OutOfOrder, match="Locks are taken before"):
            transaction.lock_gate("heart-G1")


def test_a_row_locked_before_may_be_asked_for_again(ledger):
    decide(ledger, rollout(), gate())

    with ledger.transaction() as transaction:
        locked = transaction.lock_gate("heart-G1")
        locked.state = "ready"
        transaction.record(kind="k", rollout="heart", person="ada", at=NOON, body={})
        assert transaction.lock_gate("heart-G1") is locked
        assert transaction.lock_rollout("heart").stage == "assess"

    assert locked.state == "ready"


def test_what_is_not_there_cannot_be_locked(ledger):
    with ledger.transaction() as transaction:
        assert transaction.lock_gate("none") is None
        assert transaction.lock_rollout("none") is None


@pytest.mark.parametrize("body", [{"rows": []}, {"messages": ["x"]}])
def test_the_names_that_the_log_writes_itself_are_refused(ledger, body):
    with pytest.raises(OutOfOrder, match="name yours otherwise"), ledger.transaction() as transaction:
        transaction.record(kind="k", rollout="heart", person="ada", at=NOON, body=body)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, b"bytes", object(), "\ud800", {1: "key"}])
def test_what_has_no_canonical_json_is_refused_without_showing_it(ledger, value):
    with pytest.raises(Unloggable, match="canonical JSON") as refused, ledger.transaction() as transaction:
        transaction.record(kind="k", rollout="heart", person="ada", at=NOON, body={"value": value})

    assert str(value) not in str(refused.value)


def test_a_message_keeps_its_id_and_another_gets_another(ledger):
    with ledger.transaction() as transaction:
        transaction.record(kind="one", rollout="heart", person="ada", at=NOON, body={})
        first = transaction.notify(kind="k", rollout="heart", gate=None, body={"to": "ada"}, at=NOON)
        second = transaction.notify(kind="k", rollout="heart", gate=None, body={"to": "bob"}, at=NOON)

    assert first.id != second.id
    assert first.cause == second.cause == 0
    assert len(first.id) == 64


def test_a_time_without_its_offset_is_refused(ledger):
    naive = NOON.replace(tzinfo=None)

    with pytest.raises(NaiveTime, match="no offset"):
        decide(ledger, rollout(stage_since=naive))
    with pytest.raises(NaiveTime, match="no offset"):
        decide(ledger, at=naive)


def test_times_come_back_aware_and_in_utc(ledger):
    evening = datetime(2026, 11, 21, 23, 59, 59, 999_999, tzinfo=NEW_DELHI)
    decide(ledger, rollout(stage_since=evening), at=evening)

    with ledger.reading() as session:
        stored = session.get(RolloutRecord, "heart").stage_since
        entry = session.get(Entry, 0)

    assert stored == entry.at == evening
    assert stored.utcoffset() == entry.at.utcoffset() == timedelta(0)


def test_an_enum_is_stored_as_its_text(ledger):
    class State(StrEnum):
        READY = "ready"

    decide(ledger, rollout(), gate(state=State.READY))

    with ledger.reading() as session:
        assert session.get(Gate, "heart-G1").state == "ready"
        assert session.exec(select(Gate).where(col(Gate.state) == State.READY)).one().id == "heart-G1"


def test_a_reading_session_does_not_write(ledger):
    with ledger.reading() as session:
        session.add(rollout())
        with pytest.raises(ReadOnly, match="only reads"):
            session.flush()


def test_a_reading_session_sees_one_moment(ledger):
    decide(ledger, rollout())

    with ledger.reading() as session:
        before = len(session.exec(select(Entry)).all())
        decide(ledger, gate())
        after = len(session.exec(select(Entry)).all())

    assert before == after == 1
    assert count_of(ledger, Entry) == 2


@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_the_database_itself_refuses_to_change_history(ledger, statement):
    evaluation = EvaluationRecord(
        rollout="heart", gate_id="heart-G1", stage="assess", snapshot="{}", digest="d", outcome="pass", at=NOON
    )
    decide(ledger, rollout(), gate(), transition(), vote(), promotion(), evaluation)

    for table in (Entry, Checkpoint, GateTransition, Vote, Promotion, EvaluationRecord):
        column = next(iter(table.__table__.columns)).name
        with pytest.raises(NeverChanged, match="is never"), ledger.transaction() as transaction:
            transaction.session.connection().execute(text(statement.format(table.__tablename__, column)))
        assert count_of(ledger, table) == 1


@pytest.mark.parametrize("table", ["rollout", "gate", "suspension", "log_state"])
def test_the_database_itself_refuses_to_delete_what_may_change(ledger, table):
    decide(ledger, rollout(), gate(), suspension())

    with pytest.raises(NeverChanged, match="is never deleted"), ledger.transaction() as transaction:
        transaction.session.connection().execute(text(f"DELETE FROM {table}"))


def test_sqlite_refuses_to_replace_a_row(sqlite_ledger):
    decide(sqlite_ledger, rollout(), gate(), vote(id="v"))

    with pytest.raises(NeverChanged, match="never deleted"), sqlite_ledger.transaction() as transaction:
        transaction.session.connection().execute(text("REPLACE INTO vote SELECT * FROM vote"))


def test_postgres_refuses_to_empty_a_table(postgres_ledger):
    for table in ("entry", "vote", "promotion", "checkpoint", "gate", "suspension"):
        with pytest.raises(NeverChanged, match="never truncated"), postgres_ledger.transaction() as transaction:
            transaction.session.connection().execute(text(f"TRUNCATE {table} CASCADE"))


def test_a_row_that_refers_to_nothing_is_refused(ledger):
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        decide(ledger, suspension(rollout="none"))

    assert count_of(ledger, Entry) == 0
    assert decide(ledger, rollout()).position == 0


def test_the_log_state_is_one_row(ledger):
    decide(ledger, rollout())

    with ledger.reading() as session:
        states = session.exec(select(LogState)).all()

    assert [(state.id, state.size, len(state.frontier)) for state in states] == [(1, 1, 1)]
