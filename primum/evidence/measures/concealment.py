"""Hiding one more group where a hidden one could be found by subtraction from the total."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from primum.roadmap.estimates import Estimate
from primum.roadmap.scopes import levels_of

# The first part of a scope is the attribute whose levels add up to the total.
Family = tuple[str, tuple[tuple[str, str], ...]]


def partner_of_small(sizes: Mapping[str, int], *, too_small: Callable[[int], bool]) -> frozenset[str]:
    """
    Return the level to hide with the one that is too small, before anything is computed of either (P9).

    Where exactly one level is too small, the total minus the others gives it away; the smallest other
    level that has units is hidden with it. None where no level, or more than one, is too small.
    """
    small = [level for level, n in sizes.items() if too_small(n)]
    others = [level for level, n in sizes.items() if n and level not in small]
    if len(small) != 1 or not others:
        return frozenset()
    return frozenset({min(others, key=lambda level: sizes[level])})


def with_partners_hidden(estimates: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """
    Return the estimates with a partner hidden wherever exactly one level of an attribute is (P9).

    Complementary suppression (Willenborg & de Waal 2001, chapter 4): with one level hidden, the total
    minus the others gives it away; the smallest other level is hidden with it and counts as unknown.
    """
    hidden: list[int] = []
    for family in {_family(one) for one in estimates} - {None}:
        members = [number for number, one in enumerate(estimates) if _family(one) == family]
        small = [number for number in members if estimates[number].suppressed]
        shown = [number for number in members if not estimates[number].suppressed and estimates[number].n]
        if len(small) == 1 and shown:
            hidden.append(min(shown, key=lambda number: estimates[number].n))
    return tuple(_hidden(one) if number in hidden else one for number, one in enumerate(estimates))


def _family(estimate: Estimate) -> Family | None:
    levels = levels_of(estimate.scope)
    (attribute, level), *rest = levels.items()
    return (attribute, tuple(rest)) if level else None


def _hidden(estimate: Estimate) -> Estimate:
    return replace(
        estimate,
        value=None,
        lower=None,
        upper=None,
        method="none",
        n=0,
        events=None,
        needed=None,
        note="hidden because another group, too small to show, could be found by subtraction",
        suppressed=True,
        exact="",
    )
