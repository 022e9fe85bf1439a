"""Questions that have an answer, one for each metric, to be derived a second time."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from primum.evidence.counts.amounts import Amount
from primum.evidence.counts.cells import Cells
from primum.evidence.counts.counting import Counting
from primum.evidence.counts.histograms import coded, label
from primum.evidence.measures.question import Question
from primum.evidence.measures.registry import METHODS, question_of
from primum.roadmap.protocol import Endpoint, Protocol
from tests import evidence_factories as make
from tests import factories, reader_studies

Rows = dict[tuple[str, ...], int]
ABOVE = {"operator": "more_than", "value": "0", "bound": "lower"}


def question(
    metric: str,
    counted: Cells,
    *,
    threshold: Mapping[str, str] | None = None,
    protocol: Protocol | None = None,
    subgroups: tuple[str, ...] = (),
    smallest_cell: int = 5,
    parameters: Mapping[str, str] | None = None,
) -> Question:
    """The question that a criterion asks of these counts."""
    kind = counted.kind.partition(".")[0]
    criterion = factories.criterion(
        metric=metric,
        evidence=kind,
        threshold=factories.threshold(**({"method": ""} | dict(threshold))) if threshold else None,
        parameters=dict(parameters or {}),
    )
    evidence = factories.evidence(kind=kind, columns={key: key for key in counted.keys}, subgroups=subgroups)
    return question_of(
        criterion=criterion,
        cells={counted.kind: counted},
        rollout=factories.rollout(evidence=(evidence,), protocol=protocol),
        policy=factories.policy(smallest_cell=smallest_cell),
    )


def heart() -> Cells:
    """Cases by reference, prediction, sex, site and age; both readers' answers beside."""
    rows: Rows = {}
    found = {("F", "young"): (20, 31), ("F", "old"): (60, 72), ("M", "young"): (90, 101), ("M", "old"): (180, 188)}
    for place, (site, shift) in enumerate((("north", 0), ("south", 3), ("west", 1))):
        for (sex, age), (x, n) in found.items():
            alone = max(0, x - 6 - place)
            rows |= {
                ("1", "1", sex, site, age, "1", "1"): alone,
                ("1", "1", sex, site, age, "0", "1"): x - alone - shift,
                ("1", "0", sex, site, age, "1", "0"): 2 + shift,
                ("1", "0", sex, site, age, "0", "0"): n - x - 2 + shift,
                ("0", "0", sex, site, age, "", ""): 70 + 9 * place,
                ("0", "1", sex, site, age, "", ""): 8,
            }
    keys = ("reference", "prediction", "sex", "site", "age", "reader_alone", "reader_with_lmm")
    return make.cells("diagnostic", keys, rows)


def challenged() -> Cells:
    """Cases with both labels and both models' answers, by sex; the challenger answers better, and knows fewer men."""
    rows: Rows = {}
    for sex, shift in (("F", 0), ("M", 9)):
        rows |= {
            ("1", "1", "1", "1", sex): 140 + shift,
            ("1", "1", "0", "0", sex): 60,
            ("1", "0", "0", "0", sex): 4 + shift,
            ("1", "0", "1", "1", sex): 3,
            ("1", "1", "", "0", sex): 2,
            ("0", "0", "0", "0", sex): 210,
            ("0", "1", "0", "0", sex): 5 + shift,
            ("0", "0", "1", "0", sex): 7,
        }
    return make.cells("diagnostic", ("reference", "prediction", "champion", "reference_before", "sex"), rows)


def answers() -> Cells:
    """Answers of an assistant by check and language; some that nobody could judge."""
    rows: Rows = {
        ("emergency", met, language, ""): n
        for language, parts in (("en", (88, 9, 2)), ("fr", (61, 40, 1)))
        for met, n in zip(("1", "0", ""), parts, strict=True)
    }
    return make.cells("checks", ("check", "met", "language", "tool"), rows | {("privacy", "1", "en", ""): 7})


