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


class Harm(StrEnum):
    """What came of it for the patient, or for care as a whole."""

    NONE = "none"
    UNKNOWN = "unknown"
    TEMPORARY = "temporary"
    INTERVENTION = "intervention-needed"
    HOSPITAL = "longer-in-hospital"
    PERMANENT = "permanent"
    DEATH = "death"
    RIGHTS = "rights"
    CARE_DISRUPTED = "care-disrupted"


class Causality(StrEnum):
    """How surely the output brought it about, in the words of the WHO-UMC scale."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"
    CONDITIONAL = "conditional"
    UNASSESSABLE = "unassessable"


class Disclosure(StrEnum):
    """Whether the model card in force had told of the limitation behind it (P4.3)."""

    DISCLOSED = "disclosed"
    UNDISCLOSED = "undisclosed"


class RedressWay(StrEnum):
    """What a patient who was harmed is offered (V32)."""

    EXPLANATION = "explanation-and-apology"
    CARE = "care-without-charge"
    COMPENSATION = "compensation"
    FUND = "no-fault-fund"
    INSURER = "insurer"
    COMPLAINT = "complaint-or-ombudsperson"


class RedressOutcome(StrEnum):
    """How an offer of redress ended."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_REACHED = "patient-not-reached"
    WITH_COURT = "taken-to-court"


LIKELY_HARM = {
    Severity.NEAR_MISS: Harm.NONE,
    Severity.MINOR: Harm.TEMPORARY,
    Severity.MODERATE: Harm.INTERVENTION,
    Severity.SERIOUS: Harm.UNKNOWN,
    Severity.DEATH: Harm.DEATH,
}
"""What is taken to have come of it where the reporter says nothing."""

SERIOUS_HARM = frozenset({Severity.SERIOUS, Severity.DEATH})
"""While one of these is open nothing is promoted; confirmed, it suspends."""

MAY_CONFIRM = frozenset({Role.SAFETY_OFFICER, Role.CLINICAL_LEAD})


def why_not_harm(*, severity: Severity, harm: Harm) -> str | None:
    """Return why a severity and a harm cannot both be so, if they cannot."""
    if (severity is Severity.DEATH) != (harm is Harm.DEATH):
        return "A death has the severity death and the harm death; give both or neither."
    if severity is Severity.NEAR_MISS and harm not in {Harm.NONE, Harm.UNKNOWN}:
        return "A near miss harmed nobody; grade it by the harm that was done."
    return None


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
