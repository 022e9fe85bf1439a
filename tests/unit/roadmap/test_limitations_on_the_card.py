"""Every limitation is kept by a rule at the point of care, or says why it needs none."""

import pytest

from primum.roadmap.model_card import card_finding, gaps_in_card, limits_of
from primum.roadmap.verdicts import Outcome
from tests import web_factories

CHILDREN = {
    "field": "age",
    "comparison": "less-than",
    "values": ["16"],
    "words": "Children were not among the patients.",
}


def rollout(*limitations, exclusions=()):
    words = web_factories.rollout().card.model_dump() | {"limitations": limitations, "exclusions": exclusions}
    return web_factories.rollout(card=words)


def test_a_limitation_that_an_exclusion_keeps_is_no_gap():
    made = rollout(
        {"words": "Not validated for children under 16 years of age.", "kept_by": ["age"]}, exclusions=[CHILDREN]
    )

    assert gaps_in_card(made) == ()


@pytest.mark.parametrize(
    ("limitation", "why"),
    [
        ("Not validated for children under 16 years of age.", "names neither the exclusion that keeps it"),
        ({"words": "Not validated for children under 16 years of age."}, "nor why it needs none"),
        ({"words": "Not validated for children under 16 years of age.", "kept_by": ["weight"]}, "on 'weight'"),
        ({"words": "Not validated for children under 16 years of age.", "no_rule_because": "No."}, "fewer than 20"),
    ],
)
def test_a_limitation_that_nothing_keeps_is_said_and_holds_the_gate(limitation, why):
    made = rollout(limitation, exclusions=[CHILDREN])

    finding = card_finding(made)

    assert finding.outcome is Outcome.INSUFFICIENT
    assert "Not validated for children" in finding.sentence
    assert why in finding.sentence
    assert {"V17", "P3.4"} <= set(finding.requirements)


def test_the_card_says_how_each_limitation_is_kept():
    kept = {"words": "Not validated for children under 16 years of age.", "kept_by": ["age"]}
    excused = {"words": "Fitted at one hospital only.", "no_rule_because": "The gate compares the hospitals."}

    limits = limits_of(rollout(kept, excused, exclusions=[CHILDREN]))

    assert limits[0]["kept"] == "nobody is shown output if age is less than 16"
    assert limits[1]["kept"] == "no rule: The gate compares the hospitals."
