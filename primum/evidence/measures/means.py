"""Metrics of amounts in a trial: the difference of two means."""

from primum.evidence.counts.cells import UnknownKey
from primum.evidence.counts.moments import Moments, moments
from primum.evidence.measures.question import Question, joined, nothing
from primum.evidence.models.continuous import mean_difference as difference_of_means
from primum.evidence.models.effects import NoEstimate
from primum.evidence.trials.cluster_trials import randomises_clusters, refusal
from primum.evidence.trials.trial_arms import CONTROL, INTERVENTION, primary_cells, units
from primum.roadmap.estimates import Estimate


def mean_difference(question: Question) -> tuple[Estimate, ...]:
    """
    Measure the difference of means of an amount, intervention minus control (Welch).

    ``parameters.amount`` names the column; ``parameters.good`` set to ``lower`` turns the sign, so that
    positive is better.
    """
    column = question.parameter("amount", default="")
    if reason := question.lacks("arm"):
        return (nothing(question, reason),)
    if question.protocol is not None and randomises_clusters(question.protocol):
        return (nothing(question, refusal(question.protocol)),)
    try:
        treated, control = (
            moments(primary_cells(question.cells).where(arm=arm), column) for arm in (INTERVENTION, CONTROL)
        )
        found = difference_of_means(first=treated, second=control, confidence=question.confidence)
    except (NoEstimate, UnknownKey) as refused:
        reason = str(refused) if column else "the criterion names no `amount` in its parameters"
        return (nothing(question, reason),)
    turned = question.parameter("good", default="higher") == "lower"
    interval = found.interval.mirrored() if turned else found.interval
    return (
        Estimate(
            metric=question.criterion.metric,
            value=-found.value if turned else found.value,
            lower=interval.lower,
            upper=interval.upper,
            confidence=question.confidence,
            method="Welch",
            n=treated.n + control.n,
            unit=units(question.protocol),
            note=joined(f"mean {_of(treated)} against {_of(control)}", f"p {found.p:.4f}"),
        ),
    )


def _of(arm: Moments) -> str:
    return f"{arm.mean:.4g} of {arm.n:,}"
