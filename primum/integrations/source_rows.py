"""The digest of rows that have no file: the same rows give the same digest, in whatever order they come."""

import hashlib
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np

DIGEST_OF = "primum rows 1"
DIGEST_BYTES = 32


@dataclass(kw_only=True)
class RowsRead:
    """What was read so far of a result with these columns: one SHA-256 for each row."""

    names: tuple[str, ...]
    digests: bytearray = field(default_factory=bytearray)

    def extend(self, rows: Sequence[Sequence[object]]) -> None:
        """
        Add some rows.

        :raises TypeError: if a value has a type that no database column should have
        """
        for row in rows:
            self.digests += hashlib.sha256(b"".join(_typed(value) for value in row)).digest()

    def __len__(self) -> int:
        return len(self.digests) // DIGEST_BYTES

    def digest(self) -> str:
        """Return the SHA-256 over names and rows, the rows ordered by their own digests."""
        np.frombuffer(self.digests, dtype=f"S{DIGEST_BYTES}").sort()
        found = hashlib.sha256(json.dumps([DIGEST_OF, *self.names]).encode())
        found.update(self.digests)
        return f"sha256:{found.hexdigest()}"


def _typed(value: object) -> bytes:
    tag, spelled = SPELLINGS.get(type(value), (None, None))
    if tag is None or spelled is None:
        raise TypeError
    text = spelled(value)
    return b"%c%d:%b" % (tag, len(text), text)


def _float(value: object) -> bytes:
    # NaN has many bit patterns and one meaning.
    return b"nan" if value != value else struct.pack(">d", value)  # noqa: PLR0124 -- only NaN differs from itself


def _moment(value: object) -> bytes:
    assert isinstance(value, datetime)
    return (value.astimezone(UTC) if value.tzinfo else value).isoformat().encode()


def _text(value: object) -> bytes:
    return str(value).encode("utf-8", errors="surrogatepass")


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, default=str).encode()


SPELLINGS: Mapping[type, tuple[bytes, Callable[[object], bytes]]] = {
    type(None): (b"n", lambda _: b""),
    bool: (b"b", _text),
    int: (b"i", _text),
    float: (b"f", _float),
    str: (b"t", _text),
    Decimal: (b"d", _text),
    UUID: (b"u", _text),
    datetime: (b"m", _moment),
    date: (b"c", _text),
    time: (b"c", _text),
    timedelta: (b"p", _text),
    bytes: (b"y", lambda value: bytes(value) if isinstance(value, bytes) else b""),
    list: (b"j", _json),
    dict: (b"j", _json),
}
"""One spelling for each type; its tag tells 1 from "1" and from true."""
