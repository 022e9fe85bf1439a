"""A console with gates that wait for twenty people each, beside an empty page of FastAPI; in one process."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from benchmarks import rollouts
from primum.actions import identities, sessions, tokens
from primum.actions.runs import run_stage
from primum.actions.tokens import Scope as Doing
from primum.actions.workplace import Workplace, open_workplace
from primum.chat.rendering.buttons import written
from primum.chat.rendering.views import Subject
from primum.integrations.configuration import load_policy
from primum.ledger import reading
from primum.ledger.people_tables import Account
from primum.roadmap.people import Authority, People, Person
from primum.roadmap.policy import SeatRule
from primum.roadmap.roles import Role
from primum.settings import Settings
from primum.web.app import console_app
from primum.web.desk import Desk
from primum.web.session_cookies import cookie_name

APPROVERS = 20
ROWS = 400
TEAM, APP, SECRET, CHANNEL = "T0BENCH", "A0BENCH", "signing-secret-of-a-benchmark", "C0BENCH"
PEOPLE = tuple(f"lead-{chr(97 + number)}" for number in range(APPROVERS))
empty = FastAPI(openapi_url=None)


@empty.get("/empty")
def nothing() -> dict[str, str]:
    """Answer with next to nothing."""
    return {"said": "nothing"}


def settings_of(folder: Path) -> Settings:
    """Return the settings: Slack is set up, and nothing of it can be reached."""
    return Settings(
        home=folder / "home",
        slack_channel=CHANNEL,
        slack_bot_token=SecretStr("xoxb-benchmark"),
        slack_signing_secrets=SecretStr(SECRET),
        slack_api_url="http://127.0.0.1:9/",
    )


def prepared(folder: Path, *, port: int, gates: int) -> dict[str, Any]:
    """Bring gates to where they ask, each twenty people; return what a client needs to know."""
    place, at = open_workplace(settings_of(folder)), datetime.now(UTC)
    desk = Desk(workplace=place, clock=lambda: datetime.now(UTC), address=f"http://127.0.0.1:{port}")
    waiting = [_gate(folder / f"trial-{number}", number=number, at=at, place=place) for number in range(gates)]
    people = [_entered(person, at=at, place=place) for person in PEOPLE]
    told = {"gates": waiting, "people": people, "cookie": cookie_name(desk)}
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")
    _serve(desk, port=port)
    return told


def _gate(folder: Path, *, number: int, at: datetime, place: Workplace) -> dict[str, str]:
    rollouts.main("trial", ROWS, folder)
    file = folder / "rollout.yaml"
    text = file.read_text(encoding="utf-8").replace("rollout: large-trial", f"rollout: trial-{number}")
    file.write_text(text.replace("policy: replay-of-a-published-trial", "policy: policy.yaml"), encoding="utf-8")
    shipped = load_policy("replay-of-a-published-trial", base=folder)
    seats = (shipped.seats[0].model_copy(update={"role": Role.CLINICAL_LEAD, "people": APPROVERS}),)
    changed = {
        "seats": tuple(SeatRule.model_validate(one.model_dump()) for one in seats),
        "documents": (),
        "sources": (),
    }
    _write(folder / "policy.yaml", shipped.model_copy(update=changed).model_dump(mode="json", exclude_none=True))
    known = People(people=tuple(_person(one, at) for one in (*PEOPLE, "noah-kim", "the-asker")))
    _write(folder / "people.yaml", known.model_dump(mode="json", exclude_none=True))
    run = run_stage(path=file, person="the-asker", at=at, workplace=place)
    with place.ledger.reading() as session:
        row = reading.gate(session, gate=run.gate)
    assert row is not None
    assert row.state == "awaiting-seats", row.state
    digest = row.subject_digest or ""
    subject = Subject(gate=row.id, revision=1, digest=digest.removeprefix("sha256:"))
    return {"gate": row.id, "digest": digest, "value": written(subject)}


def _person(id_: str, at: datetime) -> Person:
    role = Authority(
        role=Role.CLINICAL_LEAD, valid_from=at.replace(year=at.year - 1), valid_until=at.replace(year=at.year + 1)
    )
    return Person(id=id_, name=id_.replace("-", " ").title(), organisation="A hospital", authorities=(role,))


def _write(path: Path, plain: object) -> None:
    path.write_text(json.dumps(plain), encoding="utf-8")


def _entered(person: str, *, at: datetime, place: Workplace) -> dict[str, str]:
    """Give somebody an account, a session, a token and an account in Slack."""
    user = f"U0{person.replace('-', '').upper()}"
    with place.ledger.transaction() as tx:
        tx.session.add(Account(person=person, made_at=at))
        identities.pin(person=person, kind=identities.SLACK, realm=TEAM, subject=user, by="benchmark", at=at, tx=tx)
    opened = sessions.begin(person=person, method="password", at=at, workplace=place)
    made = tokens.create(person=person, name="benchmark", scopes=list(Doing), days=1, at=at, workplace=place)
    return {"cookie": opened.cookie, "csrf": opened.session.csrf, "token": made.secret, "user": user}


def _serve(desk: Desk, *, port: int) -> None:
    console = console_app(desk)

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        app = empty if scope.get("path") == "/empty" else console
        await app(scope, receive, send)

    uvicorn.run(both, host="127.0.0.1", port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    prepared(Path(sys.argv[1]), port=int(sys.argv[2]), gates=int(sys.argv[3]))
