"""``primum card``: the symptom assistant's card in words, before and after something happened."""

import json

import pytest

from primum.actions import model_cards
from primum.actions.registration import register
from primum.actions.workplace import open_workplace
from primum.roadmap.card_versions import Occasion
from primum.settings import Settings, shipped
from tests.factories import MORNING

EXAMPLE = shipped("examples") / "symptom-assistant" / "rollout.yaml"
ROLLOUT = "symptom-assistant"


@pytest.fixture
def happened(tmp_path, primum):
    """Two guardrails failed in a rollout that was registered."""
    place = open_workplace(Settings(home=tmp_path / "home"))
    register(path=EXAMPLE, person="noah-kim", at=MORNING, workplace=place)
    for name in ("run-1", "run-2"):
        with place.ledger.transaction() as tx:
            model_cards.on_failure(
                tx=tx,
                rollout=ROLLOUT,
                cause=Occasion.GUARDRAIL,
                subject=name,
                sentence=f"The guardrails missed an emergency in {name}.",
                person="primum",
                at=MORNING,
            )
    place.ledger.close()
    return primum


def test_the_card_is_printed_with_what_happened(happened):
    shown = happened("card", "show", ROLLOUT)
    first = json.loads(happened("card", "show", ROLLOUT, "--version", "1", "--json").out)

    assert "# Model card: An assistant that tells patients where to turn" in shown.out
    assert "- The guardrails missed an emergency in run-2." in shown.out
    assert "Has agreed texts in English and French only. → nobody is shown output if language is one of" in shown.out
    assert [one["subject"] for one in first["happened"]] == ["run-1"]


def test_versions_and_their_difference_are_told(happened):
    listed = json.loads(happened("card", "versions", ROLLOUT, "--json").out)
    table = happened("card", "versions", ROLLOUT)
    told = happened("card", "diff", ROLLOUT, "1", "2")
    same = happened("card", "diff", ROLLOUT, "2", "2")

    assert [one["number"] for one in listed] == [2, 1]
    assert "guardrail run-2" in table.out
    assert "• In use: The guardrails missed an emergency in run-2." in told.out
    assert "say the same" in same.out


@pytest.mark.parametrize("form", ["md", "json", "html"])
def test_it_is_written_as_a_file(happened, tmp_path, form):
    out = tmp_path / f"card.{form}"

    ended = happened("card", "export", ROLLOUT, "--out", str(out))

    assert ended.code == 0, ended.text
    assert "run-2" in out.read_text(encoding="utf-8")


def test_another_form_and_an_unknown_version_are_refused(happened, tmp_path):
    other = happened("card", "export", ROLLOUT, "--out", str(tmp_path / "card.docx"))
    nine = happened("card", "show", ROLLOUT, "--version", "9")

    assert (other.code, "ends in none of .md, .json, .html" in other.err) == (2, True)
    assert (nine.code, f"Rollout '{ROLLOUT}' has no version 9 of its model card." in nine.err) == (2, True)


def test_the_six_items_are_shown_with_what_they_follow_from(happened):
    before = happened("card", "minimum", ROLLOUT)
    happened("run", str(EXAMPLE), "--as", "noah-kim", "--no-page")

    after = json.loads(happened("card", "minimum", ROLLOUT, "--json").out)

    assert "0 of 6 are met" in before.out
    found = {one["id"]: one for one in after}
    assert found["K3"]["outcome"] == "pass"
    assert found["K3"]["checks"] == ["document:model-card"]
    assert "gap-sensitivity" in found["K5"]["checks"]
    assert found["K5"]["outcome"] == "insufficient"
    assert found["K2"]["checks"] == ["document:study-registration"]
    assert found["K2"]["outcome"] == "insufficient"


def test_the_guide_says_what_belongs_in_each_field(primum):
    told = primum("card", "guide")

    assert "card.limitations" in told.out
    assert "Nobody types a result" in told.out
