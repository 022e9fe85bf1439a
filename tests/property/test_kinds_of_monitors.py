"""Laws of every kind of monitor: sites are alike, good news is no alarm, and no counts are ever an exception or NaN."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from primum.evidence.watching.carried_error import critical_counts
from primum.evidence.watching.exact_limits import Binomial
from primum.evidence.watching.kinds import KINDS, Series
from tests import kinds_at_work as work

FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
STRANGE = (math.nan, 0.0, 1.0, 2.0, 7.0, 40.0, 300.0, -1.0, 1e9, math.inf, 0.5)
# Whatever a kind needs, and levels for those that need some.
LEVELS = ("age=1", "age=2", "scored=0.2", "scored=0.7", "positive=0.2", "positive=0.7")
SEEDS = st.integers(0, 2**32 - 1)
FORM = st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 4))


def columns_of(kind):
    return (*(name for name in (*KINDS[kind].needs, *KINDS[kind].may_have) if "=" not in name), *LEVELS)


@st.composite
def counts_of_any_sort(draw, kind):
    sites, groups, periods = draw(FORM)
    # Of most counts only a few are strange.
    chosen, usual = np.random.default_rng(draw(SEEDS)), draw(st.floats(0, 1))
    shape = (sites, groups, periods)
    values = {
        name: np.where(chosen.random(shape) < usual, chosen.integers(0, 90, shape), chosen.choice(STRANGE, shape))
        for name in columns_of(kind)
    }
    return Series(
        sites=work.names("site", sites),
        groups=work.names("group", groups),
        periods=work.names("2026-", periods),
        counts=values,
        baseline={name: values[name][:, :, 0] for name in LEVELS},
        smallest_cell=draw(st.sampled_from([0, 5, 10])),
    )


@st.composite
def possible_counts(draw, kind):
    """Counts that may be true: no more of something than there is, with one group."""
    sites, periods = draw(st.integers(2, 4)), draw(st.integers(1, 4))
    shape = (sites, periods)
    chosen = np.random.default_rng(draw(SEEDS))
    found = {}
    for name, usual in work.PERFECT[kind].items():
        whole = name in {"n", "exposure", "encounters", "asked", "control_n", "held", "outputs", "answers", "expected"}
        most = max(usual, 1)
        values = (
            chosen.integers(1, 2 * most + 1, size=shape) if whole else chosen.integers(0, most // 2 + 2, size=shape)
        )
        found[name] = values.astype(float)
    return bounded(found)


def bounded(counts):
    parts = {
        "events": "n",
        "outside": "encounters",
        "changed": "asked",
        "control_events": "control_n",
        "late": "held",
        "reviewed": "outputs",
    }
    return {
        name: np.minimum(values, counts[parts[name]]) if parts.get(name) in counts else values
        for name, values in counts.items()
    }


def read(kind, series):
    return KINDS[kind].read(series, work.PARAMETERS[kind])


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.data())
def test_no_counts_are_an_exception_or_a_number_that_is_none(kind, data):
    series = data.draw(counts_of_any_sort(kind))

    found = read(kind, series)

    assert found
    for one in found:
        assert one.state in {"quiet", "alarm", "insufficient", "estimated"}
        assert one.sentence.endswith(".")
        assert "nan" not in one.sentence.replace("finance", "")
        assert all(value is None or math.isfinite(value) for value in (one.statistic, one.limit))
        assert one.n >= 0
        assert one.needed >= 0


@pytest.mark.parametrize("kind", work.PERFECT)
@FEW
@given(data=st.data())
def test_the_order_of_sites_changes_nothing(kind, data):
    counts = data.draw(possible_counts(kind))
    series = work.series(counts)
    order = data.draw(st.permutations(range(len(series.sites))))
    mixed = replace(
        series,
        sites=tuple(series.sites[place] for place in order),
        counts={name: values[list(order)] for name, values in series.counts.items()},
    )

    before, after = read(kind, series), read(kind, mixed)

    def said(one):
        # A sum of probabilities in another order may differ in its last digits.
        numbers = [None if value is None else round(value, 9) for value in (one.statistic, one.limit)]
        return [getattr(one, field.name) for field in fields(one) if field.name not in {"statistic", "limit"}], numbers

    assert sorted(map(repr, map(said, before))) == sorted(map(repr, map(said, after)))


def followed_by_perfect(counts, *, kind, periods):
    return {
        name: np.concatenate([values, np.full((len(values), periods), float(work.PERFECT[kind][name]))], axis=1)
        for name, values in counts.items()
    }


@pytest.mark.parametrize("kind", work.PERFECT)
@FEW
@given(data=st.data(), more=st.integers(1, 3))
def test_a_perfect_period_never_turns_quiet_into_alarm(kind, data, more):
    counts = data.draw(possible_counts(kind))
    longer = followed_by_perfect(counts, kind=kind, periods=more)

    before, after = read(kind, work.series(counts)), read(kind, work.series(longer))

    was = {(one.site, one.measure): one.state for one in before}
    for one in after:
        if one.state == "alarm":
            assert was.get((one.site, one.measure)) == "alarm"


@pytest.mark.parametrize("kind", ["performance-cusum", "performance-ewma", "outcomes-cusum", "rare-events"])
@FEW
@given(data=st.data(), more=st.integers(1, 3))
def test_perfect_periods_never_make_an_earlier_alarm_vanish(kind, data, more):
    counts = data.draw(possible_counts(kind))
    longer = followed_by_perfect(counts, kind=kind, periods=more)

    before, after = read(kind, work.series(counts)), read(kind, work.series(longer))

    stays = {one.site: (one.state, one.since) for one in after}
    assert all(stays[one.site] == ("alarm", one.since) for one in before if one.state == "alarm")


@FEW
@given(seed=SEEDS, sides=st.sampled_from([(None, 0.1), (0.2, None), (0.1, 0.5), (0.28, 0.32)]))
def test_error_that_is_carried_on_is_never_spent_twice_and_limits_never_look_ahead(seed, sides):
    n = np.random.default_rng(seed).integers(0, 80, size=(4, 12)).astype(float)
    low, high = (share and Binomial(n=n, share=share) for share in (sides[0] and 1 - sides[0], sides[1]))

    found = critical_counts(high=high, low=low, alpha=0.05)

    read_so_far = (n > 0).cumsum(axis=1)
    for share in filter(None, sides):
        chance = np.where(n > 0, binom.cdf(found.low, n, share) + binom.sf(found.high - 1, n, share), 0.0)
        assert (np.cumprod(1 - chance, axis=1) >= 0.95**read_so_far - 1e-9).all()
    shorter = critical_counts(high=high and replace(high, n=n[:, :7]), low=low and replace(low, n=n[:, :7]), alpha=0.05)
    assert (shorter.low == found.low[:, :7]).all()
    assert (shorter.high == found.high[:, :7]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_without_any_counts_it_says_so(kind):
    empty = Series(sites=(), periods=(), counts={})

    (only,) = read(kind, empty)

    assert (only.state, only.n) == ("insufficient", 0)
    assert "nothing can be said" in only.sentence
