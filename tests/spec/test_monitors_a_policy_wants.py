"""What a policy wants watched before a rollout stays in use (GI3, R4.2, R4.3, V26, V36)."""

import pytest

from primum.integrations.configuration import load_policy
from primum.roadmap.stages import GateName
from primum.roadmap.verdicts import Outcome
from primum.roadmap.watching_rules import monitor_findings
from primum.settings import shipped
from tests import factories
from tests.monitors_at_work import monitor

title = "What a policy wants watched"
POLICY = load_policy("who-lmm-2025", base=shipped("config"))
WANTED = {
    "watched:harm": ("outcomes-oe", "P2.2"),
    "watched:long-term-outcomes": ("outcomes-cusum", "R4.2"),
    "watched:equity": ("access-equity", "R4.3"),
    "watched:same-answers": ("canary", "V26"),
    "watched:outputs-reviewed": ("review-coverage", "V36"),
}


READ = {"watched:long-term-outcomes": "outcomes-oe", "watched:equity": "access-equity"}
NOT_YET = {"late-reviews": "the monitor 'late-reviews' has not read yet."}


def found(*monitors, gate=GateName.GS, **unread):
    rollout = factories.rollout(monitors=monitors)
    return {one.check: one for one in monitor_findings(policy=POLICY, rollout=rollout, gate=gate, **unread)}


@pytest.mark.parametrize("check", WANTED)
def test_what_nobody_watches_keeps_the_review_from_passing(check):
    finding = found()[check]

    assert finding.outcome is Outcome.INSUFFICIENT
    assert finding.binds
    assert WANTED[check][0] in finding.sentence
    assert WANTED[check][1] in finding.requirements


@pytest.mark.parametrize("check", WANTED)
def test_a_monitor_of_the_kind_is_what_is_asked_for(check):
    finding = found(monitor(kind=WANTED[check][0]))[check]

    assert finding.outcome is Outcome.PASS
    assert "late-reviews" in finding.sentence


@pytest.mark.parametrize("check", WANTED)
def test_a_shadow_does_not_count(check):
    assert found(monitor(kind=WANTED[check][0], shadow=True))[check].outcome is Outcome.INSUFFICIENT


@pytest.mark.parametrize("check", READ)
def test_long_term_outcomes_and_equity_hold_the_review_until_they_were_read(check):
    finding = found(monitor(kind=READ[check]), unread=NOT_YET)[check]

    assert finding.outcome is Outcome.INSUFFICIENT
    assert finding.binds
    assert finding.sentence.endswith("is not known: the monitor 'late-reviews' has not read yet.")


@pytest.mark.parametrize("check", READ)
def test_one_monitor_that_has_read_is_enough(check):
    other = monitor(kind=READ[check], id="another")

    assert found(monitor(kind=READ[check]), other, unread=NOT_YET)[check].outcome is Outcome.PASS


def test_what_only_has_to_be_watched_need_not_have_read():
    assert found(monitor(kind="canary"), unread=NOT_YET)["watched:same-answers"].outcome is Outcome.PASS


def test_nothing_is_wanted_before_patients_are_reached_everywhere():
    assert found(gate=GateName.G1) == {}
