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
    second: Annotated[str, typer.Option("--and", help="The second person's id.", show_default=False)],
    reason: Annotated[str, typer.Option("--reason", help="Why it may go on, in your own words.", show_default=False)],
) -> None:
    """Lift a suspension; two authorised people and a reason."""
    from primum.actions.resumption import resume as go_on
    from primum.actions.suspension import people_who_may_stop, person_of

    place = entrance.workplace()
    people = people_who_may_stop(rollout=rollout, workplace=place)
    go_on(
        rollout=rollout,
        person=person_of(people=people, id_=person),
        second=person_of(people=people, id_=second),
        reason=reason,
        at=entrance.now(),
        workplace=place,
    )
    entrance.say(f"{rollout} goes on; exposure is what it was before.")
