"""Taking a look from the console: what is due and what it costs first, then one button, by the same rules."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from primum.actions import looks
from primum.actions.intake import EvidenceChanged
from primum.actions.look_offers import LookOffer, look_offer
from primum.actions.looks import CannotLook, NothingToCount
from primum.actions.submission import UnknownPerson
from primum.evidence.trials.look_bounds import Price
from primum.integrations.configuration import ConfigurationRefused
from primum.integrations.source_limits import SourceRefused
from primum.web.console.readers import ReadBy, Reader
from primum.web.showing import show
from primum.web.visitors import Scope, SignedIn, may

router = APIRouter()
REFUSALS = (CannotLook, ConfigurationRefused, EvidenceChanged, NothingToCount, SourceRefused, UnknownPerson)
UNTICKED = "Tick that the outcomes are to be read now; what was read cannot be unread."


@dataclass(frozen=True, kw_only=True)
class TakePage:
    """The page before a look; ``why_not`` is shown instead of the form."""

    rollout: str
    title: str
    sentence: str
    late: str
    price: str
    why_not: str
    asks_reason: bool
    reason: str
    trouble: str


@router.get("/rollouts/{rollout}/looks/take")
def offered(request: Request, reader: ReadBy, rollout: str) -> Response:
    """Show whether a look is due, and the form that takes it."""
    reader.admit(rollout)
    return _page(request, reader, rollout)


@router.post("/rollouts/{rollout}/looks/take")
def take(
    request: Request,
    visitor: SignedIn,
    reader: ReadBy,
    rollout: str,
    reason: Annotated[str, Form()] = "",
    confirmed: Annotated[str, Form()] = "",
) -> Response:
    """Take the look; what the reader is shown of it afterwards is what they may see of looks."""
    may(visitor, Scope.SIGN)
    reader.admit(rollout)
    if not confirmed:
        return _page(request, reader, rollout, reason=reason, trouble=UNTICKED)
    try:
        submission = reader.submission(rollout)
        who = submission.person(reader.person).id
        taken = looks.take_look(
            submission=submission, person=who, reason=reason, at=reader.at, workplace=reader.workplace
        )
    except REFUSALS as refused:
        return _page(request, reader, rollout, reason=reason, trouble=str(refused))
    done = "taken" if taken.new else "before"
    return RedirectResponse(f"/rollouts/{rollout}/looks?done={done}#look-{taken.look}", status_code=303)


def _page(request: Request, reader: Reader, rollout: str, *, reason: str = "", trouble: str = "") -> Response:
    try:
        submission = reader.submission(rollout)
        title = submission.rollout.title
        offer = look_offer(submission=submission, person=reader.person, at=reader.at, workplace=reader.workplace)
        page = _offered(offer, rollout=rollout, title=title, reason=reason, trouble=trouble)
    except REFUSALS as refused:
        page = TakePage(
            rollout=rollout,
            title=rollout,
            sentence="",
            late="",
            price="",
            why_not=str(refused),
            asks_reason=False,
            reason="",
            trouble=trouble,
        )
    return show("console/look_take.html", request=request, page=page, status=409 if trouble else 200)


def _offered(offer: LookOffer, *, rollout: str, title: str, reason: str, trouble: str) -> TakePage:
    due = offer.due
    return TakePage(
        rollout=rollout,
        title=title,
        sentence=due.sentence,
        late=due.late or "",
        price=_cost(due.price) if due.price else "",
        why_not=offer.why_not,
        asks_reason=offer.asks_reason,
        reason=reason,
        trouble=trouble,
    )


def _cost(price: Price) -> str:
    return (
        f"A look now, which nobody planned, would spend {price.spent:.4g} of the error and raise the last boundary "
        f"from {price.final_without:.4f} to {price.final_with:.4f}."
    )
