"""The command that serves the console: pages, JSON API, Slack's signed requests, health and metrics."""

from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from primum.settings import Settings
    from primum.web.desk import Desk

CONSOLE_PORT = 8321
HOST = "127.0.0.1"
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 -- compared with, not listened on
GRACE_SECONDS = 10


def console(
    port: Annotated[int, typer.Option(help="Where the console listens.", min=1, max=65_535)] = CONSOLE_PORT,
    host: Annotated[str, typer.Option(help="On which address of this machine; 0.0.0.0 is on all of them.")] = HOST,
    link: Annotated[
        bool, typer.Option(help="Print a link for the first administrator while nobody has an account.")
    ] = True,
) -> None:
    """Serve the console and the JSON API until Ctrl-C; TLS is the business of a proxy before it."""
    import uvicorn

    from primum.actions.workplace import open_workplace
    from primum.web.app import console_app
    from primum.web.desk import Desk

    settings = entrance.settings()
    place = open_workplace(settings, create=True)
    desk = Desk(workplace=place, clock=entrance.now, address=address_of(settings, host=host, port=port))
    entrance.say(f"Console  {desk.address}")
    if link:
        say_link(desk)
    try:
        served = _with_point_of_care(console_app(desk), desk)
        entrance.begin_to_serve()
        uvicorn.run(
            served,
            host=host,
            port=port,
            log_level="warning",
            # A path may hold a one-time code, and a log is kept longer than it.
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    finally:
        place.ledger.close()


def _with_point_of_care(app: "ASGIApp", desk: "Desk") -> "ASGIApp":
    """Put the point of care in front of the console; without its seed it stays shut, and callers fall back to off."""
    import os

    from primum.actions.enrolling import Enrolment
    from primum.actions.exposing import replica_of
    from primum.actions.site_keys import SiteKeys
    from primum.ledger.seeds import SeedRefused
    from primum.web.exposure.point_of_care import PointOfCare

    try:
        replica = replica_of(workplace=desk.workplace, name=f"console-{os.getpid()}")
    except SeedRefused as refused:
        entrance.say(f"The point of care answers nobody: {refused}")
        return app
    keys, enrolment = SiteKeys(workplace=desk.workplace), Enrolment(workplace=desk.workplace)
    return PointOfCare(app, replica=replica, keys=keys, enrolment=enrolment, clock=desk.clock)


def address_of(settings: "Settings", *, host: str, port: int) -> str:
    """Return where people reach the console: as PRIMUM_ADDRESS says, or on this machine where it listens."""
    if "address" in settings.model_fields_set:
        return settings.address.rstrip("/")
    name = "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def say_link(desk: "Desk") -> None:
    """Print the link that lets the first administrator in, if nobody has an account."""
    from primum.actions.accounts import first_administrator

    if secret := first_administrator(at=desk.clock(), workplace=desk.workplace):
        entrance.say(
            "Nobody has an account yet. This link makes the first administrator's; it works once, for three days:",
            f"    {desk.link(f'/invited/{secret}')}",
        )
