"""One proportion: intervals and exact tests (Clopper-Pearson decides, Wilson is shown)."""

import math
from typing import Literal, get_args

from primum.evidence.intervals import Group, Interval, two_sided_z

Alternative = Literal["greater", "less", "two-sided"]


def clopper_pearson(*, group: Group, confidence: float) -> Interval:
    """
    Return the exact two-sided interval; each end is an exact one-sided bound at (1 + confidence) / 2.

    Clopper & Pearson 1934, by beta quantiles. An empty group gives 0 to 1.
    """
    return Interval(
        lower=exact_lower(group=group, confidence=0.5 + confidence / 2),
        upper=exact_upper(group=group, confidence=0.5 + confidence / 2),
    )


def exact_lower(*, group: Group, confidence: float) -> float:
    """Return the exact one-sided lower bound of a proportion."""
    from scipy.special import betaincinv

    if group.events == 0:
        return 0.0
    return float(betaincinv(group.events, group.n - group.events + 1, 1 - confidence))


def exact_upper(*, group: Group, confidence: float) -> float:
    """Return the exact one-sided upper bound of a proportion."""
    from scipy.special import betaincinv

    if group.events == group.n:
        return 1.0
    return float(betaincinv(group.events + 1, group.n - group.events, confidence))


def wilson(*, group: Group, confidence: float) -> Interval:
    """Return the score interval (Wilson 1927); an empty group gives 0 to 1."""
    if group.n == 0:
        return Interval(lower=0.0, upper=1.0)
    z, n, p = two_sided_z(confidence), group.n, group.p
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    lower = 0.0 if group.events == 0 else max(0.0, middle - half)
    upper = 1.0 if group.events == n else min(1.0, middle + half)
    return Interval(lower=lower, upper=upper)


def agresti_coull(*, group: Group, confidence: float) -> Interval:
    """Return the adjusted Wald interval (Agresti & Coull 1998), not clipped to 0 and 1."""
    z = two_sided_z(confidence)
    n = group.n + z * z
    p = (group.events + z * z / 2) / n
    half = z * math.sqrt(p * (1 - p) / n)
    return Interval(lower=p - half, upper=p + half)


def jeffreys(*, group: Group, confidence: float) -> Interval:
    """Return the equal-tailed interval of the Beta(1/2, 1/2) posterior (Brown, Cai & DasGupta 2001)."""
    from scipy.special import betaincinv

    a, b, tail = group.events + 0.5, group.n - group.events + 0.5, (1 - confidence) / 2
    return Interval(lower=float(betaincinv(a, b, tail)), upper=1.0 - float(betaincinv(b, a, tail)))


def exact_test(*, group: Group, null: float, alternative: Alternative) -> float:
    """
    Return the exact binomial p value against a null proportion.

    Two-sided sums every outcome that is at most as likely as the observed one (R's ``binom.test``).

    :raises ValueError: for any other word, lest it is read as one of the sides
    """
    if alternative not in get_args(Alternative):
        raise ValueError(f"A test is 'greater', 'less' or 'two-sided'; this one is '{alternative}'.")
    if alternative == "two-sided":
        return _exact_two_sided(group, null)
    if alternative == "less":
        return exact_test(group=group.others, null=1 - null, alternative="greater")
    from scipy.special import bdtrc

    return 1.0 if group.events == 0 else float(bdtrc(group.events - 1, group.n, null))


def _exact_two_sided(group: Group, null: float) -> float:
    import numpy as np
    from scipy.special import gammaln, xlog1py, xlogy

    k = np.arange(group.n + 1)
    ways = gammaln(group.n + 1) - gammaln(k + 1) - gammaln(group.n - k + 1)
    likely = np.exp(ways + xlogy(k, null) + xlog1py(group.n - k, -null))
    return min(1.0, float(likely[likely <= likely[group.events] * (1 + 1e-7)].sum()))
