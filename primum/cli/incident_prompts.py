"""Asking a person for what a report lacks and nothing else, one line each, with what is usual as the answer."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from primum.cli import entrance

if TYPE_CHECKING:
    from primum.actions.workplace import Workplace


def rollout_or_ask(given: str, place: "Workplace") -> str:
    """Return the rollout that was named, the only one there is, or the one that a person chooses."""
    if given:
        return given
    from primum.ledger import reading

    with place.ledger.reading() as session:
        known = [row.id for row in reading.rollouts(session)]
    return known[0] if len(known) == 1 else choose("Which rollout", known, param="ROLLOUT")


def sites_of(rollout: str, place: "Workplace") -> list[str]:
    """Return the sites of a rollout as it was last registered."""
    import json

    from primum.ledger import reading

    with place.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
    return [str(one["id"]) for one in json.loads(record.spec).get("sites", ())] if record else []


def choose(question: str, offered: Sequence[str], *, param: str, free: bool = False) -> str:
    """
    Return what a person chooses by its number or its beginning.

    :param free: whether something else may be typed as well
    :raises BadParameter: if nobody can be asked
    """
    if not entrance.is_interactive():
        raise typer.BadParameter(f"give it; one of {', '.join(offered) or 'your own words'}.", param_hint=param)
    if offered:
        entrance.say("  ".join(f"{number} {one}" for number, one in enumerate(offered, start=1)))
    while True:
        said = str(typer.prompt(question)).strip()
        found = _meant(said, offered)
        if found or (free and said):
            return found or said
        entrance.say("Type one of the numbers, or how one of them begins.")


def _meant(said: str, offered: Sequence[str]) -> str:
    if said.isdigit() and 1 <= int(said) <= len(offered):
        return offered[int(said) - 1]
    exact = [one for one in offered if one == said]
    beginning = exact or [one for one in offered if said and one.startswith(said.lower())]
    return beginning[0] if len(beginning) == 1 else ""


def words_or_ask(given: str, question: str, *, param: str) -> str:
    """
    Return words that were given, or that a person types; with ``-`` they are read from standard input.

    :raises BadParameter: if nobody can be asked
    """
    if given == "-":
        return sys.stdin.read().strip()
    if given:
        return given
    if not entrance.is_interactive():
        raise typer.BadParameter("give it in words that name nobody.", param_hint=param)
    return str(typer.prompt(question)).strip()
