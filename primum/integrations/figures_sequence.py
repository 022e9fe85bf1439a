"""The looks of a trial as an evaluation tells them, without going back to the counts."""

from primum.evidence.trials.sequential import NEAR, LookResult, bounds_of, looks_around
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Protocol


def looks_of(*, estimate: Estimate, protocol: Protocol) -> tuple[LookResult, ...]:
    """
    Return the looks behind a primary benefit with a repeated interval, past, present and still planned.

    The interval is value -/+ boundary x standard error (Jennison & Turnbull 1989), so that z follows
    from its lower end; ``n`` is the information. None without a spending function or a known value.
    """
    if protocol.spending == "none" or not estimate.n or estimate.value is None or estimate.lower is None:
        return ()
    past, ahead = looks_around(protocol=protocol, now=estimate.n)
    information = (*past, estimate.n, *ahead)
    bounds = bounds_of(protocol=protocol, information=information)
    half = estimate.value - estimate.lower
    z = bounds.critical[len(past)] * estimate.value / half if half else 0.0
    return tuple(
        LookResult(
            number=place + 1,
            information=amount,
            fraction=amount / protocol.planned_units,
            boundary=bound,
            z=z if place == len(past) else None,
            reached=place <= len(past),
            planned=place != len(past) or _is_planned(protocol, amount),
            futility=bounds.futility[place] if place < len(bounds.futility) else None,
        )
        for place, (amount, bound) in enumerate(zip(information, bounds.critical, strict=True))
    )


def _is_planned(protocol: Protocol, information: int) -> bool:
    return information >= protocol.planned_units or any(
        abs(at - information) <= NEAR * protocol.planned_units for at in protocol.planned_looks
    )
