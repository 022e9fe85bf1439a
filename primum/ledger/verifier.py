"""
Verify an exported Primum ledger offline, with Python's standard library alone.

    python3 verifier.py DIRECTORY [--checkpoint FILE]

DIRECTORY holds what `primum audit export` wrote: entries.jsonl, proofs.jsonl, checkpoint.txt, public-key.txt.
FILE is a checkpoint that was kept elsewhere. Exit code 0: intact; 1: not; 2: nothing could be asked.
Hashes: RFC 9162. Canonical JSON: RFC 8785. Signature: Ed25519, RFC 8032.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

FIRST_LINE = "primum checkpoint"
FIELDS = ("at", "body", "kind", "person", "position", "rollout")
ROOT_BYTES = 32

Json = dict[str, Any]
Point = tuple[int, int, int, int]


class Broken(Exception):
    """A file of the export cannot be what it should be; the message says which and why."""


# Ed25519, after RFC 8032, section 6.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL: Point = (0, 1, 1, 0)


def _add(one: Point, two: Point) -> Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor: int, point: Point) -> Point:
    product = NEUTRAL
    while factor:
        if factor & 1:
            product = _add(product, point)
        point, factor = _add(point, point), factor >> 1
    return product


def _equal(one: Point, two: Point) -> bool:
    return (one[0] * two[2] - two[0] * one[2]) % P == 0 and (one[1] * two[2] - two[1] * one[2]) % P == 0


def _x_of(y: int, sign: int) -> int | None:
    squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - squared) % P or (x == 0 and sign):
        return None
    return x if x & 1 == sign else P - x


def _point(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    x = _x_of(y, sign) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = _x_of(BASE_Y, 0) or 0
BASE: Point = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def is_signed(*, message: bytes, signature: bytes, key: bytes) -> bool:
    """Check an Ed25519 signature (64 bytes) by a public key (32 bytes)."""
    if len(signature) != 2 * ROOT_BYTES or len(key) != ROOT_BYTES:
        return False
    public, commitment = _point(key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if public is None or commitment is None or scalar >= ORDER:
        return False
    hashed = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(hashed, "little") % ORDER
    return _equal(_times(scalar, BASE), _add(commitment, _times(challenge, public)))


# The Merkle tree, after RFC 9162, section 2.1.


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def leaf_of(entry: Json) -> bytes:
    """Return the leaf hash of an entry: of its canonical JSON without the leaf itself."""
    whole = {name: entry[name] for name in FIELDS}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(b"\x00" + text.encode()).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over some leaves: neighbours are joined, a last one without neighbour goes up as it is."""
    level = list(leaves)
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        joined = [_node(left, right) for left, right in zip(level[0::2], level[1::2])]  # noqa: B905 -- older Pythons, on which it also runs, have no strict zip
        level = joined + level[len(joined) * 2 :]
    return level[0]


