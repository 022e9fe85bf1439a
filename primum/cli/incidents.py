"""Commands on incidents: report one in under a minute, confirm it, grade it, close it, look at it, list them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.incident_prompts import choose, rollout_or_ask, sites_of, words_or_ask
from primum.cli.signing import one_of

if TYPE_CHECKING:
    from primum.actions.incident_exports import IncidentFile
    from primum.actions.workplace import Workplace
    from primum.ledger.incident_tables import RegulatorClock
    from primum.ledger.signing_tables import Incident

app = typer.Typer(help="Report, confirm, assess, export and close incidents.", no_args_is_help=True)

IncidentId = Annotated[str, typer.Argument(metavar="ID", help="Incident id, or how it begins.", show_default=False)]
SEVERITIES = "near-miss, minor, moderate, serious or death."


@app.command("report")
def report(
    person: AsPerson,
    rollout: Annotated[str, typer.Argument(help="Rollout id; the only one, if there is but one.")] = "",
    site: Annotated[str, typer.Option("--site", help="Where.")] = "",
    severity: Annotated[str, typer.Option("--severity", help=SEVERITIES)] = "",
    what: Annotated[str, typer.Option("--what", help="What happened, naming nobody; - reads standard input.")] = "",
    category: Annotated[str, typer.Option("--category", help="wrong-output, missed-finding, ... or other.")] = "other",
    occurred: Annotated[str, typer.Option("--occurred", help="When, such as 2027-01-31T14:30; now if left out.")] = "",
    harm: Annotated[str, typer.Option("--harm", help="What came of it; the usual for its severity if left out.")] = "",
    used_by: Annotated[str, typer.Option("--used-by", help="Who used the output, by their id; you if left out.")] = "",
    encounter: Annotated[
        str, typer.Option("--encounter", help="Key of the encounter; it stays in the data plane.")
    ] = "",
) -> None:
    """Report what went wrong or nearly did; only what is missing is asked for, in a few words."""
    from primum.actions import incidents
    from primum.roadmap.incidents import Category, Harm, Severity

    place, at = entrance.workplace(), entrance.now()
    rollout = rollout_or_ask(rollout, place)
    who = entrance.person_at(rollout, id_=person, place=place)
    severity = severity or choose("How bad was it, or could it have been", list(map(str, Severity)), param="--severity")
    here = sites_of(rollout, place)
    site = site or (here[0] if len(here) == 1 else choose("At which site", here, param="--site", free=True))
    made = incidents.report(
        rollout=rollout,
        person=who,
        site=site,
        severity=one_of(Severity, severity, "--severity"),
        category=one_of(Category, category, "--category"),
        what=words_or_ask(what, "What happened, naming nobody", param="--what"),
        occurred_at=entrance.moment(occurred, option="--occurred", at=at),
        channel="cli",
        at=at,
        workplace=place,
        details=incidents.Details(
            harm=one_of(Harm, harm, "--harm") if harm else None, used_by=used_by, encounter=encounter
        ),
    )
    entrance.say(f"Recorded as incident {made}. A safety officer or clinical lead confirms it.")
    _say_clocks(made, place, at)


@app.command("confirm")
def confirm(
    incident: IncidentId,
    person: AsPerson,
    severity: Annotated[str, typer.Option("--severity", help=f"To grade it anew: {SEVERITIES}")] = "",
) -> None:
    """Confirm an incident; a serious harm suspends the rollout at once."""
    from primum.actions import incidents
    from primum.roadmap.incidents import Severity

    place = entrance.workplace()
    row = row_of(incident, place)
    stopped = incidents.confirm(
        incident=row.id,
        person=entrance.person_at(row.rollout, id_=person, place=place),
        severity=one_of(Severity, severity, "--severity") if severity else None,
        at=entrance.now(),
        workplace=place,
    )
    entrance.say(f"Incident {row.id} is confirmed.")
    if stopped:
        entrance.say("The rollout is suspended: standard care, no AI. Exposure is off.")


@app.command("grade")
def grade(
    incident: IncidentId,
    person: AsPerson,
    severity: Annotated[str, typer.Option("--severity", help=SEVERITIES, show_default=False)],
    note: Annotated[str, typer.Option("--note", help="Why, naming nobody.", show_default=False)],
    harm: Annotated[str, typer.Option("--harm", help="What came of it.")] = "",
) -> None:
    """Grade an incident anew; its clocks follow, and one that is confirmed and becomes serious suspends."""
    from primum.actions import incidents
    from primum.roadmap.incidents import Harm, Severity

    place, at = entrance.workplace(), entrance.now()
    row = row_of(incident, place)
    stopped = incidents.regrade(
        incident=row.id,
        person=entrance.person_at(row.rollout, id_=person, place=place),
        severity=one_of(Severity, severity, "--severity"),
        harm=one_of(Harm, harm, "--harm") if harm else None,
        note=note,
        at=at,
        workplace=place,
    )
    entrance.say(f"Incident {row.id} is graded {severity}.")
    if stopped:
        entrance.say("The rollout is suspended: standard care, no AI. Exposure is off.")
    _say_clocks(row.id, place, at)


@app.command("close")
def close(
    incident: IncidentId,
    person: AsPerson,
    note: Annotated[str, typer.Option("--note", help="What was found and done.", show_default=False)],
) -> None:
    """Close an incident that was dealt with; a suspension stays until people resume."""
    from primum.actions import incidents

    place = entrance.workplace()
    row = row_of(incident, place)
    who = entrance.person_at(row.rollout, id_=person, place=place)
    incidents.close(incident=row.id, person=who, note=note, at=entrance.now(), workplace=place)
    entrance.say(f"Incident {row.id} is closed.")


@app.command("list")
def list_incidents(
    rollout: Annotated[str, typer.Argument(help="Rollout id; all if left out.")] = "", as_json: AsJson = False
) -> None:
    """List incidents, the newest first."""
    from primum.ledger import signing_reading

    with entrance.workplace().ledger.reading() as session:
        rows = signing_reading.incidents(session, rollout=rollout or None)
    if as_json:
        entrance.show_json([row.model_dump(exclude={"salt"}) for row in rows])
        return
    entrance.show_table(
        "Incidents",
        ("id", "rollout", "site", "severity", "state", "reported (UTC)"),
        [
            (row.id, row.rollout, row.site, row.severity, _state(row), f"{row.reported_at:%Y-%m-%d %H:%M}")
            for row in rows
        ],
    )


@app.command("show")
def show(
    incident: IncidentId,
    encounter: Annotated[bool, typer.Option("--encounter", help="Show its encounter, from the data plane.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one incident: clocks, findings, redress, who used it, who let it in and on which evidence."""
    from primum.actions.incident_exports import encounter_for, incident_file

    place, at = entrance.workplace(), entrance.now()
    file = incident_file(incident=incident, workplace=place)
    if as_json:
        parts = {"clocks": file.clocks, "findings": file.findings, "redress": file.redress}
        plain = {name: [one.model_dump(exclude={"salt"}) for one in rows] for name, rows in parts.items()}
        entrance.show_json({**file.incident.model_dump(exclude={"salt"}), **plain})
        return
    _print(file, at)
    if encounter:
        kept = encounter_for(incident=file.incident, workplace=place)
        entrance.say(f"Encounter: {kept or 'not kept at this data plane'}")


