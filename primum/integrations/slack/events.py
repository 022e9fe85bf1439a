"""What happens in a workspace and Slack tells its apps: the six events we ask for."""

from collections.abc import Callable, Mapping

from primum.integrations.slack import fields
from primum.integrations.slack.fields import Malformed, Plain
from primum.integrations.slack.payloads import (
    ChannelChanged,
    HomeOpened,
    Member,
    MemberChanged,
    NotForUs,
    Payload,
    Uninstalled,
)


def an_event(found: Plain) -> Payload:
    """
    Return one event; its key is Slack's ``event_id``, the same in every repetition.

    :raises Malformed: if a field is missing or of another kind
    """
    if found.get("type") != "event_callback":
        raise Malformed("The type of the body is unknown; Slack sends an event_callback.")
    event = fields.inside(found, "event")
    kind = fields.an_id(event, "type")
    return READERS.get(kind, _another)(found, event)


def _about(found: Plain) -> dict[str, str]:
    return {
        "key": f"event:{fields.an_id(found, 'event_id')[:240]}",
        "app": fields.an_id(found, "api_app_id"),
        "team": fields.an_id_or_nothing(found, "team_id"),
    }


def _home(found: Plain, event: Plain) -> HomeOpened:
    member = Member(team=fields.an_id(found, "team_id"), user=fields.an_id(event, "user"))
    return HomeOpened(member=member, tab=fields.an_id_or_nothing(event, "tab"), **_about(found))


def _channel(found: Plain, event: Plain) -> ChannelChanged:
    change = fields.an_id(event, "type")
    before = "old_channel_id" if change == "channel_id_changed" else "channel"
    return ChannelChanged(
        change=change,
        channel=fields.an_id(event, before),
        becomes=fields.an_id_or_nothing(event, "new_channel_id"),
        **_about(found),
    )


def _member(found: Plain, event: Plain) -> MemberChanged:
    user = fields.inside(event, "user")
    team = fields.an_id_or_nothing(user, "team_id") or fields.an_id(found, "team_id")
    return MemberChanged(
        member=Member(team=team, user=fields.an_id(user, "id")),
        deleted=fields.is_true(user, "deleted"),
        guest=fields.is_true(user, "is_restricted") or fields.is_true(user, "is_ultra_restricted"),
        bot=fields.is_true(user, "is_bot"),
        **_about(found),
    )


def _removed(found: Plain, event: Plain) -> Uninstalled:
    return Uninstalled(change=fields.an_id(event, "type"), **_about(found))


def _another(found: Plain, event: Plain) -> NotForUs:
    return NotForUs(kind=fields.an_id(event, "type"), **_about(found))


READERS: Mapping[str, Callable[[Plain, Plain], Payload]] = {
    "app_home_opened": _home,
    "channel_shared": _channel,
    "channel_unshared": _channel,
    "channel_id_changed": _channel,
    "user_change": _member,
    "app_uninstalled": _removed,
    "tokens_revoked": _removed,
}
