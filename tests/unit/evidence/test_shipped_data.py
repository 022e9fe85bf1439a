import pytest

from primum.roadmap.protocol import Endpoint
from tests import evidence_factories as make
from tests.evidence_factories import ABOVE_ZERO, EXAMPLES, GAP_BELOW_5, MORE_THAN_95

YES_NO = {"yes": "1", "no": "0", "Yes": "1", "No": "0", "1.0": "1", "0.0": "0", "True": "1", "False": "0"}
PANCREATITIS = make.with_looks(
    400, 600, 948, planned=948, primary=Endpoint(name="pancreatitis", event="pancreatitis", good="lower"), safety=()
)
PRETERM = make.protocol(
    primary=Endpoint(name="preterm birth", event="preterm", good="lower"),
    safety=(Endpoint(name="serious event", event="serious", good="lower"),),
    planned_units=823,
)
MASAI = make.protocol(
    question="non-inferiority",
    primary=Endpoint(name="cancer", event="cancer", good="higher"),
    safety=(Endpoint(name="recall", event="recalled", good="lower"),),
    margin="1/1000",
    margin_reason="as in the example",
    planned_units=80020,
)


@pytest.fixture(scope="module")
def heart():
    return make.from_parquet(
        EXAMPLES / "cardiac-second-opinion" / "data" / "heart_model_predictions.parquet",
        kind="diagnostic",
        columns={"site": "site", "sex": "sex", "reference": "disease", "prediction": "flag"},
    )


@pytest.fixture(scope="module")
def indomethacin():
    return make.from_parquet(
        EXAMPLES / "pancreatitis-prevention-replay" / "data" / "indo_rct.parquet",
        kind="trial",
        columns={"arm": "arm", "site": "site", "pancreatitis": "pancreatitis"},
        values={"arm": {"indomethacin": "intervention", "placebo": "control"}, "pancreatitis": YES_NO},
    )


@pytest.fixture(scope="module")
def opt():
    return make.from_parquet(
        EXAMPLES / "preterm-care-replay" / "data" / "opt_rct.parquet",
        kind="trial",
        columns={
            "arm": "arm",
            "site": "site",
            "in_primary": "in_published_primary",
            "preterm": "preterm",
            "serious": "any_sae",
        },
        values={"in_primary": YES_NO, "preterm": YES_NO, "serious": YES_NO},
    )


@pytest.fixture(scope="module")
def masai():
    return make.from_parquet(
        EXAMPLES / "mammography-second-reader" / "data" / "masai_expanded.parquet",
        kind="trial",
        columns={"arm": "arm", "cancer": "cancer", "recalled": "recalled", "readings": "readings"},
        values={
            "arm": {"AI-supported": "intervention", "double reading": "control"},
            "cancer": YES_NO,
            "recalled": YES_NO,
        },
    )


def test_the_heart_model_misses_women(heart):
    women, men, _ = make.asked("gap_sensitivity", heart, threshold=GAP_BELOW_5, subgroups=("sex",))

    assert [(one.scope, one.events, one.n) for one in (women, men)] == [("sex=Female", 36, 50), ("sex=Male", 396, 418)]
    assert women.lower > 0.05
    assert women.needed == 419


def test_the_heart_model_by_hospital(heart):
    estimates = make.asked("site_sensitivity", heart, threshold=MORE_THAN_95)

    assert [round(one.value, 3) for one in estimates] == [0.906, 0.887, 0.927, 0.974]


def test_the_indomethacin_trial_crosses_its_boundary(indomethacin):
    (estimate,) = make.asked("primary_benefit", indomethacin, threshold=ABOVE_ZERO, protocol=PANCREATITIS)

    assert estimate.lower > 0
    assert estimate.note == "27 of 295 against 52 of 307; z 2.828163, boundary 2.595016 at 602 of 948 patients"


def test_preterm_births_and_serious_events_are_the_published_ones(opt):
    (benefit,) = make.asked("primary_benefit", opt, threshold=ABOVE_ZERO, protocol=PRETERM)
    (harm,) = make.asked("safety_difference", opt, protocol=PRETERM)
    *_, new_york = make.asked("site_safety", opt, protocol=PRETERM)

    assert benefit.note.startswith("49 of 407 against 52 of 405")
    assert benefit.lower < 0 < benefit.upper
    assert harm.note.startswith("37 of 413 against 41 of 410")
    assert new_york.note.startswith("13 of 87 against 7 of 86")


def test_masai_finds_its_cancers_with_fewer_readings(masai):
    (ratio,) = make.asked("primary_ratio", masai, protocol=MASAI)
    (noninferior,) = make.asked("primary_noninferiority", masai, threshold=ABOVE_ZERO, protocol=MASAI)
    (recall,) = make.asked("safety_difference", masai, protocol=MASAI)
    (readings,) = make.asked("workload_ratio", masai, protocol=MASAI, column="readings")

    assert [round(number, 4) for number in (ratio.value, ratio.lower, ratio.upper)] == [1.2028, 0.9990, 1.4482]
    assert noninferior.lower > 0
    assert recall.note.startswith("861 of 39,996 against 817 of 40,024")
    assert round(readings.value, 3) == -0.443
