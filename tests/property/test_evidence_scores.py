import math

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from primum.evidence.counts import histograms
from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.measures.scores import SCORE_METRICS
from primum.evidence.measures.tabulation import SCORE_KEYS
from primum.evidence.scores import agreement, calibration, drift, reader_tests, readers, roc
from primum.evidence.scores.agreement import NoAgreement
from primum.evidence.scores.area_intervals import INTERVALS
from primum.evidence.scores.calibration import NotCalibratable
from primum.evidence.scores.calibration_error import calibration_error
from primum.evidence.scores.readers import Readings, StudyRefused
from primum.evidence.scores.roc import NoArea
from tests import evidence_factories as make
from tests.property.test_evidence_measures import COUNTS, is_sound
from tests.unit.evidence.test_measures_scores import asked

SCORES = st.one_of(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), st.floats(0.0, 1.0))
CASES = st.lists(st.tuples(SCORES, st.booleans()), max_size=40)
ROWS = st.dictionaries(
    st.tuples(
        st.sampled_from([("", ""), ("sex", "F"), ("sex", "M"), ("sex", ""), ("site", "north")]),
        st.sampled_from(["1", "0", ""]),
        st.sampled_from(["", "0.0", "0.1", "0.5", "0.9", "1.0", "b0012", "b1026", "b2052"]),
    ),
    COUNTS,
    max_size=12,
)


def histogram(cases, *, exact=True):
    scores = np.array([score for score, _ in cases], dtype=np.float64)
    return ScoreHistogram.from_scores(
        scores=scores, positive=np.array([positive for _, positive in cases], dtype=bool), exact=exact
    )


def area(one):
    try:
        return roc.area(one)
    except NoArea:
        return None


@given(CASES)
def test_an_area_depends_on_the_order_of_scores_alone(cases):
    before = area(histogram(cases))
    ranks = np.unique([score for score, _ in cases], return_inverse=True)[1].tolist()

    after = area(histogram([(math.exp(rank) - 3, positive) for rank, (_, positive) in zip(ranks, cases, strict=True)]))

    assert before == after


@given(CASES, CASES, st.booleans())
def test_merged_histograms_are_those_of_all_rows(one, other, exact):
    merged = histogram(one, exact=exact).merged(histogram(other, exact=exact))

    whole = histogram([*other, *one], exact=exact)

    assert merged.points.tolist() == whole.points.tolist()
    assert merged.negatives.tolist() == whole.negatives.tolist()
    assert merged.positives.tolist() == whole.positives.tolist()
    assert merged.half_widths.tolist() == whole.half_widths.tolist()


@given(CASES)
@example([(0.0, True), (5e-324, False)])
def test_binning_moves_an_area_by_no_more_than_its_bound(cases):
    exact, binned = area(histogram(cases)), area(histogram(cases, exact=False))

    assert (exact is None) == (binned is None)
    assert exact is None or abs(exact.value - binned.value) <= binned.error_bound + 1e-12


@given(CASES)
def test_every_interval_of_an_area_holds_it_and_has_width(cases):
    found = area(histogram(cases))

    for interval in INTERVALS.values() if found else ():
        ends = interval(found, confidence=0.95)
        assert 0 <= ends.lower <= found.value <= ends.upper <= 1
        assert ends.lower < ends.upper


@given(CASES, st.sampled_from([0.0, 1e-6, 0.01]))
@example([(0.015625, True), (2.3907531677086124e-268, False)], 0.0)
def test_calibration_is_finite_or_a_sentence(cases, clip):
    one, figures = histogram(cases), []
    for measured in (calibration.in_the_large, calibration.line):
        try:
            figures.append(measured(one, confidence=0.95, clip=clip))
        except NotCalibratable as reason:
            figures.append(str(reason))
    try:
        error = calibration_error(one, confidence=0.95)
        assert 0 <= error.interval.lower <= error.debiased + 1e-12 <= error.plain + 2e-12 <= 1 + 1e-11
    except NotCalibratable:
        assert not cases

    assert "nan" not in repr(figures)


@settings(max_examples=60)
@given(ROWS, st.sampled_from(sorted(SCORE_METRICS)), st.sampled_from(["", "sex", "site"]))
def test_no_scores_crash_a_metric_or_give_a_number_that_is_none(rows, metric, by):
    counted = make.cells(
        "diagnostic.scores", SCORE_KEYS, {(*group, *rest): count for (group, *rest), count in rows.items()}
    )

    estimates = asked(metric, counted, subgroups=("sex", "site"), by=by, threshold="1/5", missing="1", clip="1/1000")

    assert estimates
    assert all(is_sound(estimate) for estimate in estimates)


@given(st.lists(SCORES, min_size=1, max_size=60))
def test_a_label_leads_back_to_its_bin(scores):
    numbers = histograms.coded(np.array(scores)).tolist()

    assert [histograms.bin_of(histograms.label(number)) for number in numbers] == numbers


@given(st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=3), max_size=8), st.sampled_from(["none", "linear"]))
def test_agreement_is_at_most_complete_or_a_sentence(ratings, weights):
    for coefficient in (agreement.fleiss, agreement.gwet, agreement.krippendorff):
        try:
            found = coefficient(ratings, weights=weights, confidence=0.95)
        except NoAgreement:
            continue
        assert found.interval.lower <= found.value + 1e-12
        assert found.value <= found.interval.upper + 1e-12 <= 1 + 2e-12


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=6))
def test_drift_has_no_direction(counts):
    one, other = [first + 1 for first, _ in counts], [second + 1 for _, second in counts]

    for distance in (drift.stability_index, drift.jensen_shannon, lambda a, b: drift.kolmogorov_smirnov(a, b).p):
        assert math.isclose(distance(one, other), distance(other, one), abs_tol=1e-12)


@settings(max_examples=30)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 2**32), st.integers(4, 9))
def test_a_reader_study_has_an_answer_or_a_sentence(modalities, people, seed, cases):
    ratings = np.random.default_rng(seed).integers(1, 4, size=(modalities, people, cases)).astype(np.float64)
    study = Readings(
        ratings=ratings,
        positive=np.arange(cases) % 2 == 0,
        modalities=tuple("abc"[:modalities]),
        readers=tuple("wxyz"[:people]),
    )

    for compare in (
        reader_tests.random_readers_random_cases,
        reader_tests.fixed_readers,
        reader_tests.fixed_cases,
        reader_tests.means,
    ):
        try:
            found = repr(compare(readers.areas(study), confidence=0.95))
        except StudyRefused as reason:
            found = str(reason)
        assert "nan" not in found
