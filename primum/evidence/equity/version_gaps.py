"""Equity over a change of version: what each group of patients gains or loses, and whether the gap grew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from primum.evidence.equity.subgroups import TooFewLevels, largest_difference
from primum.evidence.intervals import Group, Interval
from primum.evidence.shares.two_proportions import miettinen_nurminen


@dataclass(frozen=True, kw_only=True)
class VersionGroups:
    """One group of patients with the old version, and others of the same group with the new one."""

    old: Group
    new: Group


@dataclass(frozen=True, kw_only=True)
class LevelChange:
    """New minus old in one group; positive is better where more events are better."""

    level: str
    value: Fraction
    interval: Interval


@dataclass(frozen=True, kw_only=True)
class VersionChange:
    """The changes of all groups, and by how much largest minus smallest grew."""

    levels: tuple[LevelChange, ...]
    spread_before: Fraction
    spread_after: Fraction

    @property
    def worst(self) -> LevelChange:
        """The group that gained least, or lost most."""
        return min(self.levels, key=lambda one: (one.value, one.level))


def changes_by_level(
    *,
    levels: Mapping[str, VersionGroups],
    confidence: float,
    compare: Callable[..., Interval] = miettinen_nurminen,
) -> VersionChange:
    """
    Return each group's change with intervals that hold together (Sidak 1967 over independent groups).

    A total may improve while a group gets worse; a rule "no group loses more than the margin" reads the
    lower ends. Groups without units under one of the versions are left out.

    :raises TooFewLevels: if no group has units under both versions
    """
    known = {level: both for level, both in levels.items() if both.old.n and both.new.n}
    if not known:
        raise TooFewLevels("A change of version needs a group with units under both versions, and there is none.")
    each = confidence ** (1 / len(known))
    return VersionChange(
        levels=tuple(
            LevelChange(
                level=level,
                value=both.new.rate - both.old.rate,
                interval=compare(first=both.new, second=both.old, confidence=each),
            )
            for level, both in known.items()
        ),
        spread_before=largest_difference([both.old for both in known.values()]),
        spread_after=largest_difference([both.new for both in known.values()]),
    )
