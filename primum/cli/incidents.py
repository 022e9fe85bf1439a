"""Commands on incidents: report one in under a minute, confirm it, close it, list them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.signing import one_of

if TYPE_CHECKING:
    from primum.actions.workplace import Workplace
    from primum.ledger.signing_tables import Incident
    from primum.roadmap.people import Person

app = typer.Typer(help="Report, confirm and close incidents.", no_args_is_help=True)

IncidentId = Annotated[str, typer.Argument(metavar="ID", help="Incident id.", show_default=False)]
SEVERITIES = "near-miss, minor, moderate, serious or death."


@app.command("report")
def report(
    rollout: Annotated[str, typer.Argument(help="Rollout id.", show_default=False)],
    person: AsPerson,
    site: Annotated[str, typer.Option("--site", help="Where.", show_default=False)],
    severity: Annotated[str, typer.Option("--severity", help=SEVERITIES, show_default=False)],
    what: Annotated[str, typer.Option("--what", help="What happened, naming nobody.", show_default=False)],
    category: Annotated[str, typer.Option("--category", help="wrong-output, missed-finding, ... or other.")] = "other",
    occurred: Annotated[str, typer.Option("--occurred", help="When, such as 2027-01-31T14:30; now if left out.")] = "",
) -> None:
    """Report what went wrong or nearly did; a serious one keeps the rollout from moving on."""
    from primum.actions import incidents
    from primum.roadmap.incidents import Category, Severity

    place, at = entrance.workplace(), entrance.now()
    made = incidents.report(
        rollout=rollout,
        person=_known(person, rollout, place),
        site=site,
        severity=one_of(Severity, severity, "--severity"),
        category=one_of(Category, category, "--category"),
        what=what,
        occurred_at=_when(occurred, at),
        channel="cli",
        at=at,
        workplace=place,
    )
    entrance.say(f"Recorded as incident {made}. A safety officer or clinical lead confirms it.")


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
    stopped = incidents.confirm(
        incident=incident,
        person=_known(person, _rollout_of(incident, place), place),
        severity=one_of(Severity, severity, "--severity") if severity else None,
        at=entrance.now(),
        workplace=place,
    )
    entrance.say(f"Incident {incident} is confirmed.")
    if stopped:
        entrance.say("The rollout is suspended: standard care, no AI. Exposure is off.")


@app.command("close")
def close(
    incident: IncidentId,
    person: AsPerson,
    note: Annotated[str, typer.Option("--note", help="What was found and done.", show_default=False)],
) -> None:
    """Close an incident that was dealt with; a suspension stays until people resume."""
    from primum.actions import incidents

    place = entrance.workplace()
    who = _known(person, _rollout_of(incident, place), place)
    incidents.close(incident=incident, person=who, note=note, at=entrance.now(), workplace=place)
    entrance.say(f"Incident {incident} is closed.")


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


def _known(person: str, rollout: str, place: "Workplace") -> "Person":
    from primum.actions.suspension import people_who_may_stop, person_of

    return person_of(people=people_who_may_stop(rollout=rollout, workplace=place), id_=person)


def _rollout_of(incident: str, place: "Workplace") -> str:
    from primum.actions.incidents import CannotReport
    from primum.ledger import signing_reading

    with place.ledger.reading() as session:
        row = signing_reading.incident(session, incident=incident)
    if row is None:
        raise CannotReport(f"There is no incident '{incident}'; `primum incident list` shows those there are.")
    return row.rollout
