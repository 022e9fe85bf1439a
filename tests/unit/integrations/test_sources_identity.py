import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.integrations.mapping_identity import folded, lookalikes
from primum.integrations.sources import SourceRefused
from tests import table_factories as tables

APART = ["001", "1e0", "NA", "null", "None", "nan", "9007199254740992", "9007199254740993", "-5", "a1", "true"]


def refusal(declared, folder) -> str:
    with pytest.raises(SourceRefused) as caught:
        tables.frame_of(declared, folder)
    return str(caught.value)


def write_parquet(folder, rows):
    pq.write_table(pa.Table.from_pylist(rows), folder / "table.parquet")


@pytest.mark.parametrize("source", ["table.csv", "table.csv.gz", "table.parquet"])
def test_identifiers_are_text_and_stay_apart(tmp_path, source):
    rows = [{"unit_id": name, "arm": "control", "site": "North", "event": "0"} for name in APART]
    tables.write(tmp_path, rows, name=source) if "csv" in source else write_parquet(tmp_path, rows)

    frame = tables.frame_of(tables.trial(source=source), tmp_path)

    assert list(frame["unit_id"]) == APART


def test_whole_numbers_above_what_a_float_holds_stay_apart(tmp_path):
    large = 2**53
    write_parquet(tmp_path, [{**row, "unit_id": large + at} for at, row in enumerate(tables.trial_rows(2))])

    frame = tables.frame_of(tables.trial(source="table.parquet"), tmp_path)

    assert list(frame["unit_id"]) == [str(large), str(large + 1)]


def test_identifiers_kept_as_floats_are_read_only_while_they_are_exact(tmp_path):
    write_parquet(tmp_path, [{**row, "unit_id": float(at)} for at, row in enumerate(tables.trial_rows(2))])
    assert list(tables.frame_of(tables.trial(source="table.parquet"), tmp_path)["unit_id"]) == ["0", "1"]

    write_parquet(tmp_path, [{**row, "unit_id": at + 2.0**53} for at, row in enumerate(tables.trial_rows(2))])
    assert "2 value(s) are kept as floating numbers" in refusal(tables.trial(source="table.parquet"), tmp_path)


def test_a_unit_that_appears_twice_is_refused(tmp_path):
    tables.write(tmp_path, tables.trial_rows(6, unit_id="P002"))

    assert "has 'unit_id' twice: 1 row(s) repeat" in refusal(tables.trial(), tmp_path)


def test_a_unit_in_both_arms_is_refused(tmp_path):
    tables.write(tmp_path, tables.trial_rows(6, unit_id="P001"))

    assert "has 1 unit(s) of 'unit_id' in both arms" in refusal(tables.trial(), tmp_path)


def test_a_patient_in_both_arms_is_refused_although_each_unit_is_in_one(tmp_path):
    columns = {name: name for name in tables.TRIAL} | {"patient_id": "patient_id"}
    tables.write(tmp_path, [{**row, "patient_id": f"x{at // 2}"} for at, row in enumerate(tables.trial_rows(6))])

    assert "has 3 unit(s) of 'patient_id' in both arms" in refusal(tables.trial(columns=columns), tmp_path)


def test_each_reader_may_read_each_case_once(tmp_path):
    columns = {name: name for name in ("case_id", "patient_id", "site", "reference", "prediction", "reader")}
    row = {"case_id": "c1", "patient_id": "p1", "site": "N", "reference": "1", "prediction": "1", "reader": "A"}
    declared = tables.evidence("diagnostic", columns=columns)
    tables.write(tmp_path, [row, row | {"reader": "B"}])
    assert len(tables.frame_of(declared, tmp_path)) == 2

    tables.write(tmp_path, [row, row])
    assert "'case_id' and 'reader' twice: 1 row(s)" in refusal(declared, tmp_path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("P002", "p002"),
        ("2", "002"),
        ("2", "2.0"),
        ("P002", " P002"),
        ("P002", "\uff30002"),
        ("caf\u00e9", "cafe\u0301"),
        ("stra\u00dfe", "STRASSE"),
        ("P002", "P00\u200b2"),
        ("0", "00"),
    ],
)
def test_identifiers_that_look_alike_are_refused_and_not_shown(tmp_path, one, other):
    rows = tables.trial_rows(4)
    rows[1]["unit_id"], rows[2]["unit_id"] = one, other
    tables.write(tmp_path, rows)

    sentence = refusal(tables.trial(), tmp_path)

    assert "has 2 different values of 'unit_id' that look alike" in sentence
    assert f"'{one}'" not in sentence


def test_two_spellings_of_one_site_are_refused(tmp_path):
    tables.write(tmp_path, tables.trial_rows(4, site="north "))

    assert "of 'site' that look alike" in refusal(tables.trial(), tmp_path)


@given(st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1))
def test_blanks_and_case_never_tell_two_identifiers_apart(text):
    shouted = f" {text.strip().swapcase()} "

    assert folded(pa.array([shouted], pa.large_string())).equals(folded(pa.array([text], pa.large_string())))


@given(st.lists(st.integers(min_value=1), unique=True))
def test_plain_numbers_never_look_alike(numbers):
    assert lookalikes(pa.array([str(number) for number in numbers], pa.large_string())) == 0
