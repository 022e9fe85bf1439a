"""Commands of the point of care: a site's key, one question, outputs held against the answers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.actions.workplace import Workplace

app = typer.Typer(help="Who may see LMM output, where care is given.", no_args_is_help=True)
RolloutId = Annotated[str, typer.Argument(help="Rollout id.", show_default=False)]
HOURS = 24
MOST_HOURS = 24 * 366
REPLICA_PORT = 8322


@app.command("key")
def key(
    site: Annotated[list[str], typer.Argument(help="The sites whose software may ask.", show_default=False)],
    person: AsPerson,
    days: Annotated[int, typer.Option(help="How long it lasts; a year at most.", min=1, max=365)] = 365,
) -> None:
    """Make a key for the software of one or more sites; it is printed once and kept nowhere."""
    from primum.actions import directory, site_keys

    place = entrance.workplace()
    known = directory.person(person, workplace=place)
    made = site_keys.make_wherever(sites=tuple(site), person=known.id, days=days, at=entrance.now(), workplace=place)
    entrance.say(f"The key of {', '.join(site)} for {days} days, shown this once:", f"    {made}")


@app.command("keys")
def keys(
    rollout: Annotated[str, typer.Argument(help="Rollout id.", show_default=False)], as_json: AsJson = False
) -> None:
    """List the keys in force for the sites of a rollout, without their secrets."""
    from dataclasses import asdict

    from primum.actions import site_keys

    found = site_keys.keys_of(rollout=rollout, at=entrance.now(), workplace=entrance.workplace())
    if as_json:
        entrance.show_json([asdict(one) for one in found])
        return
    entrance.show_table(
        "Keys in force",
        ("id", "sites", "made by", "until"),
        [(one.id, ", ".join(one.sites), one.person, f"{one.expires_at:%Y-%m-%d}") for one in found],
    )


@app.command("end-key")
def end_key(
    rollout: Annotated[str, typer.Argument(help="Rollout id.", show_default=False)],
    key: Annotated[str, typer.Argument(metavar="ID", help="Id that `exposure keys` prints.", show_default=False)],
    person: AsPerson,
) -> None:
    """End a key of a site; the point of care refuses it within a second."""
    from primum.actions import site_keys

    place = entrance.workplace()
    who = entrance.person_at(rollout, id_=person, place=place)
    site_keys.end(key=key, rollout=rollout, person=who, at=entrance.now(), workplace=place)
    entrance.say("The key is ended.")


@app.command("ask")
def ask(
    rollout: RolloutId,
    unit: Annotated[str, typer.Option("--unit", help="The unit that is randomised.", show_default=False)],
    site: Annotated[str, typer.Option("--site", help="Its site.", show_default=False)],
    told: Annotated[list[str] | None, typer.Option("--tell", help="What an exclusion needs: age=44.")] = None,
    kind: Annotated[str, typer.Option("--unit-type", help="Kind of unit, such as ward.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask as a site's software would: the answer is written down like every other, and a new unit may enrol by it."""
    from primum.actions.enrolling import why_not_enrolled
    from primum.actions.exposing import replica_of
    from primum.roadmap.exposure import Encounter

    facts = dict(_pair(one) for one in told or ())
    place = entrance.workplace()
    replica = replica_of(workplace=place, name="cli")
    try:
        encounter = Encounter(unit=unit, site=site, at=entrance.now(), kind=kind, facts=facts)
        answered = replica.answer(rollout=rollout, encounter=encounter)
        if answered is not None and answered.newcomer is not None:
            new = [answered.newcomer]
            refused = why_not_enrolled(rollout=rollout, units=new, at=encounter.at, workplace=place)
            answered = replica.answer(rollout=rollout, encounter=encounter, refused=refused)
    finally:
        replica.close()
    if answered is None:
        entrance.say(f"off: no rollout '{rollout}' is registered.")
        entrance.leave(ExitCode.GATE_NOT_PASSED)
    said = answered.exposed
    if as_json:
        entrance.show_json({"value": said.shown, "reason": said.reason, "why": said.sentence})
    else:
        entrance.say(f"{said.shown}: {said.sentence}")


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise typer.BadParameter("Write it as name=value, such as age=44.", param_hint="--tell")
    return name, value


