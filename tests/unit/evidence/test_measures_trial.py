import pytest

from primum.evidence.measures.registry import keys_of
from primum.roadmap.protocol import Endpoint
from tests import evidence_factories as make
from tests import factories
from tests.evidence_factories import ABOVE_ZERO, GAP_BELOW_5

MASAI = make.protocol(
    question="non-inferiority",
    primary=Endpoint(name="screen-detected cancer", event="relapse", good="higher"),
    margin="1/1000",
    margin_reason="set for a test",
    planned_units=80020,
)
CANCERS = {"intervention": (244, 39996), "control": (203, 40024)}
PRETERM = {"intervention": (49, 407), "control": (52, 405)}


def one(metric, cells, **asked):
    (estimate,) = make.asked(metric, cells, **asked)
    return estimate


def test_the_indomethacin_trial_stops_at_its_second_look():
    cells = make.two_arms(intervention=(27, 295), control=(52, 307))

    estimate = one("primary_benefit", cells, threshold=ABOVE_ZERO, protocol=make.with_looks(400, 600, 948, planned=948))

    assert estimate.lower > 0
    assert estimate.value == pytest.approx(52 / 307 - 27 / 295)
    assert estimate.note == ("27 of 295 against 52 of 307; z 2.828163, boundary 2.595016 at 602 of 948 patients")
    assert (estimate.adjusted, estimate.needed) == ("adjusted for looks", 0)


@pytest.mark.parametrize("events", range(27, 40))
def test_the_repeated_interval_leaves_0_exactly_when_z_crosses(events):
    cells = make.two_arms(intervention=(events, 295), control=(52, 307))

    estimate = one("primary_benefit", cells, protocol=make.with_looks(400, 600, 948, planned=948))

    z, boundary = (float(word.split()[1]) for word in estimate.note.split("; ")[1].split(" at ")[0].split(", "))
    assert (estimate.lower > 0) == (z > boundary)


def test_an_unplanned_look_says_that_it_is_charged():
    cells = make.two_arms(intervention=(20, 250), control=(40, 250))

    estimate = one("primary_benefit", cells, protocol=make.with_looks(400, 600, 948, planned=948))

    assert estimate.note.endswith("at 500 of 948 patients, an unplanned look, charged")


@pytest.mark.parametrize("events", [0, 300])
def test_a_look_at_nobody_or_everybody_shows_nothing(events):
    cells = make.two_arms(intervention=(events, 300), control=(events, 300))

    estimate = one("primary_benefit", cells, protocol=make.with_looks(400, 600, 948, planned=948))

    assert estimate.lower < 0 < estimate.upper


def test_preterm_births_are_inconclusive():
    protocol = make.protocol(planned_units=812)

    estimate = one("primary_benefit", make.two_arms(**PRETERM), threshold=ABOVE_ZERO, protocol=protocol)

    assert estimate.lower < 0 < estimate.upper
    assert estimate.value == pytest.approx(0.00800194133527468)
    assert (estimate.note, estimate.needed) == ("49 of 407 against 52 of 405", None)


def test_while_units_are_still_to_come_they_are_what_is_needed():
    estimate = one("primary_benefit", make.two_arms(**PRETERM), protocol=make.protocol(planned_units=1000))

    assert estimate.needed == 188


def test_masai_is_noninferior_and_has_its_published_ratio():
    cells = make.two_arms(**CANCERS)

    noninferior = one("primary_noninferiority", cells, threshold=ABOVE_ZERO, protocol=MASAI)
    ratio = one("primary_ratio", cells, protocol=MASAI)

    assert noninferior.lower > 0
    assert noninferior.value == pytest.approx(0.00102865323510164 + 0.001)
    assert [round(number, 4) for number in (ratio.value, ratio.lower, ratio.upper)] == [1.2028, 0.9990, 1.4482]
    assert ratio.method == "Katz"


@pytest.mark.parametrize(("intervention", "value", "upper"), [((0, 50), 0.0, True), ((3, 50), None, False)])
def test_a_ratio_without_events_is_bounded_or_unknown(intervention, value, upper):
    control = (5, 50) if value is not None else (0, 50)

    estimate = one("primary_ratio", make.two_arms(intervention=intervention, control=control), protocol=make.protocol())

    assert estimate.value == value
    assert (estimate.upper is not None) == upper


