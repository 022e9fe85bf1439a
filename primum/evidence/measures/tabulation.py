"""One pass over a table for all that is ever asked of it: the counts, the sums, and the histograms of its scores."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

import numpy as np

from primum.evidence.counts.amounts import Amount
from primum.evidence.counts.cells import Cells, Part, gather
from primum.evidence.counts.counting import Batch, Coded, Counting, Steady
from primum.evidence.counts.reading_pairs import COLUMNS, PAIRS, READ, Pairing
from primum.evidence.counts.score_bins import NO_SCORE, coded, labels
from primum.evidence.measures.registry import keys_of
from primum.evidence.measures.scores import SCORES
from primum.evidence.trials.cluster_trials import READINGS
from primum.roadmap.policy import Policy
from primum.roadmap.rollout import Evidence, Rollout

__all__ = ["SCORES", "Tabulation", "tabulate", "tabulation_of"]

SCORE = "score"
REFERENCE = "reference"
SCORE_KEYS = ("attribute", "level", REFERENCE, SCORE)
JOINT = "reference and score"
BETWEEN = "\n"
SUMMED = ("amount", "exposure")
"""The parameters of a criterion that name a column to be summed."""

# So few rows keep each score as it is; a bin would lose a little, and there is nothing to gain.
FEW_ROWS = 20_000


@dataclass(frozen=True, kw_only=True)
class Tabulation:
    """
    What one pass counts: by which columns, which amounts are summed, and whose scores are kept.

    ``score_by`` are the columns by whose levels scores are kept apart, besides all rows together;
    ``None`` without scores. Exact scores stay in the process that counted them (P9). ``pair_by`` are the
    columns of cases by whose levels pairs of readings are counted besides; ``None`` for all but readings.
    """

    kind: str
    keys: tuple[str, ...]
    amounts: tuple[Amount, ...] = ()
    score_by: tuple[str, ...] | None = None
    exact_scores: bool = False
    pair_by: tuple[str, ...] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns that are read as labels; of what only pairs are made, none is a level of the counts."""
        more = () if self.pair_by is None else (*COLUMNS, *self.pair_by)
        return tuple(dict.fromkeys((*self.keys, *more)))

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that are read as numbers."""
        return (*(amount.name for amount in self.amounts), *(() if self.score_by is None else (SCORE,)))


def tabulation_of(*, evidence: Evidence, rollout: Rollout, policy: Policy, rows: int, stays: bool = True) -> Tabulation:
    """
    Return what is to be counted of a table for a rollout under a policy.

    :param rows: how many rows the table has; few rows keep their exact scores
    :param stays: false if the counts are to leave the process, and with them no exact score may
    """
    scored = evidence.kind == "diagnostic" and SCORE in evidence.columns
    keys = keys_of(evidence=evidence, rollout=rollout, policy=policy)
    by = tuple(key for key in ("site", *evidence.subgroups) if key in evidence.columns)
    return Tabulation(
        kind=evidence.kind,
        keys=tuple(key for key in keys if key != SCORE),
        amounts=_amounts(evidence, policy),
        score_by=by if scored else None,
        exact_scores=stays and rows <= FEW_ROWS,
        pair_by=evidence.subgroups if evidence.kind == READINGS else None,
    )


def _amounts(evidence: Evidence, policy: Policy) -> tuple[Amount, ...]:
    found = {
        criterion.parameters[name]: Amount(
            name=criterion.parameters[name], decimals=int(criterion.parameters.get("decimals", "3"))
        )
        for criterion in policy.criteria
        if criterion.evidence == evidence.kind
        for name in SUMMED
        if criterion.parameters.get(name) in evidence.columns
    }
    return tuple(found.values())


def tabulate(batches: Iterable[Batch], *, plan: Tabulation, sources: tuple[str, ...]) -> Mapping[str, Cells]:
    """
    Return the counts by name: the kind itself, and where there are scores the kind followed by ``.scores``.

    Of readings, the kind followed by ``.pairs`` has the counts of any two readings of the same case.

    :raises BatchRefused: if a batch lacks a column
    :raises AmountRefused: if an amount cannot be summed exactly
    :raises ScoreRefused: if a score is not between 0 and 1
    :raises TooManyCells: if there are hardly fewer cells than rows
    :raises ReadingsRefused: if readings are those of no reader study
    """
    if plan.pair_by is not None:
        return _paired(batches, plan, plan.pair_by, sources)
    main = Counting(kind=plan.kind, keys=plan.keys, amounts=plan.amounts)
    scores = {key: Counting(kind=plan.kind, keys=(key, JOINT)) for key in plan.score_by or ()}
    scores = scores or {"": Counting(kind=plan.kind, keys=(JOINT,))}
    scored_by = () if plan.score_by is None else (*plan.score_by, REFERENCE)
    steady = Steady(keys=tuple(dict.fromkeys((*plan.keys, *scored_by))))
    for batch in batches:
        labels = steady.of(batch.labels)
        main.add(labels, batch.numbers, is_checked=True)
        if plan.score_by is not None:
            scored = {**labels, JOINT: _joined(labels[REFERENCE], _scores(batch, exact=plan.exact_scores))}
            for counting in scores.values():
                counting.add(scored, is_checked=True)
    tables = {plan.kind: main.cells(sources=sources)}
    if plan.score_by is not None:
        kind = plan.kind + SCORES
        counted = {key: counting.cells(sources=sources) for key, counting in scores.items()}
        tables[kind] = _by_attribute(kind, counted, sources)
    return MappingProxyType(tables)


def _paired(
    batches: Iterable[Batch], plan: Tabulation, by: tuple[str, ...], sources: tuple[str, ...]
) -> Mapping[str, Cells]:
    """Return the counts of readings, and of their pairs under the kind followed by ``.pairs``."""
    main, pairs = Counting(kind=plan.kind, keys=(*plan.keys, READ)), Pairing(attributes=by)
    for batch in batches:
        codes, levels = batch.labels["rating"]
        is_read = np.array([bool(level) for level in levels], np.int32)
        main.add({**batch.labels, READ: (is_read[codes] if levels else codes, ("0", "1"))})
        pairs.add(batch.labels)
    tables = {plan.kind: main.cells(sources=sources)}
    tables[plan.kind + PAIRS] = pairs.cells(kind=plan.kind + PAIRS, sources=sources)
    return MappingProxyType(tables)


def _scores(batch: Batch, *, exact: bool) -> Coded:
    values = batch.numbers[SCORE]
    if exact:
        known, places = np.unique(values[~np.isnan(values)], return_inverse=True)
        coded(known)  # refuses what is no score
        codes = np.zeros(len(values), np.int32)
        codes[~np.isnan(values)] = places + 1
        return codes, ("", *(repr(float(score)) for score in known))
    codes, levels = coded(values), _bin_levels()
    codes[codes == NO_SCORE] = len(levels) - 1
    return codes, levels


@cache
def _bin_levels() -> tuple[str, ...]:
    return (*labels(), "")


def _joined(reference: Coded, score: Coded) -> Coded:
    """Return reference and score as one column, which is counted by each attribute."""
    codes = reference[0] * np.int32(len(score[1]))
    codes += score[0]
    return codes, _joint_levels(reference[1], score[1])


@lru_cache(maxsize=8)
def _joint_levels(references: tuple[str, ...], scores: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{reference}{BETWEEN}{score}" for reference in references for score in scores)


def _by_attribute(kind: str, counted: Mapping[str, Cells], sources: tuple[str, ...]) -> Cells:
    """Return one table of all attributes, with the rows of any of them once more as those of all together."""
    everybody = next(iter(counted.values())).marginal(JOINT)
    parts = [_apart(key, cells) for key, cells in {**counted, "": everybody}.items()]
    return gather(kind=kind, keys=SCORE_KEYS, parts=parts, sources=sources)


def _apart(key: str, cells: Cells) -> Part:
    """Return cells with the attribute's name, its level, the reference and the score, each in a column of its own."""
    names = [name.split(BETWEEN) for name in cells.levels[-1]]
    levels = [tuple(dict.fromkeys(column)) for column in zip(*names, strict=True)] or [(), ()]
    places = [{level: code for code, level in enumerate(column)} for column in levels]
    table = np.array([[place[level] for place, level in zip(places, name, strict=True)] for name in names], np.int32)
    zeros = np.zeros((len(cells.codes), 1 if key else 2), np.int32)
    codes = np.concatenate([zeros, cells.codes[:, :-1], table.reshape(-1, 2)[cells.codes[:, -1]]], axis=1)
    return ((key,), *(() if key else (("",),)), *cells.levels[:-1], *levels), codes, cells.weights
