"""What a large table is refused for, what it may not reach, and what it never proves."""

import json
import logging

import pytest
import sqlalchemy as sa

from primum.integrations import expectations, expectations_large, sources
from primum.integrations.expectations import Room
from primum.integrations.expectations_duckdb import file_in_duckdb
from primum.integrations.expectations_postgres import table_in_postgres
from primum.integrations.mapping_sql_words import NotInSql
from primum.integrations.sources import LIMITS, SourceRefused
from primum.roadmap.verdicts import Outcome
from tests import table_factories as tables
from tests.table_factories import by_id

SOUND = [row | {"patient_id": f"Q{at}", "age": str(30 + at)} for at, row in enumerate(tables.trial_rows(8))]
COLUMNS = {name: name for name in SOUND[0]}
IN_SQL = Room(rows=1)
PLANTED = tables.PLANTED


def changed(**columns):
    return [row | {name: value[at] for name, value in columns.items() if at in value} for at, row in enumerate(SOUND)]


@pytest.fixture(params=["duckdb", "postgres"])
def put(request, tmp_path):
    """Write rows where a database finds them, and say where they are."""

    def write(rows, **more):
        if request.param == "duckdb":
            tables.write(tmp_path, rows)
            return tables.evidence("trial", columns=COLUMNS, **more)
        url = request.getfixturevalue("empty_postgres_url")
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text(f"CREATE TABLE rows ({', '.join(f'{name} text' for name in COLUMNS)})"))
            marks = ", ".join(f":{name}" for name in COLUMNS)
            connection.execute(sa.text(f"INSERT INTO rows VALUES ({marks})"), rows)
        engine.dispose()
        return tables.evidence("trial", columns=COLUMNS, source=url, query="rows", **more)

    return write


def check(declared, folder, room=IN_SQL):
    facts = sources.inspect(evidence=declared, base=folder)
    return expectations.check_table(evidence=declared, base=folder, digest=facts.digest, rows=facts.rows, room=room)


def refusal(declared, folder, room):
    with pytest.raises(SourceRefused) as caught:
        check(declared, folder, room)
    assert caught.value.__context__ is None
    return str(caught.value)


REFUSED = [
    ({"arm": {0: PLANTED, 3: PLANTED}}, {}, "2 row(s) have a value that nobody translated"),
    ({"event": {0: ""}}, {"values": {"event": {"0": "0"}}}, "row(s) have a value that nobody translated"),
    ({"site": {2: " "}}, {}, "1 of 8 row(s) have no value"),
    ({"unit_id": {2: "\u00a0"}}, {}, "1 of 8 row(s) have no value"),
    ({"unit_id": {1: "P007"}}, {}, "has 'unit_id' twice: 1 row(s)"),
    ({"unit_id": {1: "P000"}}, {}, "1 unit(s) of 'unit_id' in both arms"),
    ({"patient_id": {1: "Q0"}}, {}, "1 unit(s) of 'patient_id' in both arms"),
    ({"unit_id": {1: "p000 "}}, {}, "2 different values of 'unit_id' that look alike"),
    ({"patient_id": {0: "007", 1: "7", 2: "7.0"}}, {}, "3 different values of 'patient_id' that look alike"),
    ({"patient_id": {0: "e\u0301", 1: "\u00c9", 2: "\uff31\uff17"}}, {}, "4 different values of 'patient_id'"),
    ({"site": {1: "NORTH"}}, {}, "2 different values of 'site' that look alike"),
    ({"age": {1: "NaN"}}, {}, "1 value(s) say NA, NaN, null or infinite"),
    ({"age": {1: "x" * 70_000}}, {}, "have a text of more than 65,536 bytes"),
    ({"site": {1: "x" * 2_000}}, {}, "has labels of more than 1,000 letters"),
]


@pytest.mark.parametrize(("wrong", "more", "words"), REFUSED)
def test_a_large_table_is_refused_in_the_words_of_a_small_one(put, tmp_path, monkeypatch, wrong, more, words):
    declared = put(changed(**wrong), **more)
    in_memory = refusal(declared, tmp_path, Room())
    monkeypatch.setattr(sources, "frame", None)

    in_sql = refusal(declared, tmp_path, IN_SQL)

    assert in_sql == in_memory
    assert words in in_sql
    assert PLANTED not in in_sql


@pytest.mark.parametrize("empty", ["", " "])
def test_a_column_without_a_value_proves_nothing_there_either(put, tmp_path, empty):
    declared = put([row | {"event": empty, "age": empty} for row in SOUND])

    said = check(declared, tmp_path)

    assert said.outcome is Outcome.FAIL
    assert by_id(said)["guard.event.some"].unexpected == len(SOUND)
    assert by_id(said)["guard.age.some"].outcome is Outcome.FAIL
    assert said == check(declared, tmp_path, Room())


def own(folder, *rules):
    written = [
        rule | {"notes": "Made for a test.", "meta": {"id": f"own.{at}", "requirements": []}}
        for at, rule in enumerate(rules)
    ]
    (folder / "own.json").write_text(json.dumps({"name": "own", "expectations": written}))
    return ("own.json",)


def rule(name, **kwargs):
    return {"type": f"expect_{name}", "kwargs": kwargs}


NOT_ALIKE = [
    (rule("column_mean_to_be_between", column="age", max_value=3), Outcome.FAIL),
    (rule("column_values_to_be_between", column="site", min_value=3), Outcome.ERROR),
    (rule("column_values_to_be_in_set", column="age", value_set=["30"]), Outcome.FAIL),
    (rule("column_values_to_match_regex", column="unit_id", regex=r"^(\w)\d+(?<!x)$"), Outcome.PASS),
]


