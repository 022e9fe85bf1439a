"""Content digests of things made of text, whole numbers and lists of them."""

import hashlib
import json
from collections.abc import Mapping, Sequence


class NotPlain(TypeError):
    """Something that has no single spelling, such as a float, was to be hashed."""


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise NotPlain(f"{value!r} is a float; write it as text or a fraction before hashing it.")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            _refuse_floats(item)


def digest(value: object) -> str:
    """
    Return the SHA-256 of the canonical JSON of a value, as ``sha256:`` and 64 hex digits.

    Without floats, sorted keys and no spaces are RFC 8785.

    :raises NotPlain: if a float is inside
    """
    _refuse_floats(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
