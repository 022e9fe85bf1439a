"""Who may ask for what: every route of the console by name, and how it answers each kind of caller."""

import re
import shutil

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from primum.actions.tokens import Scope
from primum.actions.workplace import open_workplace
from primum.settings import Settings
from primum.web.app import console_app
from tests.api_calls import token_of
from tests.consoles import console
from tests.factories import MORNING
from tests.refusal_scenes import GATE, LEAD, SAFETY, Scene

CALLERS = ("nobody", "outsider", "reader", "seat holder", "administrator", "narrow token")
PEOPLE = {"outsider": "a-stranger", "reader": SAFETY, "seat holder": LEAD, "administrator": "the-administrator"}
HERE = {"rollout": "small-trial", "gate": GATE, "position": "0"}
ELSEWHERE = "ab12"
MADE_BY_REPORT = re.compile(r"^POST .*(monitors|incidents|clocks|acknowledge)")
# Whoever signs out leaves the browser they came with, so each takes another one.
LAST = "POST /sign-out"
# What lets a request through to the rule itself, which then refuses: nothing here changes anything.
REASON = {"reason": "no"}
BODIES = {
    "POST /api/v1/gates/{gate}/votes": {
        "seat": "clinical-lead", "answer": "approve", "meaning": "approval", "reason": "no", "digest": "sha256:0",
    },
    "POST /api/v1/rollouts/{rollout}/suspension": {"reason": " "},
    # A look that is due needs no words, and what was read cannot be unread.
    "POST /api/v1/rollouts/{rollout}/looks": {"reason": 5},
    "POST /api/v1/rollouts/{rollout}/resumption": REASON,
    "POST /api/v1/rollouts/{rollout}/alarms/{alarm}/acknowledgement": {"found": "real", "done": "no"},
    "POST /api/v1/rollouts/{rollout}/monitors/{monitor}/counts": {
        "lines": [{"period": "2026-W01", "site": "north", "counts": {"late": 1}}],
    },
    "POST /api/v1/rollouts/{rollout}/conflicts": REASON,
    "POST /api/v1/rollouts/{rollout}/exposure/acknowledgements": {"site": "north"},
    "POST /api/v1/rollouts/{rollout}/exposure/deviations/{deviation}/review": REASON,
    "POST /api/v1/rollouts/{rollout}/exposure/hold": {"reason": " "},
    "POST /api/v1/rollouts/{rollout}/exposure/hold/lifting": REASON,
    "POST /api/v1/rollouts/{rollout}/exposure/keys": {"sites": ["nowhere"]},
    "POST /api/v1/rollouts/{rollout}/exposure/waves": REASON,
    "POST /api/v1/rollouts/{rollout}/exposure/waves/back": REASON,
    "POST /api/v1/rollouts/{rollout}/contingencies/{contingency}/closing": {"note": "no"},
    "POST /api/v1/rollouts/{rollout}/delegations": {
        "role": "clinical-lead", "deputy": SAFETY, "ends_at": "2026-03-03T00:00:00Z", "reason": "no",
    },
    "POST /api/v1/rollouts/{rollout}/waivers": {"check": "none", "days": 1, "second": "none", "reason": "no"},
    "POST /api/v1/rollouts/{rollout}/incidents": {
        "site": "north", "severity": "minor", "category": "use", "what": "no", "occurred_at": "2026-03-01T00:00:00Z",
    },
    "POST /api/v1/incidents/{incident}/closing": {"note": "no"},
    "POST /api/v1/incidents/{incident}/grading": {"severity": "minor", "note": "no"},
    "POST /api/v1/incidents/{incident}/findings": {"kind": "words", "note": "no"},
    "POST /api/v1/incidents/{incident}/redress": {"way": "compensation", "what": "no"},
    "POST /api/v1/incidents/{incident}/redress/{redress}/closing": {"outcome": "accepted", "note": "no"},
    "POST /api/v1/changes/{change}/acknowledgements": {"site": "north"},
    "POST /api/v1/changes/{change}/closing": REASON,
    "POST /api/v1/changes/{change}/steps": {"step": "scoped"},
    "POST /api/v1/clocks/{clock}/submission": {"submitted_at": "2026-03-01T00:00:00Z", "reference": "no"},
    "POST /api/v1/rollouts/{rollout}/suspension/acknowledgements": {"site": "north"},
    "POST /api/v1/systems/acknowledgements": {"rollout": "small-trial", "site": "north"},
}  # fmt: skip
# "in": led to signing in. 401: nobody we know. 403: not theirs. 404, 409, 410, 422: let through, and refused by what
# they asked. An administrator is nobody's seat. /metrics is asked from the machine itself.
TABLE = {
    "GET /": "in 200 200 200 200 403",
    "GET /account": "in 200 200 200 200 403",
    "POST /account/password": "401 422 422 422 422 403",
    "POST /account/sessions/end": "401 303 303 303 303 403",
    "POST /account/tokens": "401 422 422 422 422 403",
    "POST /account/tokens/end": "401 422 422 422 422 403",
    "POST /account/zone": "401 422 422 422 422 403",
    "GET /accounts": "in 403 403 403 200 403",
    "GET /api/v1/changes": "401 200 200 200 200 403",
    "GET /api/v1/changes/{change}": "401 403 403 403 403 403",
    "POST /api/v1/changes/{change}/acknowledgements": "401 403 403 403 403 403",
    "POST /api/v1/changes/{change}/closing": "401 403 403 403 403 403",
    "POST /api/v1/changes/{change}/steps": "401 403 403 403 403 403",
    "GET /changes": "in 200 200 200 200 403",
    "GET /changes/{change}": "in 403 403 403 403 403",
    "POST /changes/{change}/acknowledge": "401 403 403 403 403 403",
    "POST /changes/{change}/close": "401 403 403 403 403 403",
    "POST /changes/{change}/steps": "401 403 403 403 403 403",
    "POST /api/v1/clocks/{clock}/submission": "401 404 404 404 404 403",
    "GET /api/v1/docs": "200 200 200 200 200 200",
    "GET /api/v1/gates": "401 200 200 200 200 403",
    "GET /api/v1/gates/{gate}": "401 403 200 200 200 403",
    "GET /api/v1/gates/{gate}/explanation": "401 403 200 200 200 403",
    "POST /accounts/end": "401 403 403 403 422 403",
    "POST /accounts/invite": "401 403 403 403 422 403",
    "POST /accounts/sessions/end": "401 403 403 403 303 403",
    "POST /api/v1/gates/{gate}/promotion": "401 403 409 409 404 403",
    "POST /api/v1/gates/{gate}/votes": "401 403 409 409 404 403",
    "GET /api/v1/guidelines": "401 200 200 200 200 403",
    "POST /api/v1/guidelines": "401 422 422 422 422 403",
    "GET /api/v1/guidelines/registry": "401 200 200 200 200 403",
    "POST /api/v1/guidelines/webhook": "401 401 401 401 401 401",
    "GET /api/v1/inbox": "401 200 200 200 200 403",
    "GET /api/v1/incidents": "401 200 200 200 200 403",
    "GET /api/v1/incidents/{incident}": "401 404 404 404 404 403",
    "GET /api/v1/incidents/{incident}/care": "401 404 404 404 404 403",
    "GET /api/v1/incidents/{incident}/export/{shape}": "401 422 422 422 422 403",
    "POST /api/v1/incidents/{incident}/findings": "401 404 404 404 404 403",
    "POST /api/v1/incidents/{incident}/grading": "401 404 404 404 404 403",
    "POST /api/v1/incidents/{incident}/redress": "401 404 404 404 404 403",
    "POST /api/v1/incidents/{incident}/redress/{redress}/closing": "401 404 404 404 404 403",
    "POST /api/v1/incidents/{incident}/closing": "401 404 404 404 404 403",
    "POST /api/v1/incidents/{incident}/confirmation": "401 404 404 404 404 403",
    "GET /api/v1/ledger": "401 200 200 200 200 403",
    "GET /api/v1/ledger/checkpoint": "401 200 200 200 200 403",
    "POST /api/v1/ledger/verification": "401 200 200 200 200 403",
    "GET /api/v1/ledger/{position}": "401 404 200 200 200 403",
    "GET /api/v1/look-backs": "401 200 200 200 200 403",
    "GET /api/v1/me": "401 200 200 200 200 403",
    "GET /api/v1/openapi.json": "200 200 200 200 200 200",
    "GET /api/v1/people": "401 200 200 200 200 403",
    "GET /api/v1/rollouts": "401 200 200 200 200 403",
    "GET /api/v1/rollouts/{rollout}": "401 403 200 200 200 403",
    "GET /api/v1/rollouts/{rollout}/cards": "401 403 200 200 200 403",
    "GET /api/v1/rollouts/{rollout}/cards/{number}": "401 422 422 422 422 403",
    "GET /api/v1/rollouts/{rollout}/cards/{number}/export/{form}": "401 422 422 422 422 403",
    "GET /api/v1/rollouts/{rollout}/scorecard": "401 403 200 200 200 403",
    "GET /rollouts/{rollout}/card": "in 403 200 200 200 403",
    "GET /rollouts/{rollout}/card/export/{form}": "in 403 404 404 404 403",
    "POST /api/v1/rollouts/{rollout}/conflicts": "401 403 409 409 404 403",
    "POST /api/v1/rollouts/{rollout}/conflicts/end": "401 403 409 409 404 403",
    "GET /api/v1/rollouts/{rollout}/contingencies": "401 403 200 200 200 403",
    "POST /api/v1/rollouts/{rollout}/contingencies/{contingency}/closing": "401 403 409 409 404 403",
    "GET /api/v1/rollouts/{rollout}/delegations": "401 403 200 200 200 403",
    "POST /api/v1/rollouts/{rollout}/delegations": "401 403 409 409 404 403",
    "POST /api/v1/rollouts/{rollout}/delegations/{delegation_id}/end": "401 403 409 409 404 403",
    "GET /api/v1/rollouts/{rollout}/documents": "401 403 200 200 200 403",
    "GET /api/v1/rollouts/{rollout}/evidence": "401 403 200 200 200 403",
    "GET /api/v1/rollouts/{rollout}/exposure": "401 403 200 200 200 403",
    "POST /api/v1/rollouts/{rollout}/exposure/acknowledgements": "401 403 409 409 404 403",
    "POST /api/v1/rollouts/{rollout}/exposure/deviations/{deviation}/review": "401 403 409 409 404 403",
    "POST /api/v1/rollouts/{rollout}/exposure/hold": "401 403 409 409 404 403",
    "POST /api/v1/rollouts/{rollout}/exposure/hold/lifting": "401 403 409 409 404 403",
    "POST /api/v1/rollouts/{rollout}/exposure/keys": "401 403 409 409 404 403",
    "POST /api/v1/rollouts/{rollout}/exposure/keys/{key}/end": "401 403 409 409 404 403",
    "POST /api/v1/rollouts/{rollout}/exposure/waves": "401 403 409 409 404 403",
    "POST /api/v1/rollouts/{rollout}/exposure/waves/back": "401 403 409 409 404 403",
    "POST /api/v1/rollouts/{rollout}/incidents": "401 403 409 409 404 403",
    "GET /api/v1/rollouts/{rollout}/alarms": "401 403 200 200 200 403",
    "POST /api/v1/rollouts/{rollout}/alarms/{alarm}/acknowledgement": "401 403 404 404 404 403",
    "GET /api/v1/rollouts/{rollout}/monitors": "401 403 200 200 200 403",
    "GET /api/v1/rollouts/{rollout}/monitors/{monitor}": "401 403 404 404 404 403",
    "POST /api/v1/rollouts/{rollout}/monitors/{monitor}/counts": "401 403 404 404 404 403",
    "POST /rollouts/{rollout}/alarms/{alarm}/acknowledge": "401 403 403 403 403 403",
    "GET /rollouts/{rollout}/monitors": "in 403 200 200 200 403",
    "GET /rollouts/{rollout}/monitors/{monitor}": "in 403 404 404 404 403",
    "POST /api/v1/rollouts/{rollout}/resumption": "401 403 409 409 404 403",
    "GET /api/v1/rollouts/{rollout}/suspension": "401 403 200 200 200 403",
    "POST /api/v1/rollouts/{rollout}/suspension/reopening": "401 403 409 409 409 403",
    "POST /api/v1/rollouts/{rollout}/suspension/acknowledgements": "401 403 409 409 404 403",
    "POST /api/v1/systems/acknowledgements": "401 401 401 401 401 401",
    "POST /api/v1/rollouts/{rollout}/suspension": "401 403 409 409 404 403",
    "GET /api/v1/rollouts/{rollout}/looks": "401 403 200 200 200 403",
    "POST /api/v1/rollouts/{rollout}/looks": "401 422 422 422 422 403",
    "GET /api/v1/rollouts/{rollout}/looks/due": "401 403 200 200 200 403",
    "GET /api/v1/rollouts/{rollout}/looks/{look}": "401 403 404 404 404 403",
    "GET /api/v1/rollouts/{rollout}/timeline": "401 403 200 200 200 403",
    "POST /api/v1/rollouts/{rollout}/waivers": "401 403 403 403 403 403",
    "GET /contingencies/{one}/close": "in 403 403 403 403 403",
    "POST /contingencies/{one}/close": "401 403 403 403 403 403",
    "GET /gates/{gate}": "in 403 200 200 200 403",
    "POST /gates/{gate}/apply": "401 403 409 409 409 403",
    "GET /gates/{gate}/explain": "in 403 200 200 200 403",
    "GET /gates/{gate}/sign": "in 403 200 200 200 403",
    "POST /gates/{gate}/sign": "401 403 409 409 409 403",
    "GET /guidelines": "in 200 200 200 200 403",
    "GET /health": "200 200 200 200 200 200",
    "GET /help": "in 200 200 200 200 200",
    "GET /inbox": "in 200 200 200 200 403",
    "GET /incidents": "in 200 200 200 200 403",
    "GET /incidents/report": "in 200 200 200 200 403",
    "POST /incidents/report": "401 409 409 409 409 403",
    "GET /incidents/{one}": "in 403 403 403 403 403",
    "GET /incidents/{one}/export/{shape}": "in 403 403 403 403 403",
    "POST /incidents/{one}/clocks/{clock}/submit": "401 403 403 403 403 403",
    "POST /incidents/{one}/findings": "401 403 403 403 403 403",
    "POST /incidents/{one}/redress": "401 403 403 403 403 403",
    "POST /incidents/{one}/close": "401 403 403 403 403 403",
    "POST /incidents/{one}/confirm": "401 403 403 403 403 403",
    "GET /invited/{secret}": "410 410 410 410 410 410",
    "POST /invited/{secret}": "410 410 410 410 410 410",
    "GET /invited/{secret}/provider": "410 410 410 410 410 410",
    "GET /ledger": "in 200 200 200 200 403",
    "GET /ledger/entries/{position}": "in 404 200 200 200 403",
    "POST /ledger/verify": "401 200 200 200 200 403",
    "GET /look-backs": "in 200 200 200 200 403",
    "GET /metrics": "200 200 200 200 200 200",
    "GET /people": "in 200 200 200 200 403",
    "GET /rollouts/{rollout}": "in 403 200 200 200 403",
    "GET /rollouts/{rollout}/delegate": "in 403 200 200 200 403",
    "POST /rollouts/{rollout}/delegate": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/delegations/{one}/end": "401 403 409 409 404 403",
    "GET /rollouts/{rollout}/exposure": "in 403 200 200 200 403",
    "POST /rollouts/{rollout}/exposure/acknowledge": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/exposure/back": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/exposure/deviations/{one}/review": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/exposure/hold": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/exposure/keys": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/exposure/keys/{one}/end": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/exposure/lift": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/exposure/next": "401 403 409 409 409 403",
    "GET /rollouts/{rollout}/interest": "in 403 200 200 200 403",
    "POST /rollouts/{rollout}/interest": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/interest/withdraw": "401 403 409 409 409 403",
    "GET /rollouts/{rollout}/looks": "in 403 200 200 200 403",
    "GET /rollouts/{rollout}/looks/take": "in 403 200 200 200 403",
    "POST /rollouts/{rollout}/looks/take": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/suspension/reopen": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/acknowledge": "401 403 409 409 409 403",
    "GET /rollouts/{rollout}/suspension": "in 403 200 200 200 403",
    "POST /rollouts/{rollout}/resume": "401 403 409 409 409 403",
    "POST /rollouts/{rollout}/suspend": "401 403 409 409 409 403",
    "GET /sign-in": "200 303 303 303 303 303",
    "POST /sign-in": "422 422 422 422 422 422",
    "GET /sign-in/callback": "422 422 422 422 422 422",
    "POST /sign-in/logged-out": "502 502 502 502 502 502",
    "GET /sign-in/provider": "502 502 502 502 502 502",
    "POST /sign-out": "401 303 303 303 303 303",
    "GET /sign/{code}": "in 409 409 409 409 403",
    "POST /sign/{code}": "401 409 409 409 409 403",
    "GET /sign/{code}/provider": "in 409 409 409 409 403",
    "GET /signed-out": "200 200 200 200 200 200",
    "POST /slack/commands": "401 401 401 401 401 401",
    "POST /slack/events": "401 401 401 401 401 401",
    "POST /slack/interactions": "401 401 401 401 401 401",
}


