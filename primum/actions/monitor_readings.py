"""Reading one monitor from its counts; one that is broken gives a reading that says so, never silence (P8)."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from primum.evidence.watching.kinds import KINDS, Design, MonitorKind, MonitorRefused, Reading, SeriesRefused
from primum.evidence.watching.stored import Place, StoredRow, stored_series
from primum.ledger.witness import canonical
from primum.roadmap.monitors import Monitor, Subject

ERROR = "error"
# The worst first: what a monitor says of all its places is what it says of the worst of them.
STATES = ("alarm", ERROR, "insufficient", "estimated", "quiet")
LONGEST_SENTENCE = 400
NO_COUNTS = "No counts were reported yet, so nothing can be said."


@dataclass(frozen=True, kw_only=True)
class Read:
    """
    What one monitor said at one of its moments.

    ``alarms`` counts the places in alarm, ``fresh`` those of them that were not so the period before; ``found`` is
    everything that was not quiet.
    """

    monitor: Monitor
    slot: datetime
    state: str
    period: str
    places: int
    sentence: str
    found: tuple[Reading, ...] = ()
    alarms: int = 0
    fresh: int = 0
    quiet: int = 0

    @property
    def alarming(self) -> Mapping[Subject, Reading]:
        """The places in alarm, each once."""
        return {subject_of(one): one for one in self.found if one.state == "alarm"}


def subject_of(reading: Reading) -> Subject:
    """Return what a reading is about."""
    return Subject(site=reading.site, group=reading.group, measure=reading.measure)


def kind_of(monitor: Monitor) -> MonitorKind:
    """
    Return the kind of a monitor.

    :raises MonitorRefused: if there is none of its name
    """
    kind = KINDS.get(monitor.kind)
    if kind is None:
        raise MonitorRefused(
            f"There is no kind of monitor '{monitor.kind}'; `primum monitor kinds` lists the {len(KINDS)} there are."
        )
    return kind


def remembers(monitor: Monitor) -> bool:
    """Return whether what a monitor says rests on all periods there were, so that none may be left out."""
    kind = KINDS.get(monitor.kind)
    return kind is not None and kind.remembers


def design_of(monitor: Monitor) -> Design:
    """
    Return how often a monitor alarms falsely and how soon it notices a change.

    :raises MonitorRefused: if its kind is unknown, or cannot be designed with its parameters
    """
    return kind_of(monitor).design(monitor.parameters)


def why_not_watch(monitors: Iterable[Monitor]) -> tuple[str, ...]:
    """Return a sentence for each monitor that cannot be what it is declared to be."""
    found = []
    for monitor in monitors:
        try:
            design_of(monitor)
        except MonitorRefused as refused:
            found.append(f"Monitor '{monitor.id}': {refused}")
    return tuple(found)


def false_alarm_rate(monitor: Monitor, *, places: int) -> Fraction | None:
    """
    Return the designed share of alarms when all is well, per place and period; ``None`` where it states facts.

    :param places: how many are watched; where the design is for all of them together, each has its part
    """
    try:
        rate = design_of(monitor).false_alarm
    except MonitorRefused:
        return None
    together = monitor.parameters.get("multiplicity") == "all"
    return Fraction(rate).limit_denominator(10**9) / (max(1, places) if together else 1) if 0 < rate < 1 else None


def read(
    monitor: Monitor, *, rows: Sequence[StoredRow], anew: Mapping[Place, str], smallest_cell: int, slot: datetime
) -> Read:
    """Return what a monitor says of its counts; whatever keeps it from saying anything is an error with a sentence."""
    return _sound(
        lambda: _read(monitor, rows=rows, anew=anew, smallest_cell=smallest_cell, slot=slot),
        monitor=monitor,
        slot=slot,
    )


def _sound(reading: Callable[[], Read], *, monitor: Monitor, slot: datetime) -> Read:
    try:
        return reading()
    except (MonitorRefused, SeriesRefused) as refused:
        sentence = str(refused)
    except Exception as fault:  # noqa: BLE001 -- one broken monitor must not silence the others; its words may hold counts
        sentence = f"A fault of Primum's own ({type(fault).__name__}) kept it from reading; report the monitor's kind."
    return Read(monitor=monitor, slot=slot, state=ERROR, period="", places=0, sentence=sentence[:LONGEST_SENTENCE])


def _read(
    monitor: Monitor, *, rows: Sequence[StoredRow], anew: Mapping[Place, str], smallest_cell: int, slot: datetime
) -> Read:
    kind = kind_of(monitor)
    kind.design(monitor.parameters)
    if not rows:
        return Read(monitor=monitor, slot=slot, state="insufficient", period="", places=0, sentence=NO_COUNTS)
    series = stored_series(rows, anew=anew, smallest_cell=smallest_cell)
    said = [_enough(one, monitor) for one in kind.read(series, monitor.parameters)]
    found = tuple(one for one in said if one.state != "quiet")
    alarming = [one for one in found if one.state == "alarm"]
    states = {one.state for one in said}
    return Read(
        monitor=monitor,
        slot=slot,
        state=next((state for state in STATES if state in states), "insufficient"),
        period=series.periods[-1] if series.periods else "",
        places=len(said),
        sentence=_summary(said, found),
        found=found,
        alarms=len(alarming),
        fresh=sum(one.since in ("", one.period) for one in alarming),
        quiet=len(said) - len(found),
    )


def _enough(reading: Reading, monitor: Monitor) -> Reading:
    """Too few labels make no alarm quiet: they take back what was said to be quiet, and nothing else."""
    if reading.state != "quiet" or reading.n >= monitor.minimum_labels:
        return reading
    left = monitor.minimum_labels - reading.n
    sentence = f"Fewer labels than the {monitor.minimum_labels} that are asked for, so nothing can be said yet."
    return replace(reading, state="insufficient", sentence=sentence, needed=left)


def _summary(said: Sequence[Reading], found: Sequence[Reading]) -> str:
    if not found:
        return f"Quiet in all {len(said)} places." if len(said) > 1 else said[0].sentence[:LONGEST_SENTENCE]
    worst = next(state for state in STATES if any(one.state == state for one in found))
    of_it = [one for one in found if one.state == worst]
    first = of_it[0].sentence
    if len(said) == 1:
        return first[:LONGEST_SENTENCE]
    words = {"alarm": "in alarm", "insufficient": "not yet known", "estimated": "only estimated"}[worst]
    return f"{len(of_it)} of {len(said)} places are {words}. {first}"[:LONGEST_SENTENCE]


def found_text(read_: Read, *, smallest_cell: int) -> str:
    """Return what was not quiet as canonical JSON, without counts of so few people that they could point at one."""
    return canonical([_plain(one, smallest_cell) for one in read_.found])


def _plain(reading: Reading, smallest_cell: int) -> dict[str, object]:
    return {
        "state": reading.state,
        "site": reading.site,
        "group": reading.group,
        "measure": reading.measure,
        "period": reading.period,
        "since": reading.since,
        "n": None if 0 < reading.n < smallest_cell else reading.n,
        "statistic": _finite(reading.statistic),
        "limit": _finite(reading.limit),
        "needed": reading.needed,
        "method": reading.method,
        "sentence": reading.sentence,
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
