import gzip
import os
import traceback
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from primum.evidence.counts.counting import count
from primum.integrations import sources
from primum.integrations.sources import LIMITS, SourceRefused
from tests import table_factories as tables

SOURCES = ["table.csv", "table.csv.gz", "table.parquet"]


def write(folder, rows, source="table.csv"):
    if source.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(rows), folder / source)
        return folder / source
    return tables.write(folder, rows, name=source)


def inspected(folder, source="table.csv", **changes):
    return sources.inspect(evidence=tables.trial(source=source, **changes), base=folder)


def refusal(folder, source="table.csv", **changes):
    with pytest.raises(SourceRefused) as caught:
        inspected(folder, source, **changes)
    return str(caught.value)


@pytest.mark.parametrize("source", SOURCES)
def test_a_table_is_known_by_its_digest_its_rows_and_the_contract_names_of_its_columns(tmp_path, source):
    write(tmp_path, tables.trial_rows(7), source)

    facts = inspected(tmp_path, source)

    assert (facts.rows, facts.location, facts.kind) == (7, source, "trial")
    assert facts.digest.startswith("sha256:")
    assert facts.columns == ("unit_id", "arm", "site", "event")


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_rows_are_counted_from_every_format(tmp_path, source):
    write(tmp_path, tables.trial_rows(9), source)
    declared = tables.trial(source=source)
    digest = inspected(tmp_path, source).digest

    batches = sources.coded_batches(evidence=declared, base=tmp_path, digest=digest, keys=("arm", "event"))
    cells = count(batches, kind="trial", keys=("arm", "event"), sources=(digest,))

    assert cells.levels == (("control", "intervention"), ("0", "1"))
    assert list(cells.counts) == [3, 2, 3, 1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("source", SOURCES)
def test_one_flipped_bit_anywhere_is_noticed_on_every_read(tmp_path, source, data):
    path = write(tmp_path, tables.trial_rows(5), source)
    digest = inspected(tmp_path, source).digest
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bytes(content))

    for read in (
        lambda: sources.frame(evidence=tables.trial(source=source), base=tmp_path, digest=digest),
        lambda: list(
            sources.coded_batches(evidence=tables.trial(source=source), base=tmp_path, digest=digest, keys=("arm",))
        ),
    ):
        with pytest.raises(SourceRefused, match="was registered as sha256:"):
            read()


@pytest.mark.parametrize("source", ["table.csv.gz", "table.parquet"])
@pytest.mark.parametrize("kept", [0, 3, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path, source, kept):
    path = write(tmp_path, tables.trial_rows(200), source)
    whole = path.read_bytes()
    path.write_bytes(whole[: kept if isinstance(kept, int) else int(len(whole) * kept)])

    sentence = refusal(tmp_path, source)

    assert "truncated" in sentence or "is empty" in sentence


def test_a_damaged_page_is_refused_when_it_is_read(tmp_path):
    path = write(tmp_path, tables.trial_rows(500), "table.parquet")
    content = bytearray(path.read_bytes())
    content[10:40] = bytes(30)
    path.write_bytes(bytes(content))

    with pytest.raises(SourceRefused, match="not a whole Parquet file"):
        tables.frame_of(tables.trial(source="table.parquet"), tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("unit_id,arm,site,event\n", "has no rows"),
        ("unit_id,arm,site\nP1,control,North\n", "has no column 'event'"),
        ("unit_id,arm,site,Event \nP1,control,North,1\n", "Did you mean 'Event '?"),
        ("unit_id,arm,site,event,arm\nP1,control,North,1,x\n", "more than once, 'arm' among them"),
        ("unit_id,arm,site,event\nP1,control,North,1,x\nP2,control,North,1\n", "has 1 row(s) with another number"),
        ("unit_id,arm,site,event\nP1,control,North\n", "has 1 row(s) with another number"),
    ],
)
def test_a_table_of_another_shape_is_refused(tmp_path, content, words):
    (tmp_path / "table.csv").write_text(content)

    assert words in refusal(tmp_path)


def test_bytes_that_are_no_utf_8_are_refused(tmp_path):
    (tmp_path / "table.csv").write_bytes(b"unit_id,arm,site,event\nP1,control,Z\xfcrich,1\n")

    with pytest.raises(SourceRefused, match="not written in UTF-8"):
        tables.frame_of(tables.trial(), tmp_path)


