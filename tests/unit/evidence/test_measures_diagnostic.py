import pytest

from primum.evidence.measures.registry import METHODS, METRICS, UnknownMethod, UnknownMetric, keys_of, measure
from tests import evidence_factories as make
from tests import factories
from tests.evidence_factories import GAP_BELOW_5, MORE_THAN_95

HEART = {
    ("Cleveland", "F", 1): (18, 25),
    ("Cleveland", "M", 1): (108, 114),
    ("Hungary", "F", 1): (7, 12),
    ("Hungary", "M", 1): (87, 94),
    ("Switzerland", "F", 1): (8, 9),
    ("Switzerland", "M", 1): (93, 100),
    ("Long Beach", "F", 1): (3, 4),
    ("Long Beach", "M", 1): (108, 110),
    ("Cleveland", "M", 0): (63, 164),
}


def heart():
    """Positives found by site and sex, as the shipped model predictions have them, and one site's negatives."""
    rows = {}
    for (site, sex, reference), (flagged, n) in HEART.items():
        rows[(str(reference), "1", site, sex)] = flagged
        rows[(str(reference), "0", site, sex)] = n - flagged
    return make.diagnostic(rows, "site", "sex")


def one(metric, cells, **asked):
    (estimate,) = make.asked(metric, cells, **asked)
    return estimate


def test_sensitivity_has_the_exact_interval_and_shows_wilsons():
    estimate = one("sensitivity", heart(), threshold=MORE_THAN_95 | {"method": "clopper-pearson"})

    assert (estimate.events, estimate.n, estimate.exact) == (432, 468, "12/13")
    assert (estimate.lower, estimate.upper) == pytest.approx((0.8951, 0.9456), abs=1e-4)
    assert estimate.method == "Clopper-Pearson"
    assert estimate.note == "Wilson 89.5% to 94.4%"


def test_sensitivity_at_each_site_is_the_published_one():
    estimates = make.asked("site_sensitivity", heart(), threshold=MORE_THAN_95)

    found = {estimate.scope: round(estimate.value, 3) for estimate in estimates}
    assert found == {
        "site=Cleveland": 0.906,
        "site=Hungary": 0.887,
        "site=Switzerland": 0.927,
        "site=Long Beach": 0.974,
    }


def test_women_are_far_below_men_and_how_many_more_are_needed_is_said():
    women, men, spread = make.asked("gap_sensitivity", heart(), threshold=GAP_BELOW_5, subgroups=("sex",))

    assert (women.scope, women.events, women.n, women.exact) == ("sex=F", 36, 50, "108/475")
    assert women.lower > 0.05
    assert women.needed == 419
    assert women.note == "the best is M, 396 of 418"
    assert (men.value, men.needed, men.note) == (0, 51, "the best level")
    assert (spread.scope, spread.value, spread.needed) == ("sex", women.value, 470)
    assert women.adjusted == "simultaneous over the 2 levels of sex"


@pytest.mark.parametrize(
    ("method", "shown"),
    [
        ("simultaneous newcombe", "simultaneous Newcombe"),
        ("simultaneous miettinen-nurminen", "simultaneous Miettinen-Nurminen"),
    ],
)
def test_the_policy_chooses_the_interval_of_a_gap(method, shown):
    women, *_ = make.asked("gap_sensitivity", heart(), threshold=GAP_BELOW_5 | {"method": method}, subgroups=("sex",))

    assert women.method == shown


def test_every_declared_attribute_has_its_gaps():
    estimates = make.asked("gap_accuracy", heart(), threshold=GAP_BELOW_5, subgroups=("sex", "site"))

    assert [one.scope for one in estimates if "=" not in one.scope] == ["sex", "site"]
    assert len(estimates) == 2 + 1 + 4 + 1


def test_no_declared_subgroup_is_no_equity():
    estimate = one("gap_sensitivity", heart(), threshold=GAP_BELOW_5)

    assert (estimate.value, estimate.n, estimate.note) == (None, 0, "no subgroup counts")


