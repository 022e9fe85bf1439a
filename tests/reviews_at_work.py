"""A rollout that came into sustain by its gate G3, and the reviews that people and their calendar ask for."""

from datetime import datetime, timedelta

from primum.actions import incidents, sustain_gates
from primum.actions.suspension import person_at
from primum.actions.workplace import Workplace
from primum.ledger import reading, scale_reading
from primum.ledger.tables import EvaluationRecord, Gate, Promotion, RolloutRecord
from primum.ledger.witness import canonical, digest_of
from primum.roadmap.incidents import Category, Severity
from primum.roadmap.stages import Stage
from tests.monitors_at_work import BEGAN, MONDAY, ROLLOUT

DAY = timedelta(days=1)
YEAR = BEGAN + 365 * DAY


def entered(place, *, rollout: str = ROLLOUT) -> None:
    """It came into sustain by the gate G3, four weeks ago."""
    came_by(place, "G3", at=BEGAN, stage_from="scale", rollout=rollout)


def in_use(place, *, rollout: str, at: datetime) -> None:
    """A registered rollout that came into sustain by its gate G3 at a moment."""
    with place.workplace.ledger.transaction() as tx:
        row = tx.session.get(RolloutRecord, rollout)
        row.kind, row.stage, row.stage_since = "rollout", "sustain", at
        tx.session.add(row)
        tx.record(kind="rollout.promoted", rollout=rollout, person="primum", at=at, body={})
    came_by(place, "G3", at=at, stage_from="scale", rollout=rollout)


def came_by(place, name: str, *, at: datetime, stage_from: str = "sustain", rollout: str = ROLLOUT) -> None:
    """A gate was applied that let it be, or go on, in sustain."""
    applied = gate(name, "applied", opened=at, rollout=rollout)
    done = Promotion(
        rollout=rollout,
        stage_from=stage_from,
        stage_to="sustain",
        subject_digest=f"sha256:{name}",
        gate_id=applied.id,
        person="primum",
        at=at,
    )
    add(place.workplace, applied, done, rollout=rollout)


def gate(name: str, state: str, *, opened: datetime, revision: int = 1, rollout: str = ROLLOUT) -> Gate:
    return Gate(
        id=f"{rollout}.{name}.{revision}",
        rollout=rollout,
        name=name,
        stage=Stage.SUSTAIN,
        revision=revision,
        state=state,
        requested_by="noah-kim",
        opened_at=opened,
        state_since=opened,
    )


def add(workplace: Workplace, *rows, rollout: str = ROLLOUT) -> None:
    with workplace.ledger.transaction() as tx:
        tx.session.add_all(rows)
        tx.record(kind="gate.opened", rollout=rollout, person="primum", at=BEGAN, body={})


def review(place, state: str, *, opened: datetime, revision: int = 1) -> Gate:
    """A review that was opened and stands so."""
    made = gate("GS", state, opened=opened, revision=revision)
    add(place.workplace, made)
    return made


def turned(place, gate: str, state: str, *, at: datetime) -> None:
    """What became of a review."""
    with place.workplace.ledger.transaction() as tx:
        row = tx.lock_gate(gate)
        row.state, row.state_since = state, at
        tx.session.add(row)
        tx.record(kind=f"gate.{state}", rollout=row.rollout, person="primum", at=at, body={})


def failed_review(place, outcome: str = "fail", state: str = "held") -> Gate:
    opened = gate("GS", state, opened=MONDAY)
    snapshot = canonical({"verdict": {"findings": []}})
    opened.evaluation_id = f"{opened.id}.evaluation"
    found = EvaluationRecord(
        id=opened.evaluation_id,
        rollout=ROLLOUT,
        gate_id=opened.id,
        stage="sustain",
        snapshot=snapshot,
        digest=digest_of(snapshot),
        outcome=outcome,
        at=MONDAY,
    )
    add(place.workplace, opened, found)
    return opened


def due(place, at: datetime):
    return sustain_gates.due(at=at, workplace=place.workplace)


def ended(place, at: datetime):
    return sustain_gates.end_expired(at=at, person="primum", workplace=place.workplace)


def walked(place, at: datetime = MONDAY + DAY):
    return sustain_gates.walk_back_failed(at=at, person="primum", workplace=place.workplace)


def exposure(place):
    with place.workplace.ledger.reading() as session:
        return reading.exposure(session, rollout=ROLLOUT)


def hold(place):
    with place.workplace.ledger.reading() as session:
        return scale_reading.hold(session, rollout=ROLLOUT)


def confirmed_serious(place: Workplace, rollout: str, *, at: datetime) -> None:
    """Somebody of the examples' hospital reports a serious incident, and a safety officer confirms it."""
    people = {one: person_at(rollout, id_=one, workplace=place) for one in ("amara-okafor", "ines-moreau")}
    made = incidents.report(
        rollout=rollout,
        person=people["amara-okafor"],
        site="riverside",
        severity=Severity.SERIOUS,
        category=Category.WRONG_OUTPUT,
        what="The output named the wrong side of the body.",
        occurred_at=at - timedelta(hours=1),
        channel="test",
        at=at,
        workplace=place,
    )
    incidents.confirm(incident=made, person=people["ines-moreau"], at=at, workplace=place)
