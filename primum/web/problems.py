"""What went wrong, as a page for a person and as a problem document (RFC 9457) for a program."""

import logging
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from primum.web.refusals import place_of, status_of
from primum.web.showing import show
from primum.web.visitors import NotSignedIn

FOR_PROGRAMS = ("/api/", "/ofrep/", "/metrics", "/health", "/slack/", "/sign-in/logged-out")
TITLES = {
    HTTPStatus.UNAUTHORIZED: "Sign in first",
    HTTPStatus.FORBIDDEN: "Not for you",
    HTTPStatus.NOT_FOUND: "There is no such page",
    HTTPStatus.METHOD_NOT_ALLOWED: "That is not possible here",
    HTTPStatus.CONFLICT: "Refused",
    HTTPStatus.GONE: "This link is over",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something is missing or wrong",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many tries",
    HTTPStatus.BAD_GATEWAY: "The sign-in provider does not answer",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not reachable now",
}
UNKNOWN_PAGE = "Nothing is at this address, or it is not yours to see."
logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ProblemPage:
    """What a person reads when something was refused or failed."""

    title: str
    sentence: str
    way_on: str
    way_on_words: str


def answer_to(error: Exception, *, request: Request) -> Response:
    """Return the answer to an error: its sentence if it is one of ours, else where it happened and nothing more."""
    if isinstance(error, NotSignedIn) and request.method == "GET" and not _is_for_programs(request):
        return RedirectResponse(sign_in_address(request), status_code=HTTPStatus.SEE_OTHER)
    status = status_of(error)
    if status is None:
        place = f"{type(error).__name__} in {place_of(error)}"
        logger.error("A request failed on a fault of our own: %s.", place)
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, _withheld(place), request)
    sentence = "Sign in first; nothing was recorded." if isinstance(error, NotSignedIn) else str(error)
    return _problem(status, sentence, request)


def sign_in_address(request: Request) -> str:
    """Return the address of the sign-in page that leads back to where somebody wanted to go."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted, safe='')}"


async def unknown_address(request: Request, error: Exception) -> Response:
    """Answer for an address or method that is not there."""
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
    sentence = str(error.detail) if isinstance(error, HTTPException) else UNKNOWN_PAGE
    if status == HTTPStatus.NOT_FOUND:
        sentence = UNKNOWN_PAGE
    answer = _problem(HTTPStatus(status), sentence, request)
    answer.headers.update((error.headers or {}) if isinstance(error, HTTPException) else {})
    return answer


async def malformed(request: Request, error: Exception) -> Response:
    """Answer for a request whose fields are missing or of the wrong kind; what was sent is not repeated (P9)."""
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    said = [f"{'.'.join(str(step) for step in one['loc'][1:]) or 'the request'}: {one['msg']}" for one in found]
    return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(said) + ".", request)


def _problem(status: HTTPStatus, sentence: str, request: Request) -> Response:
    title = TITLES.get(status, "Something went wrong here")
    if _is_for_programs(request):
        headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
        body = {"type": "about:blank", "title": title, "status": int(status), "detail": sentence}
        return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)
    signed_out = getattr(request.state, "visitor", None) is None
    page = ProblemPage(
        title=title,
        sentence=sentence,
        way_on="/sign-in" if signed_out else "/",
        way_on_words="Sign in" if signed_out else "Back to the board",
    )
    return show("signing_in/problem.html", request=request, page=page, status=status)


def _is_for_programs(request: Request) -> bool:
    return request.url.path.startswith(FOR_PROGRAMS)


def _withheld(place: str) -> str:
    return (
        f"Primum failed on a fault of its own: {place}. Nothing was decided. "
        "The message is withheld because it may hold a patient's data; report the name and the place."
    )
