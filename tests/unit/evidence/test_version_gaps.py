from fractions import Fraction

import numpy as np
import pytest

from primum.evidence.equity.subgroups import TooFewLevels
from primum.evidence.equity.version_gaps import VersionGroups, changes_by_level
from primum.evidence.intervals import Group
from primum.evidence.shares.two_proportions import miettinen_nurminen


def both(old: tuple[int, int], new: tuple[int, int]) -> VersionGroups:
    return VersionGroups(old=Group(events=old[0], n=old[1]), new=Group(events=new[0], n=new[1]))


def test_a_better_total_may_hide_a_group_that_lost():
    levels = {"F": both((180, 200), (150, 200)), "M": both((850, 1000), (950, 1000)), "X": both((0, 0), (9, 9))}

    change = changes_by_level(levels=levels, confidence=0.95)

    assert [one.level for one in change.levels] == ["F", "M"]
    assert change.worst.level == "F"
    assert change.worst.interval.upper < 0 < change.levels[1].interval.lower
    assert (change.spread_before, change.spread_after) == (Fraction(5, 100), Fraction(20, 100))


def test_one_group_has_the_usual_interval():
    level = both((180, 200), (150, 200))

    (found,) = changes_by_level(levels={"F": level}, confidence=0.95).levels

    assert found.interval == miettinen_nurminen(first=level.new, second=level.old, confidence=0.95)


def test_without_any_change_one_is_claimed_in_5_per_cent_at_most():
    draws, claimed = np.random.default_rng(2).binomial(60, 0.9, size=(400, 4, 2)).tolist(), 0

    for table in draws:
        levels = {str(place): both((old, 60), (new, 60)) for place, (old, new) in enumerate(table)}
        change = changes_by_level(levels=levels, confidence=0.95)
        claimed += any(one.interval.lower > 0 or one.interval.upper < 0 for one in change.levels)

    # Three standard errors of 5 % among 400 tables are 3.3 points.
    assert claimed / 400 <= 0.05 + 0.033


def test_no_group_under_both_versions_is_no_change():
    with pytest.raises(TooFewLevels, match="there is none"):
        changes_by_level(levels={"F": both((0, 0), (9, 9))}, confidence=0.95)
