"""A page that lists the calls of the API in plain HTML, from its own description; nothing of another host."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.web.showing import show

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call."""

    method: str
    path: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """The calls about one thing."""

    title: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The whole page."""

    description: str
    parts: tuple[Part, ...]


@router.get("/docs")
def docs(request: Request) -> Response:
    """List the calls."""
    page = Listing(description=request.app.openapi_url, parts=parts_of(request.app.openapi()))
    return show("api/listing.html", request=request, page=page)


def parts_of(description: Mapping[str, Any]) -> tuple[Part, ...]:
    """Return the calls of an OpenAPI description by their first tag, each with the first lines of its words."""
    found: dict[str, list[Call]] = {}
    for path, calls in description["paths"].items():
        for method, call in calls.items():
            words = call.get("description", call.get("summary", "")).partition("\n\n")[0]
            found.setdefault(call["tags"][0], []).append(
                Call(method=method.upper(), path=path, words=words.replace("`", ""))
            )
    return tuple(Part(title=title.capitalize(), calls=tuple(calls)) for title, calls in found.items())
