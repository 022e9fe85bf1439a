"""
Units that enrol when the point of care first asks about them, where the locked protocol says so.

Whoever asks waits for the transaction; those that ask meanwhile share the next one. A unit that was
allocated before keeps its arm, whoever else asks at the same moment.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from primum.actions.allocation import AT_ONCE, CannotAllocate, Enrolled, allocate
from primum.actions.drawing import NoPlaceLeft
from primum.actions.workplace import Workplace
from primum.ledger.refusals import LedgerUnreachable
from primum.ledger.seeds import SeedRefused
from primum.roadmap.allocation import why_not_unit
from primum.roadmap.exposure import Encounter
from primum.roadmap.protocol import Protocol
from primum.roadmap.randomisation_list import LABEL

PERSON = "point-of-care"
AT_FIRST_REQUEST = "at-first-request"
NOT_NOW = "This unit could not be enrolled now; ask again."


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One unit that waits to be enrolled, and who waits for it; the answer is why not, or nothing."""

    rollout: str
    unit: Enrolled
    at: datetime
    done: Future[str]


@dataclass(kw_only=True)
class Enrolment:
    """Enrols units in a thread of its own, all that wait in one transaction; asked from any thread."""

    workplace: Workplace
    _waiting: list[Waiting] = field(default_factory=list, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="enrolment"), repr=False
    )

    def enrol(self, *, rollout: str, unit: Enrolled, at: datetime) -> Future[str]:
        """Ask for a unit to be enrolled; the future holds why it was not, or an empty text."""
        one = Waiting(rollout=rollout, unit=unit, at=at, done=Future())
        with self._lock:
            self._waiting.append(one)
        self._pool.submit(self._work)
        return one.done

    def _work(self) -> None:
        with self._lock:
            taken, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        wanted = [one for one in taken if one.done.set_running_or_notify_cancel()]
        for rollout in dict.fromkeys(one.rollout for one in wanted):
            together = [one for one in wanted if one.rollout == rollout]
            for one, why in zip(together, self._why_not(rollout, together), strict=True):
                one.done.set_result(why)

    def _why_not(self, rollout: str, together: Sequence[Waiting]) -> list[str]:
        """Return why not for each; one that has no place on a list keeps nobody else from theirs."""
        at = max(one.at for one in together)
        try:
            why = why_not_enrolled(
                rollout=rollout, units=[one.unit for one in together], at=at, workplace=self.workplace
            )
        except NoPlaceLeft as refused:
            if len(together) == 1:
                return [str(refused)]
            return [why for one in together for why in self._why_not(rollout, [one])]
        return [why] * len(together)

    def close(self) -> None:
        """Let those that wait be enrolled, and end the thread."""
        self._pool.shutdown()


def why_not_enrolled(*, rollout: str, units: Sequence[Enrolled], at: datetime, workplace: Workplace) -> str:
    """
    Enrol units in one transaction; return why they could not be, or an empty text if they have an arm now.

    :raises NoPlaceLeft: if a list has too few places for all of them; some of them may have one
    """
    try:
        allocate(rollout=rollout, units=units, person=PERSON, at=at, workplace=workplace)
    except NoPlaceLeft:
        raise
    except (CannotAllocate, LedgerUnreachable, SeedRefused) as refused:
        return str(refused)
    except Exception:  # noqa: BLE001 -- a fault of ours ends in `off` like every other doubt, and its text stays here
        return NOT_NOW
    return ""


def as_enrolled(*, protocol: Protocol, encounter: Encounter) -> Enrolled | str:
    """Return the unit of an encounter with what it is stratified by, or why it cannot be enrolled."""
    if problem := why_not_unit(encounter.unit):
        return f"Not enrolled: {problem}"
    told: Mapping[str, object] = {**encounter.facts, "site": encounter.site}
    for name in protocol.strata:
        value = told.get(name)
        if not isinstance(value, str) or not LABEL.fullmatch(value):
            return (
                f"Not enrolled: the protocol stratifies by {name}, which is sent as a label of up to 40 letters "
                "and digits."
            )
    return Enrolled(unit=encounter.unit, values={name: str(told[name]) for name in protocol.strata})
