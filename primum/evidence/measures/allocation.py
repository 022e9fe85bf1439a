"""Sample ratio beyond one look and one site: a test that holds at any number of looks, and one for each stratum."""

from fractions import Fraction

from primum.evidence.counts.cells import Cells
from primum.evidence.intervals import ImpossibleCounts
from primum.evidence.measures.conduct import CLUSTERED
from primum.evidence.measures.question import (
    NO_PROTOCOL,
    Question,
    exact_number,
    joined,
    nothing,
    shown_level,
    suppressed,
    unknown,
)
from primum.evidence.trials.allocation_checks import StratumRatio, anytime_p, ratio_by_stratum
from primum.evidence.trials.trial_arms import ARMS, units
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Protocol


def sample_ratio_anytime(question: Question) -> tuple[Estimate, ...]:
    """
    Test the allocation against the planned ratio at the unit of randomisation, however often it is looked at.

    ``parameters.concentration`` is the strength of the prior in units (1,000).
    """
    protocol = question.protocol
    if protocol is None:
        return (nothing(question, NO_PROTOCOL),)
    if reason := _lacks(question, protocol):
        return (nothing(question, reason),)
    observed = _allocated(question.cells, protocol)
    if not sum(observed):
        return (nothing(question, "no unit is in either arm"),)
    strength = question.parameter("concentration", default="1000")
    try:
        p = anytime_p(observed=observed, shares=_planned(protocol), concentration=float(Fraction(strength)))
    except (ImpossibleCounts, ValueError) as refused:
        return (nothing(question, str(refused)),)
    note = joined(_against(observed, protocol), "holds at any number of looks")
    return (
        exact_number(
            question, value=p, n=sum(observed), method="anytime-valid multinomial", unit=units(protocol), note=note
        ),
    )


def sample_ratio_by_site(question: Question) -> tuple[Estimate, ...]:
    """Test the allocation at each site, or each level of ``parameters.column``; p is Holm-adjusted over them."""
    protocol, column = question.protocol, question.parameter("column", default="site")
    if protocol is None:
        return (nothing(question, NO_PROTOCOL),)
    if reason := _lacks(question, protocol) or question.lacks(column):
        return (nothing(question, reason),)
    observed = {level: _allocated(here, protocol) for level, here in question.cells.by(column).items()}
    found = ratio_by_stratum(observed=observed, shares=_planned(protocol))
    rows = tuple(_of_stratum(question, protocol, column, one) for one in found)
    return rows or (nothing(question, "the table has no rows"),)


def _of_stratum(question: Question, protocol: Protocol, column: str, one: StratumRatio) -> Estimate:
    scope, n = f"{column}={shown_level(one.stratum)}", sum(one.observed)
    if one.p is None or one.adjusted is None:
        return unknown(question, note="no unit is in either arm here", scope=scope, unit=units(protocol))
    if question.too_small(n) or any(question.too_small(seen) for seen in one.observed):
        return suppressed(question, scope=scope, unit=units(protocol))
    return Estimate(
        metric=question.criterion.metric,
        value=one.adjusted,
        lower=one.adjusted,
        upper=one.adjusted,
        confidence=question.confidence,
        method="exact binomial or chi-square",
        n=n,
        scope=scope,
        adjusted=f"Holm over the levels of {column}",
        unit=units(protocol),
        note=joined(_against(one.observed, protocol), f"raw p {one.p:.4f}"),
    )


def _lacks(question: Question, protocol: Protocol) -> str | None:
    return question.lacks("arm", *(["cluster"] if protocol.design in CLUSTERED else []))


def _planned(protocol: Protocol) -> list[Fraction]:
    return [Fraction(part) for part in protocol.ratio]


def _allocated(cells: Cells, protocol: Protocol) -> tuple[int, ...]:
    """Count the randomised units of each arm: clusters where these were randomised (statistics.md, trap 7)."""
    arms = [cells.where(arm=arm) for arm in ARMS]
    if protocol.design not in CLUSTERED:
        return tuple(here.total() for here in arms)
    return tuple(sum(1 for name, part in here.by("cluster").items() if name and part.total()) for here in arms)


def _against(observed: tuple[int, ...], protocol: Protocol) -> str:
    return f"{observed[0]:,} against {observed[1]:,}, planned {protocol.ratio[0]}:{protocol.ratio[1]}"
