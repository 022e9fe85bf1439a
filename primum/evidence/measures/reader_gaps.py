"""Gaps in what readers gain between groups of cases: the same readers, and cases that no two groups share."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from primum.evidence.equity.subgroups import Gaps, gaps_of_pairs
from primum.evidence.intervals import Interval
from primum.evidence.measures.concealment import partner_of_small
from primum.evidence.measures.gap_estimates import Attribute, Level, gaps_of, left_out
from primum.evidence.measures.gap_methods import Comparison
from primum.evidence.measures.question import Question, unknown
from primum.evidence.measures.reader_figures import SHOWN, cases_of, gain_of, why_not
from primum.evidence.scores import reader_counts
from primum.evidence.scores.reader_tests import random_readers_random_cases
from primum.evidence.scores.readers import Figures, StudyRefused
from primum.evidence.trials.trial_arms import units
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Protocol

ANYTHING = Interval(lower=-1.0, upper=1.0)


def gap_benefit(question: Question) -> tuple[Estimate, ...]:
    """
    Measure the gaps in the primary gain between the levels of every declared attribute of the cases.

    The levels have cases of their own and the same readers: the gap of each reader is one figure, whose
    error comes from readers and from the cases of both levels.
    """
    protocol, unit = question.protocol, units(question.protocol)
    if reason := why_not(question, protocol.primary if protocol else None):
        return (unknown(question, note=reason, unit=unit),)
    assert protocol is not None
    if not question.attributes:
        return (unknown(question, note="no subgroup counts", unit=unit),)
    found: list[Estimate] = []
    for name in question.attributes:
        attribute, refused = _attribute(question, protocol, name)
        rows = gaps_of(question, attribute)
        found += [replace(one, note=refused[one.scope]) if one.scope in refused else one for one in rows]
    return tuple(replace(one, method=f"simultaneous {SHOWN}") if one.known else one for one in found)


def _attribute(question: Question, protocol: Protocol, name: str) -> tuple[Attribute, Mapping[str, str]]:
    """Return an attribute with its levels, and by scope why a level has no figure."""
    figure, unit = protocol.primary.event, units(protocol)
    here = question.cells.where(attribute=name)
    known: dict[str, Figures] = {}
    counted: dict[str, tuple[int, ...]] = {}
    refused: dict[str, str] = {}
    for level, cells in here.by("level").items():
        if not cells.total():
            continue
        try:
            found = gain_of(question, figure, attribute=name, level=level)
            random_readers_random_cases(found, confidence=question.confidence)
        except StudyRefused as why:
            counted[level], refused[f"{name}={level}"] = (0,), str(why).rstrip(".")
        else:
            known[level], counted[level] = found, cases_of(found, figure)
    levels = {level: sizes for level, sizes in counted.items() if level}
    attribute = Attribute(
        name=name,
        prefix=f"{name}=",
        levels={
            level: Level(n=sum(sizes), smallest=min(sizes), events=None, words=_of_level(known.get(level), figure))
            for level, sizes in levels.items()
        },
        comparison=Comparison(compare=lambda names: _gaps(question, known, names)),
        wanted=None,
        unit=unit,
        note=left_out(question, n=sum(counted.get("", (0,))), unit=unit, attribute=name),
        hidden=partner_of_small({one: min(sizes) for one, sizes in levels.items()}, too_small=question.too_small),
    )
    return attribute, refused


def _of_level(figures: Figures | None, figure: str) -> str:
    if figures is None:
        return "not known"
    without, with_it = figures.values.mean(axis=1).tolist()
    return f"mean {figure} {with_it:.4f} against {without:.4f}"


def _gaps(question: Question, known: Mapping[str, Figures], names: tuple[str, ...]) -> Gaps:
    def pairwise(one: str, other: str, confidence: float) -> Interval:
        if known[one].groups != known[other].groups:
            return ANYTHING
        both = contrast(known[other], known[one], names=(other, one))
        only = random_readers_random_cases(both, confidence=confidence).differences[0]
        # Without any spread the gap is known no better than that it may be anything (P8).
        return only.interval or ANYTHING

    values = {name: _exact(known[name]) for name in names}
    return gaps_of_pairs(values=values, pairwise=pairwise, confidence=question.confidence)


def _exact(figures: Figures) -> Fraction:
    without, with_it = figures.values.mean(axis=1).tolist()
    return Fraction(with_it) - Fraction(without)


def contrast(first: Figures, second: Figures, *, names: tuple[str, str]) -> Figures:
    """
    Return the gains of the same readers in two groups of cases as a study of two modalities.

    Groups share no case, so gains in different groups have no covariance; within one, a reader's gain has
    twice the variance less Cov1, and two readers' gains twice Cov2 less Cov3.
    """
    gains = [one.values[1] - one.values[0] for one in (first, second)]
    alone = [
        (2 * (one.variance - one.covariances[0]), 2 * (one.covariances[1] - one.covariances[2]))
        for one in (first, second)
    ]
    return replace(
        first,
        values=reader_counts.stacked(gains),
        variance=sum(variance for variance, _ in alone) / 2,
        covariances=(0.0, sum(together for _, together in alone) / 2, 0.0),
        by_modality=(alone[0], alone[1]),
        modalities=names,
        positives=first.positives + second.positives,
        negatives=first.negatives + second.negatives,
    )
