import pytest

from primum.integrations.mapping import mapped_columns
from primum.integrations.sources import SourceRefused
from tests import table_factories as tables


def refusal(declared, folder) -> str:
    with pytest.raises(SourceRefused) as caught:
        tables.frame_of(declared, folder)
    return str(caught.value)


def test_a_sound_table_has_its_contract_columns(tmp_path):
    tables.write(tmp_path, tables.trial_rows(4))

    frame = tables.frame_of(tables.trial(), tmp_path)

    assert list(frame["arm"]) == ["control", "intervention", "control", "intervention"]
    assert list(frame.columns) == ["unit_id", "arm", "site", "event"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"columns": {"unit_id": "unit_id", "arm": "arm"}}, "does not map 1 required column(s): 'site'"),
        ({"columns": {"unit_id": "unit_id", "Arm": "arm", "site": "site", "arm": "arm"}}, "calls it 'arm'"),
        ({"subgroups": ("sex",)}, "speaks of a column 'sex'"),
        ({"values": {"race": {"a": "b"}}}, "speaks of a column 'race'"),
        ({"values": {"arm": {"new": "treated"}}}, "the contract knows 'control', 'intervention'"),
        ({"values": {"unit_id": {"a": "b"}}}, "identifiers are read as they are"),
    ],
)
def test_a_mapping_that_does_not_fit_its_contract_is_refused_before_a_row_is_read(changes, words):
    with pytest.raises(SourceRefused, match="Table 'table'") as caught:
        mapped_columns(tables.trial(**changes))

    assert words in str(caught.value)


def test_a_closed_contract_takes_a_further_column_only_as_a_subgroup():
    columns = {name: name for name in tables.INTERACTION} | {"ward": "ward"}

    with pytest.raises(SourceRefused, match="'ward', which its contract does not have"):
        mapped_columns(tables.evidence("interactions", columns=columns))

    assert mapped_columns(tables.evidence("interactions", columns=columns, subgroups=("ward",)))


def test_values_are_translated_and_an_unlisted_one_is_counted_and_not_shown(tmp_path):
    declared = tables.trial(values={"arm": {"new": "intervention", "old": "control"}})
    rows = [{**row, "arm": {"control": "old", "intervention": "new"}[row["arm"]]} for row in tables.trial_rows(4)]
    tables.write(tmp_path, rows)

    assert set(tables.frame_of(declared, tmp_path)["arm"]) == {"control", "intervention"}

    rows[2]["arm"] = tables.PLANTED
    tables.write(tmp_path, rows)
    sentence = refusal(declared, tmp_path)

    assert "in column 'arm' 1 row(s) have a value that nobody translated" in sentence
    assert tables.PLANTED not in sentence


@pytest.mark.parametrize("spelled", ["1", "1.0", "true", "True"])
def test_yes_is_1_however_a_program_writes_it(tmp_path, spelled):
    columns = {name: name for name in tables.TRIAL} | {"in_primary": "in_primary"}
    tables.write(tmp_path, [{**row, "in_primary": spelled} for row in tables.trial_rows(2)])

    frame = tables.frame_of(tables.trial(columns=columns), tmp_path)

    assert list(frame["in_primary"]) == ["1", "1"]


@pytest.mark.parametrize("column", ["unit_id", "arm", "site"])
def test_a_missing_value_in_a_required_column_is_refused(tmp_path, column):
    tables.write(tmp_path, tables.trial_rows(4, **{column: " "}))

    sentence = refusal(tables.trial(), tmp_path)

    assert f"in column '{column}' 1 of 4 row(s) have no value" in sentence


def test_an_answer_may_be_missing_only_when_the_mapping_says_so(tmp_path):
    columns = {"case_id": "id", "patient_id": "id", "site": "site", "reference": "truth", "prediction": "flag"}
    tables.write(tmp_path, [{"id": f"c{at}", "site": "North", "truth": "1", "flag": "1" * at} for at in range(2)])

    assert 'list "" under `values`' in refusal(tables.evidence("diagnostic", columns=columns), tmp_path)

    said = {"prediction": {"1": "1", "0": "0", "": ""}}
    frame = tables.frame_of(tables.evidence("diagnostic", columns=columns, values=said), tmp_path)

    assert frame["prediction"].isna().sum() == 1


@pytest.mark.parametrize("word", ["NaN", "NA", "null", "N/A", "inf"])
def test_a_word_for_nothing_in_a_free_column_is_nothing_until_somebody_says_so(tmp_path, word):
    tables.write(tmp_path, tables.trial_rows(4, event=word))

    assert "in column 'event' 1 value(s) say NA, NaN" in refusal(tables.trial(), tmp_path)

    declared = tables.trial(values={"event": {"1": "1", "0": "0", word: ""}})
    assert tables.frame_of(declared, tmp_path)["event"].isna().sum() == 1


@pytest.mark.parametrize(
    ("kind", "row", "words"),
    [
        ("survey", {"score": "3,5"}, "'score' 1 value(s) are no numbers"),
        ("survey", {"score": "1e999"}, "'score' 1 value(s) are infinite"),
        ("outcomes", {"cases": "2.5"}, "'cases' 1 value(s) are not whole numbers"),
        ("documents", {"issued_ts": "2026-03-01 09:00"}, "'issued_ts' 1 value(s) are no moment with its offset"),
        ("documents", {"issued_ts": "2026-13-01T09:00Z"}, "'issued_ts' has moments that no calendar has"),
        ("documents", {"title": "x" * 70_000}, "'title' 1 value(s) have a text of more than 65,536 bytes"),
    ],
)
def test_a_value_of_another_form_is_counted(tmp_path, kind, row, words):
    sound = {
        "survey": {"response_id": "r", "site": "N", "respondent": "patient", "instrument": "quiz", "score": "1"},
        "outcomes": {"record_id": "r", "site": "N", "period": "2026-Q1", "cases": "1", "events": "0"},
        "documents": {
            "document_id": "d",
            "document_kind": "card",
            "title": "t",
            "author": "a",
            "version": "1",
            "issued_ts": "2026-03-01T09:00Z",
            "expires_ts": "",
            "sha256": "a" * 64,
        },
    }[kind]
    tables.write(tmp_path, [sound | row])

    assert words in refusal(tables.evidence(kind), tmp_path)


def test_moments_with_different_offsets_become_one_clock(tmp_path):
    rows = tables.interaction_rows(2, review_ts="2026-03-01T08:20:00Z")
    tables.write(tmp_path, rows)

    moments = tables.frame_of(tables.evidence("interactions"), tmp_path)["review_ts"]

    assert moments.nunique() == 1
    assert str(moments.dt.tz) == "UTC"
