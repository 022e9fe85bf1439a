"""The buttons on the page of an exposure: hold, lift, next wave, one back, seen by a site, keys, reviews."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from primum.actions import deviations, site_keys, suspension, waves
from primum.actions.deviations import CannotReview
from primum.actions.site_keys import KeyRefusedForSite
from primum.actions.submission import UnknownPerson
from primum.actions.suspension import CannotSuspend
from primum.actions.waves import CannotHold, CannotWiden
from primum.integrations.calendars import WindowRefused
from primum.roadmap.people import Person
from primum.web.console.exposure_page import shown
from primum.web.console.readers import ReadBy, Reader
from primum.web.visitors import Scope, SignedIn, Visitor, may

router = APIRouter(prefix="/rollouts/{rollout}/exposure")
CHANNEL = "console"
REFUSALS = (
    CannotHold, CannotReview, CannotSuspend, CannotWiden, KeyRefusedForSite, UnknownPerson, WindowRefused,
)  # fmt: skip
Why = Annotated[str, Form()]


@dataclass(frozen=True, kw_only=True)
class Button:
    """A button on the page of a rollout's exposure, and who pressed it."""

    request: Request
    visitor: Visitor
    reader: Reader
    rollout: str

    @property
    def person(self) -> Person:
        """Whoever pressed it, as the people of the rollout know them."""
        return suspension.person_at(self.rollout, id_=self.reader.person, workplace=self.reader.workplace)

    def does(self, done: str, *, within: Scope, doing: Callable[[Person], object]) -> Response:
        """Do one thing as whoever pressed it; a refusal is shown on the page it came from."""
        may(self.visitor, within)
        self.reader.admit(self.rollout)
        try:
            doing(self.person)
        except REFUSALS as refused:
            return shown(self.request, self.reader, rollout=self.rollout, trouble=str(refused))
        return RedirectResponse(f"/rollouts/{self.rollout}/exposure?done={done}", status_code=303)


def _pressed(request: Request, visitor: SignedIn, reader: ReadBy, rollout: str) -> Button:
    return Button(request=request, visitor=visitor, reader=reader, rollout=rollout)


Pressed = Annotated[Button, Depends(_pressed)]


@router.post("/hold")
def hold(button: Pressed, reason: Why = "") -> Response:
    """Keep a rollout from widening."""
    rollout, at, place = button.rollout, button.reader.at, button.reader.workplace
    return button.does(
        "held",
        within=Scope.SUSPEND,
        doing=lambda who: waves.hold(rollout=rollout, person=who, reason=reason, at=at, workplace=place),
    )


@router.post("/lift")
def lift(button: Pressed, reason: Why = "") -> Response:
    """End a hold."""
    rollout, at, place = button.rollout, button.reader.at, button.reader.workplace
    return button.does(
        "lifted",
        within=Scope.SIGN,
        doing=lambda who: waves.lift(rollout=rollout, person=who, reason=reason, at=at, workplace=place),
    )


@router.post("/next")
def begin_next(button: Pressed, reason: Why = "") -> Response:
    """Begin the next wave, if the last one has earned it."""
    return button.does("begun", within=Scope.SIGN, doing=lambda who: _step(waves.advance, button, who, reason))


@router.post("/back")
def back(button: Pressed, reason: Why = "") -> Response:
    """Go back to the wave before, at once."""
    return button.does("back", within=Scope.SUSPEND, doing=lambda who: _step(waves.walk_back, button, who, reason))


@router.post("/acknowledge")
def acknowledge(button: Pressed, site: Annotated[str, Form()] = "") -> Response:
    """Note that a site has seen the wave in force."""
    reader = button.reader
    return button.does(
        "acknowledged",
        within=Scope.SIGN,
        doing=lambda who: waves.acknowledge(
            submission=reader.submission(button.rollout),
            site=site,
            person=who,
            channel=CHANNEL,
            at=reader.at,
            workplace=reader.workplace,
        ),
    )


@router.post("/keys")
def make_key(
    button: Pressed, site: Annotated[list[str] | None, Form()] = None, days: Annotated[str, Form()] = ""
) -> Response:
    """Make a key for sites; the page shows it once."""
    may(button.visitor, Scope.SIGN)
    reader, rollout = button.reader, button.rollout
    reader.admit(rollout)
    try:
        secret = site_keys.make_for(
            rollout=rollout,
            sites=tuple(site or ()),
            person=button.person,
            days=int(days) if days.isascii() and days.isdigit() and len(days) <= len("365") else 0,
            at=reader.at,
            workplace=reader.workplace,
        )
    except REFUSALS as refused:
        return shown(button.request, reader, rollout=rollout, trouble=str(refused))
    return shown(button.request, reader, rollout=rollout, secret=secret)


@router.post("/keys/{one}/end")
def end_key(button: Pressed, one: str) -> Response:
    """End a key of a site."""
    rollout, at, place = button.rollout, button.reader.at, button.reader.workplace
    return button.does(
        "ended",
        within=Scope.SIGN,
        doing=lambda who: site_keys.end(key=one, rollout=rollout, person=who, at=at, workplace=place),
    )


@router.post("/deviations/{one}/review")
def review(button: Pressed, one: str, reason: Why = "") -> Response:
    """Say that a deviation was looked into."""
    rollout, at, place = button.rollout, button.reader.at, button.reader.workplace
    return button.does(
        "reviewed",
        within=Scope.SIGN,
        doing=lambda who: deviations.review(
            deviation=one, rollout=rollout, person=who, reason=reason, at=at, workplace=place
        ),
    )


def _step(taken: Callable[..., str], button: Button, who: Person, reason: str) -> str:
    reader = button.reader
    submission = reader.submission(button.rollout)
    return taken(submission=submission, person=who, reason=reason, at=reader.at, workplace=reader.workplace)
