"""Fifty planted identifiers: none is in an answer of the API, in the metrics, or in what the console logs (P9)."""

import logging
import re

import pytest

from primum.actions.workplace import open_workplace
from primum.settings import Settings
from tests import rollouts_on_disk
from tests.api_calls import program
from tests.consoles import console
from tests.functional.test_canaries import CANARIES, as_a_site, duplicated, in_the_wrong_column, left_as_it_is
from tools.api_description import openapi_text

PATHS = re.findall(r'^  "(/[^"]*)": \{$', openapi_text(), re.MULTILINE)
HERE = {"rollout": "small-trial", "gate": "small-trial.G2.1", "position": "0"}
LEAD = "amara-okafor"
CANARY = CANARIES[7]


@pytest.fixture
def rollout(tmp_path):
    ids = [*CANARIES, *(f"P-{number:05d}" for number in range(350))]
    return rollouts_on_disk.write(tmp_path / "rollout", ids=ids)


@pytest.fixture
def served(tmp_path, primum):
    place = open_workplace(Settings(home=tmp_path / "home"))
    with console(place) as opened:
        yield opened
    place.ledger.close()


def told(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


def addresses() -> list[str]:
    return [re.sub(r"{(\w+)}", lambda found: HERE.get(found[1], "none"), path) for path in PATHS]


@pytest.mark.parametrize("change", [left_as_it_is, duplicated, in_the_wrong_column, as_a_site])
def test_no_identifier_of_a_table_is_in_an_answer(change, rollout, primum, served):
    change(rollout)
    primum("run", str(rollout.file), "--as", "noah-kim")
    lead = program(served, LEAD)

    answers = [lead.get(f"{served.address}{path}") for path in addresses()]

    assert len([one for one in answers if one.status_code == 200]) >= 15
    assert [(str(one.url), told(one.text)) for one in answers if told(one.text)] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/gates/small-trial.G2.1/votes", {"seat": CANARY, "reason": CANARY}),
        ("/rollouts/small-trial/incidents", {"site": CANARY, "severity": CANARY, "what": CANARY}),
        ("/rollouts/small-trial/suspension", {"reason": {"about": CANARY}}),
        (f"/gates/{CANARY}!/votes", {}),
    ],
    ids=["an answer", "an incident", "a suspension", "a gate"],
)
def test_what_is_sent_wrongly_is_neither_repeated_nor_logged(path, body, rollout, primum, served, caplog):
    primum("run", str(rollout.file), "--as", "noah-kim")

    with caplog.at_level(logging.DEBUG):
        refused = program(served, LEAD).post(path, json=body)

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("primum")]
    assert refused.status_code == 422
    assert told(refused.text) == []
    assert told("\n".join(ours)) == []


def test_a_reason_that_seems_to_point_at_one_person_is_kept_and_not_repeated(rollout, primum, served):
    primum("run", str(rollout.file), "--as", "noah-kim")
    lead, words = program(served, LEAD), "Harm to the patient with MRN 12345678."

    stopped = lead.post("/rollouts/small-trial/suspension", json={"reason": words})
    shown = [lead.get(f"/rollouts/small-trial{part}").text for part in ("", "/timeline")]

    assert stopped.status_code == 200
    assert [text for text in shown if "12345678" in text] == []
