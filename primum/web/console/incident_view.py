"""One incident as its page shows it: clocks and what is left of them, findings, redress, who let it in and on what."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from primum.actions import directory, incident_findings
from primum.actions.incident_exports import IncidentFile
from primum.actions.regulator_places import known_places
from primum.ledger import reading
from primum.ledger.incident_tables import Redress, RegulatorClock
from primum.roadmap.clocks import ClockState, countdown
from primum.roadmap.incidents import MAY_CONFIRM, Causality, RedressOutcome, RedressWay, Severity
from primum.web.console.fields import Option, options_of, plain
from primum.web.console.readers import Reader
from primum.web.console.times import When, when
from primum.web.views import FactView, Mark

MARKS = {
    ClockState.OVERDUE: "fail",
    ClockState.NOT_TOLD: "fail",
    ClockState.NEARLY_OVER: "fail",
    ClockState.HALF_GONE: "wait",
    ClockState.RUNNING: "wait",
    ClockState.SUBMITTED: "pass",
    ClockState.ENDED: "plain",
}
SYMBOLS = {"fail": "!", "wait": "○", "pass": "✓", "plain": "·"}
EXPORTS = (("fhir-r4", "FHIR R4"), ("fhir-r5", "FHIR R5"), ("medwatch", "Form 3500A, JSON"))
PAGE = "medwatch-html"


@dataclass(frozen=True, kw_only=True)
class ClockView:
    """One report that is owed."""

    id: str
    title: str
    to: str
    source: str
    mark: Mark
    due: When | None
    words: str
    open: bool


@dataclass(frozen=True, kw_only=True)
class RedressView:
    """One offer."""

    id: str
    way: str
    what: str
    at: When
    ended: str


@dataclass(frozen=True, kw_only=True)
class Lists:
    """What can be chosen."""

    severities: tuple[Option, ...]
    causes: tuple[Option, ...]
    statements: tuple[Option, ...]
    ways: tuple[Option, ...]
    outcomes: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class IncidentPage:
    """The page of one incident."""

    id: str
    rollout: str
    heading: str
    what: str
    done: str
    trouble: str
    facts: tuple[FactView, ...]
    signers: tuple[str, ...]
    clocks: tuple[ClockView, ...]
    findings: tuple[str, ...]
    redress: tuple[RedressView, ...]
    liability: tuple[str, ...]
    exports: tuple[Option, ...]
    lists: Lists
    severity: str
    may_find: bool
    is_open: bool
    zone: str


def page_of(file: IncidentFile, *, reader: Reader, done: str = "", trouble: str = "") -> IncidentPage:
    """Return the page of an incident, in plain values."""
    row, known = file.incident, directory.directory(reader.workplace)
    names = {id_: person.name for id_, person in known.everybody().items()}
    roles = known.roles(person=reader.person, rollout=row.rollout, at=reader.at)
    signed = [str(one["name"]) + ", " + plain(str(one["seat"])) for one in (row.basis or {}).get("signers", ())]
    return IncidentPage(
        id=row.id,
        rollout=row.rollout,
        heading=f"{plain(row.severity).capitalize()}: {plain(row.category)}",
        what=row.what,
        done=done,
        trouble=trouble,
        facts=_facts(file, names, reader.zone),
        signers=tuple(signed),
        clocks=tuple(_clock(one, reader) for one in file.clocks),
        findings=_findings(file, names, reader.zone),
        redress=tuple(_redress(one, reader.zone) for one in file.redress),
        liability=_liability(file, reader),
        exports=tuple(Option(value=shape, label=label) for shape, label in (*EXPORTS, (PAGE, "Form 3500A, a page"))),
        lists=_lists(file),
        severity=row.severity,
        may_find=bool(roles & MAY_CONFIRM),
        is_open=row.closed_at is None,
        zone=reader.zone,
    )


def _liability(file: IncidentFile, reader: Reader) -> tuple[str, ...]:
    with reader.workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=file.incident.rollout)
    kept = json.loads(record.spec) if record else {}
    known = known_places(kept=kept, workplace=reader.workplace, site=file.incident.site)
    lines = []
    for place in known:
        lines += [place.why_unusable] if place.why_unusable else []
        lines += [f"{place.country}, {name.lower()}: {answer}. {words}" for name, answer, words in place.liability]
    return tuple(lines)


def _lists(file: IncidentFile) -> Lists:
    card = tuple(Option(value=one.id, label=one.words) for one in file.statements)
    return Lists(
        severities=options_of(Severity),
        causes=options_of(Causality),
        statements=(*card, Option(value=incident_findings.NOT_ON_THE_CARD, label="The card did not tell of it")),
        ways=options_of(RedressWay),
        outcomes=options_of(RedressOutcome),
    )


def _facts(file: IncidentFile, names: Mapping[str, str], zone: str) -> tuple[FactView, ...]:
    row, basis = file.incident, file.incident.basis or {}
    used = row.used_by or ""
    return (
        FactView(name="Rollout", value=row.rollout),
        FactView(name="Site", value=row.site),
        FactView(name="Happened", value=str(when(row.occurred_at, zone=zone))),
        FactView(name="Reported", value=f"{when(row.reported_at, zone=zone)}, {names.get(row.reporter, row.reporter)}"),
        FactView(name="Harm", value=plain(row.harm or "not told")),
        FactView(name="Used by", value=names.get(used, used) or "not told"),
        FactView(name="Encounter", value="kept in the data plane" if row.encounter else "not given"),
        FactView(name="Exposure then", value=str(basis.get("exposure", "not known"))),
        FactView(name="Let in by gate", value=str(basis.get("gate", "none"))),
        FactView(name="On the evidence", value=str(basis.get("evidence", "none")), code=True),
        FactView(name="Under the policy", value=str(basis.get("policy", "none")), code=True),
        FactView(name="Release bundle", value=str(basis.get("bundle") or "none"), code=True),
    )


def _clock(row: RegulatorClock, reader: Reader) -> ClockView:
    left = countdown(
        started_at=row.aware_at, due=row.due_at, at=reader.at, submitted_at=row.submitted_at, ended_at=row.ended_at
    )
    kind = MARKS[left.state]
    more = f"Reference {row.reference}." if row.reference else row.unknown or ""
    return ClockView(
        id=row.id,
        title=row.title,
        to=", ".join(row.recipients),
        source=row.source,
        mark=Mark(word=left.words, symbol=SYMBOLS[kind], kind=kind),
        due=when(row.due_at, zone=row.zone) if row.due_at else None,
        words=more,
        open=row.submitted_at is None and row.ended_at is None,
    )


def _findings(file: IncidentFile, names: Mapping[str, str], zone: str) -> tuple[str, ...]:
    return tuple(
        f"{plain(one.kind).capitalize()}: {plain(one.value)}. {one.note} "
        f"({names.get(one.person, one.person)}, {when(one.at, zone=zone)})"
        for one in file.findings
    )


def _redress(row: Redress, zone: str) -> RedressView:
    ended = f"{plain(row.outcome or '').capitalize()}: {row.note}" if row.closed_at else ""
    return RedressView(
        id=row.id, way=plain(row.way).capitalize(), what=row.what, at=when(row.offered_at, zone=zone), ended=ended
    )
