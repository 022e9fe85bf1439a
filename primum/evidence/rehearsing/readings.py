"""Counts of readings that never were: a diagnostic table for the gates that ask how often the model is right."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from primum.evidence.counts.cells import Cells, Codes
from primum.evidence.rehearsing.chances import Whole
from primum.evidence.rehearsing.counts import SIMULATED
from primum.evidence.rehearsing.truths import limit_of
from primum.roadmap.policy import Policy
from primum.roadmap.protocol import Protocol
from primum.roadmap.protocol_parts import Planning
from primum.roadmap.truths import Truth

TARGET = Fraction(95, 100)
NONE = ""
ANSWERS = ("0", "1")


@dataclass(frozen=True, kw_only=True)
class ReadingWorld:
    """
    Rates of a diagnostic table: each condition's prevalence, and its sensitivity by level of the subgroup.

    ``readers`` are the sensitivities of the reader alone and with the model; ``None`` where nothing is assumed.
    ``allowed`` is the share of runs in which the gate may open; ``None`` where it should.
    """

    conditions: tuple[tuple[str, float], ...]
    attribute: str
    levels: tuple[tuple[str, float], ...]
    sensitivity: dict[tuple[str, str], float]
    specificity: float
    readers: tuple[float, float] | None
    allowed: float | None


def reading_world(*, protocol: Protocol, policy: Policy, truth: Truth) -> ReadingWorld | None:
    """
    Return the rates of a truth for a diagnostic table; ``None`` where the protocol plans no cases.

    ``same`` puts each sensitivity at the policy's limit, ``worse`` as far below it as is hoped for above.
    Harm is not seen in a table of readings, so ``harmful`` is as hoped for.
    """
    plan = protocol.planning
    if plan is None or not plan.cases or not plan.conditions:
        return None
    named = [one for one in plan.levels if one.attribute == plan.levels[0].attribute] if plan.levels else []
    whole = sum((Fraction(one.share) for one in named), Fraction(0))
    levels = tuple((one.level, Fraction(one.share) / whole) for one in named) or ((NONE, Fraction(1)),)
    gap = limit_of(policy, "gap_sensitivity") if truth is Truth.UNFAIR and named else Fraction(0)
    hoped = {one.condition: _hoped(truth, Fraction(one.sensitivity), target_of(policy)) for one in plan.conditions}
    return ReadingWorld(
        conditions=tuple(sorted((one.condition, float(Fraction(one.prevalence))) for one in plan.conditions)),
        attribute=plan.levels[0].attribute if plan.levels else "",
        levels=tuple(sorted((name, float(share)) for name, share in levels)),
        sensitivity={
            (condition, name): float(min(Fraction(1), rate + _shift(place, levels, gap)))
            for condition, rate in hoped.items()
            for place, (name, _) in enumerate(levels)
        },
        specificity=float(Fraction(plan.specificity)),
        readers=_readers(plan),
        allowed=_allowed(policy, truth),
    )


def target_of(policy: Policy) -> Fraction:
    """Return the highest sensitivity that the policy asks for."""
    asked = [one.threshold.fraction for one in policy.criteria if one.metric == "sensitivity" and one.threshold]
    return max(asked, default=TARGET)


def _hoped(truth: Truth, hoped: Fraction, target: Fraction) -> Fraction:
    if truth is Truth.SAME:
        return target
    return 2 * target - hoped if truth is Truth.WORSE else hoped


def _shift(place: int, levels: Sequence[tuple[str, Fraction]], gap: Fraction) -> Fraction:
    """The last level gets less, the others more, so that the whole stays as it was."""
    last = levels[-1][1]
    return -gap * (1 - last) if place == len(levels) - 1 else gap * last


def _readers(plan: Planning) -> tuple[float, float] | None:
    if plan.reader_alone is None or plan.reader_with is None:
        return None
    return float(Fraction(plan.reader_alone)), float(Fraction(plan.reader_with))


def _allowed(policy: Policy, truth: Truth) -> float | None:
    metric = {Truth.SAME: "sensitivity", Truth.WORSE: "sensitivity", Truth.UNFAIR: "gap_sensitivity"}.get(truth)
    asked = [one.threshold for one in policy.criteria if metric and one.metric == metric and one.threshold]
    return float((1 - Fraction(asked[0].confidence)) / 2) if asked else None


def readings(*, world: ReadingWorld, protocol: Protocol, runs: int, generator: np.random.Generator) -> Iterator[Cells]:
    """Yield the counts of each run, spread over the protocol's sites by volume."""
    plan = protocol.planning
    assert plan is not None
    sites = sorted(protocol.sites, key=lambda site: site.site)
    places = tuple(site.site for site in sites) or ("all",)
    weights = np.array([float(site.per_month) for site in sites] or [1.0])
    shares = np.array([share for _, share in world.levels])
    spread = (weights[:, None] * shares[None, :]).ravel()
    cases = generator.multinomial(plan.cases, spread / spread.sum(), size=runs)
    chances = np.stack([_chances(world, name) for name, _ in world.levels])
    drawn: Whole = generator.multinomial(cases.reshape(runs, len(places), len(shares)), chances[None, None, :, :])
    keys, levels, codes = _frame(world, places)
    for run in range(runs):
        counts = drawn[run].ravel()
        some = counts > 0
        yield Cells(
            kind="diagnostic",
            keys=keys,
            levels=levels,
            codes=codes[some],
            weights=counts[some, None],
            sources=(SIMULATED,),
        )


def columns_of(world: ReadingWorld) -> tuple[str, ...]:
    """Return the columns that these counts tell apart, in their order."""
    readers = ("reader_alone", "reader_with_lmm") if world.readers else ()
    return ("site", *([world.attribute] if world.attribute else []), "condition", "reference", "prediction", *readers)


def _frame(world: ReadingWorld, places: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], Codes]:
    keys = columns_of(world)
    levels = [places]
    if world.attribute:
        levels.append(tuple(name for name, _ in world.levels))
    levels.append((NONE, *(name for name, _ in world.conditions)))
    levels += [ANSWERS] * (len(keys) - len(levels))
    every = list(itertools.product(*(range(len(names)) for names in levels)))
    return keys, tuple(levels), np.array(every, dtype=np.int32)


def _chances(world: ReadingWorld, level: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the chance of each condition, reference, prediction and reading; what cannot be together has none."""
    present = sum(share for _, share in world.conditions)
    found = []
    for name, share in ((NONE, 1 - present), *world.conditions):
        rates = [world.sensitivity[name, level] if name else 1 - world.specificity]
        rates += [one if name else 1 - world.specificity for one in world.readers or ()]
        for reference in (0, 1):
            possible = share if bool(name) == bool(reference) else 0.0
            for answers in itertools.product((0, 1), repeat=len(rates)):
                each = [rate if answer else 1 - rate for rate, answer in zip(rates, answers, strict=True)]
                found.append(possible * float(np.prod(each)))
    chances = np.array(found)
    return np.asarray(chances / chances.sum(), dtype=np.float64)
