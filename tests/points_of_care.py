"""A point of care on a real socket, in front of a rollout that is in its pilot, and clients that nobody here wrote."""

from contextlib import contextmanager
from dataclasses import dataclass, replace

from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

from primum.actions import allocation, protocol_lock, site_keys, suspension
from primum.actions.allocation import Enrolled
from primum.actions.enrolling import Enrolment
from primum.actions.exposing import Replica
from primum.integrations.answers import Answers
from primum.ledger.tables import Exposure, RolloutRecord
from primum.roadmap.exclusions import Exclusion
from primum.roadmap.stages import Stage
from primum.roadmap.widening import Widening
from primum.web.exposure.point_of_care import PointOfCare
from tests import consoles, evidence_factories, factories, gates_at_work
from tests.consoles import Clock
from tests.factories import MORNING
from tests.unit.roadmap.test_locking import WHOLE

ROLLOUT = "test-rollout"
CHILDREN = Exclusion(field="age", comparison="less-than", values=("18",), words="Children were not studied.")
MORE = 40


async def nothing_else(scope, receive, send):
    raise AssertionError(scope["path"])


@dataclass(frozen=True, kw_only=True)
class PlaceOfCare:
    address: str
    units: dict[str, str]
    key: str
    clock: Clock
    workplace: object

    def client(self, key: str | None = None) -> OFREPProvider:
        shown = {"Authorization": f"Bearer {self.key if key is None else key}"}
        return OFREPProvider(self.address, headers_factory=lambda: shown)

    def asks(
        self,
        arm: str = "intervention",
        *,
        rollout: str = ROLLOUT,
        site: str = "north",
        age: object = 44,
        key: str | None = None,
    ):
        context = EvaluationContext(targeting_key=self.units.get(arm, "nobody"), attributes={"site": site, "age": age})
        client = self.client(key)
        try:
            return client.resolve_string_details(rollout, "off", context)
        finally:
            client.session.close()

    def suspend(self):
        lead = factories.person("amara-okafor", gates_at_work.Role.CLINICAL_LEAD)
        suspension.suspend(rollout=ROLLOUT, person=lead, reason="A look.", at=self.clock.at, workplace=self.workplace)


def in_pilot(place, **protocol):
    """A rollout that was promoted into its pilot on the bundle that is registered; returns a unit of each arm."""
    where = (Widening(stage=Stage.PILOT, sites=("north",)),)
    declared = evidence_factories.protocol(estimand=WHOLE, **({"strata": ("site",)} | protocol))
    submission = gates_at_work.submission(protocol=declared)
    card = submission.rollout.card.model_copy(update={"exclusions": (CHILDREN,)})
    changed = submission.rollout.model_copy(update={"card": card, "widening": where})
    submission = replace(submission, rollout=changed)
    gates_at_work.register(submission, place)
    with place.ledger.transaction() as tx:
        row = tx.session.get(RolloutRecord, ROLLOUT)
        row.stage = "pilot"
        approved = {"bundle": row.bundle_digest}
        tx.session.add(row)
        tx.session.add(Exposure(rollout=ROLLOUT, at=MORNING, state="pilot", conditions=approved, cause="a promotion"))
        tx.record(kind="rollout.promoted", rollout=ROLLOUT, person="noah-kim", at=MORNING, body={})
    signed(submission, place)
    return enrolled(place) if declared.enrolment == "listed" else {}


def signed(submission, place):
    """Lock the protocol as the lead does."""
    protocol_lock.lock(
        submission=submission,
        person=submission.person("amara-okafor"),
        reason="Approved in minute 14.",
        change="lock",
        channel="cli",
        authentication="local account of the machine",
        zone="UTC",
        at=MORNING,
        workplace=place,
    )


def enrolled(place):
    """Allocate some units and return one of each arm."""
    units = [Enrolled(unit=f"unit-{number}", values={"site": "north"}) for number in range(MORE)]
    drawn = allocation.allocate(rollout=ROLLOUT, units=units, person="noah-kim", at=MORNING, workplace=place)
    return {one.arm: one.unit for one in drawn}


@contextmanager
def serving(place, units, *, answering=None):
    """Serve the point of care of a place, from another opening of the same ledger where one is given."""
    clock, from_here = Clock(), answering or place
    key = site_keys.make(sites=("north",), person="noah-kim", days=30, at=MORNING, workplace=place)
    replica = Replica(
        workplace=from_here,
        seed=allocation.seed_of(place),
        answers=Answers(folder=place.home / "answers", replica="test"),
    )
    keys, enrolment = site_keys.SiteKeys(workplace=from_here), Enrolment(workplace=from_here)
    app = PointOfCare(nothing_else, replica=replica, keys=keys, enrolment=enrolment, clock=clock)
    with consoles.listening() as door, consoles.served(app, door=door):
        yield PlaceOfCare(
            address=f"http://127.0.0.1:{door.getsockname()[1]}", units=units, key=key, clock=clock, workplace=place
        )
    enrolment.close()
    replica.close()
