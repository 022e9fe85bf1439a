import traceback
from contextlib import closing
from dataclasses import replace

import pytest
import sqlalchemy as sa

from primum.evidence.counts.counting import count
from primum.integrations import sources
from primum.integrations.sources import LIMITS, SourceRefused
from tests import table_factories as tables

ENGINES = ("sqlite", "postgres")
MANY = 40_000


@pytest.fixture(params=ENGINES)
def url(request, tmp_path):
    """An empty database on each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hospital.db'}"
    return request.getfixturevalue("empty_postgres_url")


@pytest.fixture
def database(url):
    """The statements of a test run in the hospital's database, with everything it may do."""

    def run(*statements, rows=()):
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement), *([list(rows)] if rows else []))
        engine.dispose()

    return run


@pytest.fixture
def trial(url, database):
    """A trial in a table of the database, its identifiers kept as text."""
    database("CREATE TABLE trial (unit_id VARCHAR(30), arm VARCHAR(30), site VARCHAR(30), event INTEGER)")
    insert(database, [row | {"event": int(row["event"])} for row in tables.trial_rows(9)])
    return tables.trial(source=url, query="trial")


def insert(database, rows):
    database("INSERT INTO trial (unit_id, arm, site, event) VALUES (:unit_id, :arm, :site, :event)", rows=rows)


def facts_of(declared, folder, **changes):
    return sources.inspect(evidence=declared.model_copy(update=changes), base=folder)


def refusal(declared, folder, **changes) -> str:
    with pytest.raises(SourceRefused) as caught:
        facts_of(declared, folder, **changes)
    assert caught.value.__context__ is None
    return str(caught.value)


def test_a_table_of_a_database_is_read_like_a_file(trial, tmp_path):
    facts = facts_of(trial, tmp_path)

    frame = sources.frame(evidence=trial, base=tmp_path, digest=facts.digest)
    batches = sources.coded_batches(evidence=trial, base=tmp_path, digest=facts.digest, keys=("arm", "event"))
    cells = count(batches, kind="trial", keys=("arm", "event"), sources=(facts.digest,))

    assert facts.rows == len(frame) == 9
    assert list(cells.counts) == [3, 2, 3, 1]


def test_the_digest_does_not_depend_on_the_order_of_the_rows_and_tells_every_change(trial, database, tmp_path):
    before = facts_of(trial, tmp_path).digest
    turned = facts_of(trial, tmp_path, query="SELECT * FROM trial ORDER BY unit_id DESC").digest
    assert turned == before

    database("UPDATE trial SET event = NULL WHERE unit_id = 'P003'")

    assert facts_of(trial, tmp_path).digest != before
    with pytest.raises(SourceRefused, match="was registered as sha256:"):
        sources.frame(evidence=trial, base=tmp_path, digest=before)
    with pytest.raises(SourceRefused, match="was registered as sha256:"):
        list(sources.coded_batches(evidence=trial, base=tmp_path, digest=before, keys=("arm",)))


def test_one_and_the_text_one_have_different_digests(trial, database, tmp_path):
    number = facts_of(trial, tmp_path, query="SELECT unit_id, arm, site, 1 AS event FROM trial").digest
    text = facts_of(trial, tmp_path, query="SELECT unit_id, arm, site, '1' AS event FROM trial").digest

    assert number != text


def test_many_rows_come_in_chunks(trial, database, tmp_path):
    insert(database, [row | {"event": 1, "unit_id": f"Q{at}"} for at, row in enumerate(tables.trial_rows(MANY))])
    facts = facts_of(trial, tmp_path)

    chunks = list(sources.coded_batches(evidence=trial, base=tmp_path, digest=facts.digest, keys=("arm",)))

    assert facts.rows == sum(len(chunk["arm"][0]) for chunk in chunks) == MANY + 9
    assert len(chunks) > 1


