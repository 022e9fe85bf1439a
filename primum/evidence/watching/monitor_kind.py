"""What every kind of monitor is: what it needs, its design, and the readings it gives."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from primum.evidence.watching.charts import ChartRefused
from primum.evidence.watching.series import EVERYBODY, Charts, Level, Place, Series
from primum.roadmap.parts import Part

State = Literal["quiet", "alarm", "insufficient", "estimated"]
Multiplicity = Literal["each", "all"]


class MonitorRefused(ValueError):
    """Parameters with which a monitor cannot be designed; the sentence says which and what they must be."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """
    What a monitor says of one place in one period.

    ``state`` is ``insufficient`` where nothing can be said (``needed``: the units still missing, 0 if unknown),
    and ``estimated`` where outcomes are missing and scores speak instead; neither is ever a pass (P8).

    :param since: the period in which a chart signalled first; a chart that has signalled stays in alarm
    :param statistic: what was measured, in the unit of ``limit``; ``None`` where unknown or hidden
    :param limit: beyond it the monitor alarms; ``None`` where no value would
    :param measure: which of several things the monitor watches, such as a column
    """

    state: State
    site: str
    group: str
    period: str
    n: int
    sentence: str
    method: str
    statistic: float | None = None
    limit: float | None = None
    needed: int = 0
    since: str = ""
    measure: str = ""


@dataclass(frozen=True, kw_only=True)
class Design:
    """
    How often a monitor alarms when nothing is wrong, and how soon when something is.

    :param run_length: mean periods to a false alarm that was asked for; ``None`` where alarms state facts
    :param attained: the same as it comes out at the declared volume with counts of whole people; never shorter than
        asked for. Where windows overlap it is the mean periods to each one in alarm, of which several follow each other
    :param false_alarm: chance of a false alarm in one period (or over all time, for a sequence)
    :param ever: chance that a sequence ever alarms falsely, at most, as it comes out at the declared volume
    :param delay: mean periods until a change of the declared size is noticed, over the charts of one place
    :param charts: how many places are watched together
    :param words: one sentence for a clinician
    """

    words: str
    method: str
    run_length: float | None = None
    attained: float | None = None
    false_alarm: float = 0.0
    ever: float | None = None
    delay: float | None = None
    charts: int = 1


class Facts(Part):
    """Parameters of a monitor that states facts: nothing is drawn at random, so an alarm is never false."""

    level: Level = Field(default="site", description="One reading for each site, or one over all sites.")


class Watch(Facts):
    """Parameters of a monitor whose false alarms are designed."""

    run_length: int = Field(gt=1, description="Periods to a false alarm on average, if nothing is wrong.")
    multiplicity: Multiplicity = Field(
        description="Whether run_length holds for each site and group, or for all of them together."
    )
    charts: int = Field(
        default=1,
        ge=1,
        description="How many sites times groups are watched; where the counts have more, those are used.",
    )

    def together(self, charts: int) -> int:
        """Return over how many charts the false alarms are shared out."""
        return 1 if self.multiplicity == "each" else max(charts, self.charts)

    def of_one(self, charts: int) -> float:
        """Return the chance of a false alarm in one period for one of so many charts."""
        alpha = 1 / self.run_length
        # Sidak 1967: exact for independent sites.
        return -math.expm1(math.log1p(-alpha) / self.together(charts))

    @property
    def words(self) -> str:
        """How often it alarms if all is well, as a sentence begins."""
        whose = "at each site and group" if self.multiplicity == "each" else "over all sites and groups together"
        return f"If all is well, it alarms once in {self.run_length:,} periods on average {whose}"


@dataclass(frozen=True, kw_only=True)
class MonitorKind:
    """
    One kind of monitor.

    :param needs: the columns of counts it needs, and what each holds
    :param may_have: columns it uses where they are there
    :param notices: what it notices, in a clinician's words
    :param designed: how its false alarms are designed
    :param serves: rows of the requirements it can serve
    :param parameters: what a rollout declares; numbers have no default in code
    :param remembers: whether its design rests on all periods there were, so that it is never given the last ones alone
    """

    name: str
    notices: str
    designed: str
    needs: Mapping[str, str]
    parameters: type[Part]
    designing: Callable[[Any], Design]
    reading: Callable[[Series, Any], tuple[Reading, ...]]
    may_have: Mapping[str, str]
    serves: tuple[str, ...]
    remembers: bool = False

    def accepted(self, parameters: Mapping[str, object]) -> Part:
        """
        Return the parameters of a rollout's YAML, checked.

        :raises MonitorRefused: with what is missing or wrong
        """
        try:
            return self.parameters.model_validate(dict(parameters))
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, one['loc'])) or 'parameters'}: {one['msg']}" for one in error.errors()
            )
            raise MonitorRefused(
                f"A monitor of the kind '{self.name}' cannot have these parameters: {wrong}."
            ) from None

    def design(self, parameters: Mapping[str, object]) -> Design:
        """
        Return how often it alarms falsely and how soon it notices a real change.

        :raises MonitorRefused: if no monitor can be designed with these parameters
        """
        return _designed(self, self.accepted(parameters))

    def read(self, series: Series, parameters: Mapping[str, object]) -> tuple[Reading, ...]:
        """
        Return what it says of every place in the last period; without counts, one reading that says so.

        :raises MonitorRefused: if no monitor can be designed with these parameters
        """
        accepted = self.accepted(parameters)
        if missing := self._missing(series):
            return (nothing_to_read(missing, period=series.periods[-1] if series.periods else ""),)
        try:
            return self.reading(series, accepted)
        except ChartRefused as error:
            raise MonitorRefused(str(error)) from error

    def _missing(self, series: Series) -> str:
        if not series.sites or not series.groups or not series.periods:
            return "There are no counts yet, so nothing can be said."
        lacking = [name for name in self.needs if name.partition("=")[0] not in series.columns]
        if lacking:
            return f"The counts lack {', '.join(lacking)}; without them nothing can be said."
        return ""


@lru_cache(maxsize=4096)
def _of(designing: Callable[[Any], Design], parameters: Part) -> Design:
    return designing(parameters)


def _designed(kind: MonitorKind, parameters: Part) -> Design:
    try:
        return _of(kind.designing, parameters)
    except ChartRefused as error:
        raise MonitorRefused(str(error)) from error


def nothing_to_read(sentence: str, *, period: str, place: Place | None = None, method: str = "none") -> Reading:
    """Return the reading of a place about which nothing can be said."""
    site, group = (place.site, place.group) if place else ("", EVERYBODY)
    return Reading(state="insufficient", site=site, group=group, period=period, n=0, sentence=sentence, method=method)


def reading_at(
    charts: Charts,
    place: int,
    *,
    state: State,
    n: float,
    sentence: str,
    method: str,
    statistic: float | None = None,
    limit: float | None = None,
    needed: int = 0,
    since: str = "",
    measure: str = "",
) -> Reading:
    """
    Return the reading of one chart for the last period; the sentence follows the name of the place.

    A number of people below the smallest cell is given as 0 (P9); what is not finite is unknown.
    """
    where = charts.places[place]
    known = n if np.isfinite(n) and not 0 < n < charts.smallest_cell else 0
    return Reading(
        state=state,
        site=where.site,
        group=where.group,
        period=charts.periods[-1],
        n=round(known),
        statistic=_finite(statistic),
        limit=_finite(limit),
        needed=needed,
        sentence=f"{where.words}: {sentence}",
        method=method,
        since=since,
        measure=measure,
    )


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def hidden(charts: Charts, *counts: float) -> bool:
    """Return whether one of these counts of people is too small to be shown (P9)."""
    return any(0 < count < charts.smallest_cell for count in counts)
