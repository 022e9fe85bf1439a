import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primum.roadmap.guidelines import NOT_COVERED, CannotCompare, Guideline, changed
from tests.guideline_factories import (
    AGE,
    RISK,
    SYSTOLIC,
    before_2025,
    changed_copy,
    compare,
    for_everybody,
    guideline,
    of_2025,
)

DIASTOLIC = {**SYSTOLIC, "name": "diastolic", "words": "diastolic"}


def at_target(operator: str, value: int | str) -> tuple[str, dict]:
    return ("at-target", compare("systolic", operator, value))


NAMES = ("systolic", "diastolic", "age_years")
MANY_LIMITS = ("odd", {"any_of": [compare(name, "at_least", 20 + n) for name in NAMES for n in range(30)]})


def test_the_new_hypertension_guideline_is_told_from_the_old_in_words():
    told = changed(old=before_2025(), new=of_2025())

    assert told.words.startswith(
        "adults at high risk: systolic 130-139 or diastolic 80-89 changes from at target to above; others unchanged."
    )
    assert "Asked for the first time: risk" in told.words


def test_where_everybody_counts_as_at_high_risk_the_words_name_no_group():
    told = changed(old=before_2025(), new=for_everybody())

    assert told.clauses == ("adults: systolic 130-139 or diastolic 80-89 changes from at target to above",)


def test_two_limits_that_must_both_be_met_are_both_named():
    told = changed(old=for_everybody(), new=changed_copy(before_2025(), version="2030"))

    assert told.clauses == ("adults: systolic under 140 with diastolic under 90 changes from above to at target",)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (("less_than", 140), ("at_most", 140), "systolic exactly 140 changes from above to at target"),
        (("at_most", 140), ("less_than", 140), "systolic exactly 140 changes from at target to above"),
        (("less_than", 140), ("less_than", 139), "systolic 139 changes from at target to above"),
        (("less_than", 140), ("at_most", 130), "systolic above 130 to under 140 changes"),
        (("at_most", 140), ("less_than", 130), "systolic from 130 up to and including 140 changes"),
        (("less_than", 140), ("less_than", "139.5"), "systolic from 139.5 to under 140 changes"),
        (("less_than", 140), ("more_than", 140), "adults: everybody at target before changes to above"),
        (("less_than", 140), ("more_than", 140), "systolic above 140 changes from above to at target"),
    ],
)
def test_the_edge_of_a_limit_is_told_exactly(old, new, words):
    told = changed(old=guideline(rules=[at_target(*old)]), new=guideline(rules=[at_target(*new)]))

    assert words in told.words


def test_rules_written_otherwise_that_label_alike_change_nothing():
    both = {"all_of": [compare("systolic", "less_than", 140), compare("systolic", "less_than", 150)]}
    told = changed(old=guideline(), new=guideline(rules=[("at-target", both)]))

    assert not told.relabels
    assert told.words == "No label changes."


def test_a_wider_population_is_told_with_the_labels_it_brings():
    told = changed(old=guideline(), new=guideline(population=compare("age_years", "at_least", 16)))

    assert told.clauses == (
        "patients: age 16-17 with systolic under 140 changes from not covered to at target",
        "patients: age 16-17 with systolic 140 or more changes from not covered to above",
    )


def test_a_population_that_loses_people_says_whom():
    told = changed(old=guideline(), new=guideline(population=compare("age_years", "at_least", 21)))

    assert told.clauses == (
        "patients: age 18-20 changes from at target to not covered",
        "patients: age 18-20 changes from above to not covered",
    )


def test_a_new_level_is_named_and_not_compared():
    fresh = {**RISK, "levels": {**RISK["levels"], "highest": "at highest risk"}}
    rule = [("at-target", {"all_of": [compare("risk", "equals", "usual"), compare("systolic", "less_than", 140)]})]

    told = changed(old=guideline(rules=rule), new=guideline(rules=rule, fields=[AGE, SYSTOLIC, fresh]))

    assert told.words == "No label changes. New for risk, and not compared: at highest risk."


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (changed_copy(guideline(), id="sugar"), "two guidelines"),
        (guideline(fields=[AGE, {**SYSTOLIC, "unit": "kPa"}, RISK]), "not the same kind or unit"),
        (guideline(fields=[AGE, SYSTOLIC, DIASTOLIC], rules=[MANY_LIMITS]), "31,744 cells, and 20,000 is the most"),
    ],
    ids=["another guideline", "another unit", "too many limits"],
)
def test_what_cannot_be_compared_says_why(new, said):
    with pytest.raises(CannotCompare, match=said):
        changed(old=guideline(), new=new)


NUMBERS = [Fraction(number, 2) for number in range(-1, 11)]
COMPARISONS = st.one_of(
    st.builds(
        compare,
        st.sampled_from(["systolic", "diastolic"]),
        st.sampled_from(["less_than", "at_most", "more_than", "at_least", "equals"]),
        st.integers(0, 4),
    ),
    st.builds(compare, st.just("risk"), st.just("equals"), st.sampled_from(["high", "usual"])),
)
PREDICATES = st.recursive(
    COMPARISONS,
    lambda inner: st.builds(
        lambda kind, parts: {kind: parts},
        st.sampled_from(["all_of", "any_of"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=4,
)
GUIDELINES = st.builds(
    lambda population, rules: guideline(fields=[SYSTOLIC, DIASTOLIC, RISK], population=population, rules=rules),
    PREDICATES,
    st.lists(st.tuples(st.sampled_from(["low", "middle"]), PREDICATES), min_size=1, max_size=3),
)


@given(GUIDELINES, GUIDELINES)
@settings(max_examples=30, deadline=None)
def test_the_regions_say_exactly_what_trying_every_value_says(old: Guideline, new: Guideline):
    told = changed(old=old, new=new)

    for systolic, diastolic, risk in itertools.product(NUMBERS, NUMBERS, ["high", "usual"]):
        facts = {"systolic": systolic, "diastolic": diastolic, "risk": risk}
        before, after = old.label_of(facts), new.label_of(facts)
        moves = {one.label_to for one in told.regions if one.label_from == before and one.holds(facts)}
        assert moves == ({after} if before != after else set())


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        ({"age_years": 50, "risk": "high", "systolic": 135, "diastolic": 70}, "above"),
        ({"age_years": 50, "risk": "usual", "systolic": 135, "diastolic": 70}, "at-target"),
        ({"age_years": 50, "systolic": 135, "diastolic": 70}, None),
        ({"age_years": 50, "risk": "not in the list", "systolic": 135, "diastolic": 70}, None),
        ({"age_years": 50, "systolic": 120, "diastolic": 70}, "at-target"),
        ({"age_years": 50, "systolic": 145}, "above"),
        ({"age_years": 50, "systolic": 120}, None),
        ({"age_years": 17, "systolic": 145}, NOT_COVERED),
        ({"systolic": 145}, None),
    ],
)
def test_what_is_not_known_leaves_a_label_open_unless_it_does_not_matter(facts, label):
    exact = {name: fact if isinstance(fact, str) else Fraction(fact) for name, fact in facts.items()}

    assert of_2025().label_of(exact) == label
