"""A crossed reader study from the counts of its paired readings, against its rows and the published constants."""

import numpy as np
import pytest

from primum.evidence.counts import reading_pairs
from primum.evidence.counts.cells import merged
from primum.evidence.counts.reading_pairs import ReadingsRefused
from primum.evidence.intervals import Group
from primum.evidence.measures.reader_studies import NO_FIGURE
from primum.evidence.measures.registry import METRICS, measure
from primum.evidence.scores import reader_counts, readers
from primum.evidence.scores.reader_tests import random_readers_random_cases
from primum.evidence.scores.readers import StudyRefused
from primum.evidence.shares.two_proportions import miettinen_nurminen
from tests import evidence_factories as make
from tests import factories
from tests import reader_studies as study
from tests.evidence_factories import ABOVE_ZERO, GAP_BELOW_5

PAIRS = "readings.pairs"
FIGURES = {
    "area": (reader_counts.areas, readers.areas, {}),
    "sensitivity": (reader_counts.sensitivities, readers.sensitivities, {"threshold": 4}),
    "specificity": (reader_counts.specificities, readers.specificities, {"threshold": 4}),
}


def asked(metric, rows, *, protocol=None, by=(), threshold=ABOVE_ZERO, evidence="trial", smallest_cell=5, **parameters):
    return of_tables(
        metric,
        study.counted(rows, by=by),
        protocol=protocol,
        by=by,
        threshold=threshold,
        evidence=evidence,
        smallest_cell=smallest_cell,
        parameters=parameters,
    )


def of_tables(metric, tables, *, protocol, by=(), threshold=ABOVE_ZERO, evidence="trial", smallest_cell=5, parameters):
    criterion = factories.criterion(
        metric=metric,
        evidence=evidence,
        threshold=factories.threshold(**({"method": ""} | dict(threshold))),
        parameters=parameters,
    )
    table = factories.evidence(kind="readings", columns={key: key for key in study.COLUMNS}, subgroups=by)
    return measure(
        criterion=criterion,
        cells=tables,
        rollout=factories.rollout(evidence=(table,), protocol=protocol),
        policy=factories.policy(smallest_cell=smallest_cell),
    )


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("rows", [study.published(), study.drawn(seed=3, levels=40), study.drawn(seed=4, levels=2)])
def test_the_figures_and_their_covariances_are_those_of_the_rows(rows, figure):
    of_counts, of_rows, threshold = FIGURES[figure]

    found = of_counts(reader_counts.paired_readings(study.counted(rows)[PAIRS]), **threshold)
    exact = of_rows(study.row_level(rows), **threshold)

    assert found.values == pytest.approx(exact.values, abs=1e-12)
    assert found.variance == pytest.approx(exact.variance, abs=1e-13)
    assert found.covariances == pytest.approx(exact.covariances, abs=1e-13)
    assert np.array(found.by_modality) == pytest.approx(np.array(exact.by_modality), abs=1e-13)
    assert (found.positives, found.negatives, found.groups) == (exact.positives, exact.negatives, exact.groups)


def test_the_published_constants_come_out_of_the_gate_s_own_metric():
    (gain,) = asked("primary_benefit", study.published(), protocol=study.protocol())

    assert gain.value == pytest.approx(0.06921296296, abs=1e-10)
    assert (gain.lower, gain.upper) == pytest.approx((0.03677977816, 0.1016461478), abs=1e-9)
    assert (gain.n, gain.needed) == (60, 0)
    assert "F 19.41 with 1 and 23.9 degrees of freedom, p 0.0002" in gain.note


def test_cases_nested_in_readers_are_known_too():
    rows = [row for row in study.drawn(seed=5, cases=200) if int(row["case_id"][-3:]) % 5 == int(row["reader"][1]) - 1]

    found = reader_counts.areas(reader_counts.paired_readings(study.counted(rows)[PAIRS]))
    exact = readers.areas(study.row_level(rows))

    assert found.covariances == pytest.approx(exact.covariances, abs=1e-13)
    assert (found.positives, found.negatives) == (exact.positives, exact.negatives)


