"""Commands on Slack: run the client, print the app to make, check a workspace, tie accounts to people."""

from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from primum.actions.workplace import Workplace
    from primum.chat.office import Office
    from primum.integrations.slack.doctor import Check, Expected
    from primum.integrations.slack.socket_line import SocketAccess

app = typer.Typer(help="Decide from Slack: run its client, check it, tie accounts to people.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="A person's id in people.yaml.", show_default=False)]


@app.command("run", short_help="Hear Slack and deliver to it, until told to stop.")
def run() -> None:
    """
    Hear Slack over Socket Mode and deliver what waits in the outbox, until told to stop.

    Without PRIMUM_SLACK_APP_TOKEN it only delivers; the console hears Slack then, over signed HTTP.
    """
    import asyncio

    from primum.chat.service import serve_until_told
    from primum.integrations.slack.socket_mode import TooManyConnections

    office = _office()
    access = _access(office)
    entrance.say("Delivering to Slack" + (" and hearing it." if access else "; the console hears it over HTTP."))
    entrance.begin_to_serve()
    try:
        asyncio.run(serve_until_told(office=office, access=access))
    except TooManyConnections as problem:
        typer.echo(str(problem), err=True)
        entrance.leave(ExitCode.INDETERMINATE)
    finally:
        office.workplace.ledger.close()
    entrance.say("Stopped; what waits is delivered next time.")


@app.command("manifest", short_help="Print the app to make in Slack.")
def manifest(
    http: Annotated[
        str | None,
        typer.Option(help="The console's address as Slack reaches it, for signed HTTP; Socket Mode without it."),
    ] = None,
) -> None:
    """Print the manifest of the app to make in Slack, with the least that it needs."""
    from primum.integrations.slack.manifest import NoAddress
    from primum.integrations.slack.manifest import manifest as written

    try:
        entrance.show_json(written(transport="http" if http else "socket", address=http))
    except NoAddress as problem:
        raise typer.BadParameter(str(problem), param_hint="--http") from None


@app.command("doctor", short_help="Check a Slack workspace on the first day.")
def doctor(
    as_json: AsJson = False,
    show_to: Annotated[
        str | None, typer.Option(help="Id of a person to whom a test picture is sent; nothing is sent without it.")
    ] = None,
) -> None:
    """Look at tokens, scopes, clock, connection, messages, channel and people; write nothing unless asked to."""
    from primum.integrations.slack.doctor import examine

    office = _office()
    checks: Sequence[Check] = examine(
        web=office.slack,
        clock=entrance.now,
        channels=[office.channel],
        people=_expected(office.workplace),
        templates=_templates(),
        socket=_access(office),
    )
    checks = [*checks, _outbox(office), *_figure(office, show_to)]
    if as_json:
        entrance.show_json([{"part": one.name, "well": one.holds, "sentence": one.sentence} for one in checks])
    else:
        for one in checks:
            entrance.say_item("✔" if one.holds else "✘", f"{one.name}: {one.sentence}", indent=0)
    if not all(one.holds for one in checks):
        entrance.leave(ExitCode.INDETERMINATE)


@app.command("enrol", short_help="Make the code that ties a Slack account to a person.")
def enrol(person: Who, as_person: entrance.AsPerson) -> None:
    """Make a code that ties the Slack account in which it is typed to a person; good once, for fifteen minutes."""
    from primum.chat import members

    place = entrance.workplace()
    code = members.make_code(person=person, by=as_person, at=entrance.now(), workplace=place)
    entrance.say(
        f"Give this code to {person} by another way than Slack: {code}",
        "They type in Slack, within fifteen minutes:",
        f"    /gates enrol {code}",
    )


@app.command("end", short_help="End what a person's Slack accounts stand for.")
def end(person: Who, as_person: entrance.AsPerson) -> None:
    """End what a person's Slack accounts stand for; they can be tied again with a new code."""
    from primum.chat import members

    place = entrance.workplace()
    count = members.end_all(person=person, by=as_person, at=entrance.now(), workplace=place)
    entrance.say(f"{count} accounts of {person} in Slack stand for nobody now.")


@app.command("retry", short_help="Try again what was parked.")
def retry() -> None:
    """Take messages that Slack refused too often out of their parking, to be tried from the beginning."""
    from primum.actions import outbox

    entrance.say(f"{outbox.try_again(workplace=entrance.workplace())} messages are tried again.")


def _office() -> "Office":
    from primum.chat.office import office_of

    return office_of(workplace=entrance.workplace(), clock=entrance.now)


def _access(office: "Office") -> "SocketAccess | None":
    from primum.integrations.slack.socket_line import SocketAccess

    settings = office.workplace.settings
    if settings.slack_app_token is None:
        return None
    return SocketAccess(app_token=settings.slack_app_token.get_secret_value(), base_url=settings.slack_api_url)


def _expected(place: "Workplace") -> "Sequence[Expected]":
    from primum.actions import directory, identities
    from primum.integrations.slack.doctor import Expected
    from primum.integrations.slack.payloads import Member

    return [
        Expected(name=person.name, member=Member(team=row.realm, user=row.subject))
        for person in directory.directory(place).everybody().values()
        for row in identities.of(person=person.id, kind=identities.SLACK, workplace=place)
    ]


def _templates() -> "Mapping[str, Mapping[str, Any]]":
    from primum.chat.rendering import samples

    return samples.largest()


def _outbox(office: "Office") -> "Check":
    from primum.actions.outbox import condition
    from primum.integrations.slack.doctor import Check

    stands = condition(at=entrance.now(), workplace=office.workplace)
    if not stands.parked:
        return Check(name="Outbox", holds=True, sentence=f"{stands.waiting} messages wait, none was given up.")
    last = f" The last error: {stands.last_error}" if stands.last_error else ""
    sentence = f"{stands.parked} messages were given up; `primum slack retry` tries them again.{last}"
    return Check(name="Outbox", holds=False, sentence=sentence)


def _figure(office: "Office", person: str | None) -> "Sequence[Check]":
    import time

    from primum.chat import direct
    from primum.integrations.slack.doctor import show_figure

    if person is None:
        return ()
    found = direct.members_of(person, office=office)
    if not found:
        raise typer.BadParameter(f"No Slack account stands for {person}.", param_hint="--show-to")
    return [show_figure(web=office.slack, user=one.user, pause=time.sleep) for one in found]
