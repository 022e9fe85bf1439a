from datetime import timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from primum.ledger import columns, transactions, witness
from primum.ledger.tables import Record
from primum.ledger.witness import content_digest, sealed, witness_of
from primum.roadmap.stages import Stage
from tests.ledger_factories import NOON, gate, vote

LOG_AND_OUTBOX = {"entry", "checkpoint", "log_state", "outbox_message"}
WORKED_OFF = {witness.table_of(table) for table in transactions.OPERATIONAL}
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=9,
)
words = st.text(st.characters(codec=None) | st.sampled_from('\x00\x1f\x7f\\"/\b\u2028\ud800\ufb33\U0001f600'))
everything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | words
    | st.binary(max_size=1)
    | st.sampled_from(list(Stage)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(words, inner, max_size=3)
        | st.dictionaries(st.integers() | words, inner, max_size=2)
    ),
    max_leaves=9,
)


@given(plain)
def test_canonical_json_does_not_depend_on_order(value):
    text = witness.canonical({"a": value, "b": 1})

    assert text == witness.canonical({"b": 1, "a": value})


@given(everything)
def test_canonical_json_is_that_of_rfc_8785_byte_for_byte(value):
    try:
        expected = rfc8785.dumps(value).decode()
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        with pytest.raises(witness.Unloggable):
            witness.canonical(value)
    else:
        assert witness.canonical(value) == expected


def test_free_text_is_sealed_with_its_salt():
    assert sealed("text", salt="salt") == "sha256:b5d7cebb62064f259953772bc92e95dfc225e677a91ea83b6eb10faa9ebadaa1"
    assert sealed("text", salt="other") != sealed("text", salt="salt")


def test_two_rows_with_the_same_reason_do_not_show_it():
    one, two = vote(id="1").model_dump(), vote(id="1").model_dump()

    assert one["salt"] != two["salt"]
    assert content_digest(one) != content_digest(two)


def test_the_digest_of_a_row_changes_with_each_of_its_columns():
    row = vote(id="1", salt="s")
    columns_of = row.model_dump()

    for name in columns_of:
        changed = {**columns_of, name: NOON + timedelta(1) if name == "at" else "other"}
        assert content_digest(changed) != content_digest(columns_of), name


def test_the_same_moment_has_the_same_digest_in_every_zone():
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert content_digest(gate(opened_at=elsewhere).model_dump()) == content_digest(gate().model_dump())


def test_a_witness_names_table_row_and_digest():
    row = gate()

    assert witness_of(row) == {"table": "gate", "id": "heart-G1", "digest": content_digest(row.model_dump())}


def test_the_log_vouches_for_every_table_but_its_own_and_what_is_worked_off():
    vouched = {witness.table_of(table) for table in witness.WITNESSED}
    by_batch = {witness.table_of(table) for table in witness.BATCHED}

    assert vouched == set(Record.metadata.tables) - LOG_AND_OUTBOX - WORKED_OFF - by_batch


def test_every_table_with_free_text_has_a_salt():
    for table in Record.metadata.tables.values():
        if witness.FREE_TEXT & set(table.columns.keys()):
            assert "salt" in table.columns


@pytest.mark.parametrize("moment", [NOON, NOON.replace(microsecond=1)])
def test_a_moment_is_written_with_six_digits_of_a_second(moment):
    assert columns.written(moment) in ("2026-11-21T12:00:00.000000+00:00", "2026-11-21T12:00:00.000001+00:00")
