"""The buttons on the page of an exposure: hold, lift, next wave, one back, seen by a site, keys, reviews."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from primum.actions import deviations, site_keys, waves
from primum.actions.deviations import CannotReview
from primum.actions.site_keys import KeyRefusedForSite
from primum.actions.submission import UnknownPerson
from primum.actions.suspension import CannotSuspend, people_who_may_stop, person_of
from primum.actions.waves import CannotHold, CannotWiden
from primum.integrations.calendars import WindowRefused
from primum.roadmap.people import Person
from primum.web.console.exposure_page import shown
from primum.web.console.readers import ReadBy, Reader
from primum.web.visitors import Scope, SignedIn, may

router = APIRouter(prefix="/rollouts/{rollout}/exposure")
CHANNEL = "console"
REFUSALS = (
    CannotHold, CannotReview, CannotSuspend, CannotWiden, KeyRefusedForSite, UnknownPerson, WindowRefused,
)  # fmt: skip
Why = Annotated[str, Form()]


@router.post("/hold")
def hold(request: Request, visitor: SignedIn, reader: ReadBy, rollout: str, reason: Why = "") -> Response:
    """Keep a rollout from widening."""
    may(visitor, Scope.SUSPEND)
    return _done(
        request,
        reader,
        rollout,
        "held",
        lambda who: waves.hold(rollout=rollout, person=who, reason=reason, at=reader.at, workplace=reader.workplace),
    )


@router.post("/lift")
def lift(request: Request, visitor: SignedIn, reader: ReadBy, rollout: str, reason: Why = "") -> Response:
    """End a hold."""
    may(visitor, Scope.SIGN)
    return _done(
        request,
        reader,
        rollout,
        "lifted",
        lambda who: waves.lift(rollout=rollout, person=who, reason=reason, at=reader.at, workplace=reader.workplace),
    )


@router.post("/next")
def begin_next(request: Request, visitor: SignedIn, reader: ReadBy, rollout: str, reason: Why = "") -> Response:
    """Begin the next wave, if the last one has earned it."""
    may(visitor, Scope.SIGN)
    return _done(
        request,
        reader,
        rollout,
        "begun",
        lambda who: waves.advance(
            submission=reader.submission(rollout), person=who, reason=reason, at=reader.at, workplace=reader.workplace
        ),
    )


@router.post("/back")
def back(request: Request, visitor: SignedIn, reader: ReadBy, rollout: str, reason: Why = "") -> Response:
    """Go back to the wave before, at once."""
    may(visitor, Scope.SUSPEND)
    return _done(
        request,
        reader,
        rollout,
        "back",
        lambda who: waves.walk_back(
            submission=reader.submission(rollout), person=who, reason=reason, at=reader.at, workplace=reader.workplace
        ),
    )


@router.post("/acknowledge")
def acknowledge(
    request: Request, visitor: SignedIn, reader: ReadBy, rollout: str, site: Annotated[str, Form()] = ""
) -> Response:
    """Note that a site has seen the wave in force."""
    may(visitor, Scope.SIGN)
    return _done(
        request,
        reader,
        rollout,
        "acknowledged",
        lambda who: waves.acknowledge(
            submission=reader.submission(rollout),
            site=site,
            person=who,
            channel=CHANNEL,
            at=reader.at,
            workplace=reader.workplace,
        ),
    )


@router.post("/keys")
def make_key(
    request: Request,
    visitor: SignedIn,
    reader: ReadBy,
    rollout: str,
    site: Annotated[list[str] | None, Form()] = None,
    days: Annotated[str, Form()] = "",
) -> Response:
    """Make a key for sites; the page shows it once."""
    may(visitor, Scope.SIGN)
    reader.admit(rollout)
    try:
        secret = site_keys.make_for(
            rollout=rollout,
            sites=tuple(site or ()),
            person=_person(rollout, reader),
            days=int(days) if days.isascii() and days.isdigit() and len(days) <= len("365") else 0,
            at=reader.at,
            workplace=reader.workplace,
        )
    except REFUSALS as refused:
        return shown(request, reader, rollout=rollout, trouble=str(refused))
    return shown(request, reader, rollout=rollout, secret=secret)


@router.post("/keys/{one}/end")
def end_key(request: Request, visitor: SignedIn, reader: ReadBy, rollout: str, one: str) -> Response:
    """End a key of a site."""
    may(visitor, Scope.SIGN)
    return _done(
        request,
        reader,
        rollout,
        "ended",
        lambda who: site_keys.end(key=one, rollout=rollout, person=who, at=reader.at, workplace=reader.workplace),
    )


@router.post("/deviations/{one}/review")
def review(request: Request, visitor: SignedIn, reader: ReadBy, rollout: str, one: str, reason: Why = "") -> Response:
    """Say that a deviation was looked into."""
    may(visitor, Scope.SIGN)
    return _done(
        request,
        reader,
        rollout,
        "reviewed",
        lambda who: deviations.review(
            deviation=one, rollout=rollout, person=who, reason=reason, at=reader.at, workplace=reader.workplace
        ),
    )


def _done(request: Request, reader: Reader, rollout: str, done: str, doing: Callable[[Person], object]) -> Response:
    """Do one thing as whoever reads; a refusal is shown on the page it came from."""
    reader.admit(rollout)
    try:
        doing(_person(rollout, reader))
    except REFUSALS as refused:
        return shown(request, reader, rollout=rollout, trouble=str(refused))
    return RedirectResponse(f"/rollouts/{rollout}/exposure?done={done}", status_code=303)


def _person(rollout: str, reader: Reader) -> Person:
    people = people_who_may_stop(rollout=rollout, workplace=reader.workplace)
    return person_of(people=people, id_=reader.person)
