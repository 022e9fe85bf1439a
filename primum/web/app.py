"""The console as one application: pages, JSON API, Slack's requests, and signing in, behind one protection."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from primum.web.api.routes import router as api
from primum.web.console.routes import router as console
from primum.web.desk import Desk
from primum.web.problems import malformed, unknown_address
from primum.web.protection import Protection
from primum.web.signing_in.routes import router as signing_in
from primum.web.slack.routes import router as slack

PAGES: tuple[APIRouter, ...] = (signing_in, console, slack)
STATIC = Path(__file__).parent / "static"


class _Files(StaticFiles):
    """Style sheets and pictures that are the same for everybody."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=3600"
        return answer


def console_app(desk: Desk, *, routers: Sequence[APIRouter] = PAGES, calls: Sequence[APIRouter] = (api,)) -> FastAPI:
    """
    Return the application that serves a desk.

    :param routers: pages, which the published description of the API leaves out
    :param calls: routers that the description has
    """
    app = FastAPI(
        title="Primum",
        summary="Rollouts of health AI, gate by gate.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.desk = desk
    for pages in routers:
        app.include_router(pages, include_in_schema=False)
    for described in calls:
        app.include_router(described)
    app.mount("/static", _Files(directory=STATIC), name="static")
    app.add_exception_handler(HTTPException, unknown_address)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_middleware(Protection, desk=desk)
    return app
