"""What a pilot needs before it begins, against reference values and exact counting."""

from fractions import Fraction

import pytest

from primum.evidence.planning.assumed import NoPlan
from primum.evidence.planning.needs import condition_needs, level_needs
from primum.evidence.planning.reach import months_for, reach_of
from primum.evidence.planning.sizes import power_of, size_of
from primum.roadmap.protocol import Endpoint
from primum.roadmap.protocol_parts import Planning, SiteVolume, Wedge
from tests import evidence_factories as make
from tests import factories

HIGHER = Endpoint(name="cure", event="relapse", good="higher")
PLAN = Planning(control="85/100", intervention="92/100")
SITES = (SiteVolume(site="north", per_month=60), SiteVolume(site="south", per_month=40, from_month=3))


def looked(planned=660, **changes):
    given = {"primary": HIGHER, "planning": PLAN} | changes
    return make.with_looks(planned // 3, 2 * planned // 3, planned=planned, **given)


def test_a_size_with_looks_is_that_of_the_reference():
    size = size_of(looked())

    # rpact 3.3.4: fixed 649.73, largest 658.05, expected under the effect 562.39
    assert (size.fixed, size.largest, size.expected_h1) == (650, 659, 563)
    assert size.per_arm == (330, 330)
    assert size.power == pytest.approx(0.8012, abs=1e-4)
    assert [round(look.boundary, 4) for look in size.looks] == [3.7103, 2.5114, 1.9930]


def test_a_non_inferiority_size_names_its_formula():
    plan = Planning(control="90/100", intervention="90/100")
    protocol = make.protocol(
        primary=HIGHER, planning=plan, question="non-inferiority", margin="5/100", margin_reason="for a test"
    )

    size = size_of(protocol)

    # statistics.md 2.1: 1161.48
    assert (size.largest, size.formula) == (1162, "Farrington-Manning")


def test_fewer_events_are_better_is_the_same_question_turned():
    other = PLAN.model_copy(update={"control": "15/100", "intervention": "8/100"})
    lower = Endpoint(name="relapse", event="relapse", good="lower")

    assert size_of(looked(primary=lower, planning=other)).largest == size_of(looked()).largest


def test_loss_and_clusters_are_added_to_what_is_needed():
    clustered = PLAN.model_copy(update={"icc": "2/100", "cluster_size": "50", "loss": "10/100"})
    protocol = make.protocol(primary=HIGHER, design="cluster-rct", unit="ward", planning=clustered, planned_units=30)

    size = size_of(protocol)

    assert size.design_effect == pytest.approx(1.98)
    assert size.largest == pytest.approx(649.73 * 1.98 / 0.9, abs=1)
    assert size.clusters == 30


def test_a_wedge_is_sized_by_the_analysis_that_its_gate_rests_on():
    plan = Planning(control="85/100", intervention="92/100", icc="1/128", cluster_size="30", power="65/100")
    protocol = make.protocol(
        primary=HIGHER,
        design="stepped-wedge-rct",
        unit="clinic",
        wedge=Wedge(periods=5),
        planning=plan,
        planned_units=8,
    )

    # Hussey and Hughes promise .6546 with these 8 clinics (statistics.md 2.8), whose model takes them for random.
    assert power_of(protocol=protocol, units=8) == pytest.approx(0.4347, abs=1e-3)
    assert size_of(protocol).clusters == 16
    assert size_of(protocol).formula == "clusters and periods fixed, CR2, Satterthwaite's t"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"planning": None}, "nothing of its `planning`"),
        ({"planning": Planning(control="1", intervention="1/2")}, "between 0 and 1"),
        ({"planning": Planning(control="1/2", intervention="1/2")}, "No size shows the effect"),
        ({"planning": Planning(control="1/2", intervention="1/3")}, "No size shows the effect"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_its_reason(changes, sentence):
    with pytest.raises(NoPlan, match=sentence):
        size_of(looked(**changes))


def test_months_follow_from_the_sites_and_when_they_begin():
    assert months_for(units=0, sites=SITES) == 0
    assert months_for(units=120, sites=SITES) == 2
    assert months_for(units=121, sites=SITES) == 3
    assert months_for(units=10, sites=()) is None


def test_what_cannot_be_had_in_time_says_what_would_make_it_so():
    late = reach_of(units=700, sites=SITES, within=6)

    assert (late.months, late.reachable) == (8, False)
    assert late.remedy == (
        "520 are enrolled in 6 months at 100 a month; it would take 117 a month, "
        "1 more site of 50 a month, or 180 fewer units"
    )
    assert reach_of(units=500, sites=SITES, within=6).remedy == ""


def test_conditions_are_counted_exactly():
    plan = {**PLAN.model_dump(), "conditions": ({"condition": "x", "prevalence": "1/10", "sensitivity": "98/100"},)}

    (need,) = condition_needs(protocol=looked(planning=Planning.model_validate(plan)), policy=factories.policy())

    # statistics.md 2.2: 338 positives, 329 found
    assert (need.of_it, need.of_all) == (338, 3380)
    assert "at least 329 of 338 found; with no miss 72" in need.words


def test_a_sensitivity_that_is_hoped_for_at_the_limit_is_never_shown():
    plan = {**PLAN.model_dump(), "conditions": ({"condition": "x", "prevalence": "1/10", "sensitivity": "95/100"},)}

    (need,) = condition_needs(protocol=looked(planning=Planning.model_validate(plan)), policy=factories.policy())

    assert (need.of_it, need.of_all) == (None, None)
    assert "never shown to be above 19/20" in need.words


def test_each_level_is_given_its_share_of_the_trial():
    levels = [{"attribute": "sex", "level": "F", "share": "1/4"}, {"attribute": "sex", "level": "M", "share": "3/4"}]
    protocol = looked(planning=Planning.model_validate({**PLAN.model_dump(), "levels": levels}))
    gap = factories.criterion(
        id="gap", metric="gap_benefit", evidence="trial", threshold=factories.threshold(**make.GAP_BELOW_5)
    )

    women, men = level_needs(protocol=protocol, policy=factories.policy(criteria=(gap,)))

    assert women.of_it == men.of_it
    assert Fraction(women.of_all, men.of_all) == pytest.approx(3, rel=1e-3)
