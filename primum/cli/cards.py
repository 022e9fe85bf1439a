"""Commands on model cards: show one, its versions, what changed, a file to keep, and how one is written."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson

if TYPE_CHECKING:
    from primum.actions.cards_kept import CardVersion

app = typer.Typer(help="Show and export the model card of a rollout.", no_args_is_help=True)
RolloutId = Annotated[str, typer.Argument(help="Rollout id.", show_default=False)]
Version = Annotated[int | None, typer.Option("--version", help="A version; the one in force if left out.")]
MARKS = {"pass": "✔", "insufficient": "?", "fail": "✘", "error": "!"}


def _version(rollout: str, number: int | None) -> "CardVersion":
    from primum.actions.cards_kept import card_of_rollout

    return card_of_rollout(rollout=rollout, workplace=entrance.workplace(), number=number)


@app.command("show")
def show(rollout: RolloutId, version: Version = None, as_json: AsJson = False) -> None:
    """Print a version of the card, as Markdown or JSON."""
    found = _version(rollout, version)
    typer.echo(found.card.as_json() if as_json else found.card.as_markdown(), nl=False)


@app.command("versions")
def versions(rollout: RolloutId, as_json: AsJson = False) -> None:
    """List the versions of the card, the newest first, with what changed in each."""
    from primum.actions.cards_kept import versions_of

    rows = versions_of(rollout=rollout, workplace=entrance.workplace())
    if as_json:
        entrance.show_json([{name: value for name, value in vars(row).items() if name != "card"} for row in rows])
        return
    columns = ("version", "model", "why", "changes", "at (UTC)")
    entrance.show_table(
        f"Model card of {rollout}",
        columns,
        [
            (
                str(row.number),
                row.model_version,
                f"{row.cause} {row.subject}",
                str(len(row.changes)),
                f"{row.at:%Y-%m-%d %H:%M}",
            )
            for row in rows
        ],
    )


@app.command("diff")
def diff(
    rollout: RolloutId,
    older: Annotated[int, typer.Argument(help="A version.", show_default=False)],
    newer: Annotated[int, typer.Argument(help="A later one.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Say in sentences what is otherwise in one version than in another."""
    from primum.actions.cards_kept import difference

    said = difference(rollout=rollout, workplace=entrance.workplace(), older=older, newer=newer)
    if as_json:
        entrance.show_json({"rollout": rollout, "older": older, "newer": newer, "changes": list(said)})
        return
    for sentence in said:
        entrance.say_item("•", sentence)
    if not said:
        entrance.say(f"Versions {older} and {newer} say the same.")


@app.command("export")
def export(
    rollout: RolloutId,
    out: Annotated[Path, typer.Option("--out", help="A .md, .json or .html file.", show_default=False)],
    version: Version = None,
) -> None:
    """Write a version of the card as a file: Markdown, JSON, or one page of HTML that prints well."""
    from primum.actions.cards_kept import scorecard_of, versions_of
    from primum.web.card_view import FORMS, card_file, card_page
    from primum.web.files import write_whole

    form = out.suffix.removeprefix(".")
    if form not in FORMS:
        raise typer.BadParameter(f"'{out.name}' ends in none of .md, .json, .html.", param_hint="--out")
    found, place = _version(rollout, version), entrance.workplace()
    items = scorecard_of(rollout=rollout, workplace=place)
    page = card_page(found, items=items, versions=versions_of(rollout=rollout, workplace=place), names={})
    entrance.say(
        f"Version {found.number} of the card of {rollout}: {write_whole(out, card_file(page, found, form=form))}"
    )


@app.command("minimum")
def minimum(rollout: RolloutId, as_json: AsJson = False) -> None:
    """Show the six minimum items of the source document, each with the checks it follows from."""
    from primum.actions.cards_kept import scorecard_of

    items = scorecard_of(rollout=rollout, workplace=entrance.workplace())
    if as_json:
        entrance.show_json(
            [
                {
                    "id": one.id,
                    "name": one.name,
                    "outcome": one.outcome,
                    "checks": [each.finding.check for each in one.found],
                }
                for one in items
            ]
        )
        return
    for one in items:
        entrance.say_item(MARKS[one.outcome], f"{one.name}: {one.asks} ({one.id})", indent=0)
        for each in one.found:
            entrance.say_item(MARKS[each.finding.outcome], f"{each.finding.sentence} ({each.gate})", indent=4)
    entrance.say(f"{sum(one.met for one in items)} of {len(items)} are met. Nobody can write this by hand.")


@app.command("guide")
def guide() -> None:
    """Say how a model card is written: what belongs in each field, and what is refused."""
    from primum.roadmap.card_guide import GUIDE, WRITTEN_BY_PRIMUM

    for one in GUIDE:
        entrance.say(one.field)
        entrance.say_item("", f"{one.asks} Such as: {one.good} Refused: {one.refused}")
    entrance.say("", WRITTEN_BY_PRIMUM)
