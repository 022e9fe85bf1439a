"""Laws that every metric keeps: sites merged are rows pooled, names mean nothing, perfection never turns a pass."""

import math
import re
from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from primum.evidence.counts.cells import Cells, merged
from primum.evidence.measures.registry import METHODS, METRICS, measure
from primum.evidence.measures.tabulation import SCORE_KEYS
from primum.roadmap.judging import judge
from tests import evidence_factories as make
from tests import factories

Rows = dict[tuple[str, ...], int]

DIAGNOSTIC = ("reference", "prediction", "site", "sex", "age", "reader_alone", "reader_with_lmm")
TRIAL = ("arm", "relapse", "serious", "site", "sex", "age", "cluster", "in_primary")
ARMS = ("intervention", "control")
PROTOCOL = make.protocol(margin="5/100", margin_reason="made for a test", question="non-inferiority")
SLOW_ENOUGH = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def world(diagnostic: Rows, trial: Rows, *, source: str = "a") -> dict[str, Cells]:
    """Counts of every kind of table; the scores are those of the predictions, by site and sex."""
    scores: Rows = {}
    for (reference, prediction, site, sex, *_), times in diagnostic.items():
        score = {"1": "0.75", "0": "0.25"}.get(prediction, "")
        for key in (("", "", reference, score), ("site", site, reference, score), ("sex", sex, reference, score)):
            scores[key] = scores.get(key, 0) + times
    return {
        "diagnostic": make.cells("diagnostic", DIAGNOSTIC, diagnostic, source=source),
        "diagnostic.scores": make.cells("diagnostic.scores", SCORE_KEYS, scores, source=source),
        "trial": make.cells("trial", TRIAL, trial, source=source),
    }


def asked(metric: str, cells: Mapping[str, Cells], kind: str, *, rule=None, method: str = "", **parameters: str):
    columns = {key: key for key in (*cells[kind].keys, "score")}
    evidence = factories.evidence(kind=kind, columns=columns, subgroups=("sex", "age"))
    threshold = factories.threshold(**({"method": method} | rule)) if rule else None
    criterion = factories.criterion(metric=metric, evidence=kind, threshold=threshold, parameters=parameters)
    estimates = measure(
        criterion=criterion,
        cells=cells,
        rollout=factories.rollout(evidence=(evidence,), protocol=PROTOCOL),
        policy=factories.policy(smallest_cell=1),
    )
    return criterion, estimates


answers = st.sampled_from(["1", "0", "1", "0", ""])
sites = st.sampled_from(["north", "south", "east"])
sexes = st.sampled_from(["F", "M"])
ages = st.sampled_from(["old", "young"])
counts = st.sampled_from([1, 3, 7, 40, 300])
diagnostics = st.dictionaries(
    st.tuples(answers, answers, sites, sexes, ages, answers, answers), counts, min_size=1, max_size=14
)
trials = st.dictionaries(
    st.tuples(
        st.sampled_from(ARMS), answers, answers, sites, sexes, ages, st.sampled_from(["w1", "w2", "w3"]), answers
    ),
    counts,
    min_size=1,
    max_size=14,
)


def at(rows: Rows, key: int, level: str) -> Rows:
    return {row: times for row, times in rows.items() if row[key] == level}


@pytest.mark.parametrize("kind", ["diagnostic", "trial"])
@pytest.mark.parametrize("metric", METRICS)
@SLOW_ENOUGH
@given(diagnostic=diagnostics, trial=trials)
def test_sites_merged_are_rows_pooled(metric, kind, diagnostic, trial):
    whole = world(diagnostic, trial)
    places = ("north", "south", "east")
    parts = [
        world(at(diagnostic, DIAGNOSTIC.index("site"), site), at(trial, TRIAL.index("site"), site), source=site)
        for site in places
    ]

    together = {name: merged([part[name] for part in parts[::-1]]) for name in whole}

    assert asked(metric, together, kind)[1] == asked(metric, whole, kind)[1]


RENAMED = {"north": "zenith", "south": "abyss", "east": "middle", "F": "zeta", "M": "alpha", "w1": "wz", "w2": "wa"}


