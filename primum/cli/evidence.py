"""Commands on evidence that other tools made."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from primum.cli import entrance

WHOLE = "all"
app = typer.Typer(help="Take in what other tools measured.", no_args_is_help=True)


@app.command("import")
def take_in(
    tool: Annotated[str, typer.Argument(help="giskard or nemo-guardrails.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="Its result file, JSON or YAML.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="The table to write, a .csv.", show_default=False)],
    group: Annotated[
        list[str] | None, typer.Option("--group", help="A column of groups, so that it fits another table of checks.")
    ] = None,
) -> None:
    """Turn the result file of a scanner or of guardrails into a table of kind `checks`; only counts are taken."""
    from primum.integrations.result_files import COLUMNS, checks_in
    from primum.integrations.scenario_files import write_table

    entrance.settings()
    rows, groups = checks_in(file, tool=tool), tuple(group or ())
    write_table(out, columns=(*COLUMNS, *groups), rows=((*row, *(WHOLE for _ in groups)) for row in rows))
    met = Counter(row[3] for row in rows)
    entrance.say(
        f"{len(rows):,} checks of {tool}: {met['1']:,} met, {met['0']:,} not met, {met['']:,} not judged.",
        f"The table: {out}. Declare it in rollout.yaml as evidence of kind `checks`; a gate judges it.",
    )
