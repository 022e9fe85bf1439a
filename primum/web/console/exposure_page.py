"""The exposure of one rollout: whom it reaches, wave and holds, who has seen it, keys of sites, arms, deviations."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.actions.deviations import ShownDeviation
from primum.actions.exposure_report import Arms, ExposureReport, SeenBy, WaveNow, exposure_report
from primum.actions.site_keys import SiteKey, sites_of
from primum.ledger.scale_tables import Hold
from primum.roadmap.deviations import MEANING, DeviationKind
from primum.roadmap.waves import Window
from primum.web.board import exposed_to
from primum.web.console.readers import ReadBy, Reader
from primum.web.console.times import When, when
from primum.web.showing import show
from primum.web.views import FactView, Mark

router = APIRouter()
DONE = {
    "held": "Held: it widens no further until somebody lifts the hold.",
    "lifted": "The hold is lifted; the days the wave has held count anew.",
    "begun": "The next wave has begun.",
    "back": "Walked back to the wave before.",
    "acknowledged": "Noted for the site.",
    "ended": "The key is ended; the point of care refuses it within a second.",
    "reviewed": "Recorded as reviewed.",
}
OPEN = Mark(word="Waits for a safety officer", symbol="!", kind="fail")
REVIEWED = Mark(word="Reviewed", symbol="✓", kind="pass")
SEEN = Mark(word="Seen", symbol="✓", kind="pass")
UNSEEN = Mark(word="Not yet", symbol="○", kind="wait")
STOPPED = Mark(word="Suspended: standard care", symbol="■", kind="fail")
EXPOSED = Mark(word="Exposed", symbol="→", kind="pass")
NOBODY = Mark(word="Nobody is exposed", symbol="○", kind="wait")
# A ratio this improbable means that allocation or enrolment went another way than planned.
SUSPICIOUS = 0.001


@dataclass(frozen=True, kw_only=True)
class SiteRow:
    """A site of the wave in force, and whether it has seen it."""

    site: str
    mark: Mark
    words: str


@dataclass(frozen=True, kw_only=True)
class WaveView:
    """The wave in force."""

    facts: tuple[FactView, ...]
    following: str
    waiting: tuple[str, ...]
    sites: tuple[SiteRow, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    """One key of a site."""

    id: str
    sites: str
    person: str
    until: When


@dataclass(frozen=True, kw_only=True)
class DeviationRow:
    """Outputs of a site and day that were shown without leave."""

    id: str
    mark: Mark
    title: str
    words: str
    reviewed: str
    incident: str


@dataclass(frozen=True, kw_only=True)
class ExposurePage:
    """The whole page."""

    rollout: str
    title: str
    mark: Mark
    standing: str
    done: str
    trouble: str
    secret: str
    facts: tuple[FactView, ...]
    hold: str
    wave: WaveView | None
    why_no_wave: str
    windows: tuple[str, ...]
    keys: tuple[KeyRow, ...]
    sites: tuple[str, ...]
    arms: tuple[FactView, ...]
    deviations: tuple[DeviationRow, ...]


@router.get("/rollouts/{rollout}/exposure")
def exposure(request: Request, reader: ReadBy, rollout: str, done: str = "") -> Response:
    """Show how a rollout is exposed now."""
    return shown(request, reader, rollout=rollout, done=DONE.get(done, ""))


def shown(
    request: Request, reader: Reader, *, rollout: str, done: str = "", trouble: str = "", secret: str = ""
) -> Response:
    """Return the page; with what was refused it is a conflict, and a new key stands on it this once."""
    report = exposure_report(submission=reader.submission(rollout), at=reader.at, workplace=reader.workplace)
    page = _page(report, reader, done=done, trouble=trouble, secret=secret)
    return show("console/exposure.html", request=request, page=page, status=409 if trouble else 200)


def _page(report: ExposureReport, reader: Reader, *, done: str, trouble: str, secret: str) -> ExposurePage:
    return ExposurePage(
        rollout=report.rollout,
        title=report.title,
        mark=STOPPED if report.suspended else (NOBODY if report.state == "off" else EXPOSED),
        standing=report.suspended or f"Stage {report.stage}; {exposed_to(report.state)}.",
        done=done,
        trouble=trouble,
        secret=secret,
        facts=_facts(report),
        hold=_hold(report.hold, reader) if report.hold else "",
        wave=_wave(report.wave, reader) if report.wave else None,
        why_no_wave=report.why_no_wave,
        windows=tuple(map(_window, report.windows)),
        keys=tuple(_key(one, reader) for one in report.keys),
        sites=sites_of(rollout=report.rollout, workplace=reader.workplace),
        arms=_arms(report.arms) if report.arms else (),
        deviations=tuple(_deviation(one, reader) for one in report.deviations),
    )


def _facts(report: ExposureReport) -> tuple[FactView, ...]:
    return (
        FactView(name="Reaches", value=report.reaches or "every site and unit of its stage"),
        FactView(name="Approved by", value=report.gate or "no gate yet"),
        FactView(name="Release that was approved", value=report.approved or "none", code=bool(report.approved)),
    )


def _hold(hold: Hold, reader: Reader) -> str:
    return f"{hold.person} holds it since {when(hold.at, zone=reader.zone)}: {hold.reason}"


def _wave(wave: WaveNow, reader: Reader) -> WaveView:
    return WaveView(
        facts=(
            FactView(name="Wave", value=wave.name),
            FactView(name="Since", value=str(when(wave.since, zone=reader.zone))),
            FactView(name="Limits", value=wave.limits or "none"),
            FactView(name="Next", value=wave.following or "none; it is the last"),
        ),
        following=wave.following or "",
        waiting=wave.waiting,
        sites=tuple(_site(one, reader) for one in wave.seen),
        unseen=tuple(one.site for one in wave.seen if one.at is None),
    )


def _site(one: SeenBy, reader: Reader) -> SiteRow:
    if one.at is None:
        return SiteRow(site=one.site, mark=UNSEEN, words="")
    return SiteRow(site=one.site, mark=SEEN, words=f"{one.person}, {when(one.at, zone=reader.zone)}")


def _window(one: Window) -> str:
    often = f", {one.recurrence}" if one.recurrence else ", once"
    verb = "May begin" if one.kind == "allow" else "Must not begin"
    return f"{verb} from {one.begins.replace('T', ' ')} for {one.hours} hours{often} ({one.timezone}): {one.words}"


def _key(one: SiteKey, reader: Reader) -> KeyRow:
    sites = ", ".join(one.sites)
    return KeyRow(id=one.id, sites=sites, person=one.person, until=when(one.expires_at, zone=reader.zone))


def _arms(arms: Arms) -> tuple[FactView, ...]:
    ratio = "too few to tell" if arms.ratio_p is None else f"p {arms.ratio_p:.4f}"
    if arms.ratio_p is not None and arms.ratio_p < SUSPICIOUS:
        ratio += ", which chance alone hardly gives: nothing is read out before it is explained"
    return (
        *(FactView(name=name.capitalize(), value=f"{told} units") for name, told in arms.sizes.items()),
        FactView(name="Strata", value=f"{arms.strata:,}"),
        FactView(name="Furthest from plan in a stratum", value=arms.imbalance or "too few to tell"),
        FactView(name="Sample ratio", value=ratio),
    )


def _deviation(one: ShownDeviation, reader: Reader) -> DeviationRow:
    told = ""
    if one.reviewed_at is not None:
        told = f"{one.reviewed_by}, {when(one.reviewed_at, zone=reader.zone)}: {one.reason}"
    return DeviationRow(
        id=one.id,
        mark=REVIEWED if told else OPEN,
        title=f"{one.site}, {one.day}",
        words=f"{one.outputs} outputs, {MEANING[DeviationKind(one.kind)]}.",
        reviewed=told,
        incident=one.incident,
    )
