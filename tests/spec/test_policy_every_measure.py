"""The policy that shows every figure of a table and asks for nothing."""

from pathlib import Path

from primum.evidence.measures.registry import METRICS
from primum.integrations.configuration import load_policy
from tests import rollouts_on_disk

title = "What a table shows when nothing is asked of it"
POLICY = load_policy("every-measure", base=Path())
NEEDS_A_COLUMN = {"anytime_event_share", "event_rate", "mean_difference", "observed_expected", "workload_ratio"}
NEEDS_TWO_MODELS = {"group_change", "learning", "potential", "retention"}
NEEDS_A_CHECK = {"checks_met", "gap_checks_met"}
NEEDS_A_RULE = {"primary_noninferiority", "sample_ratio_anytime", "sites", "trial_sites"}


def test_it_shows_every_figure_that_a_table_alone_can_give():
    shown = {criterion.metric for criterion in POLICY.criteria}

    assert shown == set(METRICS) - NEEDS_A_COLUMN - NEEDS_TWO_MODELS - NEEDS_A_RULE - NEEDS_A_CHECK


def test_it_asks_for_nothing():
    assert all(criterion.threshold is None and criterion.level == "advisory" for criterion in POLICY.criteria)
    assert not POLICY.seats


def test_no_rollout_may_be_run_by_it(tmp_path, primum):
    made = rollouts_on_disk.write(tmp_path / "rollout")
    text = made.file.read_text()
    named = next(line for line in text.splitlines() if line.startswith("policy:"))
    made.file.write_text(text.replace(named, "policy: every-measure"))

    ended = primum("run", str(made.file), "--as", "noah-kim")

    assert ended.code == 4
    assert "no rollout may be run by it" in ended.text