def test_a_smaller_alpha_in_the_protocol_widens_the_interval():
    usual = one("primary_benefit", make.two_arms(**PRETERM), protocol=make.protocol())
    strict = one("primary_benefit", make.two_arms(**PRETERM), protocol=make.protocol(alpha_one_sided="5/1000"))

    assert strict.lower < usual.lower


def test_harm_is_positive_and_a_site_signal_stands_inside_a_safe_total():
    sites = {"KY": (6, 106, 10, 105), "MN": (11, 124, 10, 123), "MS": (7, 96, 14, 96), "NY": (13, 87, 7, 86)}
    rows = {}
    for site, (x1, n1, x2, n2) in sites.items():
        rows |= {("intervention", "0", "1", site): x1, ("intervention", "0", "0", site): n1 - x1}
        rows |= {("control", "0", "1", site): x2, ("control", "0", "0", site): n2 - x2}
    cells = make.trial(rows, "serious", "site")

    total = one("safety_difference", cells, protocol=make.protocol())
    *_, new_york = make.asked("site_safety", cells, protocol=make.protocol())

    assert total.value < 0
    assert total.note == "37 of 413 against 41 of 410; Fisher p 0.6355"
    assert new_york.scope == "site=NY, endpoint=serious event"
    assert new_york.value > 0.06
    assert new_york.note == "13 of 87 against 7 of 86; Fisher p 0.2341, over all sites 0.7024 (Holm)"


@pytest.mark.parametrize("metric", ["safety_difference", "site_safety"])
def test_no_declared_safety_endpoint_is_no_safety(metric):
    estimate = one(metric, make.two_arms(**PRETERM), protocol=make.protocol(safety=()))

    assert (estimate.value, estimate.note) == (None, "the protocol declares no safety endpoint")


def test_benefit_is_shown_by_site_and_pooled():
    strata = {"Case": (0, 2, 0, 1), "IU": (15, 206, 26, 207), "UK": (1, 10, 1, 12), "UM": (11, 77, 25, 87)}
    rows = {}
    for site, (x1, n1, x2, n2) in strata.items():
        rows |= {("intervention", "1", site): x1, ("intervention", "0", site): n1 - x1}
        rows |= {("control", "1", site): x2, ("control", "0", site): n2 - x2}

    case, iu, _, um, pooled = make.asked("benefit_by_site", make.trial(rows, "site"), protocol=make.protocol())

    assert case.suppressed
    assert (iu.scope, iu.note) == ("site=IU", "15 of 206 against 26 of 207")
    assert um.lower > 0
    assert (pooled.scope, pooled.method) == ("all", "Mantel-Haenszel over sites")
    assert pooled.note == "4 sites; ratio of event rates 0.5524; Cochran-Mantel-Haenszel p 0.0060"


def test_the_sample_ratio_is_tested_against_the_plan():
    equal = one("sample_ratio", make.two_arms(intervention=(9, 295), control=(9, 307)), protocol=make.protocol())
    double = one(
        "sample_ratio", make.two_arms(intervention=(9, 660), control=(9, 340)), protocol=make.protocol(ratio=(2, 1))
    )

    assert equal.value == pytest.approx(0.624782591269544)
    assert double.value == pytest.approx(0.654720846018577)
    assert double.note == "660 against 340, planned 2:1"


def test_a_cluster_trial_counts_its_clusters():
    rows = {("intervention", "0", f"team {place}"): 1000 for place in range(10)}
    rows |= {("control", "0", f"team {place}"): 800 for place in range(10, 20)}
    protocol = make.protocol(design="cluster-rct", unit="team")

    clustered = one("sample_ratio", make.trial(rows, "cluster"), protocol=protocol)
    unmapped = one("sample_ratio", make.two_arms(**PRETERM), protocol=protocol)

    assert (clustered.value, clustered.n, clustered.unit) == (1.0, 20, "teams")
    assert unmapped.note == "the column 'cluster' is not mapped"


def test_missing_outcomes_are_counted_in_each_arm():
    cells = make.trial({("intervention", "1"): 10, ("intervention", ""): 5, ("control", "0"): 20})

    treated, control = make.asked("missing_outcomes", cells, protocol=make.protocol())

    assert (treated.scope, treated.exact) == ("arm=intervention", "1/3")
    assert (control.value, control.upper > 0) == (0, True)


