"""When monitors alarm first if all is well, where windows overlap or periods share a baseline, drawn by period."""

import numpy as np
import pytest
from scipy.stats import norm

from primum.evidence.watching.carried_error import ACCOUNT
from primum.evidence.watching.kinds import KINDS
from primum.evidence.watching.kinds_calibration import level_of_calibration
from primum.evidence.watching.kinds_compared import level_of_comparison, limits_of_large_groups
from primum.evidence.watching.kinds_drift import moves
from primum.evidence.watching.kinds_outcomes import level_of_outcomes, limits_in_windows
from primum.evidence.watching.kinds_shares import binomial_limits, level_of_share
from primum.evidence.watching.overlapping_windows import level_of_windows
from primum.evidence.watching.scored_bands import critical_bands
from primum.evidence.watching.shared_baseline import common_share, level_of_column
from tests import first_alarms as first
from tests import kinds_at_work as work
from tests.kinds_at_work import design, read


def accepted(kind, changes):
    return KINDS[kind].accepted({**work.PARAMETERS[kind], **changes})


@pytest.mark.parametrize(("window", "run_length"), [(2, 20), (4, 50), (8, 20), (13, 100)])
def test_windows_of_normal_sums_alarm_first_when_asked(window, run_length):
    chosen = np.random.default_rng(5)
    counts = chosen.standard_normal((2_500, 5 * run_length))
    sizes = np.minimum(np.arange(1, 5 * run_length + 1), window)

    level = level_of_windows(window=window, run_length=run_length, charts=1)

    alarms = first.sums(counts, window=window) / np.sqrt(sizes) > norm.isf(level)
    assert first.mean_first(alarms) == pytest.approx(run_length, rel=0.05)
    # One over its share of periods in alarm would have been far less.
    assert level * run_length > 1.2


@pytest.mark.parametrize(
    ("kind", "changes", "share"),
    [
        ("outside-use", {"window": "3"}, 2 / 100),
        ("outside-use", {"window": "4", "volume": "50", "run_length": "40"}, 2 / 100),
        ("canary", {"window": "6"}, 1 / 20),
        ("override-rate", {"window": "3"}, 1 / 2),
    ],
)
def test_windows_of_a_share_at_its_limit_alarm_first_when_designed(kind, changes, share):
    asked, chosen = accepted(kind, changes), np.random.default_rng(7)
    n = first.periods_of(asked.volume, window=asked.window, periods=3 * ACCOUNT)
    units = first.sums(n.astype(float), window=asked.window)

    limits = binomial_limits(units[None], asked, alpha=level_of_share(asked, 1))

    events = first.sums(chosen.binomial(n, share, size=(3_000, len(n))), window=asked.window)
    found = first.mean_first(limits.alarms(events))
    assert found == pytest.approx(asked.run_length, rel=0.05)
    assert found == pytest.approx(design(kind, changes).attained, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "window", "share"), [("against-control", "3", 0.8 / 1.8), ("access-equity", "2", 1.5 / 2.5)]
)
def test_windows_of_two_rates_at_their_limit_alarm_first_when_designed(kind, window, share):
    asked, chosen = accepted(kind, {"window": window}), np.random.default_rng(7)
    n = first.periods_of(asked.volume, window=asked.window, periods=2 * ACCOUNT)
    totals = first.sums(n.astype(float), window=asked.window)

    limits = limits_of_large_groups(asked, totals[None], alpha=level_of_comparison(asked, 1))

    events = first.sums(chosen.binomial(n, share, size=(3_000, len(n))), window=asked.window)
    assert first.mean_first(limits.alarms(events)) == pytest.approx(asked.run_length, rel=0.05)


@pytest.mark.parametrize("changes", [{"window": "3", "volume": "60"}, {"window": "4", "sides": "high"}])
def test_windows_of_observed_over_expected_alarm_first_when_their_design_says(changes):
    asked, chosen = accepted("outcomes-oe", changes), np.random.default_rng(7)

    limits = limits_in_windows(asked, alpha=level_of_outcomes(asked, 1))

    drawn = chosen.poisson(float(asked.volume) / asked.window, size=(4_000, ACCOUNT))
    found = first.mean_first(limits.alarms(first.sums(drawn, window=asked.window)))
    assert found == pytest.approx(design("outcomes-oe", changes).attained, rel=0.05)


@pytest.mark.parametrize("window", ["2", "4"])
def test_windows_of_scores_that_mean_what_they_say_alarm_first_when_designed(window):
    asked, chosen = accepted("calibration", {"window": window}), np.random.default_rng(7)
    scores = np.array(list(asked.cases))
    n = np.stack(
        [first.periods_of(count, window=asked.window, periods=ACCOUNT) for count in asked.cases.values()], axis=1
    )
    cases = np.moveaxis(first.sums(np.moveaxis(n, 0, 1).astype(float), window=asked.window), 1, 0)

    found = critical_bands(asked.edges, n=cases[None], scores=scores, alpha=level_of_calibration(asked, 1)).bands

    drawn = chosen.binomial(n, scores, size=(4_000, *n.shape))
    events = np.moveaxis(first.sums(np.moveaxis(drawn, 1, 2), window=asked.window), 2, 1)
    seen = [events[:, :, one.inside].sum(axis=2) for one in found]
    over = [(count <= one.low[0]) | (count >= one.high[0]) for count, one in zip(seen, found, strict=True)]
    said = design("calibration", {"window": window})
    assert first.mean_first(np.any(over, axis=0)) == pytest.approx(said.attained, rel=0.05)
    assert said.attained == pytest.approx(said.run_length, rel=0.05)


