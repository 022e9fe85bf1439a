"""Seconds and memory by what they were spent on: named functions of Primum, and the loading of libraries."""

import builtins
import functools
import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LIBRARIES = "loading libraries"
OTHER = "all else"

POINTS: Mapping[str, str] = {
    "primum.integrations.sources:inspect": "inspect (hash)",
    "primum.integrations.sources:frame": "map to the contract",
    "primum.integrations.expectations_run:answers": "expectations (GX)",
    "primum.actions.evaluation:count_tables": "count",
    "primum.actions.evaluation:findings_of": "measure and judge",
    "primum.actions.evaluation:figures_of": "figures",
    "primum.web.pages:figures_of": "figures",
    "primum.integrations.tracking:record": "record (MLflow)",
    "primum.actions.projection:register_lmm": "record (MLflow)",
    "primum.actions.projection:set_stage_alias": "record (MLflow)",
    "primum.actions.projection:alias_now": "record (MLflow)",
    "primum.actions.workplace:open_workplace": "ledger and signatures",
    "primum.actions.registration:enter": "ledger and signatures",
    "primum.actions.intake:register_evidence": "ledger and signatures",
    "primum.actions.gates:open_gate": "ledger and signatures",
    "primum.actions.gates:ask_seats": "ledger and signatures",
    "primum.actions.voting:vote": "ledger and signatures",
    "primum.actions.promotion:apply": "ledger and signatures",
    "primum.ledger.audit:verify": "ledger and signatures",
    "primum.actions.registration:read_submission": "read YAML",
    "primum.actions.reporting:gate_report": "pages and board",
    "primum.actions.reporting:board": "pages and board",
    "primum.web.pages:write_gate_page": "pages and board",
    "primum.web.pages:write_board_page": "pages and board",
}
"""Where the clock is started (``module:function``, as its caller names it) and what the time is booked on."""


STATUS = Path("/proc/self/status")
FORGET_THE_PEAK = Path("/proc/self/clear_refs")


def _now() -> tuple[float, float]:
    """The clock, and what all threads of this process have used of the processor."""
    return time.perf_counter(), time.process_time()


@dataclass(kw_only=True)
class Stopwatch:
    """
    Books each moment on the innermost thing that runs; what runs outside all of them is ``all else``.

    ``spent`` are seconds of the clock, ``processor`` those of the processor, which a busy machine stretches less.
    ``peaks`` are the megabytes the process had at most while a thing ran, with all that was kept from before.
    """

    spent: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)
    running: list[str] = field(default_factory=lambda: [OTHER])
    since: tuple[float, float] = field(default_factory=_now)

    def begin(self, label: str) -> None:
        """Book what ran until now and start another thing."""
        self._book()
        self.running.append(label)

    def end(self) -> None:
        """Book the thing that ran and go on with the one around it."""
        self._book()
        self.running.pop()

    def weigh(self) -> None:
        """Book the memory that was needed since this was asked last, and forget it."""
        label = self.running[-1]
        self.peaks[label] = max(self.peaks.get(label, 0.0), peak_megabytes())
        FORGET_THE_PEAK.write_text("5", encoding="ascii")

    def restart(self) -> None:
        """Forget the seconds that were booked."""
        self._book()
        self.spent.clear()
        self.processor.clear()

    def stop(self) -> None:
        """Book what ran until now."""
        self._book()

    def _book(self) -> None:
        now, label = _now(), self.running[-1]
        self.spent[label] = self.spent.get(label, 0.0) + now[0] - self.since[0]
        self.processor[label] = self.processor.get(label, 0.0) + now[1] - self.since[1]
        self.since = now


def peak_megabytes() -> float:
    """Return the most memory this process has had, or has had since it was told to forget."""
    line = next(line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def started() -> Stopwatch:
    """Start the clock at every point and at every import, and return the stopwatch."""
    watch = Stopwatch()
    at_imports(watch)
    for point, label in POINTS.items():
        module, _, name = point.partition(":")
        place = importlib.import_module(module)
        setattr(place, name, _timed(getattr(place, name), label=label, watch=watch))
    return watch


def at_imports(watch: Stopwatch) -> None:
    """Book the loading of modules apart from the work that asked for them."""
    imported: Callable[..., object] = builtins.__import__

    @functools.wraps(imported)
    def timed(*args: object, **kwargs: object) -> object:
        if watch.running[-1] == LIBRARIES:
            return imported(*args, **kwargs)
        watch.begin(LIBRARIES)
        try:
            return imported(*args, **kwargs)
        finally:
            watch.end()

    builtins.__import__ = timed  # type: ignore[assignment]


def _timed(function: Callable[..., object], *, label: str, watch: Stopwatch) -> Callable[..., object]:
    @functools.wraps(function)
    def timed(*args: object, **kwargs: object) -> object:
        watch.weigh()
        watch.begin(label)
        try:
            return function(*args, **kwargs)
        finally:
            watch.weigh()
            watch.end()

    return timed
