"""Published trials and shipped data sets: what their raw counts give, and five figures that no count gives."""

import pytest

from primum.evidence.designs import boundaries
from primum.evidence.intervals import Group
from primum.evidence.shares import contingency, paired, proportions, rates, ratios, two_proportions
from primum.evidence.trials import sequential
from tests import evidence_factories as make
from tests.oracles.datasets import read

title = "What published trials come out as"

EARLY, LATE = "lan-demets-obrien-fleming", 948
TRIALS = {
    (row.trial.split(" (")[0], row.endpoint): (
        Group(events=int(row.x1), n=int(row.n1)),
        Group(events=int(row.x2), n=int(row.n2)),
    )
    for row in read("data/trial_counts.csv").itertuples()
    if row.x1 <= row.n1
}


def arms(trial: str, endpoint: str) -> dict[str, Group]:
    first, second = next(
        groups for (name, asked), groups in TRIALS.items() if name.startswith(trial) and asked.startswith(endpoint)
    )
    return {"first": first, "second": second}


def ratio(trial: str, endpoint: str) -> tuple[float, float, float]:
    found = ratios.katz(**arms(trial, endpoint), confidence=0.95)
    return found.value, found.interval.lower, found.interval.upper


def p_values(groups: dict[str, Group]) -> list[float]:
    """All that one could have meant by P: Fisher, chi-square with and without correction."""
    tests = (contingency.pearson(**groups).p, contingency.yates(**groups).p)
    return [contingency.fisher_exact(**groups), *(p for p in tests if p is not None)]


@pytest.mark.parametrize(
    ("trial", "endpoint", "published", "digits"),
    [
        ("MASAI 2023", "screen-detected", (1.2028, 0.9990, 1.4482), 4),
        ("MASAI 2025", "screen-detected", (1.29, 1.09, 1.51), 2),
        ("MASAI 2026", "interval cancer", (0.879, 0.653, 1.182), 3),
        ("CNBSS", "breast cancer death", (0.99, 0.88, 1.12), 2),
    ],
)
def test_a_ratio_of_event_rates_is_the_published_one(trial, endpoint, published, digits):
    assert tuple(round(number, digits) for number in ratio(trial, endpoint)) == published


@pytest.mark.parametrize(
    ("trial", "endpoint", "published", "digits"),
    [
        ("MASAI 2023", "screen-detected", 0.0519, 4),
        ("MASAI 2025", "screen-detected", 0.0021, 4),
        ("MASAI 2026", "interval cancer", 0.41, 2),
        ("Elmunzer", "post-ERCP", 0.005, 3),
        ("Wang 2019", "adenoma", 0.001, 3),
    ],
)
def test_fishers_p_is_the_published_one(trial, endpoint, published, digits):
    assert round(contingency.fisher_exact(**arms(trial, endpoint)), digits) == published


def test_echonets_interval_is_the_published_one():
    groups = arms("EchoNet", "substantial")

    interval = two_proportions.newcombe(**groups, confidence=0.95)

    assert [round(100 * end, 1) for end in (interval.lower, interval.upper)] == [-13.2, -7.7]
    assert [round(100 * group.p, 1) for group in groups.values()] == [16.8, 27.2]


def test_masai_reads_44_per_cent_less():
    counts = read("data/trial_counts.csv")
    readings = counts[counts["endpoint"].str.startswith("screen readings")].iloc[0]

    assert round(100 * (int(readings.x1) / int(readings.x2) - 1), 1) == -44.3


def test_screentrustcad_finds_as_many_by_pairs():
    pairs = paired.Pairs(both=242, only_a=19, only_b=8, neither=0)

    found = paired.paired_ratio(pairs, confidence=0.95)

    assert [round(number, 3) for number in (found.value, found.interval.lower, found.interval.upper)] == [
        1.044,
        1.003,
        1.086,
    ]


def test_idx_dr_passes_a_point_rule_of_85_per_cent_and_fails_a_bound_rule():
    sensitivity = Group(events=173, n=198)

    lower = proportions.clopper_pearson(group=sensitivity, confidence=0.95).lower

    assert round(100 * lower, 1) == 81.9
    assert sensitivity.p > 0.85 > lower


def test_indomethacin_crosses_its_boundary_at_602_of_948():
    groups = arms("Elmunzer", "post-ERCP")
    trial = make.two_arms(intervention=(27, 295), control=(52, 307))

    design = boundaries.Design(name=EARLY, alpha=0.025)
    bound = boundaries.boundaries(design=design, information=[400, 602], planned=LATE).critical[-1]
    look = sequential.looks_so_far(protocol=make.with_looks(400, 600, LATE, planned=LATE), cells=trial)[-1]

    assert bound == pytest.approx(2.595016, abs=1e-6)
    assert look.boundary == pytest.approx(bound)
    assert look.z == pytest.approx(2.828163, abs=1e-6)
    assert -two_proportions.pooled_z(**groups) == pytest.approx(look.z)


