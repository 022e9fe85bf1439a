"""
A stand-in for Slack that speaks its protocol over real sockets, for tests. Not Slack, and proves nothing about it.

    with slack_server() as slack:                      # a thread, a free port on 127.0.0.1
        lead = slack.member("U0LEAD", email="lead@clinic.example")
        slack.channel("C0GATES")                       # private, not shared, the app is in it, unless said otherwise
        # What the product is told: slack.api (base address), slack.bot_token, slack.app_token,
        # slack.signing_secret, slack.app (app id), slack.team.

        # 1. what the product sent ---------------------------------------------------------------------------
        slack.messages("C0GATES")                      # list[Message]: ts, text, blocks, thread_ts, versions
        slack.direct(lead)                             # the same of somebody's direct messages
        slack.homes[lead.user], slack.ephemerals, slack.uploads, slack.calls
        slack.form_of(lead)                            # the open View of this person that is on top, or None
        slack.wait(lambda: slack.messages("C0GATES"), seconds=5)
        slack.everything_sent()                        # all bodies as one text, to look for what must not be there

        # 2. what people do; each returns Answered(status, body, seconds) ----------------------------------------
        slack.delivers_to("http://127.0.0.1:8000")     # over signed HTTP; without it over the open sockets
        slack.press(message, "approve", by=lead)       # finds the button; a View or a Home tab does as well
        slack.submit(view, {"reason": "..."}, by=lead) # values by block_id; a list for checkboxes
        slack.close_form(view, by=lead)
        slack.command("/gates", "delegate", by=lead)
        slack.event("app_home_opened", user=lead.user, tab="home")
        payload = slack.click(message, "approve", by=lead)           # only made; then, once or more:
        slack.deliver(payload)                         # kind="command" or "event" for those
        slack.post(path, body, headers)                # anything, signed by you: slack.signed(body, at=...)

        # 3. how it misbehaves ------------------------------------------------------------------------------------
        slack.misbehave("chat.postMessage", RateLimited(seconds=30), times=1)   # "*": any method; times=None: always
        # Fails(error=...), RateLimited(seconds=...), Drops(performs=True), Hangs(seconds=..., performs=True),
        # Html(status=502)
        slack.behave()                                 # from now on as it should; hanging calls end
        slack.go_down(); slack.come_back()             # connections refused, sockets gone; the port stays
        slack.world.trigger_seconds = 0                # every trigger_id is expired
        slack.world.seconds_between_posts = 1          # 429 for more in one channel
        slack.sockets                                  # list[Socket] open now
        slack.link.other_connections = 1               # hello says one more than there are
        slack.refresh(socket), slack.warn(socket), slack.drop(socket), slack.hang_up(socket), slack.freeze(socket)
        slack.say(socket, "nonsense")
        slack.deliver(payload, on=socket)

Slack's own clock is ``slack.world.clock`` (a function, seconds); set it where the product runs on a fixed time.
"""

from tests.slack_server.misbehaving import Drops, Fails, Hangs, Html, RateLimited
from tests.slack_server.people import Answered
from tests.slack_server.server import SlackServer, slack_server
from tests.slack_server.sockets import Socket
from tests.slack_server.world import Message, Person, View

__all__ = [
    "Answered",
    "Drops",
    "Fails",
    "Hangs",
    "Html",
    "Message",
    "Person",
    "RateLimited",
    "SlackServer",
    "Socket",
    "View",
    "slack_server",
]
