"""A large table is checked in a database and says what it would say in memory, of every suite and every fault."""

from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from primum.integrations import expectations, expectations_large, sources
from primum.integrations.expectations import Room, suites_for
from primum.integrations.expectations_guard import guard_of
from primum.roadmap.columns import Form
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.verdicts import Outcome
from tests import table_factories as tables
from tests.table_breaches import BREACHES, LOG_BREACHES, rows_of, rows_of_a_log

IN_MEMORY, IN_SQL = Room(rows=1_000_000_000), Room(rows=1)
TYPED = {
    Form.WHOLE: pa.int64(),
    Form.NUMBER: pa.float64(),
    Form.BINARY: pa.int64(),
    Form.MOMENT: pa.timestamp("us", "UTC"),
}
IN_POSTGRES = {pa.int64(): "bigint", pa.float64(): "double precision", pa.timestamp("us", "UTC"): "timestamptz"}
PLACES = ("csv", "parquet", "parquet, typed", "postgres", "postgres, typed")
KINDS = (*BREACHES, "interactions")
# What else could be wrong with a table of checks is refused before any expectation sees it.
CAN_BREAK = tuple(kind for kind in KINDS if kind != "checks")


def rows(kind, *, faulty):
    if kind == "interactions":
        return rows_of_a_log(LOG_BREACHES if faulty else [({"topic": "treatment"}, "")] * 6)
    return rows_of(kind, BREACHES[kind] if faulty else [])


def types_of(kind, names):
    known = CONTRACTS[kind].by_name
    return {name: TYPED.get(known[name].form, pa.string()) if name in known else pa.string() for name in names}


def typed(kind, written):
    names = types_of(kind, written[0])
    texts = pa.table({name: pa.array([row[name] or None for row in written], pa.string()) for name in names})
    return texts.cast(pa.schema(list(names.items())))


@pytest.fixture
def place(tmp_path, request):
    """Put rows of a kind into one of the places, and say where they are."""

    def put(where, kind, written):
        columns = {name: name for name in written[0]}
        if where.startswith("csv"):
            tables.write(tmp_path, written, name=f"table.{where}")
            return tables.evidence(kind, columns=columns, source=f"table.{where}")
        if where.startswith("parquet"):
            table = typed(kind, written) if "typed" in where else pa.Table.from_pylist(written)
            pq.write_table(table, tmp_path / "table.parquet", row_group_size=7)
            return tables.evidence(kind, columns=columns, source="table.parquet")
        url = request.getfixturevalue("empty_postgres_url")
        kinds = types_of(kind, columns) if "typed" in where else dict.fromkeys(columns, pa.string())
        write_to_postgres(url, typed(kind, written) if "typed" in where else pa.Table.from_pylist(written), kinds)
        return tables.evidence(kind, columns=columns, source=url, query="rows")

    return put


def write_to_postgres(url, table, kinds):
    columns = ", ".join(f'"{name}" {IN_POSTGRES.get(kind, "text")}' for name, kind in kinds.items())
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE rows ({columns})"))
        marks = ", ".join(f":{name}" for name in kinds)
        connection.execute(sa.text(f"INSERT INTO rows VALUES ({marks})"), table.to_pylist())
    engine.dispose()


@pytest.fixture(scope="module")
def in_memory(tmp_path_factory):
    """What a kind's table, sound or faulty, says when it is read into memory."""

    @cache
    def check(kind, faulty):
        folder = tmp_path_factory.mktemp("memory")
        written = rows(kind, faulty=faulty)
        tables.write(folder, written)
        return said(tables.evidence(kind, columns={name: name for name in written[0]}), folder, IN_MEMORY)

    return check


def said(declared, folder, room):
    facts = sources.inspect(evidence=declared, base=folder)
    return expectations.check_table(evidence=declared, base=folder, digest=facts.digest, rows=facts.rows, room=room)


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize(
    ("kind", "faulty"), [*((kind, False) for kind in KINDS), *((kind, True) for kind in CAN_BREAK)]
)
def test_every_suite_says_the_same_wherever_its_table_is(place, in_memory, tmp_path, kind, where, faulty):
    declared = place(where, kind, rows(kind, faulty=faulty))

    in_sql = said(declared, tmp_path, IN_SQL)

    assert in_sql == in_memory(kind, faulty)
    assert (in_sql.outcome is Outcome.PASS) is not faulty


@pytest.mark.parametrize("where", ["parquet", "postgres"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_shipped_expectation_needs_the_rows_in_memory(place, tmp_path, monkeypatch, kind, where):
    declared = place(where, kind, rows(kind, faulty=True))
    asked = [one for suite in (guard_of(declared), *suites_for(kind)) for one in suite.expectations]
    facts = sources.inspect(evidence=declared, base=tmp_path)
    monkeypatch.setattr(expectations_large, "_in_memory", None)

    held = expectations_large.held_in_sql(
        evidence=declared, base=tmp_path, digest=facts.digest, asked=asked, room=IN_SQL
    )

    assert set(held.answers) == {one.id for one in asked}
