"""People, their seats and how long these last; sites and what they have."""

from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from primum.roadmap.parts import Part, refuse_twice
from primum.roadmap.roles import MAY_SUSPEND, Role

__all__ = ["MAY_SUSPEND", "Authority", "OnCall", "People", "Person", "Role", "Site", "Sites", "Zone"]


def _a_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"'{name}' is no name of the IANA time zone database, such as Europe/Zurich") from None
    return name


Zone = Annotated[str, AfterValidator(_a_zone)]


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


class OnCall(Part):
    """A time in which a person is on call for a role they hold: reminders go to them first."""

    role: Role = Field(description="The role they are on call for.")
    rollouts: tuple[str, ...] = Field(default=("*",), description="Ids of the rollouts it counts for; * is every one.")
    starts_at: AwareDatetime = Field(description="When it begins, with the zone.")
    ends_at: AwareDatetime = Field(description="When it ends, with the zone.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "OnCall":
        if self.ends_at <= self.starts_at:
            raise ValueError("a time on call ends after it begins")
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
    on_call: tuple[OnCall, ...] = Field(default=(), description="Times on call, each for a role.")
    timezone: Zone | None = Field(
        default=None, description="Where this person is, such as Europe/Zurich; the institution's, if left out."
    )

    def roles_at(self, *, rollout: str, at: datetime) -> frozenset[Role]:
        """Return the roles this person holds for a rollout at a moment."""
        return frozenset(
            authority.role
            for authority in self.authorities
            if authority.valid_from <= at < authority.valid_until
            and ("*" in authority.rollouts or rollout in authority.rollouts)
        )

    def is_on_call(self, *, role: Role, rollout: str, at: datetime) -> bool:
        """Return whether this person holds a role for a rollout and is on call for it at a moment."""
        called = any(
            one.role is role and one.starts_at <= at < one.ends_at and ("*" in one.rollouts or rollout in one.rollouts)
            for one in self.on_call
        )
        return called and role in self.roles_at(rollout=rollout, at=at)


class People(Part):
    """A ``people.yaml``."""

    timezone: Zone | None = Field(
        default=None, description="The institution's time zone, such as Europe/Zurich; of the first site, if left out."
    )
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
    timezone: Zone = Field(description="Name in the IANA database, such as Europe/Zurich.")
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
