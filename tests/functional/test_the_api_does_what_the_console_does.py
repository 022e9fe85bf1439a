"""Whatever a person can see or do on the console, a program can with a token; the few pages that have none say why."""

import re

import pytest

from tests.functional.test_every_route import TABLE

OURS = "/api/v1"
R = "/rollouts/{rollout}"
E = f"{R}/exposure"
OF_ONE = "/incidents/{incident}"
# A page or form of the console, and the calls that show or do the same by the same action.
SAME = {
    "GET /": "GET /rollouts",
    "GET /changes": "GET /changes",
    "GET /changes/{change}": "GET /changes/{change}",
    "POST /changes/{change}/acknowledge": "POST /changes/{change}/acknowledgements",
    "POST /changes/{change}/close": "POST /changes/{change}/closing",
    "POST /changes/{change}/steps": "POST /changes/{change}/steps",
    "GET /contingencies/{one}/close": f"GET {R}/contingencies",
    "POST /contingencies/{one}/close": f"POST {R}/contingencies/{{contingency}}/closing",
    "GET /gates/{gate}": "GET /gates/{gate}",
    "POST /gates/{gate}/apply": "POST /gates/{gate}/promotion",
    "GET /gates/{gate}/explain": "GET /gates/{gate}/explanation",
    "GET /gates/{gate}/sign": "GET /gates/{gate}",
    "POST /gates/{gate}/sign": "POST /gates/{gate}/votes",
    "GET /guidelines": "GET /guidelines, GET /guidelines/registry",
    "GET /inbox": "GET /inbox",
    "GET /incidents": "GET /incidents",
    "GET /incidents/report": f"GET {R}",
    "POST /incidents/report": f"POST {R}/incidents",
    "GET /incidents/{one}": f"GET {OF_ONE}, GET {OF_ONE}/care",
    "GET /incidents/{one}/export/{shape}": f"GET {OF_ONE}/export/{{shape}}",
    "POST /incidents/{one}/clocks/{clock}/submit": "POST /clocks/{clock}/submission",
    "POST /incidents/{one}/findings": f"POST {OF_ONE}/findings, POST {OF_ONE}/grading",
    "POST /incidents/{one}/redress": f"POST {OF_ONE}/redress, POST {OF_ONE}/redress/{{redress}}/closing",
    "POST /incidents/{one}/close": f"POST {OF_ONE}/closing",
    "POST /incidents/{one}/confirm": f"POST {OF_ONE}/confirmation",
    "GET /ledger": "GET /ledger, GET /ledger/checkpoint",
    "GET /ledger/entries/{position}": "GET /ledger/{position}",
    "POST /ledger/verify": "POST /ledger/verification",
    "GET /look-backs": "GET /look-backs",
    "GET /people": "GET /people, GET /me",
    f"GET {R}": f"GET {R}, GET {R}/timeline, GET {R}/evidence, GET {R}/documents",
    f"POST {R}/alarms/{{alarm}}/acknowledge": f"POST {R}/alarms/{{alarm}}/acknowledgement",
    f"GET {R}/card": f"GET {R}/cards, GET {R}/cards/{{number}}, GET {R}/scorecard",
    f"GET {R}/card/export/{{form}}": f"GET {R}/cards/{{number}}/export/{{form}}",
    f"GET {R}/delegate": f"GET {R}/delegations",
    f"POST {R}/delegate": f"POST {R}/delegations",
    f"POST {R}/delegations/{{one}}/end": f"POST {R}/delegations/{{delegation_id}}/end",
    f"GET {E}": f"GET {E}",
    f"POST {E}/acknowledge": f"POST {E}/acknowledgements",
    f"POST {E}/back": f"POST {E}/waves/back",
    f"POST {E}/deviations/{{one}}/review": f"POST {E}/deviations/{{deviation}}/review",
    f"POST {E}/hold": f"POST {E}/hold",
    f"POST {E}/keys": f"POST {E}/keys",
    f"POST {E}/keys/{{one}}/end": f"POST {E}/keys/{{key}}/end",
    f"POST {E}/lift": f"POST {E}/hold/lifting",
    f"POST {E}/next": f"POST {E}/waves",
    f"GET {R}/interest": f"GET {R}",
    f"POST {R}/interest": f"POST {R}/conflicts",
    f"POST {R}/interest/withdraw": f"POST {R}/conflicts/end",
    f"GET {R}/looks": f"GET {R}/looks, GET {R}/looks/{{look}}",
    f"GET {R}/looks/take": f"GET {R}/looks/due",
    f"POST {R}/looks/take": f"POST {R}/looks",
    f"GET {R}/monitors": f"GET {R}/monitors, GET {R}/alarms",
    f"GET {R}/monitors/{{monitor}}": f"GET {R}/monitors/{{monitor}}",
    f"POST {R}/suspend": f"POST {R}/suspension",
    f"POST {R}/suspension/reopen": f"POST {R}/suspension/reopening",
    f"POST {R}/acknowledge": f"POST {R}/suspension/acknowledgements",
    f"POST {R}/resume": f"POST {R}/resumption",
    f"GET {R}/suspension": f"GET {R}/suspension",
}
WAY_IN = "It is how a person comes in; a program comes with a token that a person made."
OWN_KEYS = "Who holds a token must not make or keep other ways in with it, or ending the token would not end them."
SHOWN_AGAIN = "A person shows again who they are; no token can. The API answers a vote with the link to this page."
WORDS = "It explains the pages to who reads them; docs/how-to/use-the-api.md is for programs."
OF_SLACK = "Slack's own requests, signed by Slack; what they do is done by a person, by the same actions."
NONE = {
    "GET /account": OWN_KEYS,
    "POST /account/password": OWN_KEYS,
    "POST /account/sessions/end": OWN_KEYS,
    "POST /account/tokens": OWN_KEYS,
    "POST /account/tokens/end": OWN_KEYS,
    "POST /account/zone": "The zone of the pages; the API tells every time in UTC, and a vote names its own zone.",
    "GET /accounts": OWN_KEYS,
    "POST /accounts/end": OWN_KEYS,
    "POST /accounts/invite": OWN_KEYS,
    "POST /accounts/sessions/end": OWN_KEYS,
    "GET /help": WORDS,
    "GET /invited/{secret}": WAY_IN,
    "POST /invited/{secret}": WAY_IN,
    "GET /invited/{secret}/provider": WAY_IN,
    "GET /sign-in": WAY_IN,
    "POST /sign-in": WAY_IN,
    "GET /sign-in/callback": WAY_IN,
    "POST /sign-in/logged-out": WAY_IN,
    "GET /sign-in/provider": WAY_IN,
    "POST /sign-out": WAY_IN,
    "GET /signed-out": WAY_IN,
    "GET /sign/{code}": SHOWN_AGAIN,
    "POST /sign/{code}": SHOWN_AGAIN,
    "GET /sign/{code}/provider": SHOWN_AGAIN,
    "POST /slack/commands": OF_SLACK,
    "POST /slack/events": OF_SLACK,
    "POST /slack/interactions": OF_SLACK,
}
FOR_PROGRAMS = re.compile(r"^\w+ (/api/|/health$|/metrics$)")
PAGES = sorted(route for route in TABLE if not FOR_PROGRAMS.match(route))


def test_every_page_of_the_console_is_either_a_call_as_well_or_says_why_not():
    assert sorted([*SAME, *NONE]) == PAGES


@pytest.mark.parametrize("page", SAME)
def test_the_calls_that_do_the_same_are_there_and_are_not_weaker_guarded(page):
    calls = [f"{method} {OURS}{path}" for method, path in (one.split(" ") for one in SAME[page].split(", "))]

    assert [call for call in calls if call not in TABLE] == []
    shut_out = {call: TABLE[call].split()[0] for call in calls}
    assert shut_out == dict.fromkeys(calls, "401")


@pytest.mark.parametrize("page", [page for page in SAME if page.startswith("POST ")])
def test_what_changes_something_on_a_page_changes_it_by_a_call_that_needs_more_than_reading(page):
    """A program that may only read, or only report, is refused by the scope: the last column of the table."""
    calls = [f"POST {OURS}{one.split(' ')[1]}" for one in SAME[page].split(", ")]

    for call in calls:
        assert call in TABLE, f"{page} changes something and {call} does not"
        assert TABLE[call].split()[-1] == "403", call
