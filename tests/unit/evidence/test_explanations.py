import re

import pytest

from primum.evidence.explanations.explaining import EXPLAINED, FORMULAS, explain
from primum.evidence.measures.registry import METHODS, METRICS, UnknownMethod, UnknownMetric, measure
from tests import explanation_factories as factories

NUMBER = re.compile(r"-?\d[\d.]*(?:e[+-]?\d+)?")


def measured(question):
    return measure(
        criterion=question.criterion,
        cells={question.cells.kind: question.cells},
        rollout=question.rollout,
        policy=question.policy,
    )


def numbers(result):
    return [float(text) for text in NUMBER.findall(result)]


def ends_of(estimate, shown):
    ends = [estimate.value, estimate.lower, estimate.upper]
    return [end for end in ends[: max(1, shown)] if end is not None]


@pytest.mark.parametrize(("name", "method"), factories.BY_METHOD)
def test_every_estimate_is_derived_a_second_time(name, method):
    question = factories.asked(name, method)

    workings, estimates = explain(question), measured(question)

    assert [one.scope for one in workings] == [one.scope for one in estimates]
    assert any(one.value is not None for one in estimates)
    for working, estimate in zip(workings, estimates, strict=True):
        if estimate.value is not None:
            shown = numbers(working.result)
            assert shown == pytest.approx(ends_of(estimate, len(shown)), rel=1e-9, abs=1e-9)
            assert "(" in working.result or estimate.lower == estimate.upper
            assert working.formula
            assert working.reference
            assert working.steps


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_explained_and_tried(metric):
    tried = {name for name, _ in factories.ASKED.values()}

    assert metric in EXPLAINED
    assert metric in tried


@pytest.mark.parametrize("method", sorted({method for methods in METHODS.values() for method in methods}))
def test_every_method_has_its_formula_and_paper(method):
    assert FORMULAS[method].text
    assert FORMULAS[method].reference


def test_nothing_is_explained_that_nobody_measures():
    assert set(EXPLAINED) == set(METRICS)


def test_an_unknown_metric_is_refused_with_those_known():
    question = factories.question("charm", factories.heart())

    with pytest.raises(UnknownMetric, match=r"asks for 'charm', which nobody measures; known are accuracy, "):
        explain(question)


def test_an_unknown_method_is_refused_with_those_known():
    question = factories.asked("sensitivity", "guessing")

    with pytest.raises(UnknownMethod, match="asks for the method 'guessing'"):
        explain(question)