def test_readings_of_masai_fall_by_44_per_cent():
    rows = {("intervention", "0", "1"): 33647, ("intervention", "0", "2"): 6349}
    rows |= {("control", "0", "2"): 36841, ("control", "0", "3"): 3183}

    estimate = one("workload_ratio", make.trial(rows, "readings"), protocol=MASAI, column="readings")

    assert estimate.note == "46,345 in 39,996 against 83,231 in 40,024"
    assert round(estimate.value, 3) == -0.443
    assert estimate.lower < estimate.value < estimate.upper < -0.43


@pytest.mark.parametrize("treated", [1, 300])
def test_numbers_without_spread_have_no_interval(treated):
    cells = make.trial({("intervention", "0", "1"): treated, ("control", "0", "2"): 300}, "readings")

    estimate = one("workload_ratio", cells, protocol=MASAI, column="readings")

    assert (estimate.value, estimate.lower, estimate.upper) == (-0.5, None, None)


@pytest.mark.parametrize(
    ("column", "note"),
    [
        ("", "the criterion names no column in its parameters"),
        ("minutes", "the column 'minutes' is not mapped"),
        ("relapse", "'relapse' has no mean above 0 in both arms"),
    ],
)
def test_a_workload_that_cannot_be_known_says_why(column, note):
    cells = make.two_arms(intervention=(0, 30), control=(5, 30))

    assert one("workload_ratio", cells, protocol=make.protocol(), column=column).note == note


def test_gaps_in_benefit_are_found_between_levels():
    rows = {
        ("intervention", "1", "F"): 10,
        ("intervention", "0", "F"): 390,
        ("control", "1", "F"): 110,
        ("control", "0", "F"): 290,
        ("intervention", "1", "M"): 100,
        ("intervention", "0", "M"): 300,
        ("control", "1", "M"): 110,
        ("control", "0", "M"): 290,
    }

    women, men, spread = make.asked(
        "gap_benefit", make.trial(rows, "sex"), threshold=GAP_BELOW_5, protocol=make.protocol(), subgroups=("sex",)
    )

    assert women.value == 0
    assert men.exact == "9/40"
    assert men.lower > 0.05
    assert "the best is F, 10 of 400 against 110 of 400; 100 of 400 against 110 of 400" in men.note
    assert spread.needed == women.needed + men.needed


def test_no_subgroup_counts_are_no_equity():
    estimate = one("gap_benefit", make.two_arms(**CANCERS), threshold=GAP_BELOW_5, protocol=MASAI)

    assert (estimate.value, estimate.n, estimate.note) == (None, 0, "no subgroup counts")


def test_a_site_counts_with_both_arms_only():
    rows = {
        ("intervention", "0", "A"): 30,
        ("control", "0", "A"): 30,
        ("control", "0", "B"): 30,
        ("control", "0", ""): 9,
    }

    estimate = one("trial_sites", make.trial(rows, "site"), protocol=make.protocol())

    assert (estimate.value, estimate.note) == (1, "2 sites in all, 1 with both arms and at least 1 units")


@pytest.mark.parametrize(
    "metric", ["primary_benefit", "primary_noninferiority", "primary_ratio", "benefit_by_site", "sample_ratio"]
)
@pytest.mark.parametrize("protocol", [None, make.protocol()])
def test_one_arm_or_no_protocol_is_unknown(metric, protocol):
    cells = make.trial({("intervention", "1", "A"): 30}, "site")

    estimates = make.asked(metric, cells, protocol=protocol)

    assert all(estimate.value is None or metric == "sample_ratio" for estimate in estimates)
    assert all(estimate.note for estimate in estimates)


def test_a_superiority_trial_has_no_margin():
    estimate = one("primary_noninferiority", make.two_arms(**PRETERM), protocol=make.protocol())

    assert estimate.note == "the protocol declares no margin"


def test_the_protocol_and_the_policy_say_which_columns_of_a_trial_are_counted():
    columns = {"unit_id": "u", "arm": "a", "site": "s", "relapse": "r", "serious": "x", "sex": "g", "minutes": "m"}
    evidence = factories.evidence(kind="trial", columns=columns, subgroups=("sex",))
    rollout = factories.rollout(protocol=make.protocol())
    policy = factories.policy(
        criteria=(factories.criterion(metric="workload_ratio", evidence="trial", parameters={"column": "minutes"}),)
    )

    assert keys_of(evidence=evidence, rollout=rollout) == ("arm", "site", "relapse", "serious", "sex")
    assert keys_of(evidence=evidence, rollout=rollout, policy=policy)[-1] == "minutes"
