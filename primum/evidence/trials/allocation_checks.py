"""
Sample ratio: counted units against their planned shares, at any number of looks and within each stratum.

The usual chi-square test is ``contingency.sample_ratio``; looked at every month it is not a test at
its level any more. Here are one that is, and one within sites where few units make chi-square wrong.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from primum.evidence.intervals import Group, ImpossibleCounts
from primum.evidence.shares import multiplicity
from primum.evidence.shares.contingency import sample_ratio
from primum.evidence.shares.proportions import exact_test

# A prior as strong as 1,000 units looks for shares that are a point or two away from the plan.
USUAL_CONCENTRATION = 1_000.0
EXACT_UP_TO = 1_000


@dataclass(frozen=True, kw_only=True)
class StratumRatio:
    """The sample ratio of one site or stratum: raw and Holm-adjusted p; ``None`` without units."""

    stratum: str
    observed: tuple[int, ...]
    p: float | None
    adjusted: float | None


def anytime_p(
    *, observed: Sequence[int], shares: Sequence[Fraction | float], concentration: float = USUAL_CONCENTRATION
) -> float:
    """
    Return a p value of planned shares that may be looked at as often as one likes.

    The inverse Bayes factor of a Dirichlet prior around the plan against the plan itself, at most 1; if
    allocation follows the plan, the chance that it is ever at or below alpha is at most alpha (Ville's
    inequality; Lindon & Malek 2022). 1 without units.

    :param observed: units in each arm so far, at the unit of randomisation
    :param concentration: the prior's strength in units; larger looks for smaller departures
    :raises ImpossibleCounts: for a negative count, units where none were planned, or a prior without strength
    """
    if not concentration > 0:
        raise ImpossibleCounts(f"A prior of {concentration:g} units looks for nothing; it has more than 0.")
    whole = float(sum(shares))
    planned = [float(share) / whole for share in shares]
    if min(observed) < 0 or any(seen and not share for seen, share in zip(observed, planned, strict=True)):
        raise ImpossibleCounts("An arm has fewer than no units, or units although its planned share is 0.")
    known = [(seen, share) for seen, share in zip(observed, planned, strict=True) if share]
    prior = [concentration * share for _, share in known]
    gained = math.fsum(math.lgamma(a + seen) - math.lgamma(a) for a, (seen, _) in zip(prior, known, strict=True))
    total = sum(observed)
    gained -= math.lgamma(concentration + total) - math.lgamma(concentration)
    gained -= math.fsum(seen * math.log(share) for seen, share in known)
    return min(1.0, math.exp(min(0.0, -gained)))


def anytime_p_at_looks(
    *,
    looks: Sequence[Sequence[int]],
    shares: Sequence[Fraction | float],
    concentration: float = USUAL_CONCENTRATION,
) -> tuple[float, ...]:
    """Return the p value at each look, never above the one before; ``looks`` are the counts up to each look."""
    each = (anytime_p(observed=seen, shares=shares, concentration=concentration) for seen in looks)
    return tuple(accumulate(each, min))


def ratio_by_stratum(*, observed: Mapping[str, Sequence[int]], shares: Sequence[Fraction]) -> tuple[StratumRatio, ...]:
    """
    Return the sample ratio of each stratum, Holm-adjusted over all of them.

    Two arms with up to 1,000 units are tested by the exact binomial, all others by chi-square.
    """
    raw = {stratum: _p(seen, shares) for stratum, seen in observed.items()}
    tested = {stratum: p for stratum, p in raw.items() if p is not None}
    adjusted = dict(zip(tested, multiplicity.holm(list(tested.values())), strict=True))
    return tuple(
        StratumRatio(stratum=stratum, observed=tuple(seen), p=raw[stratum], adjusted=adjusted.get(stratum))
        for stratum, seen in observed.items()
    )


def _p(observed: Sequence[int], shares: Sequence[Fraction]) -> float | None:
    total = sum(observed)
    if not total:
        return None
    if len(observed) == 2 and total <= EXACT_UP_TO:  # noqa: PLR2004 -- two arms are one proportion
        null = float(shares[0] / sum(shares))
        return exact_test(group=Group(events=observed[0], n=total), null=null, alternative="two-sided")
    return sample_ratio(observed=observed, shares=shares).p
