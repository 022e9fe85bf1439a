import pytest
from sqlalchemy import text

from primum.ledger import audit, checkpoints
from primum.ledger.checkpoints import SigningKey
from tests import tampering
from tests.ledger_factories import decide, history

title = "When a database administrator alters history"


@pytest.fixture
def outside(ledger):
    """The checkpoint that somebody keeps elsewhere."""
    history(ledger, decisions=8)
    return checkpoints.read(ledger.checkpoint().text)


def test_untouched_history_is_intact(ledger, outside):
    decide(ledger, kind="note", later=True)

    assert audit.verify(ledger) == ()
    assert audit.verify(ledger, outside=outside) == ()


def test_a_ledger_without_entries_is_intact(ledger):
    assert audit.verify(ledger) == ()


@pytest.mark.parametrize("attack", tampering.ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_is_told_in_a_sentence(attack, ledger, ledger_url, outside):
    with tampering.administrator(ledger_url) as connection:
        attack(connection)

    sentences = audit.verify(ledger, outside=outside)

    assert any(tampering.ATTACKS[attack] in sentence for sentence in sentences), sentences


def test_a_rollback_to_an_older_copy_is_told_by_a_checkpoint_kept_elsewhere(ledger, ledger_url):
    history(ledger, decisions=6)
    with tampering.administrator(ledger_url) as connection:
        backup = tampering.copy(connection)
    decide(ledger, kind="note", number=6)
    outside = ledger.checkpoint()
    with tampering.administrator(ledger_url) as connection:
        tampering.restore(connection, backup)

    assert audit.verify(ledger) == ()
    (told,) = audit.verify(ledger, outside=outside)
    assert told.startswith("The checkpoint kept elsewhere covers 7 entries, and the log has 6: it was cut, or rolled")


def test_a_rollback_that_was_continued_is_told(ledger, ledger_url):
    history(ledger, decisions=6)
    with tampering.administrator(ledger_url) as connection:
        backup = tampering.copy(connection)
    decide(ledger, kind="note", number=6)
    outside = ledger.checkpoint()
    with tampering.administrator(ledger_url) as connection:
        tampering.restore(connection, backup)
    decide(ledger, kind="note", number=60)
    decide(ledger, kind="note", number=70)

    assert audit.verify(ledger) == ()
    assert "history was rewritten" in audit.verify(ledger, outside=outside)[0]


def test_history_rewritten_with_the_ledgers_own_key_is_told(ledger, ledger_url, outside):
    with tampering.administrator(ledger_url) as connection:
        tampering.edit_an_entry(connection, position=6)
        tampering.rebuild(connection, ledger.key)

    assert audit.verify(ledger) == ()
    assert "history was rewritten" in audit.verify(ledger, outside=outside)[0]


def test_history_rewritten_with_another_key_and_that_key_put_in_place_is_told(ledger, ledger_url, outside):
    thief = SigningKey.new()
    with tampering.administrator(ledger_url) as connection:
        tampering.edit_an_entry(connection, position=6)
        tampering.rebuild(connection, thief)
    ledger.key = thief

    assert audit.verify(ledger) == ()
    told = audit.verify(ledger, outside=outside)
    assert "one of the two is not what it was" in told[0]
    assert "history was rewritten" in told[1]


def test_a_guard_that_was_taken_down_is_told(ledger, ledger_url, outside):
    with ledger.transaction() as transaction:
        on = " ON vote" if "postgres" in ledger_url else ""
        transaction.session.connection().execute(text(f"DROP TRIGGER vote_never_changed{on}"))

    assert audit.verify(ledger) == ("The database's guard vote_never_changed was removed or switched off.",)


def test_many_damages_of_a_kind_are_counted_not_listed(ledger, ledger_url, outside):
    with tampering.administrator(ledger_url) as connection:
        connection.execute(text("UPDATE entry SET person = 'eve'"))

    told = audit.verify(ledger)

    assert "The same is true of 3 more entries." in told
    assert len(told) < 20


def test_a_value_that_cannot_be_read_is_told(sqlite_ledger, sqlite_url):
    history(sqlite_ledger)
    with tampering.administrator(sqlite_url) as connection:
        connection.execute(text("UPDATE vote SET at = 'yesterday'"))
    told_of_a_row = audit.verify(sqlite_ledger)
    with tampering.administrator(sqlite_url) as connection:
        connection.execute(text("UPDATE entry SET at = 'yesterday' WHERE position = 2"))

    assert told_of_a_row[0] == "The table vote holds a value that is not of its column's kind."
    assert audit.verify(sqlite_ledger) == (
        "The log cannot be read: its state is missing, or a value in it is not of its kind.",
    )
