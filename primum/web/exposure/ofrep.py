"""What a caller asks and what it is answered, in the words of OFREP 0.3; bytes in, bytes out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard

from primum.actions.exposing import Answered
from primum.roadmap.exclusions import Fact
from primum.roadmap.exposure import Encounter, Reason, Shown

UNIT, SITE, KIND = "targetingKey", "site", "unitType"
MOST_FACTS = 100
LONGEST_TEXT = 1_000


class CannotAnswer(Exception):
    """The question cannot be answered as it is; ``code`` is OpenFeature's, the message says what to send."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer over HTTP."""

    status: int
    body: bytes
    etag: str = ""


def encounter_in(body: bytes, *, at: datetime) -> Encounter:
    """
    Return the encounter a request is about; the time is ours, whatever the caller's clock says.

    :raises CannotAnswer: if it is no JSON object, or unit or site is missing
    """
    context = _context(body)
    unit, site, kind = context.get(UNIT), context.get(SITE), context.get(KIND, "")
    if not isinstance(unit, str) or not unit.strip():
        raise CannotAnswer("TARGETING_KEY_MISSING", f"`context.{UNIT}` is missing: the unit as text.")
    if not isinstance(site, str) or not site.strip():
        raise CannotAnswer("INVALID_CONTEXT", f"`context.{SITE}` is missing: the site of the encounter, as text.")
    if not isinstance(kind, str) or max(map(len, (unit, site, kind))) > LONGEST_TEXT:
        raise CannotAnswer("INVALID_CONTEXT", f"`{UNIT}`, `{SITE}`, `{KIND}` are texts, {LONGEST_TEXT} at most.")
    told = {name: value for name, value in context.items() if name not in (UNIT, SITE, KIND) and is_fact(value)}
    return Encounter(unit=unit, site=site, at=at, kind=kind, facts=told)


def _context(body: bytes) -> Mapping[str, object]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise CannotAnswer("PARSE_ERROR", "The body is no JSON.") from None
    context = asked.get("context") if isinstance(asked, dict) else None
    if not isinstance(context, dict):
        raise CannotAnswer("INVALID_CONTEXT", "The body has no `context`; send {'context': {'targetingKey': ...}}.")
    if len(context) > MOST_FACTS:
        raise CannotAnswer("INVALID_CONTEXT", f"`context` has {len(context)} fields; {MOST_FACTS} are allowed.")
    return context


def is_fact(value: object) -> TypeGuard[Fact]:
    """Return whether an exclusion can be decided on a value."""
    return isinstance(value, Fact) and not (isinstance(value, str) and len(value) > LONGEST_TEXT)


def one(*, rollout: str, answered: Answered | None) -> dict[str, object]:
    """Return the answer for one rollout; nobody's rollout is ``off``, like every other doubt."""
    if answered is None:
        why = "No rollout of this name is registered."
        return {"key": rollout, **_said(Shown.OFF, Reason.UNKNOWN), "metadata": {"why": why}}
    standing, said = answered.standing, answered.exposed
    metadata = {
        "why": said.sentence,
        "stage": standing.stage,
        "gate": standing.gate,
        "bundle": standing.approved,
        "protocol": standing.protocol,
    }
    return {"key": rollout, **_said(said.shown, said.reason), "metadata": metadata}


def _said(shown: Shown, reason: Reason) -> dict[str, object]:
    return {"value": str(shown), "variant": str(shown), "reason": str(reason)}


def reply_one(answer: Mapping[str, object]) -> Reply:
    """Return one answer as bytes."""
    return Reply(status=200, body=_json(answer))


def reply_all(answers: Sequence[Mapping[str, object]], *, known: str) -> Reply:
    """Return all answers, or 304 when the caller has just these already."""
    body = _json({"flags": answers, "metadata": {}})
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if known and etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]:
        return Reply(status=304, body=b"", etag=etag)
    return Reply(status=200, body=body, etag=etag)


def reply_problem(status: int, *, sentence: str, code: str = "", rollout: str = "") -> Reply:
    """Return why there is no answer; a caller falls back to its default, which is to be ``off``."""
    said = {"key": rollout, "errorCode": code, "errorDetails": sentence}
    return Reply(status=status, body=_json({name: value for name, value in said.items() if value}))


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
