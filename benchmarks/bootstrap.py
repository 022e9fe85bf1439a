"""Cluster bootstrap of 40 sites by 30 subgroups, and the merging of 40 sites' counts, in one process each."""

import time
import tracemalloc
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.report import seconds, spread, table
from benchmarks.tables import SITES
from primum.evidence.counts.cells import Cells, merged
from primum.evidence.counts.counting import CodedBatch, count
from primum.evidence.equity.bootstrap import ClusterTable, Resample, cluster_table, simultaneous_gaps

SUBGROUPS = 30
REPLICATES = 10_000
SCHEMES: dict[Resample, str] = {
    "clusters": "whole sites",
    "patients": "patients",
    "both": "sites, and patients inside them",
}
WHAT = (
    f"{REPLICATES:,} draws of {SITES} sites by {SUBGROUPS} subgroups, with simultaneous intervals of all {SUBGROUPS} "
    f"gaps and of largest minus smallest ({SUBGROUPS * (SUBGROUPS - 1) // 2} pairs). Memory is what Python and numpy "
    "held at most."
)
KEYS = ("site", "subgroup", "reference", "prediction")


def bootstrap(*, rounds: int) -> list[str]:
    """Measure and return the section."""
    whole = sites_by_subgroups()
    drawn = [_scheme(whole, scheme, words, rounds) for scheme, words in SCHEMES.items()]
    parts = counts_of_sites()
    forward = [_clocked(lambda: merged(parts)) for _ in range(rounds)]
    orders = (parts, parts[::-1], [*parts[::3], *parts[1::3], *parts[2::3]])
    same = {merged(order).digest for order in orders}
    return [
        "## Bootstrap and merge of counts",
        "",
        WHAT,
        "",
        *table(("drawn again", "seconds", "peak MB"), drawn),
        _said(spread(forward), cells=parts[0].counts.size, bit_exact=len(same) == 1),
        "",
    ]


def _said(took: str, *, cells: int, bit_exact: bool) -> str:
    order = "the same to the bit in any order" if bit_exact else "NOT the same in another order"
    return f"Merging the counts of {SITES} sites ({cells} cells each): {took} seconds; {order}."


def sites_by_subgroups() -> ClusterTable:
    """Return made counts, a rate of its own for each site and subgroup."""
    draw = np.random.default_rng(4)
    n = draw.integers(20, 80, (SITES, SUBGROUPS))
    events = draw.binomial(n, draw.beta(45, 5, (SITES, SUBGROUPS)))
    return cluster_table(levels=tuple(f"group {at}" for at in range(SUBGROUPS)), events=events, n=n)


def counts_of_sites() -> list[Cells]:
    """Return the counts of each site as it would send them."""
    return [count([_one_site(site)], kind="diagnostic", keys=KEYS, sources=(f"site {site}",)) for site in range(SITES)]


def _one_site(site: int) -> CodedBatch:
    draw, rows = np.random.default_rng([5, site]), 20_000
    answers = ("0", "1")
    return {
        "site": (np.zeros(rows, np.int32), (f"site {site}",)),
        "subgroup": (draw.integers(0, SUBGROUPS, rows, dtype=np.int32), tuple(map(str, range(SUBGROUPS)))),
        "reference": (draw.integers(0, 2, rows, dtype=np.int32), answers),
        "prediction": (draw.integers(0, 2, rows, dtype=np.int32), answers),
    }


def _scheme(whole: ClusterTable, scheme: Resample, words: str, rounds: int) -> Sequence[str]:
    def draw() -> object:
        return simultaneous_gaps(table=whole, confidence=0.95, seed=1, replicates=REPLICATES, resample=scheme)

    took = [_clocked(draw) for _ in range(rounds)]
    tracemalloc.start()
    draw()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return (words, spread(took) if rounds > 1 else seconds(took[0]), f"{peak:.0f}")


def _clocked(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
