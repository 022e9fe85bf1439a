"""People, their seats and how long these last; sites and what they have."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from primum.roadmap.policy import Part


class Role(StrEnum):
    """A seat that a policy may ask to sign (requirements.md section 14)."""

    CLINICAL_LEAD = "clinical-lead"
    CLINICIAN = "clinician"
    ETHICIST = "ethicist"
    PATIENT_REPRESENTATIVE = "patient-representative"
    TECHNOLOGIST = "technologist"
    DATA_PROTECTION_OFFICER = "data-protection-officer"
    EQUITY_LEAD = "equity-lead"
    SAFETY_OFFICER = "safety-officer"
    AUDITOR = "independent-auditor"
    STATISTICIAN = "independent-statistician"
    GUIDELINE_STEWARD = "guideline-steward"
    EXECUTIVE_SPONSOR = "executive-sponsor"
    ML_OPS = "ml-ops"


MAY_SUSPEND = frozenset({Role.CLINICAL_LEAD, Role.SAFETY_OFFICER, Role.CLINICIAN})


class Authority(Part):
    """A role held at some rollouts for some time; ``*`` is every rollout."""

    role: Role
    rollouts: tuple[str, ...] = ("*",)
    valid_from: AwareDatetime
    valid_until: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Authority":
        if self.valid_until <= self.valid_from:
            raise ValueError("an authority ends after it begins")
        return self


class Person(Part):
    """One person, once."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    name: str = Field(min_length=2)
    organisation: str = Field(min_length=2)
    authorities: tuple[Authority, ...] = ()
    conflicts: tuple[str, ...] = ()

    def roles_at(self, *, rollout: str, at: datetime) -> frozenset[Role]:
        """Return the roles this person holds for a rollout at a moment."""
        return frozenset(
            authority.role
            for authority in self.authorities
            if authority.valid_from <= at < authority.valid_until
            and ("*" in authority.rollouts or rollout in authority.rollouts)
        )


class People(Part):
    """A ``people.yaml``."""

    people: tuple[Person, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_person_once(self) -> "People":
        ids = [person.id for person in self.people]
        if len(set(ids)) != len(ids):
            raise ValueError("each person id appears once")
        return self


class Site(Part):
    """One place of care."""

    id: str
    name: str
    country: str = Field(pattern=r"^[A-Z]{2}$")
    timezone: str
    resource_level: Literal["low", "middle", "high"]


class Sites(Part):
    """A ``sites.yaml``."""

    sites: tuple[Site, ...] = Field(min_length=1)