def test_a_semicolon_a_mark_of_byte_order_and_a_line_break_in_quotes_are_read(tmp_path):
    text = 'unit_id;arm;site;event\r\nP1;control;"North\nwing";1\r\nP2;intervention;"South; new";0\r\n'
    (tmp_path / "table.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())

    frame = tables.frame_of(tables.trial(), tmp_path)

    assert list(frame["site"]) == ["North\nwing", "South; new"]


def test_what_is_no_file_is_refused_at_once(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "table.xlsx").write_text("x")

    assert "cannot be opened at absent.csv" in refusal(tmp_path, "absent.csv")
    assert "cannot be opened" in refusal(tmp_path, "folder.csv")
    assert "is not a file" in refusal(tmp_path, "pipe.csv")
    assert "is none of .parquet, .csv and .csv.gz" in refusal(tmp_path, "table.xlsx")


@pytest.mark.parametrize("source", SOURCES)
def test_more_rows_or_bytes_than_the_limits_are_refused(tmp_path, source):
    write(tmp_path, tables.trial_rows(50), source)
    declared = tables.trial(source=source)

    for limits in (replace(LIMITS, rows=49), replace(LIMITS, bytes_on_disk=100), replace(LIMITS, columns=3)):
        with pytest.raises(SourceRefused, match=r"at most are read|that are read"):
            sources.inspect(evidence=declared, base=tmp_path, limits=limits)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = write(tmp_path, tables.trial_rows(5))
    declared, digest = tables.trial(), inspected(tmp_path).digest
    batches = sources.coded_batches(evidence=declared, base=tmp_path, digest=digest, keys=("arm",))
    next(batches)
    with path.open("a") as file:
        file.write("P999,control,North,1\n")

    with pytest.raises(SourceRefused, match="changed while it was read"):
        list(batches)


PLANTED = tables.PLANTED


@pytest.mark.parametrize(
    "content",
    [
        f"unit_id,arm,site,event\n{PLANTED},{PLANTED},North,1\n",
        f"unit_id,arm,site,event\n{PLANTED},control,North,{PLANTED},{PLANTED}\n",
        f"unit_id,arm,site,event\n{PLANTED},control,North,1\n{PLANTED},intervention,North,0\n",
        f"unit_id,arm,site,event\n{PLANTED},control,North,1\n{PLANTED.lower()},intervention,North,0\n",
        f"{PLANTED},control,North,1\nP2,control,North,0\n",
        f'unit_id,arm,site,event\n"{PLANTED},control,North,1\n',
        f"unit_id,arm,site,event\n{PLANTED}\udcff,control,North,1\n",
    ],
)
def test_no_value_of_a_row_is_in_a_refusal_its_cause_or_its_traceback(tmp_path, content):
    (tmp_path / "table.csv").write_bytes(content.encode(errors="surrogateescape"))

    with pytest.raises(SourceRefused) as caught:
        tables.frame_of(tables.trial(), tmp_path)

    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    assert PLANTED.lower() not in told.lower()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_packed_file_is_unpacked_whatever_its_members(tmp_path):
    text = tables.as_csv(tables.trial_rows(4)).encode()
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(text[:40]) + gzip.compress(text[40:]))

    assert inspected(tmp_path, "table.csv.gz").rows == 4


@pytest.mark.parametrize("column", ["unit_id", "arm", "event"])
@pytest.mark.parametrize("value", [["a", "b"], {"a": 1}, b"\xff\xfe"])
def test_a_column_that_holds_no_single_value_is_refused(tmp_path, column, value):
    write(tmp_path, [row | {column: value} for row in tables.trial_rows(4)], "table.parquet")

    with pytest.raises(SourceRefused, match=f"in column '{column}' has a type that holds no single value"):
        tables.frame_of(tables.trial(source="table.parquet"), tmp_path)


def test_numbers_truth_and_moments_of_parquet_keep_their_kind(tmp_path):
    rows = [{**row, "event": True, "age": 1.5, "born": at} for at, row in enumerate(tables.trial_rows(2))]
    write(tmp_path, rows, "table.parquet")
    columns = {name: name for name in (*tables.TRIAL, "age", "born")}

    frame = tables.frame_of(tables.trial(source="table.parquet", columns=columns), tmp_path)

    assert list(frame["event"]) == ["1", "1"]
    assert list(frame["age"]) == [1.5, 1.5]
    assert list(frame["born"]) == [0, 1]
