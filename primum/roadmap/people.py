"""People, their seats and how long these last; sites and what they have."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from primum.roadmap.policy import Part, refuse_twice
from primum.roadmap.roles import MAY_SUSPEND, Role

__all__ = ["MAY_SUSPEND", "Authority", "People", "Person", "Role", "Site", "Sites"]


class Authority(Part):
    """A role held at some rollouts for some time; ``*`` is every rollout."""

    role: Role = Field(description="The seat this person may take.")
    rollouts: tuple[str, ...] = Field(default=("*",), description="Ids of the rollouts it counts for; * is every one.")
    valid_from: AwareDatetime = Field(description="When it begins, with the zone: 2027-01-01T00:00:00+01:00.")
    valid_until: AwareDatetime = Field(description="When it ends, with the zone; renew it before.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Authority":
        if self.valid_until <= self.valid_from:
            raise ValueError("an authority ends after it begins")
        return self


class Person(Part):
    """One person, once."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="Short id, the same for ever.")
    name: str = Field(min_length=2, description="Name as it is printed on a signature.")
    organisation: str = Field(min_length=2, description="Employer; a seat for another organisation looks here.")
    authorities: tuple[Authority, ...] = Field(default=(), description="Roles held, each for a time.")
    conflicts: tuple[str, ...] = Field(
        default=(), description="Rollouts or model providers this person has an interest in and cannot sign for."
    )

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

    people: tuple[Person, ...] = Field(min_length=1, description="Everybody who submits, signs or may stop.")

    @model_validator(mode="after")
    def _each_person_once(self) -> "People":
        refuse_twice(field="people", key="id", values=[person.id for person in self.people])
        return self


class Site(Part):
    """One place of care."""

    id: str = Field(min_length=1, description="Short id, as it stands in the tables.")
    name: str = Field(min_length=2, description="Name as people say it.")
    country: str = Field(pattern=r"^[A-Z]{2}$", description="Two capital letters, ISO 3166-1.")
    timezone: str = Field(description="Name in the IANA database, such as Europe/Zurich.")
    resource_level: Literal["low", "middle", "high"] = Field(
        description="Means of the site; equity of access looks here."
    )


class Sites(Part):
    """A ``sites.yaml``."""

    sites: tuple[Site, ...] = Field(min_length=1, description="Every place where the LMM is or will be used.")

    @model_validator(mode="after")
    def _each_site_once(self) -> "Sites":
        refuse_twice(field="sites", key="id", values=[site.id for site in self.sites])
        return self
