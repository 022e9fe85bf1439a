"""
The kinds of monitors: from the counts of many sites to readings, each with a designed rate of false alarms.

Pure: a kind gets counts and parameters and gives readings; who declares, stores, schedules and acts is elsewhere.
"""

from collections.abc import Mapping
from types import MappingProxyType

from primum.evidence.watching.kinds_averages import KINDS_OF_AVERAGES
from primum.evidence.watching.kinds_calibration import KINDS_OF_CALIBRATION
from primum.evidence.watching.kinds_charts import KINDS_OF_CHARTS
from primum.evidence.watching.kinds_compared import KINDS_OF_COMPARISONS
from primum.evidence.watching.kinds_drift import KINDS_OF_DRIFT
from primum.evidence.watching.kinds_facts import KINDS_OF_FACTS
from primum.evidence.watching.kinds_outcomes import KINDS_OF_OUTCOMES
from primum.evidence.watching.kinds_rare import KINDS_OF_RARE_EVENTS
from primum.evidence.watching.kinds_shares import KINDS_OF_SHARES
from primum.evidence.watching.monitor_kind import Design, MonitorKind, MonitorRefused, Reading, State
from primum.evidence.watching.series import BASELINE, EVERYBODY, Series, SeriesRefused, Tally, series_of

__all__ = [
    "BASELINE",
    "EVERYBODY",
    "KINDS",
    "Design",
    "MonitorKind",
    "MonitorRefused",
    "Reading",
    "Series",
    "SeriesRefused",
    "State",
    "Tally",
    "series_of",
]

KINDS: Mapping[str, MonitorKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            *KINDS_OF_CHARTS,
            *KINDS_OF_AVERAGES,
            *KINDS_OF_OUTCOMES,
            *KINDS_OF_RARE_EVENTS,
            *KINDS_OF_SHARES,
            *KINDS_OF_COMPARISONS,
            *KINDS_OF_DRIFT,
            *KINDS_OF_CALIBRATION,
            *KINDS_OF_FACTS,
        )
    }
)
"""Name of a kind, as a rollout declares it -> the kind."""
