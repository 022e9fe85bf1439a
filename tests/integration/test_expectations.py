import json
import logging
import math

import pandas as pd
import pytest

from primum.integrations import expectations, sources
from primum.integrations.expectations import SuiteRefused, suites_dir
from primum.roadmap.verdicts import Outcome
from tests import table_factories as tables
from tests.table_factories import by_id

MULTIPLE = {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "event", "value_set": [0, 1]}}


def own_suite(folder, **changes):
    meta = {"id": "own.rule", "requirements": []}
    rule = MULTIPLE | {"notes": "Events are counted once.", "meta": meta} | changes
    (folder / "own.json").write_text(json.dumps({"name": "own", "expectations": [rule]}))
    return folder / "own.json"


def checked(declared, frame, **more):
    return expectations.check(evidence=declared, frame=frame, suites_dir=suites_dir(), **more)


@pytest.fixture
def frame(tmp_path):
    """A sound trial of twelve units."""
    tables.write(tmp_path, tables.trial_rows(12))
    return tables.frame_of(tables.trial(), tmp_path)


def test_a_sound_table_passes_and_says_on_how_many_rows(tmp_path):
    tables.write(tmp_path, tables.trial_rows(12))

    said = tables.check(tables.trial(), tmp_path)

    assert said.outcome is Outcome.PASS
    assert (said.rows, said.kind, said.evidence) == (12, "trial", "table")
    assert said.suites == ("guard", "trial.json")
    assert {result.evaluated for result in said.results} == {12}
    assert {result.unexpected for result in said.results} == {0}


def test_the_same_table_has_the_same_suite_digest_every_time(frame):
    first, second = checked(tables.trial(), frame), checked(tables.trial(), frame)

    assert first == second
    assert first.suite_digest.startswith("sha256:")


def test_an_empty_table_never_passes(frame):
    said = checked(tables.trial(), frame.iloc[:0])

    assert said.outcome is Outcome.FAIL
    assert by_id(said)["guard.rows"].outcome is Outcome.FAIL
    assert Outcome.PASS not in {result.outcome for result in said.results}


@pytest.mark.parametrize("column", ["unit_id", "arm", "site", "event"])
@pytest.mark.parametrize("nothing", [None, math.nan])
def test_a_column_without_a_value_never_passes(frame, column, nothing):
    frame[column] = pd.Series([nothing] * len(frame), dtype=frame[column].dtype)

    said = checked(tables.trial(), frame)

    assert said.outcome in {Outcome.FAIL, Outcome.ERROR}
    guards = [result for result in said.results if result.id.startswith(f"guard.{column}.")]
    assert [(result.outcome, result.unexpected) for result in guards] == [(Outcome.FAIL, 12)]


@pytest.mark.parametrize("kind", ["inputs", "diagnostic", "trial", "interactions", "incidents", "conversations"])
def test_a_table_of_nothing_passes_no_suite(kind):
    declared = tables.evidence(kind)
    empty = pd.DataFrame({name: pd.Series([None] * 5, dtype="str") for name in declared.columns})

    assert checked(declared, empty).outcome not in {Outcome.PASS, Outcome.INSUFFICIENT}
    assert checked(declared, empty.iloc[:0]).outcome not in {Outcome.PASS, Outcome.INSUFFICIENT}


def test_a_required_column_that_is_absent_is_an_error_in_a_sentence(frame):
    said = checked(tables.trial(), frame.drop(columns="arm"))

    absent = by_id(said)["guard.arm.mapped"]
    assert said.outcome is Outcome.ERROR
    assert absent.problem.startswith("the column 'arm' is not mapped and this rollout needs it")


def test_what_breaks_in_the_engine_is_an_error_and_no_failure(frame, tmp_path):
    rule = own_suite(
        tmp_path, type="expect_column_values_to_be_between", kwargs={"column": "site", "min_value": 3, "max_value": 4}
    )

    said = checked(tables.trial(), frame, extra=(rule,))

    assert by_id(said)["own.rule"].outcome is Outcome.ERROR
    assert "the check itself broke" in by_id(said)["own.rule"].problem