def test_the_delay_of_scores_that_is_printed_is_the_one_that_is_measured():
    asked, chosen = accepted("calibration", {"volume": "1/5: 60, 7/10: 20"}), np.random.default_rng(7)
    scores, counts = np.array(list(asked.cases)), np.array(list(asked.cases.values()))
    n = np.tile(counts.astype(float), (ACCOUNT, 1))
    worse = 1.5 * scores / (1 + 0.5 * scores)

    found = critical_bands(asked.edges, n=n[None], scores=scores, alpha=1 / 20).bands

    events = chosen.binomial(counts, worse, size=(4_000, ACCOUNT, 2))
    over = [
        (events[:, :, one.inside].sum(axis=2) <= one.low[0]) | (events[:, :, one.inside].sum(axis=2) >= one.high[0])
        for one in found
    ]
    said = design("calibration", {"volume": "1/5: 60, 7/10: 20"})
    assert first.mean_first(np.any(over, axis=0)) == pytest.approx(said.delay, rel=0.05)


@pytest.mark.parametrize(
    ("columns", "rows", "before", "window"),
    [
        ([(0.2, 0.3, 0.3, 0.2)], 800, 2_000, 1),
        ([(0.5, 0.5)], 800, 800, 1),
        ([(0.2, 0.3, 0.3, 0.2), (0.5, 0.5)], 800, 2_000, 1),
        ([(0.2, 0.3, 0.3, 0.2)], 800, 4_000, 3),
    ],
)
def test_columns_that_did_not_move_alarm_first_when_designed(columns, rows, before, window):
    alarms = first.drift_alarms(
        np.random.default_rng(20_261_122),
        columns=columns,
        rows=rows,
        before=before,
        window=window,
        run_length=20,
        together=1,
        places=4_000,
        periods=140,
    )

    assert first.mean_first(alarms) == pytest.approx(20, rel=0.05)


@pytest.mark.parametrize(("before", "window"), [(9_001, 1), (3_001, 1), (9_001, 3)])
def test_ordered_columns_that_did_not_move_alarm_first_when_designed(before, window):
    alarms = first.drift_alarms(
        np.random.default_rng(1),
        columns=[(0.1, 0.2, 0.3, 0.2, 0.1, 0.1)],
        rows=3_009,
        before=before,
        window=window,
        run_length=10,
        together=1,
        places=4_000,
        periods=60,
        ordered=True,
    )

    assert first.mean_first(alarms) == pytest.approx(10, rel=0.05)


def test_a_baseline_shorter_than_the_window_makes_false_alarms_later_and_never_sooner():
    alarms = first.drift_alarms(
        np.random.default_rng(20_261_122),
        columns=[(0.25, 0.25, 0.25, 0.25)],
        rows=1_600,
        before=800,
        run_length=20,
        together=1,
        places=1_000,
        periods=150,
    )

    sooner = np.where(alarms.any(axis=1), alarms.argmax(axis=1) + 1, 150)
    assert sooner.mean() > 20


@pytest.mark.parametrize(("rows", "before"), [(20, 20), (60, 60), (31, 100)])
def test_few_rows_of_ordered_levels_pass_the_limit_as_often_as_asked(rows, before):
    chosen, alpha, shares = np.random.default_rng(20_261_122), 1 / 10, [0.15, 0.3, 0.25, 0.2, 0.1]
    now, then = (chosen.multinomial(size, shares, size=5_000).astype(float) for size in (rows, before))

    found = moves(column="age", reference=then, current=now, ordered=True, sure=alpha, worth=alpha)

    assert (found.p <= alpha).mean() == pytest.approx(alpha, rel=0.05)


@pytest.mark.parametrize("kind", ["drift"])
def test_what_is_read_of_columns_is_what_their_levels_say(kind):
    chosen = np.random.default_rng(3)
    now, before = (chosen.multinomial(size, (0.2, 0.3, 0.5), size=3_000).astype(float) for size in (400, 1_600))
    counts = {f"age={level}": now[:, level, None] for level in range(3)}

    found = read(kind, counts, baseline={f"age={level}": before[:, level] for level in range(3)})

    share = common_share(baseline=np.array(1_600.0), window=np.array(400.0))
    level = level_of_column(share=share, ways=2, ordered=False, window=1, run_length=20, charts=1)
    one = moves(column="age", reference=before, current=now, ordered=False)
    assert [one.state == "alarm" for one in found] == (one.p <= level).tolist()
