"""Derivations of a crossed reader study from its paired readings: figures, covariances, and what readers gain."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.counts.reading_pairs import READ
from primum.evidence.explanations import conduct, sites
from primum.evidence.explanations.clusters import t_quantile
from primum.evidence.explanations.gaps import GAP, HSU, gap_between
from primum.evidence.explanations.levels import Levels, Pair
from primum.evidence.explanations.shares import INTERVALS
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Table,
    confidence_steps,
    count_of,
    counted,
    figure,
    levels_in,
    numbers_in_r,
    steps,
    table_of_counts,
)
from primum.evidence.intervals import Group
from primum.evidence.measures.question import Question
from primum.evidence.measures.reader_figures import FIGURES, strictest, threshold_of
from primum.evidence.measures.reader_gaps import gap_benefit
from primum.roadmap.estimates import Estimate

COMPONENTS = (
    "x(t, j) is the figure of reader j without (t = 0) and with the model (t = 1);  D(j) = x(1, j) - x(0, j)\n"
    "area: mean over positives of F(s), share of negatives below rating s, ties one half;  G(s) of negatives likewise\n"
    "cov(a, b) = sum of n(s, t) (F_a(s) - x_a)(F_b(t) - x_b) over ratings s, t / sqrt(n_a (n_a - 1) n_b (n_b - 1))\n"
    "over positives, and so with G over negatives; of sensitivity and specificity F is 1 for a right call, else 0\n"
    "Cov1, Cov2, Cov3: mean covariance of a reader with and without; of two readers read alike; of two read not\n"
)
GAIN = Formula(
    text=(
        f"{COMPONENTS}"
        "d = mean of D(j),  r readers in g groups;  M = sum of (D(j) - mean of D in j's group)^2 / (2 (r - g))\n"
        "N = M + (r / g) max(Cov2 - Cov3, 0),  f = (r - g) (N / M)^2 degrees of freedom\n"
        "ends  d -/+ t sqrt(2 N / r),  t the quantile 1 - a of Student's t with f degrees of freedom"
    ),
    reference="Obuchowski & Rockette 1995, Communications in Statistics 24:285-308; Hillis 2007, Stat Med 26:596-619",
)
GAP_OF_GAINS = Formula(
    text=(
        f"{GAP}\n"
        "of two levels:  D(j) = gain of reader j in the one less that in the other,  M and d as of a gain\n"
        "N = M + r max(Cov2 - Cov3 of one + Cov2 - Cov3 of the other, 0),  since their cases are not the same"
    ),
    reference=f"{GAIN.reference}; {HSU}",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({"obuchowski-rockette": GAIN})
ARMS = ("control", "intervention")
Cell = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Read:
    """The figure of each reading (arm, reader) derived again, with its covariances; ``groups`` by reader."""

    values: Mapping[Cell, float]
    covariances: Mapping[tuple[Cell, Cell], float]
    groups: Mapping[str, str]
    cases: tuple[int, int]

    @property
    def readers(self) -> tuple[str, ...]:
        """The readers, in the order of their codes."""
        return tuple(self.groups)

    @property
    def gains(self) -> list[float]:
        """What each reader gains."""
        return [self.values["intervention", one] - self.values["control", one] for one in self.readers]

    def covariance(self, *, same_arm: bool, same_reader: bool) -> float:
        """Return the mean covariance of readings that share the arm or not, and the reader or not."""
        found = [
            covariance
            for (one, other), covariance in self.covariances.items()
            if one != other
            and (one[0] == other[0]) is same_arm
            and (one[1] == other[1]) is same_reader
            and self.groups[one[1]] == self.groups[other[1]]
        ]
        return sum(found) / len(found) if found else 0.0


def read_again(question: Question, *, of: str, attribute: str = "", level: str = "") -> Read:
    """Derive one figure of all readings, of all cases or of those of one level."""
    cells = question.cells.where(attribute=attribute, level=level)
    pairs = counted(cells, "reference", "arm", "reader", "rating", "other_arm", "other_reader", "other_rating")
    every = sorted({int(one) for one in cells.levels_of("rating")})
    cut = 0 if of == "area" else threshold_of(question, levels=tuple(every))
    alone = {
        (truth, one): dict(_of_reading(pairs, truth, one))
        for truth, one in dict.fromkeys((key[0], (key[1], key[2])) for key in pairs)
    }
    readers = sorted({reader for _, (_, reader) in alone})
    cells_of = [(arm, reader) for arm in ARMS for reader in readers]
    placed = {key: _placements(alone, key, of=of, cut=cut, levels=every) for key in alone}
    truth_of = {"area": "1", "sensitivity": "1", "specificity": "0"}[of]
    values = {one: _mean(alone[truth_of, one], placed[truth_of, one]) for one in cells_of}
    covariances: dict[tuple[Cell, Cell], float] = dict.fromkeys(itertools.product(cells_of, cells_of), 0.0)
    shared: set[tuple[str, str]] = set()
    for (truth, arm, reader, rating, other_arm, other_reader, other_rating), n in pairs.items():
        one, other = (arm, reader), (other_arm, other_reader)
        shared |= {(reader, other_reader), (other_reader, reader)} if arm == other_arm else set()
        if of != "area" and truth != truth_of:
            continue
        sizes = [float(sum(alone[truth, key].values())) for key in (one, other)]
        part = n * (placed[truth, one][int(rating)] - values[one])
        part *= placed[truth, other][int(other_rating)] - values[other]
        part /= math.sqrt(math.prod(size * (size - 1) for size in sizes))
        for both in {(one, other), (other, one)}:
            covariances[both] += part
    return Read(
        values=values,
        covariances=covariances,
        groups=_groups(readers, shared),
        cases=(_cases(alone, shared, "1"), _cases(alone, shared, "0")),
    )


def _of_reading(pairs: Mapping[tuple[str, ...], int], truth: str, one: Cell) -> Iterator[tuple[int, int]]:
    """Yield rating and cases of one reading: its pairs with itself."""
    yield from ((int(key[3]), n) for key, n in pairs.items() if key[:3] == (truth, *one) and key[4:6] == one)


def _placements(
    alone: Mapping[tuple[str, Cell], Mapping[int, int]],
    key: tuple[str, Cell],
    *,
    of: str,
    cut: int,
    levels: Sequence[int],
) -> dict[int, float]:
    """Return for each rating of one reading the component of a case of this truth."""
    truth, reading = key
    if of == "sensitivity":
        return {rating: float(rating >= cut) for rating in levels}
    if of == "specificity":
        return {rating: float(rating < cut) for rating in levels}
    others = alone["0" if truth == "1" else "1", reading]
    n, sign = sum(others.values()), 1 if truth == "1" else -1
    return {
        rating: sum(
            count * (1.0 if sign * (rating - other) > 0 else 0.5 if rating == other else 0.0)
            for other, count in others.items()
        )
        / n
        for rating in levels
    }


def _mean(counts: Mapping[int, int], placed: Mapping[int, float]) -> float:
    return sum(n * placed[rating] for rating, n in counts.items()) / sum(counts.values())


def _groups(readers: Sequence[str], shared: set[tuple[str, str]]) -> dict[str, str]:
    first = {one: next(other for other in readers if (one, other) in shared) for one in readers}
    return first if len(set(first.values())) < len(readers) else dict.fromkeys(readers, readers[0])


def _cases(alone: Mapping[tuple[str, Cell], Mapping[int, int]], shared: set[tuple[str, str]], truth: str) -> int:
    """Count the cases of one truth: those of the first reader of each set of readers that share theirs."""
    readers = sorted({reader for _, (_, reader) in alone})
    first = {next(other for other in readers if (one, other) in shared) for one in readers}
    return sum(sum(alone[truth, ("control", one)].values()) for one in first)


def gain(question: Question, estimate: Estimate) -> Derived:
    """Derive what readers gain in the primary figure, or lose in one that must not get worse."""
    of, sign = _asked(question, estimate)
    read = read_again(question, of=of)
    margin = _margin(question)
    together = read.covariance(same_arm=True, same_reader=False) - read.covariance(same_arm=False, same_reader=False)
    spread = Spread(gains=tuple(read.gains), groups=tuple(read.groups.values()), together=together)
    found = spread.interval(strictest(question))
    lower, upper = (found.lower, found.upper) if sign > 0 else (-found.upper, -found.lower)
    positives, negatives = (count_of(question, n=n) for n in read.cases)
    return Derived(
        value=sign * found.value + margin,
        lower=max(-1.0, lower) + margin,
        upper=min(1.0, upper) + margin,
        formula=GAIN,
        table=_table(read, of),
        steps=(
            *steps(
                ("n1, n0", "cases with the condition and without", f"{positives}, {negatives}"),
                (
                    "r, g",
                    "readers, in groups that share cases",
                    f"{len(read.readers)}, {len(set(read.groups.values()))}",
                ),
            ),
            *confidence_steps(strictest(question)),
            *steps(
                ("Cov1", "same reader, with and without", read.covariance(same_arm=False, same_reader=True)),
                ("Cov2", "two readers, read alike", read.covariance(same_arm=True, same_reader=False)),
                ("Cov3", "two readers, read not alike", read.covariance(same_arm=False, same_reader=False)),
            ),
            *found.steps,
            *(steps(("margin", "added to value and ends", margin)) if margin else ()),
            *(steps(("-", "turned: positive is harm", "less with the model")) if sign < 0 else ()),
        ),
        check_in=found.check_in,
    )


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The gains of readers, the groups they read in, and what two readers' errors have in common."""

    gains: tuple[float, ...]
    groups: tuple[str, ...]
    together: float

    def interval(self, confidence: float) -> Pair:
        """Derive the mean gain with its interval for readers and cases like these."""
        r, groups = len(self.gains), sorted(set(self.groups))
        d, rest = sum(self.gains) / r, r - len(groups)
        within = {one: [x for x, group in zip(self.gains, self.groups, strict=True) if group == one] for one in groups}
        square = sum((x - sum(xs) / len(xs)) ** 2 for xs in within.values() for x in xs) / (2 * rest)
        noise = square + r / len(groups) * max(self.together, 0.0)
        degrees = rest * (noise / square) ** 2 if square else math.inf
        t = t_quantile(confidence, degrees=degrees)
        half = t * math.sqrt(2 * noise / r)
        return Pair(
            value=d,
            lower=d - half,
            upper=d + half,
            steps=steps(
                ("d", "mean gain", d),
                ("M", "mean square of gains between readers", square),
                ("N", "with what readers have in common", noise),
                ("f", "Hillis' degrees of freedom", degrees),
                ("t", "quantile of Student's t", t),
            ),
            check_in=(
                f"D <- {numbers_in_r(self.gains)}; N <- {figure(noise)}; "
                f"mean(D) + c(-1, 1) * qt({figure(0.5 + confidence / 2)}, {_in_r(degrees)}) * sqrt(2 * N / length(D))"
            ),
        )


