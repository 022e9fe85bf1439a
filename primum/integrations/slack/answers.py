"""What goes back to Slack at once: an acknowledgement, and for some of them what the person sees next."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JSON = "application/json; charset=utf-8"

Plain = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An acknowledgement; without a body it says only that the delivery is ours now (a form closes then)."""

    body: Plain | None = None

    @property
    def http_body(self) -> bytes:
        """The body of the 200 over HTTP; empty, or JSON in UTF-8."""
        return b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()

    @property
    def content_type(self) -> str:
        """The content type that goes with ``http_body``."""
        return "text/plain; charset=utf-8" if self.body is None else JSON


def acknowledged() -> Answer:
    """Take the delivery, say nothing; a form that was sent closes."""
    return Answer()


def all_closed() -> Answer:
    """Close this form and all under it."""
    return Answer(body={"response_action": "clear"})


def changed(view: Plain) -> Answer:
    """Show another content in the form that was sent."""
    return Answer(body={"response_action": "update", "view": dict(view)})


def on_top(view: Plain) -> Answer:
    """Show another form over the one that was sent; three are the most."""
    return Answer(body={"response_action": "push", "view": dict(view)})


def wrong(errors: Mapping[str, str]) -> Answer:
    """
    Keep the form open and say at which inputs what is wrong; the keys are ``block_id`` of input blocks.

    Slack shows "We had some trouble connecting" for a key that is none, so an empty mapping is refused here.
    """
    if not errors:
        raise ValueError("An answer with errors names at least one input.")
    return Answer(body={"response_action": "errors", "errors": dict(errors)})


def said(text: str, *, blocks: tuple[Plain, ...] = ()) -> Answer:
    """Answer a command with words that its author alone sees."""
    body: dict[str, Any] = {"response_type": "ephemeral", "text": text}
    return Answer(body={**body, "blocks": [dict(block) for block in blocks]} if blocks else body)


def challenge(given: str) -> Answer:
    """Answer the question whether we are here; an empty challenge is a probe and wants nothing."""
    return Answer(body={"challenge": given}) if given else Answer()


def envelope(envelope_id: str, *, answer: Answer, accepts_answer: bool) -> dict[str, Any]:
    """Return the acknowledgement to send over a socket; the answer travels in it where Slack accepts one."""
    told: dict[str, Any] = {"envelope_id": envelope_id}
    if answer.body is not None and accepts_answer:
        told["payload"] = dict(answer.body)
    return told
