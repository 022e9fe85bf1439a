"""Evaluations with published numbers (heart, OPT, indomethacin, MASAI), until and besides the real ones."""

from scipy.stats import binomtest

from primum.roadmap.data_checks import DataCheck, ExpectationResult
from primum.roadmap.estimates import Estimate
from primum.roadmap.evaluations import DocumentFacts, Evaluation, TableFacts
from primum.roadmap.judging import data_finding, judge
from primum.roadmap.policy import Policy
from primum.roadmap.rollout import Rollout
from primum.roadmap.stages import GATE_OF, Stage
from primum.roadmap.verdicts import Finding, Level, Outcome, Verdict
from primum.web.views import GateView, Mark, SeatView

AT = "2026-11-21T14:05:00+01:00"
DIGEST = "sha256:" + "ab" * 32
SMALLEST_CELL = 10
HEARD = ("clinical-lead", "patient-representative", "ethicist", "technologist")


def criterion(id_, title, metric, asked, bound, requirements, *, line: int, trial: bool = False, **more) -> dict:
    operator, value = asked
    return {
        "id": id_,
        "title": title,
        "requirements": requirements,
        "gates": ("G2",) if trial else ("G1",),
        "metric": metric,
        "evidence": "trial" if trial else "diagnostic",
        "threshold": {"operator": operator, "value": value, "bound": bound, "method": more.pop("method", "exact")},
        "level": "mandatory",
        "source": {"file": "S3", "line": line},
        **more,
    }


OVER_95, UNDER_5, OVER_0 = ("more_than", "95/100"), ("less_than", "5/100"), ("more_than", "0")
MARGIN = {"source": {"file": "local", "words": "margin of the trial's own protocol"}}
CRITERIA = (
    criterion("sensitivity", "Sensitivity", "sensitivity", OVER_95, "lower", ("P2.5",), line=68),
    criterion("site-sensitivity", "Sensitivity at each site", "site_sensitivity", OVER_95, "lower", ("GI2",), line=291),
    criterion("equity-gap", "Gap between groups", "gap_sensitivity", UNDER_5, "upper", ("P5.6", "K5"), line=154),
    criterion("benefit", "Benefit", "primary_benefit", OVER_0, "lower", ("P2.7",), line=79, trial=True),
    criterion("safety", "Safety", "safety_difference", UNDER_5, "upper", ("R2.3",), line=306, trial=True),
    criterion("site-safety", "Safety at each site", "site_safety", UNDER_5, "upper", ("R2.3",), line=306, trial=True),
    criterion(
        "detection", "Detection is not worse", "primary_noninferiority", OVER_0, "lower", ("I3",), line=1, trial=True
    )
    | MARGIN,
    criterion("equity-benefit", "Gap in benefit", "gap_benefit", UNDER_5, "upper", ("P5.6",), line=154, trial=True),
    criterion("readings", "Readings", "workload_ratio", ("less_than", "0"), "upper", ("I4",), line=229, trial=True)
    | {"level": "advisory"},
)


def policy(**changes) -> Policy:
    source = {"file": "S3", "line": 290}
    ethics = {"kind": "ethics-approval", "title": "Ethics committee approval", "requirements": ("GI1",)}
    values = {
        "id": "who-lmm-2025",
        "title": "Roadmap policy",
        "version": "1",
        "effective": "2026-01-01",
        "scope": "rollout",
        "provenance": "Every number with a line comes from the source summary; the others say who set them.",
        "criteria": CRITERIA,
        "seats": tuple(
            {"role": role, "gates": ("G1", "G2"), "requirements": ("N4",), "source": source} for role in HEARD
        ),
        "documents": ({**ethics, "gates": ("G1", "G2"), "source": source},),
        "dwell": (),
        "designs": (),
        "ambiguities": (),
        "waiver": {"approvers": 2, "longest_days": 90, "source": source},
        "evidence_fresh_days": 90,
        "gate_open_days": 90,
        "smallest_cell": SMALLEST_CELL,
    }
    return Policy.model_validate({**values, **changes})