def gap(question: Question, estimate: Estimate) -> Derived:
    """Derive a gap in the gain between groups of cases, read by the same readers."""
    attribute, _, level = estimate.scope.partition("=")
    protocol = question.protocol
    assert protocol is not None  # an estimate is known only with a protocol
    shown = [one for one in gap_benefit(question) if one.known and one.scope.startswith(f"{attribute}=")]
    units = {one.scope.partition("=")[2]: one.n for one in shown}
    read = {name: read_again(question, of=protocol.primary.event, attribute=attribute, level=name) for name in units}
    values = {name: Fraction(sum(one.gains) / len(one.gains)) for name, one in read.items()}

    def pair(one: str, other: str, confidence: float) -> Pair:
        both = [read[name] for name in (one, other)]
        apart = [
            each.covariance(same_arm=True, same_reader=False) - each.covariance(same_arm=False, same_reader=False)
            for each in both
        ]
        gains = tuple(x - y for x, y in zip(both[0].gains, both[1].gains, strict=True))
        spread = Spread(gains=gains, groups=tuple(both[0].groups.values()), together=sum(apart))
        return spread.interval(confidence)

    levels = Levels(
        attribute=attribute,
        values=values,
        units=units,
        pair=pair,
        table=Table(
            columns=(attribute, "cases", "mean gain"),
            rows=tuple((name, count_of(question, n=units[name]), figure(values[name])) for name in values),
        ),
        of_effects=True,
        formula=GAP_OF_GAINS,
    )
    return gap_between(question, levels=levels, level=level)


