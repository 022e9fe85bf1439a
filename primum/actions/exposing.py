"""What this process knows of every rollout, renewed as soon as the ledger has grown; answers at the point of care."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from primum.actions.allocation import Enrolled, own_seed, seed_of
from primum.actions.arms import Arms
from primum.actions.enrolling import AT_FIRST_REQUEST, as_enrolled
from primum.actions.protocol_lock import locked_protocol
from primum.actions.workplace import Workplace
from primum.integrations.answers import FOLDER, Answer, Answers, AnswersRefused
from primum.ledger import reading
from primum.ledger.growth import Growth
from primum.ledger.refusals import LedgerUnreachable
from primum.ledger.tables import RolloutRecord
from primum.roadmap.conditions import Conditions
from primum.roadmap.exposure import NOT_ENROLLED, Encounter, Exposed, Reason, Shown, Standing, exposed
from primum.roadmap.protocol import Protocol
from primum.roadmap.rollout import Rollout
from primum.roadmap.stages import Stage
from primum.roadmap.widening import Widening

# They say who was allocated and change nothing of where a rollout stands.
UNMOVING = ("units.allocated",)
# Moments this close count as one; it is taken off the second after which what is known is too old.
SAME_MOMENT = timedelta(milliseconds=100)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An answer and where its rollout stood; with a ``newcomer`` it is none before that unit is enrolled."""

    exposed: Exposed
    standing: Standing
    newcomer: Enrolled | None = None


class Replica:
    """
    Where every rollout stands, in memory; for one thread, which asks the ledger before each answer.

    When the ledger does not answer, what is known grows old, and what is old is ``off`` (P10).
    """

    def __init__(self, *, workplace: Workplace, seed: bytes, answers: Answers) -> None:
        self._workplace = workplace
        self._seed = seed
        self._arms = Arms(ledger=workplace.ledger, seed=seed)
        self._answers = answers
        self._growth = Growth(ledger=workplace.ledger)
        self._standings: dict[str, Standing] = {}
        self._protocols: dict[str, Protocol | None] = {}
        self._enrolling: dict[str, Protocol] = {}
        self._changed: set[str] = set()
        self._read_at: datetime | None = None

    def answer(self, *, rollout: str, encounter: Encounter, refused: str | None = None) -> Answered | None:
        """
        Return what an encounter may see now, or ``None`` if nobody registered this rollout.

        A unit that is new, where the protocol lets it enrol now, is no answer yet: the caller enrols it and asks again.

        :param refused: why it could not be enrolled, or an empty text if it was; ``None`` before that was tried
        """
        self.renew(at=encounter.at)
        known = self._standings.get(rollout)
        if known is None or self._read_at is None:
            return None
        standing = self._as_of(known, self._read_at)
        said = exposed(standing=standing, encounter=encounter, arm=self._arm(standing, encounter), seed=self._seed)
        protocol = self._enrolling.get(rollout)
        if protocol is not None and said is NOT_ENROLLED:
            unit = as_enrolled(protocol=protocol, encounter=encounter) if refused is None else refused
            if isinstance(unit, Enrolled):
                return Answered(exposed=said, standing=standing, newcomer=unit)
            said = replace(said, sentence=unit or said.sentence)
        return Answered(exposed=self._kept(said, standing, encounter), standing=standing)

    def _as_of(self, known: Standing, read_at: datetime) -> Standing:
        """Return a standing as it was seen last, or a little before, which errs towards ``off``."""
        if timedelta() <= read_at - known.read_at <= SAME_MOMENT:
            return known
        self._standings[known.rollout] = standing = replace(known, read_at=read_at)
        return standing

    def _arm(self, standing: Standing, encounter: Encounter) -> str | None:
        if standing.state != "pilot":
            return None
        protocol = self._protocols[standing.rollout]
        return self._arms.arm(rollout=standing.rollout, protocol=protocol, encounter=encounter)

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
                    locked = locked_protocol(session, rollout=record.id)
                    self._protocols[record.id] = locked
                    self._enrolling.pop(record.id, None)
                    if locked is not None and locked.enrolment == AT_FIRST_REQUEST:
                        self._enrolling[record.id] = locked
                    self._standings[record.id] = _standing_of(session, record, locked, at=at)
        self._changed.clear()

    def close(self) -> None:
        """Let go of the ledger's connections and the file of answers."""
        self._growth.close()
        self._arms.close()
        self._answers.close()


def replica_of(*, workplace: Workplace, name: str, reads_only: bool = False) -> Replica:
    """
    Return the replica of this process; the first one ever makes the seed, unless it only reads.

    :param name: of the process, for its file of answers
    :raises SeedRefused: if units were allocated and their seed is missing, or it is broken or readable by others
    """
    seed = seed_of(workplace) if reads_only else own_seed(workplace)
    return Replica(workplace=workplace, seed=seed, answers=Answers(folder=workplace.home / FOLDER, replica=name))


def _standing_of(session: Session, record: RolloutRecord, locked: Protocol | None, *, at: datetime) -> Standing:
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
        sites=_sites(kept, widening),
        bundle=record.bundle_digest,
        approved=str(said.get("bundle", "")),
        gate=promoted[-1].gate_id if promoted else "",
        protocol=locked.digest if locked else "",
        wave=str(said.get("wave", "")),
        conditions=Conditions.read(said),
        exclusions=rollout.card.exclusions,
        holdout=bool((widening and widening.holdout) or (rollout.scale and rollout.scale.holdout)),
    )


def _sites(kept: Mapping[str, Any], widening: Widening | None) -> frozenset[str]:
    """Where this stage reaches: as declared, else every site the rollout was registered with."""
    if widening is not None:
        return frozenset(widening.sites)
    return frozenset(str(site["id"]) for site in kept.get("sites", ()))
