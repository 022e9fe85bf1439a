from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import Clock, SignatureVerifier

from primum.integrations.slack.signing import NotFromSlack, fingerprint, signature, verify

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SENT = str(int(AT.timestamp()))
NEW, OLD = "8f742231b10e8888abcd99yyyzzz85a5", "0123456789abcdef0123456789abcdef"
BODY = b"payload=%7B%7D"


class Stopped(Clock):
    def now(self) -> float:
        return AT.timestamp()


def headers(*, sent: str = SENT, secret: str = NEW, body: bytes = BODY) -> list[tuple[str, str]]:
    return [("X-Slack-Request-Timestamp", sent), ("X-Slack-Signature", signature(secret=secret, sent=sent, body=body))]


def accepted(pairs: list[tuple[str, str]], *, body: bytes = BODY, secrets=(NEW, OLD), at: datetime = AT) -> bool:
    try:
        verify(headers=pairs, body=body, secrets=secrets, at=at)
    except NotFromSlack:
        return False
    return True


@pytest.mark.parametrize("secret", [NEW, OLD], ids=["the new secret", "the secret before"])
def test_a_request_signed_with_either_secret_is_accepted(secret):
    assert accepted(headers(secret=secret))


@pytest.mark.parametrize(
    ("seconds", "is_accepted"),
    [(-301, False), (-300, True), (-299, True), (0, True), (299, True), (300, True), (301, False)],
)
def test_a_request_is_accepted_up_to_300_seconds_either_way(seconds, is_accepted):
    assert accepted(headers(), at=AT + timedelta(seconds=seconds)) is is_accepted


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda pairs: pairs[:1], "0 headers x-slack-signature"),
        (lambda pairs: pairs[1:], "0 headers x-slack-request-timestamp"),
        (lambda pairs: [*pairs, pairs[0]], "2 headers x-slack-request-timestamp"),
        (lambda pairs: [*pairs, ("x-slack-signature", "v0=0")], "2 headers x-slack-signature"),
        (lambda pairs: [(pairs[0][0], ""), pairs[1]], "not a number"),
        (lambda pairs: [(pairs[0][0], "soon"), pairs[1]], "not a number"),
        (lambda pairs: [(pairs[0][0], "١٧٩٥"), pairs[1]], "not a number"),
        (lambda pairs: [(pairs[0][0], f"{SENT}.5"), pairs[1]], "not a number"),
        (lambda pairs: [(pairs[0][0], "9" * 5000), pairs[1]], "not a number"),
        (lambda pairs: [pairs[0], (pairs[1][0], "v0=é")], "not Slack's"),
        (lambda pairs: [pairs[0], (pairs[1][0], "\ud800")], "not Slack's"),
        (lambda pairs: [pairs[0], (pairs[1][0], "")], "not Slack's"),
        (lambda pairs: [pairs[0], (pairs[1][0], pairs[1][1].upper())], "not Slack's"),
    ],
)
def test_what_is_malformed_is_refused_with_a_sentence(change, says):
    with pytest.raises(NotFromSlack, match=says):
        verify(headers=change(headers()), body=BODY, secrets=(NEW,), at=AT)


def test_a_body_that_is_not_utf_8_is_refused_though_it_is_signed():
    body = b"payload=\xff"

    with pytest.raises(NotFromSlack, match="not UTF-8"):
        verify(headers=headers(body=body), body=body, secrets=(NEW,), at=AT)


@pytest.mark.parametrize("secrets", [(), ("",), ("  ",)], ids=["none", "empty", "blank"])
def test_without_a_secret_nothing_is_accepted(secrets):
    signed = headers(secret=secrets[0]) if secrets else headers()

    assert not accepted(signed, secrets=secrets)


def test_a_changed_body_is_refused():
    assert not accepted(headers(), body=BODY + b" ")


def test_a_replay_is_known_by_its_fingerprint_whichever_secret_signed():
    first = fingerprint(headers=headers(), body=BODY)

    assert fingerprint(headers=headers(secret=OLD), body=BODY) == first
    assert fingerprint(headers=headers(sent=str(int(SENT) + 1)), body=BODY) != first
    assert fingerprint(headers=headers(), body=BODY + b"x") != first


@given(st.integers(-310, 310), st.text(max_size=40), st.booleans())
def test_slacks_own_library_says_the_same(seconds, text, is_tampered):
    body = text.encode()
    signed = headers(sent=str(int(SENT) + seconds), body=body)
    received = body + b"!" if is_tampered else body

    theirs = SignatureVerifier(NEW, clock=Stopped()).is_valid_request(received, dict(signed))

    assert accepted(signed, body=received, secrets=(NEW,)) is theirs


@given(st.lists(st.tuples(st.sampled_from(["X-Slack-Signature", "x-slack-request-timestamp", "a"]), st.text())))
def test_nothing_but_a_refusal_comes_of_anything(pairs):
    assert not accepted(pairs)