def without(rows, **levels):
    return [row for row in rows if any(row[key] != level for key, level in levels.items())]


DRAWN = study.drawn(seed=6)
ODD = {
    "a reader who read nothing of one arm": (
        without(DRAWN, reader="R1", arm="control"),
        "1 of 5 readers read nothing without the model",
    ),
    "unequal numbers of readings": (DRAWN[3:], "readings are missing: 3"),
    "one reader only": ([row for row in DRAWN if row["reader"] == "R1"], "at least 2 modalities and 2 readers"),
    "one class only": ([row for row in DRAWN if row["reference"] == "1"], "fewer than two negative cases"),
    "one arm only": ([row for row in DRAWN if row["arm"] == "control"], "5 of 5 readers read nothing with the model"),
    "no rating at all": ([row | {"rating": ""} for row in DRAWN], "There are no readings"),
    "no reference at all": ([row | {"reference": ""} for row in DRAWN], "There are no readings"),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_study_has_a_sentence_and_never_a_number(odd):
    (rows, sentence), given = odd, study.protocol(margin="2/100", margin_reason="for a test")
    tables = study.counted(rows, by=("sex",))

    found = {metric: of_tables(metric, tables, protocol=given, by=("sex",), parameters={}) for metric in METRICS}

    for metric in ("primary_benefit", "primary_noninferiority", "safety_difference"):
        assert sentence in found[metric][0].note
    for one in (one for estimates in found.values() for one in estimates):
        assert all(end is None or np.isfinite(end) for end in (one.value, one.lower, one.upper))


def test_a_case_read_twice_by_one_reader_in_one_arm_is_refused():
    with pytest.raises(ReadingsRefused, match="2 readings repeat one of the same case"):
        study.counted([*DRAWN, *DRAWN[:2]])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"reference": "0"}, "1 cases have two values of 'reference'"),
        ({"sex": "X"}, "1 cases have two values of 'sex'"),
        ({"rating": "high"}, "1 readings have a rating that is no whole number"),
    ],
)
def test_rows_that_contradict_each_other_are_refused_without_naming_a_case(changed, sentence):
    at = next(place for place, row in enumerate(DRAWN) if row["reference"] == "1")
    rows = [*DRAWN[:at], DRAWN[at] | changed, *DRAWN[at + 1 :]]

    with pytest.raises(ReadingsRefused, match=sentence) as refused:
        study.counted(rows, by=("sex",))

    assert "CASE" not in str(refused.value)


def test_a_score_with_more_ratings_than_a_hundred_and_one_is_refused():
    rows = [row | {"rating": str(number % 102)} for number, row in enumerate(DRAWN)]

    with pytest.raises(ReadingsRefused, match="102 different ratings; pairs are counted for 101 at most"):
        study.counted(rows)


def test_pairs_that_are_nearly_rows_are_refused(monkeypatch):
    monkeypatch.setattr(reading_pairs, "MOST_CELLS", 1_000)

    with pytest.raises(ReadingsRefused, match="1,000 at most are kept"):
        study.counted(DRAWN)


def test_a_column_of_cases_mapped_as_the_reader_is_refused():
    rows = [row | {"reader": str(number)} for number, row in enumerate(study.drawn(seed=1, cases=100))]

    with pytest.raises(ReadingsRefused, match="different readers"):
        study.counted(rows)


def test_the_counts_of_two_sites_together_are_those_of_all_rows():
    parts = [
        study.counted([row for row in DRAWN if row["site"] == site], by=("sex",), source=site)
        for site in ("north", "south")
    ]

    pooled = merged([one[PAIRS] for one in parts])
    whole = study.counted(DRAWN, by=("sex",))[PAIRS]

    assert (pooled.levels, pooled.codes.tolist(), pooled.counts.tolist()) == (
        whole.levels,
        whole.codes.tolist(),
        whole.counts.tolist(),
    )


