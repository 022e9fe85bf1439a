"""The second opinion: every estimate of a criterion derived once more from the counts, step by step."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from primum.evidence.explanations import allocation as explanations_allocation
from primum.evidence.explanations import calibration as explanations_calibration
from primum.evidence.explanations import challengers as explanations_challengers
from primum.evidence.explanations import clusters as explanations_clusters
from primum.evidence.explanations import conduct as explanations_conduct
from primum.evidence.explanations import decisions as explanations_decisions
from primum.evidence.explanations import differences as explanations_differences
from primum.evidence.explanations import gaps as explanations_gaps
from primum.evidence.explanations import looks as explanations_looks
from primum.evidence.explanations import means as explanations_means
from primum.evidence.explanations import missing as explanations_missing
from primum.evidence.explanations import paired as explanations_paired
from primum.evidence.explanations import pooling as explanations_pooling
from primum.evidence.explanations import reader_studies as explanations_readers
from primum.evidence.explanations import scores as explanations_scores
from primum.evidence.explanations import shares as explanations_shares
from primum.evidence.explanations import sites as explanations_sites
from primum.evidence.explanations import synthesis as explanations_synthesis
from primum.evidence.explanations import trial as explanations_trial
from primum.evidence.explanations import watching as explanations_watching
from primum.evidence.explanations import wedge as explanations_wedge
from primum.evidence.explanations.working import Derived, Formula, Step, Working, result_of, steps
from primum.evidence.measures.question import Question
from primum.evidence.measures.reader_studies import OF_FIGURES
from primum.evidence.measures.registry import measure, metric_of
from primum.evidence.trials.cluster_trials import READINGS
from primum.roadmap.estimates import Estimate
from primum.roadmap.judging import weigh
from primum.roadmap.suppression import too_small
from primum.roadmap.wording import asked

__all__ = ("EXPLAINED", "FORMULAS", "Formula", "Step", "Working", "explain")

Explanation = Callable[[Question, Estimate], Derived]

EXPLAINED: Mapping[str, Explanation] = MappingProxyType(
    {
        **dict.fromkeys([*explanations_shares.SHARES, "site_sensitivity"], explanations_shares.share),
        "sites": explanations_sites.sites,
        "reader_gain": explanations_paired.reader_gain,
        **dict.fromkeys(("learning", "potential", "retention", "group_change"), explanations_challengers.challenger),
        "gap_sensitivity": explanations_gaps.gap_of_shares,
        "gap_accuracy": explanations_gaps.gap_of_shares,
        "checks_met": explanations_shares.check_met,
        "gap_checks_met": explanations_gaps.gap_of_checks,
        "gap_benefit": explanations_gaps.gap_of_benefit,
        "primary_benefit": explanations_trial.primary_benefit,
        "primary_noninferiority": explanations_trial.primary_noninferiority,
        "primary_ratio": explanations_trial.primary_ratio,
        "safety_difference": explanations_trial.safety_difference,
        "sample_ratio": explanations_conduct.sample_ratio,
        "missing_outcomes": explanations_conduct.missing_outcomes,
        "workload_ratio": explanations_conduct.workload_ratio,
        "benefit_by_site": explanations_sites.benefit_by_site,
        "site_safety": explanations_sites.site_safety,
        "trial_sites": explanations_sites.trial_sites,
        "gap_intersections": explanations_gaps.gap_of_pairs,
        "shrunken_sensitivity": explanations_pooling.shrunken_sensitivity,
        "sample_ratio_anytime": explanations_allocation.sample_ratio_anytime,
        "sample_ratio_by_site": explanations_allocation.sample_ratio_by_site,
        "cluster_difference": explanations_clusters.cluster_difference,
        "wedge_effect": explanations_clusters.wedge_effect,
        "heterogeneity": explanations_synthesis.heterogeneity,
        "leave_one_site_out": explanations_synthesis.leave_one_site_out,
        "mean_difference": explanations_means.mean_difference,
        "worst_case_benefit": explanations_missing.worst_case_benefit,
        "tipping_point": explanations_missing.tipping_point,
        "imputed_benefit": explanations_missing.imputed_benefit,
        "conditional_power": explanations_watching.conditional_power,
        "repeated_p": explanations_watching.repeated_p,
        "anytime_event_share": explanations_watching.anytime_event_share,
        "event_rate": explanations_watching.poisson,
        "observed_expected": explanations_watching.poisson,
        **{name: explanations_readers.OF_READINGS[name] for name in OF_FIGURES},
        **dict.fromkeys(("auroc", "site_auroc"), explanations_scores.auroc),
        "gap_auroc": explanations_scores.gap_auroc,
        "calibration_slope": explanations_calibration.calibration_slope,
        "calibration_in_the_large": explanations_calibration.calibration_in_the_large,
        "brier": explanations_calibration.brier,
        "expected_calibration_error": explanations_calibration.expected_calibration_error,
        "net_benefit": explanations_decisions.net_benefit,
    }
)
"""Metric name -> the function that derives one of its estimates again."""

FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        **explanations_shares.FORMULAS,
        **explanations_differences.FORMULAS,
        **explanations_gaps.FORMULAS,
        **explanations_looks.FORMULAS,
        **explanations_paired.FORMULAS,
        **explanations_readers.FORMULAS,
        **explanations_trial.FORMULAS,
        **explanations_sites.FORMULAS,
        **explanations_conduct.FORMULAS,
        **explanations_allocation.FORMULAS,
        **explanations_clusters.FORMULAS,
        **explanations_wedge.FORMULAS,
        **explanations_synthesis.FORMULAS,
        **explanations_means.FORMULAS,
        **explanations_missing.FORMULAS,
        **explanations_pooling.FORMULAS,
        **explanations_watching.FORMULAS,
        **explanations_scores.FORMULAS,
        **explanations_calibration.FORMULAS,
        **explanations_decisions.FORMULAS,
    }
)
"""Method name, as a policy says it -> its formula and the paper; further names for parts of several methods."""

# An estimate that rests on several levels would tell of one that is hidden (P9).
REST_ON_LEVELS = frozenset(
    {
        "gap_sensitivity",
        "gap_accuracy",
        "gap_benefit",
        "gap_intersections",
        "gap_auroc",
        "gap_checks_met",
        "shrunken_sensitivity",
    }
)
REST_ON_SITES = frozenset({"benefit_by_site"})
WITHHELD = "Counts and steps are left out: with them a group too small to show could be found by subtraction."


def explain(question: Question) -> tuple[Working, ...]:
    """
    Return the derivation of every estimate of one criterion, in the order of the estimates.

    The numbers are computed anew from the cells by the formula that is written beside them. A
    derivation that would tell of a group too small to show holds its result only (P9).

    :raises UnknownMetric: if nobody measures the criterion's metric; the sentence lists the known ones
    :raises UnknownMethod: if its metric has no such interval or test
    """
    criterion = question.criterion
    estimates = measure(
        criterion=criterion,
        cells={question.cells.kind: question.cells},
        rollout=question.rollout,
        policy=question.policy,
    )
    return tuple(_working(question, estimate, estimates) for estimate in estimates)


def _working(question: Question, estimate: Estimate, every: Sequence[Estimate]) -> Working:
    title = _title(question, estimate)
    if too_small(estimate, smallest_cell=question.policy.smallest_cell):
        few = f"fewer than {question.policy.smallest_cell} {estimate.unit}"
        return _bare(estimate, title, f"not shown: {estimate.note if estimate.suppressed else few}")
    if estimate.value is None:
        return _bare(estimate, title, f"not known: {estimate.note}")
    derived = _explanation(question)(question, estimate)
    withheld = _would_tell(question, estimate, every)
    return Working(
        scope=estimate.scope,
        title=title,
        columns=() if withheld else derived.table.columns,
        cells=() if withheld else derived.table.rows,
        formula=derived.formula.text,
        steps=steps(("", WITHHELD, "")) if withheld else (*derived.steps, *_asked(question, estimate)),
        result=result_of(derived),
        reference=derived.formula.reference,
        check_in="" if withheld else derived.check_in,
    )


def _explanation(question: Question) -> Explanation:
    metric = question.criterion.metric
    return (explanations_readers.OF_READINGS if question.criterion.evidence == READINGS else EXPLAINED)[metric]


def _would_tell(question: Question, estimate: Estimate, every: Sequence[Estimate]) -> bool:
    """True if the steps of an estimate hold counts of a group that is hidden elsewhere."""
    metric, hidden = question.criterion.metric, {one.scope for one in every if one.suppressed}
    if metric in REST_ON_SITES:
        return bool(hidden) and estimate.scope == "all"
    if metric not in REST_ON_LEVELS or not hidden:
        return False
    small = {one.scope for one in metric_of(question.criterion)(question) if one.suppressed}
    if metric == "gap_intersections":
        return bool(hidden - small)
    return any(scope.partition("=")[0] == estimate.scope.partition("=")[0] for scope in hidden - small)


def _title(question: Question, estimate: Estimate) -> str:
    scope = "" if estimate.scope == "all" else f", {estimate.scope}"
    return f"{question.criterion.metric}{scope}: {question.criterion.title}"


def _bare(estimate: Estimate, title: str, result: str) -> Working:
    return Working(
        scope=estimate.scope,
        title=title,
        columns=(),
        cells=(),
        formula="",
        steps=(),
        result=result,
        reference="",
        check_in="",
    )


def _asked(question: Question, estimate: Estimate) -> tuple[Step, ...]:
    threshold = question.criterion.threshold
    if threshold is None:
        return ()
    end = {"lower": "lower end", "upper": "upper end"}.get(threshold.bound, "value")
    words = f"{end} {asked(threshold, question.criterion.metric)}, that is {threshold.value}"
    return steps(("asked", words, weigh(threshold=threshold, estimate=estimate).value))