def clinics(*, clinics_of_each: int = 14) -> Cells:
    """Positives by sex in many clinics of different sizes and quality."""
    rows: Rows = {}
    for number in range(clinics_of_each):
        for sex, rate in (("F", 0.84), ("M", 0.92), ("X", 0.88)):
            n = 12 + 3 * (number % 5)
            x = min(n, round(n * (rate + 0.06 * np.sin(number))))
            rows |= {("1", "1", sex, f"clinic {number:02}"): x, ("1", "0", sex, f"clinic {number:02}"): n - x}
            rows |= {("0", "0", sex, f"clinic {number:02}"): n - 3, ("0", "1", sex, f"clinic {number:02}"): 3}
    return make.cells("diagnostic", ("reference", "prediction", "sex", "site"), rows)


def trial(*, missing: bool = True) -> Cells:
    """A trial by arm, site and sex, with readings, a serious event, and some outcomes missing."""
    rows: Rows = {}
    for place, site in enumerate(("north", "south", "west", "east")):
        for arm, rate in (("intervention", 0.10), ("control", 0.19 + 0.02 * place)):
            for sex, n in (("F", 62 + 7 * place), ("M", 84 - 5 * place)):
                x, lost = round(n * rate), (3 if arm == "intervention" else 2) if missing else 0
                reads = "1" if arm == "intervention" else "2"
                rows |= {
                    (arm, "1", site, sex, "1", "3"): x,
                    (arm, "0", site, sex, "0", reads): n - x - lost - 4,
                    (arm, "0", site, sex, "1", reads): 4,
                    (arm, "", site, sex, "0", reads): lost,
                }
    return make.cells("trial", ("arm", "relapse", "site", "sex", "serious", "readings"), rows)


def short_of(*, lost: int) -> Cells:
    """A small trial in which many outcomes of the intervention arm are missing."""
    rows = {("intervention", "1"): 18, ("intervention", "0"): 222 - lost, ("intervention", ""): lost}
    return make.trial(rows | {("control", "1"): 42, ("control", "0"): 195, ("control", ""): 4})


def clustered_trial() -> Cells:
    """A trial that randomised twelve teams at two sites."""
    rows: Rows = {}
    for number in range(12):
        arm = "intervention" if number % 2 else "control"
        n = 40 + 6 * (number % 4)
        x = round(n * ((0.11 if number % 2 else 0.2) + 0.03 * np.cos(number)))
        site = "north" if number < 6 else "south"
        rows |= {
            (arm, "1", site, f"team {number:02}", "0"): x - 1,
            (arm, "1", site, f"team {number:02}", "1"): 1,
            (arm, "0", site, f"team {number:02}", "0"): n - x - 2 - number % 3,
            (arm, "0", site, f"team {number:02}", "1"): 2 + number % 3,
            (arm, "", site, f"team {number:02}", "0"): 1,
        }
    return make.cells("trial", ("arm", "relapse", "site", "cluster", "serious"), rows)


def wedge() -> Cells:
    """Eight teams that begin one after the other over five periods."""
    rows: Rows = {}
    for number in range(8):
        for period in range(5):
            arm = "intervention" if period > number // 2 else "control"
            n = 24 + 3 * ((number + period) % 4)
            x = round(n * ((0.15 if arm == "intervention" else 0.27) + 0.02 * period + 0.06 * np.sin(3 * number)))
            rows |= {
                (arm, "1", f"team {number}", str(period + 1)): x,
                (arm, "0", f"team {number}", str(period + 1)): n - x,
            }
    return make.cells("trial", ("arm", "relapse", "cluster", "period"), rows)


