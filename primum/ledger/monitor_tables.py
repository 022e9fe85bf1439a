"""What monitors work on and what came of it: counts that sites reported, readings, alarms."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger
from sqlmodel import Field

from primum.ledger.columns import Instant
from primum.ledger.tables import Record, new_id, of


class MonitorReport(Record, table=True):
    """Counts that were reported in one go, by whom; ``digest`` vouches for each of their rows."""

    __tablename__ = "monitor_report"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    monitor: str
    rows: int = Field(sa_type=BigInteger)
    corrected: int = Field(sa_type=BigInteger)
    digest: str
    reason: str = ""
    salt: str = Field(default_factory=new_id)
    person: str
    channel: str
    at: datetime = Field(sa_type=Instant)


class MonitorCounts(Record, table=True):
    """
    The counts of one monitor at one site, for one group in one period, as canonical JSON; never a patient's value.

    A correction is a later ``version`` of all groups of that site and period, and the earlier one stays.
    """

    __tablename__ = "monitor_counts"
    __table_args__: ClassVar = {"sqlite_with_rowid": False}

    rollout: str = Field(primary_key=True)
    monitor: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    site: str = Field(primary_key=True)
    subgroup: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_type=BigInteger)
    counts: str
    report: str = Field(index=True)


class MonitorTick(Record, table=True):
    """One look at all monitors of a rollout that were due; ``digest`` vouches for each of their readings."""

    __tablename__ = "monitor_tick"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    readings: int = Field(sa_type=BigInteger)
    digest: str
    analysis_version: str
    at: datetime = Field(sa_type=Instant)


class MonitorReading(Record, table=True):
    """
    What one monitor said for one moment at which it was to read.

    ``found`` holds what was not quiet, as canonical JSON; what was quiet follows from the counts and is counted only.
    """

    __tablename__ = "monitor_reading"
    __table_args__: ClassVar = {"sqlite_with_rowid": False}

    rollout: str = Field(primary_key=True)
    monitor: str = Field(primary_key=True)
    slot: datetime = Field(primary_key=True, sa_type=Instant)
    state: str
    period: str
    places: int = Field(sa_type=BigInteger)
    alarms: int = Field(sa_type=BigInteger)
    fresh: int = Field(sa_type=BigInteger)
    quiet: int = Field(sa_type=BigInteger)
    shadow: bool
    sentence: str
    found: str
    tick: str = Field(index=True)
    at: datetime = Field(sa_type=Instant)


class MonitorAlarm(Record, table=True):
    """An alarm that a monitor raised; it stands until its owner says what was found and done, or until it is over."""

    __tablename__ = "monitor_alarm"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    monitor: str
    cause: str
    site: str
    subgroup: str
    measure: str
    period: str
    action: str
    owner: str
    sentence: str
    raised_at: datetime = Field(sa_type=Instant)
    hold_id: str | None = None
    suspension_id: str | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = Field(default=None, sa_type=Instant)
    finding: str | None = None
    note: str | None = None
    salt: str = Field(default_factory=new_id)
    over_at: datetime | None = Field(default=None, sa_type=Instant)
