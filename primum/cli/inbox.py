"""What waits for one person, in a terminal: the list of the console's inbox, each line with what is typed next."""

from typing import TYPE_CHECKING

from primum.cli import entrance
from primum.cli.entrance import AsJson, AsPerson

if TYPE_CHECKING:
    from primum.actions.alarm_answers import WaitingAlarm
    from primum.actions.inbox import Decision, Inbox, Owed, WaitingSeat


def inbox(person: AsPerson, as_json: AsJson = False) -> None:
    """Show what waits for you: seats to sign, alarms to answer, what you promised; and what you decided lately."""
    from primum.actions import directory
    from primum.actions.inbox import inbox as waiting

    place, at = entrance.workplace(), entrance.now()
    who = directory.person(person, workplace=place)
    rollouts = directory.readable(person=who.id, at=at, workplace=place)
    found = waiting(person=who.id, rollouts=rollouts, at=at, workplace=place)
    if as_json:
        entrance.show_json({**found.plain(), "stopped": [rollout for rollout, _ in found.stopped]})
        return
    _show(found, person=who.id)


def _show(found: "Inbox", *, person: str) -> None:
    for sentence in found.unreadable:
        entrance.say_item("✘", f"The files of a rollout cannot be read, so its gate is not shown here. {sentence}")
    if not found.seats:
        entrance.say("No seat waits for you.")
    for seat in found.seats:
        _seat(seat, person)
    for alarm in found.alarms:
        _alarm(alarm, person)
    for owed in found.owed:
        _owed(owed)
    for rollout, title in found.stopped:
        entrance.say("", f"Suspended: {title}", f"  {entrance.command_name()} suspend {rollout} --status")
    if found.decisions:
        entrance.show_table(
            "What you decided in the last 30 days",
            ("gate", "seat", "answer", "when (UTC)", "the gate now"),
            [_decision(one) for one in found.decisions],
        )


def _seat(one: "WaitingSeat", person: str) -> None:
    role = f"{one.role}, for {one.for_name}" if one.for_name else one.role
    until = f" Open until {one.expires_at:%Y-%m-%d %H:%M} UTC{', which is soon' if one.soon else ''}."
    entrance.say("", f"Gate {one.gate}: {one.title}")
    entrance.say_item("·", f"Your seat: {role}; the end of stage {one.stage}.{until if one.expires_at else ''}")
    entrance.say(
        f"  {entrance.command_name()} gate show {one.gate}",
        f"  {entrance.command_name()} gate approve {one.gate} --as {person} --seat {one.role}   (or reject, request)",
    )


def _alarm(one: "WaitingAlarm", person: str) -> None:
    entrance.say("", f"Alarm at {one.rollout}: {one.title}")
    entrance.say_item("·", f"{one.sentence} It leads to: {one.action}.")
    entrance.say(f"  {entrance.command_name()} monitor acknowledge {one.id} --as {person} --found real --done WORDS")


def _owed(one: "Owed") -> None:
    state = "OVERDUE since" if one.overdue else "until"
    entrance.say("", f"To be done by you, {state} {one.due_at:%Y-%m-%d}: {one.what}")
    entrance.say_item("·", f"For gate {one.gate}, {one.title}. Whoever asked for it says that it is done.")


def _decision(one: "Decision") -> tuple[str, ...]:
    return one.gate, one.role, one.answer, f"{one.at:%Y-%m-%d %H:%M}", one.state
