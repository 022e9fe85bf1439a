"""The steps of a guideline change, and the first that keeps it from being closed (P6.10, P6.11, P6.12, P6.13)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from primum.roadmap.roles import Role


class Step(StrEnum):
    """One step of a guideline change, in the order in which they are taken."""

    PUBLISHED = "published"
    FOUND = "found"
    SCOPED = "scoped"
    RELABELLED = "relabelled"
    RETRAINED = "retrained"
    COMPARED = "compared"
    GRANTED = "granted"
    PROMOTED = "promoted"
    TOLD = "told"
    ACKNOWLEDGED = "acknowledged"
    LOOKED_BACK = "looked-back"
    CARD = "card"


TITLES: dict[Step, str] = {
    Step.PUBLISHED: "The new version is published",
    Step.FOUND: "The rollouts that follow it are found",
    Step.SCOPED: "The change is held against the change plan",
    Step.RELABELLED: "The evidence is labelled again by the new rule",
    Step.RETRAINED: "A challenger is trained on the new labels",
    Step.COMPARED: "The challenger is compared with the model in use",
    Step.GRANTED: "The seats of the gate have signed",
    Step.PROMOTED: "The challenger is in use",
    Step.TOLD: "Every place that uses the model is told",
    Step.ACKNOWLEDGED: "Every place has acknowledged",
    Step.LOOKED_BACK: "Past advice is looked back at",
    Step.CARD: "The model card says so",
}

BY_HAND = frozenset({Step.GRANTED, Step.ACKNOWLEDGED, Step.LOOKED_BACK})
"""Steps that people take; the others a machine takes when its turn has come."""

MAY_CHANGE = frozenset({Role.ML_OPS, Role.TECHNOLOGIST, Role.CLINICAL_LEAD, Role.GUIDELINE_STEWARD})
MAY_CLOSE = frozenset({Role.CLINICAL_LEAD, Role.GUIDELINE_STEWARD, Role.SAFETY_OFFICER})


@dataclass(frozen=True, kw_only=True)
class ChangeStanding:
    """
    Everything that is known of one change.

    ``missing_gates`` are the gates it still has to pass, ``silent`` the sites that have not acknowledged,
    ``look_back_left`` how many units of the look-back are open; ``None`` when none was made.
    """

    change: str
    rollout: str
    guideline: str
    published: bool = True
    found: bool = True
    inside: bool | None = None
    relabelled: bool = False
    retrained: bool = False
    compared: bool = False
    missing_gates: tuple[str, ...] = ("GU",)
    rejected: bool = False
    promoted: bool = False
    told_at: datetime | None = None
    silent: tuple[str, ...] = ()
    look_back_left: int | None = None
    card: bool = False
    closed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class StepStanding:
    """One step as it stands: taken, or the one sentence why not."""

    step: Step
    missing: str | None

    @property
    def title(self) -> str:
        """The step in words."""
        return TITLES[self.step]

    @property
    def done(self) -> bool:
        """True if it was taken."""
        return self.missing is None


def steps_of(standing: ChangeStanding) -> tuple[StepStanding, ...]:
    """Return every step with the sentence that says why it is missing, if it is."""
    return tuple(StepStanding(step=step, missing=sentence) for step, sentence in _each(standing))


def why_not_close(standing: ChangeStanding) -> str | None:
    """Return the first missing step in a sentence, if one is missing; without one, the change may be closed."""
    return next((one.missing for one in steps_of(standing) if one.missing), None)


def next_step(standing: ChangeStanding) -> Step | None:
    """Return the first step that is missing."""
    return next((one.step for one in steps_of(standing) if one.missing), None)


def why_not_take(*, standing: ChangeStanding, step: Step) -> str | None:
    """Return why a step cannot be taken now: the change is closed, or one before it is missing."""
    if standing.closed_at is not None:
        return f"Change {standing.change} is closed since {standing.closed_at:%Y-%m-%d}."
    for one in steps_of(standing):
        if one.step is step:
            return None
        if one.missing and one.step not in _NOT_WAITED_FOR.get(step, frozenset()):
            return one.missing
    return None


# Looking back and writing the card need not wait until the last site has answered.
_NOT_WAITED_FOR: dict[Step, frozenset[Step]] = {
    Step.LOOKED_BACK: frozenset(Step) - {Step.PUBLISHED, Step.FOUND},
    Step.CARD: frozenset({Step.TOLD, Step.ACKNOWLEDGED, Step.LOOKED_BACK}),
}


def why_not_may(*, name: str, roles: Collection[Role], allowed: frozenset[Role], what: str) -> str | None:
    """Return why somebody may not take a step, if so."""
    if set(roles) & allowed:
        return None
    return f"{name} holds none of the roles that may {what}: {', '.join(sorted(allowed))}."


def _each(now: ChangeStanding) -> Iterator[tuple[Step, str | None]]:
    model, rule = f"the model of {now.rollout}", now.guideline
    yield Step.PUBLISHED, _unless(now.published, f"{rule} is not published; `primum guideline publish` does that.")
    yield (
        Step.FOUND,
        _unless(now.found, f"Nobody looked yet which rollouts follow an older version of {rule}."),
    )
    yield (
        Step.SCOPED,
        _unless(now.inside is not None, f"{rule} was not held against the change plan of {now.rollout} yet."),
    )
    # Outside the plan the full gates ask for everything, as they did the first time.
    full = now.inside is False
    yield (
        Step.RELABELLED,
        _unless(now.relabelled or full, f"The evidence of {now.rollout} still has the labels of before."),
    )
    yield (
        Step.RETRAINED,
        _unless(now.retrained or full, f"No challenger to {model} was trained on the new labels yet."),
    )
    yield Step.COMPARED, _unless(now.compared or full, f"The challenger was not compared with {model} yet.")
    yield Step.GRANTED, _why_not_granted(now)
    waits = "stays the old one until the gate is granted" if now.missing_gates else "is still the old one; promote it"
    yield Step.PROMOTED, _unless(now.promoted, f"{model[:1].upper()}{model[1:]} {waits}.")
    yield (
        Step.TOLD,
        _unless(now.told_at is not None, f"No place that uses {model} was told of {rule} yet."),
    )
    yield Step.ACKNOWLEDGED, _why_not_acknowledged(now)
    yield Step.LOOKED_BACK, _why_not_looked_back(now)
    yield Step.CARD, _unless(now.card, f"The model card of {now.rollout} has no version that names {rule} yet.")


def _unless(done: bool, sentence: str) -> str | None:
    return None if done else sentence


def _why_not_granted(now: ChangeStanding) -> str | None:
    if now.rejected:
        return f"Gate {now.missing_gates[0]} was rejected; train another challenger or leave {now.guideline} to people."
    if now.missing_gates:
        return f"Gate {', '.join(now.missing_gates)} was not granted for {now.guideline} yet."
    return None


def _why_not_acknowledged(now: ChangeStanding) -> str | None:
    if now.told_at is None:
        return f"Nobody could acknowledge {now.guideline}, because nobody was told."
    if now.silent:
        return f"Not acknowledged yet by {', '.join(now.silent)}."
    return None


def _why_not_looked_back(now: ChangeStanding) -> str | None:
    if now.look_back_left is None:
        return f"Nobody looked back yet at the advice that {now.guideline} changes."
    if now.look_back_left:
        return "The look-back is not closed: some patients whose advice changes were not seen to yet."
    return None
