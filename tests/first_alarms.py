"""Windows and baselines drawn where all is well, and when the first false alarm of each came."""

import numpy as np

from primum.evidence.watching.kinds_drift import moves
from primum.evidence.watching.shared_baseline import common_share, level_of_column


def sums(counts, *, window):
    """Return the sums over the windows that end with each period, the last axis; the first are not full."""
    upto = np.concatenate([np.zeros((*counts.shape[:-1], 1)), counts.cumsum(axis=-1)], axis=-1)
    ends = np.arange(1, counts.shape[-1] + 1)
    return upto[..., ends] - upto[..., np.maximum(ends - window, 0)]


def periods_of(volume, *, window, periods):
    """Return the units of each period, if a window has so many, as even as whole numbers are."""
    return np.resize(np.diff(np.floor(np.arange(window + 1) * volume / window)), periods).astype(int)


def mean_first(alarms):
    """Return the mean periods to the first alarm; of those that had none the rest is as it was on average."""
    any_, periods = alarms.any(axis=1), alarms.shape[1]
    first = np.where(any_, alarms.argmax(axis=1) + 1, periods)
    assert any_.mean() > 0.9
    return first.sum() / any_.sum()


def drift_alarms(chosen, *, columns, rows, before, window=1, run_length, together, places, periods, ordered=False):
    """
    Return, of shape (places, periods), where a column of shares alarms that did not move.

    :param columns: shares of the levels of each column
    :param together: so many places share the false alarms with each of these
    """
    found = np.zeros((places, periods), dtype=bool)
    sizes = sums(periods_of(rows, window=window, periods=periods).astype(float), window=window)
    for shares in columns:
        baseline = chosen.multinomial(before, shares, size=places).astype(float)
        drawn = chosen.multinomial(
            periods_of(rows, window=window, periods=periods), shares, size=(places, periods)
        ).astype(float)
        current = np.moveaxis(sums(np.moveaxis(drawn, 1, 2), window=window), 2, 1).reshape(-1, len(shares))
        reference = np.repeat(baseline, periods, axis=0)
        level = level_of_column(
            share=np.tile(common_share(baseline=np.array(before), window=sizes), places),
            ways=len(shares) - 1,
            ordered=ordered,
            window=window,
            run_length=run_length,
            charts=together * len(columns),
        )
        one = moves(column="any", reference=reference, current=current, ordered=ordered, sure=level, worth=level)
        found |= (one.p <= level).reshape(places, periods)
    return found
