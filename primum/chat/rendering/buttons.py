"""The buttons under a gate message and what comes back with a click: never trusted, only looked up."""

import json
import re
from enum import StrEnum

from primum.chat.rendering.blocks import LONGEST_VALUE, Block, actions, button
from primum.chat.rendering.views import Subject

DIGITS_OF_DIGEST = 16
LAST_REVISION = 999_999_999
GATE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
SHORT_DIGEST = re.compile(rf"[0-9a-f]{{{DIGITS_OF_DIGEST}}}")


class Deed(StrEnum):
    """What a person may ask for under a gate message; each opens a form, none acts at once."""

    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_EVIDENCE = "request-evidence"
    DELEGATE = "delegate"


LABELS = {
    Deed.APPROVE: "Approve\u2026",
    Deed.REJECT: "Reject\u2026",
    Deed.REQUEST_EVIDENCE: "Ask for evidence\u2026",
    Deed.DELEGATE: "Delegate\u2026",
}
ACTIONS = {f"gate.{deed}": deed for deed in Deed}


class UnreadableValue(Exception):
    """A button's value is not one of ours; the message is shown to the person."""


def gate_buttons(subject: Subject) -> Block:
    """Return the four buttons of a gate."""
    value = written(subject)
    return actions(
        [
            button(
                LABELS[deed],
                action=f"gate.{deed}",
                value=value,
                spoken=f"{LABELS[deed].removesuffix(chr(0x2026))}: opens a form for gate {subject.gate}",
            )
            for deed in Deed
        ],
        block_id=f"gate.answers.{subject.revision}",
    )


def short(digest: str) -> str:
    """Return the beginning of a digest that buttons carry and a reader compares."""
    return digest[:DIGITS_OF_DIGEST]


def written(subject: Subject) -> str:
    """Return a gate, its revision and the beginning of its digest as a button or form carries them back."""
    value = {"digest": short(subject.digest), "gate": subject.gate, "revision": subject.revision}
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def read(value: object) -> Subject:
    """
    Return what a click was about; ``digest`` is its beginning only, to be compared with the gate's.

    :raises UnreadableValue: if it is nothing that ``written`` returns
    """
    try:
        kept = json.loads(value) if isinstance(value, str) and len(value) <= LONGEST_VALUE else None
    except (ValueError, RecursionError):
        kept = None
    if isinstance(kept, dict) and set(kept) == {"digest", "gate", "revision"}:
        gate, revision, digest = kept["gate"], kept["revision"], kept["digest"]
        whole = isinstance(revision, int) and not isinstance(revision, bool) and 0 < revision <= LAST_REVISION
        if whole and _is(GATE_ID, gate) and _is(SHORT_DIGEST, digest):
            return Subject(gate=gate, revision=revision, digest=digest)
    raise UnreadableValue("This button is not one of ours any more; open the gate on its page.")


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
