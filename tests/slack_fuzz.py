"""Requests that look like Slack's and are wrong in one or several ways, the same ones for the same seed."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from primum.integrations.slack.signing import signature

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1e308,
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "<!channel>",
    "🩺" * 2000,
    "x" * 30_000,
    "'; drop table people; --",
    "../../etc/passwd",
    [],
    {},
    [[]],
    {"id": {}},
    {"type": "block_actions"},
)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request as it goes out: where, what, and with which headers, repeated ones included."""

    path: str
    body: bytes
    headers: tuple[tuple[str, str], ...]
    # True if the signature is Slack's, fresh, for this very body, and the body is UTF-8.
    is_signed: bool


@dataclass(frozen=True, kw_only=True)
class Original:
    """A payload as Slack would send it, and by which path."""

    kind: str
    path: str
    payload: dict[str, Any]


def requests(originals: list[Original], *, count: int, secret: str, at: float, seed: int = 20261122) -> Iterator[Sent]:
    """Yield so many requests, most of them wrong somewhere."""
    dice = random.Random(seed)
    for _ in range(count):
        one = dice.choice(originals)
        body, content_type = _body(one, dice)
        path = one.path if dice.random() < 0.95 else dice.choice(originals).path
        yield _signed(path=path, body=body, content_type=content_type, secret=secret, at=at, dice=dice)


def _body(one: Original, dice: random.Random) -> tuple[bytes, str]:
    payload = one.payload
    for _ in range(dice.choice((0, 1, 1, 1, 2, 5))):
        payload = changed(payload, dice)
    written = _written(one.kind, payload)
    if dice.random() < 0.25:
        written = dice.choice(BYTES)(written, dice)
    fits = JSON if one.kind == "event" else FORM
    return written, fits if dice.random() < 0.95 else dice.choice((FORM, JSON, "text/plain", "multipart/form-data", ""))


def _written(kind: str, payload: dict[str, Any]) -> bytes:
    if kind == "event":
        return json.dumps(payload).encode()
    if kind == "command":
        return urlencode({key: _as_text(value) for key, value in payload.items()}, errors="replace").encode()
    return urlencode({"payload": json.dumps(payload)}).encode()


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def changed(payload: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Return a copy with one place, at any depth, taken away, replaced, repeated or added."""
    copied = json.loads(json.dumps(payload))
    holder, key = dice.choice(list(_places(copied)))
    match dice.randrange(5):
        case 0:
            del holder[key]
        case 1 if isinstance(holder[key], str):
            holder[key] = holder[key][: dice.randrange(len(holder[key]) + 1)] + str(dice.choice(ODD))[:9]
        case 2 if isinstance(holder[key], list):
            holder[key] = holder[key] * dice.choice((2, 30))
        case 3 if isinstance(holder, dict):
            holder[str(dice.choice(ODD))[:40]] = dice.choice(ODD)
        case _:
            holder[key] = dice.choice(ODD)
    return copied


def _places(found: Any) -> Iterator[tuple[Any, Any]]:
    items = list(found.items()) if isinstance(found, dict) else list(enumerate(found))
    for key, value in items:
        yield found, key
        if isinstance(value, dict | list):
            yield from _places(value)
    if not items and isinstance(found, dict):
        found["empty"] = 0
        yield found, "empty"


def _flipped(body: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(body) or 1)
    return body[:place] + bytes([dice.randrange(256)]) + body[place + 1 :]


BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flipped,
    lambda body, dice: body[: dice.randrange(len(body) + 1)],
    lambda body, dice: body + body,
    lambda body, dice: body + b"&payload=%7B%7D",
    lambda body, dice: b"payload=" + b"[" * dice.choice((10, 5_000, 90_000)),
    lambda body, dice: b"[" * 50_000,
    lambda body, dice: b"",
    lambda body, dice: b"\xff\xfe" + body,
    lambda body, dice: body.replace(b"%22", b"%ff", 1),
    lambda body, dice: dice.randbytes(dice.randrange(300)),
    lambda body, dice: b"ssl_check=1&token=x",
    lambda body, dice: b"&" * 5_000,
)


def _signed(*, path: str, body: bytes, content_type: str, secret: str, at: float, dice: random.Random) -> Sent:
    sent = str(int(at))
    made = signature(secret=secret, sent=sent, body=body)
    headers = (
        ("Content-Type", content_type),
        ("X-Slack-Request-Timestamp", sent),
        ("X-Slack-Signature", made),
    )
    right = Sent(path=path, body=body, headers=headers, is_signed=_is_utf8(body))
    if dice.random() < 0.6:
        return right
    wrong = dice.choice(FORGED)(right.headers, dice)
    return replace(right, headers=wrong, is_signed=False)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


Headers = tuple[tuple[str, str], ...]
FORGED: tuple[Callable[[Headers, random.Random], Headers], ...] = (
    lambda headers, dice: headers[:1],
    lambda headers, dice: headers[:2],
    lambda headers, dice: (headers[0], headers[2]),
    lambda headers, dice: (*headers, headers[2]),
    lambda headers, dice: (*headers, headers[1]),
    lambda headers, dice: (
        headers[0],
        ("X-Slack-Request-Timestamp", dice.choice(("", "soon", "1e9", "-1"))),
        headers[2],
    ),
    lambda headers, dice: (headers[0], (headers[1][0], str(int(headers[1][1]) - dice.choice((301, -301)))), headers[2]),
    lambda headers, dice: (*headers[:2], ("X-Slack-Signature", dice.choice(("", "v0=", "v0=\xe9", "v1=" + "0" * 64)))),
    lambda headers, dice: (*headers[:2], ("X-Slack-Signature", headers[2][1][:-1] + "g")),
)
