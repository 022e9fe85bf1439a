"""As many decimals as an interval needs to be told from its own ends; a rare event needs more than a common one."""

from collections.abc import Iterable

from primum.roadmap.estimates import Estimate
from primum.roadmap.wording import decimals_for, shown

UNITS = ("%", " points")


def unit_of(metric: str) -> str:
    """Return the unit that numbers of a metric are written with; empty for ratios, counts and p values."""
    plain = shown(metric, 0.0)
    return next((unit for unit in UNITS if plain.endswith(unit)), "")


def written(metric: str, number: float, *, width: float) -> str:
    """Return a number without its unit, with the decimals that an interval of this width needs."""
    unit = unit_of(metric)
    if not unit:
        return _minus(shown(metric, number))
    return _minus(f"{100 * number:.{decimals_for(width)}f}")


def between(metric: str, *, lower: float, upper: float, width: float) -> str:
    """Return both ends of an interval without their unit."""
    return f"{written(metric, lower, width=width)} to {written(metric, upper, width=width)}"


def widest(estimates: Iterable[Estimate]) -> float:
    """Return the width of the widest interval, so that all rows of one list get as many decimals."""
    known = (one for one in estimates if one.known)
    widths = [one.upper - one.lower for one in known if one.upper is not None and one.lower is not None]
    return max(widths, default=0.0) or 1.0


def _minus(text: str) -> str:
    """Return a number with the sign that a screen reader says; the exponent of a p value keeps its own."""
    return text if "e-" in text else text.replace("-", "\u2212")
