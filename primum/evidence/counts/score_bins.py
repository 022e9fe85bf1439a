"""
Scores as bin numbers, fine towards 0 and 1, read off the float itself.

A score p falls by q = min(p, 1 - p) into a bin whose edges are q's exponent and leading bits, so the
bins mirror around 0.5. Between 1/16 and 15/16 bins are 1/1024 wide, so scores with three decimals each
have their own; below, an octave of q has 32 bins down to 2^-16 and 16 down to 2^-28 (4e-9). The scores
0, 0.5 and 1 have bins of their own.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = "log-symmetric-2053"
"""The name of these edges; counts made with other edges cannot be added."""

NO_SCORE = -1

# Bins per octave of q, from [1/4, 1/2) downwards; each is a power of two, at most 256.
OCTAVES = (256, 128, 64, *[32] * 12, *[16] * 12)
BINS_BELOW_HALF = sum(OCTAVES)
# 0 itself, above 0 and under the last octave, the octaves, 0.5, and their mirror.
HALF = BINS_BELOW_HALF + 2
COUNT = 2 * HALF + 1

# A double's exponent and its 8 leading mantissa bits: 256 slots an octave.
SHIFT = np.uint64(44)
SLOTS = 256
SLOT_OF_HALF = 1022 * SLOTS
REFUSED = SLOT_OF_HALF + 1
# Small enough that a pass over it stays in the processor's cache.
AT_ONCE = 1 << 14


class ScoreRefused(ValueError):
    """Scores that are no scores; the message has counts, and no value of a row (P9)."""


def coded(scores: Floats) -> NDArray[np.int32]:
    """
    Return the bin of each score; a missing score (NaN) is -1.

    :raises ScoreRefused: if a score is infinite or outside 0 to 1
    """
    table = _bins_by_slot()
    given = np.ascontiguousarray(scores, dtype=np.float64).reshape(-1)
    out = np.empty(len(given), np.int32)
    for start in range(0, len(given), AT_ONCE):
        _code(given[start : start + AT_ONCE], table, out[start : start + AT_ONCE])
    unread = np.flatnonzero(out < 0)
    if len(unread):
        _read_again(given, out, unread)
    return out


def label(number: int) -> str:
    """Return how a bin is named as a level of cells, ``b0512``; a missing score (-1) is ``""``."""
    return "" if number == NO_SCORE else f"b{number:04d}"


def labels() -> tuple[str, ...]:
    """Return the names of all bins, in the order of their scores."""
    return tuple(label(number) for number in range(COUNT))


def bin_of(name: str) -> int:
    """
    Return the number of the bin with this name.

    :raises ScoreRefused: if no bin has this name
    """
    if name not in numbers():
        raise ScoreRefused(
            f"A level of the scores is no bin of {BINS}; they run from {label(0)} to {label(COUNT - 1)}."
        )
    return numbers()[name]


@cache
def points() -> tuple[Floats, Floats]:
    """Return the representative score (the middle) of each bin, and half its width."""
    lower, upper = _edges_of_half()
    below = (lower + upper) / 2
    half = (upper - lower) / 2
    middles = np.concatenate([[0.0], below, [0.5], 1 - below[::-1], [1.0]])
    widths = np.concatenate([[0.0], half, [0.0], half[::-1], [0.0]])
    middles.setflags(write=False)
    widths.setflags(write=False)
    return middles, widths


@cache
def numbers() -> Mapping[str, int]:
    """Return the number of each bin by its name."""
    return MappingProxyType({name: number for number, name in enumerate(labels())})


def _edges_of_half() -> tuple[Floats, Floats]:
    """Return the lower and upper edges of the bins between 0 and 0.5, ascending."""
    lower = np.concatenate(
        [np.ldexp(1 + np.arange(parts) / parts, -2 - octave) for octave, parts in reversed(list(enumerate(OCTAVES)))]
    )
    return np.concatenate([[0.0], lower]), np.concatenate([lower, [0.5]])


@cache
def _bins_by_slot() -> NDArray[np.int32]:
    """Return the bin of each slot of q, and below it the mirrored bin for a score above 0.5."""
    lower = np.ones(REFUSED + 1, np.int32)
    edges = _edges_of_half()[0][1:]
    slots = (edges.view(np.uint64) >> SHIFT).astype(np.int64)
    lower[int(slots[0]) : SLOT_OF_HALF] = 1 + np.searchsorted(
        slots, np.arange(int(slots[0]), SLOT_OF_HALF), side="right"
    )
    lower[0], lower[SLOT_OF_HALF], lower[REFUSED] = 0, HALF, NO_SCORE
    upper = COUNT - 1 - lower
    upper[REFUSED] = NO_SCORE
    return np.concatenate([lower, upper])


def _code(given: Floats, table: NDArray[np.int32], out: NDArray[np.int32]) -> None:
    """Write the bins of a few scores; a score that is none becomes -1."""
    folded = 1 - given
    above = folded < given
    np.minimum(folded, given, out=folded)
    slots = folded.view(np.uint64)
    slots >>= SHIFT
    # Negative numbers, infinities and NaN have larger bits than 0.5.
    np.minimum(slots, np.uint64(REFUSED), out=slots)
    places = slots.view(np.int64)
    places += above.view(np.int8) * np.int64(REFUSED + 1)
    np.take(table, places, out=out, mode="clip")
    if not out.all():
        # What is smaller than any normal float shares the slot of 0, and is not 0.
        out[(out == 0) & (given > 0)] = 1


def _read_again(given: Floats, out: NDArray[np.int32], unread: NDArray[np.intp]) -> None:
    """Keep missing scores as -1, give minus zero its bin, and refuse the rest."""
    scores = given[unread]
    out[unread[scores == 0]] = 0
    refused = int((~np.isnan(scores) & (scores != 0)).sum())
    if refused:
        raise ScoreRefused(
            f"{refused:,} of {len(given):,} scores are infinite or outside 0 to 1; "
            "a score is a probability, or missing."
        )
