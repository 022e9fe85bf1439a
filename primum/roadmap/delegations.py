"""A person hands a seat to a deputy for a time: the same role, a limit, never handed on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from primum.roadmap.people import Person, Role
from primum.roadmap.seats import why_not_reason

EVERYWHERE = "*"
LAST_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """``deputy`` stands in for ``person`` on one role at some rollouts, from one moment to another."""

    id: str
    role: Role
    rollouts: tuple[str, ...]
    person: str
    deputy: str
    starts_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None

    def covers(self, rollout: str) -> bool:
        """Return whether it counts for a rollout."""
        return rollout in self.rollouts or EVERYWHERE in self.rollouts

    def in_force(self, at: datetime) -> bool:
        """Return whether it counts at a moment."""
        return self.starts_at <= at < self.ends_at and (self.revoked_at is None or at < self.revoked_at)

    def meets(self, *, role: Role, rollout: str, starts_at: datetime, ends_at: datetime) -> bool:
        """Return whether it and another of this role, rollout and time would count at once."""
        if self.role is not role or not self.covers(rollout) or self.revoked_at is not None:
            return False
        return self.starts_at < ends_at and starts_at < self.ends_at


def why_not_delegate(
    *,
    person: Person,
    deputy: Person,
    role: Role,
    rollout: str,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    longest_days: int,
    standing: Sequence[StandIn],
    at: datetime,
) -> str | None:
    """Return the one reason a seat cannot be handed over so, if there is one."""
    if person.id == deputy.id:
        return f"{person.name} cannot be their own deputy; name somebody else."
    if ends_at <= max(starts_at, at):
        return "A delegation ends after it begins, and in the future."
    if ends_at - starts_at > timedelta(days=longest_days):
        return f"A delegation lasts at most {longest_days} days under this policy."
    for one in (person, deputy):
        if role not in one.roles_at(rollout=rollout, at=max(starts_at, at)):
            return f"{one.name} does not hold the role {role} for {rollout} at this time; a deputy holds the same role."
        if role not in one.roles_at(rollout=rollout, at=ends_at - LAST_MOMENT):
            return f"The role {role} of {one.name} ends before this delegation; choose an earlier day."
    met = [one for one in standing if one.meets(role=role, rollout=rollout, starts_at=starts_at, ends_at=ends_at)]
    return _why_chained(person, deputy, met) or why_not_reason(reason)


def _why_chained(person: Person, deputy: Person, met: Sequence[StandIn]) -> str | None:
    for one in met:
        if one.person == person.id:
            return f"{person.name} has handed this seat to {one.deputy} for that time already; revoke that first."
        if one.deputy == person.id:
            return f"{person.name} stands in for {one.person} at that time; what was handed over is not handed on."
        if one.person == deputy.id:
            return f"{deputy.name} has handed this seat to {one.deputy} for that time and cannot stand in for others."
    return None
