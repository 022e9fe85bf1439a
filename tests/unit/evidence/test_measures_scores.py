from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pytest

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.measures.registry import measure
from primum.evidence.measures.scores import SCORE_METRICS, exact_area
from primum.evidence.measures.tabulation import SCORE_KEYS
from primum.evidence.scores import roc
from primum.evidence.scores.area_intervals import cases_for_area, delong_interval
from primum.roadmap.estimates import Estimate
from primum.roadmap.judging import weigh
from tests import evidence_factories as make
from tests import factories
from tests.oracles import datasets

TABLE = "diagnostic.scores"
ABOVE = {"operator": "more_than", "value": "80/100", "bound": "lower"}


def cells(rows: Mapping[tuple[str, ...], int]) -> Cells:
    return make.cells(TABLE, SCORE_KEYS, rows)


def heart(*attributes: str) -> Cells:
    rows: dict[tuple[str, ...], int] = {}
    table = datasets.read("heart_model_predictions")
    for attribute in ("", *attributes):
        levels = table[attribute] if attribute else [""] * len(table)
        for level, reference, score in zip(levels, table["disease"], table["p_model"], strict=True):
            key = (attribute, str(level), str(reference), repr(float(score)))
            rows[key] = rows.get(key, 0) + 1
    return cells(rows)


def asked(
    metric: str,
    counted: Cells,
    *,
    rule: Mapping[str, str] | None = None,
    subgroups: tuple[str, ...] = (),
    **parameters: str,
) -> tuple[Estimate, ...]:
    threshold = factories.threshold(**({"method": ""} | dict(rule))) if rule else None
    evidence = factories.evidence(
        columns={name: name for name in ("reference", "score", *subgroups)}, subgroups=subgroups
    )
    return measure(
        criterion=factories.criterion(metric=metric, threshold=threshold, parameters=parameters),
        cells={"diagnostic": make.diagnostic({("1", "1"): 1}), TABLE: counted},
        rollout=factories.rollout(evidence=(evidence,)),
        policy=factories.policy(smallest_cell=5),
    )


def test_an_area_is_measured_on_the_table_of_scores():
    (estimate,) = asked("auroc", heart(), rule=ABOVE | {"method": "delong"})

    assert (estimate.value, estimate.n, estimate.events) == (pytest.approx(0.883758486586, abs=1e-11), 857, 468)
    assert (estimate.method, estimate.needed, estimate.note) == ("DeLong", 0, "468 positives and 389 negatives")
    assert Fraction(estimate.exact) == Fraction(estimate.exact).limit_denominator(2 * 468 * 389)
    assert weigh(threshold=factories.threshold(**ABOVE), estimate=estimate) == "pass"


def test_each_site_has_its_own_area_and_a_named_attribute_too():
    by_site = asked("site_auroc", heart("site", "sex"))
    by_sex = asked("auroc", heart("site", "sex"), by="sex")

    assert by_site[0].scope == "site=Cleveland"
    assert by_site[0].value == pytest.approx(0.889629759606949, abs=1e-12)
    assert [estimate.scope for estimate in by_sex] == ["sex=Female", "sex=Male"]


def test_gaps_of_areas_are_simultaneous_and_include_none_where_equal():
    female, male, spread = asked("gap_auroc", heart("sex"), subgroups=("sex",))

    assert (female.value, spread.scope) == (0.0, "sex")
    assert male.value == pytest.approx(0.865352112676056 - 0.86454681053019, abs=1e-12)
    assert male.lower == 0.0
    assert male.method == "simultaneous DeLong, square-and-add"
    assert spread.upper >= male.upper > 0.05


SMALL = {
    ("", "", "1", "0.9"): 60,
    ("", "", "0", "0.1"): 60,
    ("sex", "F", "1", "0.9"): 57,
    ("sex", "F", "0", "0.1"): 30,
    ("sex", "M", "1", "0.9"): 3,
    ("sex", "M", "0", "0.1"): 30,
}


@pytest.mark.parametrize("metric", sorted(set(SCORE_METRICS) - {"gap_auroc", "site_auroc"}))
def test_a_group_with_few_of_one_class_is_hidden(metric):
    estimates = asked(metric, cells(SMALL), by="sex", threshold="1/5")

    assert [estimate.suppressed for estimate in estimates] == [True, True]
    assert all(estimate.n == 0 for estimate in estimates)


def test_a_gap_with_a_small_group_is_not_compared():
    estimates = asked("gap_auroc", cells(SMALL), subgroups=("sex",))

    assert all(estimate.value is None for estimate in estimates)
    assert estimates[-1].note.startswith("fewer than two levels of sex have cases enough to compare")


def test_missing_scores_count_as_wrong_for_the_area_and_for_the_benefit():
    rows = {("", "", "1", "0.9"): 90, ("", "", "1", ""): 10, ("", "", "0", "0.1"): 90, ("", "", "0", ""): 10}

    (area,) = asked("auroc", cells(rows))
    (benefit,) = asked("net_benefit", cells(rows), threshold="50/100")

    assert area.value == pytest.approx(0.81)
    assert Fraction(benefit.exact) == Fraction(90 - 10, 200)
    assert area.note.endswith("20 without a score count as scored wrong")


