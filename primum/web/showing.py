"""A page of the console as an answer: the template filled, who is asking on top."""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from primum.web.rendering import filled
from primum.web.visitors import someone

PLACES = (
    ("/", "Board"),
    ("/inbox", "Waits for me"),
    ("/incidents", "Incidents"),
    ("/guidelines", "Guidelines"),
    ("/ledger", "Ledger"),
    ("/people", "People"),
    ("/help", "Help"),
)


def show(template: str, *, request: Request, page: object, status: int = 200) -> HTMLResponse:
    """
    Return a page that extends ``console/base.html``; every string of ``page`` is escaped.

    Nothing of it may be kept by a proxy or shown again after signing out.
    """
    content = filled(template, page=page, visitor=someone(request), here=request.url.path, places=PLACES)
    return HTMLResponse(content, status_code=status, headers={"Cache-Control": "no-store"})
