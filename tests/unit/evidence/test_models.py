import pandas as pd
import pytest

from primum.evidence.models.cluster_robust import linear_robust
from primum.evidence.models.effects import NoEstimate, effect
from primum.evidence.models.gee import gee
from primum.evidence.models.grouped import dummies, grouped, start
from primum.evidence.models.mixed import linear_mixed, logistic_mixed
from tests.oracles import datasets


def wheeze(*, as_cells):
    table = datasets.read("data/ohio_wheeze.csv").query("id % 3 == 0")
    if as_cells:
        table = table.groupby(["id", "smoke"]).resp.agg(["sum", "count"]).reset_index()
        return grouped(
            columns={"smoke": table.smoke}, total=table["sum"], n=table["count"], cluster=table.id.to_numpy()
        )
    return grouped(columns={"smoke": table.smoke}, total=table.resp, cluster=table.id.to_numpy())


@pytest.mark.parametrize("working", ["independence", "exchangeable"])
@pytest.mark.parametrize("family", ["binomial", "gaussian", "poisson"])
def test_cells_give_the_same_model_as_rows(working, family):
    cells, rows = (gee(wheeze(as_cells=one), family=family, working=working) for one in (True, False))

    assert cells.coefficients == pytest.approx(rows.coefficients, abs=1e-9)
    assert cells.errors["mancl-derouen"] == pytest.approx(rows.errors["mancl-derouen"], abs=1e-9)
    assert cells.alpha == pytest.approx(rows.alpha, abs=1e-9)


def test_cells_give_the_same_mixed_models_as_rows():
    for fit in (linear_mixed, linear_robust):
        cells, rows = (fit(wheeze(as_cells=one)) for one in (True, False))

        assert cells.coefficients == pytest.approx(rows.coefficients, abs=1e-6)
        assert cells.errors == pytest.approx(rows.errors, abs=1e-6)


def test_errors_for_few_clusters_are_wider():
    found = gee(wheeze(as_cells=True), family="binomial")

    errors = [found.term("smoke", confidence=0.95, kind=kind).error for kind in found.errors if kind != "model"]

    assert errors == sorted(errors)


def test_clusters_without_spread_have_no_spread():
    data = grouped(columns={}, n=[10, 10, 10, 10], total=[5, 5, 5, 5], cluster=[1, 2, 3, 4])

    assert logistic_mixed(data, points=1).sd < 1e-4
    assert linear_mixed(data).sd == 0
    assert linear_mixed(data).icc == 0


@pytest.mark.parametrize(
    ("columns", "total", "cluster", "sentence"),
    [
        ({}, [0, 0, 0, 0], [1, 1, 2, 2], "Nobody or everybody"),
        ({"x": [0, 0, 1, 1]}, [0, 0, 1, 1], [1, 2, 3, 4], "predicts the outcome perfectly"),
        ({}, [0, 1, 0, 1], [1, 1, 1, 1], "one cluster only"),
    ],
)
@pytest.mark.parametrize("fit", [lambda data: gee(data, family="binomial"), logistic_mixed])
def test_a_model_without_an_answer_says_why(fit, columns, total, cluster, sentence):
    with pytest.raises(NoEstimate, match=sentence):
        fit(grouped(columns=columns, total=total, cluster=cluster))


@pytest.mark.parametrize("columns", [{"x": [1, 1, 1]}, {"x": [0, 1, 2], "y": [0, 2, 4]}])
def test_terms_that_cannot_be_told_apart_are_refused(columns):
    with pytest.raises(NoEstimate, match="cannot be told apart"):
        grouped(columns=columns, total=[0, 1, 1])


def test_no_units_are_refused():
    with pytest.raises(NoEstimate, match="no units with a known outcome"):
        grouped(columns={}, n=[0, 0], total=[0, 0])


def test_a_term_that_is_not_there_is_named():
    found = gee(wheeze(as_cells=True), family="binomial")

    with pytest.raises(NoEstimate, match="no term 'age'; its terms are"):
        found.term("age", confidence=0.95)


def test_serial_correlation_needs_rows():
    with pytest.raises(NoEstimate, match="one row per unit"):
        gee(wheeze(as_cells=True), family="binomial", working="ar1")


def test_an_effect_without_spread_or_degrees_is_refused():
    for error, degrees in ((0.0, None), (float("nan"), None), (1.0, 0)):
        with pytest.raises(NoEstimate):
            effect(value=1.0, error=error, confidence=0.95, degrees=degrees)


def test_the_reference_level_has_no_column():
    assert list(dummies(name="site ", values=["b", "a", "c"])) == ["site b", "site c"]
    assert list(dummies(name="site ", values=["b", "a"], reference="b")) == ["site a"]


def test_rates_use_exposure_as_an_offset():
    table = pd.DataFrame({"x": [0.0, 1.0], "events": [10, 40], "years": [100.0, 200.0]})

    beta = start(
        grouped(columns={"x": table.x}, total=table.events, offset=[4.605170186, 5.298317367]), family="poisson"
    )

    assert beta.tolist() == pytest.approx([-2.302585, 0.693147], abs=1e-5)
