import json
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from primum.integrations import expectations, sources
from primum.integrations.expectations import Room
from primum.integrations.sources import SourceRefused
from tests import table_factories as tables

ROWS = 6
# What hospitals write where somebody expects a number, a label, a moment, a name, or nothing.
ODD = [
    "",
    " ",
    "\u00a0x",
    "0",
    "1",
    "1.0",
    "01",
    "true",
    "NA",
    "nan",
    "-5",
    "+3",
    "1e3",
    "1e999",
    ".5",
    "abc",
    "ABC ",
    "\u00e9",
]
ODD += [
    "\u00c9",
    "\ufb01",
    "inf",
    "2026-03-01T09:00:00Z",
    "2026-02-30T00:00Z",
    "2026-03-01",
    "it's",
    '"',
    "%d :x ?",
    "a\n",
]
SOUND = {
    "unit_id": [f"U{at}" for at in range(ROWS)],
    "site": ["North", "South"] * 3,
    "age": [str(30 + at) for at in range(ROWS)],
    "group": ["a", "b"] * 3,
    "score": ["0.5", ""] * 3,
}
NAMES = st.sampled_from([*SOUND])
CONDITIONS = st.one_of(
    st.none(),
    st.builds(
        lambda name, operator, value: {
            "type": "comparison",
            "column": {"name": name},
            "operator": operator,
            "parameter": value,
        },
        NAMES,
        st.sampled_from(["==", "!=", "<", ">="]),
        st.sampled_from(["North", "1", 31, 0.5]),
    ),
    st.builds(lambda name, said: {"type": "nullity", "column": {"name": name}, "is_null": said}, NAMES, st.booleans()),
)
RULES = st.one_of(
    st.tuples(st.just("not_be_null"), st.fixed_dictionaries({})),
    st.tuples(st.just("be_unique"), st.fixed_dictionaries({})),
    st.tuples(
        st.just("be_in_set"),
        st.fixed_dictionaries({"value_set": st.sampled_from([["0", "1"], [0, 1], ["a", "North"], [0.5, 31]])}),
    ),
    st.tuples(
        st.just("be_between"),
        st.fixed_dictionaries({"min_value": st.sampled_from([0, 0.5, 31]), "strict_min": st.booleans()}),
    ),
    st.tuples(
        st.just("match_regex"),
        st.fixed_dictionaries({"regex": st.sampled_from([r"^[A-Z]", r"\d$", r"(?i)\bn", r"^\S+$"])}),
    ),
)


def written(folder, changes, rules):
    rows = [dict(zip(SOUND, row, strict=True)) for row in zip(*SOUND.values(), strict=True)]
    for at, name, odd in changes:
        rows[at][name] = odd
    tables.write(folder, rows)
    asked = [
        {
            "type": f"expect_column_values_to_{what}",
            "kwargs": {"column": name, **kwargs, **({"row_condition": where} if where else {})},
            "notes": "Drawn at random.",
            "meta": {"id": f"own.{at}", "requirements": []},
        }
        for at, (name, (what, kwargs), where) in enumerate(rules)
    ]
    (folder / "own.json").write_text(json.dumps({"name": "own", "expectations": asked}))
    return tables.evidence("inputs", columns={name: name for name in SOUND}, suites=("own.json",))


def said(declared, folder, room):
    digest = sources.inspect(evidence=declared, base=folder).digest
    try:
        return expectations.check_table(evidence=declared, base=folder, digest=digest, rows=ROWS, room=room)
    except SourceRefused as refused:
        return str(refused)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.lists(st.tuples(st.integers(0, ROWS - 1), NAMES, st.sampled_from(ODD)), max_size=2),
    rules=st.lists(st.tuples(NAMES, RULES, CONDITIONS), min_size=1, max_size=5),
)
def test_a_table_is_judged_or_refused_alike_in_memory_and_in_duckdb(changes, rules):
    with tempfile.TemporaryDirectory() as made:
        declared = written(Path(made), changes, rules)

        assert said(declared, Path(made), Room(rows=1)) == said(declared, Path(made), Room())
