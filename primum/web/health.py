"""``/health``: whether the console can do its work, for whoever keeps it running."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from primum.actions.vitals import Sign, vital_signs
from primum.web.desk import AtDesk, Desk

# Anybody may ask, as often as they like; the others are asked once in this while.
KEPT = timedelta(seconds=5)
router = APIRouter(tags=["operation"])


class Part(BaseModel):
    """One part and how it is."""

    model_config = ConfigDict(extra="forbid")

    part: str = Field(description="What was looked at.")
    well: bool = Field(description="Whether it is as it should be.")
    sentence: str = Field(description="What is wrong, if something is.")


class Health(BaseModel):
    """How the console is; ``down`` if nothing can be decided now."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "status": "degraded",
                "parts": [{"part": "MLflow", "well": False, "sentence": "MLflow does not answer."}],
            }
        },
    )

    status: Literal["ok", "degraded", "down"] = Field(
        description="ok; degraded: something beside it does not work; down: ledger or key."
    )
    parts: list[Part] = Field(description="Every part that was looked at.")


class LastLook:
    """The signs as they were seen last, looked at again when they are old; one look at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: tuple[datetime, tuple[Sign, ...]] | None = None

    def signs(self, *, desk: Desk) -> tuple[Sign, ...]:
        """Return the signs, at most some seconds old."""
        with self._lock:
            at = desk.clock()
            if self._seen is None or not timedelta(0) <= at - self._seen[0] < KEPT:
                self._seen = (at, vital_signs(at=at, workplace=desk.workplace))
            return self._seen[1]


@router.get(
    "/health",
    response_model=Health,
    responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": Health, "description": "Nothing can be decided now."}},
)
def health(
    request: Request,
    desk: AtDesk,
    strict: Annotated[
        bool, Query(description="Answer 503 also when something beside the ledger does not work.")
    ] = False,
) -> JSONResponse:
    """
    Say how the console is, to anybody.

    Suspending and signing need the ledger alone; so 503 means ledger or key, and `strict` asks for all parts.
    """
    signs = _last_look(request).signs(desk=desk)
    status = status_of(signs)
    unwell = status == "down" or (strict and status != "ok")
    body = Health(
        status=status, parts=[Part(part=one.part, well=one.well, sentence=one.sentence) for one in signs]
    ).model_dump()
    return JSONResponse(body, status_code=HTTPStatus.SERVICE_UNAVAILABLE if unwell else HTTPStatus.OK)


def _last_look(request: Request) -> LastLook:
    kept: LastLook | None = getattr(request.app.state, "last_look", None)
    if kept is None:
        kept = request.app.state.last_look = LastLook()
    return kept


def status_of(signs: Sequence[Sign]) -> Literal["ok", "degraded", "down"]:
    """Return what the signs come to."""
    if any(sign.vital and not sign.well for sign in signs):
        return "down"
    return "ok" if all(sign.well for sign in signs) else "degraded"
