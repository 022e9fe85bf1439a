"""
When to stop for harm: exact boundaries on counts, sequential ratio tests, and the probability that one arm is worse.

A safety rule has its own alpha, apart from that of the primary endpoint. All tests here are
one-sided against an excess of events; crossing opens the human gate, it decides nothing by itself.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from primum.evidence.designs.boundaries import Design, LooksRefused, spending_at
from primum.evidence.designs.paths import panelled
from primum.evidence.intervals import Group, ImpossibleCounts
from primum.evidence.roots import crossing_point

Array = NDArray[np.float64]
Chances = Callable[[float, int], Array]

# A count this far above its mean has a probability below 1e-16.
FAR_DEVIATIONS = 12.0
DRIFTLESS = 1e-9


@dataclass(frozen=True, kw_only=True)
class CountBoundary:
    """The fewest events that stop at each look (``None``: no count does), and the error spent by then, exactly."""

    stop_at: tuple[int | None, ...]
    spent: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class RatioTest:
    """
    A sequential probability ratio test (Wald 1945).

    ``upper`` and ``lower`` are the bounds of the log likelihood ratio; ``per_event`` and ``per_other``
    are what it gains with an event and with a unit (or a unit of exposure) without one.
    """

    upper: float
    lower: float
    per_event: float
    per_other: float

    def ratio(self, *, events: int, others: float) -> float:
        """Return the log likelihood ratio after so many events and units without, or so much exposure."""
        return events * self.per_event + others * self.per_other

    def expected_units(self, *, share: float) -> float:
        """Return how many units the test takes on average at a true share, by Wald's approximation (no overshoot)."""
        drift = share * self.per_event + (1 - share) * self.per_other
        if abs(drift) < DRIFTLESS:
            spread = share * self.per_event**2 + (1 - share) * self.per_other**2
            return -self.upper * self.lower / spread
        harm = self._chance_of_harm(share)
        return (harm * self.upper + (1 - harm) * self.lower) / drift

    def _chance_of_harm(self, share: float) -> float:
        """Return the chance that the test ends with harm: Wald's operating characteristic."""

        def excess(power: float) -> float:
            with_event = math.exp(power * self.per_event)
            return share * with_event + (1 - share) * math.exp(power * self.per_other) - 1

        # Besides 0 there is one root, on the side that the drift points away from.
        sign = -1.0 if share * self.per_event + (1 - share) * self.per_other > 0 else 1.0
        far = sign
        while excess(far) <= 0:
            far *= 2
        near = far
        while excess(near) > 0:
            near /= 2
        power = crossing_point(excess, low=min(near, far), high=max(near, far))
        return (1 - math.exp(power * self.lower)) / (math.exp(power * self.upper) - math.exp(power * self.lower))

    def decision(self, *, events: int, others: float) -> Literal["harm", "safe", "go on"]:
        """Return what the test says now."""
        ratio = self.ratio(events=events, others=others)
        return "harm" if ratio >= self.upper else "safe" if ratio <= self.lower else "go on"


def binomial_boundary(*, design: Design, looks: Sequence[int], null: float) -> CountBoundary:
    """
    Return the fewest events among so many units at each look that stop a trial for harm, exactly.

    At each look the boundary is the lowest whose exact error, together with what was spent, keeps to
    the spending function; what a look leaves over goes on to the next.

    :param looks: cumulative units at each look; the last is the plan
    :param null: the share of events that is still acceptable
    :raises LooksRefused: if units do not grow or the design spends no alpha on one side
    """
    from scipy.special import gammaln, xlog1py, xlogy

    def chances(units: float, most: int) -> Array:
        n, k = int(units), np.arange(most + 1)
        k = np.minimum(k, n)
        ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        found = np.exp(ways + xlogy(k, null) + xlog1py(n - k, -null))
        return np.asarray(np.where(np.arange(most + 1) <= n, found, 0.0), dtype=np.float64)

    if not 0 < null < 1 or any(units != int(units) for units in looks):
        raise LooksRefused(
            f"A share of {null:g} at looks {list(looks)} cannot be; units are whole, shares within 0 and 1."
        )
    return _count_boundary(design, looks, chances, most=int(looks[-1]) if looks else 0)