def renamed(rows: Rows) -> Rows:
    turned = list(rows.items())[::-1]
    return {tuple(RENAMED.get(level, level) for level in row): times for row, times in turned}


def numbers(estimates) -> list[tuple]:
    """What estimates say without the names of groups, in an order of their own."""
    plain = [
        (one.n, one.events or 0, one.needed or -1, one.suppressed, *map(rounded, (one.value, one.lower, one.upper)))
        for one in estimates
    ]
    return sorted(plain)


def rounded(number: float | None) -> float:
    return -1e9 if number is None else round(number, 7) + 0.0


@pytest.mark.parametrize("kind", ["diagnostic", "trial"])
@pytest.mark.parametrize("metric", METRICS)
@SLOW_ENOUGH
@given(diagnostic=diagnostics, trial=trials)
def test_the_order_of_rows_and_the_names_of_sites_and_groups_change_nothing(metric, kind, diagnostic, trial):
    before = asked(metric, world(diagnostic, trial), kind)[1]

    after = asked(metric, world(renamed(diagnostic), renamed(trial)), kind)[1]

    assert numbers(after) == numbers(before)


# -- perfection ------------------------------------------------------------------------------

SHARE_RULES = {
    "sensitivity": {"operator": "more_than", "value": "80/100", "bound": "lower"},
    "specificity": {"operator": "more_than", "value": "80/100", "bound": "lower"},
    "accuracy": {"operator": "more_than", "value": "80/100", "bound": "lower"},
    "positive_predictive_value": {"operator": "more_than", "value": "80/100", "bound": "lower"},
    "site_sensitivity": {"operator": "more_than", "value": "80/100", "bound": "lower"},
    "false_positive_rate": {"operator": "less_than", "value": "20/100", "bound": "upper"},
}
PERFECT = [("1", "1"), ("0", "0")]


def outcome(metric: str, rows: Rows, keys: tuple[str, ...], rule, *, kind: str = "diagnostic", method: str = "") -> str:
    cells = {kind: make.cells(kind, keys, rows)}
    criterion, estimates = asked(metric, cells, kind, rule=rule, method=method)
    return judge(criterion=criterion, estimates=estimates).outcome


@pytest.mark.parametrize(
    ("metric", "method"), [(metric, method) for metric in SHARE_RULES for method in METHODS[metric]]
)
@settings(max_examples=25, deadline=None)
@given(
    right=st.integers(0, 400),
    wrong=st.integers(0, 60),
    more=st.integers(1, 500),
    site=st.sampled_from(["north", "south"]),
)
def test_perfect_cases_never_turn_a_pass_into_a_fail(metric, method, right, wrong, more, site):
    keys = ("reference", "prediction", "site")
    rows = {
        ("1", "1", "north"): right,
        ("1", "0", "north"): wrong,
        ("0", "0", "north"): right,
        ("0", "1", "north"): wrong,
    }
    better = dict(rows)
    for answers_right in PERFECT:
        better[(*answers_right, site)] = better.get((*answers_right, site), 0) + more

    before, after = (outcome(metric, table, keys, SHARE_RULES[metric], method=method) for table in (rows, better))

    assert not (before == "pass" and after == "fail")
    assert not (before == "pass" and after == "insufficient" and site == "north")


