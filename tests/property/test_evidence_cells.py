import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.counting import count
from tests import evidence_factories as make

KEYS = ("site", "sex", "prediction")
levels = st.sampled_from(["", "a", "b", "c"])
tables = st.dictionaries(st.tuples(levels, levels, levels), st.integers(0, 50), min_size=1, max_size=12)


@given(st.lists(tables, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_merging_does_not_depend_on_the_order(parts, rng: random.Random):
    cells = [make.cells("diagnostic", KEYS, rows, source=str(place)) for place, rows in enumerate(parts)]
    shuffled = rng.sample(cells, len(cells))

    assert merged(cells).digest == merged(shuffled).digest


@given(st.lists(tables, min_size=1, max_size=5))
def test_merged_sites_are_one_pass_over_all_rows(parts):
    cells = [make.cells("diagnostic", KEYS, rows, source=str(place)) for place, rows in enumerate(parts)]
    sources = tuple(str(place) for place in range(len(parts)))

    whole = count([make.batch(KEYS, rows) for rows in parts], kind="diagnostic", keys=KEYS, sources=sources)

    assert merged(cells).digest == whole.digest


@given(tables, st.sampled_from(KEYS))
def test_the_parts_add_up_to_the_whole(rows, key):
    cells = make.cells("diagnostic", KEYS, rows)

    assert sum(part.total() for part in cells.by(key).values()) == cells.total() == sum(rows.values())
    assert cells.marginal(key).total() == cells.total()


@given(tables)
def test_a_marginal_counts_what_a_filter_counts(rows):
    cells = make.cells("diagnostic", KEYS, rows)

    for level in cells.levels_of("sex"):
        assert cells.marginal("sex").where(sex=level).total() == cells.where(sex=level).total()


def merged(parts: list[Cells]) -> Cells:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.merge(part)
    return whole


@pytest.mark.parametrize("forty", [40])
def test_forty_sites_merge_bit_exactly_in_any_order(forty):
    rng = random.Random(3)
    cells = [
        make.cells("diagnostic", KEYS, {(f"site{place}", "a", "b"): rng.randint(1, 99)}, source=str(place))
        for place in range(forty)
    ]

    assert merged(cells).digest == merged(cells[::-1]).digest