def test_a_level_without_positives_is_named_with_all_it_needs():
    cells = make.diagnostic(
        {("1", "1", "F"): 90, ("1", "0", "F"): 10, ("1", "1", "M"): 95, ("1", "0", "M"): 5, ("0", "0", "X"): 9}, "sex"
    )

    *_, other, spread = make.asked("gap_sensitivity", cells, threshold=GAP_BELOW_5, subgroups=("sex",))

    assert (other.scope, other.value, other.note) == ("sex=X", None, "there are no positives to compare")
    assert other.needed > 434
    assert "1 levels could not be compared" in spread.note


def test_a_level_too_small_to_show_is_suppressed_and_gives_no_count_away():
    cells = make.diagnostic(
        {
            ("1", "1", "F"): 90,
            ("1", "0", "F"): 10,
            ("1", "1", "I"): 71,
            ("1", "0", "I"): 2,
            ("1", "1", "M"): 95,
            ("1", "0", "M"): 5,
            ("1", "0", "X"): 4,
        },
        "sex",
    )

    found = make.asked("gap_sensitivity", cells, threshold=GAP_BELOW_5, subgroups=("sex",))

    women, hidden, men, small, spread = found
    assert small.note == "fewer than 5 positives, the policy's smallest cell"
    assert hidden.note.startswith("hidden because another group")
    assert [(one.suppressed, one.value, one.lower, one.n, one.events) for one in (small, hidden)] == [
        (True, None, None, 0, None)
    ] * 2
    assert (women.note, men.note, spread.n) == ("the best is M, 95 of 100", "the best level", 200)
    assert "73" not in "".join(map(str, found))


def test_missing_subgroups_are_left_out_and_said():
    cells = make.diagnostic({("1", "1", "F"): 90, ("1", "1", "M"): 95, ("1", "0", ""): 7}, "sex")

    *_, spread = make.asked("gap_sensitivity", cells, threshold=GAP_BELOW_5, subgroups=("sex",))

    assert spread.note.startswith("largest minus smallest; 7 positives without sex are left out; the naive rule")


@pytest.mark.parametrize("sex", ["F", ""])
def test_one_level_alone_has_no_gap(sex):
    cells = make.diagnostic({("1", "1", sex): 90, ("1", "0", sex): 10}, "sex")

    *levels, spread = make.asked("gap_sensitivity", cells, threshold=GAP_BELOW_5, subgroups=("sex",))

    assert all(estimate.value is None for estimate in (*levels, spread))
    assert "fewer than two levels of sex" in spread.note


def test_levels_without_any_prediction_are_not_equal():
    cells = make.diagnostic({("1", "", "F"): 5000, ("1", "", "M"): 5000}, "sex")

    estimates = make.asked("gap_sensitivity", cells, threshold=GAP_BELOW_5, subgroups=("sex",))

    assert all(estimate.value is None for estimate in estimates)


@pytest.mark.parametrize(
    ("metric", "events", "n", "note"),
    [
        ("sensitivity", 8, 11, "1 without a prediction count as wrong"),
        ("specificity", 15, 22, "2 without a prediction count as wrong"),
        ("false_positive_rate", 7, 22, "2 without a prediction count as wrong"),
        ("accuracy", 23, 33, "3 without a prediction count as wrong"),
        ("positive_predictive_value", 8, 13, "4 more alarms have no reference and are left out"),
    ],
)
def test_what_is_missing_never_helps(metric, events, n, note):
    cells = make.diagnostic(
        {
            ("1", "1"): 8,
            ("1", "0"): 2,
            ("1", ""): 1,
            ("0", "0"): 15,
            ("0", "1"): 5,
            ("0", ""): 2,
            ("", "1"): 4,
        }
    )

    estimate = one(metric, cells)

    assert (estimate.events, estimate.n) == (events, n)
    assert estimate.note.endswith(note)


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ({("0", "0"): 50}, "there are no positives"),
        ({("", "1"): 50}, "there are no positives"),
        ({("1", ""): 50}, "none of the 50 positives has a prediction"),
        ({}, "there are no positives"),
    ],
)
def test_without_positives_or_predictions_sensitivity_is_unknown(rows, note):
    estimate = one("sensitivity", make.diagnostic(rows), threshold=MORE_THAN_95)

    assert (estimate.value, estimate.note) == (None, note)


@pytest.mark.parametrize(("rows", "needed"), [({("1", "1"): 72}, 0), ({("1", "0"): 72}, None)])
def test_what_is_decided_needs_nobody_more(rows, needed):
    assert one("sensitivity", make.diagnostic(rows), threshold=MORE_THAN_95).needed == needed


