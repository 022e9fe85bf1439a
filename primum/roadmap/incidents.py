"""What may go wrong with a patient near: how bad it was, who may say so, and what follows (N3, V19)."""

from datetime import datetime
from enum import StrEnum

from primum.roadmap.identifiers import why_not_say
from primum.roadmap.people import Person
from primum.roadmap.roles import Role

SHORTEST, LONGEST = 10, 2_000
LONGEST_SITE = 60


class Severity(StrEnum):
    """How bad it was, or could have been."""

    NEAR_MISS = "near-miss"
    MINOR = "minor"
    MODERATE = "moderate"
    SERIOUS = "serious"
    DEATH = "death"


class Category(StrEnum):
    """What kind of thing went wrong."""

    WRONG_OUTPUT = "wrong-output"
    MISSED_FINDING = "missed-finding"
    DELAYED_CARE = "delayed-care"
    UNEQUAL_CARE = "unequal-care"
    PRIVACY = "privacy"
    AVAILABILITY = "availability"
    USE = "use"
    OTHER = "other"


SERIOUS_HARM = frozenset({Severity.SERIOUS, Severity.DEATH})
"""While one of these is open nothing is promoted; confirmed, it suspends."""

MAY_CONFIRM = frozenset({Role.SAFETY_OFFICER, Role.CLINICAL_LEAD})


def why_not_report(*, what: str, site: str, occurred_at: datetime, at: datetime) -> str | None:
    """Return the one reason an incident cannot be kept as it was written, if there is one; anybody known may report."""
    if not SHORTEST <= len(what.strip()) <= LONGEST:
        return f"Say in {SHORTEST} to {LONGEST:,} characters what happened."
    if not 0 < len(site.strip()) <= LONGEST_SITE:
        return f"Name the site in at most {LONGEST_SITE} characters."
    if occurred_at > at:
        return "An incident happened in the past; give the time at which it did."
    return why_not_say(what) or why_not_say(site)


def why_not_confirm(*, person: Person, rollout: str, at: datetime) -> str | None:
    """Return the one reason this person may not confirm, grade or close incidents of a rollout, if there is one."""
    if person.roles_at(rollout=rollout, at=at) & MAY_CONFIRM:
        return None
    roles = ", ".join(sorted(MAY_CONFIRM))
    return f"{person.name} holds none of the roles that confirm and close incidents of {rollout}: {roles}."