def routes(app) -> list[str]:
    """Every method and path of an application; files for everybody are no route."""
    listed = [(method, one.path) for one in iter_route_contexts(app.routes) for method in one.methods or ()]
    return sorted(f"{method} {path}" for method, path in listed if method != "HEAD")


@pytest.fixture(scope="module")
def served(tmp_path_factory, empty_tracking_store):
    home = tmp_path_factory.mktemp("routes")
    place = open_workplace(Settings(home=home / "home"))
    shutil.copy(empty_tracking_store, home / "home" / "mlflow.db")
    Scene(folder=home / "rollout", place=place, at=MORNING).awaiting()
    with console(place, at=MORNING) as opened:
        yield opened
    place.ledger.close()


@pytest.fixture(scope="module")
def callers(served):
    browsers = {
        name: served.browser_of(person, administrator=name == "administrator") for name, person in PEOPLE.items()
    }
    return {"nobody": served.browser(), **browsers}


@pytest.fixture(scope="module")
def narrow(served):
    """Programs with a token that may do one thing, and not the one that is asked for."""
    kept = {}
    for scope in (Scope.REPORT, Scope.SUSPEND):
        headers = {"Authorization": f"Bearer {token_of(LEAD, served, scopes=[scope])}"}
        kept[scope] = served.closing.enter_context(httpx.Client(base_url=served.address, headers=headers, timeout=60))
    return kept