def is_included(*, leaf: bytes, position: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Check an inclusion proof (RFC 9162, 2.1.3.2)."""
    at, last, hashed = position, size - 1, leaf
    for node in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = _node(node, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = _node(hashed, node)
        at, last = at >> 1, last >> 1
    return last == 0 and hashed == root


# The export.


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Broken(f"{path.name} is missing or is not text.") from None


def _once(pairs: list[tuple[str, Any]]) -> Json:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name appears twice")
    return dict(pairs)


def _lines(path: Path) -> list[Json]:
    found = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line:
            continue
        try:
            found.append(json.loads(line, object_pairs_hook=_once))
        except ValueError:
            raise Broken(f"Line {number} of {path.name} is not JSON in which each name appears once.") from None
    return found


def _checkpoint(path: Path) -> tuple[str, int, bytes, str, bytes]:
    """Return origin, size, root, key id and signature of a checkpoint."""
    lines = [line.strip() for line in _text(path).splitlines() if line.strip()]
    try:
        first, origin, size, root, signature = lines
        key_id, _, signed = signature.partition(" ")
        parts = origin, int(size), _bytes(root), key_id, _bytes(signed)
    except ValueError:
        raise Broken(f"{path.name} is not a checkpoint.") from None
    if first != FIRST_LINE or len(parts[2]) != ROOT_BYTES or parts[1] < 1:
        raise Broken(f"{path.name} is not a checkpoint.")
    return parts


def _key(path: Path) -> bytes:
    try:
        return _bytes(_text(path).strip())
    except ValueError:
        raise Broken(f"{path.name} is not a public key.") from None


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _in_checkpoint(path: Path, *, name: str, key: bytes, leaves: Sequence[bytes]) -> Iterator[str]:
    origin, size, root, key_id, signature = _checkpoint(path)
    note = f"{FIRST_LINE}\n{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    if key_id != key_name(key) or not is_signed(message=note.encode(), signature=signature, key=key):
        yield f"The {name} is not signed with the key of this export, {key_name(key)}."
    if size > len(leaves):
        yield f"The {name} covers {size} entries, and there are {len(leaves)}: some were deleted or rolled back."
    elif root_of(leaves[:size]) != root:
        yield f"The {name} was not made of these {size} entries: history was rewritten."


def key_name(key: bytes) -> str:
    """Return the short name of a public key: 16 hex digits of its SHA-256."""
    return hashlib.sha256(key).hexdigest()[:16]


def _leaves(entries: Sequence[Json]) -> tuple[list[bytes], list[str]]:
    leaves, damages = [], []
    for position, entry in enumerate(entries):
        try:
            leaves.append(leaf_of(entry))
            if entry["position"] != position:
                damages.append(f"Where entry {position} should be, there is entry {entry['position']}.")
            elif leaves[-1].hex() != entry["leaf"]:
                damages.append(f"Entry {position} was changed: what it says does not have the hash recorded for it.")
        except (KeyError, TypeError, UnicodeEncodeError):
            raise Broken(f"Line {position + 1} of entries.jsonl is not an entry.") from None
    return leaves, damages


def _in_proofs(proofs: Sequence[Json], *, leaves: Sequence[bytes]) -> Iterator[str]:
    root = root_of(leaves)
    if len(proofs) != len(leaves):
        yield f"There are {len(proofs)} proofs for {len(leaves)} entries."
    for position, (line, leaf) in enumerate(zip(proofs, leaves)):  # noqa: B905 -- older Pythons, on which it also runs, have no strict zip
        try:
            proof = [bytes.fromhex(node) for node in line["proof"]]
            proves = line["position"] == position and line["size"] == len(leaves)
        except (KeyError, TypeError, ValueError):
            raise Broken(f"Line {position + 1} of proofs.jsonl is not a proof.") from None
        if not proves or not is_included(leaf=leaf, position=position, size=len(leaves), proof=proof, root=root):
            yield f"The proof of entry {position} does not prove it."


def damages(folder: Path, *, outside: Path | None = None) -> list[str]:
    """Return a sentence for each way in which an export is not as it was written; none means intact."""
    try:
        key = _key(folder / "public-key.txt")
        leaves, found = _leaves(_lines(folder / "entries.jsonl"))
        newest = folder / "checkpoint.txt"
        found += _in_checkpoint(newest, name="checkpoint of this export", key=key, leaves=leaves)
        if _checkpoint(newest)[1] != len(leaves):
            found.append("The checkpoint of this export does not cover all of its entries.")
        found += _in_proofs(_lines(folder / "proofs.jsonl"), leaves=leaves)
        if outside is not None:
            found += _in_checkpoint(outside, name="checkpoint kept elsewhere", key=key, leaves=leaves)
            if _checkpoint(outside)[0] != _checkpoint(newest)[0]:
                found.append("The checkpoint kept elsewhere is of another log.")
    except Broken as broken:
        return [str(broken)]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a directory and say in plain sentences what was found."""
    parser = argparse.ArgumentParser(description="Verify an exported Primum ledger offline.")
    parser.add_argument("directory", type=Path, help="what `primum audit export` wrote, unpacked")
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint that was kept elsewhere")
    asked = parser.parse_args(arguments)
    found = damages(asked.directory, outside=asked.checkpoint)
    for sentence in found:
        sys.stdout.write(f"{sentence}\n")
    if found:
        sys.stdout.write("NOT INTACT: this history is not as it was written.\n")
        return 1
    sys.stdout.write(_praise(asked.directory, compared=asked.checkpoint is not None))
    return 0


def _praise(folder: Path, *, compared: bool) -> str:
    origin, size, root, key_id, _ = _checkpoint(folder / "checkpoint.txt")
    advice = (
        "It continues the checkpoint kept elsewhere.\n"
        if compared
        else "Give a checkpoint kept elsewhere (--checkpoint FILE) to know that nothing was rolled back or rewritten.\n"
    )
    return (
        f"INTACT: {size} entries of {origin}, root {root.hex()}.\n"
        f"Signed with the key {key_id}; compare it with the one you know.\n{advice}"
    )


if __name__ == "__main__":
    sys.exit(main())
