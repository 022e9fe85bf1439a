"""The command that runs everything on one machine until it is told to stop."""

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.console import CONSOLE_PORT
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.actions.workplace import Workplace
    from primum.integrations.services import Embedded

PREFECT_PORT = 4200
# Not MLflow's own 5000, which macOS keeps for itself.
MLFLOW_PORT = 5050


class Step(StrEnum):
    """One step of the start, for a machine where the parts are started by something else."""

    MIGRATE = "migrate"
    REGISTER = "register"
    WATCH = "watch"
    RECOVER = "recover"


def up(
    prefect_port: Annotated[
        int, typer.Option(help="Where the Prefect server listens.", min=1, max=65_535)
    ] = PREFECT_PORT,
    mlflow_port: Annotated[int, typer.Option(help="Where the MLflow server listens.", min=1, max=65_535)] = MLFLOW_PORT,
    console_port: Annotated[int, typer.Option(help="Where the console listens.", min=1, max=65_535)] = CONSOLE_PORT,
    until_ready: Annotated[bool, typer.Option("--until-ready", help="Stop again when everything is ready.")] = False,
    only: Annotated[
        list[Step] | None,
        typer.Option(
            help="Only this step, for machines where the parts are started otherwise: 'migrate' makes the ledger's "
            "tables; 'register' tells the server of PRIMUM_PREFECT_API_URL what there is to run; 'watch' has it "
            "notice runs whose machine died; 'recover' begins again what was running when no worker is alive."
        ),
    ] = None,
) -> None:
    """Start console, Slack client, Prefect server, MLflow server and worker on this machine; Ctrl-C stops them all."""
    if only:
        for step in only:
            _take(step)
        return
    from primum.integrations.services import AlreadyUp, Embedded, only_one
    from primum.integrations.supervision import ServiceFailed

    settings = entrance.settings()
    parts = Embedded(
        settings=settings,
        prefect_port=prefect_port,
        mlflow_port=mlflow_port,
        console_port=console_port,
        worker=f"primum-{os.getpid()}",
    )
    try:
        with only_one(settings.home):
            _refuse_taken_ports(parts)
            _run(parts, until_ready=until_ready)
    except (AlreadyUp, ServiceFailed) as problem:
        typer.echo(str(problem), err=True)
        entrance.leave(ExitCode.INDETERMINATE)


def _refuse_taken_ports(parts: "Embedded") -> None:
    from primum.integrations.services import why_port_taken

    asked = [
        ("Prefect server", parts.prefect_port, "--prefect-port"),
        ("console", parts.console_port, "--console-port"),
    ]
    if parts.keeps_mlflow:
        asked.append(("MLflow server", parts.mlflow_port, "--mlflow-port"))
    for name, port, option in asked:
        if problem := why_port_taken(name=name, port=port, option=option):
            typer.echo(problem, err=True)
            entrance.leave(ExitCode.USAGE)


def _run(parts: "Embedded", *, until_ready: bool) -> None:
    from primum.integrations.supervision import Supervisor

    supervisor = Supervisor(say=entrance.say)
    supervisor.listen()
    entrance.say(f"Starting in {parts.settings.home}; the first time takes up to a minute. Ctrl-C stops everything.")
    try:
        if supervisor.start(*parts.servers()):
            supervisor.run(parts.registration())
            supervisor.start(parts.runner())
            if (slack := parts.slack()) and not supervisor.asked_to_stop:
                supervisor.begin(slack)
        if not supervisor.asked_to_stop and not until_ready:
            _let_the_first_in(parts)
            _invite(parts)
            supervisor.watch()
    finally:
        entrance.say("Stopping; what is under way is begun again next time.")
        supervisor.stop()
        entrance.say("Everything has stopped.")


def _invite(parts: "Embedded") -> None:
    from primum.integrations.services import why_no_slack

    store = parts.mlflow if parts.keeps_mlflow else parts.settings.tracking_pages
    lines = (
        "",
        f"Console  {parts.console}",
        f"Prefect  {parts.prefect}",
        f"MLflow   {store}",
        f"Slack    {why_no_slack(parts.settings) or 'its client runs'}",
        f"Logs     {parts.settings.home / 'logs'}",
        "",
        "In another terminal:",
        f"    export PRIMUM_HOME={parts.settings.home}",
        f"    export PRIMUM_PREFECT_API_URL={parts.api}",
        "    primum status",
        "",
    )
    # Not wrapped: these lines are copied.
    typer.echo("\n".join(lines))


def _let_the_first_in(parts: "Embedded") -> None:
    from primum.actions.workplace import open_workplace
    from primum.cli.console import say_link
    from primum.web.desk import Desk

    place = open_workplace(parts.settings, create=False)
    try:
        say_link(Desk(workplace=place, clock=entrance.now, address=parts.console))
    finally:
        place.ledger.close()


def _take(step: Step) -> None:
    place = entrance.workplace(create=True)
    if step is Step.MIGRATE:
        entrance.say("The ledger is as this version of Primum wants it.")
        return
    url = place.settings.prefect_api_url
    if url is None:
        raise typer.BadParameter("Set PRIMUM_PREFECT_API_URL to the server's API.", param_hint="--only")
    takes = {Step.REGISTER: _register, Step.WATCH: _watch, Step.RECOVER: _recover}
    takes[step](url, place)


def _register(url: str, place: "Workplace") -> None:
    from primum.integrations.orchestrator_registration import register
    from primum.ledger import reading

    with place.ledger.reading() as session:
        rollouts = [record.id for record in reading.rollouts(session)]
    register(api_url=url, rollouts=rollouts)
    entrance.say(f"{url} knows the flows of Primum.")


def _watch(url: str, _: "Workplace") -> None:
    from primum.integrations.orchestrator_registration import watch

    watch(api_url=url)
    entrance.say(f"{url} notices lost runs.")


def _recover(url: str, _: "Workplace") -> None:
    from primum.integrations.orchestrator import begin_lost_runs_again, reconcile

    again = begin_lost_runs_again(at=entrance.now(), api_url=url, even_running=True)
    reconcile(api_url=url)
    entrance.say(f"{len(again)} lost runs begin again.")