def test_identifiers_from_a_database_stay_apart(trial, database, tmp_path):
    names = ["001", "1e0", "NA", "null", "9007199254740992", "9007199254740993"]
    database("DELETE FROM trial")
    insert(database, [{"unit_id": name, "arm": "control", "site": "North", "event": 0} for name in names])

    assert sorted(tables.frame_of(trial, tmp_path)["unit_id"]) == sorted(names)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"query": "SELECT unit_id, arm, site FROM trial"}, "has no column 'event'"),
        ({"query": "SELECT * FROM trial WHERE 1 = 0"}, "has no rows"),
        ({"query": "SELECT t.*, 'x' AS arm FROM trial t"}, "more than once, 'arm' among them"),
        ({"query": "DELETE FROM trial"}, "needs a `query`"),
        ({"query": ""}, "needs a `query`"),
        ({"query": "absent"}, "cannot be read"),
        ({"query": "SELECT * FROM trial; DROP TABLE trial"}, "cannot be read"),
    ],
)
def test_a_query_that_does_not_give_the_table_is_refused(trial, tmp_path, changes, words):
    assert words in refusal(trial, tmp_path, **changes)
    assert facts_of(trial, tmp_path).rows == 9


def test_more_rows_than_the_limit_are_refused_before_they_are_read(trial, tmp_path):
    with pytest.raises(SourceRefused, match="has more than the 8 rows"):
        sources.inspect(evidence=trial, base=tmp_path, limits=replace(LIMITS, rows=8))

    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS unit_id, i AS arm, "
    with pytest.raises(SourceRefused, match="has more than the 9 rows"):
        sources.inspect(
            evidence=trial.model_copy(update={"query": endless + "i AS site, i AS event FROM n"}),
            base=tmp_path,
            limits=replace(LIMITS, rows=9),
        )


def test_nothing_can_be_written_through_a_source(trial, url, tmp_path):
    writing = "WITH gone AS (DELETE FROM trial RETURNING *) SELECT * FROM gone"

    refusal(trial, tmp_path, query=writing)

    assert facts_of(trial, tmp_path).rows == 9


@pytest.mark.parametrize("query", ["SELECT *, '12:30' AS noon FROM trial", "SELECT * FROM trial WHERE site LIKE 'N%'"])
def test_colons_and_percent_signs_of_a_query_are_its_own(trial, tmp_path, query):
    assert facts_of(trial, tmp_path, query=query).rows == 9


def test_no_value_of_a_row_is_in_what_a_database_complains_of(trial, database, tmp_path):
    database(f"UPDATE trial SET site = '{tables.PLANTED}' WHERE unit_id = 'P003'")
    query = "SELECT unit_id, arm, site, CAST(site AS INTEGER) AS event FROM trial"

    with pytest.raises(SourceRefused) as caught:
        tables.frame_of(trial.model_copy(update={"query": query, "values": {"site": {"North": "North"}}}), tmp_path)

    assert tables.PLANTED not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_a_password_comes_from_the_environment_and_is_never_shown(
    postgres_server, database, trial, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOSPITAL_PASSWORD", "p@ss/w:rd")
    address = str(postgres_server.url("nowhere")).replace("postgres@", "reader:${HOSPITAL_PASSWORD}@")

    sentence = refusal(trial, tmp_path, source=address)

    assert "does not let us in" in sentence
    assert "p@ss" not in sentence
    monkeypatch.delenv("HOSPITAL_PASSWORD")
    assert "HOSPITAL_PASSWORD" in refusal(trial, tmp_path, source=address)


def test_where_a_table_is_can_be_shown_to_everybody(trial, tmp_path):
    shown = facts_of(trial, tmp_path).location
    selected = facts_of(trial, tmp_path, query="SELECT * FROM trial WHERE site = 'North'").location

    assert shown.endswith(" trial")
    assert "host=" not in shown
    assert "North" not in selected


def test_a_database_that_is_away_is_refused(trial, tmp_path):
    assert "cannot be read" in refusal(trial, tmp_path, source="postgresql+psycopg://u@127.0.0.1:1/x")
    assert "is not there" in refusal(trial, tmp_path, source="sqlite:///absent.db")
    assert not (tmp_path / "absent.db").exists()
    assert "cannot be read" in refusal(trial, tmp_path, source="teradata://host/x")


def test_a_mixed_column_of_sqlite_loses_nothing(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'mixed.db'}")
    with closing(engine.raw_connection()) as connection:
        connection.execute("CREATE TABLE trial (unit_id, arm, site, event)")
        ids = [1, "2", 3.0, "4.5x", 2**53 + 1]
        connection.executemany("INSERT INTO trial VALUES (?, 'control', 'North', 0)", [(one,) for one in ids])
        connection.commit()
    engine.dispose()

    frame = tables.frame_of(tables.trial(source="sqlite:///mixed.db", query="trial"), tmp_path)

    assert list(frame["unit_id"]) == ["1", "2", "3", "4.5x", "9007199254740993"]