def test_no_case_is_in_the_counts():
    tables = study.counted(DRAWN, by=("sex",))

    assert not any("CASE" in level for cells in tables.values() for levels in cells.levels for level in levels)


def test_a_figure_below_the_smallest_cell_is_not_shown():
    rows = [row for row in DRAWN if row["reference"] == "0" or int(row["case_id"][-4:]) < 6]

    (gain,) = asked("primary_benefit", rows, protocol=study.protocol())

    assert gain.suppressed
    assert gain.value is None


def test_readers_who_are_always_right_leave_nothing_to_test():
    rows = [row | {"rating": row["reference"]} for row in DRAWN]

    (gain,) = asked("primary_benefit", rows, protocol=study.protocol())

    assert (gain.value, gain.lower) == (0, None)
    assert "nothing can be tested" in gain.note


def test_a_margin_is_added_to_the_gain():
    given = study.protocol(question="non-inferiority", margin="2/100", margin_reason="for a test")
    (gain,) = asked("primary_benefit", study.published(), protocol=given)

    (shifted,) = asked("primary_noninferiority", study.published(), protocol=given)

    assert shifted.lower - gain.lower == pytest.approx(0.02)
    assert "margin 2 points" in shifted.note


def test_a_fall_in_specificity_is_harm():
    (harm,) = asked("safety_difference", study.drawn(seed=8, readers=8, cases=200, bias=1.0), protocol=study.protocol())

    assert harm.lower > 0.05
    assert harm.scope == "endpoint=false alarms"


def test_gaps_in_the_gain_are_between_the_groups_of_cases():
    rows = study.drawn(seed=9, cases=400)
    level = {sex: asked("primary_benefit", [row for row in rows if row["sex"] == sex], protocol=study.protocol())[0]
             for sex in ("F", "M")}  # fmt: skip

    gaps = {
        one.scope: one
        for one in asked("gap_benefit", rows, protocol=study.protocol(), by=("sex",), threshold=GAP_BELOW_5)
    }

    assert set(gaps) == {"sex=F", "sex=M", "sex"}
    assert gaps["sex"].value == pytest.approx(abs(level["F"].value - level["M"].value))
    assert gaps["sex"].method == "simultaneous Obuchowski-Rockette, Hillis"
    assert gaps["sex"].upper > gaps["sex"].value


def test_a_group_whose_readings_are_not_whole_is_not_compared_and_says_why():
    rows = [row for row in DRAWN if row["sex"] == "F" or row["reader"] != "R1"]

    found = {one.scope: one for one in asked("gap_benefit", rows, protocol=study.protocol(), by=("sex",))}

    assert "1 of 5 readers read nothing without the model" in found["sex=M"].note
    assert "fewer than two levels of sex" in found["sex"].note
    assert [one.value for one in found.values()] == [None] * 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"looks": ({"at": 30},), "spending": "lan-demets-pocock"}, "analysed once, at its end"),
        ({"primary": {"name": "cure", "event": "cured", "good": "higher"}}, "'cure' is no figure of a reader study"),
        ({"primary": {"name": "area", "event": "area", "good": "lower"}}, "more area is better"),
        ({"primary": {"name": "found", "event": "sensitivity", "good": "higher"}, "positive_from": None},
         "say from which rating on as `positive_from`"),
    ],
)  # fmt: skip
def test_what_a_protocol_cannot_ask_of_a_reader_study_is_said(changes, sentence):
    (gain,) = asked("primary_benefit", study.published(), protocol=study.protocol(**changes))

    assert gain.value is None
    assert sentence in gain.note


@pytest.mark.parametrize("metric", ["reader_area", "reader_sensitivity", "reader_specificity"])
def test_a_table_alone_shows_the_gain_in_each_figure(metric):
    (gain,) = asked(metric, study.published(), evidence="readings", positive_from="4")

    assert gain.lower is not None
    assert gain.unit == "cases"