def rollout(name: str = "cardiac-second-opinion", **changes) -> Rollout:
    return Rollout.model_validate(
        {
            "rollout": name,
            "title": "Cardiac second opinion",
            "institution": "Four Hospitals Heart Network",
            "summary": "Suggests whether a patient with chest pain should have angiography.",
            "model": {
                "name": "cardiac-lmm",
                "version": "1.4.2",
                "provider": "Example Provider",
                "model_class": "LMM",
                "modalities": ("text",),
                "endpoint": "https://models.example/cardiac",
            },
            "use": {
                "use_case": "clinical-decision-support",
                "purpose": "differential-diagnosis",
                "domain": "clinical",
                "mode": "assistive",
                "human_decision": "The cardiologist decides on angiography.",
                "out_of_scope": ("Patients under 18 years of age and pregnant women.",),
            },
            "card": {
                "architecture": "A logistic model over thirteen clinical fields, standing in for an LMM.",
                "training_data": "303 patients of the Cleveland clinic, 1981 to 1984, 32 % of them women.",
                "limitations": (
                    {
                        "words": "Fitted on one hospital; women are a third of the sample.",
                        "no_rule_because": "The gate compares women with men before anybody is shown output.",
                    },
                ),
                "failure_modes": ("Misses disease in women with atypical chest pain.",),
            },
            "policy": "who-lmm-2025",
            "people": "people.yaml",
            "sites": "sites.yaml",
            **changes,
        }
    )


def share(metric: str, events: int, n: int, scope: str = "all", **more) -> Estimate:
    ends = binomtest(events, n).proportion_ci(confidence_level=0.95, method="exact")
    return Estimate(
        metric=metric,
        value=events / n,
        lower=float(ends.low),
        upper=float(ends.high),
        confidence=0.95,
        method="Clopper-Pearson",
        n=n,
        events=events,
        scope=scope,
        **more,
    )


def gap(metric: str, value: float, lower: float, upper: float, n: int, scope: str, **more) -> Estimate:
    values = {"confidence": 0.95, "method": "simultaneous score intervals", "adjusted": "simultaneous"}
    return Estimate(metric=metric, value=value, lower=lower, upper=upper, n=n, scope=scope, **{**values, **more})


def document(*, title: str = "Ethics committee approval", missing: bool = False) -> Finding:
    words = "is missing; add a document of kind 'ethics-approval'." if missing else "is in force."
    return Finding(
        check="document:ethics-approval",
        kind="document",
        outcome=Outcome.INSUFFICIENT if missing else Outcome.PASS,
        level=Level.OVERRIDABLE,
        sentence=f"{title} {words}",
        requirements=("GI1",),
    )


def data_check(*, bad_rows: int = 0) -> DataCheck:
    expectation = {"requirements": ("P5.1",), "evaluated": 748}
    results = (
        ExpectationResult(
            id="reference-known",
            notes="Every patient has an angiography result.",
            outcome=Outcome.PASS,
            unexpected=0,
            **expectation,
        ),
        ExpectationResult(
            id="cholesterol-above-zero",
            notes="Serum cholesterol lies between 50 and 700 mg/dl.",
            outcome=Outcome.FAIL if bad_rows else Outcome.PASS,
            unexpected=bad_rows,
            **expectation,
        ),
    )
    return DataCheck(
        evidence="four-hospitals",
        kind="diagnostic",
        suites=("diagnostic",),
        suite_digest=DIGEST,
        rows=748,
        results=results,
    )


def evaluation(
    *, findings, stage: Stage = Stage.ASSESS, name: str = "cardiac-second-opinion", checks=None
) -> Evaluation:
    checks = (data_check(),) if checks is None else checks
    return Evaluation(
        rollout=name,
        stage=stage,
        gate=GATE_OF[stage],
        at=AT,
        analysis_version="0.1.0",
        policy_id="who-lmm-2025",
        policy_digest=DIGEST,
        bundle_digest="sha256:" + "cd" * 32,
        tables=(
            TableFacts(
                name="four-hospitals",
                kind="diagnostic",
                location="data/heart_model_predictions.parquet",
                digest="sha256:" + "12" * 32,
                rows=748,
                columns=("site", "sex", "reference", "prediction"),
                author="nia-okafor",
                measured_on="2026-10-30T00:00:00+00:00",
            ),
        ),
        documents=(
            DocumentFacts(
                kind="ethics-approval",
                title="Ethics committee approval",
                digest="sha256:" + "34" * 32,
                author="ethics committee",
                issued_on="2026-06-01T00:00:00+00:00",
                expires_on="2027-06-01T00:00:00+00:00",
            ),
        ),
        data_checks=checks,
        verdict=Verdict(findings=(*(data_finding(check) for check in checks), *findings)),
    )


def judged(id_: str, *estimates: Estimate) -> Finding:
    rule = next(one for one in policy().criteria if one.id == id_)
    return judge(criterion=rule, estimates=estimates)