def amounts() -> Cells:
    """Rows of a trial with minutes of work, days of exposure and expected risks, all of them summed."""
    draw, n = np.random.default_rng(5), 400
    arms, harm = draw.integers(0, 2, n), draw.integers(0, 12, n) == 0
    site = draw.integers(0, 3, n)
    counting = Counting(
        kind="trial",
        keys=("arm", "site", "harm"),
        amounts=tuple(Amount(name=name, decimals=3) for name in ("minutes", "days", "risk")),
    )
    labels = {
        "arm": (arms.astype(np.int32), ("intervention", "control")),
        "site": (site.astype(np.int32), ("north", "south", "west")),
        "harm": (harm.astype(np.int32), ("0", "1")),
    }
    numbers = {
        "minutes": np.round(20 + 3 * arms + draw.normal(0, 4, n), 2),
        "days": np.round(draw.uniform(1, 9, n), 1),
        "risk": np.round(draw.uniform(0.02, 0.2, n), 3),
    }
    counting.add(labels, numbers)
    return counting.cells(sources=("a",))


def scores(*, binned: bool = False) -> Cells:
    """Scores of both classes, of all cases, by sex and by site; a few are missing."""
    draw = np.random.default_rng(11)
    rows: Rows = {}
    for sex, sharp in (("F", 1.1), ("M", 1.7)):
        for site, n in (("north", 90), ("south", 130)):
            logits = draw.normal(-1.2, 1.1, n)
            positive = draw.uniform(size=n) < 1 / (1 + np.exp(-sharp * logits - 0.2))
            given = np.round(1 / (1 + np.exp(-logits)), 3)
            for number, (score, case) in enumerate(zip(given, positive, strict=True)):
                told = "" if number % 60 == 7 else label(int(coded(np.array([score]))[0])) if binned else str(score)
                for attribute, level in (("", ""), ("sex", sex), ("site", site)):
                    key = (attribute, level, str(int(case)), told)
                    rows[key] = rows.get(key, 0) + 1
    return make.cells("diagnostic.scores", ("attribute", "level", "reference", "score"), rows)


def crossed() -> dict[str, Cells]:
    """A crossed reader study of eighty cases, by sex."""
    return reader_studies.counted(reader_studies.drawn(seed=12, readers=4), by=("sex",))


def protocol(**changes: Any) -> Protocol:
    """A trial with fewer relapses hoped for and a margin declared."""
    return make.protocol(margin="1/20", margin_reason="set for a test", planned_units=2000, **changes)


HIGHER = {"primary": Endpoint(name="relapse", event="relapse", good="higher")}
TEAMS = protocol(design="cluster-rct", unit="team").model_copy(update={"planned_units": 16})
WEDGE = protocol(design="stepped-wedge-rct", unit="team")
LOOKS = make.with_looks(600, 1200, planned=2000)
NOT_WORSE_AT_LOOKS = LOOKS.model_copy(
    update={"question": "non-inferiority", "margin": "1/20", "margin_reason": "set for a test"}
)
LOOKS_AT_TEAMS = LOOKS.model_copy(
    update={
        "unit": "team",
        "planned_units": 20,
        "looks": tuple(one.model_copy(update={"at": 10}) for one in LOOKS.looks[:1]),
    }
)

