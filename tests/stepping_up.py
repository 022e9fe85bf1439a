"""A gate that asks for a signature, and people who mean to sign it: what the tests of stepping up begin with."""

from datetime import datetime
from pathlib import Path

from sqlmodel import select

from primum.actions import accounts, voting
from primum.actions.workplace import open_workplace
from primum.ledger import reading
from primum.ledger.tables import Entry, OutboxMessage
from primum.roadmap.people import Role
from primum.roadmap.seats import Answer
from primum.settings import Settings
from tests.refusal_scenes import GATE, LEAD, STEP_UP, Asked, Scene

PASSWORD = "correct horse battery staple"
REASON = "The sensitivity holds at each of the three sites."


def scene_of(home: Path, *, at: datetime, **settings) -> Scene:
    """A small trial whose gate asks its seats to sign on the page."""
    folder = home / "rollout"
    folder.mkdir()
    scene = Scene(folder=folder, place=open_workplace(Settings(home=home, **settings)), at=at)
    scene.awaiting(signatures=(STEP_UP,))
    return scene


def have_password(scene: Scene, person: str) -> None:
    secret = accounts.invite(person=person, made_by="administrator", at=scene.at, workplace=scene.place)
    accounts.accept(secret=secret, password=PASSWORD, at=scene.at, workplace=scene.place)


def code_of(scene: Scene, person: str = LEAD, *, at: datetime | None = None, answer: Answer = Answer.APPROVE) -> str:
    """The one-time code that a click in Slack or on the console ends with."""
    role = Role.CLINICAL_LEAD
    asked = Asked(person=person, sentence="", digest=scene.digest, role=role, reason=REASON, answer=answer)
    intended = voting.intend(
        gate=GATE,
        ballot=asked.ballot(channel="slack"),
        submission=scene.submission,
        person=person,
        at=at or scene.at,
        workplace=scene.place,
    )
    return intended.code


def votes(scene: Scene):
    with scene.place.ledger.reading() as session:
        return reading.votes(session, gate=GATE)


def said(scene: Scene, kind: str) -> list[Entry]:
    with scene.place.ledger.reading() as session:
        return [row for row in session.exec(select(Entry)).all() if row.kind == kind]


def alerts(scene: Scene) -> list[str]:
    with scene.place.ledger.reading() as session:
        rows = session.exec(select(OutboxMessage)).all()
    return sorted(row.kind for row in rows if row.kind in ("account.locked", "step-up.locked"))
