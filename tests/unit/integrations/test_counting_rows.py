"""Rows that a site counts for a monitor: a value that is missing is never taken for nought."""

import pytest

from primum.integrations.monitor_counts import CountsUnread, lines_of_rows
from primum.roadmap.monitors import Counted, Counting
from tests import factories

HEAD = "id,patient,site,truth,flag,score,day\n"
COLUMNS = {"case_id": "id", "patient_id": "patient", "site": "site", "reference": "truth", "prediction": "flag"}
EVIDENCE = factories.evidence(columns=COLUMNS | {"score": "score", "read_at": "day"})
EXPECTED = Counting(
    evidence="readings",
    moment="read_at",
    period="day",
    columns={"expected": Counted(sum="score"), "outputs": Counted()},
)


def counted(folder, *scores):
    file = folder / "rows.csv"
    lines = [f"c{number},p{number},north,1,1,{score},2026-03-02" for number, score in enumerate(scores)]
    file.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return lines_of_rows(evidence=EVIDENCE, file=file, counting=EXPECTED)


def test_a_sum_is_of_every_row(tmp_path):
    (line,) = counted(tmp_path, "0.5", "0.25", "0.25")

    assert (line.counts["expected"], line.counts["outputs"]) == (1.0, 3)


def test_a_sum_over_rows_of_which_some_have_no_value_is_not_known(tmp_path):
    with pytest.raises(CountsUnread, match="'score' is empty in some rows that are summed"):
        counted(tmp_path, "0.5", "", "0.25")


def deaths(folder, *rows):
    file = folder / "rows.csv"
    lines = [f"c{number},p{number},north,{died},{adult},0.5,2026-03-02" for number, (died, adult) in enumerate(rows)]
    file.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    adults = Counting(
        evidence="readings",
        moment="read_at",
        period="day",
        columns={"deaths": Counted(rows={"reference": "1", "prediction": "1"})},
    )
    may_be_empty = EVIDENCE.model_copy(update={"values": {"reference": {"1": "1", "0": "0", "": ""}}})
    return lines_of_rows(evidence=may_be_empty, file=file, counting=adults)


def test_rows_are_counted_by_all_their_values(tmp_path):
    (line,) = deaths(tmp_path, ("1", "1"), ("0", "1"), ("1", "0"), ("", "0"))

    assert line.counts["deaths"] == 1


def test_rows_that_may_be_among_those_counted_are_not_taken_for_others(tmp_path):
    with pytest.raises(CountsUnread, match="'reference' is empty in some rows that would be counted by it"):
        deaths(tmp_path, ("1", "1"), ("", "1"))
