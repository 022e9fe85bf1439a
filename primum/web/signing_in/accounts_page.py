"""Who may come in: an administrator invites people, sees who is locked, and ends accounts and sessions."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from primum.actions import accounts, directory, sessions
from primum.actions.submission import UnknownPerson
from primum.ledger.people_tables import Account
from primum.web.console.times import When, when
from primum.web.desk import AtDesk, desk_of
from primum.web.showing import show
from primum.web.signing_in.browsers import onward
from primum.web.signing_in.signing import refuse_program
from primum.web.signing_in.views import AccountRow, AccountsPage
from primum.web.visitors import NotAllowed, SignedIn, Visitor

router = APIRouter()
NOBODY = "An administrator is invited for somebody's id, in small letters, digits and hyphens."


def administrator(visitor: SignedIn) -> Visitor:
    """
    Return who asks, if they manage accounts and are there themselves.

    :raises NotAllowed: for everybody else, and for a token
    """
    refuse_program(visitor)
    if not visitor.administrator:
        raise NotAllowed("Accounts are managed by an administrator; ask one.")
    return visitor


ByAdministrator = Annotated[Visitor, Depends(administrator)]


@router.get("/accounts")
def accounts_page(request: Request, visitor: ByAdministrator) -> Response:
    """Show everybody and their accounts."""
    return _page(request, visitor)


def _page(request: Request, visitor: Visitor, *, trouble: str = "", link: str = "", person: str = "") -> Response:
    desk = desk_of(request)
    until = when(desk.clock() + accounts.LINK_LASTS, zone=visitor.zone)
    rows = tuple(_rows(request, visitor))
    page = AccountsPage(rows=rows, trouble=trouble, link=link, person=person, until=until)
    return show("signing_in/accounts.html", request=request, page=page, status=422 if trouble else 200)


def _rows(request: Request, visitor: Visitor) -> Iterator[AccountRow]:
    desk = desk_of(request)
    known = directory.directory(desk.workplace).everybody()
    opened = {one.person: one for one in accounts.everybody(desk.workplace)}
    for id_ in sorted({*known, *opened}):
        account = opened.get(id_)
        is_open = account is not None and account.ended_at is None
        signed_in = sessions.of(person=id_, at=desk.clock(), workplace=desk.workplace) if is_open else ()
        yield AccountRow(
            person=id_,
            name=known[id_].name if id_ in known else "",
            organisation=known[id_].organisation if id_ in known else "in no people.yaml",
            standing=accounts.standing(account, at=desk.clock()),
            seen=_seen(account, [one.seen_at for one in signed_in], visitor.zone),
            sessions=len(signed_in),
            is_open=is_open,
            is_reader=id_ == visitor.person,
        )


def _seen(account: Account | None, moments: list[datetime], zone: str) -> When | None:
    return when(max(moments), zone=zone) if account is not None and moments else None


@router.post("/accounts/invite")
def invite(
    request: Request,
    desk: AtDesk,
    visitor: ByAdministrator,
    person: Annotated[str, Form()] = "",
    manages: Annotated[str, Form()] = "",
) -> Response:
    """Make a link for somebody and show it, once."""
    person = person.strip()
    if not directory.is_id(person):
        return _page(request, visitor, trouble=NOBODY, person=person)
    try:
        secret = accounts.invite(
            person=person,
            made_by=visitor.person,
            administrator=bool(manages),
            at=desk.clock(),
            workplace=desk.workplace,
        )
    except UnknownPerson as refusal:
        return _page(request, visitor, trouble=str(refusal), person=person)
    return _page(request, visitor, link=desk.link(f"/invited/{secret}"), person=person)


@router.post("/accounts/sessions/end")
def end_sessions(desk: AtDesk, visitor: ByAdministrator, person: Annotated[str, Form()] = "") -> Response:
    """End every session of somebody but this one."""
    sessions.end_all(person=person, at=desk.clock(), workplace=desk.workplace, but=visitor.session)
    return onward("/accounts")


@router.post("/accounts/end")
def end_account(
    request: Request, desk: AtDesk, visitor: ByAdministrator, person: Annotated[str, Form()] = ""
) -> Response:
    """End somebody's account; one's own is ended by another administrator."""
    if person == visitor.person:
        return _page(request, visitor, trouble="Your own account is ended by another administrator.")
    try:
        accounts.end(person=person, by=visitor.person, at=desk.clock(), workplace=desk.workplace)
    except UnknownPerson as refusal:
        return _page(request, visitor, trouble=str(refusal))
    return onward("/accounts")
