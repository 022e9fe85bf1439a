"""
Amounts per row, such as minutes or a score, as exact sums per cell: whole numbers that add up in any order.

An amount is kept to a declared number of decimals, so that it is a whole number of its smallest unit.
Its square does not fit 64 bits once summed; it is kept as three sums of the two halves of the number
(``x = a * 2**16 + b``): of ``a*a``, ``a*b`` and ``b*b``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.int64]

WIDTH = 5
"""Columns of an amount's sums: rows with a value, sum, and the three sums of the square."""

HALF = 16
# Above this, two thousand million rows could overflow the sums.
LARGEST = 1 << 32


class AmountRefused(ValueError):
    """Amounts that cannot be summed exactly; the message counts them and shows none."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A column to be summed: its name and how many decimals are kept."""

    name: str
    decimals: int = 3

    @property
    def scale(self) -> int:
        """How many of its smallest units are one."""
        return int(10**self.decimals)


def weights_of(values: NDArray[np.float64], *, amount: Amount) -> Weights:
    """
    Return the five columns of each row, all 0 where the value is missing (NaN).

    :raises AmountRefused: if a value is infinite or too large for its decimals
    """
    known = ~np.isnan(values)
    scaled = np.rint(np.where(known, values, 0.0) * amount.scale)
    too_large = int(np.count_nonzero(~(np.abs(scaled) <= LARGEST)))
    if too_large:
        raise AmountRefused(
            f"The amount '{amount.name}' has {too_large:,} value(s) beyond {LARGEST / amount.scale:,.0f}; "
            "use a larger unit or fewer decimals."
        )
    whole = scaled.astype(np.int64)
    size = np.abs(whole)
    high, low = size >> HALF, size & ((1 << HALF) - 1)
    return np.column_stack([known.astype(np.int64), whole, high * high, high * low, low * low])


def summed(values: Weights, codes: NDArray[np.int64], *, slots: int) -> Weights:
    """
    Return the columns summed by code, slots x columns.

    A batch of up to two million rows keeps every sum below 2**53, where floats are still exact.
    """
    columns = [np.bincount(codes, weights=column, minlength=slots) for column in values.T]
    return np.column_stack(columns).astype(np.int64)
