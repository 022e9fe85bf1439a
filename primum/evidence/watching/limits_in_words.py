"""What a design says of its limits: which counts alarm, how often that comes to, and what overlapping windows mean."""

import numpy as np

from primum.evidence.watching.carried_error import Critical
from primum.evidence.watching.series import Array


def reach(*, critical: Critical, n: Array, attained: float | None, units: str = "units") -> str:
    """Return which counts alarm in the windows that are full, and how often that comes to, in words."""
    most = n.max()
    full = n[0] == most
    of = f"with {most:,.0f} {units} in a window"
    often = "never" if attained is None else f"once in {attained:,.1f}"
    limits = ((critical.low[0, full], "or fewer"), (critical.high[0, full], "or more"))
    said = " and ".join(_counts(counts, more) for counts, more in limits if _any(counts, most))
    return (
        f"{of} it does so {often} and it is {said} that alarm" if said else f"{of} no count would alarm: give it more"
    )


def _any(counts: Array, most: float) -> bool:
    return bool(((counts >= 0) & (counts <= most)).any())


def _counts(limits: Array, more: str) -> str:
    """Return the limit of most periods and, if error is carried, the one of some."""
    values, times = np.unique(limits[limits >= 0], return_counts=True)
    usual = values[times.argmax()]
    others = [f" (at times {value:,.0f})" for value in values if value != usual]
    return f"{usual:,.0f} {more}{''.join(others[:1])}"


def overlapping(window: int) -> str:
    """Return what a window of several periods means for a false alarm, as a sentence of its own."""
    if window == 1:
        return ""
    return (
        f" Windows of {window} periods overlap, so one false alarm goes on for several of them: what is designed is "
        "when the first comes, where periods are about alike."
    )


def bound(window: int) -> str:
    """Return whether what was asked for is a bound: where windows overlap it comes out as asked, nearly."""
    return ", at least" if window == 1 else ""
