"""How a rollout is exposed now: whom it reaches, its wave and holds, who has seen it, keys, arms, deviations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlmodel import Session

from primum.actions import waves
from primum.actions.deviations import ShownDeviation, shown_deviations
from primum.actions.protocol_lock import locked_protocol
from primum.actions.site_keys import SiteKey, keys_of
from primum.actions.smallest_cells import smallest_cell_of, told_count
from primum.actions.submission import Submission
from primum.actions.waves import CannotWiden
from primum.actions.workplace import Workplace
from primum.evidence.shares.contingency import sample_ratio
from primum.integrations.calendars import WindowRefused
from primum.ledger import reading, scale_reading, trial_reading
from primum.ledger.scale_tables import Hold
from primum.roadmap.allocation import CONTROL, INTERVENTION
from primum.roadmap.conditions import Conditions
from primum.roadmap.stages import Stage
from primum.roadmap.waves import Scale, WaveStanding, Window, wave_after, why_not_next


@dataclass(frozen=True, kw_only=True)
class SeenBy:
    """A site that the wave in force reaches, and when it said that it has seen it."""

    site: str
    person: str = ""
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class WaveNow:
    """The wave in force, the one after it, and everything that keeps that one waiting."""

    name: str
    limits: str
    since: datetime
    following: str | None
    waiting: tuple[str, ...]
    seen: tuple[SeenBy, ...]


@dataclass(frozen=True, kw_only=True)
class Arms:
    """How many units each arm has, as it may be told, and whether their ratio is the planned one; nobody's own arm."""

    sizes: dict[str, str]
    strata: int
    imbalance: str
    ratio_p: float | None


@dataclass(frozen=True, kw_only=True)
class ExposureReport:
    """What one page says about the exposure of a rollout."""

    rollout: str
    title: str
    stage: str
    state: str
    suspended: str
    reaches: str
    approved: str
    gate: str
    hold: Hold | None
    wave: WaveNow | None
    why_no_wave: str
    windows: tuple[Window, ...]
    keys: tuple[SiteKey, ...]
    arms: Arms | None
    deviations: tuple[ShownDeviation, ...]


def exposure_report(*, submission: Submission, at: datetime, workplace: Workplace) -> ExposureReport:
    """Return how a registered rollout is exposed now; counts only, and small ones are told as such (P9)."""
    declared = submission.rollout
    rollout, smallest = declared.rollout, smallest_cell_of(rollout=declared.rollout, workplace=workplace)
    keys = keys_of(rollout=rollout, at=at, workplace=workplace)
    told = shown_deviations(rollout=rollout, workplace=workplace)
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
        assert record is not None
        now, stopped = reading.exposure(session, rollout=rollout), reading.suspension(session, rollout=rollout)
        said = (now.conditions if now else None) or {}
        promoted = reading.promotions(session, rollout=rollout)
        wave, why = _wave(session, submission, at) if record.stage == Stage.SCALE else (None, "")
        return ExposureReport(
            rollout=rollout,
            title=record.title,
            stage=record.stage,
            state=now.state if now else "off",
            suspended=f"{stopped.person}: {stopped.reason}" if stopped else "",
            reaches=Conditions.read(said).words(),
            approved=str(said.get("bundle", "")),
            gate=promoted[-1].gate_id if promoted else "",
            hold=scale_reading.hold(session, rollout=rollout),
            wave=wave,
            why_no_wave=why,
            windows=declared.scale.windows if declared.scale else (),
            keys=keys,
            arms=_arms(session, rollout, smallest),
            deviations=told,
        )


def _wave(session: Session, submission: Submission, at: datetime) -> tuple[WaveNow | None, str]:
    try:
        now = waves.standing(session=session, submission=submission, at=at)
    except (CannotWiden, WindowRefused) as refused:
        return None, str(refused)
    scale = submission.rollout.scale
    assert scale is not None
    following = wave_after(scale, now.wave.name)
    return (
        WaveNow(
            name=now.wave.name,
            limits=now.wave.limits.words(),
            since=now.began_at,
            following=following.name if following else None,
            waiting=why_not_next(standing=now, following=following, at=at),
            seen=_seen(session, submission.rollout.rollout, now, scale),
        ),
        "",
    )


def _seen(session: Session, rollout: str, now: WaveStanding, scale: Scale) -> tuple[SeenBy, ...]:
    taken = scale_reading.steps(session, rollout=rollout)
    said = {one.site: one for one in scale_reading.acknowledgements(session, subject=taken[-1].id)} if taken else {}
    here: Sequence[str] = next((wave.sites for wave in scale.waves if wave.name == now.wave.name), ())
    return tuple(
        SeenBy(site=site, person=said[site].person, at=said[site].at) if site in said else SeenBy(site=site)
        for site in here
    )


def _arms(session: Session, rollout: str, smallest: int) -> Arms | None:
    """The sizes of the arms; an imbalance and a ratio would give small ones away."""
    protocol = locked_protocol(session, rollout=rollout)
    strata = trial_reading.sizes_by_stratum(session, rollout=rollout)
    if protocol is None or not strata:
        return None
    names = sorted({arm for one in strata.values() for arm in one})
    sizes = {name: sum(one.get(name, 0) for one in strata.values()) for name in names}
    enough = min(sizes.get(INTERVENTION, 0), sizes.get(CONTROL, 0)) >= smallest and set(names) <= {
        INTERVENTION,
        CONTROL,
    }
    share = Fraction(protocol.ratio[0], sum(protocol.ratio))
    worst = max(abs(one.get(INTERVENTION, 0) - share * sum(one.values())) for one in strata.values())
    shares = [Fraction(part) for part in protocol.ratio]
    both = (sizes.get(INTERVENTION, 0), sizes.get(CONTROL, 0))
    return Arms(
        sizes={name: told_count(count, smallest_cell=smallest) for name, count in sizes.items()},
        strata=len(strata),
        imbalance=f"{float(worst):g}" if enough else "",
        ratio_p=sample_ratio(observed=both, shares=shares).p if enough else None,
    )
