"""Whether a request came from the outside registry of guidelines: its signature, and how old it may be."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

TIMESTAMP = "x-primum-timestamp"
SIGNATURE = "x-primum-signature"
VERSION = "v1"
OLDEST_SECONDS = 300

Headers = Iterable[tuple[str, str]]


class NotFromRegistry(Exception):
    """The request is not shown to come from the registry; the message says why and quotes nothing of it."""


def verify(*, headers: Headers, body: bytes, secrets: Sequence[str], at: datetime) -> str:
    """
    Check that the registry signed this request, lately, and return what the request is known by, 64 characters.

    ``secrets`` are the one in force and, while it is being changed, the one before; without any, nobody is let in.

    :raises NotFromRegistry: if anything is missing, repeated, malformed, more than 300 s off, or wrongly signed
    """
    pairs = tuple(headers)
    sent, given = _only(pairs, TIMESTAMP), _only(pairs, SIGNATURE)
    if not re.fullmatch(r"[0-9]{1,12}", sent, flags=re.ASCII):
        raise NotFromRegistry(f"The header {TIMESTAMP} is no number of seconds since 1970.")
    if abs(at.timestamp() - int(sent)) > OLDEST_SECONDS:
        raise NotFromRegistry(f"This request is more than {OLDEST_SECONDS} seconds away from our time; sign it anew.")
    expected = [signature(secret=secret, sent=sent, body=body) for secret in secrets if secret.strip()]
    written = given.encode("utf-8", "backslashreplace")
    if not any(hmac.compare_digest(written, one.encode()) for one in expected):
        raise NotFromRegistry("The signature of this request is not the registry's; check the secret on both sides.")
    return hashlib.sha256(_signed(sent, body)).hexdigest()


def signature(*, secret: str, sent: str, body: bytes) -> str:
    """Return the signature the registry writes in its header: ``v1=`` and the HMAC-SHA256 in hexadecimal."""
    return f"{VERSION}={hmac.new(secret.encode(), _signed(sent, body), hashlib.sha256).hexdigest()}"


def _signed(sent: str, body: bytes) -> bytes:
    return b":".join((VERSION.encode(), sent.encode("utf-8", "backslashreplace"), body))


def _only(pairs: tuple[tuple[str, str], ...], name: str) -> str:
    found = [value for key, value in pairs if key.lower() == name]
    if len(found) != 1:
        raise NotFromRegistry(f"This request has {len(found)} headers {name}; a registry sends exactly one.")
    return found[0]
