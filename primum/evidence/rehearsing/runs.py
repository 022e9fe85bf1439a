"""A rollout's looks gone through again and again: what opens, what is held, what stops, and when."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from primum.evidence.counts.cells import Cells
from primum.evidence.intervals import Group, Interval
from primum.evidence.measures.safety_stops import safety_looks
from primum.evidence.rehearsing.counts import Shape, drawn
from primum.evidence.shares.proportions import clopper_pearson
from primum.evidence.trials.sequential import looks_so_far
from primum.roadmap.protocol import Protocol
from primum.roadmap.verdicts import Finding, Outcome, Verdict

AT_ONCE = 50
Decide = Callable[[Cells, bool], Verdict]
"""Counts of a look, and whether it is the last -> the verdict of the gate by its own rules."""


class Ending(StrEnum):
    """How one run ended."""

    OPENED = "opened"
    HELD = "held"
    HARM = "stopped for harm"
    FUTILITY = "stopped for futility"


@dataclass(frozen=True, kw_only=True)
class Run:
    """How one run ended, at which look, with how many units, and which checks held the gate then."""

    ending: Ending
    look: int
    units: int
    held_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Share:
    """How often something happened, with its exact interval at 95 %."""

    times: int
    runs: int
    interval: Interval

    @property
    def value(self) -> float:
        """The share of the runs."""
        return self.times / self.runs


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a rehearsal of one gate came to. Nothing in it is evidence: every count was simulated."""

    endings: dict[Ending, Share]
    by_look: dict[Ending, tuple[int, ...]]
    mean_units: float
    held_by: dict[str, int]
    simulated: bool = True


def rehearse(
    *, shape: Shape, decide: Decide, runs: int, seed: int, progress: Callable[[int], None] = lambda _: None
) -> Iterator[Run]:
    """Yield each run of a trial under its own looks and rules; the same seed gives the same runs."""
    generator, done = np.random.default_rng(seed), 0
    while done < runs:
        part = min(AT_ONCE, runs - done)
        for looks in drawn(shape=shape, runs=part, generator=generator):
            yield _one(shape.protocol, looks, decide)
        done += part
        progress(done)


def outlook(*, runs: list[Run], looks: int) -> Outlook:
    """Return how often each ending came, with exact intervals, and when."""
    counted = Counter(run.ending for run in runs)
    return Outlook(
        endings={ending: share_of(times=counted[ending], runs=len(runs)) for ending in Ending},
        by_look={
            ending: tuple(
                sum(run.ending is ending and run.look == look for run in runs) for look in range(1, looks + 1)
            )
            for ending in Ending
        },
        mean_units=sum(run.units for run in runs) / len(runs),
        held_by=dict(Counter(check for run in runs for check in run.held_by).most_common()),
    )


def share_of(*, times: int, runs: int) -> Share:
    """Return how often something happened, with its exact interval at 95 %."""
    return Share(times=times, runs=runs, interval=clopper_pearson(group=Group(events=times, n=runs), confidence=0.95))


def _one(protocol: Protocol, looks: tuple[Cells, ...], decide: Decide) -> Run:
    """Go through the looks in their order: harm first, then the gate, then futility where it binds."""
    for number, cells in enumerate(looks, start=1):
        last = number == len(looks)
        units = cells.total()
        if any(look.stops for look in safety_looks(protocol=protocol, cells=cells)):
            return Run(ending=Ending.HARM, look=number, units=units)
        verdict = decide(cells, last)
        if verdict.opens:
            return Run(ending=Ending.OPENED, look=number, units=units)
        if last or _is_futile(protocol, cells):
            held = held_by(verdict.findings)
            return Run(ending=Ending.HELD if last else Ending.FUTILITY, look=number, units=units, held_by=held)
    raise AssertionError("there is always a last look")


def held_by(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return the checks that hold a gate."""
    return tuple(one.check for one in findings if one.binds and one.outcome is not Outcome.PASS)


def _is_futile(protocol: Protocol, cells: Cells) -> bool:
    if protocol.futility is None or not protocol.futility.binding:
        return False
    look = looks_so_far(protocol=protocol, cells=cells)[-1]
    return look.futility is not None and look.z is not None and look.z < look.futility
