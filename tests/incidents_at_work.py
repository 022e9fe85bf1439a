"""A small trial with sites in three countries, and incidents and suspensions of it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from primum.actions import incidents, suspension
from primum.ledger import incident_reading, reading, signing_reading
from primum.roadmap.incidents import Category, Severity
from primum.roadmap.people import Role
from tests import factories
from tests.factories import MORNING
from tests.refusal_scenes import LEAD, PEOPLE, SAFETY, Scene

ROLLOUT, NURSE, SPONSOR = "small-trial", "mei-lin", "claire-dubois"
WHAT = "The output named the wrong side of the body."
SITES = (
    ("north", "US", "America/New_York"),
    ("south", "DE", "Europe/Berlin"),
    ("east", "HK", "Asia/Hong_Kong"),
)


@dataclass
class Ward(Scene):
    """A scene whose sites are in New York, Berlin and Hong Kong, with a sponsor who governs."""

    def begin(self, *, sites=SITES, **policy) -> "Ward":
        self.write(people=(*PEOPLE, factories.person(SPONSOR, Role.EXECUTIVE_SPONSOR)), **policy)
        self.write_sites(sites)
        self.register()
        return self

    def write_sites(self, sites) -> None:
        plain = [
            {"id": id_, "name": f"{id_.title()} Clinic", "country": country, "timezone": zone, "resource_level": "high"}
            for id_, country, zone in sites
        ]
        (self.folder / "sites.yaml").write_text(json.dumps({"sites": plain}), encoding="utf-8")

    def who(self, id_):
        return self.submission.person(id_)

    def report(self, *, person=NURSE, severity=Severity.SERIOUS, site="north", at: datetime | None = None, **changes):
        at = at or self.at
        values = {
            "category": Category.WRONG_OUTPUT,
            "what": WHAT,
            "occurred_at": at - timedelta(hours=2),
            "channel": "test",
        }
        return incidents.report(
            rollout=ROLLOUT,
            person=self.who(person),
            severity=severity,
            site=site,
            at=at,
            workplace=self.place,
            **(values | changes),
        )

    def confirm(self, incident, *, at: datetime | None = None, **changes):
        return incidents.confirm(
            incident=incident, person=self.who(SAFETY), at=at or self.at, workplace=self.place, **changes
        )

    def suspend(self, *, person=LEAD, at: datetime | None = None, harm=False):
        return suspension.suspend(
            rollout=ROLLOUT,
            person=self.who(person),
            reason="Something is wrong.",
            at=at or self.at,
            workplace=self.place,
            harm=harm,
        )

    def clocks(self, incident):
        with self.place.ledger.reading() as session:
            return {
                f"{one.jurisdiction} {one.rule}": one for one in incident_reading.clocks(session, incident=incident)
            }

    def standing(self):
        with self.place.ledger.reading() as session:
            return reading.suspension(session, rollout=ROLLOUT)

    def messages(self, kind):
        with self.place.ledger.reading() as session:
            found = signing_reading.messages_since(session, kind=kind, since=MORNING - timedelta(days=60))
            return [one.body for one in found]