def test_readings_without_a_rating_are_missing():
    rows = [DRAWN[0] | {"rating": ""}, *DRAWN[1:]]

    found = {one.scope: one for one in asked("missing_outcomes", rows, protocol=study.protocol())}
    (ratio,) = asked("sample_ratio", rows, protocol=study.protocol())

    assert (found["arm=control"].events, found["arm=intervention"].events) == (1, 0)
    assert "400 against 399 readings" in ratio.note


@pytest.mark.parametrize("metric", ["primary_benefit", "primary_noninferiority", "primary_ratio", "safety_difference"])
def test_counts_of_a_trial_are_never_tested_as_if_readings_of_the_same_cases_were_independent(metric):
    cells = make.trial({("intervention", "1", "0"): 10, ("control", "1", "0"): 90}, "serious")

    for estimate in make.asked(metric, cells, threshold=ABOVE_ZERO, protocol=study.protocol()):
        assert (estimate.value, estimate.lower) == (None, None)
        assert "several readers read the same cases" in estimate.note


def test_other_figures_of_a_trial_are_none_of_a_reader_study():
    (ratio,) = asked("primary_ratio", study.published(), protocol=study.protocol())

    assert (ratio.value, ratio.note) == (None, NO_FIGURE)


def test_where_readers_are_randomised_they_are_compared_as_clusters():
    given = make.protocol(design="randomised-mrmc", unit="reader", planned_units=8)
    rows = {
        (arm, found, f"reader {number}"): count
        for number in range(8)
        for arm in [("control", "intervention")[number % 2]]
        for found, count in (("1", 20 - 8 * (number % 2) + number), ("0", 60))
    }

    (benefit,) = make.asked("primary_benefit", make.trial(rows, "cluster"), threshold=ABOVE_ZERO, protocol=given)

    assert benefit.lower is not None


def test_taken_as_independent_they_find_a_gain_several_times_as_often_as_alpha_and_in_pairs_they_do_not():
    """Eight readers read 400 cases both ways; some readers, and some cases, go better one way by chance."""
    generator, size, runs = np.random.default_rng(1), (8, 400), 250
    taken = {"rows": 0, "pairs": 0}

    for _ in range(runs):
        common = generator.normal(0, 0.3, (1, size[0], 1)) + generator.normal(0, 1, (1, 1, size[1]))
        each_way = generator.normal(0, 0.2, (2, size[0], 1)) + generator.normal(0, 0.3, (2, 1, size[1]))
        right = 0.84 + common + each_way + generator.normal(0, 1, (2, *size)) > 0
        alone, with_it = (Group(events=int(one.sum()), n=one.size) for one in right)
        taken["rows"] += miettinen_nurminen(first=with_it, second=alone, confidence=0.95).lower > 0
        taken["pairs"] += gain_in_sensitivity(right) > 0

    assert taken["rows"] / runs > 4 * 0.025
    assert taken["pairs"] / runs < 0.025 + 2 * (0.025 * 0.975 / runs) ** 0.5


def gain_in_sensitivity(right):
    """The lower end of the gain: every case is positive, but for two that a figure needs for its design."""
    ratings = np.concatenate([right.astype(float), np.zeros((2, 8, 2))], axis=2)
    whole = readers.Readings(
        ratings=ratings,
        positive=np.arange(402) < 400,
        modalities=("control", "intervention"),
        readers=tuple("ABCDEFGH"),
    )
    found = random_readers_random_cases(readers.sensitivities(whole, threshold=1), confidence=0.95)
    return found.differences[0].interval.lower


def test_a_rating_in_none_of_the_counts_is_asked_of_nobody():
    with pytest.raises(StudyRefused, match="no readings"):
        reader_counts.areas(reader_counts.paired_readings(study.counted(DRAWN, by=("sex",))[PAIRS], attribute="age"))
