"""The signed root of the log: its note, its key, and the text that is kept elsewhere."""

import base64
import binascii
import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FIRST_LINE = "primum checkpoint"
ROOT_BYTES = 32


class KeyRefused(Exception):
    """The key that signs checkpoints cannot be used; the message says why and what to do."""


class CheckpointRefused(Exception):
    """A text is not a checkpoint; the message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class SignedCheckpoint:
    """The root of a log at one size, signed, as it is kept outside the database."""

    origin: str
    size: int
    root: str
    key_id: str
    signature: str

    @property
    def note(self) -> str:
        """The signed text."""
        return note(origin=self.origin, size=self.size, root=self.root)

    @property
    def text(self) -> str:
        """The note and its signature, as one text to keep elsewhere."""
        return f"{self.note}\n{self.key_id} {self.signature}\n"

    def signed_by(self, key: Ed25519PublicKey) -> bool:
        """Check the signature against a public key."""
        return self.key_id == key_id(key) and signed(note=self.note, signature=self.signature, key=key)


def note(*, origin: str, size: int, root: str) -> str:
    """Return the text that is signed: four lines, the root (given in hex) as base64."""
    return f"{FIRST_LINE}\n{origin}\n{size}\n{base64.b64encode(bytes.fromhex(root)).decode()}\n"


def signed(*, note: str, signature: str, key: Ed25519PublicKey) -> bool:
    """Check an Ed25519 signature (base64) over a note."""
    try:
        key.verify(base64.b64decode(signature, validate=True), note.encode())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def read(text: str) -> SignedCheckpoint:
    """
    Read a checkpoint that was kept elsewhere; blank lines and indentation do not matter.

    :raises CheckpointRefused: if it is not one
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    try:
        first, origin, size, root, signature = lines
        key, _, signature = signature.partition(" ")
        checkpoint = SignedCheckpoint(
            origin=origin,
            size=int(size),
            root=base64.b64decode(root, validate=True).hex(),
            key_id=key,
            signature=signature.strip(),
        )
    except ValueError as error:
        raise CheckpointRefused(
            "This is not a checkpoint; one has five lines, as `primum audit checkpoint` prints it."
        ) from error
    if first != FIRST_LINE or len(checkpoint.root) != 2 * ROOT_BYTES or checkpoint.size < 1:
        raise CheckpointRefused(f"This is not a checkpoint; one begins with the line '{FIRST_LINE}'.")
    return checkpoint


def raw_public(key: Ed25519PublicKey) -> bytes:
    """Return the 32 bytes of a public key."""
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_id(key: Ed25519PublicKey) -> str:
    """Return the short name of a public key: 16 hex digits of its SHA-256."""
    return hashlib.sha256(raw_public(key)).hexdigest()[:16]


@dataclass(frozen=True)
class SigningKey:
    """The key that signs this ledger's checkpoints."""

    private: Ed25519PrivateKey

    @classmethod
    def new(cls) -> Self:
        """Make a key."""
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> Ed25519PublicKey:
        """The half that anybody may have."""
        return self.private.public_key()

    def sign(self, *, origin: str, size: int, root: str) -> SignedCheckpoint:
        """Return the signed checkpoint of a root (hex) at a size."""
        signature = self.private.sign(note(origin=origin, size=size, root=root).encode())
        return SignedCheckpoint(
            origin=origin,
            size=size,
            root=root,
            key_id=key_id(self.public),
            signature=base64.b64encode(signature).decode(),
        )


def key_at(path: Path, *, create: bool) -> SigningKey:
    """
    Read the signing key; ``create`` makes one (mode 0600) if there is no such file.

    :raises KeyRefused: if there is none, if it is not an Ed25519 key in PEM, or if others may read it
    """
    if create and not path.exists():
        _create(path)
    if not path.is_file():
        raise KeyRefused(f"The ledger's signing key {path} is missing; restore it from its backup.")
    if path.stat().st_mode & 0o077:
        raise KeyRefused(f"Others on this machine may read the signing key {path}; restrict it with: chmod 600 {path}")
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise KeyRefused(f"{path} is not an unencrypted private key in PEM; restore it from its backup.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyRefused(f"{path} holds another kind of key; the ledger signs with Ed25519.")
    return SigningKey(key)


def _create(path: Path) -> None:
    """Write a new key under a temporary name and link it into place, so that of two makers one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = SigningKey.new().private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
