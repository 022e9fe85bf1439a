import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from primum.ledger import checkpoints
from primum.ledger.checkpoints import CheckpointRefused, KeyRefused, SigningKey

KEY = SigningKey.new()
ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
SIGNED = KEY.sign(origin="primum/0123456789abcdef", size=8, root=ROOT)
PEM = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def test_the_note_is_four_lines():
    assert SIGNED.note == (
        "primum checkpoint\nprimum/0123456789abcdef\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
    )


def test_a_checkpoint_is_read_back_from_its_text():
    assert checkpoints.read(SIGNED.text) == SIGNED
    assert checkpoints.read(SIGNED.text).signed_by(KEY.public)


def test_a_checkpoint_survives_being_pasted():
    pasted = "\r\n".join(f"   {line}  " for line in SIGNED.text.splitlines())

    assert checkpoints.read(pasted) == SIGNED


@pytest.mark.parametrize(
    "changes", [{"size": 9}, {"origin": "primum/other"}, {"root": "00" * 32}, {"key_id": "0" * 16}]
)
def test_nothing_of_a_checkpoint_can_be_changed(changes):
    changed = checkpoints.SignedCheckpoint(**{**vars(SIGNED), **changes})

    assert not changed.signed_by(KEY.public)


@pytest.mark.parametrize("signature", ["", "not base64!", "é", base64.b64encode(b"x" * 64).decode()])
def test_a_signature_that_is_none_is_refused(signature):
    assert not checkpoints.signed(note=SIGNED.note, signature=signature, key=KEY.public)


def test_another_key_signs_another_name():
    assert not SIGNED.signed_by(SigningKey.new().public)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        SIGNED.note,
        SIGNED.text.replace("primum checkpoint", "other checkpoint"),
        SIGNED.text.replace("\n8\n", "\neight\n"),
        SIGNED.text.replace("\n8\n", "\n0\n"),
        SIGNED.text.replace("Xcna", ""),
        SIGNED.text.replace("Xcna", "!!!!"),
        SIGNED.text + "one more line",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused_in_a_sentence(text):
    with pytest.raises(CheckpointRefused, match="This is not a checkpoint"):
        checkpoints.read(text)


@given(st.text())
def test_reading_refuses_or_reads_and_never_breaks(text):
    with pytest.raises(CheckpointRefused):
        checkpoints.read(text)


def test_a_key_is_made_for_its_owner_alone_and_kept(tmp_path):
    path = tmp_path / "keys" / "ledger.key"

    made = checkpoints.key_at(path, create=True)

    assert path.stat().st_mode & 0o777 == 0o600
    assert [*path.parent.iterdir()] == [path]
    again = checkpoints.key_at(path, create=True)
    assert checkpoints.key_id(again.public) == checkpoints.key_id(made.public)


def test_a_missing_key_is_not_replaced_silently(tmp_path):
    with pytest.raises(KeyRefused, match="is missing; restore it"):
        checkpoints.key_at(tmp_path / "ledger.key", create=False)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_refused_with_advice(tmp_path, mode):
    checkpoints.key_at(tmp_path / "ledger.key", create=True)
    (tmp_path / "ledger.key").chmod(mode)

    with pytest.raises(KeyRefused, match="chmod 600"):
        checkpoints.key_at(tmp_path / "ledger.key", create=True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not an unencrypted private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is not an unencrypted private key"),
        (
            KEY.private.private_bytes(*PEM, serialization.BestAvailableEncryption(b"secret")),
            "is not an unencrypted private key",
        ),
        (generate_private_key(SECP256R1()).private_bytes(*PEM, serialization.NoEncryption()), "signs with Ed25519"),
    ],
    ids=["empty", "garbage", "encrypted", "another kind"],
)
def test_a_file_that_is_no_signing_key_is_refused(tmp_path, content, reason):
    path = tmp_path / "ledger.key"
    path.touch(mode=0o600)
    path.write_bytes(content)

    with pytest.raises(KeyRefused, match=reason):
        checkpoints.key_at(path, create=True)
