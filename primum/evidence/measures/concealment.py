"""Hiding one more group where a hidden one could be found by subtraction from the total."""

from collections.abc import Sequence
from dataclasses import replace

from primum.roadmap.estimates import Estimate
from primum.roadmap.scopes import levels_of

# The first part of a scope is the attribute whose levels add up to the total.
Family = tuple[str, tuple[tuple[str, str], ...]]


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
        shown = [number for number in members if not estimates[number].suppressed]
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
        note="hidden because another group, too small to show, could be found by subtraction",
        suppressed=True,
        exact="",
    )
