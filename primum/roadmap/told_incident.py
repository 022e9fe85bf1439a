"""An incident as it may be told outside: what every export is made from; no patient, no site's rows, no free words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from primum.roadmap.incidents import Category, Causality, Disclosure, Harm, Severity


@dataclass(frozen=True, kw_only=True)
class ToldClock:
    """One report that is owed, as an export tells it."""

    jurisdiction: str
    rule: str
    source: str
    due_at: datetime | None
    submitted_at: datetime | None
    reference: str


@dataclass(frozen=True, kw_only=True)
class ToldIncident:
    """One incident with the product it was about; people by role and site by id, the patient not at all."""

    id: str
    rollout: str
    title: str
    institution: str
    site: str
    country: str
    severity: Severity
    category: Category
    harm: Harm
    causality: Causality | None
    disclosure: Disclosure | None
    what: str
    occurred_at: datetime
    reported_at: datetime
    confirmed_at: datetime | None
    closed_at: datetime | None
    suspended: bool
    model: Mapping[str, str]
    approved: Mapping[str, str]
    clocks: tuple[ToldClock, ...]

    @property
    def is_actual(self) -> bool:
        """True if it reached a patient; a near miss is an event that could have."""
        return self.severity is not Severity.NEAR_MISS
