"""
Who gets into which arm: permuted blocks within strata, clusters from a list, the steps of a wedge.

An arm is a function of the secret seed, the locked protocol, the stratum and the place in it, and of
nothing else: it is the same after every restart, and nobody without the seed can tell the next one.
Numbers come from SHAKE-256 keyed by HMAC-SHA-256; sizes of blocks are drawn as well.
"""

import hashlib
import hmac
import unicodedata
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from primum.roadmap.protocol import Protocol

INTERVENTION = "intervention"
CONTROL = "control"
SEQUENCE = "sequence-"
# A round holds each size of block so often, in an order that is drawn: any place is found at once.
EACH_SIZE = 8
MONTHS_OF_A_YEAR = 12
# Control and format characters, and separators of lines.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
T = TypeVar("T")


def unit_key(*, seed: bytes, rollout: str, unit: str) -> str:
    """Return the name a unit has in the ledger; without the seed it leads back to nobody (P9)."""
    return hmac.digest(seed, f"unit\n{rollout}\n{unit}".encode(), "sha256").hex()[:40]


def why_not_unit(unit: str) -> str | None:
    """Return why an identifier cannot be a unit's, if so: one that looks like another would be a patient of its own."""
    seen = unicodedata.normalize("NFC", unit)
    if seen.strip() and seen == unit == unit.strip() and not any(map(_is_unseen, unit)):
        return None
    return (
        "A unit's identifier is empty, has a blank around it, or a character that is not seen or has another spelling; "
        "write each patient in one spelling."
    )


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in UNSEEN


def stratum_of(*, protocol: Protocol, values: Mapping[str, str]) -> str:
    """
    Return the stratum of a unit in one spelling: ``site=north, sex=F``.

    :raises KeyError: if the unit does not say one of the protocol's strata
    """
    return ", ".join(f"{name}={values[name]}" for name in protocol.strata)


@dataclass(frozen=True, kw_only=True)
class ArmList:
    """The arms of every stratum, each in the order in which its units enrol."""

    seed: bytes
    protocol: str
    ratio: tuple[int, int]
    blocks: tuple[int, ...]

    @classmethod
    def of(cls, *, seed: bytes, protocol: Protocol) -> "ArmList":
        """Return the arms of a protocol."""
        return cls(seed=seed, protocol=protocol.digest, ratio=protocol.ratio, blocks=protocol.blocks)

    def arm(self, *, stratum: str, position: int) -> str:
        """Return the arm of one place in a stratum, from 0."""
        turn, place = divmod(position, EACH_SIZE * sum(self.blocks))
        return self._round(stratum, turn)[place]

    def arms(self, *, stratum: str, start: int, count: int) -> list[str]:
        """Return the arms of places that follow each other."""
        length, found, turn = EACH_SIZE * sum(self.blocks), list[str](), start // (EACH_SIZE * sum(self.blocks))
        skipped = start - turn * length
        while len(found) < skipped + count:
            found += self._round(stratum, turn)
            turn += 1
        return found[skipped : skipped + count]

    def block_ends(self, *, stratum: str, turn: int = 0) -> tuple[int, ...]:
        """Return after how many places of a round each of its blocks is full; both arms are then as planned."""
        ends, total = [], 0
        for size in _sizes(self.blocks, _key(self.seed, self.protocol, stratum, turn)):
            total += size
            ends.append(total)
        return tuple(ends)

    def _round(self, stratum: str, turn: int) -> tuple[str, ...]:
        return _round(self.ratio, self.blocks, _key(self.seed, self.protocol, stratum, turn))


def _key(seed: bytes, protocol: str, stratum: str, turn: int) -> bytes:
    return hmac.digest(seed, f"round\n{protocol}\n{stratum}\n{turn}".encode(), "sha256")


def _sizes(blocks: tuple[int, ...], key: bytes) -> list[int]:
    return _shuffled([size for size in blocks for _ in range(EACH_SIZE)], _drawn(key + b"sizes"))


