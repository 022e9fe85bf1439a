"""The policy who-lmm-2025 on counts that are on record: four hospitals, and a screening trial."""

from pathlib import Path

import numpy as np
import pytest

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.counting import count
from primum.evidence.measures.registry import measure
from primum.integrations.configuration import load_policy
from primum.roadmap.judging import judge
from primum.roadmap.policy import Criterion
from primum.roadmap.rollout import Rollout
from primum.roadmap.seats import binds
from primum.roadmap.stages import Stage
from primum.roadmap.verdicts import Finding, Outcome
from tests import factories

title = "What the policy says of counts that are on record"
POLICY = load_policy("who-lmm-2025", base=Path())
CRITERIA = {criterion.id: criterion for criterion in POLICY.criteria}
# Correct among diseased and healthy, with the totals, of heart_model_predictions by sex.
HEART = {"Female": ((36, 50), (115, 142)), "Male": ((396, 418), (123, 247))}


def cells_of(kind: str, rows: list[tuple[dict[str, str], int]]) -> Cells:
    """Return cells from (levels, how many rows have them)."""
    keys = tuple(rows[0][0])
    sizes = [size for _, size in rows]
    batch = {}
    for key in keys:
        levels = tuple(sorted({levels[key] for levels, _ in rows}))
        codes = [levels.index(row[key]) for row, _ in rows]
        batch[key] = (np.repeat(np.array(codes, dtype=np.int32), sizes), levels)
    return count([batch], kind=kind, keys=keys, sources=("sha256:" + "0" * 64,))


def heart() -> Cells:
    rows = []
    for sex, ((found, diseased), (cleared, healthy)) in HEART.items():
        for truth, right, total in (("1", found, diseased), ("0", cleared, healthy)):
            wrong = "0" if truth == "1" else "1"
            rows += [({"sex": sex, "site": "one", "reference": truth, "prediction": truth}, right)]
            rows += [({"sex": sex, "site": "one", "reference": truth, "prediction": wrong}, total - right)]
    return cells_of("diagnostic", rows)


def masai() -> Cells:
    rows = []
    for arm, women, cancers, recalls, low, extra in (
        ("intervention", 39_996, 244, 861, 1, 46_345 - 39_996),
        ("control", 40_024, 203, 817, 2, 83_231 - 2 * 40_024),
    ):
        more, usual = str(low + 1), str(low)
        seen = {"arm": arm, "site": "MASAI"}
        rows += [({**seen, "cancer": "1", "recalled": "1", "readings": more}, cancers)]
        rows += [({**seen, "cancer": "0", "recalled": "1", "readings": more}, recalls - cancers)]
        rows += [({**seen, "cancer": "0", "recalled": "0", "readings": more}, extra - recalls)]
        rows += [({**seen, "cancer": "0", "recalled": "0", "readings": usual}, women - extra)]
    return cells_of("trial", rows)


def screening() -> Rollout:
    use = {**factories.rollout().use.model_dump(), "use_case": "imaging", "purpose": "image-interpretation"}
    columns = {name: name for name in ("unit_id", "arm", "site", "cancer", "recalled", "readings")}
    return factories.rollout(
        kind="replay",
        enters_at=Stage.PILOT,
        use={**use, "mode": "second-reader"},
        protocol={
            "design": "parallel-rct",
            "question": "non-inferiority",
            "unit": "patient",
            "arms": ("with", "without"),
            "primary": {"name": "screen-detected cancer", "event": "cancer", "good": "higher"},
            "safety": ({"name": "recall", "event": "recalled", "good": "lower"},),
            "margin": "1/1000",
            "margin_reason": "one cancer in a thousand women",
            "planned_units": 80_020,
        },
        evidence=(factories.evidence(kind="trial", stages=(Stage.PILOT,), columns=columns),),
    )


def finding(criterion: Criterion, rollout: Rollout, cells: Cells) -> Finding:
    estimates = measure(criterion=criterion, cells={cells.kind: cells}, rollout=rollout, policy=POLICY)
    return judge(criterion=criterion, estimates=estimates)


@pytest.mark.parametrize("name", CRITERIA)
def test_each_criterion_can_be_measured_by_the_method_it_names(name):
    cells = heart() if CRITERIA[name].evidence == "diagnostic" else masai()
    rollout = screening() if cells.kind == "trial" else factories.rollout()

    assert finding(CRITERIA[name], rollout, cells).estimates


def test_women_hold_the_cardiac_model_and_the_cases_still_needed_are_told():
    columns = {"sex": "sex", "site": "site", "reference": "truth", "prediction": "flag"}
    rollout = factories.rollout(evidence=(factories.evidence(columns=columns, subgroups=("sex",)),))

    gap = finding(CRITERIA["gap-sensitivity"], rollout, heart())

    women = next(one for one in gap.estimates if one.scope == "sex=Female")
    assert gap.outcome is Outcome.FAIL
    assert (women.events, women.n) == (36, 50)
    assert (women.needed or 0) > 0
    assert "Female" in gap.sentence


def test_a_critical_condition_is_asked_above_95_per_cent_and_not_otherwise():
    declared = factories.rollout(
        use={**factories.rollout().use.model_dump(), "critical_conditions": ["coronary disease"]}
    )
    rule = CRITERIA["sensitivity-critical"]

    assert binds(applies=rule.applies, rollout=declared)
    assert not binds(applies=rule.applies, rollout=factories.rollout())
    assert finding(rule, declared, heart()).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("name", "outcome", "words"),
    [
        ("primary-noninferiority", Outcome.PASS, "244 of 39,996 against 203 of 40,024"),
        ("primary-ratio", Outcome.INSUFFICIENT, "1.2028"),
        ("safety-difference", Outcome.PASS, "met"),
        ("sample-ratio", Outcome.PASS, "39,996 against 40,024"),
        ("workload", Outcome.PASS, "-44.3"),
        ("missing-outcomes", Outcome.PASS, "met"),
        ("trial-sites", Outcome.FAIL, "not met"),
        ("gap-benefit", Outcome.INSUFFICIENT, "not known"),
    ],
)
def test_the_screening_trial_is_held_by_equity_alone_of_all_that_is_mandatory(name, outcome, words):
    found = finding(CRITERIA[name], screening(), masai())

    assert found.outcome is outcome
    assert words in found.sentence


def test_a_question_that_was_not_asked_is_not_judged():
    rollout = screening()

    assert not binds(applies=CRITERIA["primary-benefit"].applies, rollout=rollout)
    assert binds(applies=CRITERIA["primary-noninferiority"].applies, rollout=rollout)
