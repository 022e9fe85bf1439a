"""One's own way in: password, sessions, tokens, the zone times are shown in."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from primum.actions import accounts, directory, identities, sessions, tokens
from primum.actions.accounts import CannotSignIn, PasswordRefused
from primum.actions.tokens import LONGEST_DAYS, Scope, TokenRefused
from primum.ledger.people_tables import ApiToken, WebSession
from primum.web.console.times import when
from primum.web.desk import AtDesk, desk_of
from primum.web.showing import show
from primum.web.signing_in.browsers import count_try, onward
from primum.web.signing_in.signing import refuse_program
from primum.web.signing_in.views import AccountPage, IdentityRow, Option, SessionRow, TokenRow
from primum.web.visitors import SignedIn, Visitor

router = APIRouter()
METHODS = {accounts.PASSWORD: "password", "openid": "provider"}
SCOPES = {
    Scope.READ: "read the rollouts you may read",
    Scope.SIGN: "answer on your seats where the policy asks for a click; never where it asks who you are",
    Scope.SUSPEND: "suspend rollouts you may suspend",
    Scope.REPORT: "report incidents",
    Scope.PUBLISH: "publish versions of guidelines you steward",
}
DONE = {"password": "Your password is changed; every other session has ended.", "zone": "Times are shown in this zone."}
DIFFERENT = "The two new passwords are not the same; type it twice."
NO_ZONE = "There is no such zone; choose one of the list."


@router.get("/account")
def account(request: Request, visitor: SignedIn, done: str = "") -> Response:
    """Show one's own account."""
    refuse_program(visitor)
    return _page(request, visitor, note=DONE.get(done, ""))


def _page(
    request: Request, visitor: Visitor, *, trouble: str = "", note: str = "", secret: str = "", zone: str = ""
) -> Response:
    desk = desk_of(request)
    at, place = desk.clock(), desk.workplace
    known = directory.directory(place).everybody().get(visitor.person)
    own = accounts.of(person=visitor.person, workplace=place)
    zone = zone or visitor.zone
    page = AccountPage(
        person=visitor.person,
        name=known.name if known else visitor.person,
        organisation=known.organisation if known else "",
        has_password=own is not None and own.password is not None,
        zone=zone,
        zones=directory.zones(),
        sessions=tuple(_session(row, visitor) for row in sessions.of(person=visitor.person, at=at, workplace=place)),
        tokens=tuple(_token(row, zone) for row in tokens.of(person=visitor.person, at=at, workplace=place)),
        identities=tuple(_identities(request, visitor)),
        scopes=tuple(Option(value=scope, label=scope, hint=words) for scope, words in SCOPES.items()),
        trouble=trouble,
        note=note,
        secret=secret,
    )
    return show("signing_in/account.html", request=request, page=page, status=422 if trouble else 200)


def _session(row: WebSession, visitor: Visitor) -> SessionRow:
    return SessionRow(
        digest=row.digest,
        method=METHODS.get(row.method, row.method),
        begun=when(row.made_at, zone=visitor.zone),
        seen=when(row.seen_at, zone=visitor.zone),
        ends=when(row.ends_at, zone=visitor.zone),
        is_this=row.digest == visitor.session,
    )


def _token(row: ApiToken, zone: str) -> TokenRow:
    return TokenRow(
        id=row.id,
        name=row.name,
        scopes=", ".join(row.scopes),
        made=when(row.made_at, zone=zone),
        expires=when(row.expires_at, zone=zone),
        used=when(row.used_at, zone=zone) if row.used_at else None,
    )


def _identities(request: Request, visitor: Visitor) -> Iterator[IdentityRow]:
    for row in identities.of(person=visitor.person, workplace=desk_of(request).workplace):
        where = "Slack workspace" if row.kind == identities.SLACK else "Provider"
        yield IdentityRow(
            where=f"{where} {row.realm}", subject=row.subject, pinned=when(row.pinned_at, zone=visitor.zone)
        )


@router.post("/account/password")
async def change_password(
    request: Request,
    visitor: SignedIn,
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Set another password."""
    refuse_program(visitor)
    count_try(request)
    return await run_in_threadpool(_change, request, visitor, old=old, new=new, again=again)


def _change(request: Request, visitor: Visitor, *, old: str, new: str, again: str) -> Response:
    desk = desk_of(request)
    if new != again:
        return _page(request, visitor, trouble=DIFFERENT)
    try:
        accounts.change_password(
            person=visitor.person,
            old=old,
            new=new,
            at=desk.clock(),
            workplace=desk.workplace,
            session=visitor.session,
        )
    except (CannotSignIn, PasswordRefused) as refusal:
        return _page(request, visitor, trouble=str(refusal))
    return onward("/account?done=password")


@router.post("/account/sessions/end")
def end_session(desk: AtDesk, visitor: SignedIn, digest: Annotated[str, Form()] = "") -> Response:
    """End one of one's own sessions, or all others when none is named."""
    refuse_program(visitor)
    at, place = desk.clock(), desk.workplace
    if not digest:
        sessions.end_all(person=visitor.person, at=at, workplace=place, but=visitor.session)
    elif digest in {row.digest for row in sessions.of(person=visitor.person, at=at, workplace=place)}:
        sessions.end(digest=digest, at=at, workplace=place)
    return onward("/account")


@router.post("/account/tokens")
def create_token(
    request: Request,
    visitor: SignedIn,
    name: Annotated[str, Form()] = "",
    scope: Annotated[list[Scope] | None, Form()] = None,
    days: Annotated[int, Form()] = 90,
) -> Response:
    """Make a token and show it, once."""
    refuse_program(visitor)
    desk = desk_of(request)
    try:
        made = tokens.create(
            person=visitor.person,
            name=name,
            scopes=scope or (),
            days=min(days, LONGEST_DAYS + 1),
            at=desk.clock(),
            workplace=desk.workplace,
        )
    except TokenRefused as refusal:
        return _page(request, visitor, trouble=str(refusal))
    return _page(request, visitor, secret=made.secret)


@router.post("/account/tokens/end")
def end_token(desk: AtDesk, visitor: SignedIn, token: Annotated[str, Form()] = "") -> Response:
    """End one of one's own tokens."""
    refuse_program(visitor)
    tokens.revoke(token=token, person=visitor.person, at=desk.clock(), workplace=desk.workplace)
    return onward("/account")


@router.post("/account/zone")
def set_zone(request: Request, desk: AtDesk, visitor: SignedIn, zone: Annotated[str, Form()] = "") -> Response:
    """Show times in another zone for this session."""
    refuse_program(visitor)
    if not directory.is_zone(zone):
        return _page(request, visitor, trouble=NO_ZONE)
    sessions.set_zone(digest=visitor.session, zone=zone, workplace=desk.workplace)
    return onward("/account?done=zone")