@lru_cache(maxsize=1024)
def _round(ratio: tuple[int, int], blocks: tuple[int, ...], key: bytes) -> tuple[str, ...]:
    arms: list[str] = []
    draws = _drawn(key + b"arms")
    for size in _sizes(blocks, key):
        times = size // sum(ratio)
        arms += _shuffled([INTERVENTION] * (times * ratio[0]) + [CONTROL] * (times * ratio[1]), draws)
    return tuple(arms)


def _drawn(key: bytes) -> Iterator[int]:
    """Yield uniform 32-bit numbers without end."""
    part = 0
    while True:
        stream = hashlib.shake_256(key + part.to_bytes(4, "big")).digest(1024)
        yield from (int.from_bytes(stream[at : at + 4], "big") for at in range(0, len(stream), 4))
        part += 1


def _shuffled(items: list[T], draws: Iterator[int]) -> list[T]:
    """Shuffle in place, every order as likely as any other (Fisher & Yates); return the same list."""
    for last in range(len(items) - 1, 0, -1):
        choices = last + 1
        # What lies beyond the largest multiple would make some places more likely than others.
        most = (1 << 32) - (1 << 32) % choices
        drawn = next(draws)
        while drawn >= most:
            drawn = next(draws)
        place = drawn % choices
        items[last], items[place] = items[place], items[last]
    return items


def clusters_allocated(*, seed: bytes, protocol: Protocol) -> dict[str, str]:
    """
    Return the arm of every cluster of a protocol's list, or the sequence in which it crosses over in a wedge.

    Clusters of a stratum are put in a drawn order; arms and sequences then follow each other in blocks
    that hold each of them as often as planned, so that a stratum is never further off than one block.
    """
    strata: dict[str, list[str]] = {}
    for cluster in sorted(protocol.clusters, key=lambda one: one.id):
        strata.setdefault(cluster.stratum, []).append(cluster.id)
    arms = ArmList(seed=seed, protocol=protocol.digest, ratio=protocol.ratio, blocks=(sum(protocol.ratio),))
    found: dict[str, str] = {}
    for stratum, names in strata.items():
        order = _shuffled(list(names), _drawn(_key(seed, protocol.digest, stratum, -1)))
        given = (
            _sequences(seed, protocol, stratum, len(order))
            if protocol.wedge
            else arms.arms(stratum=stratum, start=0, count=len(order))
        )
        found.update(zip(order, given, strict=True))
    return found


def _sequences(seed: bytes, protocol: Protocol, stratum: str, count: int) -> list[str]:
    assert protocol.wedge is not None
    names = [f"{SEQUENCE}{period}" for period in protocol.wedge.crossings]
    draws = _drawn(_key(seed, protocol.digest, stratum, -2))
    found: list[str] = []
    while len(found) < count:
        found += _shuffled(list(names), draws)
    return found[:count]


def arm_now(*, protocol: Protocol, arm: str, at: datetime) -> str | None:
    """
    Return the arm at a moment: in a wedge a cluster is control until its sequence crosses over.

    ``None`` before the first period and where the wedge has no beginning.
    """
    if not arm.startswith(SEQUENCE):
        return arm
    wedge = protocol.wedge
    if wedge is None or wedge.starts_on is None or at < wedge.starts_on:
        return None
    crossing = int(arm.removeprefix(SEQUENCE))
    return INTERVENTION if at >= _later(wedge.starts_on, months=(crossing - 1) * wedge.months) else CONTROL


def _later(moment: datetime, *, months: int) -> datetime:
    years, month = divmod(moment.month - 1 + months, MONTHS_OF_A_YEAR)
    year = moment.year + years
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def largest_imbalance(*, arms: Sequence[str], ratio: tuple[int, int]) -> float:
    """Return how far a list is from the planned share of the intervention at its worst, in units."""
    share, treated, worst = ratio[0] / sum(ratio), 0, 0.0
    for number, arm in enumerate(arms, start=1):
        treated += arm == INTERVENTION
        worst = max(worst, abs(treated - share * number))
    return worst
