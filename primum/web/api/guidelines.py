"""The registry of guidelines: what is published, publishing a version, and the door for an outside registry."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from primum.actions import directory, guideline_door, guideline_registry, guidelines
from primum.actions.guidelines import Published
from primum.roadmap.guidelines import Guideline
from primum.web.api.callers import CHANNEL, Publishes, Reads
from primum.web.api.shapes import Limit, Offset, Page, Shape, paged
from primum.web.desk import AtDesk

router = APIRouter(prefix="/guidelines", tags=["guidelines"])


class AffectedShape(Shape):
    """A rollout that follows an older version."""

    rollout: str
    title: str
    stage: str
    follows: str = Field(description="The version its release bundle declares.")


class VersionShape(Shape):
    """One published version."""

    name: str
    title: str
    issuer: str
    source: str
    published_on: str
    effective_on: str
    digest: str
    publisher: str
    at: datetime
    is_newest: bool
    changed: str = Field(description="What it changed against the version before, in words.")
    affected: list[AffectedShape] = Field(description="Of your rollouts, those that follow an older version.")


class PublishedShape(Shape):
    """What became of a publication."""

    guideline: str
    digest: str
    is_new: bool = Field(description="False where the very same version was kept before; then nothing happened.")
    affected: int = Field(description="How many rollouts follow an older version; their people are told.")


BEFORE: dict[int | str, dict[str, Any]] = {
    200: {"model": PublishedShape, "description": "The very same version was kept before; nothing happened."}
}


@router.get("/registry")
def registry(caller: Reads, limit: Limit = 50, offset: Offset = 0) -> Page[VersionShape]:
    """List the published versions, each guideline's newest first."""
    rows = guideline_registry.registry(rollouts=caller.rollouts, at=caller.at, workplace=caller.workplace)
    told = [{name: getattr(row, name) for name in VersionShape.model_fields} | {"affected": _of(row)} for row in rows]
    return paged(VersionShape, told, limit=limit, offset=offset)


@router.post("", status_code=201, responses=BEFORE)
def publish(caller: Publishes, asked: Guideline, answer: Response) -> PublishedShape:
    """Publish a version, as its YAML file says it; the same content again changes nothing and answers 200."""
    made = guidelines.publish(
        guideline=asked,
        person=directory.person(caller.person, workplace=caller.workplace),
        channel=CHANNEL,
        at=caller.at,
        workplace=caller.workplace,
    )
    return _told(made, answer)


@router.post("/webhook", status_code=201, responses=BEFORE)
async def webhook(request: Request, desk: AtDesk, answer: Response) -> PublishedShape:
    """Publish a version that the registry signed: X-Primum-Timestamp, and X-Primum-Signature over it and the body."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    body = await request.body()
    made = await run_in_threadpool(
        lambda: guideline_door.take(headers=headers, body=body, at=desk.clock(), workplace=desk.workplace)
    )
    return _told(made, answer)


def _told(made: Published, answer: Response) -> PublishedShape:
    answer.status_code = 201 if made.is_new else 200
    named = made.guideline
    return PublishedShape(guideline=named.name, digest=named.digest, is_new=made.is_new, affected=len(made.affected))


def _of(row: guideline_registry.ListedVersion) -> list[AffectedShape]:
    return [
        AffectedShape.model_validate({name: getattr(one, name) for name in AffectedShape.model_fields})
        for one in row.affected
    ]
