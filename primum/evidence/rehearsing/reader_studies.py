"""
Readings that never were: a crossed reader study drawn with the variances it was planned on, and only counts kept.

Each case has a hidden evidence of disease for each reading; what readings have in common comes from the case,
from the case with the reader, and from the case with or without the model (Roe & Metz 1997). The correlations are
those at which the areas have the planned covariances.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.counting import Coded, count
from primum.evidence.counts.reading_pairs import PAIRS, READ, ReadingGrid, pairs_of
from primum.evidence.counts.score_bins import Floats
from primum.evidence.intervals import normal_quantile
from primum.evidence.planning.assumed import NoPlan
from primum.evidence.planning.readers import ReaderStudy, study_of
from primum.evidence.rehearsing.counts import SIMULATED
from primum.evidence.rehearsing.truths import World
from primum.evidence.roots import crossing_point
from primum.evidence.trials.cluster_trials import READINGS
from primum.roadmap.protocol import Protocol

ARMS = ("control", "intervention")
TRUTHS = ("0", "1")
# Ratings in steps of the hidden evidence, from which on a case is called in the middle of them.
STEP, STEPS = 0.3, 10
WIDEST_AREA = 0.995
# An error a little under what is possible is a rounded figure of an earlier study.
ROUNDED = 1.1
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)


@dataclass(frozen=True, kw_only=True)
class ReaderWorld:
    """
    What a reader study is drawn from.

    ``areas`` by level and arm; ``shared`` are the parts of the hidden evidence that belong to the case, to the
    case with the reader, and to the case in the arm; ``call`` is the evidence from which on a case is called
    positive, ``bias`` what the model adds to it, right or wrong.
    """

    study: ReaderStudy
    cases: int
    positives: int
    positive_from: int
    levels: tuple[str, ...]
    shares: tuple[float, ...]
    areas: tuple[tuple[float, float], ...]
    shared: tuple[float, float, float]
    call: float
    bias: float
    attribute: str
    sites: tuple[tuple[str, float], ...]

    @property
    def readers(self) -> tuple[str, ...]:
        """The codes of the readers."""
        return tuple(f"reader-{number:02d}" for number in range(1, self.study.readers + 1))


def reader_world(*, protocol: Protocol, world: World) -> ReaderWorld:
    """
    Return what the readings of a crossed study are drawn from under a truth.

    :raises NoPlan: if the protocol's assumptions do not fit together, or it asks for what a rehearsal cannot draw
    """
    study = study_of(protocol)
    plan = protocol.planning
    assert plan is not None  # study_of has asked
    if reason := _why_not(protocol, study):
        raise NoPlan(reason)
    control = world.control
    middle = control + study.gain / 2
    levels = sorted(world.levels, key=lambda level: level.name)
    treated = sum(level.share * level.intervention for level in levels)
    call, bias = _operating(protocol, world, control=control, treated=treated)
    return ReaderWorld(
        study=study,
        cases=protocol.planned_units,
        positives=round(protocol.planned_units * _prevalence(study, middle)),
        positive_from=STEPS if protocol.positive_from is None else protocol.positive_from,
        levels=tuple(level.name for level in levels),
        shares=tuple(level.share for level in levels),
        areas=tuple((control, level.intervention) for level in levels),
        shared=_shared(study, middle),
        call=call,
        bias=bias,
        attribute=world.attribute,
        sites=tuple(sorted((site.site, float(site.per_month)) for site in protocol.sites)) or (("all", 1.0),),
    )


def reader_studies(*, world: ReaderWorld, runs: int, generator: np.random.Generator) -> Iterator[Mapping[str, Cells]]:
    """Yield the counts of each run by name: the readings, and their pairs; no run keeps a case."""
    for _ in range(runs):
        yield _one(world, generator)


def _why_not(protocol: Protocol, study: ReaderStudy) -> str | None:
    plan = protocol.planning
    assert plan is not None
    if protocol.primary.event != "area":
        return "A reader study is rehearsed on the area under the curve; its primary endpoint is another figure."
    if protocol.looks or protocol.spending != "none":
        return "A reader study is rehearsed, and analysed, once at its end; take its `looks` and `spending` out."
    if Fraction(plan.loss):
        return "A reader study is analysed when every reading is made; take `loss` out of its `planning`."
    hoped = Fraction(plan.intervention) - Fraction(plan.control)
    if not math.isclose(float(hoped), study.gain):
        return (
            f"`planning` hopes for {float(hoped):g} more area, and its `reading` for {study.gain:g}; "
            "write the areas without and with the model as `control` and `intervention`."
        )
    return None


def _prevalence(study: ReaderStudy, area: float) -> float:
    """Return the share of positives at which an area has the planned variance (Bamber 1975, both classes alike)."""
    product = _together(area, 1.0) / (study.error * study.of_cases)
    if product > ROUNDED / 4:
        raise NoPlan(
            f"An area of {area:.3f} on {study.of_cases:,} cases has a variance of at least "
            f"{4 * _together(area, 1.0) / study.of_cases:.6f}; `error` in `reading` says {study.error:g}."
        )
    return (1 - math.sqrt(max(0.0, 1 - 4 * product))) / 2


def _together(area: float, correlation: float) -> float:
    """
    Return the covariance of DeLong's components of one case in two readings whose evidence correlates so.

    It is that of a bivariate normal with half the correlation, by Plackett's integral (1954).
    """
    at = normal_quantile(area)
    width = math.asin(correlation / 2) / 2
    angles = width * (1 + NODES)
    return float(width * (WEIGHTS * np.exp(-(at**2) / (1 + np.sin(angles)))).sum() / (2 * math.pi))


def _shared(study: ReaderStudy, area: float) -> tuple[float, float, float]:
    """Return the parts of the evidence that case, case and reader, and case and arm have in a reading."""
    own = _correlation(study.same_reader / study.error, area)
    alike = _correlation(study.same_reading / study.error, area)
    neither = min(_correlation(study.neither / study.error, area), own, alike)
    parts = (neither, own - neither, alike - neither)
    if sum(parts) > 1:
        raise NoPlan("The covariances in `reading` leave a reading nothing of its own; check them against `error`.")
    return parts


def _correlation(wanted: float, area: float) -> float:
    """Return the correlation of evidence at which components of one case correlate as wanted."""
    if wanted <= 0:
        return 0.0
    if wanted >= 1:
        return 1.0
    whole = _together(area, 1.0)
    return crossing_point(lambda one: _together(area, one) / whole - wanted, low=0.0, high=1.0)


def _operating(protocol: Protocol, world: World, *, control: float, treated: float) -> tuple[float, float]:
    """Return from which evidence on a case is called, and the bias that gives the safety endpoint its planned rate."""
    named = next((one for one in protocol.safety if one.event in ("specificity", "sensitivity")), None)
    if named is None:
        return 0.0, 0.0
    without, with_it = (normal_quantile(min(max(one, 0.001), 0.999)) for one in world.harm[named.event])
    apart = [_apart(one) / 2 for one in (control, treated)]
    if named.event == "specificity":
        return without - apart[0], without - apart[0] + apart[1] - with_it
    return apart[0] - without, with_it - apart[1] + apart[0] - without


def _apart(area: float) -> float:
    return math.sqrt(2) * normal_quantile(area)


def _one(world: ReaderWorld, generator: np.random.Generator) -> Mapping[str, Cells]:
    readers, cases = world.study.readers, world.cases
    truth = generator.permutation(np.arange(cases) < world.positives).astype(np.int32)
    level = generator.choice(len(world.levels), size=cases, p=world.shares).astype(np.int32)
    evidence = _distances(world, generator)[:, :, level] * (truth - 0.5) + _noise(world, generator)
    evidence[1] += world.bias
    steps = np.clip(np.floor((evidence - world.call) / STEP), -STEPS, STEPS).astype(np.int64)
    low = int(steps.min())
    grid = ReadingGrid(
        ratings=(steps - low).reshape(2 * readers, cases).T.astype(np.int16),
        levels=tuple(world.positive_from + one for one in range(low, int(steps.max()) + 1)),
        readings=tuple((arm, reader) for arm in ARMS for reader in world.readers),
        truth=(truth, TRUTHS),
        attributes={world.attribute: (level, world.levels)} if world.attribute else {},
    )
    pairs = READINGS + PAIRS
    return {
        READINGS: _readings(world, grid, generator),
        pairs: pairs_of(grid, kind=pairs, sources=(SIMULATED,)),
    }


def _distances(world: ReaderWorld, generator: np.random.Generator) -> Floats:
    """Return how far apart the classes are, arm x reader x level; each reader gains a little more or less."""
    from scipy.special import ndtri

    own = generator.normal(0, math.sqrt(world.study.interaction), (len(ARMS), world.study.readers, 1))
    areas = np.clip(np.array(world.areas).T[:, None, :] + own, 1 - WIDEST_AREA, WIDEST_AREA)
    return np.asarray(math.sqrt(2) * ndtri(areas), dtype=np.float64)


def _noise(world: ReaderWorld, generator: np.random.Generator) -> Floats:
    readers, cases = world.study.readers, world.cases
    case, with_reader, in_arm = world.shared
    shapes = (
        (case, (1, 1, cases)),
        (with_reader, (1, readers, cases)),
        (in_arm, (len(ARMS), 1, cases)),
        (1 - sum(world.shared), (len(ARMS), readers, cases)),
    )
    noise: Floats = np.zeros((len(ARMS), readers, cases))
    for part, shape in shapes:
        noise = noise + math.sqrt(part) * generator.normal(size=shape)
    return noise


def _readings(world: ReaderWorld, grid: ReadingGrid, generator: np.random.Generator) -> Cells:
    """Return the plain counts of the readings, each case at one of the sites."""
    weights = np.array([volume for _, volume in world.sites])
    site = generator.choice(len(weights), size=world.cases, p=weights / weights.sum()).astype(np.int32)
    of_case: dict[str, Coded] = {
        "site": (site, tuple(name for name, _ in world.sites)),
        "reference": grid.truth,
        **grid.attributes,
    }
    whole = 2 * len(world.readers)
    place = np.repeat(np.arange(whole, dtype=np.int32), world.cases)
    rows: dict[str, Coded] = {
        "arm": (place // len(world.readers), ARMS),
        "reader": (place % len(world.readers), world.readers),
        READ: (np.ones(len(place), np.int32), ("0", "1")),
        **{name: (_repeated(codes, whole), levels) for name, (codes, levels) in of_case.items()},
    }
    return count([rows], kind=READINGS, keys=tuple(rows), sources=(SIMULATED,))


def _repeated(codes: NDArray[np.int32], times: int) -> NDArray[np.int32]:
    return np.tile(codes, times)