def heart() -> Evaluation:
    """Held: 36 of 50 women against 396 of 418 men; a fifth, invented site is too small to show."""
    sites = (("Cleveland", 125, 138), ("Hungary", 94, 106), ("Switzerland", 102, 115), ("Long Beach VA", 111, 114))
    return evaluation(
        findings=(
            judged("sensitivity", share("sensitivity", 432, 468)),
            judged(
                "site-sensitivity",
                *(
                    share("site_sensitivity", events, n, f"site={site}", unit="patients with disease")
                    for site, events, n in sites
                ),
                share("site_sensitivity", 3, 4, "site=St. Mary's", suppressed=True),
            ),
            judged(
                "equity-gap",
                gap("gap_sensitivity", 0.2274, 0.1060, 0.3665, 50, "sex=Female", events=36, needed=148),
                gap("gap_sensitivity", 0.0, 0.0, 0.0, 418, "sex=Male", events=396),
            ),
            document(),
        )
    )


def opt() -> Evaluation:
    """Held in pilot: 49/407 against 52/405, with a site signal inside a safe total."""
    score = {"method": "Miettinen-Nurminen", "adjusted": "raw"}
    return evaluation(
        stage=Stage.PILOT,
        name="preterm-care-replay",
        findings=(
            judged("benefit", gap("primary_benefit", 0.0080, -0.0376, 0.0537, 812, "all", events=101, **score)),
            judged("safety", gap("safety_difference", -0.0104, -0.0512, 0.0303, 823, "all", events=78, **score)),
            judged(
                "site-safety",
                gap("site_safety", 0.0680, -0.0320, 0.1690, 173, "site=New York", note="13/87 vs 7/86", **score),
                gap("site_safety", -0.0310, -0.1120, 0.0480, 204, "site=Minnesota", note="9/102 vs 12/102", **score),
                gap("site_safety", -0.0350, -0.1050, 0.0330, 236, "site=Kentucky", note="8/118 vs 12/118", **score),
                gap("site_safety", -0.0280, -0.0970, 0.0410, 210, "site=Mississippi", note="7/106 vs 10/104", **score),
            ),
            document(missing=True),
        ),
    )


def indomethacin() -> Evaluation:
    """Ready: the boundary 2.595016 is crossed at 602 of 948 with z 2.828163."""
    note = "z 2.828163, boundary 2.595016 at 602 of 948"
    return evaluation(
        stage=Stage.PILOT,
        name="pancreatitis-prevention-replay",
        findings=(
            judged(
                "benefit",
                gap(
                    "primary_benefit",
                    0.0779,
                    0.0064,
                    0.1494,
                    602,
                    "all",
                    events=79,
                    method="repeated interval",
                    note=note,
                ),
            ),
            document(),
        ),
    )


def masai() -> Evaluation:
    """Non-inferior on detection, held on equity: no subgroup counts were published."""
    unknown = Estimate(
        metric="gap_benefit",
        value=None,
        lower=None,
        upper=None,
        confidence=0.95,
        method="simultaneous score intervals",
        n=0,
        note="no subgroup counts",
    )
    return evaluation(
        stage=Stage.PILOT,
        name="mammography-second-reader",
        findings=(
            judged("detection", gap("primary_noninferiority", 0.0020, 0.0010, 0.0031, 80020, "all", events=447)),
            judged("equity-benefit", unknown),
            judged("readings", gap("workload_ratio", -0.443, -0.449, -0.438, 80020, "all", unit="readings")),
            document(),
        ),
    )


def gate_view(**changes) -> GateView:
    values = {
        "gate": "cardiac-second-opinion.G1.1",
        "name": "G1",
        "title": "Cardiac second opinion",
        "institution": "Four Hospitals Heart Network",
        "kind": "Rollout",
        "summary": "Suggests whether a patient with chest pain should have angiography.",
        "model": "cardiac-lmm, 1.4.2, by Example Provider",
        "decision": "The cardiologist decides on angiography.",
        "stage": "assess",
        "state": "held",
        "opened": "21 November 2026, 14:05 (UTC+01:00)",
        "expires": "19 February 2027, 14:05 (UTC+01:00)",
        "digest": "sha256:" + "7f" * 32,
        "run_id": "de27486124294810afd4e5ac147ba976",
        "experiment": "primum/cardiac-second-opinion",
        "next_step": "Answer the reasons with new evidence or documents, then run the stage again.",
        "commands": ("primum gate explain cardiac-second-opinion.G1.1",),
        "seats": (
            SeatView(
                role="Clinical lead",
                mark=Mark(word="Approved", symbol="✓", kind="pass"),
                person="Dr Amara Osei",
                reason="The boundary is crossed and harm is no greater at any site.",
                at="21 November 2026, 15:00 (UTC+01:00)",
            ),
            SeatView(role="Ethicist", mark=Mark(word="Open", symbol="○", kind="plain"), person="", reason="", at=""),
        ),
    }
    return GateView(**{**values, **changes})
