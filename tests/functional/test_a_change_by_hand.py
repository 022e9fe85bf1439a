"""A guideline change by hand: in a terminal, on the console and in Slack, from publication to its end."""

import csv
import json
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from primum.actions.submission import read_submission
from primum.actions.workplace import Workplace, open_workplace
from primum.chat.office import office_of
from primum.settings import Settings, shipped
from tests import changes_at_work as change
from tests.api_calls import program
from tests.changes_at_work import BEFORE, CHANGE, EXAMPLE, NOW, WORDS
from tests.consoles import console
from tests.slack_at_work import CHANNEL, Clinic, Clock
from tests.slack_server import slack_server

GATE = f"{EXAMPLE}.GU.1"


@pytest.fixture
def slack():
    with slack_server() as running:
        yield running


@contextmanager
def clinic_of(home, slack, file):
    """The office in Slack and the console of a hospital whose terminal has been used."""
    settings = Settings(
        home=home,
        slack_channel=CHANNEL,
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_signing_secrets=slack.signing_secret,
        slack_api_url=slack.api,
    )
    place, clock = Workplace(ledger=open_workplace(settings).ledger, settings=settings), Clock(at=datetime.now(UTC))
    slack.world.clock = lambda: clock().timestamp()
    slack.channel(CHANNEL)
    office = office_of(workplace=place, clock=clock)
    with console(place, at=clock()) as served:
        slack.delivers_to(served.address)
        yield Clinic(slack=slack, office=office, submission=read_submission(file), clock=clock, gate=GATE), served
    place.ledger.close()


def signs_in_slack(clinic: Clinic, person: str, user: str) -> None:
    member = clinic.enrol(person, user)
    clinic.deliver(rounds=3)
    assert clinic.slack.press(clinic.message, "gate.approve", by=member).is_acknowledged
    clinic.slack.wait(lambda: clinic.slack.form_of(member))
    answered = clinic.slack.submit(clinic.slack.form_of(member), {"meaning": "approval", "reason": WORDS}, by=member)
    assert not answered.errors


def signs_on_the_page(served, person: str, role: str, digest: str) -> None:
    form = {"seat": role, "answer": "approve", "meaning": "approval", "reason": WORDS, "digest": digest}
    answer = served.browser_of(person).post(f"/gates/{GATE}/sign", data=form)
    assert answer.status_code == 303, answer.text


@pytest.fixture
def ran(primum):
    """A function that runs `primum` with these words, and knows how it is to end."""

    def run(*words: str, code: int = 0) -> str:
        ended = primum(*words)
        assert ended.code == code, ended.text
        return ended.text

    return run


def test_a_change_is_taken_by_hand_from_publication_to_its_end(tmp_path, ran, slack):
    folder, home = change.files(tmp_path / "rollouts"), tmp_path / "home"
    file = folder / "rollout.yaml"
    made_a_challenger(ran, file)
    with clinic_of(home, slack, file) as (clinic, served):
        signed_and_applied(ran, clinic, served, folder)
        acknowledged(ran, served)
        looked_back(ran, home)
        early = served.browser_of("amara-okafor").post(f"/changes/{CHANGE}/close", data={"reason": WORDS})
        ran("change", "card", CHANGE, "--as", "noah-kim")
        closed = ran("change", "close", CHANGE, "--as", "amara-okafor", "--reason", WORDS)
        page = served.browser_of("amara-okafor").get(f"/changes/{CHANGE}").text
        clinic.deliver(rounds=3)

    said = " ".join(one.text for one in slack.messages(CHANNEL))
    assert early.status_code == 409
    assert "has no version that names hypertension@2025" in early.text
    assert "is closed" in closed
    assert page.count("Taken") == 12
    assert "a guideline change is open" in said
    assert "is closed: no step is missing" in said


def made_a_challenger(ran, file) -> None:
    """In a terminal: registered, published, held against the plan, labelled again, trained."""
    guidelines = shipped("config") / "guidelines"
    ran("run", str(file), "--as", "noah-kim", "--no-page", code=1)
    for name in (BEFORE, NOW):
        ran("guideline", "publish", str(guidelines / f"{name.replace('@', '-')}.yaml"), "--as", "yusuf-demir")
    assert "was not held against the change plan" in ran("change", "show", CHANGE, code=1)
    assert "inside the change plan" in ran("change", "scope", CHANGE, "--as", "noah-kim")
    assert " labels change." in ran("change", "relabel", CHANGE, "--as", "noah-kim")
    assert "Trained: 2.0" in ran("change", "retrain", CHANGE, "--as", "noah-kim")


def signed_and_applied(ran, clinic, served, folder) -> None:
    """Compared in a terminal; signed in Slack, on the page and in a terminal; then in use."""
    made = change.candidate(change.Scene(place=clinic.place, folder=folder))
    assert "awaiting-seats" in ran("change", "compare", CHANGE, str(made), "--as", "noah-kim")
    digest = json.loads(ran("gate", "show", GATE, "--json"))["digest"]
    signs_in_slack(clinic, "amara-okafor", "U0AMARA")
    signs_on_the_page(served, "samuel-osei", "equity-lead", digest)
    for person, role in (("ines-moreau", "safety-officer"), ("yusuf-demir", "guideline-steward")):
        words = ("--seat", role, "--meaning", "approval", "--reason", WORDS, "--digest", digest)
        ran("gate", "approve", GATE, "--as", person, *words)
    ran("gate", "apply", GATE, "--as", "noah-kim")


def acknowledged(ran, served) -> None:
    """Told through the API; one site answers on the page, one through the API, one in a terminal."""
    nurse = served.browser_of("jonas-weber")
    assert nurse.post(f"/changes/{CHANGE}/steps", data={"step": "told"}).status_code == 409
    calls = program(served, "yusuf-demir")
    early = calls.post(f"/changes/{CHANGE}/steps", json={"step": "retrained"})
    assert (early.status_code, "is not taken here" in early.json()["detail"]) == (409, True)
    assert calls.post(f"/changes/{CHANGE}/steps", json={"step": "told"}).status_code == 200
    assert nurse.post(f"/changes/{CHANGE}/acknowledge", data={"site": "hill-practice"}).status_code == 303
    asked = program(served, "jonas-weber").post(
        f"/changes/{CHANGE}/acknowledgements", json={"site": "harbour-practice"}
    )
    assert asked.status_code == 200, asked.text
    ran("change", "acknowledge", CHANGE, "--site", "riverside-practice", "--as", "jonas-weber")


def looked_back(ran, home) -> None:
    """The worklist is made, and every unit on it marked, in a terminal."""
    ran("lookback", "make", EXAMPLE, "--table", "readings", "--old", BEFORE, "--new", NOW, "--as", "amara-okafor")
    (one,) = json.loads(ran("lookback", "status", "--json"))
    (listed,) = (home / "look-back").glob("*/worklist.csv")
    with listed.open(encoding="utf-8", newline="") as file:
        units = [row["unit"] for row in csv.DictReader(file)]
    (home / "units.txt").write_text("\n".join(units), encoding="utf-8")
    ran("lookback", "close", one["id"], "--as", "amara-okafor", "--units", str(home / "units.txt"))
