"""What an outside registry sends: shown to be signed and new, read, and then published like any other version."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlmodel import col, delete

from primum.actions.guidelines import Published, receive
from primum.actions.workplace import Workplace
from primum.integrations.registry_signing import NotFromRegistry, verify
from primum.ledger.guideline_tables import GuidelineRequest
from primum.ledger.refusals import AlreadyThere
from primum.roadmap.guidelines import Guideline

# Longer than a signature is accepted, so that none is forgotten while it still counts.
KEPT_FOR = timedelta(minutes=11)
MOST_SAID = 5


class RequestRefused(Exception):
    """What the registry signed is no guideline; the message says what is wrong with it."""


def take(*, headers: Iterable[tuple[str, str]], body: bytes, at: datetime, workplace: Workplace) -> Published:
    """
    Publish what the registry signed, once.

    :raises NotFromRegistry: if it is unsigned, stale, or was taken before
    :raises RequestRefused: if it is no guideline
    :raises CannotPublish: if it may not be published
    """
    fingerprint = verify(headers=headers, body=body, secrets=_secrets(workplace), at=at)
    _remember(fingerprint, at=at, workplace=workplace)
    return receive(guideline=_read(body), at=at, workplace=workplace)


def _secrets(workplace: Workplace) -> Sequence[str]:
    given = workplace.settings.guideline_secrets
    return [one.strip() for one in given.get_secret_value().split(",")] if given else []


def _remember(fingerprint: str, *, at: datetime, workplace: Workplace) -> None:
    try:
        with workplace.ledger.transaction() as tx:
            tx.session.add(GuidelineRequest(fingerprint=fingerprint, seen_at=at))
            tx.session.exec(delete(GuidelineRequest).where(col(GuidelineRequest.seen_at) < at - KEPT_FOR))
    except AlreadyThere:
        raise NotFromRegistry("This very request was taken before; sign it anew to send it again.") from None


def _read(body: bytes) -> Guideline:
    try:
        return Guideline.model_validate_json(body, strict=True)
    except ValidationError as problem:
        raise RequestRefused(_said(problem)) from None


def _said(problem: ValidationError) -> str:
    found = problem.errors(include_input=False, include_url=False, include_context=False)
    lines = [f"{'.'.join(str(step) for step in one['loc']) or 'the body'}: {one['msg']}" for one in found[:MOST_SAID]]
    return f"This is no guideline; {'; '.join(lines)}."