def missing(question: Question, estimate: Estimate) -> Derived:
    """Derive the share of readings of one arm without a rating."""
    counts = counted(question.cells.where(**levels_in(estimate.scope)), "arm", READ)
    lost = sum(n for (_, read), n in counts.items() if read == "0")
    derived = INTERVALS["clopper-pearson"](
        Group(events=lost, n=sum(counts.values())),
        confidence=question.confidence,
        words=("readings of this arm without a rating", "readings of this arm"),
    )
    return replace(derived, table=table_of_counts(question, counts=counts, columns=("arm", "read")))


def ratio(question: Question, estimate: Estimate) -> Derived:
    """Derive the p of the readings in both arms."""
    return conduct.sample_ratio(replace(question, cells=question.cells.where(read="1")), estimate)


OF_READINGS: Mapping[str, Callable[[Question, Estimate], Derived]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("primary_benefit", "primary_noninferiority", "safety_difference", *(f"reader_{one}" for one in FIGURES)),
            gain,
        ),
        "gap_benefit": gap,
        "missing_outcomes": missing,
        "sample_ratio": ratio,
        "trial_sites": sites.trial_sites,
    }
)
"""Metric name -> how one of its estimates on a table of readings is derived again."""


def _asked(question: Question, estimate: Estimate) -> tuple[str, int]:
    """Return the figure an estimate is about, and -1 where a fall of it is what is measured."""
    metric, protocol = question.criterion.metric, question.protocol
    if metric.startswith("reader_"):
        return metric.removeprefix("reader_"), 1
    assert protocol is not None  # an estimate is known only with a protocol
    if metric == "safety_difference":
        name = levels_in(estimate.scope)["endpoint"]
        return next(one.event for one in protocol.safety if one.name == name), -1
    return protocol.primary.event, 1


def _margin(question: Question) -> float:
    protocol = question.protocol
    if question.criterion.metric != "primary_noninferiority" or protocol is None or protocol.margin is None:
        return 0.0
    return float(Fraction(protocol.margin))


def _table(read: Read, of: str) -> Table:
    """Return the figure of each reader, numbered: who they are is nobody's business here."""
    rows = tuple(
        (str(number), figure(read.values["control", one]), figure(read.values["intervention", one]), figure(gained))
        for number, (one, gained) in enumerate(zip(read.readers, read.gains, strict=True), start=1)
    )
    return Table(columns=("reader", f"{of} without", f"{of} with the model", "D(j)"), rows=rows)


def _in_r(degrees: float) -> str:
    return "Inf" if math.isinf(degrees) else figure(degrees)