def caller_of(name: str, route: str, *, served, callers, narrow) -> httpx.Client:
    if name == "narrow token":
        return narrow[Scope.SUSPEND if MADE_BY_REPORT.match(route) else Scope.REPORT]
    if route == LAST and name in PEOPLE:
        return served.browser_of(PEOPLE[name], administrator=name == "administrator")
    return callers[name]


def asked(route: str, client: httpx.Client) -> str:
    method, path = route.split(" ")
    address = re.sub(r"{(\w+)}", lambda found: HERE.get(found[1], ELSEWHERE), path)
    body = {"json": BODIES.get(route, {})} if "/api/" in path else {"data": {}}
    answer = client.request(method, address, timeout=60, **(body if method == "POST" else {}))
    leads_to_signing_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
    return "in" if leads_to_signing_in else str(answer.status_code)


def test_every_route_is_in_the_table_and_no_other(served):
    assert routes(console_app(served.desk)) == sorted(TABLE)


@pytest.mark.parametrize("route", TABLE)
def test_a_route_answers_each_kind_of_caller_as_the_table_says(route, served, callers, narrow):
    found = [asked(route, caller_of(name, route, served=served, callers=callers, narrow=narrow)) for name in CALLERS]

    assert dict(zip(CALLERS, found, strict=True)) == dict(zip(CALLERS, TABLE[route].split(), strict=True))