@pytest.mark.parametrize("method", METHODS["gap_sensitivity"])
@settings(max_examples=20, deadline=None)
@given(found=st.tuples(st.integers(20, 100), st.integers(20, 100)), scale=st.integers(1, 12), times=st.integers(1, 3))
def test_perfect_cases_in_every_group_alike_never_turn_a_narrow_gap_into_a_wide_one(method, found, scale, times):
    keys, size = ("reference", "prediction", "site", "sex"), 100 * scale
    rows = {}
    for sex, right in zip(("F", "M"), found, strict=True):
        for site in range(10):
            rows[("1", "1", f"site {site}", sex)] = right * scale // 10
            rows[("1", "0", f"site {site}", sex)] = size // 10 - right * scale // 10
    better = {row: count + (times * size // 10 if row[1] == "1" else 0) for row, count in rows.items()}

    before, after = (
        outcome("gap_sensitivity", table, keys, make.GAP_BELOW_5, method=method) for table in (rows, better)
    )

    assert not (before == "pass" and after == "fail")


@pytest.mark.parametrize("metric", ["primary_benefit", "primary_noninferiority", "worst_case_benefit"])
@settings(max_examples=25, deadline=None)
@given(events=st.integers(0, 100), control=st.integers(0, 100), more=st.integers(1, 300))
def test_more_patients_who_do_well_with_it_never_turn_a_benefit_into_a_fail(metric, events, control, more):
    keys = ("arm", "relapse")
    rows = {
        ("intervention", "1"): events,
        ("intervention", "0"): 100 - events,
        ("control", "1"): control,
        ("control", "0"): 100 - control,
    }
    better = rows | {("intervention", "0"): 100 - events + more}

    before, after = (outcome(metric, table, keys, make.ABOVE_ZERO, kind="trial") for table in (rows, better))

    assert not (before == "pass" and after == "fail")


# -- edges -----------------------------------------------------------------------------------

CASE = ("north", "F", "old", "1", "1")
UNIT = ("0", "north", "F", "old", "w1", "1")
EDGES: dict[str, tuple[Rows, Rows]] = {
    "no rows": ({}, {}),
    "none right": ({("1", "0", *CASE): 50, ("0", "1", *CASE): 50}, {(arm, "1", *UNIT): 50 for arm in ARMS}),
    "all right": ({("1", "1", *CASE): 50, ("0", "0", *CASE): 50}, {(arm, "0", *UNIT): 50 for arm in ARMS}),
    "one of each": ({("1", "1", *CASE): 1, ("0", "0", *CASE): 1}, {(arm, "0", *UNIT): 1 for arm in ARMS}),
    "one class only": ({("1", "1", *CASE): 50, ("1", "0", *CASE): 9}, {(ARMS[0], "1", *UNIT): 50}),
    "the other class only": ({("0", "1", *CASE): 50, ("0", "0", *CASE): 9}, {(ARMS[1], "0", *UNIT): 50}),
    "all missing": ({("", "", "", "", "", "", ""): 50}, {(arm, "", "", "", "", "", "", ""): 50 for arm in (*ARMS, "")}),
    "no answer": ({("1", "", *CASE): 50, ("0", "", *CASE): 50}, {(arm, "", *UNIT): 50 for arm in ARMS}),
    "one group empty": (
        {("1", "1", *CASE): 50, ("0", "0", "north", "M", "old", "1", "1"): 50},
        {(ARMS[0], "1", *UNIT): 50, (ARMS[1], "1", "0", "north", "M", "old", "w2", "1"): 50},
    ),
}
RULES = [None, make.MORE_THAN_95, make.GAP_BELOW_5, {"operator": "at_least", "value": "0", "bound": "value"}]


def is_sound(estimate) -> bool:
    ends = [one for one in (estimate.lower, estimate.value, estimate.upper) if one is not None]
    said = estimate.value is not None or bool(estimate.note)
    return said and all(map(math.isfinite, ends)) and (not estimate.exact or Fraction(estimate.exact) is not None)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("metric", METRICS)
def test_at_every_edge_there_is_an_answer_or_a_sentence(metric, edge):
    cells = world(*EDGES[edge])

    for kind in ("diagnostic", "trial"):
        for rule in RULES:
            criterion, estimates = asked(metric, cells, kind, rule=rule)
            finding = judge(criterion=criterion, estimates=estimates)
            assert estimates
            assert all(map(is_sound, estimates))
            assert not re.search(r"\bnan\b", finding.sentence.lower())


@pytest.mark.parametrize("metric", METRICS)
def test_no_rows_are_never_a_pass_of_a_bound(metric):
    cells = world(*EDGES["no rows"])

    for kind in ("diagnostic", "trial"):
        criterion, estimates = asked(metric, cells, kind, rule=make.MORE_THAN_95)
        assert judge(criterion=criterion, estimates=estimates).outcome != "pass"
