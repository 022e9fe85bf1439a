"""What a protocol assumes, as numbers: rates turned so that more is better, shares of the arms, loss, clusters."""

import math
from dataclasses import dataclass
from fractions import Fraction

from primum.evidence.shares.sample_size import design_effect
from primum.roadmap.protocol import Protocol


class NoPlan(ValueError):
    """A protocol does not say what a plan needs; the sentence says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """Rates of good outcomes, the share of the intervention arm, and what clusters and loss take away."""

    treated: float
    control: float
    margin: float
    alpha: float
    power: float
    ratio: float
    loss: float
    icc: float
    cluster_size: float
    cluster_size_cv: float

    @property
    def effect(self) -> float:
        """The inflation by clusters; 1 where units are randomised one by one."""
        return design_effect(cluster_size=self.cluster_size, icc=self.icc, cv=self.cluster_size_cv)

    @property
    def share(self) -> float:
        """Share of the units in the intervention arm."""
        return self.ratio / (1 + self.ratio)

    def enrolled(self, known: float) -> int:
        """Return how many units are enrolled so that so many have a known outcome, clusters counted in."""
        return math.ceil(round(known * self.effect / (1 - self.loss), 6))

    def known(self, enrolled: float) -> float:
        """Return how many independent units with a known outcome so many enrolled ones are worth."""
        return enrolled * (1 - self.loss) / self.effect


def assumed(protocol: Protocol) -> Assumed:
    """
    Return the numbers that a protocol's size rests on.

    :raises NoPlan: if it has no ``planning``, or shares in it that cannot be
    """
    plan = protocol.planning
    if plan is None:
        raise NoPlan("The protocol says nothing of its `planning`; give the rates under control and intervention.")
    treated, control = (float(Fraction(one)) for one in (plan.intervention, plan.control))
    loss, power = float(Fraction(plan.loss)), float(Fraction(plan.power))
    if not (0 < treated < 1 and 0 < control < 1 and 0 <= loss < 1 and 0 < power < 1):
        raise NoPlan("`planning` needs rates and power between 0 and 1, and a loss below 1.")
    turned = protocol.primary.good == "lower"
    return Assumed(
        treated=1 - treated if turned else treated,
        control=1 - control if turned else control,
        margin=float(Fraction(protocol.margin or 0)) if protocol.question == "non-inferiority" else 0.0,
        alpha=float(Fraction(protocol.alpha_one_sided)),
        power=power,
        ratio=protocol.ratio[0] / protocol.ratio[1],
        loss=loss,
        icc=float(Fraction(plan.icc)),
        cluster_size=float(Fraction(plan.cluster_size)),
        cluster_size_cv=float(Fraction(plan.cluster_size_cv)),
    )
