"""The ``primum`` command: every sub-command is a line to an action."""

import sys

import typer

from primum.cli import audit, demo, gates, inspection, rollouts, stopping, up
from primum.cli.outcomes import ExitCode, code_of

app = typer.Typer(
    name="primum",
    help="Take a health AI through the WHO roadmap, one gate at a time, and stop it in one call.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("init")(rollouts.init)
app.command("check")(rollouts.check)
app.command("plan")(rollouts.plan)
app.command("run")(rollouts.run)
app.command("status")(rollouts.status)
app.add_typer(gates.app, name="gate")
app.command("suspend")(stopping.suspend)
app.command("resume")(stopping.resume)
app.add_typer(audit.app, name="audit")
app.command("requirements")(inspection.requirements)
app.command("schema")(inspection.schema)
app.command("doctor")(inspection.doctor)
app.add_typer(inspection.config, name="config")
app.command("up")(up.up)


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
    return (
        f"Primum stopped on a fault of its own: {type(error).__name__} in {_our_place(error)}. Nothing was decided. "
        f"The message is withheld because it may hold a patient's data; report the name and the place."
    )


def _our_place(error: BaseException) -> str:
    """The deepest line of our own code that the error passed."""
    place, step = "an unknown place", error.__traceback__
    while step is not None:
        module = str(step.tb_frame.f_globals.get("__name__", ""))
        if module.startswith("primum"):
            place = f"{module}:{step.tb_lineno}"
        step = step.tb_next
    return place