def test_opt_has_a_signal_at_one_clinic_inside_a_safe_total():
    women = read("data/opt_rct.parquet")
    primary = women[women["in_published_primary"].astype(str).str.lower().isin({"yes", "true", "1", "1.0"})]

    def events(table, column):
        yes = table[column].astype(str).str.lower().isin({"yes", "true", "1", "1.0"})
        return [(int(yes[table["arm"] == arm].sum()), int((table["arm"] == arm).sum())) for arm in ARMS]

    assert events(primary, "preterm") == [(49, 407), (52, 405)]
    assert events(women, "any_sae") == [(37, 413), (41, 410)]
    assert events(women[women["site"].astype(str).str.contains("NY|New York")], "any_sae") == [(13, 87), (7, 86)]


ARMS = ("intervention", "control")


def test_the_heart_model_is_good_in_total_and_not_in_women():
    ill = read("data/heart_model_predictions.parquet").query("disease == 1")

    by_sex = ill.groupby("sex")["flag"].agg(["sum", "size"])
    by_site = ill.groupby("site")["flag"].mean().round(3)

    assert by_sex.loc["Female"].tolist() == [36, 50]
    assert by_sex.loc["Male"].tolist() == [396, 418]
    assert sorted(by_site) == [0.887, 0.906, 0.927, 0.974]


def test_a_guideline_changes_a_thousand_labels():
    adults = read("data/nhanes_bp_2017_2018.parquet").query("age >= 20 and sbp_mean.notna() and dbp_mean.notna()")

    old, new = adults["htn_140_90"] == 1, adults["htn_130_80"] == 1

    assert (len(adults), int(old.sum()), int(new.sum()), int((old != new).sum())) == (4_996, 1_236, 2_319, 1_083)


@pytest.mark.parametrize(
    ("procedure", "same", "hospitals"), [("All PCI", 614, 614), ("Non-", 614, 614), ("CABG", 379, 380)]
)
def test_new_yorks_outlier_flags_follow_from_observed_and_expected(procedure, same, hospitals):
    years = read("data/ny_cardiac_hospital_year.parquet").query("comparison_results != 'Statewide Rate'")
    expecting = years[years["procedure"].str.startswith(procedure) & (years["expected_mortality_rate"] > 0)]

    agreed = [
        flag(events=int(year.number_of_deaths), expected=year.expected_mortality_rate / 100 * year.number_of_cases)
        in year.comparison_results
        for year in expecting.itertuples()
    ]

    assert (sum(agreed), len(agreed)) == (same, hospitals)


def flag(*, events: int, expected: float) -> str:
    interval = rates.exact_rate(events=events, exposure=expected, confidence=0.95)
    return "higher" if interval.lower > 1 else "lower" if interval.upper < 1 else "not different"


def test_the_chatbot_scenarios_are_as_many_as_counted():
    scenarios = read("data/chatbot_safety_scenarios_fr.parquet")

    counted = scenarios["pillar"].value_counts().to_dict()
    true_emergencies = int((scenarios["emergency"] == True).sum())  # noqa: E712 -- missing is not true

    assert sorted(counted.values(), reverse=True) == [505, 119, 76, 75, 33]
    assert (len(scenarios), counted["urgence"], true_emergencies) == (808, 505, 432)


def test_missing_in_disguise_is_in_the_data_that_the_gate_must_stop():
    patients, swabs = read("data/heart_uci_4site.parquet"), read("data/covid_testing_chop.parquet")

    assert (len(patients), int((patients["chol"] == 0).sum()), int((patients["trestbps"] == 0).sum())) == (920, 172, 1)
    assert (len(swabs), int(swabs["col_rec_tat"].max())) == (15_524, 61_370)


# -- figures that do not follow from the counts and are never references ----------------------


def test_repici_published_an_adjusted_ratio():
    value, lower, upper = ratio("Repici", "adenoma")

    assert round(value, 3) == 1.357
    assert [round(number, 2) for number in (value, lower, upper)] != [1.30, 1.14, 1.45]


def test_elaia_published_an_adjusted_interval_and_p():
    value, lower, upper = ratio("ELAIA", "AKI")

    assert round(value, 2) == 1.02
    assert [round(number, 2) for number in (lower, upper)] == [0.92, 1.12]
    assert 0.67 not in [round(p, 2) for p in p_values(arms("ELAIA", "AKI"))]


def test_shimabukuros_p_does_not_follow():
    groups = arms("Shimabukuro", "in-hospital")

    assert round(100 * two_proportions.risk_difference(**groups), 1) == -12.4
    assert 0.018 not in [round(p, 3) for p in p_values(groups)]
    assert [round(p, 3) for p in p_values(groups)[:2]] == [0.062, 0.042]


def test_the_control_limits_of_access_do_not_follow():
    groups = arms("ACCESS", "eye exam")

    exact, score = (
        method(group=groups["second"], confidence=0.95) for method in (proportions.clopper_pearson, proportions.wilson)
    )
    everybody = proportions.clopper_pearson(group=groups["first"], confidence=0.95)

    assert round(100 * everybody.lower, 1) == 95.5
    for interval in (exact, score):
        assert [round(100 * end, 1) for end in (interval.lower, interval.upper)] != [14.2, 32.4]


def test_the_p_of_non_live_births_in_opt_does_not_follow():
    women = read("data/opt_rct.parquet")
    lost = [int(((women["arm"] == arm) & (women["birth_outcome"] == "Non-live birth")).sum()) for arm in ARMS]

    p = p_values({"first": Group(events=lost[0], n=413), "second": Group(events=lost[1], n=410)})

    assert lost == [5, 14]
    assert 0.08 not in [round(one, 2) for one in p]
