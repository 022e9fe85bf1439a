"""Text kept from everybody who has the ledger and not the seed: sealed with AES-256-GCM under a key of the seed."""

import base64
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class SealBroken(Exception):
    """What is sealed cannot be opened: it was changed, it belongs elsewhere, or the seed is another."""


def sealed(text: str, *, seed: bytes, purpose: str, place: str) -> str:
    """
    Return a text that only the seed opens again, and only at its place.

    :param purpose: what the key is for; a key serves one purpose
    :param place: where the sealed text belongs; moved elsewhere it does not open
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    hidden = AESGCM(_key(seed, purpose)).encrypt(nonce, text.encode(), place.encode())
    return base64.b64encode(nonce + hidden).decode("ascii")


def opened(text: str, *, seed: bytes, purpose: str, place: str) -> str:
    """
    Return what was sealed.

    :raises SealBroken: if it was changed, moved, or sealed with another seed
    """
    try:
        whole = base64.b64decode(text, validate=True)
        return AESGCM(_key(seed, purpose)).decrypt(whole[:NONCE_BYTES], whole[NONCE_BYTES:], place.encode()).decode()
    except (InvalidTag, ValueError) as broken:
        raise SealBroken("What was sealed does not open with this seed at this place; it was changed.") from broken


def keyed_digest(text: str, *, seed: bytes, purpose: str) -> str:
    """Return a digest that nobody without the seed can try texts out against."""
    return f"hmac-sha256:{hmac.digest(_key(seed, purpose), text.encode(), 'sha256').hex()}"


def _key(seed: bytes, purpose: str) -> bytes:
    return hmac.digest(seed, f"key\n{purpose}".encode(), "sha256")
