"""The other reading of a threshold: whether meeting it exactly is enough. Where sources say both, both are shown."""

from collections.abc import Sequence

from primum.roadmap.estimates import Estimate
from primum.roadmap.judging import weigh
from primum.roadmap.policy import Operator, Threshold
from primum.roadmap.verdicts import Outcome, worst

OTHERWISE: dict[Operator, Operator] = {
    "more_than": "at_least",
    "at_least": "more_than",
    "less_than": "at_most",
    "at_most": "less_than",
}


def other_reading(threshold: Threshold) -> Threshold:
    """Return the threshold with equality read the other way: ``more than 95`` as ``at least 95``."""
    return threshold.model_copy(update={"operator": OTHERWISE[threshold.operator]})


def outcome_read_otherwise(*, threshold: Threshold, estimates: Sequence[Estimate]) -> Outcome:
    """Return what the estimates would come to under the other reading."""
    twin = other_reading(threshold)
    return worst(weigh(threshold=twin, estimate=one) for one in estimates)
