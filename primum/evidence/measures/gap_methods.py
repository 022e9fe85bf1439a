"""
How a policy wants gaps compared: simultaneous intervals for independent patients, or a cluster bootstrap.

``threshold.method`` names it (or ``parameters.method`` where a criterion has no threshold). The bootstrap
is for sites or other clusters that share errors; ``parameters.column`` names another cluster than the
site, ``parameters.resample`` may be ``both`` for clusters of few patients, ``parameters.replicates`` and
``parameters.seed`` the draws. Its gaps are no narrower than those for independent patients.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from primum.evidence.equity import bootstrap, clustered_gaps
from primum.evidence.equity.bootstrap import ClusterTable, Resample
from primum.evidence.equity.subgroups import Gaps
from primum.evidence.intervals import Interval
from primum.evidence.measures.question import Question, method_of
from primum.evidence.shares.two_proportions import miettinen_nurminen, newcombe

PAIRS: Mapping[str, Callable[..., Interval]] = MappingProxyType(
    {"simultaneous miettinen-nurminen": miettinen_nurminen, "simultaneous newcombe": newcombe}
)
CLUSTERS = "cluster bootstrap"
METHODS = (*PAIRS, CLUSTERS)
SHOWN = MappingProxyType(
    {
        "simultaneous miettinen-nurminen": "simultaneous Miettinen-Nurminen",
        "simultaneous newcombe": "simultaneous Newcombe",
        CLUSTERS: "cluster bootstrap",
        "simultaneous delong": "simultaneous DeLong, square-and-add",
    }
)
RESAMPLES: Mapping[str, Resample] = MappingProxyType({"clusters": "clusters", "patients": "patients", "both": "both"})
Names = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How levels are compared, what the comparison rests on, and how much larger clusters make the sizes needed."""

    compare: Callable[[Names], Gaps]
    note: str = ""
    inflation: float = 1.0


def why_not(question: Question) -> str | None:
    """Return the sentence about a parameter of the comparison that cannot be used, if there is one."""
    method = question.criterion.parameters.get("method")
    if method is not None and method not in METHODS:
        return f"the criterion asks in its parameters for the method '{method}'; known are {', '.join(METHODS)}"
    if method_asked(question) != CLUSTERS:
        return None
    resample = question.parameter("resample", default="clusters")
    if resample not in RESAMPLES:
        return f"the criterion asks to draw '{resample}' again; known are {', '.join(RESAMPLES)}"
    if _number(question, "replicates", bootstrap.USUAL_REPLICATES) < 1_000:  # noqa: PLR2004 -- tails of 1 in 40
        return "a cluster bootstrap takes 1,000 draws or more (parameters.replicates)"
    return question.lacks(cluster_of(question))


def method_asked(question: Question) -> str:
    """Return the method by which gaps are compared; ``why_not`` has been asked before."""
    return question.criterion.parameters.get("method") or method_of(question, dict.fromkeys(METHODS))


def pair_interval(question: Question) -> Callable[..., Interval]:
    """Return the interval of one difference for independent patients; Miettinen-Nurminen beside a bootstrap."""
    return PAIRS.get(method_asked(question), miettinen_nurminen)


def cluster_of(question: Question) -> str:
    """Return the column whose levels are the clusters."""
    return question.parameter("column", default="site")


def compared(
    question: Question,
    *,
    independent: Callable[[Names], Gaps],
    table: Callable[[Names], ClusterTable],
    every: Names,
) -> Comparison:
    """
    Return how the levels of one attribute are compared, as the policy asks.

    :param independent: the gaps of some levels if patients are independent
    :param table: the counts of some levels by cluster; ``every`` are all levels with units
    """
    if method_asked(question) != CLUSTERS or not every:
        return Comparison(compare=independent)
    drawn, replicates = table(every), _number(question, "replicates", bootstrap.USUAL_REPLICATES)
    effect, seed = bootstrap.design_effect(drawn), _number(question, "seed", 1)

    def clustered(names: Names) -> Gaps:
        found = bootstrap.simultaneous_gaps(
            table=table(names),
            confidence=question.confidence,
            seed=seed,
            replicates=replicates,
            resample=RESAMPLES[question.parameter("resample", default="clusters")],
        )
        return clustered_gaps.no_narrower(found, independent=independent(names))

    return Comparison(
        compare=clustered,
        note=f"{drawn.clusters} clusters ({cluster_of(question)}) drawn {replicates:,} times, seed {seed}; "
        f"design effect {effect:.2f}; no narrower than for independent patients",
        inflation=max(1.0, effect),
    )


def _number(question: Question, name: str, default: int) -> int:
    given = question.parameter(name, default=str(default))
    return int(given) if given.isdigit() else default
