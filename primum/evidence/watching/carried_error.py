"""
Exact tests of whole counts, period after period, of which the error one period leaves over goes on to the next.

An exact test of whole counts alarms less often than asked, since the next smaller count would alarm too often; over
the years that is power thrown away. Here each place keeps account: what is due by now is 1 - (1 - alpha)^t (as in
Zhang & Woodall 2015), what was spent is known exactly, and where enough is left, one count fewer alarms in that
period. The account is closed after 104 periods and begins anew, so that old counts need not be read for ever. If the
share is the limit, the chance of no alarm by period t is therefore never below (1 - alpha)^t, whatever
the volumes: the mean run length is 1 / alpha at least, and not much more.
"""

import math
from dataclasses import dataclass

import numpy as np

from primum.evidence.watching.exact_limits import Flags, Law, Tests, tests_of
from primum.evidence.watching.series import Array

# However much was left over, no single period spends more than this many times its own part.
MOST_AT_ONCE = 4.0
MOST_CHANCE = 0.5
# So many periods have one account; what is left over at its end is at most what MOST_AT_ONCE of them were due.
ACCOUNT = 104
LOOK_AHEAD = 10 * ACCOUNT
# A limit is a sum of probabilities; what they are off by must not move it.
ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Carried:
    """Which tests (places, periods, tests) alarm at one count fewer, and what each period (places, periods) spends."""

    looser: Flags
    spent: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Critical:
    """
    Counts of shape (places, periods) that alarm: at or below ``low``, at or above ``high``; none where none does.

    :param could: where every declared limit could be passed
    :param if_low: chance of an alarm where the share is the lower limit; ``None`` if there is none
    """

    low: Array
    high: Array
    could: Flags
    if_low: Array | None
    if_high: Array | None

    @property
    def last(self) -> "Critical":
        """The last period alone, of shape (places,)."""
        low, high = (None if one is None else one[:, -1] for one in (self.if_low, self.if_high))
        return Critical(low=self.low[:, -1], high=self.high[:, -1], could=self.could[:, -1], if_low=low, if_high=high)

    def alarms(self, events: Array) -> Flags:
        """Return where counts alarm; what is not known does not."""
        return np.asarray((events <= self.low) | (events >= self.high), dtype=bool)

    @property
    def chances(self) -> tuple[Array, ...]:
        """The chance of an alarm in each period at each limit that there is."""
        return tuple(one for one in (self.if_low, self.if_high) if one is not None)


def carried(*, chance: Array, looser: Array, alpha: float, read: Flags) -> Carried:
    """
    Return which tests may alarm at one count fewer, so that nothing due is lost and never more than is due is spent.

    :param chance: of shape (places, periods, tests); together alpha at most in each period
    :param looser: the same if one count fewer alarmed; infinite where it must not
    :param read: periods that were read; another passes no time
    """
    extra = looser - chance
    order = np.argsort(extra, axis=2, kind="stable")
    steps = np.cumsum(np.take_along_axis(extra, order, axis=2), axis=2)
    sure = chance.sum(axis=2)
    due = -math.log1p(-alpha)
    most = max(due, -math.log1p(-min(MOST_AT_ONCE * alpha, MOST_CHANCE)))
    bank, taken, spent = np.zeros(len(sure)), np.zeros(extra.shape, dtype=bool), np.zeros(sure.shape)
    for period in range(sure.shape[1]):
        bank = np.minimum(bank * (period % ACCOUNT > 0) + due * read[:, period], most)
        room = -np.expm1(-bank) - sure[:, period] + ROUNDING
        fits = steps[:, period] <= room[:, None]
        taken[:, period] = fits
        more = np.where(fits, steps[:, period], 0.0).max(axis=1, initial=0.0)
        spent[:, period] = np.where(read[:, period], sure[:, period] + more, 0.0)
        bank = np.maximum(0.0, bank + np.log1p(-spent[:, period]))
    found = np.zeros(extra.shape, dtype=bool)
    np.put_along_axis(found, order, taken, axis=2)
    return Carried(looser=found & read[:, :, None], spent=spent)


