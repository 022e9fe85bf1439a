import json
import re
from typing import get_args

import pytest

from primum.integrations.configuration import load_requirements
from primum.integrations.expectations import suite_digest, suites_dir, suites_for
from primum.integrations.expectations_guard import guard_of
from primum.integrations.expectations_suites import SuiteRefused, read_suite, refuse_unknown_columns
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.policy import EvidenceKind
from tests import table_factories as tables

KINDS = get_args(EvidenceKind)
SHIPPED = [one for kind in KINDS for suite in suites_for(kind) for one in suite.expectations]
SAFETY = {"P1.1", "P1.4", "P1.8", "P1.9", "U5", "U6", "U7"}
RULE = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "event", "min_value": 0},
    "notes": "Events are counted from nothing upwards.",
    "meta": {"id": "own.events", "requirements": ["R2.3"]},
}


def own_suite(folder, *rules, name="own.json"):
    (folder / name).write_text(json.dumps({"name": "own", "expectations": list(rules)}))
    return folder / name


def refusal(path) -> str:
    with pytest.raises(SuiteRefused) as caught:
        read_suite(path, own=True)
    return str(caught.value)


def test_every_kind_of_evidence_has_one_suite():
    assert sorted(path.stem for path in suites_dir().glob("*.json")) == sorted(KINDS)


@pytest.mark.parametrize("one", SHIPPED, ids=lambda one: one.id)
def test_every_expectation_can_be_reviewed(one):
    requirements = {row.id for row in load_requirements().requirements}

    assert re.fullmatch(r"[A-Z].{10,180}\.", one.notes)
    assert re.fullmatch(r"[a-z]+\.[a-z-]+", one.id)
    assert one.requirements
    assert set(one.requirements) <= requirements


@pytest.mark.parametrize("kind", KINDS)
def test_a_shipped_suite_speaks_of_its_contract_only(kind):
    (suite,) = suites_for(kind)

    spoken = {name for one in suite.expectations for name in one.columns}

    assert spoken <= set(CONTRACTS[kind].by_name)


def test_a_breach_of_oversight_in_the_log_is_a_safety_event():
    (suite,) = suites_for("interactions")

    marked = {requirement for one in suite.expectations if one.safety_event for requirement in one.requirements}

    assert marked == SAFETY
    assert all(one.safety_event for one in suite.expectations if SAFETY & set(one.requirements))


def test_every_row_about_the_log_has_its_expectation():
    wanted = {f"P1.{number}" for number in range(1, 10)} | {"P3.2", "P3.3", "P3.4", "P3.7", "V8", "I4", "N9"} | SAFETY

    served = {
        requirement
        for suite in suites_for("interactions")
        for one in suite.expectations
        for requirement in one.requirements
    }

    assert wanted <= served


def test_no_regular_expression_accepts_a_line_break_at_its_end():
    patterns = [str(one.kwargs["regex"]) for one in SHIPPED if "regex" in one.kwargs]

    assert patterns
    assert not [pattern for pattern in patterns if pattern.endswith("$")]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"notes": ""}, "`notes` is missing; write one sentence"),
        ({"meta": {}}, "`id` is missing"),
        ({"meta": {"id": "x", "requirements": "P5.3"}}, "is a list of requirement ids"),
        ({"meta": {"id": "x", "safety_event": "yes"}}, "meta.safety_event is true or false"),
        ({"meta": {"id": "x", "owner": "me"}}, "'owner' is not known here"),
        ({"rule": "x"}, "'rule' is not known here"),
        ({"severity": "info"}, "every failed expectation holds the gate"),
        ({"kwargs": {"column": "event", "result_format": "COMPLETE"}}, "counts come back, never values"),
        ({"kwargs": {"column": "event", "catch_exceptions": False}}, "`catch_exceptions` is not for a suite to say"),
        ({"kwargs": {"column": "event", "mostly": 0}}, "`mostly` 0 always holds"),
        ({"kwargs": {"column": "event", "row_condition": "event > 0"}}, "never text to be run"),
        ({"kwargs": {"column": "event", "row_condition": {"type": "pass_through"}}}, "never text to be run"),
        ({"kwargs": {"row_condition": {"type": "and", "conditions": [{"type": ["x"]}]}}}, "never text to be run"),
        ({"kwargs": []}, "`kwargs` is an object"),
    ],
)
def test_an_expectation_that_nobody_could_review_is_refused(tmp_path, changes, words):
    sentence = refusal(own_suite(tmp_path, RULE | changes))

    assert sentence.startswith("own.json, expectation 1")
    assert words in sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "a suite is a JSON object"),
        ("{}", "has a list `expectations`"),
        ('{"expectations": []}', "has a list `expectations`"),
        ('{"expectations":\n[,]}', "own.json, line 2"),
        ('{"name": "a", "name": "b"}', "'name' stands twice"),
        ('{"name": NaN}', "NaN is no number"),
        ("[" * 100_000, "cannot be read as JSON"),
        ('{"name": "' + "x" * 300_000 + '"}', "more than 262,144 bytes"),
        ("\udcff", "cannot be read as JSON"),
    ],
)
def test_what_is_no_suite_is_refused(tmp_path, text, words):
    (tmp_path / "own.json").write_bytes(text.encode(errors="surrogateescape"))

    assert words in refusal(tmp_path / "own.json")


def test_an_absent_suite_is_refused(tmp_path):
    assert refusal(tmp_path / "own.json").startswith("own.json: there is no such file")


def test_a_column_that_the_table_does_not_have_is_refused_with_the_file(tmp_path):
    suite = read_suite(own_suite(tmp_path, RULE | {"kwargs": {"column": "relapse"}}), own=True)

    with pytest.raises(SuiteRefused, match=r"own\.json, 'own\.events': the table has no column 'relapse'"):
        refuse_unknown_columns(suite, kind="trial", mapped=tuple(tables.TRIAL))


def test_an_id_that_is_taken_is_refused(tmp_path):
    taken = RULE | {"meta": {"id": "trial.unit-once"}}

    with pytest.raises(SuiteRefused, match=r"'trial\.unit-once' is taken in trial\.json"):
        suites_for("trial", own=(own_suite(tmp_path, taken),))


def test_the_digest_of_the_suites_tells_every_change_and_no_reformatting(tmp_path):
    def digest(declared, *rules, indent=None):
        path = tmp_path / "own.json"
        path.write_text(json.dumps({"expectations": list(rules), "name": "own"}, indent=indent))
        return suite_digest((guard_of(declared), *suites_for("trial", own=(path,))))

    first = digest(tables.trial(), RULE)

    assert digest(tables.trial(), RULE, indent=4) == first
    assert digest(tables.trial(), RULE | {"kwargs": {"column": "event", "min_value": 1}}) != first
    assert digest(tables.trial(), RULE | {"notes": "Something else was meant."}) != first
    fewer = {name: name for name in ("unit_id", "arm", "site")}
    assert digest(tables.trial(columns=fewer), RULE) != first
