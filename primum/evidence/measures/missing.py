"""Metrics of what missing outcomes could hide: the worst case, the tipping point, and multiple imputation."""

from collections.abc import Callable
from dataclasses import dataclass

from primum.evidence.counts.cells import Cells
from primum.evidence.intervals import Group
from primum.evidence.measures.question import (
    NO_PROTOCOL,
    Question,
    difference,
    exact_number,
    joined,
    method_of,
    nothing,
)
from primum.evidence.measures.trial import DIFFERENCE_METHODS, NAMES
from primum.evidence.models.clusters import compare_clusters
from primum.evidence.models.effects import NoEstimate
from primum.evidence.trials.cluster_trials import METHODS as CLUSTER_METHODS
from primum.evidence.trials.cluster_trials import randomises_clusters, refusal
from primum.evidence.trials.missing import Observed, bounds, imputed_difference, missing_differs, tipping_point
from primum.evidence.trials.trial_arms import ARMS, CONTROL, EVENT, INTERVENTION, NO_EVENT, primary_cells, units
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Protocol

DATA_SETS = 20
SEED = 20_260_102


@dataclass(frozen=True, kw_only=True)
class _Lost:
    """Both arms with what is missing in each."""

    protocol: Protocol
    cells: Cells
    intervention: Observed
    control: Observed

    @property
    def missing(self) -> int:
        return self.intervention.missing + self.control.missing

    @property
    def words(self) -> str:
        one, two = self.intervention, self.control
        return f"{one.missing:,} of {one.n:,} against {two.missing:,} of {two.n:,} outcomes are missing"


def worst_case_benefit(question: Question) -> tuple[Estimate, ...]:
    """Measure the primary benefit if every missing outcome is bad in the intervention arm and good in the control."""
    return _measured(question, _worst)


def tipping_point_benefit(question: Question) -> tuple[Estimate, ...]:
    """
    Measure how much worse the missing of the intervention arm must have done for the benefit not to be shown.

    The value is that shift of risk, 0 to 1; where none loses the benefit it is the largest possible one.
    """
    return _measured(question, _tipping)


def imputed_benefit(question: Question) -> tuple[Estimate, ...]:
    """
    Measure the primary benefit after multiple imputation within arm, site and declared subgroups.

    ``parameters.seed`` and ``parameters.data_sets`` may be set; the same seed gives the same number.
    """
    return _measured(question, _imputed)


def _measured(question: Question, metric: Callable[[Question, _Lost], Estimate]) -> tuple[Estimate, ...]:
    protocol = question.protocol
    if protocol is None:
        return (nothing(question, NO_PROTOCOL),)
    if reason := question.lacks("arm", protocol.primary.event):
        return (nothing(question, reason),)
    cells = primary_cells(question.cells)
    arms = {arm: _observed(cells.where(arm=arm), protocol.primary.event) for arm in ARMS}
    lost = _Lost(protocol=protocol, cells=cells, intervention=arms[INTERVENTION], control=arms[CONTROL])
    if not (lost.intervention.known.n and lost.control.known.n):
        return (nothing(question, "an arm has no unit with a known outcome"),)
    try:
        return (metric(question, lost),)
    except NoEstimate as refused:
        return (nothing(question, str(refused)),)


def _worst(question: Question, lost: _Lost) -> Estimate:
    good = lost.protocol.primary.good
    pair = bounds(intervention=lost.intervention, control=lost.control, good=good).worst
    if randomises_clusters(lost.protocol):
        return _worst_of_clusters(question, lost)
    first, second = pair if good == "higher" else (pair[1], pair[0])
    method = method_of(question, DIFFERENCE_METHODS)
    return difference(
        question,
        value=first.rate - second.rate,
        interval=DIFFERENCE_METHODS[method](first=first, second=second, confidence=question.confidence),
        n=first.n + second.n,
        method=NAMES[method],
        unit=units(lost.protocol),
        adjusted="worst case for the intervention",
        note=lost.words,
    )


