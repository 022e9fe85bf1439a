"""Commands on guidelines: publish a version, list and show them, say what one changes, label evidence again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from primum.actions.guideline_registry import ListedVersion
    from primum.actions.workplace import Workplace
    from primum.roadmap.guidelines import Guideline

app = typer.Typer(help="Publish guideline versions and say what they change.", no_args_is_help=True)

Version = Annotated[str, typer.Argument(help="id@version, or a file.", show_default=False)]


@app.command("publish")
def publish(
    file: Annotated[Path, typer.Argument(help="The guideline's YAML file.", show_default=False)], person: AsPerson
) -> None:
    """Keep a version for good, and tell everybody whose rollout follows an older one."""
    from primum.actions import directory, guidelines
    from primum.integrations.configuration import load_guideline

    read, place = load_guideline(file), entrance.workplace()
    made = guidelines.publish(
        guideline=read,
        person=directory.person(person, workplace=place),
        channel="cli",
        at=entrance.now(),
        workplace=place,
    )
    if not made.is_new:
        entrance.say(f"{read.name} is published already, word for word; nothing was done.")
        return
    entrance.say(f"{read.name} is published as {read.digest}.")
    for one in made.affected:
        entrance.say_item("-", f"{one.rollout} follows {one.follows}; {len(one.people)} people are told.")
    if not made.affected:
        entrance.say("No registered rollout follows another version of it.")


@app.command("list")
def list_versions(as_json: AsJson = False) -> None:
    """List the published versions, each guideline's newest first."""
    from primum.actions.guideline_registry import registry

    rows = registry(rollouts=None, at=entrance.now(), workplace=entrance.workplace())
    if as_json:
        entrance.show_json([row.plain() for row in rows])
        return
    entrance.show_table(
        "Guidelines",
        ("version", "title", "published on", "in effect from", "to be changed"),
        [(row.name, row.title, row.published_on, row.effective_on, _behind(row)) for row in rows],
    )


@app.command("show")
def show(name: Annotated[str, typer.Argument(help="id@version.", show_default=False)], as_json: AsJson = False) -> None:
    """Show one version: what it says, where that stands, and what it changed."""
    from primum.actions.guideline_registry import registry
    from primum.actions.guidelines import version_named

    place = entrance.workplace()
    with place.ledger.reading() as session:
        guideline = version_named(name, session=session)
    row = next(one for one in registry(rollouts=None, at=entrance.now(), workplace=place) if one.name == name)
    if as_json:
        entrance.show_json({**row.plain(), "content": guideline.model_dump(mode="json")})
        return
    entrance.say(f"{row.name}: {row.title}", f"Issuer: {row.issuer}", f"Source: {row.source}", row.summary)
    entrance.say(f"Published on {row.published_on}, in effect from {row.effective_on}.", f"Digest: {row.digest}")
    if row.changed:
        entrance.say(f"Against the version before: {row.changed}")
    for one in row.affected:
        entrance.say_item("-", f"{one.rollout} still follows {one.follows}.")


@app.command("diff")
def diff(old: Version, new: Version, as_json: AsJson = False) -> None:
    """Say in words what changes from one version to another, exactly."""
    from primum.roadmap.guidelines import changed

    before, after = _read(old), _read(new)
    told = changed(old=before, new=after)
    if as_json:
        entrance.show_json({"old": told.old, "new": told.new, "relabels": told.relabels, "words": told.words})
        return
    entrance.say(told.words)


@app.command("relabel")
def relabel(
    rollout: Annotated[str, typer.Argument(help="Rollout id.", show_default=False)],
    table: Annotated[str, typer.Option("--table", help="Name of a registered table.", show_default=False)],
    new: Annotated[str, typer.Option("--new", help="The new version, id@version.", show_default=False)],
    person: AsPerson,
    old: Annotated[
        str, typer.Option("--old", help="The old one; what the rollout follows or followed, if left out.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Label a table by two versions and count how many labels change, by site and subgroup."""
    from primum.actions.relabelling import relabel as labelled_again

    place = entrance.workplace()
    submission = entrance.submission_of(rollout, place)
    counts = labelled_again(
        submission=submission,
        evidence=table,
        old=old,
        new=new,
        person=submission.person(person),
        at=entrance.now(),
        workplace=place,
    )
    if as_json:
        entrance.show_json(counts)
        return
    _say_counts(counts)


def _say_counts(counts: "Mapping[str, Any]") -> None:
    groups = [("all", "", counts["all"])]
    groups += [(name, level, one) for name, levels in counts["groups"].items() for level, one in levels.items()]
    entrance.show_table(
        "Labels that change",
        ("group", "level", "rows", "changed", "how"),
        [(name, level, _number(one["n"]), _number(one["changed"]), _moves(one)) for name, level, one in groups],
    )
    entrance.say(f"Counts under {counts['smallest_cell']}, and what would give them away, are not shown.")
    entrance.say("Open: a value that decides is not known. These are counts of this table, and of nobody else.")


def _moves(one: "Mapping[str, Any]") -> str:
    return "; ".join(f"{move}: {_number(n)}" for move, n in one["moves"].items())


def _number(n: int | None) -> str:
    return "not shown" if n is None else f"{n:,}"


def _read(named: str) -> "Guideline":
    """A file is read as it stands; a name is looked up among the published versions."""
    if named.endswith((".yaml", ".yml")):
        from primum.integrations.configuration import load_guideline

        return load_guideline(Path(named))
    return _published(named, entrance.workplace())


def _published(name: str, place: "Workplace") -> "Guideline":
    from primum.actions.guidelines import version_named

    with place.ledger.reading() as session:
        return version_named(name, session=session)


def _behind(row: "ListedVersion") -> str:
    return ", ".join(one.rollout for one in row.affected) if row.is_newest else "superseded"
