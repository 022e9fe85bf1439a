import math
from statistics import NormalDist

import pytest

from primum.evidence.explanations.explaining import explain
from primum.roadmap.protocol import Endpoint
from tests import evidence_factories as make
from tests import explanation_factories as factories
from tests.evidence_factories import ABOVE_ZERO, GAP_BELOW_5, MORE_THAN_95

Z = NormalDist().inv_cdf(0.975)


def steps_of(metric, counted, **given):
    (working,) = explain(factories.question(metric, counted, **given))
    return {step.symbol: step.value for step in working.steps}, working


def test_sensitivity_can_be_checked_with_a_binomial_and_a_pocket_calculator():
    cells = make.diagnostic({("1", "1"): 36, ("1", "0"): 14})

    steps, working = steps_of("sensitivity", cells, threshold=MORE_THAN_95)

    lower, upper = float(steps["L"]), float(steps["U"])
    at_least_36 = sum(math.comb(50, k) * lower**k * (1 - lower) ** (50 - k) for k in range(36, 51))
    at_most_36 = sum(math.comb(50, k) * upper**k * (1 - upper) ** (50 - k) for k in range(37))
    assert (at_least_36, at_most_36) == pytest.approx((0.025, 0.025), abs=1e-8)
    assert working.result == "0.72 (0.575094643 to 0.8376893993)"
    assert working.check_in == "binom.test(36, 50, conf.level = 0.95)$conf.int"
    assert (steps["x"], steps["n"], steps["asked"]) == ("36", "50", "fail")


def test_the_indomethacin_look_can_be_checked_from_its_steps():
    cells = make.two_arms(intervention=(27, 295), control=(52, 307))

    steps, working = steps_of(
        "primary_benefit", cells, threshold=ABOVE_ZERO, protocol=make.with_looks(400, 600, 948, planned=948)
    )

    d, s, b = (float(steps[symbol]) for symbol in ("d", "s", "b"))
    assert (d / s, b) == pytest.approx((2.828163, 2.595016), abs=5e-7)
    assert working.result == f"{steps['d']} ({steps['L']} to {steps['U']})"
    assert (float(steps["L"]), float(steps["U"])) == pytest.approx((d - b * s, d + b * s), abs=1e-9)
    assert float(steps["P(1)"]) + float(steps["P(2)"]) == pytest.approx(float(steps["A(t(2))"]), abs=1e-10)


def test_the_lower_end_of_a_score_interval_solves_its_equation():
    cells = make.two_arms(intervention=(27, 295), control=(52, 307))
    protocol = make.protocol(planned_units=602)

    steps, _ = steps_of("primary_benefit", cells, threshold=ABOVE_ZERO, protocol=protocol)

    d, lower = float(steps["d"]), float(steps["L"])
    q1, q2 = map(float, steps["q1, q2 at L"].split(", "))
    assert q1 - q2 == pytest.approx(lower, abs=1e-9)
    assert 52 / q1 - 255 / (1 - q1) + 27 / q2 - 268 / (1 - q2) == pytest.approx(0, abs=1e-4)
    error = math.sqrt((q1 * (1 - q1) / 307 + q2 * (1 - q2) / 295) * 602 / 601)
    assert (d - lower) / error == pytest.approx(Z, abs=1e-6)


def test_the_units_needed_follow_from_the_last_line_of_the_formula():
    rows = {("1", "1", "F"): 36, ("1", "0", "F"): 14, ("1", "1", "M"): 396, ("1", "0", "M"): 22}
    question = factories.question(
        "gap_sensitivity", make.diagnostic(rows, "sex"), threshold=GAP_BELOW_5, subgroups=("sex",)
    )

    women = explain(question)[0]

    steps = {step.symbol: step.value for step in women.steps}
    q1, q2 = map(float, steps["q1, q2"].split(", "))
    zu, zw = map(float, steps["zu, zw"].split(", "))
    p, margin = float(steps["P"]), float(steps["M"])
    null, real = math.sqrt(q1 * (1 - q1) + q2 * (1 - q2)), math.sqrt(2 * p * (1 - p))
    wanted = ((zu * null + zw * real) / margin) ** 2
    assert float(steps["m"]) == pytest.approx(wanted, rel=1e-8)
    assert math.ceil(wanted) - 50 == 419


def test_so_many_more_positives_have_the_power_that_is_said():
    cells = make.diagnostic({("1", "1"): 60})

    steps, _ = steps_of("sensitivity", cells, threshold=MORE_THAN_95, parameters={"hoped": "98/100"})

    m, k = int(steps["m"]), int(steps["k"])
    power = sum(math.comb(m, j) * 0.98**j * 0.02 ** (m - j) for j in range(k - 60, m + 1))
    tail = sum(math.comb(60 + m, j) * 0.95**j * 0.05 ** (60 + m - j) for j in range(k, 60 + m + 1))
    assert tail < 0.025
    assert power >= 0.8
    assert float(next(value for symbol, value in steps.items() if symbol == "w")) == pytest.approx(power)


def test_a_margin_is_added_where_the_question_is_not_worse():
    cells = make.two_arms(intervention=(244, 39996), control=(203, 40024))
    protocol = make.protocol(
        question="non-inferiority",
        primary=Endpoint(name="cancer", event="relapse", good="higher"),
        margin="1/1000",
        margin_reason="set for a test",
        planned_units=80020,
    )

    steps, working = steps_of("primary_noninferiority", cells, threshold=ABOVE_ZERO, protocol=protocol)

    assert float(working.result.split()[0]) == pytest.approx(float(steps["d"]) + 0.001, abs=1e-10)
    assert working.check_in.endswith(" + 0.001")


@pytest.mark.parametrize(
    ("metric", "rows"),
    [
        ("sensitivity", {("1", "1"): 90}),
        ("sensitivity", {("1", "0"): 90}),
        ("accuracy", {("1", ""): 30, ("0", "0"): 40}),
        ("positive_predictive_value", {("", "1"): 9, ("1", "1"): 20}),
    ],
)
@pytest.mark.parametrize("method", ["clopper-pearson", "wilson"])
def test_none_and_all_are_explained_too(metric, rows, method):
    threshold = MORE_THAN_95 | {"method": method}

    steps, working = steps_of(metric, make.diagnostic(rows), threshold=threshold)

    assert "nan" not in working.result
    assert steps["p"] in working.result


def test_an_end_without_limit_is_called_so():
    cells = make.two_arms(intervention=(0, 60), control=(12, 60))

    _, working = steps_of("primary_ratio", cells, protocol=make.protocol())

    assert working.result.startswith("0 (0 to 0.")