def _worst_of_clusters(question: Question, lost: _Lost) -> Estimate:
    protocol, event = lost.protocol, lost.protocol.primary.event
    if reason := question.lacks("cluster"):
        return nothing(question, joined(reason, refusal(protocol)))
    if protocol.design == "stepped-wedge-rct":
        return nothing(question, "the worst case of a stepped wedge is not defined here; use the tipping point")
    good_is_event = protocol.primary.good == "higher"
    arms = {
        arm: [
            one.filled(one.missing if (arm == CONTROL) == good_is_event else 0)
            for cluster, here in lost.cells.where(arm=arm).by("cluster").items()
            if cluster and (one := _observed(here, event)).n
        ]
        for arm in ARMS
    }
    found = compare_clusters(first=arms[INTERVENTION], second=arms[CONTROL], confidence=question.confidence)
    ends = found.effect.interval if good_is_event else found.effect.interval.mirrored()
    return Estimate(
        metric=question.criterion.metric,
        value=found.effect.value if good_is_event else -found.effect.value,
        lower=max(-1.0, ends.lower),
        upper=min(1.0, ends.upper),
        confidence=question.confidence,
        method=f"{next(iter(CLUSTER_METHODS))} on clusters",
        n=sum(found.clusters),
        unit=units(protocol),
        adjusted="worst case for the intervention",
        note=lost.words,
    )


def _tipping(question: Question, lost: _Lost) -> Estimate:
    if randomises_clusters(lost.protocol):
        return nothing(question, refusal(lost.protocol))
    found = tipping_point(
        intervention=lost.intervention,
        control=lost.control,
        good=lost.protocol.primary.good,
        confidence=question.confidence,
    )
    if found.shift is None:
        words = "no shift loses the benefit"
    else:
        words = "the benefit is not shown even without a shift" if not found.shift else "a larger shift loses it"
    return exact_number(
        question,
        value=found.largest if found.shift is None else found.shift,
        n=lost.intervention.n + lost.control.n,
        method="delta adjustment, Newcombe",
        unit=units(lost.protocol),
        note=joined(words, lost.words),
    )


def _imputed(question: Question, lost: _Lost) -> Estimate:
    if randomises_clusters(lost.protocol):
        return nothing(question, refusal(lost.protocol))
    strata = _strata(question, lost)
    found = imputed_difference(
        intervention=[one[0] for one in strata],
        control=[one[1] for one in strata],
        confidence=question.confidence,
        seed=int(question.parameter("seed", default=str(SEED))),
        data_sets=int(question.parameter("data_sets", default=str(DATA_SETS))),
    )
    turned = lost.protocol.primary.good == "lower"
    ends = found.effect.interval.mirrored() if turned else found.effect.interval
    apart = missing_differs(groups=[lost.intervention, lost.control])
    return Estimate(
        metric=question.criterion.metric,
        value=-found.effect.value if turned else found.effect.value,
        lower=max(-1.0, ends.lower),
        upper=min(1.0, ends.upper),
        confidence=question.confidence,
        method="multiple imputation, Rubin, Barnard-Rubin",
        n=lost.intervention.n + lost.control.n,
        unit=units(lost.protocol),
        adjusted="missing outcomes imputed",
        note=joined(
            lost.words,
            f"{100 * found.fraction:.1f} % of the variance is due to them",
            ""
            if apart.p is None
            else f"missing alike in both arms p {apart.p:.4f}, which cannot show that it is chance",
        ),
    )


def _strata(question: Question, lost: _Lost) -> list[tuple[Observed, Observed]]:
    """Return both arms in each stratum; all together if one stratum has nobody to learn from."""
    event = lost.protocol.primary.event
    keys = [key for key in dict.fromkeys(("site", *question.attributes)) if key in lost.cells.keys]
    if keys:
        parts = _split(lost.cells, keys)
        strata = [
            (_observed(part.where(arm=INTERVENTION), event), _observed(part.where(arm=CONTROL), event))
            for part in parts
        ]
        if all(one.known.n or not one.missing for pair in strata for one in pair):
            return strata
    return [(lost.intervention, lost.control)]


def _split(cells: Cells, keys: list[str]) -> list[Cells]:
    parts = [cells]
    for key in keys:
        parts = [here for part in parts for here in part.by(key).values() if here.total()]
    return parts


def _observed(cells: Cells, event: str) -> Observed:
    events, none = (cells.where(**{event: level}).total() for level in (EVENT, NO_EVENT))
    return Observed(known=Group(events=events, n=events + none), missing=cells.total() - events - none)
