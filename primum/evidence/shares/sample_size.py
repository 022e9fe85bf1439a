"""How many units a question needs: two proportions, non-inferiority, clusters, one exact proportion, gaps."""

import math
from fractions import Fraction
from functools import lru_cache

from primum.evidence.intervals import bisect, normal_cdf, normal_quantile, normal_tail
from primum.evidence.shares.two_proportions import restricted_rates

USUAL_POWER = 0.8
# The exact power is saw-toothed; a size counts when the power holds there and at the next 15 sizes.
STEADY = 15
LARGEST_SEARCH = 200_000
# A distance of rounding size is none: 0.8 - 0.9 + 0.1 is not 0 in floats.
ROUNDING = 1e-12


def two_proportions(
    *, p1: float, p2: float, power: float, alpha: float, sides: int = 2, ratio: float = 1.0, strict: bool = False
) -> float:
    """
    Return n of the second group for a superiority test; the first has ``ratio`` times as many.

    Normal approximation, pooled variance under no effect, no continuity correction (R's
    ``power.prop.test``); ``strict`` counts rejection in the wrong direction as well. Infinite without effect.
    """
    if abs(p1 - p2) < ROUNDING:
        return math.inf
    z_alpha, z_power = normal_quantile(1 - alpha / sides), normal_quantile(power)
    pooled = (ratio * p1 + p2) / (1 + ratio)
    null = math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    real = math.sqrt(p1 * (1 - p1) / ratio + p2 * (1 - p2))
    size = ((z_alpha * null + z_power * real) / (p1 - p2)) ** 2
    if not strict:
        return size
    return bisect(
        lambda n: power - power_two_proportions(p1=p1, p2=p2, n=n, alpha=alpha, sides=sides, strict=True),
        low=0.0,
        high=size,
    )


def power_two_proportions(
    *, p1: float, p2: float, n: float, alpha: float, sides: int = 2, strict: bool = False
) -> float:
    """Return the power at n units in each group (R's ``power.prop.test``)."""
    z_alpha, shift = normal_quantile(1 - alpha / sides), math.sqrt(n) * abs(p1 - p2)
    null = math.sqrt((p1 + p2) * (1 - (p1 + p2) / 2))
    real = math.sqrt(p1 * (1 - p1) + p2 * (1 - p2))
    reached = normal_cdf((shift - z_alpha * null) / real)
    return reached + (normal_tail((shift + z_alpha * null) / real) if strict and sides == 2 else 0.0)  # noqa: PLR2004 -- a test has one side or two


def cohen_h(*, p1: float, p2: float) -> float:
    """Return the arcsine effect size of two proportions (Cohen 1988)."""
    return 2 * math.asin(math.sqrt(p1)) - 2 * math.asin(math.sqrt(p2))


def two_proportions_arcsine(*, p1: float, p2: float, power: float, alpha: float, sides: int = 2) -> float:
    """Return n of each group by the arcsine transformation, both tails counted (R's ``pwr.2p.test``)."""
    effect = abs(cohen_h(p1=p1, p2=p2))
    if effect < ROUNDING:
        return math.inf
    z_alpha = normal_quantile(1 - alpha / sides)

    def lacking(n: float) -> float:
        shift = effect * math.sqrt(n / 2)
        wrong_way = normal_tail(z_alpha + shift) if sides == 2 else 0.0  # noqa: PLR2004 -- two-sided
        return power - normal_tail(z_alpha - shift) - wrong_way

    return bisect(lacking, low=0.0, high=2 * ((z_alpha + normal_quantile(power)) / effect) ** 2 + 1)


def noninferiority_farrington_manning(
    *, treated: float, control: float, margin: float, power: float, alpha: float, ratio: float = 1.0
) -> float:
    """
    Return n of both groups together to show ``treated - control > -margin`` by the score test.

    Farrington & Manning 1990; ``ratio`` is treated to control. Infinite if the truth is no better than the margin.
    """
    beyond = treated - control + margin
    if beyond <= ROUNDING:
        return math.inf
    null_treated, null_control = restricted_rates(first=treated, second=control, null=-margin, ratio=ratio)
    null = math.sqrt(null_treated * (1 - null_treated) / ratio + null_control * (1 - null_control))
    real = math.sqrt(treated * (1 - treated) / ratio + control * (1 - control))
    per_control = ((normal_quantile(1 - alpha) * null + normal_quantile(power) * real) / beyond) ** 2
    return per_control * (1 + ratio)


def noninferiority_wald(
    *, treated: float, control: float, margin: float, power: float, alpha: float, ratio: float = 1.0
) -> float:
    """Return n of the control group by unpooled variances (epiR's ``epi.ssninfb``); the treated are ``ratio`` times."""
    beyond = treated - control + margin
    if beyond <= ROUNDING:
        return math.inf
    spread = treated * (1 - treated) / ratio + control * (1 - control)
    return ((normal_quantile(1 - alpha) + normal_quantile(power)) / beyond) ** 2 * spread


