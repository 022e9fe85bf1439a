"""Type I error of sequential designs on simulated Brownian paths: what a trial without an effect would do."""

import numpy as np
import pytest

from primum.evidence.designs.boundaries import Design, boundaries, haybittle_peto

PATHS = 400_000
LOOKS = {"five equal looks": (0.2, 0.4, 0.6, 0.8, 1.0), "three uneven looks": (0.3, 0.7, 1.0)}
ALPHA = 0.025
# Three standard errors of 2.5 % among so many paths.
WITHIN = 3 * (ALPHA * (1 - ALPHA) / PATHS) ** 0.5


def crossing(looks: tuple[float, ...], critical: tuple[float, ...]) -> np.ndarray:
    """The share of paths without an effect that have crossed by each look."""
    draw, score, crossed = np.random.default_rng(12), np.zeros(PATHS), np.zeros(PATHS, dtype=bool)
    shares = []
    for before, now, bound in zip((0.0, *looks), looks, critical, strict=False):
        score += draw.normal(0.0, (now - before) ** 0.5, PATHS)
        crossed |= score / now**0.5 > bound
        shares.append(crossed.mean())
    return np.array(shares)


@pytest.mark.parametrize("looks", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("name", ["lan-demets-obrien-fleming", "lan-demets-pocock"])
def test_a_spending_function_spends_what_it_says_by_every_look(name, looks):
    design = boundaries(design=Design(name=name, alpha=ALPHA), information=looks, planned=1.0)

    shares = crossing(looks, design.critical)

    assert shares == pytest.approx(np.array(design.spent), abs=WITHIN)
    assert shares[-1] == pytest.approx(ALPHA, abs=WITHIN)


@pytest.mark.parametrize("looks", LOOKS.values(), ids=LOOKS)
def test_haybittle_and_petos_last_look_leaves_the_whole_error(looks):
    design = haybittle_peto(alpha=ALPHA, information=looks)

    assert crossing(looks, design.critical)[-1] == pytest.approx(ALPHA, abs=WITHIN)


def test_looking_without_a_boundary_makes_a_5_per_cent_test_a_15_per_cent_test():
    six = tuple((look + 1) / 6 for look in range(6))

    one_side = crossing(six, (1.959964,) * 6)

    assert 2 * one_side[0] == pytest.approx(0.05, abs=0.002)
    assert 2 * one_side[-1] == pytest.approx(0.155, abs=0.01)
