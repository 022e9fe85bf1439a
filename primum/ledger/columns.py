"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect
from sqlalchemy.types import TypeDecorator


class NaiveTime(ValueError):
    """A time without its offset was to be stored; the message says which."""


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: refuses a naive time, and gives an aware one back on every engine."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- as SQLAlchemy calls it
        """Return the moment in UTC, as the database keeps it."""
        return None if value is None else in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- as SQLAlchemy calls it
        """Return what was stored as an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def in_utc(moment: datetime) -> datetime:
    """
    Return the same moment in UTC.

    :raises NaiveTime: if the time has no offset
    """
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise NaiveTime(f"The time {moment.isoformat()} has no offset; the ledger stores only times that say theirs.")
    return moment.astimezone(UTC)


def written(moment: datetime) -> str:
    """Return a moment as the log spells it: ISO 8601, UTC, always six digits of a second."""
    return in_utc(moment).isoformat(timespec="microseconds")


def plain_json() -> Any:  # noqa: ANN401 -- as the library declares its own column
    """Return the JSON column type; ``None`` is NULL, not the text ``null``."""
    return JSON(none_as_null=True)
