"""A pilot on disk whose outcomes come in over time, so that it can be looked at."""

import itertools
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from primum.actions import protocol_lock
from primum.actions.look_timing import look_due
from primum.actions.looks import take_look
from primum.actions.registration import register
from primum.actions.submission import Submission, read_submission
from primum.actions.workplace import Workplace
from primum.ledger import look_reading
from primum.ledger.tables import RolloutRecord
from primum.settings import shipped
from tests.factories import MORNING

ROLLOUT = "looked-at"
BOARD, TEAM, LEAD, SAFETY = "greta-holm", "noah-kim", "amara-okafor", "ines-moreau"
DAY = timedelta(days=1)

FILE = """\
rollout: looked-at
title: A pilot that is looked at
institution: Riverside University Hospital
summary: Made for a test.
model:
  name: Sentinel
  version: "1"
  provider: Example Ltd
  model_class: LLM
  modalities: [text]
  endpoint: https://llm.example
use:
  use_case: clinical-decision-support
  purpose: flagging-findings
  domain: clinical
  mode: assistive
  human_decision: The physician decides.
policy: who-lmm-2025
people: people.yaml
sites: sites.yaml
protocol:
PROTOCOL
evidence:
TABLES
"""
PROTOCOL = """\
design: parallel-rct
question: superiority
unit: patient
arms: [with the model, without it]
primary: {name: finding confirmed, event: confirmed, good: higher}
safety:
  - {name: unplanned return, event: returned, good: lower}
stopping:
  - {event: returned, alpha_one_sided: 25/1000, spending: lan-demets-pocock}
spending: lan-demets-obrien-fleming
looks: [{at: 200}, {at: 400}, {at: 800}]
futility: {spending: lan-demets-obrien-fleming, beta: 1/10, binding: false}
planned_units: 800
estimand:
  population: adults referred
  treatment: with the model against without it
  variable: a finding confirmed
  summary: difference of the shares
  events:
    - {event: override, strategy: treatment-policy}
    - {event: contamination, strategy: treatment-policy}
    - {event: downtime, strategy: treatment-policy}
    - {event: version-change, strategy: treatment-policy}
sites:
  - {site: north, per_month: 50}
  - {site: south, per_month: 50}
"""
TABLE = """\
  - name: {name}
    kind: trial
    stages: [pilot]
    source: {name}.csv
    columns: {{unit_id: patient, arm: arm, site: site, confirmed: confirmed, returned: returned}}
    values:
      arm: {{new: intervention, old: control}}
    measured_on: {day}
    author: hana-sato
"""
SITES = """\
sites:
  - {id: north, name: North Clinic, country: CH, timezone: Europe/Zurich, resource_level: high}
  - {id: south, name: South Clinic, country: CH, timezone: Europe/Zurich, resource_level: middle}
"""
HEADER = "patient,arm,site,confirmed,returned"


def rows_of(n: int, *, new=0.70, old=0.70, harm=0.04, other=0.04, share=0.5, known=None, start=0, site=None) -> list:
    """So many patients, of whom these shares had each event; beyond ``known`` nobody has an outcome yet."""
    treated = round(n * share)
    found = []
    for number in range(n):
        is_new = number < treated
        place, of = (number, treated) if is_new else (number - treated, n - treated)
        good, bad = (new, harm) if is_new else (old, other)
        outcome = ("1" if place < round(of * good) else "0", "1" if place >= of - round(of * bad) else "0")
        found.append([f"MRN-{start + number:05d}", "new" if is_new else "old", site or ("north", "south")[number % 2],
                      *outcome])  # fmt: skip
    if known is not None:
        order = list(itertools.chain.from_iterable(zip(found[:treated], reversed(found), strict=False)))
        late = list(dict.fromkeys(map(tuple, order)))[known:]
        gone = {row[0] for row in late}
        found = [[*row[:3], "", ""] if row[0] in gone else row for row in found]
    return found


@dataclass
class Pilot:
    """The folder of a pilot, its workplace, and what one does with it."""

    folder: Path
    place: Workplace
    at: datetime = MORNING

    @property
    def file(self) -> Path:
        return self.folder / "rollout.yaml"

    @property
    def submission(self) -> Submission:
        return read_submission(self.file)

    def write(self, *, protocol: str = PROTOCOL, tables: tuple[str, ...] = ("outcomes",), day=None) -> None:
        inside = "".join(f"  {line}\n" for line in protocol.splitlines())
        listed = "".join(TABLE.format(name=name, day=(day or self.at).isoformat()) for name in tables)
        self.file.write_text(FILE.replace("PROTOCOL\n", inside).replace("TABLES\n", listed or "  []\n"))

    def table(self, rows, *, name="outcomes", days=10, tables=None, protocol=PROTOCOL) -> None:
        """Outcomes came in: the table is measured again, so many days later."""
        self.at += days * DAY
        lines = [HEADER, *(",".join(row) for row in rows)]
        (self.folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.write(protocol=protocol, tables=tables or (name,), day=self.at - timedelta(hours=1))

    def lock(self, *, change="lock", reason="Minute 14.") -> None:
        submission = self.submission
        protocol_lock.lock(
            submission=submission, person=submission.person(LEAD), reason=reason, change=change, channel="cli",
            authentication="test", zone="UTC", at=self.at, workplace=self.place,
        )  # fmt: skip

    def enter(self, stage: str = "pilot") -> None:
        with self.place.ledger.transaction() as tx:
            tx.session.get(RolloutRecord, ROLLOUT).stage = stage
            tx.record(kind="test.moved", rollout=ROLLOUT, person="ada", at=self.at, body={})

    def take(self, *, person="primum", reason=""):
        return take_look(submission=self.submission, person=person, reason=reason, at=self.at, workplace=self.place)

    def due(self):
        return look_due(submission=self.submission, at=self.at, workplace=self.place)

    def looks(self):
        with self.place.ledger.reading() as session:
            return look_reading.looks(session, rollout=ROLLOUT)


def registered(folder: Path, place: Workplace, *, protocol: str = PROTOCOL) -> Pilot:
    """A registered rollout whose pilot has not begun."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(shipped("examples") / "people.yaml", folder / "people.yaml")
    (folder / "sites.yaml").write_text(SITES, encoding="utf-8")
    pilot = Pilot(folder=folder, place=place)
    pilot.write(protocol=protocol, tables=())
    register(path=pilot.file, person=TEAM, at=MORNING, workplace=place)
    return pilot


def running(folder: Path, place: Workplace, *, protocol: str = PROTOCOL) -> Pilot:
    """A pilot whose protocol is locked and which has begun."""
    pilot = registered(folder, place, protocol=protocol)
    pilot.lock()
    pilot.enter()
    return pilot
