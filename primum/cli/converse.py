"""Trying an assistant on planted questions before patients talk to it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson

if TYPE_CHECKING:
    from primum.actions.conversing import Tried

ConversationsFile = Annotated[Path, typer.Argument(help="The conversations.yaml.", show_default=False)]


def converse(file: ConversationsFile, as_json: AsJson = False) -> None:
    """
    Ask an assistant every planted question, check each answer, and write the table of checks.

    May be interrupted at any time: the same command goes on where it was.
    """
    from primum.actions.conversing import converse as ask_everything
    from primum.cli.progress import watched

    settings = entrance.settings()
    with watched() as show:
        tried = ask_everything(
            file=file, home=settings.home, progress=lambda done, of: show("Asking planted questions", done, of)
        )
    if as_json:
        entrance.show_json(_plain(tried))
        return
    _say(tried)


def _plain(tried: "Tried") -> dict[str, object]:
    checks = {check: {"met": met, "of": of, "unknown": unknown} for check, (met, of, unknown) in tried.met.items()}
    counts = {"asked": tried.asked, "answered": tried.answered, "kept": tried.kept}
    return {**counts, "checks": checks, "table": tried.table, "to_read": tried.to_read}


def _say(tried: "Tried") -> None:
    before = f", {tried.kept} of them before" if tried.kept else ""
    entrance.say(f"{tried.answered} of {tried.asked} planted questions were answered{before}.")
    rows = [
        (check.replace("-", " "), f"{met:,} of {of:,}", f"{unknown:,}" if unknown else "")
        for check, (met, of, unknown) in tried.met.items()
    ]
    entrance.show_table("Checks", ("check", "met", "could not be judged"), rows)
    entrance.say(
        f"The table of checks: {tried.table}",
        f"A sample for people to read, with the texts: {tried.to_read}",
        "Nothing is decided here: a gate judges the table by its policy.",
    )
