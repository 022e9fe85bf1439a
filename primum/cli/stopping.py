"""Suspend and resume: the shortest way to standard care, with nothing in between."""

from typing import Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsPerson

RolloutId = Annotated[str, typer.Argument(help="Rollout id.", show_default=False)]
Why = Annotated[str, typer.Option("--reason", help="Why; a few words are enough to stop.", show_default=False)]


def suspend(rollout: RolloutId, person: AsPerson, reason: Why) -> None:
    """Send a rollout back to standard care at once; one authorised person, no quorum."""
    from primum.actions.suspension import people_who_may_stop, person_of
    from primum.actions.suspension import suspend as stop

    place = entrance.workplace()
    who = person_of(people=people_who_may_stop(rollout=rollout, workplace=place), id_=person)
    stop(rollout=rollout, person=who, reason=reason, at=entrance.now(), workplace=place)
    entrance.say(f"{rollout} is suspended: standard care, no AI. Exposure is off.")


def resume(
    rollout: RolloutId,
    person: AsPerson,
    reason: Annotated[str, typer.Option("--reason", help="Why it may go on, in your own words.", show_default=False)],
    second: Annotated[str, typer.Option("--and", help="The second person's id; else they agree on their own.")] = "",
) -> None:
    """Agree that a suspended rollout goes on; the policy says how many people it takes."""
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


def _goes_on(rollout: str) -> str:
    return f"{rollout} goes on; exposure is what it was before."
