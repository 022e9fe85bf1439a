"""What this process knows of every rollout, renewed as soon as the ledger has grown; answers at the point of care."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from primum.actions.workplace import Workplace
from primum.integrations.answers import Answer, Answers, AnswersRefused
from primum.integrations.configuration import ConfigurationRefused, load_sites
from primum.ledger import reading
from primum.ledger.growth import Growth
from primum.ledger.refusals import LedgerUnreachable
from primum.ledger.tables import RolloutRecord
from primum.roadmap.conditions import Conditions
from primum.roadmap.exposure import Encounter, Exposed, Reason, Shown, Standing, exposed
from primum.roadmap.rollout import Rollout
from primum.roadmap.stages import Stage
from primum.roadmap.widening import Widening

ArmOf = Callable[[str, Encounter], str | None]
"""The arm that was allocated: rollout and encounter -> ``intervention``, ``control`` or ``None``."""

# They say who was allocated and change nothing of where a rollout stands.
UNMOVING = ("units.allocated",)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An answer and where its rollout stood; ``None`` for a rollout nobody registered."""

    exposed: Exposed
    standing: Standing


class Replica:
    """
    Where every rollout stands, in memory; for one thread, which asks the ledger before each answer.

    When the ledger does not answer, what is known grows old, and what is old is ``off`` (P10).
    """

    def __init__(self, *, workplace: Workplace, seed: bytes, arm_of: ArmOf, answers: Answers) -> None:
        self._workplace = workplace
        self._seed = seed
        self._arm_of = arm_of
        self._answers = answers
        self._growth = Growth(ledger=workplace.ledger)
        self._standings: dict[str, Standing] = {}
        self._changed: set[str] = set()
        self._read_at: datetime | None = None

    def answer(self, *, rollout: str, encounter: Encounter) -> Answered | None:
        """Return what an encounter may see now, or ``None`` if nobody registered this rollout."""
        self.renew(at=encounter.at)
        known = self._standings.get(rollout)
        if known is None or self._read_at is None:
            return None
        standing = replace(known, read_at=self._read_at)
        arm = self._arm_of(rollout, encounter) if standing.state == "pilot" else None
        said = exposed(standing=standing, encounter=encounter, arm=arm, seed=self._seed)
        return Answered(exposed=self._kept(said, standing, encounter), standing=standing)

    def _kept(self, said: Exposed, standing: Standing, encounter: Encounter) -> Exposed:
        """Write the answer down before it goes out; one that cannot be is ``off``."""
        answer = Answer(
            at=encounter.at,
            rollout=standing.rollout,
            unit=encounter.unit,
            site=encounter.site,
            shown=str(said.shown),
            stage=standing.stage,
            bundle=standing.approved,
        )
        try:
            self._answers.keep(answer)
        except AnswersRefused as refused:
            return Exposed(shown=Shown.OFF, reason=Reason.UNKNOWN, sentence=str(refused))
        return said

    def rollouts(self, *, at: datetime) -> tuple[str, ...]:
        """Return the ids of all rollouts, in order."""
        self.renew(at=at)
        return tuple(sorted(self._standings))

    def renew(self, *, at: datetime) -> None:
        """Take in what was recorded since; when the ledger does not answer, nothing is taken in and time goes on."""
        try:
            self._changed |= self._growth.since(without=UNMOVING)
            if self._changed:
                self._take_in(at)
        except LedgerUnreachable:
            return
        self._read_at = at

    def _take_in(self, at: datetime) -> None:
        with self._workplace.ledger.reading() as session:
            for record in reading.rollouts(session):
                if record.id in self._changed:
                    self._standings[record.id] = _standing_of(session, record, at)
        self._changed.clear()

    def close(self) -> None:
        """Let go of the ledger's connection and the file of answers."""
        self._growth.close()
        self._answers.close()


def _standing_of(session: Session, record: RolloutRecord, at: datetime) -> Standing:
    kept = json.loads(record.spec)
    rollout = Rollout.model_validate(kept["rollout"])
    now = reading.exposure(session, rollout=record.id)
    said: Mapping[str, Any] = (now.conditions if now else None) or {}
    promoted = reading.promotions(session, rollout=record.id)
    widening = rollout.widening_of(Stage(record.stage))
    return Standing(
        rollout=record.id,
        stage=record.stage,
        state=now.state if now else "off",
        read_at=at,
        suspended=reading.suspension(session, rollout=record.id) is not None,
        replay=record.kind == "replay",
        sites=_sites(Path(record.spec_path), rollout, widening),
        bundle=record.bundle_digest,
        approved=str(said.get("bundle", "")),
        gate=promoted[-1].gate_id if promoted else "",
        protocol=rollout.protocol.digest if rollout.protocol else "",
        conditions=Conditions.read(said),
        exclusions=rollout.card.exclusions,
        holdout=bool(widening and widening.holdout),
    )


def _sites(path: Path, rollout: Rollout, widening: Widening | None) -> frozenset[str]:
    """Where this stage reaches; files that cannot be read name no site, so that nobody is exposed by mistake."""
    if widening is not None:
        return frozenset(widening.sites)
    try:
        return frozenset(site.id for site in load_sites(path.parent / rollout.sites).sites)
    except ConfigurationRefused:
        return frozenset()
