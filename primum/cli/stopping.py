"""Suspend and resume: the shortest way to standard care, with nothing in between; who has seen it; how to go on."""

from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.actions.acknowledgements import SiteStanding, SuspensionStanding

RolloutId = Annotated[str, typer.Argument(help="Rollout id.", show_default=False)]
MaybePerson = Annotated[str, typer.Option("--as", help="Your id in people.yaml.", show_default=False)]
Why = Annotated[str, typer.Option("--reason", help="Why; a few words are enough to stop.", show_default=False)]


def suspend(
    rollout: RolloutId,
    person: MaybePerson = "",
    reason: Why = "",
    harm: Annotated[
        bool, typer.Option("--harm", help="A patient was harmed or nearly; going on then takes a gate.")
    ] = False,
    status: Annotated[bool, typer.Option("--status", help="Only show which sites have seen it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a rollout back to standard care at once; one authorised person, no quorum."""
    if status:
        show_standing(rollout, as_json=as_json)
        return
    for name, given in (("--as", person), ("--reason", reason)):
        if not given:
            raise typer.BadParameter("say who stops and why; a few words are enough.", param_hint=name)
    from primum.actions.suspension import suspend as stop

    place = entrance.workplace()
    who = entrance.person_at(rollout, id_=person, place=place)
    stop(rollout=rollout, person=who, reason=reason, at=entrance.now(), workplace=place, harm=harm)
    entrance.say(f"{rollout} is suspended: standard care, no AI. Exposure is off.")
    _list_exposed(rollout, person)


def _list_exposed(rollout: str, person: str) -> None:
    """After the stop, and never in its way: the list of those it had reached, for looking back."""
    from primum.actions.exposed_units import list_exposed
    from primum.integrations.answers_listed import ListRefused
    from primum.ledger import reading

    place, at = entrance.workplace(), entrance.now()
    with place.ledger.reading() as session:
        row = reading.suspension(session, rollout=rollout)
    if row is None:
        return
    try:
        counts = list_exposed(suspension=row.id, person=person, at=at, workplace=place)
    except ListRefused as refused:
        entrance.say(f"The list of whom it had reached is still to be made: {refused}")
        return
    entrance.say(f"Units it had reached since its release began: {counts['all']}. The list stays in the data plane.")


def show_standing(rollout: str, *, as_json: bool) -> None:
    """Print which sites have acknowledged a suspension, by when each had to, and whom the release had reached."""
    from dataclasses import asdict

    from primum.actions.acknowledgements import standing_of

    found = standing_of(rollout=rollout, at=entrance.now(), workplace=entrance.workplace())
    if as_json:
        entrance.show_json(None if found is None else asdict(found))
        return
    if found is None:
        entrance.say(f"{rollout} was never suspended.")
        return
    _print_standing(found)


def _print_standing(found: "SuspensionStanding") -> None:
    state = f"lifted {found.lifted_at:%Y-%m-%d %H:%M} UTC" if found.lifted_at else "in force"
    harm = ", for harm" if found.for_harm else ""
    entrance.say(f"Suspension {found.suspension} of {found.rollout} by {found.by}, {state}{harm}: {found.reason}")
    rows = [(one.site, _seen(one), f"{one.due_at:%Y-%m-%d %H:%M}", str(len(one.systems))) for one in found.sites]
    entrance.show_table("Sites", ("site", "seen", "due (UTC)", "systems"), rows)
    if found.counts:
        entrance.say("Units reached: " + "; ".join(f"{site} {count}" for site, count in found.counts))


def _seen(one: "SiteStanding") -> str:
    if one.at is None:
        return "OVERDUE" if one.overdue else "not yet"
    return f"{one.at:%Y-%m-%d %H:%M} by {one.by}"


def acknowledge(
    rollout: RolloutId,
    person: AsPerson,
    site: Annotated[str, typer.Option("--site", help="The site that has seen it.", show_default=False)],
) -> None:
    """Say for a site that it has seen that a rollout is suspended."""
    from primum.actions import acknowledgements

    place = entrance.workplace()
    who = entrance.person_at(rollout, id_=person, place=place)
    new = acknowledgements.acknowledge(
        rollout=rollout, site=site, person=who, channel="cli", at=entrance.now(), workplace=place
    )
    entrance.say(f"Noted: {site} has seen it." if new else f"{site} had said so before.")


def resume(
    rollout: RolloutId,
    person: AsPerson,
    reason: Annotated[str, typer.Option("--reason", help="Why it may go on, in your own words.")] = "",
    second: Annotated[str, typer.Option("--and", help="The second person's id; else they agree on their own.")] = "",
    reopen: Annotated[
        bool, typer.Option("--reopen", help="Evaluate the gate that let it in again, and ask its seats.")
    ] = False,
) -> None:
    """Agree that a suspended rollout goes on; the policy says how many people it takes, and whether a gate first."""
    if reopen:
        _reopen(rollout, person)
        return
    if not reason:
        raise typer.BadParameter("say in your own words why it may go on.", param_hint="--reason")
    from primum.actions.resumption import agree
    from primum.actions.resumption import resume as go_on
    from primum.actions.suspension import people_who_may_stop, person_of

    place, at = entrance.workplace(), entrance.now()
    if not second:
        done = agree(
            rollout=rollout,
            person=person,
            reason=reason,
            channel="cli",
            authentication="local account of the machine",
            at=at,
            workplace=place,
        )
        left = done.needed - len(done.people)
        entrance.say(_goes_on(rollout) if done.is_lifted else f"Recorded; {left} more must agree before it goes on.")
        return
    people = people_who_may_stop(rollout=rollout, workplace=place)
    first, other = (person_of(people=people, id_=one) for one in (person, second))
    go_on(rollout=rollout, person=first, second=other, reason=reason, at=at, workplace=place)
    entrance.say(_goes_on(rollout))


def _reopen(rollout: str, person: str) -> None:
    from primum.actions.reopening import reopen
    from primum.roadmap.gates import MEANING, GateState

    done = reopen(rollout=rollout, person=person, at=entrance.now(), workplace=entrance.workplace())
    entrance.say(f"Gate {done.gate} is open again: {MEANING[done.state]}.")
    if done.state is GateState.HELD:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


def _goes_on(rollout: str) -> str:
    return f"{rollout} goes on; exposure is what it was before."