def _print(file: "IncidentFile", at: datetime) -> None:
    row = file.incident
    entrance.say(f"Incident {row.id} of {row.rollout} at {row.site}: {row.severity}, {row.category}, {_state(row)}")
    entrance.say(row.what, f"Harm: {row.harm or 'not told'}. Used by {row.used_by or 'not told'}.")
    basis = row.basis or {}
    signers = ", ".join(f"{one['name']} ({one['seat']})" for one in basis.get("signers", ()))
    entrance.say(f"Let in by gate {basis.get('gate', 'none')}, signed by {signers or 'nobody'}.")
    entrance.say(f"On evidence {basis.get('evidence', 'none')} under policy {basis.get('policy', 'none')}.")
    for finding in file.findings:
        entrance.say_item("·", f"{finding.kind}: {finding.value}, by {finding.person}. {finding.note}")
    for one in file.redress:
        entrance.say_item("·", f"Redress {one.id}: {one.way}, {one.outcome or 'open'}. {one.what}")
    show_clocks(file.clocks, at)


def show_clocks(clocks: "tuple[RegulatorClock, ...]", at: datetime) -> None:
    """Print reports that are owed, each with what is left of its time."""
    from primum.roadmap.clocks import countdown

    rows = []
    for one in clocks:
        left = countdown(
            started_at=one.aware_at,
            due=one.due_at,
            at=at,
            submitted_at=one.submitted_at,
            ended_at=one.ended_at,
        )
        due = f"{one.due_at:%Y-%m-%d %H:%M}" if one.due_at else "not told"
        rows.append((one.id, f"{one.jurisdiction} {one.rule}", ", ".join(one.recipients), due, left.words))
    entrance.show_table("Reports owed", ("id", "rule", "to", "due (UTC)", "stands"), rows)


def _say_clocks(incident: str, place: "Workplace", at: datetime) -> None:
    from primum.ledger import incident_reading

    with place.ledger.reading() as session:
        clocks = tuple(incident_reading.clocks(session, incident=incident))
    if clocks:
        show_clocks(clocks, at)


def row_of(incident: str, place: "Workplace") -> "Incident":
    """Return an incident by its id or how it begins."""
    from primum.actions.incident_exports import incident_file

    return incident_file(incident=incident, workplace=place).incident


def _state(row: "Incident") -> str:
    if row.closed_at is not None:
        return "closed"
    return "confirmed" if row.confirmed_at is not None else "reported"


def _when(said: str, at: datetime) -> datetime:
    if not said:
        return at
    try:
        return datetime.fromisoformat(said).astimezone()
    except ValueError:
        raise typer.BadParameter(f"'{said}' is no time; write 2027-01-31T14:30.", param_hint="--occurred") from None
