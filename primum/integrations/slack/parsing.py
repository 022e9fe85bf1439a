"""From what Slack sends, over HTTP or a socket, to values; anything else is one sentence."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from primum.integrations.slack import fields
from primum.integrations.slack.events import an_event
from primum.integrations.slack.fields import Malformed, Plain
from primum.integrations.slack.payloads import (
    Click,
    Command,
    FieldValue,
    FormClosed,
    FormSent,
    Handshake,
    Member,
    NotForUs,
    Payload,
)

# What an input of each kind calls the value it holds; the rest say `value`.
CHOICES: Mapping[str, str] = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
MOST_VALUES = 100


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One delivery over a socket: acknowledged by its id, with an answer inside if Slack accepts one."""

    id: str
    payload: Payload
    accepts_answer: bool


def parse_form(body: bytes) -> Payload:
    """
    Return what a form request says: an interaction, a slash command or a probe.

    :raises Malformed: if it is nothing that Slack sends
    """
    form = fields.read_form(body)
    if "payload" in form:
        return an_interaction(fields.read_json(form["payload"]))
    if fields.is_true(form, "ssl_check"):
        return Handshake(key="ssl_check", challenge="")
    return a_command(form)


def parse_event(body: bytes) -> Payload:
    """
    Return what a JSON request says: an event, or the question whether we are here.

    :raises Malformed: if it is nothing that Slack sends
    """
    found = fields.read_json(body)
    if found.get("type") == "url_verification":
        return Handshake(key="url_verification", challenge=fields.an_id(found, "challenge"))
    return an_event(found)


def parse_envelope(envelope: Mapping[str, Any]) -> Envelope:
    """
    Return what arrived over a socket.

    :raises Malformed: if it is nothing that Slack sends
    """
    whole = fields.an_object(envelope, name="envelope")
    kind = fields.text(whole, "type")
    if kind not in READERS:
        raise Malformed("The type of the envelope is unknown; Slack sends events, interactions and commands.")
    return Envelope(
        id=fields.an_id(whole, "envelope_id"),
        payload=READERS[kind](fields.inside(whole, "payload")),
        accepts_answer=fields.is_true(whole, "accepts_response_payload"),
    )


def an_interaction(found: Plain) -> Payload:
    """
    Return what somebody did on a message, a form or the Home tab.

    :raises Malformed: if a field is missing or of another kind
    """
    kind = fields.an_id(found, "type")
    if kind == "block_actions":
        return _a_click(found)
    if kind == "view_submission":
        return _a_form(found)
    if kind == "view_closed":
        return _a_closed_form(found)
    return NotForUs(
        key=_key(kind, fields.an_id_or_nothing(found, "trigger_id") or _digest(found)),
        kind=kind,
        app=fields.an_id_or_nothing(found, "api_app_id"),
        team=_team(found),
    )


def a_command(form: Plain) -> Command:
    """
    Return a slash command; Slack lets only members of the installing team give one.

    :raises Malformed: if a field is missing or of another kind
    """
    member = Member(team=fields.an_id(form, "team_id"), user=fields.an_id(form, "user_id"))
    trigger = fields.an_id(form, "trigger_id")
    return Command(
        key=_key("slash_command", member.team, member.user, trigger),
        app=fields.an_id(form, "api_app_id"),
        team=member.team,
        member=member,
        trigger=trigger,
        name=fields.an_id(form, "command"),
        words=fields.text(form, "text"),
        channel=fields.an_id_or_nothing(form, "channel_id"),
    )


READERS: Mapping[str, Callable[[Plain], Payload]] = {
    "events_api": an_event,
    "interactive": an_interaction,
    "slash_commands": a_command,
}


def _a_click(found: Plain) -> Click:
    actions = fields.several(found, "actions")
    if len(actions) != 1:
        raise Malformed(f"A click has {len(actions)} actions; Slack sends exactly one.")
    action = fields.an_object(actions[0], name="actions")
    member, container = _member(found), fields.inside_or_nothing(found, "container")
    view = fields.inside_or_nothing(found, "view")
    channel = _channel(found, container=container)
    message = fields.an_id_or_nothing(container, "message_ts") or fields.an_id_or_nothing(
        fields.inside_or_nothing(found, "message"), "ts"
    )
    name, moment = fields.an_id(action, "action_id"), fields.an_id(action, "action_ts")
    where = (channel, message) if message else ("view", fields.an_id(view, "id"))
    return Click(
        # Not the team: in a shared organisation one message is seen from several (slack.md 1.8).
        key=_key("block_actions", *where, moment, member.user, name),
        app=fields.an_id(found, "api_app_id"),
        team=_team(found),
        member=member,
        trigger=fields.an_id_or_nothing(found, "trigger_id"),
        action=name,
        block=fields.an_id_or_nothing(action, "block_id"),
        values=_values(action),
        channel=channel,
        message=message,
        view=fields.an_id_or_nothing(view, "id"),
        view_hash=fields.an_id_or_nothing(view, "hash"),
    )


