"""The exposure of a rollout: how it stands, holds, waves, what sites have seen, keys of sites, deviations."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from primum.actions import deviations, site_keys, waves
from primum.actions.exposure_report import ExposureReport, exposure_report
from primum.web.api.callers import CHANNEL, Reads, Signs, Stops, person_at
from primum.web.api.rollout_shapes import ReasonAsked
from primum.web.api.shapes import Asked, Done, Id, Line, Said, Shape

router = APIRouter(prefix="/rollouts/{rollout}/exposure", tags=["exposure"])


class HoldShape(Shape):
    """Somebody keeps a rollout from widening."""

    id: str
    person: str
    reason: Said
    at: datetime


class SeenByShape(Shape):
    """A site, and who said when that it has seen the wave in force."""

    site: str
    person: str
    at: datetime | None


class WaveShape(Shape):
    """The wave in force, and everything that keeps the next one waiting."""

    name: str
    limits: str
    since: datetime
    following: str | None
    waiting: list[str]
    seen: list[SeenByShape]


class SiteKeyShape(Shape):
    """A key in force, without its secret."""

    id: str
    sites: list[str]
    person: str
    made_at: datetime
    expires_at: datetime


class ArmsShape(Shape):
    """Units of each arm; a small count is told as such, and whose arm is which not at all."""

    sizes: dict[str, str]
    strata: int
    imbalance: str = Field(description="The furthest from the plan in a stratum; empty where it would tell too much.")
    ratio_p: float | None


class DeviationShape(Shape):
    """Outputs of a site and day that were shown without leave."""

    id: str
    site: str
    day: str
    kind: str
    outputs: str = Field(description="How many; a small count is told as such.")
    at: datetime
    reviewed_by: str | None
    reviewed_at: datetime | None


class ExposureShape(Shape):
    """How a rollout is exposed now."""

    rollout: str
    stage: str
    state: str = Field(description="Who may receive output now; off, or the stage.")
    suspended: bool
    reaches: str
    approved: str = Field(description="Digest of the release that was approved.")
    gate: str
    hold: HoldShape | None
    wave: WaveShape | None
    why_no_wave: str
    windows: list[str] = Field(description="When a wave may begin or must not, in words.")
    keys: list[SiteKeyShape]
    arms: ArmsShape | None
    deviations: list[DeviationShape]


class SiteAsked(Asked):
    """One site."""

    site: Line


class KeyAsked(Asked):
    """A key for sites."""

    sites: list[Line] = Field(min_length=1, max_length=1_000)
    days: int = Field(default=365, ge=1, le=365)


class KeyMade(Shape):
    """A new key; its secret is told now and kept nowhere."""

    secret: str
    sentence: str


@router.get("")
def one_exposure(caller: Reads, rollout: Id) -> ExposureShape:
    """Tell how a rollout is exposed now."""
    report = exposure_report(submission=caller.submission(rollout), at=caller.at, workplace=caller.workplace)
    return ExposureShape.model_validate(_told(report))


@router.post("/hold", status_code=201)
def hold(caller: Stops, rollout: Id, asked: ReasonAsked) -> Done:
    """Keep a rollout from widening; what it reaches already goes on."""
    who = person_at(rollout, caller=caller)
    done = waves.hold(rollout=rollout, person=who, reason=asked.reason, at=caller.at, workplace=caller.workplace)
    return Done(id=done, sentence=f"{rollout} is held: it widens no further until somebody lifts the hold.")


@router.post("/hold/lifting")
def lift(caller: Signs, rollout: Id, asked: ReasonAsked) -> Done:
    """End a hold; the days a wave has held count anew."""
    who = person_at(rollout, caller=caller)
    waves.lift(rollout=rollout, person=who, reason=asked.reason, at=caller.at, workplace=caller.workplace)
    return Done(id=rollout, sentence=f"{rollout} is held no longer.")


@router.post("/waves", status_code=201)
def begin_next(caller: Signs, rollout: Id, asked: ReasonAsked) -> Done:
    """Begin the next wave, if the last one has earned it."""
    who = person_at(rollout, caller=caller)
    begun = waves.advance(
        submission=caller.submission(rollout), person=who, reason=asked.reason, at=caller.at, workplace=caller.workplace
    )
    return Done(id=begun, sentence=f"Wave '{begun}' has begun.")


@router.post("/waves/back")
def back(caller: Stops, rollout: Id, asked: ReasonAsked) -> Done:
    """Go back to the wave before, at once."""
    who = person_at(rollout, caller=caller)
    now = waves.walk_back(
        submission=caller.submission(rollout), person=who, reason=asked.reason, at=caller.at, workplace=caller.workplace
    )
    return Done(id=now, sentence=f"{rollout} is back at wave '{now}'.")


@router.post("/acknowledgements", status_code=201)
def acknowledge(caller: Signs, rollout: Id, asked: SiteAsked) -> Done:
    """Say for a site that it has seen the wave in force."""
    who = person_at(rollout, caller=caller)
    waves.acknowledge(
        submission=caller.submission(rollout),
        site=asked.site,
        person=who,
        channel=CHANNEL,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=asked.site, sentence=f"Noted: {asked.site} has seen the wave in force.")


@router.post("/keys", status_code=201)
def make_key(caller: Signs, rollout: Id, asked: KeyAsked) -> KeyMade:
    """Make a key for sites of a rollout; it is told this once."""
    secret = site_keys.make_for(
        rollout=rollout,
        sites=tuple(asked.sites),
        person=person_at(rollout, caller=caller),
        days=asked.days,
        at=caller.at,
        workplace=caller.workplace,
    )
    return KeyMade(secret=secret, sentence=f"A key of {', '.join(asked.sites)} for {asked.days} days, told this once.")


@router.post("/keys/{key}/end")
def end_key(caller: Signs, rollout: Id, key: Id) -> Done:
    """End a key of a site; the point of care refuses it within a second."""
    who = person_at(rollout, caller=caller)
    site_keys.end(key=key, rollout=rollout, person=who, at=caller.at, workplace=caller.workplace)
    return Done(id=key, sentence="The key is ended.")


@router.post("/deviations/{deviation}/review")
def review(caller: Signs, rollout: Id, deviation: Id, asked: ReasonAsked) -> Done:
    """Say as a safety officer that a deviation was looked into."""
    deviations.review(
        deviation=deviation,
        rollout=rollout,
        person=person_at(rollout, caller=caller),
        reason=asked.reason,
        at=caller.at,
        workplace=caller.workplace,
    )
    return Done(id=deviation, sentence="Recorded as reviewed.")


def _told(report: ExposureReport) -> dict[str, object]:
    plain = {name: getattr(report, name) for name in ExposureShape.model_fields if hasattr(report, name)}
    hold = report.hold
    return {
        **plain,
        "suspended": bool(report.suspended),
        "hold": hold and {name: getattr(hold, name) for name in HoldShape.model_fields},
        "windows": [one.words for one in report.windows],
        "keys": [{name: getattr(one, name) for name in SiteKeyShape.model_fields} for one in report.keys],
        "deviations": [{name: getattr(one, name) for name in DeviationShape.model_fields} for one in report.deviations],
    }
