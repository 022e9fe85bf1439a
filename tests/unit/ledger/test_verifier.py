import ast
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from primum.ledger import log, merkle, verifier
from primum.ledger.checkpoints import key_id, raw_public
from primum.ledger.columns import written
from tests.ledger_factories import NOON

# RFC 8032, section 7.1: secret key, public key, message, signature.
VECTORS = {
    "TEST 1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    "TEST 2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    "TEST 3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    "TEST SHA(abc)": (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
            "454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
            "3dca179c138ac17ad9bef1177331a704"
        ),
    ),
}
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["TEST 2"][0]))
PUBLIC = raw_public(KEY.public_key())
SIGNATURE = KEY.sign(b"note")
ORDER = verifier.ORDER


@pytest.mark.parametrize("vector", VECTORS)
def test_the_signatures_of_rfc_8032_are_accepted(vector):
    secret, public, message, signature = (bytes.fromhex(part) for part in VECTORS[vector])

    assert raw_public(Ed25519PrivateKey.from_private_bytes(secret).public_key()) == public
    assert verifier.is_signed(message=message, signature=signature, key=public)
    assert not verifier.is_signed(message=message + b"!", signature=signature, key=public)


@given(message=st.binary(max_size=99), seed=st.binary(min_size=32, max_size=32))
def test_what_the_ledger_signs_the_verifier_accepts(message, seed):
    key = Ed25519PrivateKey.from_private_bytes(seed)

    assert verifier.is_signed(message=message, signature=key.sign(message), key=raw_public(key.public_key()))


@pytest.mark.parametrize(
    ("signature", "key"),
    [
        (SIGNATURE[:-1], PUBLIC),
        (SIGNATURE, PUBLIC[:-1]),
        (SIGNATURE[:32] + (int.from_bytes(SIGNATURE[32:], "little") + ORDER).to_bytes(32, "little"), PUBLIC),
        (SIGNATURE, b"\xff" * 32),
        (b"\xff" * 32 + SIGNATURE[32:], PUBLIC),
        (SIGNATURE, (2).to_bytes(32, "little")),
        (SIGNATURE, (1 + (1 << 255)).to_bytes(32, "little")),
        (SIGNATURE, raw_public(Ed25519PrivateKey.generate().public_key())),
    ],
    ids=["short", "short key", "malleable", "y over p", "R over p", "not on the curve", "x 0, sign 1", "another key"],
)
def test_a_signature_that_is_none_is_refused(signature, key):
    assert verifier.is_signed(message=b"note", signature=SIGNATURE, key=PUBLIC)
    assert not verifier.is_signed(message=b"note", signature=signature, key=key)


@given(position=st.integers(0, 2**40), text=st.text(), body=st.text())
def test_ledger_and_verifier_hash_the_same_bytes(position, text, body):
    entry = {"position": position, "kind": text, "rollout": text, "person": text, "body": body}
    by_ledger = merkle.leaf_hash(log.leaf_bytes(**entry, at=NOON))

    assert verifier.leaf_of(entry | {"at": written(NOON), "leaf": "not hashed"}) == by_ledger


def test_ledger_and_verifier_call_a_key_the_same():
    assert verifier.key_name(PUBLIC) == key_id(KEY.public_key())


def test_the_verifier_needs_the_standard_library_alone():
    tree = ast.parse(Path(verifier.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