def of_this_account(*counts: Array) -> tuple[Array, ...]:
    """Return of counts, of which the second axis is periods, those that the account of the last period is about."""
    return tuple(one[:, max(0, one.shape[1] - 1) // ACCOUNT * ACCOUNT :] for one in counts)


def critical_counts(*, high: Law | None, low: Law | None, alpha: float) -> Critical:
    """
    Return the counts that alarm, so that at each limit the mean run length is 1 / alpha, or little more.

    :param high: of events of shape (places, periods), if their share is the upper limit; ``None`` without one
    :param low: of units without an event, if the share of events is the lower limit
    """
    one = high or low
    if one is None:
        raise ValueError("A share is tested against a limit; give one at least.")
    read = one.total > 0
    if high is None or low is None:
        tests = tests_of(one, alpha=alpha)
        spent, count = _one_sided(tests, alpha=alpha, read=read)
        return _critical(one.total, **{"high" if high else "low": (count, spent)})
    return _two_sided(high, low, alpha=alpha, read=read)


def _one_sided(tests: Tests, *, alpha: float, read: Flags) -> tuple[Array, Array]:
    found = carried(chance=tests.chance[:, :, None], looser=tests.looser[:, :, None], alpha=alpha, read=read)
    return found.spent, tests.count - found.looser[:, :, 0]


def _two_sided(high: Law, low: Law, *, alpha: float, read: Flags) -> Critical:
    """Each limit has all of the error but what the other one costs it: nearly all if they are far apart, or half."""
    sides = _halves(high, low, alpha=alpha)
    open_ = np.ones(read.shape, dtype=bool)
    for level in (alpha, alpha / 2):
        exact = [np.maximum(law.first(level), 1.0) for law in (high, low)]
        for stricter in (0, 1):
            if not open_.any():
                break
            tried = _beside_each_other(high, low, counts=(exact[0] + stricter, exact[1] + stricter))
            good = open_ & (np.maximum(tried[0].chance, tried[1].chance) <= alpha)
            sides = [_chosen(good, *pair) for pair in zip(tried, sides, strict=True)]
            open_ &= ~good
    found = [_one_sided(side, alpha=alpha, read=read) for side in sides]
    return _critical(high.total, high=found[0][::-1], low=found[1][::-1])


def _halves(high: Law, low: Law, *, alpha: float) -> list[Tests]:
    """Return tests with half of the error each, of which nothing is carried on: right however near the limits are."""
    counts = [np.maximum(law.first(alpha / 2), 1.0) for law in (high, low)]
    return [
        Tests(
            count=count,
            chance=_of(law, count) + _wrong_side(law, other),
            looser=np.full(count.shape, np.inf),
        )
        for law, count, other in zip((high, low), counts, counts[::-1], strict=True)
    ]


def _beside_each_other(high: Law, low: Law, *, counts: tuple[Array, Array]) -> list[Tests]:
    """Return tests at these counts, or one fewer, with what the loosest test of the other limit costs."""
    found = []
    for law, count, other in zip((high, low), counts, counts[::-1], strict=True):
        wrong = _wrong_side(law, other - 1)
        looser = np.where(count > 1, _of(law, np.maximum(count - 1, 1.0)) + wrong, np.inf)
        found.append(Tests(count=count, chance=_of(law, count) + wrong, looser=np.where(law.total > 0, looser, np.inf)))
    return found


def _chosen(where: Flags, one: Tests, other: Tests) -> Tests:
    return Tests(
        count=np.where(where, one.count, other.count),
        chance=np.where(where, one.chance, other.chance),
        looser=np.where(where, one.looser, other.looser),
    )


def _of(law: Law, count: Array) -> Array:
    return np.where(law.total > 0, law.at_least(count), 0.0)


def _wrong_side(law: Law, others: Array) -> Array:
    """Return the chance that so many or more are of the other sort."""
    return np.where(law.total > 0, 1 - law.at_least(law.total - np.maximum(others, 1.0) + 1), 0.0)


def _critical(
    total: Array, *, high: tuple[Array, Array] | None = None, low: tuple[Array, Array] | None = None
) -> Critical:
    could = total > 0
    for side in (high, low):
        could = could & (True if side is None else side[0] <= total)
    return Critical(
        low=np.full(total.shape, -1.0) if low is None else total - low[0],
        high=total + 1 if high is None else high[0],
        could=could,
        if_low=None if low is None else low[1],
        if_high=None if high is None else high[1],
    )


def run_length(critical: Critical, *, together: int) -> float | None:
    """
    Return the mean periods to an alarm if the share is one of the limits: the shorter one; ``None`` if none ever comes.

    :param critical: of one place over many periods
    :param together: so many places that are alike
    """
    found = [mean_run(chances[0], together) for chances in critical.chances]
    return min((one for one in found if one is not None), default=None)


def mean_run(chances: Array, together: int) -> float | None:
    """Return the mean periods to an alarm from the chance of one in each, given none before; ``None`` if none comes."""
    left = np.cumprod((1 - chances) ** together)
    often = -np.log(left[-1]) / len(chances) if left[-1] > 0 else math.inf
    if often <= 0:
        return None
    return float(1 + left[:-1].sum() + left[-1] / -np.expm1(-often))
