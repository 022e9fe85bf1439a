"""Commands on people: who is known, who may come in, who is in, and keys for programs."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(help="See and invite people, end their sessions and accounts.", no_args_is_help=True)
token = typer.Typer(help="Make, list and end keys for programs.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="A person's id in people.yaml.", show_default=False)]


class TokenScope(StrEnum):
    """What a token may do."""

    READ = "read"
    SIGN = "sign"
    SUSPEND = "suspend"
    REPORT = "report"
    PUBLISH = "publish"


@app.command("list")
def list_people(as_json: AsJson = False) -> None:
    """List everybody of every rollout and of the institution, with their accounts."""
    from primum.actions import accounts, directory

    place = entrance.workplace()
    known = directory.directory(place).everybody()
    open_ones = {account.person: account for account in accounts.everybody(place)}
    rows = [
        {
            "person": id_,
            "name": known[id_].name if id_ in known else "",
            "organisation": known[id_].organisation if id_ in known else "",
            "account": accounts.standing(open_ones.get(id_), at=entrance.now()),
        }
        for id_ in sorted({*known, *open_ones})
    ]
    if as_json:
        entrance.show_json(rows)
        return
    entrance.show_table("People", ("id", "name", "organisation", "account"), [tuple(row.values()) for row in rows])


@app.command("invite")
def invite(
    person: Who,
    administrator: Annotated[bool, typer.Option("--administrator", help="They will manage accounts too.")] = False,
) -> None:
    """Print a link that opens or reopens somebody's account, once, within 72 hours."""
    from primum.actions import accounts

    place = entrance.workplace(create=True)
    secret = accounts.invite(
        person=person, administrator=administrator, made_by=accounts.OPERATOR, at=entrance.now(), workplace=place
    )
    entrance.say(f"Give this link to {person}, and to nobody else; it works once, until in 72 hours:")
    # Not wrapped: this line is copied.
    typer.echo(f"{place.settings.address.rstrip('/')}/invited/{secret}")


@app.command("end")
def end(person: Who) -> None:
    """End somebody's account, their sessions and their tokens at once; an invitation reopens it."""
    from primum.actions import accounts

    accounts.end(person=person, by=accounts.OPERATOR, at=entrance.now(), workplace=entrance.workplace())
    entrance.say(f"The account of {person} has ended; nothing of theirs opens anything any more.")


@app.command("sessions")
def sessions(
    person: Who,
    end: Annotated[bool, typer.Option("--end", help="End all of them.")] = False,
    as_json: AsJson = False,
) -> None:
    """List where somebody is signed in, or end it."""
    from primum.actions import sessions as signed_in

    place, at = entrance.workplace(), entrance.now()
    if end:
        ended = signed_in.end_all(person=person, at=at, workplace=place)
        entrance.say(f"{ended} {'session has' if ended == 1 else 'sessions have'} ended.")
        return
    rows: list[dict[str, object]] = [
        {"with": row.method, "since": row.made_at, "last used": row.seen_at, "until": row.ends_at}
        for row in signed_in.of(person=person, at=at, workplace=place)
    ]
    _show(f"Sessions of {person}", ("with", "since", "last used", "until"), rows, as_json)


@app.command("identities")
def identities(
    person: Who,
    end: Annotated[str, typer.Option(help="The id of one that is to stand for nobody any more.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the identities elsewhere that stand for somebody, or end one."""
    from primum.actions import accounts
    from primum.actions import identities as pinned

    place = entrance.workplace()
    if end:
        pinned.unpin(identity=end, by=accounts.OPERATOR, at=entrance.now(), workplace=place)
        entrance.say("It stands for nobody any more; sessions that began with it go on until they are ended.")
        return
    rows: list[dict[str, object]] = [
        {"id": row.id, "kind": row.kind, "realm": row.realm, "subject": row.subject, "since": row.pinned_at}
        for row in pinned.of(person=person, workplace=place)
    ]
    _show(f"Identities of {person}", ("id", "kind", "realm", "subject", "since"), rows, as_json)


@token.command("create")
def create(
    person: Who,
    name: Annotated[str, typer.Option(help="What it is for.", show_default=False)],
    scope: Annotated[list[TokenScope], typer.Option(help="What it may do; say it again for more.", show_default=False)],
    days: Annotated[int, typer.Option(help="How long it lasts.", min=1, max=365)] = 90,
) -> None:
    """Make a token that acts in a person's name, and print it once."""
    from primum.actions import tokens

    made = tokens.create(
        person=person,
        name=name,
        scopes=[tokens.Scope(one) for one in scope],
        days=days,
        at=entrance.now(),
        workplace=entrance.workplace(),
    )
    entrance.say(f"Until {made.token.expires_at:%Y-%m-%d}; shown this once, keep it where passwords are kept:")
    typer.echo(made.secret)


@token.command("list")
def list_tokens(
    person: Annotated[str, typer.Argument(help="A person's id; everybody's when left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the tokens in force."""
    from primum.actions import tokens

    rows: list[dict[str, object]] = [
        {
            "id": row.id,
            "person": row.person,
            "name": row.name,
            "may": ", ".join(row.scopes),
            "until": row.expires_at,
            "last used": row.used_at or "never",
        }
        for row in tokens.of(person=person or None, at=entrance.now(), workplace=entrance.workplace())
    ]
    _show("Tokens", ("id", "person", "name", "may", "until", "last used"), rows, as_json)


@token.command("revoke")
def revoke(key: Annotated[str, typer.Argument(metavar="ID", help="The token's id.", show_default=False)]) -> None:
    """End a token at once."""
    from primum.actions import tokens

    tokens.revoke(token=key, at=entrance.now(), workplace=entrance.workplace())
    entrance.say("The token has ended.")


def _show(title: str, columns: tuple[str, ...], rows: "Sequence[dict[str, object]]", as_json: bool) -> None:
    if as_json:
        entrance.show_json(rows)
        return
    entrance.show_table(title, columns, [tuple(_cell(row[column]) for column in columns) for row in rows])


def _cell(value: object) -> str:
    from datetime import datetime

    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)
