import stat
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from primum.integrations.answers import Answer, Answers, AnswersRefused
from primum.integrations.answers_compared import OutputsRefused, SiteOutputs, compared, outputs_in

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def answer(unit="unit-a", shown="lmm", *, at=NOON, site="north", rollout="heart"):
    return Answer(at=at, rollout=rollout, unit=unit, site=site, shown=shown, stage="pilot", bundle="sha256:b")


def outputs(*rows):
    units, sites, moments = zip(*rows, strict=True)
    return pa.table({"unit": units, "site": sites, "shown_at": pa.array(moments, pa.timestamp("us", tz="UTC"))})


def kept(folder, *answers):
    keeping = Answers(folder=folder, replica="one")
    for one in answers:
        keeping.keep(one)
    keeping.close()
    return folder


def test_each_output_is_held_against_the_last_answer_before_it(tmp_path):
    folder = kept(
        tmp_path / "answers",
        answer(),
        answer("unit-b", "control"),
        answer("unit-c"),
        answer("unit-c", "off", at=NOON + timedelta(minutes=10)),
        answer("unit-d", rollout="lung"),
    )
    shown = outputs(*((f"unit-{name}", "north", NOON + timedelta(minutes=20)) for name in "abcd"))

    found = compared(outputs=shown, answers=folder, rollout="heart", within=HOUR)

    assert found == (SiteOutputs(site="north", outputs=4, allowed=1, unasked=1, refused=2),)
    assert found[0].deviations == 3


@pytest.mark.parametrize(
    ("at", "site"), [(NOON - timedelta(seconds=1), "north"), (NOON + 2 * HOUR, "north"), (NOON, "south")]
)
def test_an_answer_that_came_later_or_long_ago_or_elsewhere_allows_nothing(tmp_path, at, site):
    folder = kept(tmp_path, answer())

    found = compared(outputs=outputs(("unit-a", site, at)), answers=folder, rollout="heart", within=HOUR)

    assert found == (SiteOutputs(site=site, outputs=1, allowed=0, unasked=1, refused=0),)


def test_without_any_answer_every_output_is_a_deviation(tmp_path):
    found = compared(outputs=outputs(("unit-a", "north", NOON)), answers=tmp_path, rollout="heart", within=HOUR)

    assert found == (SiteOutputs(site="north", outputs=1, allowed=0, unasked=1, refused=0),)


def test_a_line_that_was_cut_short_spoils_no_other(tmp_path):
    folder = kept(tmp_path, answer())
    with next(folder.glob("*.ndjson")).open("ab") as file:
        file.write(b'{"at":"2027-03-01T12:0')

    found = compared(outputs=outputs(("unit-a", "north", NOON + HOUR)), answers=folder, rollout="heart", within=HOUR)

    assert found[0].allowed == 1


def test_answers_are_the_owners_alone_and_a_file_for_each_day(tmp_path):
    folder = kept(tmp_path / "answers", answer(), answer(at=NOON + timedelta(days=1)))

    files = sorted(folder.iterdir())

    assert [file.name for file in files] == ["2027-03-01.one.ndjson", "2027-03-02.one.ndjson"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "answers").touch()

    with pytest.raises(AnswersRefused, match="cannot be kept"):
        Answers(folder=tmp_path / "answers", replica="one").keep(answer())


def test_a_log_of_outputs_is_read_as_text_and_moments(tmp_path):
    file = tmp_path / "outputs.csv"
    file.write_text("unit,site,shown_at,more\n007,north,2027-03-01T13:00:00+01:00,x\n")
    folder = kept(tmp_path / "answers", answer("007"))

    found = compared(outputs=outputs_in(file), answers=folder, rollout="heart", within=HOUR)

    assert found == (SiteOutputs(site="north", outputs=1, allowed=1, unasked=0, refused=0),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("unit,site\n1,north\n", "cannot be compared"),
        ("unit,site,shown_at\n1,north,yesterday\n", "cannot be compared"),
        ("unit,site,shown_at\n1,north,2027-03-01T13:00:00\n", "a moment with its zone"),
        ("unit,site,shown_at\n1,north,2027-03-01\n", "a moment with its zone"),
        ("unit,site,shown_at\n1,,2027-03-01T12:00:00Z\n", "`site` is empty in 1 rows"),
    ],
)
def test_a_log_that_cannot_be_compared_is_refused(tmp_path, text, sentence):
    file = tmp_path / "outputs.csv"
    file.write_text(text)

    with pytest.raises(OutputsRefused, match=sentence):
        outputs_in(file)


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_a_moment_of_a_parquet_file_says_its_zone(tmp_path, zone):
    moments = pa.array([NOON], pa.timestamp("us", tz=zone))
    pq.write_table(pa.table({"unit": ["1"], "site": ["north"], "shown_at": moments}), tmp_path / "outputs.parquet")

    if zone is None:
        with pytest.raises(OutputsRefused, match="a moment with its zone"):
            outputs_in(tmp_path / "outputs.parquet")
        return

    assert outputs_in(tmp_path / "outputs.parquet").column("shown_at").to_pylist() == [NOON]
