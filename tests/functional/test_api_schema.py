"""Two thousand calls made from the API's own description: no fault, no access where none is due."""

import json
import shutil
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.python.asgi import get_client
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from primum.actions.workplace import open_workplace
from primum.settings import Settings
from primum.web.app import console_app
from tests.api_calls import token_of
from tests.consoles import console
from tests.factories import MORNING
from tests.refusal_scenes import GATE, LEAD, PEOPLE, Scene
from tools.api_description import openapi_text

CASES = 2_000
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
THERE = {"rollout": "small-trial", "gate": GATE, "position": 0}
OPEN = {"/health", "/metrics"}
# What only somebody of the rollout may see.
INSIDE = ("A small trial", "Riverside", *(person.name for person in PEOPLE))
DESCRIPTION = schemathesis.openapi.from_dict(json.loads(openapi_text()))
CALLS = [found.ok() for found in DESCRIPTION.get_all_operations()]
# Each case is sent twice, by nobody and by somebody; a call without any field is one case.
FIELDS = [call for call in CALLS if [*call.iter_parameters(), *call.body]]
EACH = CASES // (2 * len(FIELDS)) + 1


@pytest.fixture(scope="module")
def served(tmp_path_factory, empty_tracking_store):
    home = tmp_path_factory.mktemp("api")
    place = open_workplace(Settings(home=home / "home"))
    shutil.copy(empty_tracking_store, home / "home" / "mlflow.db")
    Scene(folder=home / "rollout", place=place, at=MORNING).awaiting()
    with console(place, at=MORNING) as opened:
        yield opened
    place.ledger.close()


@pytest.fixture(scope="module")
def callers(served):
    """Nobody, somebody of another place, and the clinical lead."""
    tokens = {"stranger": token_of("a-stranger", served), "lead": token_of(LEAD, served)}
    return {"nobody": {}} | {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}


@pytest.fixture(scope="module")
def line(served):
    """The application itself, without a socket between."""
    with get_client(console_app(served.desk)) as opened:
        yield opened


def wanted(call):
    """Calls as described, calls about what is there, and calls that are wrong somewhere."""
    there = {one.name: THERE[one.name] for one in call.path_parameters if one.name in THERE}
    ways = [call.as_strategy(), call.as_strategy(generation_mode=GenerationMode.NEGATIVE)]
    return st.one_of(*ways, call.as_strategy(path_parameters=there)) if there else st.one_of(*ways)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method.upper()} {call.path}")
def test_no_call_meets_a_fault_and_nobody_gets_what_is_not_theirs(call, served, callers, line):
    seen = {name: Counter() for name in callers}

    def ask(case, name):
        answer = case.call(base_url=served.address, headers=callers[name], session=line, timeout=60)
        case.validate_response(answer, checks=CHECKS)
        seen[name][int(answer.status_code)] += 1
        if name != "lead":
            assert not [words for words in INSIDE if words in answer.text], (name, answer.text)

    @settings(
        max_examples=EACH, deadline=None, derandomize=True, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=wanted(call))
    def called(case):
        ask(case, "nobody")
        ask(case, ("stranger", "lead")[seen["nobody"].total() % 2])

    called()

    # What cannot be read at all is refused before anybody is looked for.
    assert call.path in OPEN or set(seen["nobody"]) <= {400, 401, 422}, seen
    assert sum(asked.total() for asked in seen.values()) >= (2 * EACH if call in FIELDS else 2)
