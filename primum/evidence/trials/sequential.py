"""The looks of a trial at the information they really had, and the boundary each had to cross."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from primum.evidence.counts.cells import Cells
from primum.evidence.designs.boundaries import Boundaries, Design, boundaries
from primum.evidence.designs.futility import BetaSpending, with_futility
from primum.evidence.designs.paths import LooksRefused
from primum.evidence.shares.two_proportions import pooled_z, score_z
from primum.evidence.trials.trial_arms import Arms, primary_arms
from primum.roadmap.protocol import Protocol

# Data within a twentieth of the plan around a planned look belong to that look (602 for 600 of 948).
NEAR = Fraction(1, 20)
FARTHEST_Z = 10.0


@dataclass(frozen=True, kw_only=True)
class LookResult:
    """
    One look: information in units with a known outcome, and the boundary on the z scale.

    ``z`` is positive when the intervention is better, and ``None`` when the data of that look were
    not kept or are not there yet. An unplanned look is charged: it spends alpha like any other.
    ``futility`` is the bound below which the question will hardly be answered with yes.
    """

    number: int
    information: int
    fraction: float
    boundary: float
    z: float | None
    reached: bool = True
    planned: bool = True
    futility: float | None = None


def looks_so_far(*, protocol: Protocol, cells: Cells) -> tuple[LookResult, ...]:
    """Return the looks up to now, the last one with its z; none without a spending function or data."""
    return tuple(look for look in all_looks(protocol=protocol, cells=cells) if look.reached)


def all_looks(*, protocol: Protocol, cells: Cells) -> tuple[LookResult, ...]:
    """Return the looks up to now and those still planned, at the boundaries that follow from the information so far."""
    arms = primary_arms(protocol=protocol, cells=cells)
    if protocol.spending == "none" or not arms.n:
        return ()
    past, ahead = looks_around(protocol=protocol, now=arms.n)
    information = (*past, arms.n, *ahead)
    found = bounds_of(protocol=protocol, information=information)
    return tuple(
        LookResult(
            number=place + 1,
            information=amount,
            fraction=amount / protocol.planned_units,
            boundary=bound,
            z=z_of(protocol=protocol, arms=arms) if place == len(past) else None,
            reached=place <= len(past),
            planned=place != len(past) or _near_a_planned_look(protocol, arms.n),
            futility=found.futility[place] if place < len(found.futility) else None,
        )
        for place, (amount, bound) in enumerate(zip(information, found.critical, strict=True))
    )


def design_of(*, protocol: Protocol, information: Sequence[int] = ()) -> Design:
    """
    Return the design by which a protocol shares its error between these looks, or the planned ones.

    What a user-defined design has spent between two planned looks lies on a straight line between
    them, so that an unplanned look is charged as well.

    :raises LooksRefused: without a spending function
    """
    if protocol.spending == "none":
        raise LooksRefused("The protocol plans no looks; its error is spent at the end.")
    parameter = float(Fraction(protocol.spending_parameter or 0))
    spent = _between(protocol.planned_looks, protocol.spent, information or protocol.planned_looks)
    return Design(name=protocol.spending, alpha=_alpha(protocol), parameter=parameter, spent=spent)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Critical values at each look, and futility bounds at all but the last where the protocol has them."""

    critical: tuple[float, ...]
    spent: tuple[float, ...]
    futility: tuple[float, ...] = ()


def bounds_of(*, protocol: Protocol, information: Sequence[int]) -> Bounds:
    """
    Return the bounds that follow from a protocol at looks with this much information.

    :raises LooksRefused: if no bound can be computed for such looks
    """
    return _bounds(
        design_of(protocol=protocol, information=information),
        _beta_spending(protocol, information),
        tuple(information),
        protocol.planned_units,
        binding=protocol.futility is not None and protocol.futility.binding,
    )


# A rehearsal asks for the bounds of the same looks thousands of times.
@lru_cache(maxsize=4096)
def _bounds(
    design: Design, futility: BetaSpending | None, information: tuple[int, ...], planned: int, *, binding: bool
) -> Bounds:
    if futility is None or len(information) == 1:
        found: Boundaries = boundaries(design=design, information=information, planned=planned)
        return Bounds(critical=found.critical, spent=found.spent)
    both = with_futility(design=design, spending=futility, information=information, planned=planned, binding=binding)
    return Bounds(critical=both.critical, spent=both.spent, futility=both.futility)


def _beta_spending(protocol: Protocol, information: Sequence[int]) -> BetaSpending | None:
    futility = protocol.futility
    if futility is None:
        return None
    return BetaSpending(
        name=futility.spending,
        beta=float(Fraction(futility.beta)),
        parameter=float(Fraction(futility.parameter or 0)),
        spent=_between(protocol.planned_looks, futility.spent, information),
    )


def _between(planned: Sequence[int], spent: Sequence[str], information: Sequence[int]) -> tuple[float, ...]:
    """Return what is spent at these looks, on straight lines between the planned ones; nothing without any."""
    if not spent:
        return ()
    places, amounts = [0, *planned], [Fraction(0), *map(Fraction, spent)]
    found = []
    for now in information:
        if now >= places[-1]:
            found.append(float(amounts[-1]))
            continue
        after = next(place for place, at in enumerate(places) if at > now)
        share = Fraction(now - places[after - 1], places[after] - places[after - 1])
        found.append(float(amounts[after - 1] + share * (amounts[after] - amounts[after - 1])))
    return tuple(found)


def _alpha(protocol: Protocol) -> float:
    return float(Fraction(protocol.alpha_one_sided))


def looks_around(*, protocol: Protocol, now: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """
    Return the planned looks before and after this amount of information.

    The look that is held now takes the place of the planned one it is near, and beyond the plan of
    the last; near none it is an unplanned look between them.
    """
    far = [at for at in protocol.planned_looks if not _same_look(protocol, at, now)]
    return tuple(at for at in far if at < now), tuple(at for at in far if at > now)


def _near_a_planned_look(protocol: Protocol, now: int) -> bool:
    return any(_same_look(protocol, at, now) for at in protocol.planned_looks)


def _same_look(protocol: Protocol, planned: int, now: int) -> bool:
    overrun = planned == protocol.planned_units and now > planned
    return overrun or abs(planned - now) <= NEAR * protocol.planned_units


def z_of(*, protocol: Protocol, arms: Arms) -> float:
    """Return z in favour of the intervention, against the margin where the question is non-inferiority."""
    first, second = arms.benefit(protocol.primary.good)
    if protocol.question == "non-inferiority" and protocol.margin is not None:
        z = score_z(first=first, second=second, null=-float(Fraction(protocol.margin)), corrected=False)
        # Nobody or everybody has the event: the test cannot be further out than any boundary.
        return max(-FARTHEST_Z, min(FARTHEST_Z, z))
    return pooled_z(first=first, second=second)
