import duckdb
import pytest

from benchmarks import suites_data, suites_steps
from primum.integrations.expectations import suites_for


@pytest.mark.parametrize("kind", suites_data.TABLES)
def test_a_suite_that_is_measured_is_whole_and_its_plain_query_asks_the_same(kind, tmp_path):
    suites_data.write(kind, 600, tmp_path / kind)
    asked = suites_data.expectations(kind)

    with duckdb.connect(str(tmp_path / kind / "table.duckdb"), read_only=True) as connection:
        (plain,) = connection.execute(suites_data.plain_query(kind)).fetchall()
        suites_steps.suite(tmp_path / kind, connection)()

    assert {one.id for suite in suites_for(kind) for one in suite.expectations} <= {one.id for one in asked}
    assert len(plain) == len(asked)
    assert set(plain) <= {0, 600, True}