# name -> (metric, what question() takes)
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        name: (name, {"counted": heart()})
        for name in ("sensitivity", "specificity", "accuracy", "false_positive_rate", "positive_predictive_value")
    },
    "at each site": ("site_sensitivity", {"counted": heart()}),
    "sites": ("sites", {"counted": heart(), "parameters": {"cases": "100"}}),
    "readers": ("reader_gain", {"counted": heart()}),
    **{
        name: (name, {"counted": crossed()["readings.pairs"], "parameters": {"positive_from": "4"}})
        for name in ("reader_area", "reader_sensitivity", "reader_specificity")
    },
    "gain of a reader study": (
        "primary_noninferiority",
        {"counted": crossed()["readings.pairs"], "protocol": reader_studies.protocol(margin="1/50", margin_reason="t")},
    ),
    "harm in a reader study": (
        "safety_difference",
        {"counted": crossed()["readings.pairs"], "protocol": reader_studies.protocol()},
    ),
    "gap in a reader study": (
        "gap_benefit",
        {"counted": crossed()["readings.pairs"], "protocol": reader_studies.protocol(), "subgroups": ("sex",)},
    ),
    "readings that are missing": (
        "missing_outcomes",
        {"counted": crossed()["readings"], "protocol": reader_studies.protocol()},
    ),
    "readings in both arms": (
        "sample_ratio",
        {"counted": crossed()["readings"], "protocol": reader_studies.protocol()},
    ),
    **{name: (name, {"counted": challenged()}) for name in ("learning", "potential", "retention")},
    "change of each group": ("group_change", {"counted": challenged(), "subgroups": ("sex",)}),
    "gap in sensitivity": ("gap_sensitivity", {"counted": heart(), "subgroups": ("sex", "site")}),
    "gap in accuracy": ("gap_accuracy", {"counted": heart(), "subgroups": ("sex",)}),
    "checks met": ("checks_met", {"counted": answers(), "parameters": {"check": "emergency"}}),
    "gap in checks met": (
        "gap_checks_met",
        {"counted": answers(), "subgroups": ("language",), "parameters": {"check": "emergency"}},
    ),
    "gap between pairs": ("gap_intersections", {"counted": heart(), "subgroups": ("sex", "age")}),
    "gap over clinics": ("gap_sensitivity", {"counted": clinics(), "subgroups": ("sex",)}),
    "gap over patients and clinics": (
        "gap_accuracy",
        {"counted": clinics(), "subgroups": ("sex",), "parameters": {"resample": "both", "replicates": "1000"}},
    ),
    "pooled": ("shrunken_sensitivity", {"counted": heart(), "subgroups": ("site",)}),
    "gap in benefit": ("gap_benefit", {"counted": trial(), "protocol": protocol(), "subgroups": ("sex",)}),
    "benefit": ("primary_benefit", {"counted": trial(), "protocol": protocol()}),
    "benefit where more is better": ("primary_benefit", {"counted": trial(), "protocol": protocol(**HIGHER)}),
    "benefit at a look": ("primary_benefit", {"counted": trial(), "protocol": LOOKS}),
    "benefit of teams": ("primary_benefit", {"counted": clustered_trial(), "protocol": TEAMS}),
    "benefit of teams at a look": ("primary_benefit", {"counted": clustered_trial(), "protocol": LOOKS_AT_TEAMS}),
    "benefit in a wedge": ("primary_benefit", {"counted": wedge(), "protocol": WEDGE}),
    "not worse": ("primary_noninferiority", {"counted": trial(), "protocol": protocol()}),
    "teams not worse": ("primary_noninferiority", {"counted": clustered_trial(), "protocol": TEAMS}),
    "ratio": ("primary_ratio", {"counted": trial(), "protocol": protocol()}),
    "ratio of teams": ("primary_ratio", {"counted": clustered_trial(), "protocol": TEAMS}),
    "ratio in a wedge": ("primary_ratio", {"counted": wedge(), "protocol": WEDGE}),
    "harm": ("safety_difference", {"counted": trial(), "protocol": protocol()}),
    "harm among teams": ("safety_difference", {"counted": clustered_trial(), "protocol": TEAMS}),
    "benefit by site": ("benefit_by_site", {"counted": trial(), "protocol": protocol()}),
    "benefit of teams by site": ("benefit_by_site", {"counted": clustered_trial(), "protocol": TEAMS}),
    "harm by site": ("site_safety", {"counted": trial(), "protocol": protocol()}),
    "trial sites": ("trial_sites", {"counted": trial(), "parameters": {"cases": "200"}}),
    "allocation": ("sample_ratio", {"counted": trial(), "protocol": protocol()}),
    "allocation of teams": ("sample_ratio", {"counted": clustered_trial(), "protocol": TEAMS}),
    "allocation at any time": ("sample_ratio_anytime", {"counted": trial(), "protocol": protocol()}),
    "allocation by site": ("sample_ratio_by_site", {"counted": trial(), "protocol": protocol()}),
    "missing": ("missing_outcomes", {"counted": trial(), "protocol": protocol()}),
    "workload": ("workload_ratio", {"counted": trial(), "protocol": protocol(), "parameters": {"column": "readings"}}),
    "clusters": ("cluster_difference", {"counted": clustered_trial(), "protocol": TEAMS}),
    "wedge": ("wedge_effect", {"counted": wedge(), "protocol": WEDGE}),
    **{
        f"heterogeneity, {name}": (
            "heterogeneity",
            {"counted": trial(), "protocol": protocol(), "parameters": {"statistic": name}},
        )
        for name in ("prediction", "tau2", "i2")
    },
    "leave one site out": ("leave_one_site_out", {"counted": trial(), "protocol": protocol()}),
    "means": ("mean_difference", {"counted": amounts(), "parameters": {"amount": "minutes", "good": "lower"}}),
    "worst case": ("worst_case_benefit", {"counted": trial(), "protocol": protocol()}),
    "worst case of teams": ("worst_case_benefit", {"counted": clustered_trial(), "protocol": TEAMS}),
    "tipping point": ("tipping_point", {"counted": trial(), "protocol": protocol()}),
    "tipping point between": (
        "tipping_point",
        {"counted": short_of(lost=60), "protocol": protocol(), "subgroups": ("sex",)},
    ),
    "worst case where more is better": (
        "worst_case_benefit",
        {"counted": short_of(lost=60), "protocol": protocol(**HIGHER)},
    ),
    "imputed, many missing": ("imputed_benefit", {"counted": short_of(lost=60), "protocol": protocol()}),
    "imputed": ("imputed_benefit", {"counted": trial(), "protocol": protocol()}),
    "conditional power": ("conditional_power", {"counted": trial(), "protocol": LOOKS}),
    "conditional power at the end": ("conditional_power", {"counted": trial(), "protocol": protocol()}),
    "conditional power, not worse": (
        "conditional_power",
        {"counted": trial(), "protocol": NOT_WORSE_AT_LOOKS},
    ),
    "repeated p": ("repeated_p", {"counted": trial(), "protocol": LOOKS}),
    "share at any time": (
        "anytime_event_share",
        {"counted": trial(), "parameters": {"column": "serious", "by": "site"}},
    ),
    "rate": ("event_rate", {"counted": amounts(), "parameters": {"column": "harm", "exposure": "days"}}),
    "observed over expected": (
        "observed_expected",
        {"counted": amounts(), "parameters": {"column": "harm", "amount": "risk"}},
    ),
    **{
        f"{name}, {'binned' if binned else 'exact'}": (
            name,
            {"counted": scores(binned=binned), "subgroups": ("sex",), "parameters": {"threshold": "3/10"}},
        )
        for name in (
            "auroc",
            "site_auroc",
            "gap_auroc",
            "calibration_slope",
            "calibration_in_the_large",
            "brier",
            "expected_calibration_error",
            "net_benefit",
        )
        for binned in (False, True)
    },
    "net benefit against acting on all": (
        "net_benefit",
        {"counted": scores(), "parameters": {"threshold": "1/5", "against": "all", "by": "sex"}},
    ),
    "slope by site": ("calibration_slope", {"counted": scores(), "parameters": {"by": "site"}}),
}
"""Each metric in the designs it knows."""

BY_METHOD = [
    (name, method)
    for name, (metric, _) in ASKED.items()
    for method in METHODS[metric]
    if not ("bootstrap" in method and "clinics" not in name) and not ("heterogeneity" in name and method == "fixed")
]
"""
Each of them by each method that a policy may name for it; clusters are drawn where there are enough,
and effects that are assumed equal have no heterogeneity.
"""


def asked(name: str, method: str) -> Question:
    """One of these questions, by one method."""
    metric, given = ASKED[name]
    never_decides = metric == "shrunken_sensitivity"
    threshold = None if never_decides else {"operator": "at_least", "value": "1/10", "bound": "lower", "method": method}
    return question(metric, **({"threshold": threshold} | given))