def test_what_a_database_would_answer_otherwise_is_asked_of_its_own_columns_in_memory(put, tmp_path, monkeypatch):
    declared = put(SOUND, suites=own(tmp_path, *(one for one, _ in NOT_ALIKE)))
    in_memory = check(declared, tmp_path, Room())
    read, frame = [], sources.frame
    monkeypatch.setattr(sources, "frame", lambda **asked: read.append(set(asked["only"])) or frame(**asked))

    said = check(declared, tmp_path)

    assert said == in_memory
    assert [by_id(said)[f"own.{at}"].outcome for at in range(len(NOT_ALIKE))] == [one for _, one in NOT_ALIKE]
    assert len(read) == 1
    assert read[0] <= {"age", "site", "unit_id"}


def test_a_pattern_is_read_as_python_reads_it_beyond_ascii_too(put, tmp_path):
    word = rule("column_values_to_not_match_regex", column="patient_id", regex=r"(?i)\bordered\b")
    line = rule("column_values_to_match_regex", column="patient_id", regex=r"^\w+$")
    rows = changed(patient_id={0: "\u00e9ordered", 1: "\u00e9 ORDERED", 2: "ordered", 3: "a\n", 4: "\u0663"})
    declared = put(rows, suites=own(tmp_path, word, line))

    said = check(declared, tmp_path)

    assert by_id(said)["own.0"].unexpected == 2
    assert by_id(said)["own.1"].unexpected == 1
    assert said == check(declared, tmp_path, Room())


def test_no_value_is_logged_or_printed(put, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    broken = rule("column_values_to_be_in_set", column="patient_id", value_set=["North"])
    declared = put(changed(patient_id={0: PLANTED}), suites=own(tmp_path, broken))

    said = check(declared, tmp_path)

    assert by_id(said)["own.0"].unexpected == len(SOUND)
    printed = capfd.readouterr()
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("sqlalchemy"))
    for words in (repr(said), ours, printed.out, printed.err):
        assert PLANTED not in words


def test_rows_that_changed_since_they_were_registered_are_refused(put, tmp_path):
    declared = put(SOUND)

    with pytest.raises(SourceRefused, match="was registered as sha256:0000"):
        expectations.check_table(
            evidence=declared, base=tmp_path, digest=f"sha256:{'0' * 64}", rows=len(SOUND), room=IN_SQL
        )


@pytest.fixture
def held(tmp_path):
    """A table inside DuckDB, with a folder for what spills."""
    tables.write(tmp_path, SOUND)
    (tmp_path / "other.csv").write_text("a\n1\n")
    (tmp_path / "scratch").mkdir()
    declared = tables.evidence("trial", columns=COLUMNS)
    digest = sources.inspect(evidence=declared, base=tmp_path).digest
    return file_in_duckdb(evidence=declared, base=tmp_path, digest=digest, limits=LIMITS, scratch=tmp_path / "scratch")


@pytest.mark.parametrize(
    "reach",
    [
        "SELECT * FROM read_csv('{folder}/other.csv')",
        "COPY (SELECT 1) TO '{folder}/written.csv'",
        "ATTACH '{folder}/written.duckdb'",
        "SET enable_external_access = true",
        "SET memory_limit = '8GB'",
        "INSTALL httpfs",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
    ],
)
def test_duckdb_reaches_nothing_but_the_table(held, tmp_path, reach):
    with pytest.raises(NotInSql), held as table:
        table.connection.exec_driver_sql(reach.format(folder=tmp_path))

    assert not list(tmp_path.glob("written*"))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_duckdb_keeps_beside_its_memory_is_removed(held, tmp_path):
    with held as table:
        during = list((tmp_path / "scratch").iterdir())

    assert table.rows == len(SOUND)
    assert len(during) == 1
    assert list((tmp_path / "scratch").iterdir()) == []


def test_nothing_is_written_into_a_hospitals_database(empty_postgres_url, tmp_path):
    engine = sa.create_engine(empty_postgres_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE rows AS SELECT 'R1' AS record_id, 'North' AS site"))
    declared = tables.trial(
        source=empty_postgres_url, query="SELECT record_id AS unit_id, 'control' AS arm, site, 0 AS event FROM rows"
    )
    digest = sources.inspect(evidence=declared, base=tmp_path).digest

    with (
        pytest.raises(NotInSql),
        table_in_postgres(evidence=declared, base=tmp_path, digest=digest, limits=LIMITS) as table,
    ):
        table.connection.execute(sa.text("CREATE TEMPORARY TABLE more (a int)"))
    engine.dispose()


@pytest.mark.parametrize(
    ("source", "rows", "large"),
    [
        ("table.csv", 200_000, True),
        ("table.csv", 199_999, False),
        ("table.csv", None, False),
        ("postgresql+psycopg://host/db", 200_000, True),
        ("postgresql+psycopg://host/db", None, False),
        ("sqlite:///hospital.db", 1_000_000, False),
    ],
)
def test_a_table_is_large_by_its_rows(tmp_path, source, rows, large):
    tables.write(tmp_path, SOUND)

    assert expectations_large.is_large(tables.trial(source=source), base=tmp_path, rows=rows, room=Room()) is large


def test_a_table_is_large_by_its_bytes_too(tmp_path):
    with (tmp_path / "table.csv").open("wb") as file:
        file.truncate(expectations_large.LARGE_FILE)

    assert expectations_large.is_large(tables.trial(), base=tmp_path, rows=None, room=Room())
