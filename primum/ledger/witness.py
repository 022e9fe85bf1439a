"""What the log says about a row of another table: its id and the digest of its content."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

import rfc8785

from primum.ledger.card_tables import ModelCardVersion
from primum.ledger.change_tables import ChangeStep, GuidelineChange
from primum.ledger.columns import written
from primum.ledger.deviation_tables import Deviation
from primum.ledger.guideline_tables import GuidelineVersion, LookBack, LookBackProgress, Relabelling
from primum.ledger.incident_tables import (
    CareReminder,
    ExposedList,
    IncidentFinding,
    IncidentPublication,
    PackSignature,
    Redress,
    RegulatorClock,
    ResumptionGate,
    SuspensionNotice,
)
from primum.ledger.list_tables import ConcealedList, ConcealedPlaces
from primum.ledger.look_tables import Look
from primum.ledger.monitor_tables import MonitorAlarm, MonitorCounts, MonitorReading, MonitorReport, MonitorTick
from primum.ledger.people_tables import OutsideIdentity
from primum.ledger.scale_tables import Hold, SiteAcknowledgement, WaveStep
from primum.ledger.signing_tables import (
    ConflictOfInterest,
    Contingency,
    Delegation,
    Incident,
    Intent,
    Reminder,
    ResumptionVote,
)
from primum.ledger.tables import (
    DocumentRecord,
    EvaluationRecord,
    EvidenceRecord,
    Exposure,
    Gate,
    GateTransition,
    Promotion,
    Record,
    RolloutRecord,
    Suspension,
    Vote,
    Waiver,
)
from primum.ledger.trial_tables import Allocation, AllocationBatch, ProtocolVersion

APPEND_ONLY: tuple[type[Record], ...] = (
    AllocationBatch,
    CareReminder,
    ChangeStep,
    ConcealedList,
    ConcealedPlaces,
    EvaluationRecord,
    ExposedList,
    GateTransition,
    GuidelineChange,
    GuidelineVersion,
    IncidentFinding,
    IncidentPublication,
    Look,
    LookBack,
    LookBackProgress,
    ModelCardVersion,
    MonitorReport,
    MonitorTick,
    PackSignature,
    Promotion,
    ProtocolVersion,
    Relabelling,
    Reminder,
    ResumptionGate,
    ResumptionVote,
    SiteAcknowledgement,
    SuspensionNotice,
    Vote,
    WaveStep,
)
CHANGING: tuple[type[Record], ...] = (
    ConflictOfInterest,
    Contingency,
    Delegation,
    Deviation,
    DocumentRecord,
    EvidenceRecord,
    Exposure,
    Gate,
    Hold,
    Incident,
    Intent,
    MonitorAlarm,
    OutsideIdentity,
    Redress,
    RegulatorClock,
    RolloutRecord,
    Suspension,
    Waiver,
)
WITNESSED = APPEND_ONLY + CHANGING
# Too many rows for a digest of each in the log: their batch vouches for them.
BATCHED: tuple[type[Record], ...] = (Allocation, MonitorCounts, MonitorReading)
FREE_TEXT = frozenset({"reason", "lifted_reason", "what", "note", "statistics"})
# Columns that older ledgers did not have: empty, they leave the digest of an older row as it was.
LATER = frozenset(
    {"on_behalf_of", "intent_id", "authenticated_at", "harm", "used_by", "encounter", "basis", "for_harm"}
)
LARGEST_WHOLE = 2**53 - 1
_WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False)


class Unloggable(Exception):
    """Something that has no canonical JSON was to be logged; the message says what."""


def canonical(value: object) -> str:
    """
    Return the RFC 8785 text of a value.

    :raises Unloggable: for NaN, an integer above 2**53, bytes, a lone surrogate and whatever JSON does not have
    """
    # What a ledger holds is nearly all of it plain, and the standard library writes that several times as fast.
    if _is_plain(value):
        text = _WRITER.encode(value)
        if text.isascii():
            return text
    try:
        return rfc8785.dumps(value).decode()  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise Unloggable(
            "The log holds canonical JSON: text, finite numbers, whole numbers within 2**53, true, false, null, "
            "and lists and mappings of these. Something else was to be written to it."
        ) from error


def _is_plain(value: object) -> bool:
    """Return whether the standard library writes a value exactly as RFC 8785 does: no float, no key beyond ASCII."""
    if value is None or type(value) is str or type(value) is bool:
        return True
    if type(value) is dict:
        return all(type(key) is str and key.isascii() and _is_plain(held) for key, held in value.items())
    if type(value) is list or type(value) is tuple:
        return all(map(_is_plain, value))
    return type(value) is int and -LARGEST_WHOLE <= value <= LARGEST_WHOLE


def sealed(text: str, *, salt: str) -> str:
    """Return the salted SHA-256 under which personal free text enters the log."""
    return digest_of(f"{salt}\n{text}")


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text, as ``sha256:`` and 64 hex digits."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def content_digest(row: Mapping[str, object]) -> str:
    """Return the digest of a row's content, given as its columns; free text goes in sealed, the salt not at all."""
    salt = str(row.get("salt", ""))
    content = {name: _plain(name=name, value=value, salt=salt) for name, value in row.items() if _counts(name, value)}
    return digest_of(canonical(content))


def _counts(name: str, value: object) -> bool:
    return name != "salt" and not (name in LATER and value is None)


def _plain(*, name: str, value: object, salt: str) -> object:
    if isinstance(value, datetime):
        return written(value)
    if name in FREE_TEXT and isinstance(value, str):
        return sealed(value, salt=salt)
    return value


def table_of(row: type[Record] | Record) -> str:
    """Return the table's name, as the log writes it."""
    return str(row.__tablename__)


def witness_of(row: Record) -> dict[str, str]:
    """Return what the log says about a row: its table, its id, the digest of its content."""
    columns = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    return {"table": table_of(row), "id": str(columns["id"]), "digest": content_digest(columns)}


def message_id(*, origin: str, message: Mapping[str, object]) -> str:
    """Return the id that follows from a message's log, cause and content; delivering it changes none of these."""
    named = {name: message[name] for name in ("cause", "kind", "rollout", "gate", "body")}
    return digest_of(canonical({"origin": origin, **named})).removeprefix("sha256:")
