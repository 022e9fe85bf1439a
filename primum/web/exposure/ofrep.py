"""What a caller asks and what it is answered, in the words of OFREP 0.3; bytes in, bytes out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
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
    if b"\\u" in body and not _is_text(context):
        raise CannotAnswer("PARSE_ERROR", "The body holds half a character; send whole ones.")
    if len(context) > MOST_FACTS:
        raise CannotAnswer("INVALID_CONTEXT", f"`context` has {len(context)} fields; {MOST_FACTS} are allowed.")
    return context


def _is_text(context: Mapping[str, object]) -> bool:
    """Half a surrogate pair is JSON and no text: it has no bytes, and nobody could write it down."""
    try:
        _json(context)
    except UnicodeEncodeError:
        return False
    return True


def is_fact(value: object) -> TypeGuard[Fact]:
    """Return whether an exclusion can be decided on a value."""
    return isinstance(value, Fact) and not (isinstance(value, str) and len(value) > LONGEST_TEXT)


def one(*, rollout: str, answered: Answered | None) -> bytes:
    """Return the answer for one rollout as JSON; nobody's rollout is ``off``, like every other doubt."""
    if answered is None:
        why = "No rollout of this name is registered."
        off, reason = str(Shown.OFF), str(Reason.UNKNOWN)
        return _json({"key": rollout, "value": off, "variant": off, "reason": reason, "metadata": {"why": why}})
    standing, said = answered.standing, answered.exposed
    told = (standing.stage, standing.wave, standing.gate, standing.approved, standing.protocol)
    return _known(rollout, said.shown, said.reason, said.sentence, told)


# Of a rollout there are few different answers, and none says for whom it is.
@lru_cache(maxsize=1_024)
def _known(rollout: str, shown: str, reason: str, why: str, told: tuple[str, ...]) -> bytes:
    metadata = {"why": why, **dict(zip(("stage", "wave", "gate", "bundle", "protocol"), told, strict=True))}
    return _json({"key": rollout, "value": shown, "variant": shown, "reason": reason, "metadata": metadata})


def reply_one(answer: bytes) -> Reply:
    """Return one answer."""
    return Reply(status=200, body=answer)


def reply_all(answers: Sequence[bytes], *, known: str) -> Reply:
    """Return all answers, or 304 when the caller has just these already."""
    body = b'{"flags":[' + b",".join(answers) + b'],"metadata":{}}'
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