def poisson_boundary(*, design: Design, looks: Sequence[float], null: float) -> CountBoundary:
    """
    Return the fewest events in so much exposure at each look that stop a trial for harm, exactly.

    :param looks: cumulative exposure at each look; the last is the plan
    :param null: the acceptable rate per unit of exposure
    :raises LooksRefused: if exposure does not grow or the design spends no alpha on one side
    """
    from scipy.special import gammaln, xlogy

    def chances(exposure: float, most: int) -> Array:
        k, mean = np.arange(most + 1), null * exposure
        return np.asarray(np.exp(xlogy(k, mean) - mean - gammaln(k + 1)), dtype=np.float64)

    if not null > 0:
        raise LooksRefused(f"A rate of {null:g} cannot be exceeded by chance; it is above 0.")
    mean = null * (looks[-1] if looks else 0.0)
    return _count_boundary(design, looks, chances, most=20 + math.ceil(mean + FAR_DEVIATIONS * math.sqrt(mean)))


def _count_boundary(design: Design, looks: Sequence[float], chances: Chances, *, most: int) -> CountBoundary:
    if design.sides != 1 or not looks or looks[0] <= 0 or any(not after > before for before, after in pairwise(looks)):
        raise LooksRefused("A safety boundary is one-sided, at looks whose units or exposure are above 0 and grow.")
    allowed = spending_at(design=design, fractions=[look / looks[-1] for look in looks])
    alive, spent, before = np.zeros(most + 1), 0.0, 0.0
    alive[0] = 1.0
    stop_at: list[int | None] = []
    used: list[float] = []
    for look, budget in zip(looks, allowed, strict=True):
        alive = np.convolve(alive, chances(look - before, most))[: most + 1]
        tails = np.cumsum(alive[::-1])[::-1]
        enough = np.nonzero(spent + tails <= budget * (1 + 1e-12))[0]
        possible = [int(count) for count in enough if alive[count] > 0]
        stop_at.append(possible[0] if possible else None)
        if possible:
            spent += float(tails[possible[0]])
            alive[possible[0] :] = 0.0
        used.append(spent)
        before = look
    return CountBoundary(stop_at=tuple(stop_at), spent=tuple(used))


def sprt_share(*, acceptable: float, harmful: float, alpha: float, beta: float) -> RatioTest:
    """
    Return Wald's test of an acceptable against a harmful share of events.

    :raises ImpossibleCounts: unless 0 < acceptable < harmful < 1
    """
    if not 0 < acceptable < harmful < 1:
        raise ImpossibleCounts(f"Shares {acceptable:g} and {harmful:g} cannot be told apart; they rise within 0 and 1.")
    return _ratio_test(math.log(harmful / acceptable), math.log((1 - harmful) / (1 - acceptable)), alpha, beta)


def sprt_rate(*, acceptable: float, harmful: float, alpha: float, beta: float) -> RatioTest:
    """
    Return Wald's test of an acceptable against a harmful Poisson rate; ``others`` is then the exposure.

    :raises ImpossibleCounts: unless 0 < acceptable < harmful
    """
    if not 0 < acceptable < harmful:
        raise ImpossibleCounts(f"Rates {acceptable:g} and {harmful:g} cannot be told apart; they are above 0 and rise.")
    return _ratio_test(math.log(harmful / acceptable), acceptable - harmful, alpha, beta)


def _ratio_test(per_event: float, per_other: float, alpha: float, beta: float) -> RatioTest:
    return RatioTest(
        upper=math.log((1 - beta) / alpha), lower=math.log(beta / (1 - alpha)), per_event=per_event, per_other=per_other
    )


