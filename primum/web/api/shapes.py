"""What every call of the API shares: shapes, pages, words, ids, and the one form of a refusal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from math import isfinite
from typing import Annotated, Any, Generic, Self, TypeVar

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from primum.actions.directory import is_zone
from primum.roadmap.identifiers import findings

LONGEST_WORDS = 4_000
LONGEST_ID = 200
MOST_AT_ONCE, MOST_BEFORE = 200, 1_000_000
FIRST_YEAR, LAST_YEAR = 1900, 2200
PROBLEM = "application/problem+json"
RECORDED = "The words are recorded and not repeated here."
Item = TypeVar("Item")
Kind = TypeVar("Kind", bound="Shape")


class Shape(BaseModel):
    """Base of every answer: read from our own values, nothing beside what is named."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")

    @classmethod
    def of(cls, value: object) -> Self:
        """Return a value of ours in this shape."""
        return cls.model_validate(value)

    @classmethod
    def each(cls, values: Sequence[object]) -> list[Self]:
        """Return several of them."""
        return [cls.of(value) for value in values]


class Asked(BaseModel):
    """Base of every request: an unknown field is refused, since it was meant for something."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Shape, Generic[Item]):
    """Some of a list; ``next`` is the offset of what follows, if something does."""

    items: list[Item] = Field(description="What was asked for.")
    total: int = Field(description="How many there are in all.")
    next: int | None = Field(description="Offset of the next page; null on the last one.")


class Done(Shape):
    """Something was done; its id, where it has one."""

    id: str = Field(description="Id of what was written.")
    sentence: str = Field(description="What was done, in words.")


class Problem(BaseModel):
    """A refusal or a fault (RFC 9457); ``detail`` is the sentence every entrance shows."""

    type: str = Field(default="about:blank", description="Always about:blank: the status says the kind.")
    title: str = Field(description="The kind, in words.")
    status: int = Field(description="The HTTP status again.")
    detail: str = Field(description="The one reason, as a sentence; the same at every entrance.")
    link: str | None = Field(default=None, description="Where a person goes on, for a gate that wants a signature.")
    until: datetime | None = Field(default=None, description="How long that link works.")


@BeforeValidator
def _known(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else value


@BeforeValidator
def _repeatable(words: str) -> str:
    return RECORDED if findings(words) else words


def _writable(words: str) -> str:
    if any(ord(one) < 32 and one not in "\n\t\r" for one in words):  # noqa: PLR2004 -- control characters
        raise ValueError("words hold no control characters")
    return words


def _near(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"a time is in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def _on_the_map(zone: str) -> str:
    if not is_zone(zone):
        raise ValueError("there is no such time zone; write one such as Europe/Zurich")
    return zone


Number = Annotated[float | None, _known]
"""A number, or null where it is not known (P8)."""

Said = Annotated[str, _repeatable]
"""What somebody wrote, unless it seems to point at one person (P9)."""

Words = Annotated[str, Field(max_length=LONGEST_WORDS), AfterValidator(_writable)]
Line = Annotated[str, Field(max_length=LONGEST_ID), AfterValidator(_writable)]
Zone = Annotated[str, Field(max_length=LONGEST_ID), AfterValidator(_on_the_map)]
Moment = Annotated[AwareDatetime, AfterValidator(_near)]
Id = Annotated[str, Path(max_length=LONGEST_ID, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Named = Annotated[str, Field(max_length=LONGEST_ID, pattern=r"^[A-Za-z0-9*][A-Za-z0-9._-]*$")]
Limit = Annotated[int, Query(ge=1, le=MOST_AT_ONCE, description="How many at most.")]
Offset = Annotated[int, Query(ge=0, le=MOST_BEFORE, description="How many to leave out first.")]

WORDS_OF = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read.",
    HTTPStatus.UNAUTHORIZED: "Nobody we know is asking.",
    HTTPStatus.FORBIDDEN: "This person, or this token, may not.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.CONFLICT: "Refused, with the one reason; nothing was recorded.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too large.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A field is missing or wrong.",
    HTTPStatus.SERVICE_UNAVAILABLE: "What is needed for it does not answer; nothing was recorded.",
}


def _refusal(words: str) -> dict[str, Any]:
    return {"description": words, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


REFUSALS: Mapping[int | str, dict[str, Any]] = {int(status): _refusal(words) for status, words in WORDS_OF.items()}
"""What every call may answer instead; one call names the model, so that the description has it."""

NAMED: Mapping[int | str, dict[str, Any]] = {
    int(HTTPStatus.UNAUTHORIZED): {"model": Problem} | REFUSALS[int(HTTPStatus.UNAUTHORIZED)]
}


def paged(shape: type[Kind], values: Sequence[object], *, limit: int, offset: int) -> Page[Kind]:
    """Return one page of a list, each value in a shape."""
    follows = offset + limit
    return Page[Kind](
        items=shape.each(values[offset:follows]), total=len(values), next=follows if follows < len(values) else None
    )
