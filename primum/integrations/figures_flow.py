"""The flow of people through a trial (CONSORT 2010): assessed, excluded, allocated, received, lost, analysed."""

from collections.abc import Sequence
from dataclasses import dataclass

from primum.integrations.figures import Figure, NothingToDraw
from primum.integrations.figures_boxes import Step, draw_flow
from primum.integrations.figures_rows import slug

NOT_RECORDED = "not recorded"


class FlowDoesNotAddUp(ValueError):
    """Counts of a flow that no trial can have; the message says which."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """So many people left for one reason."""

    words: str
    n: int


@dataclass(frozen=True, kw_only=True)
class FlowArm:
    """One arm: how many were allocated to it and what became of them; ``None`` is not recorded."""

    name: str
    allocated: int
    received: int | None = None
    lost: tuple[Reason, ...] | None = None
    missing: int | None = None
    analysed: int | None = None


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A trial's people from first sight to analysis. ``unit`` names them, ``patients`` or ``clinics``."""

    arms: tuple[FlowArm, ...]
    assessed: int | None = None
    excluded: tuple[Reason, ...] = ()
    unit: str = "patients"

    @property
    def allocated(self) -> int:
        """How many were allocated to any arm."""
        return sum(arm.allocated for arm in self.arms)


def flow(people: Flow, *, title: str, smallest_cell: int = 0, name: str = "flow") -> Figure:
    """
    Return the CONSORT flow of a trial: a box for each step with its count, one column for each arm.

    Counts under ``smallest_cell`` are put together with other reasons, or named as few (P9).

    :raises NothingToDraw: without an arm that anybody was allocated to
    :raises FlowDoesNotAddUp: if more people are analysed or excluded than there were
    """
    if not people.allocated:
        raise NothingToDraw(f"'{title}' has nobody who was allocated to an arm.")
    _refuse_impossible(people)
    above = _steps_above(people, smallest_cell)
    below = tuple(_steps_of(arm, people.unit, smallest_cell) for arm in people.arms)
    alt = _in_words(above, below, people, title=title)
    svg, png = draw_flow(above, below, title=title, name=slug(name), alt=alt)
    columns = ("Arm", "Step", "Count", "Of them")
    listed = [("All", step) for step in above]
    listed += [(arm.name, step) for arm, steps in zip(people.arms, below, strict=True) for step in steps]
    rows = tuple((arm, step.name, step.count, "; ".join(step.lines)) for arm, step in listed)
    return Figure(name=slug(name), title=title, svg=svg, png=png, alt=alt, columns=columns, rows=rows)


def _refuse_impossible(people: Flow) -> None:
    gone = sum(reason.n for reason in people.excluded)
    if people.assessed is not None and gone + people.allocated > people.assessed:
        raise FlowDoesNotAddUp(
            f"{people.assessed:,} {people.unit} were assessed, but {gone:,} excluded and {people.allocated:,} "
            "allocated are more; correct one of the three."
        )
    for arm in people.arms:
        after = sum(reason.n for reason in arm.lost or ()) + (arm.missing or 0) + (arm.analysed or 0)
        if after > arm.allocated or (arm.received or 0) > arm.allocated:
            raise FlowDoesNotAddUp(
                f"{arm.allocated:,} {people.unit} were allocated to '{arm.name}', but more than that are "
                "recorded as received, or as lost, missing and analysed together; correct one of them."
            )


def _steps_above(people: Flow, smallest: int) -> tuple[Step, ...]:
    allocated = Step(name="Allocated", count=f"{people.allocated:,} {people.unit}")
    if people.assessed is None:
        return (allocated,)
    gone = people.assessed - people.allocated
    unexplained = gone - sum(reason.n for reason in people.excluded)
    reasons = [*people.excluded, *([Reason(words="reason not recorded", n=unexplained)] if unexplained else [])]
    whole = (
        f"{people.assessed:,}" if few(gone, smallest) == f"{gone:,}" else f"fewer than {people.allocated + smallest:,}"
    )
    assessed = Step(name="Assessed", count=f"{whole} {people.unit}")
    excluded = Step(name="Excluded", count=few(gone, smallest), lines=_reasons(reasons, gone, smallest), aside=True)
    return (assessed, excluded, allocated) if gone else (assessed, allocated)


def _steps_of(arm: FlowArm, unit: str, smallest: int) -> tuple[Step, ...]:
    """Return the boxes of one arm; what is left of it without a reason is named too."""
    steps = [Step(name=arm.name, count=f"{arm.allocated:,} {unit}")]
    if arm.received is not None:
        away = arm.allocated - arm.received
        steps.append(Step(name="Received it", count=_around(arm.received, [away], smallest)))
    gone = None if arm.lost is None else sum(reason.n for reason in arm.lost)
    steps.append(_lost(arm.lost, gone, smallest))
    missing = NOT_RECORDED if arm.missing is None else few(arm.missing, smallest)
    steps.append(Step(name="Outcome missing", count=missing))
    if arm.analysed is None:
        return (*steps, Step(name="Analysed", count=NOT_RECORDED))
    rest = arm.allocated - (gone or 0) - (arm.missing or 0) - arm.analysed
    lines = (f"{few(rest, smallest)} left out, reason not recorded",) if rest else ()
    count = _around(arm.analysed, [gone or 0, arm.missing or 0, rest], smallest)
    return (*steps, Step(name="Analysed", count=count, lines=lines))


def _lost(reasons: tuple[Reason, ...] | None, gone: int | None, smallest: int) -> Step:
    if reasons is None or gone is None:
        return Step(name="Lost", count=NOT_RECORDED)
    return Step(name="Lost", count=few(gone, smallest), lines=_reasons(reasons, gone, smallest))


def few(n: int, smallest: int) -> str:
    """Return a count as it may be shown."""
    return f"fewer than {smallest}" if 0 < n < smallest else f"{n:,}"


def _around(n: int, parts: Sequence[int], smallest: int) -> str:
    """Return a count, or a bound where it would give away the one small part beside it by subtraction."""
    small = [part for part in parts if 0 < part < smallest]
    return few(n, smallest) if len(small) != 1 else f"more than {n + small[0] - smallest:,}"


def _reasons(reasons: Sequence[Reason], total: int, smallest: int) -> tuple[str, ...]:
    """Return the reasons, largest first; small ones are put together until nobody stands out."""
    if 0 < total < smallest:
        return ()
    ordered = sorted((reason for reason in reasons if reason.n), key=lambda reason: -reason.n)
    others = 0
    while ordered and (ordered[-1].n < smallest or 0 < others < smallest):
        others += ordered.pop().n
    lines = [f"{reason.n:,} {reason.words}" for reason in ordered]
    return (*lines, f"{others:,} other reasons") if lines and others else tuple(lines)


def _in_words(above: tuple[Step, ...], below: tuple[tuple[Step, ...], ...], people: Flow, *, title: str) -> str:
    parts = [f"{title}: the flow of {people.unit} through {len(people.arms)} arms."]
    parts += [f"{step.words}." for step in above]
    parts += [f"{steps[0].words}. {'. '.join(step.words for step in steps[1:])}." for steps in below]
    return " ".join(parts)
