"""The looks of a rollout: the monitoring board's page by arm, the team's with all arms together."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.actions.blinding import LooksView, looks_view
from primum.actions.looks import CannotLook
from primum.integrations.configuration import ConfigurationRefused
from primum.web.console.look_views import looks_page
from primum.web.console.readers import ReadBy, Reader
from primum.web.showing import show

router = APIRouter()
DONE = {
    "taken": "The look is taken; what you may see of it stands below.",
    "before": "These data had this look before; nothing new was recorded.",
}


@router.get("/rollouts/{rollout}/looks")
def looks(request: Request, reader: ReadBy, rollout: str, done: str = "") -> Response:
    """Show the looks of one rollout as far as the reader may see them."""
    page = looks_page(looks_for(rollout, reader=reader), zone=reader.zone, done=DONE.get(done, ""))
    return show("console/looks.html", request=request, page=page)


def looks_for(rollout: str, *, reader: Reader) -> LooksView:
    """
    Return the looks of a rollout as far as somebody who reads may see them.

    An administrator who holds no role sees what the team sees.

    :raises NotAllowed: if they may not read this rollout
    :raises CannotLook: if a file of it is broken, so that nobody can tell who is of the board
    """
    reader.admit(rollout)
    try:
        submission = reader.submission(rollout)
    except ConfigurationRefused as refused:
        raise CannotLook(f"Its looks are not shown while a file of it is broken: {refused}") from None
    person = next((one for one in submission.people if one.id == reader.person), None)
    return looks_view(submission=submission, person=person, at=reader.at, workplace=reader.workplace)
