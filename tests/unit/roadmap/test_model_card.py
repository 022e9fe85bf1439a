import json
from dataclasses import replace

import pytest

from primum.roadmap.model_card import card_finding, card_of, gaps_in_card
from primum.roadmap.verdicts import Outcome
from tests import web_factories


def card(evaluation=None, **changes):
    rollout = web_factories.rollout(**changes)
    return card_of(rollout=rollout, evaluation=evaluation or web_factories.heart(), smallest_cell=10)


def with_words(**words):
    good = web_factories.rollout().card
    return web_factories.rollout(card=good.model_copy(update=words).model_dump())


def test_a_card_holds_what_people_declared_and_what_was_measured():
    text = card().as_markdown()

    assert "# Model card: Cardiac second opinion" in text
    assert "- The cardiologist decides on angiography." in text
    assert "- Patients under 18 years of age and pregnant women." in text
    assert "- 303 patients of the Cleveland clinic" in text
    assert "| sensitivity | all | 92.3% | 89.5% to 94.6% (95%) | 432 | 468 patients | Clopper-Pearson, raw |" in text


def test_a_card_names_the_exact_model_version_and_what_its_numbers_rest_on():
    plain = card().plain()

    assert plain["model"]["version"] == "1.4.2"
    assert plain["basis"]["release bundle"] == web_factories.heart().bundle_digest
    assert plain["datasets"] == {"four-hospitals": "sha256:" + "12" * 32}


def test_results_are_copied_from_the_evaluation_with_n_and_interval():
    rows = json.loads(card().as_json())["performance"]

    women = next(row for row in rows if row["scope"] == "sex=Female")
    assert (women["value"], women["lower"], women["upper"]) == (0.2274, 0.106, 0.3665)
    assert (women["n"], women["events"], women["confidence"]) == (50, 36, 0.95)


def test_what_the_evaluation_found_wanting_is_added_by_itself():
    assert any("Gap between groups: Female" in sentence for sentence in card().found)


def test_a_small_cell_is_emptied_but_counted():
    few = web_factories.share("site_sensitivity", 7, 9, "site=Ward")
    evaluation = web_factories.evaluation(findings=(web_factories.judged("site-sensitivity", few),))

    made = card(evaluation)

    assert made.suppressed == 1
    assert "Cells too small to show: 1." in made.as_markdown()
    assert "| site: Ward | too few to show |  |  |  |" in made.as_markdown()
    assert "0.777" not in made.as_json()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), None])
def test_a_number_that_is_none_is_not_known_and_the_json_stays_json(number):
    odd = replace(web_factories.share("sensitivity", 20, 40), value=number, upper=number)
    made = card(web_factories.evaluation(findings=(web_factories.judged("sensitivity", odd),)))

    assert json.loads(made.as_json())["performance"][0]["value"] is None
    assert "| sensitivity | all | not known | not known |" in made.as_markdown()


def test_two_criteria_on_one_estimate_give_one_row():
    finding = web_factories.judged("sensitivity", web_factories.share("sensitivity", 20, 40))

    made = card(web_factories.evaluation(findings=(finding, replace(finding, check="again"))))

    assert len(made.performance) == 1


def test_a_complete_card_has_no_gaps_and_meets_its_finding():
    assert gaps_in_card(web_factories.rollout()) == ()
    assert card_finding(web_factories.rollout()).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"training_data": ""}, "what data the model was trained on: the field is empty (P3.9)"),
        ({"training_data": "  "}, "the field is empty (P3.9)"),
        ({"training_data": "Trained on data."}, "16 characters are not a description, 40 are the least (P3.9)"),
        ({"architecture": ""}, "how the model is built: the field is empty (P3.1)"),
        ({"limitations": ()}, "where the model is known to be limited: the field is empty (P3.11)"),
        ({"failure_modes": ("n/a",)}, "how the model is known to fail: 'n/a' stands in for a description (P3.11)"),
    ],
)
def test_a_required_field_that_nobody_described_is_a_gap_in_a_sentence(words, sentence):
    (gap,) = gaps_in_card(with_words(**words))

    assert sentence in gap


@pytest.mark.parametrize(
    "placeholder",
    [
        "TODO: describe the training data of this model in full",
        "The training data are TBD until the provider answers us",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit",
        "To be completed by the provider before the first patient",
        "<describe the data the model was trained on, and its limits>",
        "Training data [...] with further details in the appendix",
        "Insert a description of the data here, with dates and sites",
        "Placeholder text for the training data of this very model",
        "The model was trained on ??? patients at several hospitals",
        "Name of hospital: ________, years: ________, patients: ____",
    ],
)
def test_placeholder_text_is_refused_and_never_printed(placeholder):
    rollout = with_words(training_data=placeholder)

    made = card_of(rollout=rollout, evaluation=web_factories.heart(), smallest_cell=10)

    assert not made.complete
    assert made.declared["training data"] == ()
    assert placeholder not in made.as_markdown()
    assert "**This card is not complete and cannot be published.**" in made.as_markdown()
    assert card_finding(rollout).outcome is Outcome.INSUFFICIENT


@pytest.mark.parametrize(
    "honest",
    [
        "Not applicable: the replayed trial tested a medicine, and no model was trained for it.",
        "Todos los pacientes adultos de dos hospitales de Sevilla, 2015 a 2020, con diagnóstico.",
        "Patients with eGFR <60 and >30 ml/min at four sites; 12 [11 to 13] % were under forty.",
    ],
)
def test_an_honest_description_is_not_mistaken_for_a_placeholder(honest):
    assert gaps_in_card(with_words(training_data=honest)) == ()


def test_a_name_with_a_bar_or_a_tag_cannot_break_the_table():
    odd = web_factories.share("site_sensitivity", 20, 40, "site=A | B <b>\nC")
    text = card(web_factories.evaluation(findings=(web_factories.judged("site-sensitivity", odd),))).as_markdown()

    assert "| site: A \\| B &lt;b> C |" in text