@app.command("serve")
def serve(
    port: Annotated[int, typer.Option(help="Where it listens.", min=1, max=65_535)] = REPLICA_PORT,
    host: Annotated[str, typer.Option(help="On which address of this machine.")] = "127.0.0.1",
) -> None:
    """Serve the point of care alone, beside the console's, from a database that it can only read."""
    import os

    import uvicorn

    from primum.actions.enrolling import Enrolment
    from primum.actions.exposing import replica_of
    from primum.actions.site_keys import SiteKeys
    from primum.actions.workplace import open_to_read
    from primum.web.exposure.point_of_care import OnlyHere, PointOfCare

    place = open_to_read(entrance.settings())
    replica = replica_of(workplace=place, name=f"replica-{os.getpid()}", reads_only=True)
    keys, enrolment = SiteKeys(workplace=place), Enrolment(workplace=place)
    app = PointOfCare(OnlyHere(), replica=replica, keys=keys, enrolment=enrolment, clock=entrance.now)
    entrance.say(f"Point of care  http://{host}:{port}/ofrep/v1/evaluate/flags")
    entrance.begin_to_serve()
    try:
        uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)
    finally:
        enrolment.close()
        replica.close()
        place.ledger.close()


def _where(rollout: str) -> "Workplace":
    """Return the workplace of a rollout; one that nobody registered has no answers, which is no good news."""
    from primum.actions.evaluation import UnknownRollout
    from primum.ledger import reading

    place = entrance.workplace()
    with place.ledger.reading() as session:
        if reading.rollout(session, rollout=rollout) is None:
            raise UnknownRollout(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")
    return place


@app.command("reconcile")
def reconcile(
    rollout: RolloutId,
    outputs: Annotated[
        Path, typer.Argument(help="Parquet or CSV with unit, site and shown_at, one row for each output.")
    ],
    hours: Annotated[
        int, typer.Option(help="How long before an output its answer may have been given.", min=1, max=MOST_HOURS)
    ] = HOURS,
    as_json: AsJson = False,
    person: Annotated[str, typer.Option("--as", help="Record what was found, as this person.")] = "",
) -> None:
    """Hold the outputs that were shown against the answers; only counts are printed, and small ones are not."""
    from datetime import timedelta

    from primum.actions import deviations, directory
    from primum.actions.reconciling import reconciled

    place, within = _where(rollout), timedelta(hours=hours)
    found = reconciled(rollout=rollout, outputs=outputs, within=within, workplace=place)
    if as_json:
        entrance.show_json([one.plain() for one in found])
    else:
        entrance.show_table(
            f"Outputs of {rollout}",
            ("site", "outputs", "allowed", "never asked", "not allowed"),
            [tuple(map(str, one.plain().values())) for one in found],
        )
    if person:
        known = directory.person(person, workplace=place)
        new = deviations.record(
            rollout=rollout, outputs=outputs, within=within, person=known.id, at=entrance.now(), workplace=place
        )
        entrance.say(f"{len(new)} deviations are new and recorded.")
    if any(one.deviations for one in found):
        entrance.say("✘ Outputs were shown without leave: each is a protocol deviation and a safety event.")
        entrance.leave(ExitCode.GATE_NOT_PASSED)


@app.command("deviations")
def listed(rollout: RolloutId, as_json: AsJson = False) -> None:
    """List where and when outputs were shown without leave, and who looked into it."""
    from primum.actions.deviations import shown_deviations
    from primum.roadmap.deviations import MEANING, DeviationKind

    found = shown_deviations(rollout=rollout, workplace=_where(rollout))
    if as_json:
        entrance.show_json([one.plain() for one in found])
        return
    entrance.show_table(
        f"Deviations of {rollout}",
        ("id", "site", "day", "outputs", "how", "reviewed"),
        [
            (one.id, one.site, one.day, one.outputs, MEANING[DeviationKind(one.kind)], one.reviewed_by or "not yet")
            for one in found
        ],
    )


@app.command("review")
def review(
    deviation: Annotated[str, typer.Argument(metavar="ID", help="Deviation id.", show_default=False)],
    person: AsPerson,
    reason: Annotated[str, typer.Option("--reason", help="What was found and done, naming nobody.")],
) -> None:
    """Say as a safety officer that a deviation was looked into."""
    from primum.actions import deviations

    place = entrance.workplace()
    rollout = deviations.rollout_of(deviation, workplace=place)
    who = entrance.person_at(rollout, id_=person, place=place)
    deviations.review(
        deviation=deviation, rollout=rollout, person=who, reason=reason, at=entrance.now(), workplace=place
    )
    entrance.say("Recorded as reviewed.")
