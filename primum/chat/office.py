"""What the conversation in Slack is served with: workplace, door to Slack, clock, addresses of pages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from urllib.parse import quote

from primum.actions.workplace import Workplace
from primum.chat.rendering.views import Link
from primum.integrations.slack.web_api import SlackWeb

# What somebody waits for within Slack's three seconds; the rest of them is ours.
QUICK_SECONDS = 1.2


class NotConfigured(Exception):
    """Slack is not set up; the message says which settings are missing."""


@dataclass(frozen=True, kw_only=True)
class Office:
    """One Slack workspace and one gate channel."""

    workplace: Workplace
    token: str = field(repr=False)
    clock: Callable[[], datetime]
    channel: str

    @cached_property
    def slack(self) -> SlackWeb:
        """The patient door, for what nobody waits for; made when it is first used, since its library takes a while."""
        return SlackWeb(token=self.token, base_url=self.workplace.settings.slack_api_url)

    @cached_property
    def quick(self) -> SlackWeb:
        """The door that gives up in time to answer a person."""
        return SlackWeb(token=self.token, base_url=self.workplace.settings.slack_api_url, timeout=QUICK_SECONDS)

    def page(self, path: str = "/", *, label: str = "Primum") -> Link:
        """Return the link to a page of the console."""
        return Link(label=label, url=f"{self.workplace.settings.address.rstrip('/')}/{path.lstrip('/')}")

    def gate_page(self, gate: str) -> Link:
        """Return the link to a gate's page."""
        return self.page(f"/gates/{quote(gate)}", label="the gate's page")

    def rollout_page(self, rollout: str) -> Link:
        """Return the link to a rollout's page."""
        return self.page(f"/rollouts/{quote(rollout)}", label="the rollout's page")

    def sign_page(self, code: str) -> Link:
        """Return the one-time link to the page where a signature is written."""
        return self.page(f"/sign/{quote(code)}", label="Continue to sign")


def office_of(*, workplace: Workplace, clock: Callable[[], datetime]) -> Office:
    """
    Return the office that the settings name.

    :raises NotConfigured: if the bot token or the gate channel is missing
    """
    settings = workplace.settings
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    if not token or not settings.slack_channel:
        raise NotConfigured(
            "Slack is not set up: set PRIMUM_SLACK_BOT_TOKEN and PRIMUM_SLACK_CHANNEL; "
            "`primum slack manifest` prints the app to make."
        )
    return Office(workplace=workplace, token=token, clock=clock, channel=settings.slack_channel)