def test_calibration_is_unknown_where_many_scores_are_missing():
    rows = {("", "", "1", "0.9"): 90, ("", "", "1", "0.2"): 9, ("", "", "1", ""): 10, ("", "", "0", "0.3"): 90}

    (unknown,) = asked("calibration_slope", cells(rows))
    (known,) = asked("calibration_slope", cells(rows), missing="10/100")

    assert unknown.note == "10 of 199 cases have no score, more than the 5% allowed"
    assert known.note.endswith("10 without a score are left out")


def test_binning_widens_both_ends_and_too_coarse_bins_are_refused():
    table = datasets.read("heart_model_predictions")
    scores, positive = table["p_model"].to_numpy(), (table["disease"] == 1).to_numpy()
    binned = ScoreHistogram.from_scores(scores=scores, positive=positive, exact=False)
    from primum.evidence.counts.histograms import coded, label

    names = [label(int(number)) for number in coded(scores)]
    rows: dict[tuple[str, ...], int] = {}
    for name, reference in zip(names, table["disease"], strict=True):
        rows["", "", str(reference), name] = rows.get(("", "", str(reference), name), 0) + 1

    (estimate,) = asked("auroc", cells(rows), rule=ABOVE | {"method": "delong"})
    (refused,) = asked("auroc", cells(rows), binning="1/100000")

    found = roc.area(binned)
    plain = delong_interval(found, confidence=0.95)
    assert estimate.lower == pytest.approx(plain.lower - found.error_bound)
    assert estimate.exact == ""
    assert "score bins may have moved it" in estimate.note
    assert "Count the exact scores" in refused.note


@pytest.mark.parametrize("metric", SCORE_METRICS)
def test_no_scores_are_a_sentence(metric):
    (empty, *_) = asked(metric, cells({}), subgroups=("sex",), threshold="1/5")
    (unmapped,) = measure(
        criterion=factories.criterion(metric=metric, threshold=None),
        cells={"diagnostic": make.diagnostic({("1", "1"): 1})},
        rollout=factories.rollout(),
        policy=factories.policy(),
    )

    assert empty.value is None
    assert empty.note
    assert unmapped.note == "the column 'score' is not mapped"


@pytest.mark.parametrize(
    ("metric", "parameters", "sentence"),
    [
        ("net_benefit", {}, "names no risk to act at"),
        ("net_benefit", {"threshold": "1"}, "between 0 and 1"),
        ("net_benefit", {"threshold": "1/5", "against": "luck"}, "known are none, all"),
        ("expected_calibration_error", {"bins": "many"}, "at least 1"),
        ("auroc", {"by": "ward"}, "no scores were counted by 'ward'"),
        ("gap_auroc", {"method": "cluster bootstrap"}, "'simultaneous delong' only"),
    ],
)
def test_a_parameter_that_says_nothing_is_told(metric, parameters, sentence):
    (estimate,) = asked(metric, heart(), subgroups=("sex",), **parameters)

    assert estimate.value is None
    assert sentence in estimate.note


def test_the_benefit_may_be_asked_against_acting_on_all():
    (alone,) = asked("net_benefit", heart(), threshold="1/5")
    (lead,) = asked("net_benefit", heart(), threshold="1/5", against="all")

    everybody = Fraction(468, 857) - Fraction(389, 857) * Fraction(1, 4)
    assert Fraction(alone.exact) - everybody == Fraction(lead.exact)
    assert "acting at a risk of 20% or more" in alone.note


def test_the_plain_calibration_error_is_shown_if_named():
    rule = {"operator": "less_than", "value": "1/10", "bound": "upper", "method": "equal mass"}

    (plain,) = asked("expected_calibration_error", heart(), rule=rule)
    (debiased,) = asked("expected_calibration_error", heart())

    assert debiased.value < plain.value
    assert (plain.method, debiased.method) == ("bins of equal mass", "bins of equal mass, debiased")
    assert (plain.lower, plain.upper) == (debiased.lower, debiased.upper)


def test_an_area_that_is_not_yet_shown_needs_more_cases():
    rows = {
        ("", "", str(reference), score): count
        for reference, score, count in [(1, "0.9", 17), (1, "0.1", 3), (0, "0.1", 36), (0, "0.9", 4)]
    }

    (estimate,) = asked("auroc", cells(rows), rule=ABOVE)

    wanted = cases_for_area(hoped=0.9, target=0.8, share=1 / 3, alpha=0.025, power=0.8)
    assert estimate.lower < 0.8 < estimate.upper
    assert 100 < wanted < 200
    assert estimate.needed == pytest.approx(wanted - 60, abs=1)


def test_an_area_as_a_fraction_is_the_share_of_pairs_in_order():
    scores = np.array([0.1, 0.5, 0.5, 0.9])

    histogram = ScoreHistogram.from_scores(scores=scores, positive=np.array([False, False, True, True]))

    assert exact_area(histogram) == Fraction(7, 8)
