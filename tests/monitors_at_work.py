"""A rollout in use with its monitors, counts reported for it, and the clock that ticks."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from primum.actions import monitoring
from primum.actions.alarm_answers import acknowledge_alarm
from primum.actions.monitor_counts import Reported, report_counts
from primum.actions.monitoring import Ticked
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.evidence.watching.stored import CountsLine
from primum.ledger import monitor_reading
from primum.ledger.tables import Exposure, RolloutRecord
from primum.roadmap.monitors import Found, Monitor
from primum.roadmap.people import Person, Role, Site
from primum.roadmap.stages import Stage
from tests import factories, gates_at_work
from tests.factories import LOCAL

ROLLOUT = "test-rollout"
# A Monday, with four weeks behind it.
MONDAY = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
BEGAN = MONDAY - timedelta(days=28)
LEAD = factories.person("amara-okafor", Role.CLINICAL_LEAD)
OFFICER = factories.person("ines-moreau", Role.SAFETY_OFFICER)
OPS = factories.person("pia-berg", Role.ML_OPS)
NOBODY = factories.person("otto-lang")
PEOPLE = (LEAD, OFFICER, OPS, NOBODY)
SITES = tuple(
    Site(id=name, name=f"{name} clinic", country="CH", timezone="Europe/Zurich", resource_level="high")
    for name in ("north", "south")
)


def monitor(**changes) -> Monitor:
    """Reviews that are overdue, read every day; at most two may be, and more hold the rollout."""
    values = {
        "id": "late-reviews",
        "kind": "overdue-reviews",
        "title": "Reviews that are overdue",
        "owner": "pia-berg",
        "cadence": {"days": 1, "at": "06:00:00", "timezone": "Europe/Zurich"},
        "action": "hold",
        "nature": "guardrail",
        "parameters": {"at_most": 2},
        "source": LOCAL,
    }
    return Monitor.model_validate(values | changes)


def line(late: int, *, period: str = "2026-W13", site: str = "north", held: int = 20) -> CountsLine:
    """So many reviews overdue at a site."""
    return CountsLine(period=period, site=site, counts={"held": held, "late": late})


@dataclass(frozen=True, kw_only=True)
class Ward:
    """A rollout that is watched."""

    workplace: Workplace
    submission: Submission

    def report(
        self, *lines: CountsLine, of: str = "late-reviews", person: Person = OPS, at=MONDAY, correct=""
    ) -> Reported:
        return report_counts(
            rollout=ROLLOUT,
            monitor=of,
            lines=lines,
            person=person,
            channel="test",
            at=at,
            workplace=self.workplace,
            correct=correct,
        )

    def tick(self, at: datetime = MONDAY) -> Ticked:
        return monitoring.watch(at=at, person="primum", workplace=self.workplace)

    def answer(self, alarm: str, *, person: Person = OPS, found=Found.REAL, at=MONDAY, done="The reviews were made."):
        acknowledge_alarm(
            alarm=alarm, person=person, found=found, done=done, channel="test", at=at, workplace=self.workplace
        )

    def alarms(self, *, is_open: bool = True):
        with self.workplace.ledger.reading() as session:
            return monitor_reading.alarms(session, rollout=ROLLOUT, is_open=is_open)

    def reading(self, of: str = "late-reviews"):
        with self.workplace.ledger.reading() as session:
            return monitor_reading.newest_readings(session, rollout=ROLLOUT)[of]


def ward(ledger, home, *monitors: Monitor, stage: Stage = Stage.SUSTAIN, **changes) -> Ward:
    """A rollout that has been in use for four weeks, with these monitors."""
    place = gates_at_work.workplace(ledger, home)
    handed_in = gates_at_work.submission(monitors=monitors or (monitor(),), **changes)
    handed_in = replace(handed_in, people=(*handed_in.people, *PEOPLE[1:]), sites=SITES)
    gates_at_work.register(handed_in, place)
    with ledger.transaction() as tx:
        row = tx.session.get(RolloutRecord, ROLLOUT)
        row.stage, row.stage_since = stage, BEGAN
        tx.session.add(row)
        said = {"bundle": row.bundle_digest}
        tx.session.add(Exposure(rollout=ROLLOUT, at=BEGAN, state=str(stage), conditions=said, cause="promotion"))
        tx.record(kind="rollout.promoted", rollout=ROLLOUT, person="noah-kim", at=BEGAN, body={})
    return Ward(workplace=place, submission=handed_in)
