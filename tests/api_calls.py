"""Programs that call the API of a console, each with a token of a person's."""

from collections.abc import Collection

import httpx

from primum.actions import tokens
from primum.actions.tokens import Scope
from tests.consoles import Console, have_account

PREFIX = "/api/v1"


def token_of(person: str, served: Console, *, scopes: Collection[Scope] = tuple(Scope), administrator=False) -> str:
    """Return the secret of a new token."""
    place = served.desk.workplace
    have_account(person, place=place, administrator=administrator)
    made = tokens.create(
        person=person, name="a program", scopes=list(scopes), days=30, at=served.clock.at, workplace=place
    )
    return made.secret


def program(served: Console, person: str, **options) -> httpx.Client:
    """Return a program that calls the API in somebody's name; it closes with the console."""
    headers = {"Authorization": f"Bearer {token_of(person, served, **options)}"}
    client = httpx.Client(base_url=f"{served.address}{PREFIX}", headers=headers, timeout=60, trust_env=False)
    return served.closing.enter_context(client)


def vote_body(asked) -> dict:
    """Return an answer as the API takes it."""
    body = {
        "seat": str(asked.role),
        "answer": str(asked.answer),
        "meaning": str(asked.meaning),
        "reason": asked.reason,
        "digest": asked.digest,
        "on_behalf_of": asked.on_behalf_of,
    }
    if asked.contingency is not None:
        body["contingency"] = asked.contingency.plain()
    if asked.conditions is not None:
        body["conditions"] = asked.conditions.plain()
    return body
