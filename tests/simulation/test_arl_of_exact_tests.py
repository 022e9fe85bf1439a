"""How often exact tests of counts alarm at their limit, period after period, against what their design says."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from primum.evidence.watching.carried_error import ACCOUNT
from primum.evidence.watching.kinds import KINDS, Series
from primum.evidence.watching.kinds_compared import Pair
from primum.evidence.watching.kinds_shares import binomial_limits, level_of_share
from primum.evidence.watching.scored_bands import critical_bands
from tests import kinds_at_work as work
from tests.kinds_at_work import design, read


def mean_run(chances):
    """Return the mean periods to an alarm from the chance of one in each period; later ones are as those on average."""
    left = np.cumprod(1 - chances)
    return 1 + left[:-1].sum() + left[-1] / (1 - left[-1] ** (1 / len(chances)))


def chances_of_shares(kind, n, *, share, changes=None):
    """Return the exact chance of an alarm in each of these periods with so many units."""
    asked = KINDS[kind].accepted({**work.PARAMETERS[kind], **(changes or {})})
    limits = binomial_limits(np.asarray(n, dtype=float)[None, :], asked, alpha=asked.of_one(1))
    return binom.cdf(limits.low[0], n, share) + binom.sf(limits.high[0] - 1, n, share)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("outside-use", {}),
        ("outside-use", {"run_length": "100", "volume": "20"}),
        ("canary", {}),
        ("canary", {"run_length": "50"}),
        ("override-rate", {}),
        ("override-rate", {"at_least": "45/100", "at_most": "11/20"}),
    ],
)
def test_a_share_at_its_limit_alarms_as_its_design_says_exactly(kind, changes):
    asked = {**work.PARAMETERS[kind], **changes}
    volumes = np.full(520, int(asked["volume"]))
    at = [float(Fraction(asked[limit])) for limit in ("at_least", "at_most") if limit in asked]

    often = min(mean_run(chances_of_shares(kind, volumes, share=share, changes=changes)) for share in at)

    said = design(kind, changes)
    assert often == pytest.approx(said.attained, rel=0.001)
    assert said.attained >= said.run_length


@pytest.mark.parametrize(("kind", "share"), [("outside-use", 2 / 100), ("canary", 1 / 20), ("override-rate", 1 / 2)])
def test_a_share_at_its_limit_alarms_as_rarely_as_asked_whatever_the_volumes(kind, share):
    volumes = np.random.default_rng(20_261_122).integers(30, 200, size=120)

    chances = chances_of_shares(kind, volumes, share=share)

    assert mean_run(chances) == pytest.approx(design(kind).run_length, rel=0.05)
    assert (np.cumprod(1 - chances) >= (19 / 20) ** np.arange(1, 121) - 1e-9).all()


def test_shares_of_many_sites_alarm_together_as_rarely_as_designed():
    together = {"multiplicity": "all", "charts": "200"}

    chances = chances_of_shares("outside-use", np.full(520, 120), share=2 / 100, changes=together)

    said = design("outside-use", together)
    assert mean_run(1 - (1 - chances) ** 200) == pytest.approx(said.attained, rel=0.001)
    assert said.attained == pytest.approx(said.run_length, rel=0.08)


def test_what_is_read_after_years_is_what_their_limits_say_though_only_the_last_account_is_looked_at():
    chosen = np.random.default_rng(3)
    n = chosen.integers(60, 300, size=(40, 2 * ACCOUNT + 9))
    events = chosen.binomial(n, 0.03)
    asked = KINDS["override-rate"].accepted(work.PARAMETERS["override-rate"])

    expected = binomial_limits(n.astype(float), asked, alpha=1 / 20).alarms(events)

    for upto in (ACCOUNT, ACCOUNT + 1, 2 * ACCOUNT + 9):
        found = read("override-rate", {"shown": n[:, :upto], "overridden": events[:, :upto]})
        assert [one.state == "alarm" for one in found] == expected[:, upto - 1].tolist()


@pytest.mark.parametrize("window", [1, 3])
def test_what_is_read_of_shares_is_what_their_limits_say(window):
    chosen = np.random.default_rng(3)
    n, changes = chosen.integers(60, 300, size=(400, 10)), {"window": str(window)}
    events = chosen.binomial(n, 0.03)
    asked = KINDS["override-rate"].accepted({**work.PARAMETERS["override-rate"], **changes})
    units, counts = (
        np.stack([one[:, max(0, upto - window) : upto].sum(axis=1) for upto in range(1, 11)], axis=1)
        for one in (n, events)
    )

    expected = binomial_limits(units.astype(float), asked, alpha=level_of_share(asked, 400)).alarms(counts)

    assert expected.any()
    for upto in (1, 4, 10):
        found = read("override-rate", {"shown": n[:, :upto], "overridden": events[:, :upto]}, changes=changes)
        assert [one.state == "alarm" for one in found] == expected[:, upto - 1].tolist()


@pytest.mark.parametrize(("base", "n", "other"), [(0.02, 1_500, 1_500), (0.1, 300, 300), (0.4, 90, 60)])
@pytest.mark.parametrize(
    ("kind", "ratio", "changes"),
    [
        ("against-control", 0.8, {}),
        ("against-control", 0.8, {"at_most": "5/4"}),
        ("access-equity", 1.5, {}),
    ],
)
def test_two_rates_at_their_limit_alarm_as_rarely_as_designed_whatever_the_rate(kind, ratio, changes, base, n, other):
    chosen = np.random.default_rng(20_261_122)
    asked = KINDS[kind].accepted({**work.PARAMETERS[kind], **changes})
    events, others = chosen.binomial(n, ratio * base, size=(800, 100)), chosen.binomial(other, base, size=(800, 100))
    sizes = (np.full(events.shape, float(size)) for size in (n, other))
    pair = Pair(n=next(sizes), events=events.astype(float), other_n=next(sizes), other_events=others.astype(float))

    alarms = pair.limits(asked, alpha=1 / 20).alarms(events)

    assert alarms.size / alarms.sum() == pytest.approx(design(kind, changes).attained, rel=0.05)


def test_what_is_read_of_two_rates_is_what_their_limits_say():
    chosen = np.random.default_rng(3)
    counts = {"n": np.full((300, 12), 90.0), "control_n": np.full((300, 12), 60.0)}
    counts |= {"events": chosen.binomial(90, 0.3, (300, 12)), "control_events": chosen.binomial(60, 0.4, (300, 12))}
    asked = KINDS["against-control"].accepted(work.PARAMETERS["against-control"])
    pair = Pair(
        n=counts["n"], events=counts["events"], other_n=counts["control_n"], other_events=counts["control_events"]
    )

    expected = pair.limits(asked, alpha=1 / 20).alarms(counts["events"])

    for upto in (1, 5, 12):
        found = read("against-control", {name: values[:, :upto] for name, values in counts.items()})
        assert [one.state == "alarm" for one in found] == expected[:, upto - 1].tolist()


def test_what_is_read_of_groups_is_what_their_limits_against_everybody_else_say():
    chosen = np.random.default_rng(3)
    n = chosen.integers(40, 90, size=(150, 3, 8)).astype(float)
    without = chosen.binomial(n.astype(int), [[0.3], [0.3], [0.5]]).astype(float)
    groups = Series(
        sites=work.names("site", 150),
        groups=("German", "Somali", "Turkish"),
        periods=work.names("2026-", 8),
        counts={"n": n, "without": without},
    )
    asked = KINDS["access-equity"].accepted(work.PARAMETERS["access-equity"])

    found = KINDS["access-equity"].read(groups, work.PARAMETERS["access-equity"])

    others = (one.sum(axis=1, keepdims=True) - one for one in (n, without))
    counts = [one.reshape(-1, 8) for one in (n, without, *others)]
    pair = Pair(n=counts[0], events=counts[1], other_n=counts[2], other_events=counts[3])
    expected = pair.limits(asked, alpha=1 / 20).alarms(counts[1])
    assert expected.any()
    assert [one.state == "alarm" for one in found] == expected[:, -1].tolist()


def test_a_rate_at_its_limit_against_control_alarms_as_its_design_says_exactly_where_events_are_rare():
    asked = KINDS["against-control"].accepted(work.PARAMETERS["against-control"])
    many, thirty = np.full((1, 520), 1e9), np.full((1, 520), 30.0)

    limits = Pair(n=many, events=thirty, other_n=many, other_events=thirty).limits(asked, alpha=1 / 20)

    chances = binom.cdf(limits.low[0], 60, 0.8 / 1.8)
    assert mean_run(chances) == pytest.approx(design("against-control").attained, rel=0.001)
    assert (np.cumprod(1 - chances) >= (19 / 20) ** np.arange(1, 521) - 1e-6).all()


@pytest.mark.parametrize(
    ("bands", "least", "most"), [("1/2", 30, 90), ("1/2", 200, 400), ("", 10, 60), ("1/4, 1/2", 40, 90)]
)
def test_scores_that_mean_what_they_say_alarm_as_rarely_as_designed(bands, least, most):
    scores = np.array([0.1, 0.2, 0.4, 0.7])
    n = np.random.default_rng(20_261_122).integers(least, most, size=(1, 150, 4)).astype(float)
    asked = KINDS["calibration"].accepted({**work.PARAMETERS["calibration"], "bands": bands})

    found = critical_bands(asked.edges, n=n, scores=scores, alpha=1 / 20).bands

    quiet = [
        [within(n[0, period, one.inside], scores[one.inside], one.low[0, period], one.high[0, period]) for one in found]
        for period in range(150)
    ]
    run = mean_run(1 - np.prod(quiet, axis=1))
    assert run == pytest.approx(design("calibration", {"bands": bands}).run_length, rel=0.05)
    assert run >= 20 * 0.999


def within(n, scores, low, high):
    """Return the exact chance that events lie between two counts, by adding up the cases of each score."""
    total = np.ones(1)
    for size, score in zip(n.astype(int), scores, strict=True):
        total = np.convolve(total, binom.pmf(np.arange(size + 1), size, score))
    return total[max(0, int(low) + 1) : int(high)].sum()


def test_what_is_read_of_scores_is_what_their_limits_say():
    chosen = np.random.default_rng(3)
    n = chosen.integers(30, 90, size=(400, 8, 2)).astype(float)
    events = chosen.binomial(n.astype(int), (0.25, 0.7))
    asked, scores = KINDS["calibration"].accepted(work.PARAMETERS["calibration"]), np.array([0.2, 0.7])
    counts = {f"scored={score}": n[:, :, place] for place, score in enumerate(scores)}
    counts |= {f"positive={score}": events[:, :, place] for place, score in enumerate(scores)}

    limits = critical_bands(asked.edges, n=n, scores=scores, alpha=1 / 20).bands

    expected = [(events[:, :, k] <= one.low) | (events[:, :, k] >= one.high) for k, one in enumerate(limits)]
    for upto in (1, 4, 8):
        found = read("calibration", {name: values[:, :upto] for name, values in counts.items()})
        assert [one.state == "alarm" for one in found] == np.any(expected, axis=0)[:, upto - 1].tolist()
