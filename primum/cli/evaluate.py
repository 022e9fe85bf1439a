"""``primum evaluate``: judge a table by a policy alone, without rollout, ledger or database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.actions.table_evaluation import TableEvaluation
    from primum.actions.table_request import TableRequest


Tables = Annotated[
    list[Path], typer.Argument(help="Tables of one kind, or with --counts-in files of counts.", show_default=False)
]
Kind = Annotated[str, typer.Option("--kind", help="What a row is: diagnostic, trial, …", show_default=False)]
PolicyId = Annotated[str, typer.Option("--policy", help="Id of a shipped policy, or a file.")]
Mapped = Annotated[list[str], typer.Option("--map", help="contract=yours, for a column called otherwise.")]
Values = Annotated[list[str], typer.Option("--value", help="column:yours=contract, for a value.")]
Subgroups = Annotated[list[str], typer.Option("--subgroup", help="A column whose groups are compared.")]
Conditions = Annotated[list[str], typer.Option("--condition", help="A condition that must not be missed.")]
UseOf = Annotated[str, typer.Option("--use-case", help="Such as imaging; it selects the rules.")]
PurposeOf = Annotated[str, typer.Option("--purpose", help="Such as image-interpretation.")]
Like = Annotated[Path | None, typer.Option("--like", help="A rollout.yaml to take mapping and use from.")]
ProtocolFile = Annotated[Path | None, typer.Option("--protocol", help="The protocol of a trial, as YAML.")]
CountsIn = Annotated[bool, typer.Option("--counts-in", help="The files are counts; merge and judge them.")]
CountsOut = Annotated[Path | None, typer.Option("--counts-out", help="Write the counts here, to send.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write a page to read or print.")]
Figures = Annotated[Path | None, typer.Option("--figures", help="Write the figures into this folder.")]
Explain = Annotated[str, typer.Option("--explain", help="A metric or criterion: show how it is computed.")]
Expect = Annotated[bool, typer.Option(help="Hold the rows against their expectations first.")]


def evaluate(
    tables: Tables,
    kind: Kind,
    policy: PolicyId = "who-lmm-2025",
    mapped: Mapped = [],  # noqa: B006 -- typer gives each call its own
    values: Values = [],  # noqa: B006 -- Typer reads it once, and nobody changes it
    subgroups: Subgroups = [],  # noqa: B006 -- Typer reads it once, and nobody changes it
    conditions: Conditions = [],  # noqa: B006 -- Typer reads it once, and nobody changes it
    use_case: UseOf = "",
    purpose: PurposeOf = "",
    like: Like = None,
    protocol: ProtocolFile = None,
    counts_in: CountsIn = False,
    counts_out: CountsOut = None,
    html: Html = None,
    figures: Figures = None,
    explain: Explain = "",
    expect: Expect = True,
    as_json: AsJson = False,
) -> None:
    """Judge a table by a policy alone; no rollout, ledger or database is needed."""
    from primum.cli.evaluate_options import request_of
    from primum.cli.evaluated import explained, plain, show_evaluation

    entrance.settings()
    request = request_of(
        kind=kind,
        policy=policy,
        mapped=mapped,
        values=values,
        subgroups=subgroups,
        conditions=conditions,
        use_case=use_case,
        purpose=purpose,
        like=like,
        protocol=protocol,
    )
    found = _found(tables, request, counts_in=counts_in, stays=counts_out is None, expect=expect)
    written = _write(found, counts_out=counts_out, html=html, figures=figures)
    workings = explained(found, asked=explain) if explain else None
    if as_json:
        entrance.show_json(plain(found, workings=workings, written=written))
    else:
        show_evaluation(found, workings=workings, written=written)
    if found.verdict.outcome != "pass":
        entrance.leave(ExitCode.INDETERMINATE if found.verdict.outcome == "error" else ExitCode.GATE_NOT_PASSED)


def _found(
    tables: list[Path], request: "TableRequest", *, counts_in: bool, stays: bool, expect: bool
) -> "TableEvaluation":
    from primum.actions.table_evaluation import evaluate_counts, evaluate_tables
    from primum.cli.progress import watched

    if counts_in:
        return evaluate_counts(files=tables, request=request, at=entrance.now())
    with watched() as progress:
        return evaluate_tables(
            tables=tables, request=request, at=entrance.now(), stays=stays, expect=expect, progress=progress
        )


def _write(
    found: "TableEvaluation", *, counts_out: Path | None, html: Path | None, figures: Path | None
) -> dict[str, str]:
    written: dict[str, str] = {}
    if counts_out:
        from primum.actions.table_evaluation import counts_of
        from primum.integrations.counts_files import write_counts

        counts = counts_of(found)
        write_counts(counts_out, tables=counts.tables, described=counts.described)
        written["counts"] = str(counts_out)
    if html:
        from primum.web.evaluation_page import write_evaluation_page

        written["page"] = str(write_evaluation_page(found, out=html))
    if figures:
        from primum.web.evaluation_page import write_figures

        written["figures"] = f"{len(write_figures(found, folder=figures))} files in {figures}"
    return written
