"""The ``primum`` command: every sub-command is a line to an action."""

import sys

import typer

from primum.cli import (
    allocate,
    audit,
    cards,
    changes,
    console,
    converse,
    demo,
    evaluate,
    evidence,
    exposure,
    gates,
    guidelines,
    inbox,
    incident_care,
    inspection,
    look_backs,
    looks,
    monitors,
    people,
    plan_power,
    protocol,
    rehearse,
    rollouts,
    slack,
    stopping,
    up,
    waves,
)
from primum.cli.outcomes import ExitCode, code_of

app = typer.Typer(
    name="primum",
    help="Take a health AI through the WHO roadmap, one gate at a time, and stop it in one call.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Plain help: the framed one loads a library that takes half of the start.
    rich_markup_mode=None,
)
app.command("demo", short_help="Take the example portfolio through the roadmap.")(demo.demo)
app.command("init")(rollouts.init)
app.command("check", short_help="Say what is wrong or missing in a rollout's files.")(rollouts.check)
app.add_typer(plan_power.app, name="plan", short_help="Show what a run would find, or how large a pilot must be.")
app.command("rehearse", short_help="Simulate a pilot under its own protocol and policy, before anybody enrols.")(
    rehearse.rehearse
)
app.command("run", short_help="Take a rollout through its stage, up to the gate.")(rollouts.run)
app.command("status")(rollouts.status)
app.command("inbox", short_help="Show what waits for you: seats, alarms, what you promised.")(inbox.inbox)
app.command("evaluate", short_help="Judge a table, or the counts of several sites, by a policy alone.")(
    evaluate.evaluate
)
app.command("converse", short_help="Try an assistant on planted questions before patients talk to it.")(
    converse.converse
)
app.add_typer(evidence.app, name="evidence")
app.add_typer(cards.app, name="card")
app.add_typer(gates.app, name="gate")
app.add_typer(people.app, name="people")
app.add_typer(people.token, name="token")
app.add_typer(slack.app, name="slack")
app.add_typer(protocol.app, name="protocol")
app.add_typer(allocate.app, name="allocate")
app.add_typer(looks.app, name="look")
app.add_typer(exposure.app, name="exposure")
app.add_typer(waves.app, name="wave")
app.add_typer(monitors.app, name="monitor")
app.add_typer(incident_care.app, name="incident")
app.add_typer(guidelines.app, name="guideline")
app.add_typer(look_backs.app, name="lookback")
app.add_typer(changes.app, name="change")
app.command("suspend", short_help="Send a rollout back to standard care at once.")(stopping.suspend)
app.command("acknowledge", short_help="Say that a site has seen that a rollout is suspended.")(stopping.acknowledge)
app.command("resume")(stopping.resume)
app.add_typer(audit.app, name="audit")
app.command("requirements", short_help="Print every demand of the sources and what enforces it.")(
    inspection.requirements
)
app.command("schema", short_help="Write the JSON Schemas for editors.")(inspection.schema)
app.command("doctor", short_help="Look at this installation and say what is wrong.")(inspection.doctor)
app.add_typer(inspection.config, name="config")
app.command("up", short_help="Start console, Slack client, Prefect, MLflow and a worker on this machine.")(up.up)
app.command("console", short_help="Serve the console and the JSON API.")(console.console)


def run() -> None:
    """Run the command line; a refusal is one sentence and its exit code, never a traceback."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 -- the last line between a fault and the reader (P9)
        code = code_of(error)
        if code is None:
            typer.echo(_own_fault(error), err=True)
            sys.exit(ExitCode.INDETERMINATE)
        typer.echo(str(error), err=True)
        sys.exit(code)


def _own_fault(error: BaseException) -> str:
    from primum.web.refusals import place_of

    return (
        f"Primum stopped on a fault of its own: {type(error).__name__} in {place_of(error)}. Nothing was decided. "
        f"The message is withheld because it may hold a patient's data; report the name and the place."
    )