def _a_form(found: Plain) -> FormSent:
    view, trigger = fields.inside(found, "view"), fields.an_id_or_nothing(found, "trigger_id")
    state = fields.inside_or_nothing(fields.inside_or_nothing(view, "state"), "values")
    name, version = fields.an_id(view, "id"), fields.an_id_or_nothing(view, "hash")
    return FormSent(
        # An answer with errors leaves id and hash as they are: the trigger tells the corrected form from a second
        # delivery of the first.
        key=_key("view_submission", name, version, trigger or _digest(state)),
        app=fields.an_id(found, "api_app_id"),
        team=_team(found),
        member=_member(found),
        trigger=trigger,
        view=name,
        view_hash=version,
        callback=fields.an_id_or_nothing(view, "callback_id"),
        metadata=fields.text(view, "private_metadata"),
        fields=_fields(state),
    )


def _a_closed_form(found: Plain) -> FormClosed:
    view = fields.inside(found, "view")
    name = fields.an_id(view, "id")
    return FormClosed(
        key=_key("view_closed", name, fields.an_id_or_nothing(view, "hash")),
        app=fields.an_id(found, "api_app_id"),
        team=_team(found),
        member=_member(found),
        view=name,
        callback=fields.an_id_or_nothing(view, "callback_id"),
        metadata=fields.text(view, "private_metadata"),
    )


def _member(found: Plain) -> Member:
    user = fields.inside(found, "user")
    return Member(team=fields.an_id(user, "team_id"), user=fields.an_id(user, "id"))


def _team(found: Plain) -> str:
    # It is null when an app is installed for a whole organisation, and the view knows then.
    team = fields.an_id_or_nothing(fields.inside_or_nothing(found, "team"), "id")
    installed = fields.an_id_or_nothing(fields.inside_or_nothing(found, "view"), "app_installed_team_id")
    return installed or team


def _channel(found: Plain, *, container: Plain) -> str:
    channel = fields.inside_or_nothing(found, "channel")
    return fields.an_id_or_nothing(container, "channel_id") or fields.an_id_or_nothing(channel, "id")


def _fields(state: Plain) -> tuple[FieldValue, ...]:
    return tuple(
        FieldValue(
            block=fields.an_id({"block_id": block}, "block_id"),
            action=fields.an_id({"action_id": action}, "action_id"),
            values=_values(fields.an_object(held, name="state")),
        )
        for block, actions in state.items()
        for action, held in fields.an_object(actions, name="state").items()
    )


def _values(held: Plain) -> tuple[str, ...]:
    """Return what an element holds, as texts: a button its value, a choice the values of its options."""
    found = held.get(CHOICES.get(fields.text(held, "type"), "value"))
    if found is None:
        return ()
    each = found if isinstance(found, list) else [found]
    if len(each) > MOST_VALUES:
        raise Malformed(f"An input holds {len(each)} values; Slack allows {MOST_VALUES}.")
    return tuple(_value(one) for one in each)


def _value(one: object) -> str:
    if isinstance(one, dict):
        return fields.text(one, "value")
    # A date with time is a number of seconds.
    return str(one) if type(one) is int and abs(one) < 10**15 else fields.some_text(one, name="value")


def _key(*parts: str) -> str:
    """Return the parts as one key of bounded length."""
    whole = ":".join(part.replace("%", "%25").replace(":", "%3A") for part in parts)
    return whole if len(whole) <= fields.LONGEST_ID else f"{parts[0]}:{hashlib.sha256(whole.encode()).hexdigest()}"


def _digest(found: Plain) -> str:
    try:
        written = json.dumps(found, sort_keys=True)
    except RecursionError:
        raise Malformed("The body is nested too deeply; Slack sends flat ones.") from None
    return hashlib.sha256(written.encode()).hexdigest()
