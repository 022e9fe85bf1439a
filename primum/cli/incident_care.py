"""Commands that follow an incident: cause, card, remedy, redress, reports to regulators, what the public is told."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.incidents import IncidentId, app, row_of, show_clocks
from primum.cli.signing import one_of

__all__ = ["app"]

Note = Annotated[str, typer.Option("--note", help="Why, naming nobody.", show_default=False)]
Out = Annotated[Path | None, typer.Option("--out", help="Write to this file.", show_default=False)]


@app.command("words")
def words(
    incident: IncidentId,
    person: AsPerson,
    what: Annotated[str, typer.Option("--what", help="What happened, naming nobody.", show_default=False)],
) -> None:
    """Add words to an incident that was reported without, from Slack for example."""
    from primum.actions.incident_findings import add_words

    place = entrance.workplace()
    row = row_of(incident, place)
    add_words(
        incident=row.id,
        person=entrance.person_at(row.rollout, id_=person, place=place),
        words=what,
        at=entrance.now(),
        workplace=place,
    )
    entrance.say("Added.")


@app.command("cause")
def cause(
    incident: IncidentId,
    person: AsPerson,
    causality: Annotated[
        str,
        typer.Option("--is", help="certain, probable, possible, unlikely, conditional or unassessable."),
    ],
    note: Note,
) -> None:
    """Record how surely the output brought it about, on the WHO-UMC scale."""
    from primum.actions.incident_findings import assess_causality
    from primum.roadmap.incidents import Causality

    place = entrance.workplace()
    row = row_of(incident, place)
    found = one_of(Causality, causality, "--is")
    who = entrance.person_at(row.rollout, id_=person, place=place)
    assess_causality(incident=row.id, person=who, causality=found, note=note, at=entrance.now(), workplace=place)
    entrance.say(f"Recorded: {found}.")


@app.command("card")
def card(
    incident: IncidentId,
    person: Annotated[str, typer.Option("--as", help="Your id in people.yaml.")] = "",
    statement: Annotated[str, typer.Option("--is", help="Which statement told of it, or none.")] = "",
    note: Annotated[str, typer.Option("--note", help="Why, naming nobody.")] = "",
) -> None:
    """Compare an incident with the model card in force; without --is, show what the card tells of."""
    from primum.actions.incident_exports import incident_file
    from primum.actions.incident_findings import compare_with_card

    place = entrance.workplace()
    file = incident_file(incident=incident, workplace=place)
    if not statement:
        entrance.show_table("The card in force", ("id", "words"), [(one.id, one.words) for one in file.statements])
        return
    row = file.incident
    who = entrance.person_at(row.rollout, id_=person, place=place)
    found = compare_with_card(
        incident=row.id, person=who, statement=statement, note=note, at=entrance.now(), workplace=place
    )
    entrance.say(f"Recorded: the limitation behind it was {found}.")


@app.command("remedy")
def remedy(incident: IncidentId, person: AsPerson, note: Note) -> None:
    """Say that remedial action is needed; the clocks that wait for it begin."""
    from primum.actions.incident_findings import need_remedy

    place = entrance.workplace()
    row = row_of(incident, place)
    who = entrance.person_at(row.rollout, id_=person, place=place)
    begun = need_remedy(incident=row.id, person=who, note=note, at=entrance.now(), workplace=place)
    entrance.say(f"Recorded; {begun} more {'clock runs' if begun == 1 else 'clocks run'}.")


@app.command("redress")
def redress(
    incident: IncidentId,
    person: AsPerson,
    way: Annotated[str, typer.Option("--way", help="explanation-and-apology, compensation, no-fault-fund, ...")] = "",
    what: Annotated[str, typer.Option("--what", help="What was offered, naming nobody.")] = "",
    close: Annotated[str, typer.Option("--close", help="Id of the offer that ended.")] = "",
    outcome: Annotated[str, typer.Option("--outcome", help="accepted, declined, patient-not-reached, ...")] = "",
) -> None:
    """Record what a patient who was harmed was offered, or how an offer ended."""
    from primum.actions.incident_findings import close_redress, offer_redress
    from primum.roadmap.incidents import RedressOutcome, RedressWay

    place, at = entrance.workplace(), entrance.now()
    row = row_of(incident, place)
    who = entrance.person_at(row.rollout, id_=person, place=place)
    if close:
        ended = one_of(RedressOutcome, outcome, "--outcome")
        close_redress(redress=close, person=who, outcome=ended, note=what, at=at, workplace=place)
        entrance.say(f"Recorded: {ended}.")
        return
    offered = one_of(RedressWay, way, "--way")
    made = offer_redress(incident=row.id, person=who, way=offered, what=what, at=at, workplace=place)
    entrance.say(f"Recorded as redress {made}.")


@app.command("clocks")
def clocks(
    rollout: Annotated[str, typer.Argument(help="Rollout id; all if left out.")] = "", as_json: AsJson = False
) -> None:
    """Show the reports that are owed to regulators, and what is left of their time."""
    from primum.ledger import incident_reading

    with entrance.workplace().ledger.reading() as session:
        rows = tuple(incident_reading.running_clocks(session, rollout=rollout or None))
    if as_json:
        entrance.show_json([row.model_dump() for row in rows])
        return
    show_clocks(rows, entrance.now())


@app.command("places")
def places(
    rollout: Annotated[str, typer.Argument(help="Rollout id.", show_default=False)], as_json: AsJson = False
) -> None:
    """Show what is known of the law at each country of a rollout: clocks, and who is liable after harm."""
    from dataclasses import asdict

    from primum.actions.regulator_places import known_places
    from primum.ledger import reading

    place = entrance.workplace()
    with place.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
    known = known_places(kept=json.loads(record.spec) if record else {}, workplace=place)
    if as_json:
        entrance.show_json([asdict(one) for one in known])
        return
    for one in known:
        entrance.say(f"{one.country}: {one.pack or 'no pack'}. {one.why_unusable}".rstrip())
        for name, answer, words in one.liability:
            entrance.say_item("·", f"{name}: {answer}. {words}")


@app.command("submit")
def submit(
    clock: Annotated[str, typer.Argument(metavar="CLOCK", help="Clock id.", show_default=False)],
    person: AsPerson,
    reference: Annotated[str, typer.Option("--reference", help="Under which reference it went out.")],
    sent: Annotated[str, typer.Option("--sent", help="When, such as 2027-01-31T14:30; now if left out.")] = "",
) -> None:
    """Record that a report went to the regulator."""
    from primum.actions import regulator_clocks
    from primum.ledger import incident_reading

    place, at = entrance.workplace(), entrance.now()
    with place.ledger.reading() as session:
        row = incident_reading.clock(session, clock=clock)
    if row is None:
        raise regulator_clocks.CannotSubmit(f"There is no clock '{clock}'; `primum incident clocks` lists them.")
    who = entrance.person_at(row.rollout, id_=person, place=place)
    when = entrance.moment(sent, option="--sent", at=at)
    regulator_clocks.submit(clock=clock, person=who, submitted_at=when, reference=reference, at=at, workplace=place)
    entrance.say("Recorded as submitted.")


@app.command("sign-clocks")
def sign_clocks(
    jurisdiction: Annotated[str, typer.Argument(help="Id of the pack, such as hk.", show_default=False)],
    person: AsPerson,
    reason: Annotated[str, typer.Option("--reason", help="With whom the numbers were checked.", show_default=False)],
) -> None:
    """Sign the numbers that your institution filled into its own pack of a jurisdiction."""
    from primum.actions import directory, regulator_clocks
    from primum.actions.regulator_places import known_packs

    place, at = entrance.workplace(), entrance.now()
    pack = next((one for one in known_packs(place) if one.jurisdiction.id == jurisdiction), None)
    if pack is None:
        raise regulator_clocks.CannotSubmit(f"There is no pack '{jurisdiction}'.")
    who = directory.person(person, workplace=place)
    regulator_clocks.sign_pack(pack=pack, person=who, reason=reason, at=at, workplace=place)
    told = regulator_clocks.tell_again(at=at, person=who.id, workplace=place)
    entrance.say(f"Signed: {pack.file.name}, {pack.digest[:19]}. {len(told)} waiting clocks have their end now.")


@app.command("export")
def export(
    incident: IncidentId,
    shape: Annotated[str, typer.Option("--shape", help="fhir-r4, fhir-r5, medwatch or medwatch-html.")] = "fhir-r4",
    out: Out = None,
) -> None:
    """Write an incident as FHIR AdverseEvent or in the shape of Form 3500A; it names no patient."""
    from primum.actions.incident_exports import told
    from primum.roadmap.fhir_adverse_event import adverse_event
    from primum.roadmap.medwatch import medwatch, medwatch_page

    found = told(incident=incident, workplace=entrance.workplace())
    if shape == "medwatch-html":
        _give(medwatch_page(found), out)
        return
    if shape == "medwatch":
        content: object = medwatch(found)
    elif shape in {"fhir-r4", "fhir-r5"}:
        content = adverse_event(found, release="R4" if shape == "fhir-r4" else "R5")
    else:
        shapes = "fhir-r4, fhir-r5, medwatch or medwatch-html"
        raise typer.BadParameter(f"'{shape}' is none of {shapes}.", param_hint="--shape")
    _give(json.dumps(content, indent=2, ensure_ascii=False) + "\n", out)


@app.command("publish")
def publish(
    rollout: Annotated[str, typer.Argument(help="Rollout id.", show_default=False)],
    begins: Annotated[str, typer.Option("--from", help="First day, such as 2027-01-01.", show_default=False)],
    ends: Annotated[str, typer.Option("--to", help="Last day.", show_default=False)],
    person: Annotated[str, typer.Option("--as", help="Your id; without it only a draft is shown.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it may be let out, in your own words.")] = "",
    out: Out = None,
) -> None:
    """Let out what the public is told of incidents: counts that name nobody; without --as, a draft."""
    from primum.actions import incident_exports

    place = entrance.workplace()
    first, last = _day(begins, "--from"), _day(ends, "--to")
    if not person:
        draft = incident_exports.public_draft(rollout=rollout, begins=first, ends=last, workplace=place)
        entrance.say("DRAFT, not let out.", *draft.as_markdown().splitlines())
        return
    report, made = incident_exports.publish(
        rollout=rollout,
        begins=first,
        ends=last,
        person=entrance.person_at(rollout, id_=person, place=place),
        reason=reason,
        at=entrance.now(),
        workplace=place,
    )
    _give(report.as_markdown(), out)
    entrance.say(f"Let out as publication {made}.")


def _give(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    entrance.say(f"wrote {out}")


def _day(said: str, option: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise typer.BadParameter(f"'{said}' is no day; write 2027-01-31.", param_hint=option) from None


def _moment(said: str, at: datetime) -> datetime:
    if not said:
        return at
    try:
        return datetime.fromisoformat(said).astimezone()
    except ValueError:
        raise typer.BadParameter(f"'{said}' is no time; write 2027-01-31T14:30.", param_hint="--sent") from None
