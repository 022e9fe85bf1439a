import pytest

from primum.integrations.slack.manifest import EVENTS_HEARD, NoAddress, manifest

# What would let the app read what people write, write where it is not, or speak as somebody else.
NEVER = ("history", "chat:write.public", "chat:write.customize", "admin", "search", "files:read")


def test_the_app_asks_for_the_least():
    found = manifest()

    scopes = found["oauth_config"]["scopes"]
    assert set(scopes) == {"bot"}
    assert len(scopes["bot"]) == len(set(scopes["bot"])) == 9
    assert not [scope for scope in scopes["bot"] if any(word in scope for word in NEVER)]
    assert set(found["settings"]["event_subscriptions"]["bot_events"]) == set(EVENTS_HEARD)
    assert not [event for event in EVENTS_HEARD if event.startswith("message")]


def test_socket_mode_has_no_address_anywhere():
    found = manifest()

    assert found["settings"]["socket_mode_enabled"] is True
    assert "http" not in str(found)


def test_signed_http_has_an_address_for_each_kind():
    found = manifest(transport="http", address="https://primum.clinic.example/")

    settings = found["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["interactivity"]["request_url"] == "https://primum.clinic.example/slack/interactions"
    assert settings["event_subscriptions"]["request_url"] == "https://primum.clinic.example/slack/events"
    assert found["features"]["slash_commands"][0]["url"] == "https://primum.clinic.example/slack/commands"


@pytest.mark.parametrize("address", [None, "", "primum.clinic.example", "ftp://a.example", "https://", "https://a?b=c"])
def test_signed_http_without_an_address_is_told_what_is_missing(address):
    with pytest.raises(NoAddress, match="give it, or choose Socket Mode"):
        manifest(transport="http", address=address)


def test_slacks_limits_of_a_manifest_are_kept():
    found = manifest()

    command = found["features"]["slash_commands"][0]
    assert len(found["display_information"]["name"]) <= 35
    assert len(found["display_information"]["description"]) <= 140
    assert command["should_escape"] is True
    assert len(command["description"]) <= 2000
    assert found["settings"]["token_rotation_enabled"] is False
