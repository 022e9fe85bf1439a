"""The app as Slack is told of it: the least it may do, and where it is reached."""

from typing import Any, Literal
from urllib.parse import urlsplit

Transport = Literal["socket", "http"]

COMMAND = "/gates"
# The paths at which the console takes what Slack posts, over signed HTTP.
INTERACTIONS = "/slack/interactions"
COMMANDS = "/slack/commands"
EVENTS = "/slack/events"

# No message is ever read (no history scope), nothing is written where nobody invited the app (no chat:write.public),
# nobody is spoken for (no chat:write.customize, no user token).
SCOPES = (
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:read",
    "im:write",
    "usergroups:read",
    "users:read",
    "users:read.email",
)
EVENTS_HEARD = (
    "app_home_opened",
    "app_uninstalled",
    "channel_id_changed",
    "channel_shared",
    "tokens_revoked",
    "user_change",
)
APP_TOKEN_SCOPE = "connections:write"


class NoAddress(ValueError):
    """Signed HTTP needs the address that Slack reaches; the message says which."""


def manifest(*, transport: Transport = "socket", address: str | None = None) -> dict[str, Any]:
    """
    Return the app manifest for an administrator to give to Slack, with the least scopes and events (slack.md 1.7).

    ``address`` is the console's, as Slack reaches it, for signed HTTP.

    :raises NoAddress: if the transport is ``http`` and the address is missing or none
    """
    base = _base(address) if transport == "http" else None
    settings: dict[str, Any] = {
        "event_subscriptions": {**_at("request_url", base, EVENTS), "bot_events": list(EVENTS_HEARD)},
        "interactivity": {"is_enabled": True, **_at("request_url", base, INTERACTIONS)},
        "org_deploy_enabled": False,
        "socket_mode_enabled": base is None,
        # It cannot be turned off again, and two processes that refresh at once lose the app.
        "token_rotation_enabled": False,
    }
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "Primum",
            "description": "Gates of a health AI that wait for people, and the way to stop it.",
            "background_color": "#1d3b4f",
        },
        "features": _features(base),
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": settings,
    }


def _features(base: str | None) -> dict[str, Any]:
    command = {
        "command": COMMAND,
        **_at("url", base, COMMANDS),
        "description": "What waits for you, and what you can do about it.",
        "usage_hint": "[help | stop <rollout> | delegate @deputy]",
        # So that a name arrives as an id, which nobody else can take.
        "should_escape": True,
    }
    home = {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": True}
    bot = {"display_name": "Primum", "always_online": False}
    return {"app_home": home, "bot_user": bot, "slash_commands": [command]}


def _at(name: str, base: str | None, path: str) -> dict[str, str]:
    return {} if base is None else {name: f"{base}{path}"}


def _base(address: str | None) -> str:
    place = urlsplit(address or "")
    if place.scheme not in ("http", "https") or not place.hostname or place.query or place.fragment:
        raise NoAddress(
            "Signed HTTP needs the address at which Slack reaches the console, such as https://primum.example.org; "
            "give it, or choose Socket Mode, which needs none."
        )
    return str(address).rstrip("/")
