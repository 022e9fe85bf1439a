"""How often monitors alarm when all is well, against what their design says: drawn, or enumerated to the last count."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom, poisson

from primum.evidence.watching.charts import ewma_limit, ewma_run_length
from primum.evidence.watching.charts_averages import average_run, averages, limits_of
from primum.evidence.watching.charts_spending import Rates, expected_run, limits_for, watched
from primum.evidence.watching.kinds import KINDS
from tests import kinds_at_work as work

SITES, PERIODS = 6_000, 100


def read(kind, counts, *, changes=None, baseline=None):
    return KINDS[kind].read(work.series(counts, baseline=baseline), {**work.PARAMETERS[kind], **(changes or {})})


def design(kind, changes=None):
    return KINDS[kind].design({**work.PARAMETERS[kind], **(changes or {})})


def chance_of_alarm(readings, chances):
    """Return the chance of an alarm where each reading is one possible count with its probability."""
    return sum(chance for one, chance in zip(readings, chances, strict=True) if one.state == "alarm")


def volumes(chosen, *, of, periods=PERIODS):
    """Return volumes that change from period to period, the same for every site."""
    return np.repeat(chosen.integers(of // 3, 2 * of, size=(1, periods)), SITES, axis=0)


@pytest.mark.parametrize("changes", [{}, {"run_length": "50"}, {"acceptable": "1/100", "worse": "3/100"}])
def test_a_chart_of_shares_alarms_as_rarely_as_designed_whatever_the_volumes(changes):
    chosen = np.random.default_rng(20_261_122)
    n = volumes(chosen, of=50)
    share = float(Fraction(changes.get("acceptable", "5/100")))

    found = read("performance-cusum", {"n": n, "events": chosen.binomial(n, share)}, changes=changes)

    measured = work.run_length([one.since for one in found], periods=PERIODS)
    assert measured == pytest.approx(design("performance-cusum", changes).run_length, rel=0.05)


def test_a_chart_of_outcomes_alarms_as_rarely_as_designed_whatever_is_expected():
    chosen = np.random.default_rng(20_261_122)
    expected = np.repeat(chosen.gamma(4.0, 1.0, size=(1, PERIODS)), SITES, axis=0)

    found = read("outcomes-cusum", {"expected": expected, "observed": chosen.poisson(expected)})

    measured = work.run_length([one.since for one in found], periods=PERIODS)
    assert measured == pytest.approx(design("outcomes-cusum").run_length, rel=0.05)


def test_an_average_alarms_as_rarely_as_designed():
    chosen = np.random.default_rng(20_261_122)
    n = np.full((4_000, 150), 300)

    found = read("performance-ewma", {"n": n, "events": chosen.binomial(n, 0.1)}, changes={"run_length": "30"})

    measured = work.run_length([one.since for one in found], periods=150)
    assert measured == pytest.approx(design("performance-ewma", {"run_length": "30"}).run_length, rel=0.05)


def test_charts_of_many_sites_alarm_together_as_rarely_as_designed():
    chosen = np.random.default_rng(7)
    families, sites, periods = 2_000, 8, 100
    n = np.repeat(chosen.integers(20, 90, size=(1, periods)), families * sites, axis=0)
    alpha = -np.expm1(np.log1p(-1 / 20) / sites)

    found = watched(
        events=chosen.binomial(n, 0.05).astype(float),
        units=n.astype(float),
        rates=Rates("binomial", 0.05, 0.1),
        alpha=alpha,
    )

    first = np.where(found.first < 0, periods, found.first).reshape(families, sites).min(axis=1)
    measured = (np.minimum(first + 1, periods)).sum() / (first < periods).sum()
    assert measured == pytest.approx(20, rel=0.05)


def test_averages_of_many_sites_alarm_together_as_rarely_as_designed():
    chosen = np.random.default_rng(7)
    families, sites, periods, alpha = 2_000, 8, 80, -np.expm1(np.log1p(-1 / 20) / 8)

    path = averages(chosen.standard_normal((families * sites, periods)), weight=0.2)

    over = path > limits_of(np.ones(path.shape, dtype=bool), weight=0.2, alpha=alpha)
    first = np.where(over.any(axis=1), over.argmax(axis=1), periods).reshape(families, sites).min(axis=1)
    measured = np.minimum(first + 1, periods).sum() / (first < periods).sum()
    assert measured == pytest.approx(20, rel=0.05)


def test_an_average_carried_on_attains_what_was_asked_and_notices_no_later_than_a_fixed_limit():
    for weight, alpha in ((0.05, 1 / 500), (0.2, 1 / 100), (1.0, 1 / 50)):
        fixed = ewma_limit(weight=weight, run_length=1 / alpha, sides=1)

        quiet, shifted = (average_run(weight=weight, alpha=alpha, shift=shift) for shift in (0.0, 1.0))

        assert quiet == pytest.approx(1 / alpha, rel=1e-4)
        assert shifted <= ewma_run_length(weight=weight, limit=fixed, shift=1.0, sides=1) + 1e-6


def test_the_delay_that_is_printed_is_the_one_that_is_measured():
    chosen = np.random.default_rng(20_261_122)
    n = np.full((SITES, PERIODS), 50)

    found = read("performance-cusum", {"n": n, "events": chosen.binomial(n, 0.1)})

    waited = [int(one.since.removeprefix("2026-")) + 1 for one in found if one.since]
    assert len(waited) == SITES
    assert np.mean(waited) == pytest.approx(design("performance-cusum").delay, rel=0.05)


def test_the_error_that_limits_spend_is_never_more_than_what_is_due():
    units = np.random.default_rng(3).integers(1, 400, size=(30, 60)).astype(float)

    found = limits_for(units=units, rates=Rates("binomial", 0.02, 0.05), alpha=0.01)

    due = 1 - 0.99 ** np.arange(1, 61)
    assert (found.spent <= due + 1e-9).all()
    assert (found.spent[:, -1] > 0.98 * due[-1]).all()


@pytest.mark.parametrize("alpha", [1 / 20, 1 / 370, 1 / 4000])
def test_a_design_carried_on_attains_what_was_asked(alpha):
    found = expected_run(rates=Rates("binomial", 0.05, 0.1), alpha=alpha, volume=50.0)

    assert 1 / alpha <= found.quiet <= 1.05 / alpha


def test_limits_of_observed_over_expected_alarm_as_their_design_says_exactly():
    counts = np.arange(80)

    found = read("outcomes-oe", {"observed": work.column(counts), "expected": np.full((80, 1), 12.0)})

    said = design("outcomes-oe")
    assert 1 / chance_of_alarm(found, poisson.pmf(counts, 12)) == pytest.approx(said.attained, rel=1e-9)
    assert said.attained >= said.run_length


@pytest.mark.parametrize(
    ("kind", "columns", "n", "share"),
    [
        ("outside-use", ("encounters", "outside"), 120, 2 / 100),
        ("canary", ("asked", "changed"), 60, 1 / 20),
        ("override-rate", ("shown", "overridden"), 300, 1 / 2),
        ("override-rate", ("shown", "overridden"), 300, 2 / 100),
    ],
)
def test_a_share_against_its_limit_alarms_as_its_design_says_exactly(kind, columns, n, share):
    counts = np.arange(n + 1)

    found = read(kind, {columns[0]: np.full((n + 1, 1), n), columns[1]: work.column(counts)})

    said, chance = design(kind), chance_of_alarm(found, binom.pmf(counts, n, share))
    assert 1 / chance >= said.attained * (1 - 1e-9)
    assert said.attained >= said.run_length
    # Of two limits the one that is easier to pass by chance is the design.
    assert kind == "override-rate" or 1 / chance == pytest.approx(said.attained, rel=1e-9)


def test_of_two_limits_the_design_is_the_one_that_alarms_more_often():
    counts = np.arange(301)

    found = read("override-rate", {"shown": np.full((301, 1), 300), "overridden": work.column(counts)})

    often = max(chance_of_alarm(found, binom.pmf(counts, 300, share)) for share in (2 / 100, 1 / 2))
    assert 1 / often == pytest.approx(design("override-rate").attained, rel=1e-9)


def test_a_rate_at_its_limit_against_control_alarms_as_its_design_says_given_all_events():
    counts = np.arange(61)
    both = {"n": np.full((61, 1), 1e6), "control_n": np.full((61, 1), 1e6)}

    found = read("against-control", {**both, "events": work.column(counts), "control_events": work.column(60 - counts)})

    said = design("against-control")
    chance = chance_of_alarm(found, binom.pmf(counts, 60, 0.8 / 1.8))
    assert 1 / chance == pytest.approx(said.attained, rel=1e-9)
    assert said.attained >= said.run_length


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_two_arms_at_the_limit_alarm_no_more_often_than_designed(share):
    first, other = (grid.reshape(-1, 1) for grid in np.meshgrid(np.arange(91), np.arange(91)))
    counts = {"n": np.full(first.shape, 90), "control_n": np.full(first.shape, 90)}

    found = read("against-control", {**counts, "events": first, "control_events": other})

    chances = binom.pmf(first, 90, 0.8 * share) * binom.pmf(other, 90, share)
    assert chance_of_alarm(found, chances[:, 0]) <= 1 / 20


def test_scores_that_mean_what_they_say_alarm_no_more_often_than_designed():
    low, high = (grid.reshape(-1, 1) for grid in np.meshgrid(np.arange(41), np.arange(31)))
    cases = {"scored=0.2": np.full(low.shape, 40), "scored=0.7": np.full(low.shape, 30)}

    found = read("calibration", {**cases, "positive=0.2": low, "positive=0.7": high})

    chance = chance_of_alarm(found, (binom.pmf(low, 40, 0.2) * binom.pmf(high, 30, 0.7))[:, 0])
    sides = [binom.cdf(k, n, p) for n, p in ((40, 0.2), (30, 0.7)) for k in range(n + 1)]
    sides += [binom.sf(k, n, p) for n, p in ((40, 0.2), (30, 0.7)) for k in range(n + 1)]
    attained = [
        max(part[part <= 1 / 80]) for part in map(np.array, (sides[:41], sides[41:72], sides[72:113], sides[113:]))
    ]
    quiet = (1 - attained[0] - attained[2]) * (1 - attained[1] - attained[3])
    assert chance == pytest.approx(1 - quiet, rel=1e-9)
    assert chance <= 1 / 20


@pytest.mark.parametrize(("ordered", "columns"), [("", "age"), ("", "age, sex")])
def test_columns_that_did_not_move_alarm_as_rarely_as_designed(ordered, columns):
    chosen = np.random.default_rng(20_261_122)
    counts, baseline = {}, {}
    for column, shares in (("age", (0.2, 0.3, 0.3, 0.2)), ("sex", (0.5, 0.5))):
        now, before = (chosen.multinomial(rows, shares, size=30_000) for rows in (800, 2_000))
        counts |= {f"{column}={level}": now[:, level, None] for level in range(len(shares))}
        baseline |= {f"{column}={level}": before[:, level] for level in range(len(shares))}

    found = read("drift", counts, changes={"columns": columns, "ordered": ordered}, baseline=baseline)

    alarms = sum(one.state == "alarm" for one in found)
    assert 30_000 / alarms == pytest.approx(design("drift").run_length, rel=0.05)


def test_ordered_columns_that_did_not_move_alarm_no_more_often_than_designed():
    chosen = np.random.default_rng(20_261_122)
    now, before = (chosen.multinomial(rows, [0.1] * 10, size=4_000) for rows in (400, 2_000))
    counts = {f"age={level}": now[:, level, None] for level in range(10)}
    baseline = {f"age={level}": before[:, level] for level in range(10)}

    found = read("drift", counts, changes={"ordered": "age"}, baseline=baseline)

    assert sum(one.state == "alarm" for one in found) <= 4_000 / 20


def test_rare_events_at_the_acceptable_rate_hardly_ever_alarm_however_long_they_are_watched():
    chosen = np.random.default_rng(20_261_122)
    exposure = np.full((2_000, 300), 100)

    found = read("rare-events", {"exposure": exposure, "events": chosen.poisson(1.0, size=exposure.shape)})

    # It holds over all time, so within 300 periods somewhat fewer than 1 in 20 have alarmed.
    share = sum(one.state == "alarm" for one in found) / len(found)
    assert 0.005 < share <= 1 / 20
