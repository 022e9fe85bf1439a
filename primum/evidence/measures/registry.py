"""From a policy criterion and counts to estimates: one registry of metrics, one function to ask it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from primum.evidence.counts.cells import Cells, empty_cells
from primum.evidence.measures import allocation as measures_allocation
from primum.evidence.measures import challengers as measures_challengers
from primum.evidence.measures import checks as measures_checks
from primum.evidence.measures import clusters as measures_clusters
from primum.evidence.measures import conduct as measures_conduct
from primum.evidence.measures import diagnostic as measures_diagnostic
from primum.evidence.measures import equity as measures_equity
from primum.evidence.measures import gaps as measures_gaps
from primum.evidence.measures import heterogeneity as measures_heterogeneity
from primum.evidence.measures import means as measures_means
from primum.evidence.measures import missing as measures_missing
from primum.evidence.measures import reader_studies as measures_readers
from primum.evidence.measures import scores as measures_scores
from primum.evidence.measures import sequential as measures_sequential
from primum.evidence.measures import sites as measures_sites
from primum.evidence.measures import trial as measures_trial
from primum.evidence.measures.concealment import with_partners_hidden
from primum.evidence.measures.question import Question, unknown
from primum.evidence.trials import cluster_trials
from primum.evidence.trials.cluster_trials import READINGS, SHARED_CASES, as_asked
from primum.evidence.trials.trial_arms import PRIMARY_ANALYSIS, columns_of
from primum.roadmap.estimates import Estimate
from primum.roadmap.policy import Criterion, Policy
from primum.roadmap.rollout import Evidence, Rollout

Metric = Callable[[Question], tuple[Estimate, ...]]

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        **dict.fromkeys(measures_diagnostic.SHARES, measures_diagnostic.share),
        "site_sensitivity": measures_diagnostic.site_sensitivity,
        "sites": measures_diagnostic.sites,
        "reader_gain": measures_diagnostic.reader_gain,
        "gap_sensitivity": measures_gaps.gap_sensitivity,
        "gap_accuracy": measures_gaps.gap_accuracy,
        "checks_met": measures_checks.checks_met,
        "gap_checks_met": measures_gaps.gap_checks_met,
        "gap_benefit": measures_gaps.gap_benefit,
        "gap_intersections": measures_equity.gap_intersections,
        "shrunken_sensitivity": measures_equity.shrunken_sensitivity,
        "primary_benefit": measures_trial.primary_benefit,
        "primary_noninferiority": measures_trial.primary_noninferiority,
        "primary_ratio": measures_trial.primary_ratio,
        "safety_difference": measures_trial.safety_difference,
        "sample_ratio": measures_conduct.sample_ratio,
        "sample_ratio_anytime": measures_allocation.sample_ratio_anytime,
        "sample_ratio_by_site": measures_allocation.sample_ratio_by_site,
        "missing_outcomes": measures_conduct.missing_outcomes,
        "workload_ratio": measures_conduct.workload_ratio,
        "benefit_by_site": measures_sites.benefit_by_site,
        "site_safety": measures_sites.site_safety,
        "trial_sites": measures_sites.trial_sites,
        "cluster_difference": measures_clusters.cluster_difference,
        "wedge_effect": measures_clusters.wedge_effect,
        "heterogeneity": measures_heterogeneity.heterogeneity,
        "leave_one_site_out": measures_heterogeneity.leave_one_site_out,
        "mean_difference": measures_means.mean_difference,
        "worst_case_benefit": measures_missing.worst_case_benefit,
        "tipping_point": measures_missing.tipping_point_benefit,
        "imputed_benefit": measures_missing.imputed_benefit,
        "conditional_power": measures_sequential.conditional_power_now,
        "repeated_p": measures_sequential.repeated_p_now,
        "anytime_event_share": measures_sequential.anytime_event_share,
        "event_rate": measures_sequential.event_rate,
        "observed_expected": measures_sequential.observed_expected,
        **measures_readers.OF_FIGURES,
        **measures_challengers.METRICS,
        **measures_scores.SCORE_METRICS,
    }
)
"""Metric name -> the function that measures it; a policy may name these and no others."""

METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys([*measures_diagnostic.SHARES, "site_sensitivity"], tuple(measures_diagnostic.SHARE_METHODS)),
        "sites": ("count",),
        "reader_gain": tuple(measures_diagnostic.PAIRED_METHODS),
        **dict.fromkeys(("gap_sensitivity", "gap_accuracy", "gap_benefit", "gap_intersections"), measures_gaps.METHODS),
        "gap_checks_met": measures_gaps.METHODS,
        "checks_met": tuple(measures_diagnostic.SHARE_METHODS),
        "shrunken_sensitivity": (measures_equity.POOLING,),
        **dict.fromkeys(
            ("primary_benefit", "primary_noninferiority", "safety_difference", "benefit_by_site", "site_safety"),
            tuple(measures_trial.DIFFERENCE_METHODS),
        ),
        "primary_ratio": tuple(measures_trial.RATIO_METHODS),
        "sample_ratio": ("chi-square",),
        "sample_ratio_anytime": ("anytime-valid multinomial",),
        "sample_ratio_by_site": ("exact binomial or chi-square",),
        "missing_outcomes": tuple(measures_conduct.SHARE_METHODS),
        "workload_ratio": ("ratio of means minus one",),
        "trial_sites": ("count",),
        "cluster_difference": tuple(cluster_trials.METHODS),
        "wedge_effect": tuple(measures_clusters.WEDGE_METHODS),
        **dict.fromkeys(("heterogeneity", "leave_one_site_out"), tuple(measures_heterogeneity.SYNTHESIS_METHODS)),
        "mean_difference": ("welch",),
        "worst_case_benefit": tuple(measures_trial.DIFFERENCE_METHODS),
        "tipping_point": ("delta-adjustment",),
        "imputed_benefit": ("rubin",),
        "conditional_power": (measures_sequential.TREND,),
        "repeated_p": (measures_sequential.REPEATED,),
        "anytime_event_share": (measures_sequential.MIXTURE,),
        **dict.fromkeys(("event_rate", "observed_expected"), (measures_sequential.POISSON,)),
        **dict.fromkeys(measures_readers.OF_FIGURES, (measures_readers.OBUCHOWSKI_ROCKETTE,)),
        **measures_challengers.METHODS,
        **measures_scores.METHODS,
    }
)
"""Metric name -> the intervals and tests that a threshold may name for it; the first is taken where it names none."""

DIAGNOSTIC_KEYS = (
    "site",
    "condition",
    "reference",
    "prediction",
    "reader_alone",
    "reader_with_lmm",
    measures_challengers.CHAMPION,
    measures_challengers.BEFORE,
)
READING_KEYS = ("arm", "site", "reader", "reference")
TRIAL_KEYS = ("arm", "site", "cluster", "period", PRIMARY_ANALYSIS, "readings")


class UnknownMetric(LookupError):
    """A criterion names a metric that nobody measures; the sentence names it."""


class UnknownMethod(LookupError):
    """A criterion names an interval or test that its metric does not have; the sentence names those it has."""


def measure(
    *, criterion: Criterion, cells: Mapping[str, Cells], rollout: Rollout, policy: Policy
) -> tuple[Estimate, ...]:
    """
    Return the estimates of one criterion, at least one.

    What cannot be known is an estimate without value and with the reason in its note (P8).

    :param cells: counts by kind of evidence
    :raises UnknownMetric: if nobody measures the criterion's metric
    :raises UnknownMethod: if its metric has no such interval or test
    """
    criterion = as_asked(criterion, rollout.protocol)
    if criterion.metric not in METRICS:
        raise UnknownMetric(
            f"The criterion '{criterion.id}' asks for '{criterion.metric}', which nobody measures; "
            f"known are {', '.join(sorted(METRICS))}."
        )
    _check_method(criterion)
    question = question_of(criterion=criterion, cells=cells, rollout=rollout, policy=policy)
    if table_of(criterion) not in cells:
        return (unknown(question, note=_why_not_counted(criterion, cells)),)
    return with_partners_hidden(metric_of(criterion)(question))


def metric_of(criterion: Criterion) -> Metric:
    """Return the function that measures a criterion on its kind of evidence."""
    if criterion.evidence == READINGS:
        return measures_readers.metric_on_readings(criterion.metric)
    return METRICS[criterion.metric]


def _why_not_counted(criterion: Criterion, cells: Mapping[str, Cells]) -> str:
    if criterion.evidence == READINGS and "trial" in cells:
        return SHARED_CASES
    lacks_scores = criterion.evidence in cells
    return measures_scores.NO_SCORES if lacks_scores else f"no table of kind '{criterion.evidence}' was counted"


def table_of(criterion: Criterion) -> str:
    """Return under which name the counts are kept that a criterion is measured on."""
    if criterion.evidence == READINGS:
        return measures_readers.table_on_readings(criterion)
    scored = criterion.metric in measures_scores.SCORE_METRICS
    return f"{criterion.evidence}{measures_scores.SCORES}" if scored else criterion.evidence


def question_of(*, criterion: Criterion, cells: Mapping[str, Cells], rollout: Rollout, policy: Policy) -> Question:
    """Return a criterion together with the counts it is measured on, which are empty if nobody counted."""
    criterion = as_asked(criterion, rollout.protocol)
    name = table_of(criterion)
    counted = cells.get(name, empty_cells(name))
    return Question(criterion=criterion, cells=counted, rollout=rollout, policy=policy)


def _check_method(criterion: Criterion) -> None:
    asked, known = criterion.threshold.method if criterion.threshold else "", METHODS[criterion.metric]
    if asked and asked not in known:
        raise UnknownMethod(
            f"The criterion '{criterion.id}' asks for the method '{asked}'; "
            f"'{criterion.metric}' knows {', '.join(known)}."
        )


def keys_of(*, evidence: Evidence, rollout: Rollout, policy: Policy | None = None) -> tuple[str, ...]:
    """
    Return the mapped columns that must be counted for this evidence; none for a kind without metrics.

    Only columns named here, by the protocol, as subgroups or by a criterion's ``parameters.column``
    are counted, so that no identifier ever becomes a level (P9).
    """
    named = policy.criteria if policy else ()
    asked = [one.parameters["column"] for one in named if one.evidence == evidence.kind and "column" in one.parameters]
    if evidence.kind == "diagnostic":
        wanted = [*DIAGNOSTIC_KEYS, *evidence.subgroups, *asked]
    elif evidence.kind == "trial":
        events = columns_of(rollout.protocol) if rollout.protocol else ()
        wanted = [*TRIAL_KEYS, *events, *evidence.subgroups, *asked]
    elif evidence.kind == READINGS:
        wanted = [*READING_KEYS, *evidence.subgroups, *asked]
    elif evidence.kind == "checks":
        wanted = [*measures_checks.COLUMNS, *evidence.subgroups, *asked]
    else:
        return ()
    return tuple(column for column in dict.fromkeys(wanted) if column in evidence.columns)