def positives_per_group(*, rate: float, margin: float, alpha: float, power: float = USUAL_POWER) -> int:
    """
    Return the units per group that show a gap below the margin if the groups are truly equal.

    Farrington-Manning, one-sided alpha (statistics.md 2.4: 581 at 0.90, 434 at 0.93, 334 at 0.95, 235 at 0.97).
    """
    both = noninferiority_farrington_manning(treated=rate, control=rate, margin=margin, power=power, alpha=alpha)
    return math.ceil(both / 2 - 1e-9)


def power_of_all_gaps(*, n: float, rate: float, margin: float, alpha: float, levels: int) -> float:
    """
    Return the chance that every gap is shown to be below the margin, with n units in each of some equal levels.

    The size of ``positives_per_group`` shows one gap with its power; a gate asks for all of them at
    once, and 434 at 0.93 show both gaps of two levels with 60 % only. Normal approximation of the range
    of ``levels`` proportions; ``alpha`` is one-sided, of one comparison (``subgroups.one_sided_error``).
    """
    import numpy as np
    from scipy.special import ndtr

    first, second = restricted_rates(first=rate, second=rate, null=-margin, ratio=1.0)
    null = math.sqrt((first * (1 - first) + second * (1 - second)) / n)
    spread = math.sqrt(rate * (1 - rate) / n)
    within = (margin - normal_quantile(1 - alpha) * null) / spread if spread else math.inf
    if within <= 0:
        return 0.0
    z, step = np.linspace(-9.0, 9.0, 2001, retstep=True)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return float(min(1.0, levels * step * (density * (ndtr(z + within) - ndtr(z)) ** (levels - 1)).sum()))


def positives_for_all_gaps(*, rate: float, margin: float, alpha: float, levels: int, power: float = USUAL_POWER) -> int:
    """Return the units per level that show every gap of equal levels to be below the margin at once."""

    def lacking(n: float) -> float:
        return power - power_of_all_gaps(n=n, rate=rate, margin=margin, alpha=alpha, levels=levels)

    one = positives_per_group(rate=rate, margin=margin, alpha=alpha, power=power)
    return math.ceil(bisect(lacking, low=1.0, high=20.0 * one) - 1e-6)


def units_per_level_of_effect(
    *, rate: float, margin: float, alpha: float, shares: tuple[float, float], power: float = USUAL_POWER
) -> int:
    """
    Return the units of a subgroup level, both arms together, that show equal benefits within the margin.

    Normal approximation for the difference of two risk differences at one event rate; ``shares`` are the arms'.
    """
    spread = 2 * rate * (1 - rate) * (1 / shares[0] + 1 / shares[1])
    return math.ceil(((normal_quantile(1 - alpha) + normal_quantile(power)) / margin) ** 2 * spread - 1e-9)


def design_effect(*, cluster_size: float, icc: float, cv: float = 0.0) -> float:
    """Return the inflation by clusters of varying size (Eldridge, Ashby & Kerry 2006)."""
    return 1 + ((cv * cv + 1) * cluster_size - 1) * icc


def clusters_per_arm(*, n_per_arm: float, cluster_size: float) -> int:
    """Return how many clusters hold so many units."""
    return math.ceil(n_per_arm / cluster_size - 1e-9)


def smallest_without_miss(*, target: Fraction, alpha: float) -> int:
    """Return the smallest n whose exact one-sided bound exceeds the target when every case is found."""
    # With no miss the bound is alpha ** (1 / n).
    n = max(1, math.floor(math.log(alpha) / math.log(target)) - 1)
    while not alpha > float(target) ** n:
        n += 1
    return n


def most_misses(*, n: int, target: Fraction, alpha: float) -> int:
    """Return the most misses among n that still show more than the target exactly; -1 if none would."""
    return n - fewest_found(n=n, target=target, alpha=alpha)


def fewest_found(*, n: int, target: Fraction, alpha: float) -> int:
    """Return the fewest found among n whose exact one-sided lower bound exceeds the target; n + 1 if none does."""
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        if _tail(middle, n, float(target)) < alpha:
            high = middle
        else:
            low = middle + 1
    return low


@lru_cache(maxsize=256)
def more_positives(
    *, target: Fraction, truth: Fraction, alpha: float, power: float = USUAL_POWER, found: int = 0, n: int = 0
) -> int | None:
    """
    Return how many more cases show more than the target with this power if the truth holds for them.

    Exact: the cases so far (``found`` of ``n``) count as they are. Without any: 827 for 0.97 above
    0.95, 338 for 0.98, 173 for 0.99 (statistics.md 2.2). ``None`` if 200,000 more would not do.
    """
    if truth <= target:
        return None
    need, start = fewest_found(n=n, target=target, alpha=alpha), None
    for more in range(LARGEST_SEARCH):
        if more and _tail(need, n + more, float(target)) >= alpha:
            need += 1
        enough = _tail(need - found, more, float(truth)) >= power
        if not enough:
            start = None
        elif start is None:
            start = more
        if start is not None and more - start >= STEADY:
            return start
    return None


def _tail(k: int, n: int, p: float) -> float:
    """Return P(X >= k) of a binomial."""
    from scipy.special import bdtrc

    if k <= 0:
        return 1.0
    return float(bdtrc(k - 1, n, p)) if k <= n else 0.0