def test_what_is_undecided_says_how_many_more_at_the_truth_hoped_for():
    cells = make.diagnostic({("1", "1"): 60})

    hoped = one("sensitivity", cells, threshold=MORE_THAN_95, hoped="98/100")
    half_way = one("sensitivity", cells, threshold=MORE_THAN_95)

    assert 0 < hoped.needed < 338 - 60 < half_way.needed


def test_a_ceiling_is_needed_from_the_other_side():
    cells = make.diagnostic({("0", "1"): 5, ("0", "0"): 95})
    ceiling = {"operator": "at_most", "value": "10/100", "bound": "upper"}

    estimate = one("false_positive_rate", cells, threshold=ceiling, hoped="5/100")

    assert estimate.upper > 0.1
    assert 0 < estimate.needed < 500


def test_a_critical_condition_each_has_its_own_sensitivity():
    cells = make.diagnostic({("1", "1", "stroke"): 90, ("1", "0", "sepsis"): 10, ("1", "1", "sepsis"): 30}, "condition")
    criterion = factories.criterion()
    rollout = factories.rollout()
    use = rollout.use.model_copy(update={"critical_conditions": ("stroke", "sepsis", "embolism")})

    found = measure(
        criterion=criterion,
        cells={"diagnostic": cells},
        rollout=rollout.model_copy(update={"use": use}),
        policy=factories.policy(),
    )

    assert [(one.scope, one.value) for one in found] == [
        ("condition=stroke", 1.0),
        ("condition=sepsis", 0.75),
        ("condition=embolism", None),
    ]


def test_sites_count_only_with_enough_cases():
    estimate = one("sites", heart(), cases="110")

    assert (estimate.value, estimate.lower, estimate.note) == (2, 2, "4 sites in all, 2 with at least 110 cases")


def test_a_reader_gains_what_only_the_second_reading_found():
    cells = make.cells(
        "diagnostic",
        ("reference", "reader_alone", "reader_with_lmm"),
        {("1", "1", "1"): 85, ("1", "0", "1"): 14, ("1", "1", "0"): 6, ("1", "0", "0"): 15, ("0", "1", "1"): 40},
    )

    estimate = one(
        "reader_gain",
        cells,
        threshold={"operator": "at_least", "value": "0", "bound": "lower", "method": "paired tango"},
    )

    assert estimate.exact == "1/15"
    assert (estimate.lower, estimate.upper) == pytest.approx((-0.0069119463, 0.1451063371), abs=2e-6)


def test_a_column_nobody_mapped_is_named():
    estimate = one("sensitivity", make.cells("diagnostic", ("site",), {("north",): 3}))

    assert (estimate.value, estimate.note) == (None, "the column 'reference' is not mapped")


def test_a_table_nobody_counted_is_unknown():
    (estimate,) = measure(
        criterion=factories.criterion(), cells={}, rollout=factories.rollout(), policy=factories.policy()
    )

    assert estimate.note == "no table of kind 'diagnostic' was counted"


def test_a_metric_nobody_measures_is_refused():
    with pytest.raises(UnknownMetric, match="asks for 'charm', which nobody measures; known are accuracy"):
        make.asked("charm", heart())


@pytest.mark.parametrize("metric", METRICS)
def test_a_method_the_metric_does_not_have_is_refused(metric):
    with pytest.raises(UnknownMethod, match="asks for the method 'guessing'"):
        make.asked(metric, heart(), threshold=MORE_THAN_95 | {"method": "guessing"}, subgroups=("sex",))


def test_only_named_columns_are_counted_and_never_an_identifier():
    evidence = factories.evidence(
        columns={"case_id": "id", "patient_id": "id", "site": "s", "reference": "r", "prediction": "p", "sex": "sex"},
        subgroups=("sex",),
    )

    assert keys_of(evidence=evidence, rollout=factories.rollout()) == ("site", "reference", "prediction", "sex")


def test_a_kind_without_metrics_is_not_counted():
    assert keys_of(evidence=factories.evidence(kind="survey"), rollout=factories.rollout()) == ()


def test_every_metric_has_its_methods():
    assert set(METHODS) == set(METRICS)
    assert all(METHODS.values())