def maxsprt_ratio(*, events: int, expected: float) -> float:
    """Return the maximised log likelihood ratio of an excess over so many expected events; 0 without one."""
    if events <= expected:
        return 0.0
    return expected - events + events * math.log(events / expected) if expected > 0 else math.inf


def maxsprt_critical(*, expected: float, alpha: float, fewest: int = 1) -> float:
    """
    Return the critical log likelihood ratio for watching continuously until so many events are expected.

    The Poisson MaxSPRT (Kulldorff et al. 2011), exact: at every whole number of events the ratio crosses
    while fewer than some number are expected.

    :param expected: events expected at the end of the surveillance
    :param fewest: events needed before anything may signal
    :raises LooksRefused: unless something is expected and alpha can be spent on it
    """
    if not expected > 0 or fewest < 1 or not 0 < alpha < 1:
        raise LooksRefused("Surveillance needs an expected number of events above 0, and at least 1 to signal.")

    def excess(critical: float) -> float:
        return math.log(max(_maxsprt_error(critical, expected, fewest), 1e-300) / alpha)

    if excess(1e-9) < 0:
        raise LooksRefused(f"With {expected:g} events expected, {fewest} are too rare for an alpha of {alpha:g}.")
    return crossing_point(excess, low=1e-9, high=40.0, tolerance=1e-9)


def _maxsprt_error(critical: float, expected: float, fewest: int) -> float:
    """Return the probability that the ratio crosses before the end if there is no excess."""
    from scipy.special import gammaln, xlogy

    ends = _crossing_times(critical, expected, fewest)
    size = fewest + len(ends) + 1
    alive, before = np.zeros(size), 0.0
    alive[0] = 1.0
    k = np.arange(size)
    for step, end in enumerate(ends):
        gap = end - before
        alive = np.convolve(alive, np.exp(xlogy(k, gap) - gap - gammaln(k + 1)))[:size]
        # Whoever has that many events by now has crossed: their ratio is above the critical value up to here.
        alive[fewest + step :] = 0.0
        before = end
    return 1.0 - float(alive.sum())


def _crossing_times(critical: float, expected: float, fewest: int) -> list[float]:
    """Return until which expected number 1, 2, ... events (from ``fewest`` on) cross; the last is the end."""
    times: list[float] = []
    events = fewest
    while not times or times[-1] < expected:
        end = crossing_point(
            lambda mean, count=events: maxsprt_ratio(events=count, expected=mean) - critical,  # type: ignore[misc]
            low=1e-300,
            high=float(events),
            tolerance=1e-14,
        )
        times.append(min(end, expected))
        events += 1
    return times


def chance_of_more_harm(*, treated: Group, control: Group, prior: tuple[float, float] = (1.0, 1.0)) -> float:
    """
    Return the posterior probability that the treated have the higher share of events.

    Independent beta priors, the same for both; integrated to 1e-10.
    """
    from scipy.special import betainc, betaincinv, betaln

    a, b = prior
    first = (a + treated.events, b + treated.n - treated.events)
    second = (a + control.events, b + control.n - control.events)
    low, high = (float(betaincinv(*first, tail)) for tail in (1e-15, 1 - 1e-15))
    nodes, weights = panelled(panels=12, points=40)
    x = low + (high - low) * nodes
    density = np.exp((first[0] - 1) * np.log(x) + (first[1] - 1) * np.log1p(-x) - betaln(*first))
    mass = (high - low) * weights * density
    return min(1.0, max(0.0, float(mass @ betainc(*second, x) / mass.sum())))


def rule_of_three(*, n: int, confidence: float = 0.95) -> float:
    """
    Return the exact upper bound of a share after no event among n: about 3 / n at 95 % (Hanley & Lippman-Hand 1983).

    :raises ImpossibleCounts: unless n is at least 1
    """
    if n < 1:
        raise ImpossibleCounts(f"Among {n} units nothing can be seen; n is at least 1.")
    return -math.expm1(math.log1p(-confidence) / n)
