"""Commands that look at Primum itself: requirements, schema, doctor, config."""

from pathlib import Path
from typing import Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson
from primum.cli.outcomes import ExitCode

config = typer.Typer(help="See how Primum is set up.", no_args_is_help=True)


def requirements(
    policy: Annotated[str, typer.Option("--policy", help="Id of a shipped policy, or a file.")] = "who-lmm-2025",
    missing: Annotated[bool, typer.Option("--missing", help="Only those nothing enforces yet.")] = False,
    tests: Annotated[bool, typer.Option("--tests", help="Show the tests that prove each.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print every demand of the sources and what enforces it, or *not yet*."""
    from primum.integrations.coverage import coverage_of

    entrance.settings()
    every = coverage_of(policy=policy, base=Path.cwd())
    rows = [row for row in every if not (missing and row.enforced_by)]
    if as_json:
        entrance.show_json(
            [
                {
                    "id": row.id,
                    "criterion": row.criterion,
                    "enforced_by": [str(one) for one in row.enforced_by],
                    "tests": row.tests,
                }
                for row in rows
            ]
        )
        return
    shown = [(row.id, row.criterion, ", ".join(str(one) for one in row.enforced_by) or "not yet") for row in rows]
    if tests:
        proved = [(*row, "\n".join(found.tests)) for row, found in zip(shown, rows, strict=True)]
        entrance.show_table("Requirements", ("id", "what is asked", "enforced by", "proved by"), proved)
    else:
        entrance.show_table("Requirements", ("id", "what is asked", "enforced by"), shown)
    done = sum(1 for row in every if row.enforced_by)
    entrance.say(f"{done} of {len(every)} have something that enforces them; {len(every) - done} not yet.")


def schema(
    directory: Annotated[Path, typer.Argument(help="Where to write.", show_default=False)] = Path("schemas"),
) -> None:
    """Write the JSON Schemas that an editor checks rollout, people, sites and policy files with."""
    from primum.integrations.schemas import write_schemas

    for path in write_schemas(directory):
        entrance.say(f"wrote {path}")


def doctor(as_json: AsJson = False) -> None:
    """Look at ledger, accounts, console, outbox, Slack, MLflow, Prefect and shipped files, and say what is wrong."""
    from primum.actions.diagnosis import examine

    signs = examine(settings=entrance.settings(), at=entrance.now())
    if as_json:
        entrance.show_json([{"part": sign.part, "well": sign.well, "sentence": sign.sentence} for sign in signs])
    else:
        for sign in signs:
            entrance.say(f"{'✔' if sign.well else '✘'} {sign.part}: {sign.sentence}")
    if not all(sign.well for sign in signs):
        entrance.leave(ExitCode.INDETERMINATE)


@config.command("show")
def show(as_json: AsJson = False) -> None:
    """Show every setting as it is in force; passwords are hidden."""
    values = entrance.settings().shown()
    if as_json:
        entrance.show_json(values)
        return
    entrance.show_table("Settings", ("name", "value"), [(name, value or "not set") for name, value in values.items()])
