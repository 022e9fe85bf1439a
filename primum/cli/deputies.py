"""Commands about who may sign: hand a seat over, declare an interest, say that a contingency is done."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.signing import AsSeat, one_of

if TYPE_CHECKING:
    from primum.actions.delegation import InForce

contingency = typer.Typer(help="What approvals left to do.", no_args_is_help=True)

RolloutId = Annotated[str, typer.Argument(help="Rollout id.", show_default=False)]
Why = Annotated[str, typer.Option("--reason", help="Why, in your own words.")]
Revoke = Annotated[str, typer.Option("--revoke", help="Id of a delegation to end instead.")]


def delegate(
    rollout: RolloutId,
    person: AsPerson,
    seat: AsSeat = "",
    deputy: Annotated[str, typer.Option("--to", help="Id of the deputy; holds the same role.")] = "",
    until: Annotated[str, typer.Option("--until", help="Last day, such as 2027-01-31.")] = "",
    reason: Why = "",
    revoke: Revoke = "",
) -> None:
    """Hand your seat to a deputy of the same role for a time, or end that."""
    from primum.actions import delegation
    from primum.roadmap.people import Role

    place = entrance.workplace()
    submission, at = entrance.submission_of(rollout, place), entrance.now()
    if revoke:
        delegation.revoke(delegation=revoke, submission=submission, person=person, at=at, workplace=place)
        entrance.say(f"The delegation {revoke} is over.")
        return
    made = delegation.delegate(
        submission=submission,
        person=person,
        deputy=deputy,
        role=one_of(Role, seat, "--seat"),
        ends_at=entrance.end_of(until, "--until"),
        reason=reason,
        channel="cli",
        at=at,
        workplace=place,
    )
    entrance.say(f"{deputy} signs for {person} on seat {seat} of {rollout} until {until}. Delegation {made}.")


def delegations(rollout: RolloutId, as_json: AsJson = False) -> None:
    """List who stands in for whom now."""
    from primum.actions import delegation

    place = entrance.workplace()
    submission = entrance.submission_of(rollout, place)
    with place.ledger.reading() as session:
        listed = delegation.in_force(submission=submission, at=entrance.now(), session=session)
    if as_json:
        entrance.show_json([asdict(one) for one in listed])
    else:
        show_deputies(listed)


def show_deputies(listed: "Sequence[InForce]") -> None:
    """Print who stands in for whom."""
    if listed:
        rows = [(one.role, one.person_name, one.deputy_name, f"{one.ends_at:%Y-%m-%d %H:%M}", one.id) for one in listed]
        entrance.show_table("Deputies", ("seat", "of", "deputy", "until (UTC)", "id"), rows)


def conflict(
    rollout: RolloutId,
    person: AsPerson,
    reason: Why = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="The interest is over.")] = False,
) -> None:
    """Declare a conflict of interest with a rollout; from then on you sign nothing there."""
    from primum.actions import conflicts

    place = entrance.workplace()
    submission, at = entrance.submission_of(rollout, place), entrance.now()
    if withdraw:
        conflicts.withdraw(submission=submission, person=person, at=at, workplace=place)
        entrance.say(f"{person} has no declared interest in {rollout} any more.")
        return
    conflicts.declare(submission=submission, person=person, reason=reason, channel="cli", at=at, workplace=place)
    entrance.say(f"Recorded: {person} has an interest in {rollout} and signs nothing there.")


@contingency.command("close")
def close(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id that `primum gate show` prints.", show_default=False)],
    person: AsPerson,
    note: Annotated[str, typer.Option("--note", help="What was done.", show_default=False)],
) -> None:
    """Say that what an approval left to do is done; somebody other than its owner does."""
    from primum.actions import contingencies
    from primum.ledger import signing_reading

    place = entrance.workplace()
    with place.ledger.reading() as session:
        row = signing_reading.contingency(session, contingency=id_)
    if row is None:
        raise contingencies.CannotClose(f"There is no contingency '{id_}'; `primum gate show` lists those of a gate.")
    submission = entrance.submission_of(row.rollout, place)
    contingencies.close(
        contingency=id_, submission=submission, person=person, note=note, at=entrance.now(), workplace=place
    )
    entrance.say(f"Contingency {id_} is closed.")
