"""Commands of stage scale: where the waves stand, the next, one back, hold, lift, acknowledge."""

from typing import TYPE_CHECKING, Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson
from primum.cli.outcomes import ExitCode

if TYPE_CHECKING:
    from primum.actions.submission import Submission
    from primum.actions.workplace import Workplace

app = typer.Typer(help="Widen a rollout in scale a wave at a time.", no_args_is_help=True)
RolloutId = Annotated[str, typer.Argument(help="Rollout id.", show_default=False)]
Why = Annotated[str, typer.Option("--reason", help="Why, in your own words.", show_default=False)]


def _at(rollout: str) -> "tuple[Submission, Workplace]":
    place = entrance.workplace()
    return entrance.submission_of(rollout, place), place


@app.command("show")
def show(rollout: RolloutId, as_json: AsJson = False) -> None:
    """Show the wave in force and everything that keeps the next one waiting."""
    from primum.actions import waves
    from primum.roadmap.waves import wave_after, why_not_next

    submission, place = _at(rollout)
    at = entrance.now()
    with place.ledger.reading() as session:
        now = waves.standing(session=session, submission=submission, at=at)
    scale = submission.rollout.scale
    following = wave_after(scale, now.wave.name) if scale else None
    waiting = why_not_next(standing=now, following=following, at=at)
    name = following.name if following else None
    if as_json:
        entrance.show_json({"wave": now.wave.name, "since": now.began_at, "next": name, "waiting": list(waiting)})
    else:
        entrance.say(
            f"{rollout}: wave '{now.wave.name}' since {now.began_at:%Y-%m-%d %H:%M %Z}: {now.wave.limits.words()}"
        )
        for reason in waiting:
            entrance.say_item("✘", reason)
        if not waiting:
            entrance.say(f"✔ Wave '{name}' may begin: primum wave next {rollout} --as YOU --reason ...")
    if waiting:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


@app.command("next")
def begin_next(rollout: RolloutId, person: AsPerson, reason: Why) -> None:
    """Begin the next wave, if the last one has earned it."""
    from primum.actions import waves

    submission, place = _at(rollout)
    who = submission.person(person)
    begun = waves.advance(submission=submission, person=who, reason=reason, at=entrance.now(), workplace=place)
    entrance.say(f"{rollout}: wave '{begun}' has begun.")


@app.command("back")
def back(rollout: RolloutId, person: AsPerson, reason: Why) -> None:
    """Go back to the wave before, at once; one person is enough."""
    from primum.actions import waves

    submission, place = _at(rollout)
    who = submission.person(person)
    now = waves.walk_back(submission=submission, person=who, reason=reason, at=entrance.now(), workplace=place)
    entrance.say(f"{rollout} is back at wave '{now}'.")


@app.command("hold")
def hold(rollout: RolloutId, person: AsPerson, reason: Why) -> None:
    """Keep a rollout from widening; what it reaches already goes on."""
    from primum.actions import waves

    place = entrance.workplace()
    who = entrance.person_at(rollout, id_=person, place=place)
    waves.hold(rollout=rollout, person=who, reason=reason, at=entrance.now(), workplace=place)
    entrance.say(f"{rollout} is held: it widens no further until somebody lifts the hold.")


@app.command("lift")
def lift(rollout: RolloutId, person: AsPerson, reason: Why) -> None:
    """End a hold; the days a wave has held count anew from now."""
    from primum.actions import waves

    submission, place = _at(rollout)
    who = submission.person(person)
    waves.lift(rollout=rollout, person=who, reason=reason, at=entrance.now(), workplace=place)
    entrance.say(f"{rollout} is held no longer.")


@app.command("acknowledge")
def acknowledge(
    rollout: RolloutId,
    person: AsPerson,
    site: Annotated[str, typer.Option("--site", help="The site that has seen it.", show_default=False)],
) -> None:
    """Say for a site that it has seen the wave in force."""
    from primum.actions import waves

    submission, place = _at(rollout)
    waves.acknowledge(
        submission=submission,
        site=site,
        person=submission.person(person),
        channel="cli",
        at=entrance.now(),
        workplace=place,
    )
    entrance.say(f"Noted: {site} has seen the wave in force of {rollout}.")
