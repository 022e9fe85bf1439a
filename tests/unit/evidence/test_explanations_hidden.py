import json
from dataclasses import asdict

import pytest

from primum.evidence.explanations.explaining import WITHHELD, explain
from tests import evidence_factories as make
from tests import explanation_factories as factories
from tests.evidence_factories import GAP_BELOW_5, MORE_THAN_95

# X is too small to show, and M is hidden with it.
SMALL = {
    ("1", "1", "F"): 191,
    ("1", "0", "F"): 20,
    ("1", "1", "M"): 87,
    ("1", "0", "M"): 16,
    ("1", "1", "X"): 3,
    ("1", "0", "X"): 1,
    ("1", "1", "I"): 150,
    ("1", "0", "I"): 60,
    ("0", "0", "F"): 40,
}


def gaps(**changes):
    given = {"threshold": GAP_BELOW_5, "subgroups": ("sex",)} | changes
    return explain(factories.question("gap_sensitivity", make.diagnostic(SMALL, "sex"), **given))


def all_text(workings):
    return json.dumps([asdict(one) for one in workings])


def test_a_gap_is_between_levels_that_are_shown():
    workings = {one.scope: one for one in gaps()}

    women = workings["sex=F"]
    assert women.result.startswith("0 (")
    assert [row[0] for row in women.cells if row[1] != "not shown"] == ["F", "I"]
    assert not any(step.meaning == WITHHELD for step in women.steps)


def test_hidden_levels_have_no_number_at_all():
    workings = {one.scope: one for one in gaps()}

    assert workings["sex=X"].result == "not shown: fewer than 5 positives, the policy's smallest cell"
    assert workings["sex=M"].result.startswith("not shown: hidden because another group")
    assert not any(workings[scope].steps or workings[scope].cells for scope in ("sex=X", "sex=M"))


@pytest.mark.parametrize("count", ["103", "0.8446601942", " 87", "4 "])
def test_no_count_of_a_hidden_level_stands_anywhere(count):
    assert count not in all_text(gaps())


def test_a_level_that_takes_no_part_is_left_out_of_the_table():
    rows = SMALL | {("1", "1", "Y"): 2}
    workings = explain(
        factories.question("gap_sensitivity", make.diagnostic(rows, "sex"), threshold=GAP_BELOW_5, subgroups=("sex",))
    )

    women = next(one for one in workings if one.scope == "sex=F")
    assert ("X", "not shown", "not shown") in women.cells
    assert ("M", "87", "16") in women.cells
    assert not any(step.symbol == "P" for step in women.steps)


def test_a_small_count_in_a_table_is_said_to_be_small():
    cells = make.diagnostic({("1", "1"): 96, ("1", "0"): 3, ("0", "0"): 50})

    (working,) = explain(factories.question("sensitivity", cells, threshold=MORE_THAN_95))

    assert working.columns == ("reference", "prediction", "rows")
    assert working.cells == (("0", "0", "50"), ("1", "0", "<5"), ("1", "1", "96"))


def test_a_whole_table_of_few_people_is_not_explained():
    cells = make.diagnostic({("1", "1"): 3, ("0", "0"): 50})

    (working,) = explain(factories.question("sensitivity", cells, threshold=MORE_THAN_95))

    assert working.result == "not shown: fewer than 5 positives"
    assert not working.steps


def test_a_total_over_sites_shows_no_site_where_one_is_hidden():
    rows = {
        ("intervention", "1", "north"): 9,
        ("intervention", "0", "north"): 60,
        ("control", "1", "north"): 14,
        ("control", "0", "north"): 58,
        ("intervention", "1", "south"): 12,
        ("intervention", "0", "south"): 80,
        ("control", "1", "south"): 17,
        ("control", "0", "south"): 79,
        ("intervention", "0", "west"): 3,
        ("control", "0", "west"): 6,
    }
    question = factories.question("benefit_by_site", make.trial(rows, "site"), protocol=factories.protocol())

    *_, total = explain(question)

    assert total.scope == "all"
    assert [step.meaning for step in total.steps] == [WITHHELD]


def test_no_single_score_is_shown():
    (working,) = explain(factories.question("auroc", factories.scores()))

    assert working.columns == ("reference", "cases")
    assert len(working.cells) == 3


def test_what_is_not_known_says_why():
    (working,) = explain(factories.question("sensitivity", make.cells("diagnostic", ("site",), {("north",): 30})))

    assert working.result == "not known: the column 'reference' is not mapped"
    assert (working.steps, working.cells, working.formula) == ((), (), "")
