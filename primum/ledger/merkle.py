"""The Merkle tree of RFC 9162, section 2.1: hashes, proofs and their verification. Pure; hashes are 32 bytes."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one entry's bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(*, left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees, side by side."""
    return _joined(left, right)


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, kw_only=True)
class Frontier:
    """What an append needs: how many leaves there are, and the roots of the perfect subtrees, tallest first."""

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.nodes) != self.size.bit_count():
            raise ValueError(
                f"A frontier of {self.size} leaves has {self.size.bit_count()} nodes, not {len(self.nodes)}."
            )

    def append(self, leaf: bytes) -> "Frontier":
        """Return the frontier with one more leaf, in O(log n)."""
        nodes, rest = list(self.nodes), self.size
        while rest & 1:
            leaf, rest = _joined(nodes.pop(), leaf), rest >> 1
        return Frontier(size=self.size + 1, nodes=(*nodes, leaf))

    @property
    def root(self) -> bytes:
        """The root of the whole tree; of no leaves, the hash of nothing."""
        if not self.nodes:
            return EMPTY
        *rest, root = self.nodes
        for node in reversed(rest):
            root = _joined(node, root)
        return root


def frontier(leaves: Iterable[bytes]) -> Frontier:
    """Return the frontier of a sequence of leaf hashes."""
    edge = Frontier()
    for leaf in leaves:
        edge = edge.append(leaf)
    return edge


@dataclass(frozen=True)
class Tree:
    """All nodes of the perfect subtrees over some leaves, for many proofs at O(log n) each."""

    levels: tuple[tuple[bytes, ...], ...] = field(repr=False)

    @classmethod
    def over(cls, leaves: Sequence[bytes]) -> "Tree":
        """Build the tree over leaf hashes, in O(n)."""
        levels = [tuple(leaves)]
        while len(levels[-1]) > 1:
            below = levels[-1]
            pairs = zip(below[0::2], below[1::2], strict=False)
            levels.append(tuple(_joined(left, right) for left, right in pairs))
        return cls(tuple(levels))

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self.levels[0])

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first ``size`` leaves, of all without it."""
        return self._hash_of(0, self.size if size is None else size)

    def _hash_of(self, start: int, end: int) -> bytes:
        """Return MTH(D[start:end]); ``start`` is a multiple of the widest power of two below the width."""
        width = end - start
        if width == 0:
            return EMPTY
        height = width.bit_length() - 1
        if width == 1 << height:
            return self.levels[height][start >> height]
        middle = start + _split(width)
        return _joined(self._hash_of(start, middle), self._hash_of(middle, end))

    def inclusion(self, position: int, *, size: int | None = None) -> tuple[bytes, ...]:
        """
        Return the proof that a leaf is in the first ``size`` leaves (RFC 9162, 2.1.3.1).

        :raises IndexError: if the leaf is not there
        """
        end = self.size if size is None else size
        if not 0 <= position < end <= self.size:
            raise IndexError(f"The tree has {self.size} leaves; there is no leaf {position} within the first {end}.")
        path: list[bytes] = []
        start = 0
        while end - start > 1:
            middle = start + _split(end - start)
            if position < middle:
                path.append(self._hash_of(middle, end))
                end = middle
            else:
                path.append(self._hash_of(start, middle))
                start = middle
        return tuple(reversed(path))

    def consistency(self, earlier: int, *, size: int | None = None) -> tuple[bytes, ...]:
        """
        Return the proof that the first ``earlier`` leaves begin the first ``size`` (RFC 9162, 2.1.4.1).

        :raises IndexError: if there are fewer leaves than that
        """
        end = self.size if size is None else size
        if not 0 < earlier <= end <= self.size:
            raise IndexError(f"The tree has {self.size} leaves; sizes {earlier} and {end} cannot be compared.")
        path: list[bytes] = []
        start, whole = 0, True
        while earlier != end:
            middle = start + _split(end - start)
            if earlier <= middle:
                path.append(self._hash_of(middle, end))
                end = middle
            else:
                path.append(self._hash_of(start, middle))
                start, whole = middle, False
        return tuple(reversed(path if whole else [*path, self._hash_of(start, end)]))


def _split(width: int) -> int:
    """Return the largest power of two smaller than ``width``."""
    return 1 << ((width - 1).bit_length() - 1)


def includes(*, leaf: bytes, position: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Check an inclusion proof (RFC 9162, 2.1.3.2)."""
    if not 0 <= position < size:
        return False
    at, last, hashed = position, size - 1, leaf
    for node in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = _joined(node, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = _joined(hashed, node)
        at, last = at >> 1, last >> 1
    return last == 0 and hashed == root


def consistent(*, earlier: int, earlier_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Check a consistency proof (RFC 9162, 2.1.4.2)."""
    if not 0 < earlier <= size:
        return False
    if earlier == size:
        return not proof and earlier_root == root
    path = [earlier_root, *proof] if earlier & (earlier - 1) == 0 else list(proof)
    if not path:
        return False
    return _walk(path=path, at=earlier - 1, last=size - 1) == (earlier_root, root)


def _walk(*, path: Sequence[bytes], at: int, last: int) -> tuple[bytes, bytes] | None:
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for node in path[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            before, after = _joined(node, before), _joined(node, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = _joined(after, node)
        at, last = at >> 1, last >> 1
    return (before, after) if last == 0 else None
