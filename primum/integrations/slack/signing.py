"""
Whether an HTTP request came from Slack: its signature, and how old it may be.

This is our own ``hmac`` and not ``slack_sdk``'s verifier, which raises on a timestamp that is no number, a signature
that is not ASCII and a body that is not UTF-8, cannot see a repeated header, and reads the clock itself. A test holds
that both say the same of whatever theirs can answer.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

TIMESTAMP = "x-slack-request-timestamp"
SIGNATURE = "x-slack-signature"
VERSION = b"v0"
# Slack's own figure; a host clock further off refuses everything.
OLDEST_SECONDS = 300

Headers = Iterable[tuple[str, str]]


class NotFromSlack(Exception):
    """The request is not shown to come from Slack; the message says why and quotes nothing of it."""


def verify(*, headers: Headers, body: bytes, secrets: Sequence[str], at: datetime) -> None:
    """
    Check that Slack signed this request, lately.

    ``headers`` are all pairs as received, repeated ones included; ``body`` the raw bytes before any parsing;
    ``secrets`` the signing secret in force and, while it is being changed, the one before. Holds no memory: a request
    heard before is told by its ``fingerprint``.

    :raises NotFromSlack: if anything is missing, repeated, malformed, older or newer than 300 s, or wrongly signed
    """
    pairs = tuple(headers)
    sent = _only(pairs, TIMESTAMP)
    given = _only(pairs, SIGNATURE)
    if not re.fullmatch(r"[0-9]{1,12}", sent, flags=re.ASCII):
        raise NotFromSlack("The timestamp of this request is not a number of seconds; Slack sends one.")
    if abs(at.timestamp() - int(sent)) > OLDEST_SECONDS:
        raise NotFromSlack(
            f"This request is more than {OLDEST_SECONDS} seconds away from our time; if Slack sent it, "
            "the clock of this computer is wrong."
        )
    if not _is_signed(given, sent=sent, body=body, secrets=secrets):
        raise NotFromSlack("The signature of this request is not Slack's; check the signing secret.")
    _refuse_other_text(body)


def fingerprint(*, headers: Headers, body: bytes) -> str:
    """
    Return what one signed request is known by, 64 characters, to remember for ten minutes.

    It does not depend on which of two secrets signed, so that a replay is told apart while the secret changes.

    :raises NotFromSlack: if the timestamp is missing or repeated
    """
    return hashlib.sha256(_signed_text(sent=_only(tuple(headers), TIMESTAMP), body=body)).hexdigest()


def signature(*, secret: str, sent: str, body: bytes) -> str:
    """Return the signature that Slack writes in its header: ``v0=`` and the HMAC-SHA256 in hexadecimal."""
    digest = hmac.new(secret.encode(), _signed_text(sent=sent, body=body), hashlib.sha256).hexdigest()
    return f"v0={digest}"


def _only(pairs: tuple[tuple[str, str], ...], name: str) -> str:
    found = [value for key, value in pairs if key.lower() == name]
    if len(found) != 1:
        raise NotFromSlack(f"This request has {len(found)} headers {name}; Slack sends exactly one.")
    return found[0]


def _signed_text(*, sent: str, body: bytes) -> bytes:
    return b":".join((VERSION, sent.encode("utf-8", "backslashreplace"), body))


def _is_signed(given: str, *, sent: str, body: bytes, secrets: Sequence[str]) -> bool:
    # An empty secret would let everybody sign.
    written = given.encode("utf-8", "backslashreplace")
    expected = [signature(secret=secret, sent=sent, body=body).encode() for secret in secrets if secret.strip()]
    return any(hmac.compare_digest(written, one) for one in expected)


def _refuse_other_text(body: bytes) -> None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotFromSlack("The body of this request is not UTF-8; Slack sends nothing else.") from None
