"""A gate that waits for its seats, and people enrolled in a stand-in for Slack; all through the real actions."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from primum.actions import gates, identities, outbox
from primum.actions.outbox import Round
from primum.actions.submission import Submission, read_submission
from primum.actions.workplace import Workplace
from primum.chat import posting
from primum.chat.delivery import SlackDestination
from primum.chat.gate_posts import name_of
from primum.chat.office import Office, office_of
from primum.ledger.database import Ledger
from primum.roadmap.people import People, Site, Sites
from primum.settings import Settings
from tests import factories
from tests import gates_at_work as work
from tests.factories import MORNING
from tests.slack_server import Message, Person, SlackServer

CHANNEL = "C0GATES"
REASON = "I read the tables and the figures myself."
# One criterion that holds no gate and is not met, so that a form has something to tick.
SITES = Sites(sites=(Site(id="north", name="North", country="CH", timezone="Europe/Zurich", resource_level="high"),))


@dataclass(kw_only=True)
class Clock:
    """A clock that a test sets."""

    at: datetime = MORNING

    def __call__(self) -> datetime:
        return self.at

    def later(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


@dataclass(kw_only=True)
class Clinic:
    """A workplace with one gate that waits, and the office that speaks for it in Slack."""

    slack: SlackServer
    office: Office
    submission: Submission
    clock: Clock
    gate: str = ""
    members: dict[str, Person] = field(default_factory=dict)

    @property
    def place(self) -> Workplace:
        return self.office.workplace

    @property
    def shown(self) -> list[Message]:
        """The messages in the channel that stand under no other."""
        return [one for one in self.slack.messages(CHANNEL) if one.thread_ts is None]

    @property
    def thread(self) -> list[Message]:
        return [one for one in self.slack.messages(CHANNEL) if one.thread_ts is not None]

    @property
    def message(self) -> Message:
        """The gate's own message, where the ledger's side believes it to be."""
        row = posting.standing(name_of(self.gate), office=self.office)
        found = self.slack.world.message(CHANNEL, row.ts if row else "")
        assert found is not None
        return found

    def deliver(self, rounds: int = 1) -> Round:
        """Work the outbox off, as the running client does."""
        destination = SlackDestination(office=self.office, sleep=lambda _: None)
        done = Round()
        for _ in range(rounds):
            done = outbox.work_off(destination=destination, at=self.clock(), jitter=lambda: 1.0, workplace=self.place)
        return done

    def enrol(self, person: str, user: str, **about) -> Person:
        """Pin a Slack account to a person, as a code typed in Slack does."""
        member = self.slack.member(user, **about)
        with self.place.ledger.transaction() as tx:
            identities.pin(
                person=person,
                kind=identities.SLACK,
                realm=member.team,
                subject=member.user,
                by="primum",
                at=self.clock(),
                tx=tx,
            )
        self.members[person] = member
        return member

    def sign(self, person: str, role, **changes):
        digest = changes.pop("digest", self.digest)
        return work.sign(
            self.gate, person, role, self.submission, self.place, at=self.clock(), digest=digest, **changes
        )

    @property
    def digest(self) -> str:
        return gates.subject_of(work.evaluation())


def write_rollout(folder: Path, *, people=work.PEOPLE, **policy) -> Path:
    """Write a rollout with its policy, people and sites; JSON is YAML too."""
    folder.mkdir(parents=True, exist_ok=True)
    rollout = factories.rollout(evidence=(factories.evidence(author="hana-sato"),), policy="policy.yaml")
    files = {
        "rollout.yaml": rollout.model_dump(mode="json", exclude_none=True),
        "policy.yaml": factories.policy(**policy).model_dump(mode="json", exclude_none=True),
        "people.yaml": People(people=people).model_dump(mode="json", exclude_none=True),
        "sites.yaml": SITES.model_dump(mode="json"),
    }
    for name, plain in files.items():
        (folder / name).write_text(json.dumps(plain), encoding="utf-8")
    return folder / "rollout.yaml"


@contextlib.contextmanager
def clinic(slack: SlackServer, *, ledger: Ledger, home: Path, policy=None, result=None) -> Iterator[Clinic]:
    """Register a rollout and ask the seats of its first gate; nobody is enrolled yet."""
    settings = Settings(
        home=home,
        slack_channel=CHANNEL,
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_signing_secrets=slack.signing_secret,
        slack_api_url=slack.api,
        address="http://primum.example",
    )
    clock = Clock()
    office = office_of(workplace=Workplace(ledger=ledger, settings=settings), clock=clock)
    submission = read_submission(write_rollout(home / "rollout", **(policy or {})))
    slack.channel(CHANNEL)
    made = Clinic(slack=slack, office=office, submission=submission, clock=clock)
    made.gate = work.awaiting(submission, made.place, result)
    yield made
