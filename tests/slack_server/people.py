"""What people do in Slack, as the payloads that Slack makes of it."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.slack_server.world import APP, TEAM, Message, Person, View, World

Payload = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answered:
    """How the product answered: the HTTP status (0: not in time), the JSON body if any, and after how long."""

    status: int
    body: Any
    seconds: float

    @property
    def errors(self) -> dict[str, str]:
        """The errors of a form, by block."""
        return (self.body or {}).get("errors", {})

    @property
    def is_acknowledged(self) -> bool:
        return self.status == 200


def click(
    world: World, shown: Message | View, action: str, *, by: Person, value: str | None = None, option: str | None = None
) -> Payload:
    """Somebody pressed this button, or chose this option, of a message, a form or a Home tab."""
    block, element = found_element(shown.blocks, action)
    pressed: Payload = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block.get("block_id", "b0"),
        "action_ts": f"{int(world.clock())}.{world.number():06d}",
    }
    if "value" in element or value is not None:
        pressed["value"] = element.get("value") if value is None else value
    if option is not None or element["type"] != "button":
        pressed["selected_option"] = {"value": option, "text": {"type": "plain_text", "text": "chosen"}}
    return {
        **_common("block_actions", by=by),
        "trigger_id": world.trigger(by.user),
        **_place(shown),
        "actions": [pressed],
        "response_url": "https://hooks.slack.invalid/actions/none",
    }


def submission(world: World, shown: View, values: dict[str, Any], *, by: Person) -> Payload:
    """Somebody filled in a form and sent it; an input not named in values is left as the form gave it."""
    state: dict[str, Any] = {}
    for block in shown.blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        held = _held(element, values.get(block.get("block_id", "")))
        state[block.get("block_id", "b0")] = {element["action_id"]: held}
    return {
        **_common("view_submission", by=by),
        "trigger_id": world.trigger(by.user),
        "view": {**_view(shown), "state": {"values": state}},
        "response_urls": [],
    }


def closing(world: World, shown: View, *, by: Person) -> Payload:
    return {**_common("view_closed", by=by), "view": _view(shown), "is_cleared": False}


def command(world: World, name: str, text: str, *, by: Person, channel: str) -> Payload:
    return {
        "token": "deprecated",
        "team_id": by.team,
        "team_domain": "clinic",
        "channel_id": channel,
        "channel_name": "gates",
        "user_id": by.user,
        "user_name": by.user.lower(),
        "command": name,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": "https://hooks.slack.invalid/commands/none",
        "trigger_id": world.trigger(by.user),
    }


def event(world: World, kind: str, **fields: Any) -> Payload:
    return {
        "token": "deprecated",
        "team_id": TEAM,
        "api_app_id": APP,
        "type": "event_callback",
        "event_id": f"Ev{world.number():08d}",
        "event_time": int(world.clock()),
        "authorizations": [{"team_id": TEAM, "is_bot": True}],
        "event": {"type": kind, "event_ts": world.ts(), **fields},
    }


def as_http_body(kind: str, payload: Payload) -> tuple[bytes, str]:
    """The body and its content type, as Slack posts it."""
    if kind == "event":
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == "command" else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def found_element(blocks: list[Payload], action: str) -> tuple[Payload, Payload]:
    """Return the block and its element with this action_id; a test that presses what is not there is wrong."""
    for block, element in elements(blocks):
        if element.get("action_id") == action:
            return block, element
    known = [element.get("action_id") for _, element in elements(blocks)]
    raise AssertionError(f"there is no {action!r} to press; there are {known}")


def elements(blocks: list[Payload]) -> Iterator[tuple[Payload, Payload]]:
    for block in blocks:
        parts = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        yield from ((block, part) for part in parts if isinstance(part, dict))


def _common(kind: str, *, by: Person) -> Payload:
    return {
        "type": kind,
        "api_app_id": APP,
        "token": "deprecated",
        # The app's workspace, whoever pressed; the person's own is in user.team_id.
        "team": {"id": TEAM, "domain": "clinic"},
        "enterprise": None,
        "user": {"id": by.user, "username": by.user.lower(), "name": by.user.lower(), "team_id": by.team},
    }


def _place(shown: Message | View) -> Payload:
    if isinstance(shown, View):
        return {"container": {"type": "view", "view_id": shown.id}, "view": _view(shown)}
    container = {"type": "message", "message_ts": shown.ts, "channel_id": shown.channel, "is_ephemeral": False}
    message = {"type": "message", "ts": shown.ts, "text": shown.text, "blocks": shown.blocks}
    return {"container": container, "channel": {"id": shown.channel, "name": "gates"}, "message": message}


def _view(shown: View) -> Payload:
    return {
        **shown.body,
        "id": shown.id,
        "hash": shown.hash,
        "team_id": TEAM,
        "app_id": APP,
        "app_installed_team_id": TEAM,
        "callback_id": shown.body.get("callback_id", ""),
        "private_metadata": shown.body.get("private_metadata", ""),
        "state": {"values": {}},
    }


def _held(element: Payload, given: Any) -> Payload:
    kind = element["type"]
    if kind in ("radio_buttons", "static_select"):
        initial = element.get("initial_option")
        chosen = initial if given is None else {"value": given, "text": {"type": "plain_text", "text": "chosen"}}
        return {"type": kind, "selected_option": chosen}
    if kind in ("checkboxes", "multi_static_select"):
        chosen = element.get("initial_options", []) if given is None else [{"value": one} for one in given]
        return {"type": kind, "selected_options": chosen}
    if kind == "users_select":
        return {"type": kind, "selected_user": given or element.get("initial_user")}
    if kind == "datepicker":
        return {"type": kind, "selected_date": given or element.get("initial_date")}
    return {"type": kind, "value": element.get("initial_value") if given is None else given}


def since(start: float) -> float:
    return time.monotonic() - start