def test_a_rule_that_looked_at_no_row_is_insufficient(frame, tmp_path):
    nobody = {"type": "comparison", "column": {"name": "site"}, "operator": "==", "parameter": "Nowhere"}
    rule = own_suite(tmp_path, kwargs=MULTIPLE["kwargs"] | {"row_condition": nobody})

    said = checked(tables.trial(), frame, extra=(rule,))

    assert by_id(said)["own.rule"].outcome is Outcome.INSUFFICIENT
    assert "no row is no proof" in by_id(said)["own.rule"].problem
    assert said.outcome is Outcome.INSUFFICIENT


def test_a_rule_may_say_that_it_holds_where_no_row_is_concerned(frame, tmp_path):
    nobody = {"type": "comparison", "column": {"name": "site"}, "operator": "==", "parameter": "Nowhere"}
    meta = {"id": "own.rule", "requirements": [], "may_be_empty": True}
    rule = own_suite(tmp_path, kwargs=MULTIPLE["kwargs"] | {"row_condition": nobody}, meta=meta)

    assert checked(tables.trial(), frame, extra=(rule,)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("rule", "evaluated", "unexpected"),
    [
        ({"kwargs": {"column": "event", "value_set": [0]}}, 12, 4),
        ({"type": "expect_column_mean_to_be_between", "kwargs": {"column": "event", "max_value": 0.1}}, 12, 12),
        (
            {
                "kwargs": {
                    "column": "event",
                    "value_set": [0],
                    "row_condition": {
                        "type": "comparison",
                        "column": {"name": "arm"},
                        "operator": "==",
                        "parameter": "control",
                    },
                }
            },
            6,
            2,
        ),
    ],
)
def test_a_steward_adds_a_rule_without_writing_python(tmp_path, rule, evaluated, unexpected):
    tables.write(tmp_path, tables.trial_rows(12))
    own_suite(tmp_path, **rule)

    said = tables.check(tables.trial(suites=("own.json",)), tmp_path)

    result = by_id(said)["own.rule"]
    assert said.suites == ("guard", "trial.json", "own.json")
    assert (result.outcome, result.evaluated, result.unexpected) == (Outcome.FAIL, evaluated, unexpected)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"type": "expect_nothing_special"}, "no expectation is called 'expect_nothing_special'"),
        (
            {"kwargs": {"column": "event", "min": 3}},
            "the arguments do not fit expect_column_values_to_be_in_set: value_set: field required",
        ),
        ({"kwargs": {"column": "absent", "value_set": [1]}}, "the table has no column 'absent'"),
        ({"type": "unexpected_rows_expectation", "kwargs": {}}, "looks outside the table"),
    ],
)
def test_a_rule_that_the_library_would_leave_out_in_silence_is_refused(frame, tmp_path, rule, words):
    with pytest.raises(SuiteRefused, match=r"own\.json, 'own\.rule'") as caught:
        checked(tables.trial(), frame, extra=(own_suite(tmp_path, **rule),))

    assert words in str(caught.value)


def test_no_value_of_a_row_comes_back_or_is_logged(tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    tables.write(tmp_path, tables.trial_rows(12, site=tables.PLANTED, unit_id=tables.PLANTED))
    broken = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "site", "min_value": 1}}
    own_suite(tmp_path, **broken)
    declared = tables.trial(suites=("own.json",))

    said = tables.check(declared, tmp_path)
    strict = own_suite(tmp_path, kwargs={"column": "site", "value_set": ["North"]})
    again = checked(declared, tables.frame_of(declared, tmp_path), extra=(strict,))

    assert by_id(again)["own.rule"].unexpected == 1
    printed = capfd.readouterr()
    for words in (repr(said), repr(again), caplog.text, printed.out, printed.err):
        assert tables.PLANTED not in words
    assert printed.err == ""


def test_a_trial_of_ten_thousand_units_is_checked_without_copying_its_values_out(tmp_path):
    tables.write(tmp_path, tables.trial_rows(10_000))
    declared = tables.trial()
    facts = sources.inspect(evidence=declared, base=tmp_path)

    said = expectations.check_table(evidence=declared, base=tmp_path, digest=facts.digest)

    assert said.outcome is Outcome.PASS
    assert {result.evaluated for result in said.results} == {10_000}


def test_a_run_leaves_the_library_as_it_was(frame):
    from great_expectations.expectations.expectation import Expectation

    before = Expectation.configuration

    checked(tables.trial(), frame)

    assert Expectation.configuration is before
