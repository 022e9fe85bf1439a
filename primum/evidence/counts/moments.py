"""Mean and variance of an amount from its exact sums, rounded once."""

from dataclasses import dataclass
from fractions import Fraction

from primum.evidence.counts.amounts import HALF
from primum.evidence.counts.cells import Cells


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Rows with a value, their sum, mean and sample variance; ``None`` where there are too few rows."""

    n: int
    total: float
    mean: float | None
    variance: float | None


def moments(cells: Cells, column: str) -> Moments:
    """
    Return the moments of an amount over all of some cells.

    :raises UnknownKey: if the amount was not summed
    """
    columns = [[int(number) for number in sums] for sums in cells.sums(column).T]
    n, total, high, cross, low = (sum(numbers) for numbers in columns)
    scale = next(one for one in cells.amounts if one.name == column).scale
    if not n:
        return Moments(n=0, total=0.0, mean=None, variance=None)
    squares = (high << 2 * HALF) + (cross << HALF + 1) + low
    spread = n * squares - total * total
    return Moments(
        n=n,
        total=float(Fraction(total, scale)),
        mean=float(Fraction(total, n * scale)),
        variance=float(Fraction(spread, n * (n - 1) * scale**2)) if n > 1 else None,
    )
