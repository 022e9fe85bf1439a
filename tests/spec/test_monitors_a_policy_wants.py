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


def found(*monitors, gate=GateName.GS):
    rollout = factories.rollout(monitors=monitors)
    return {one.check: one for one in monitor_findings(policy=POLICY, rollout=rollout, gate=gate)}


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


def test_nothing_is_wanted_before_patients_are_reached_everywhere():
    assert found(gate=GateName.G1) == {}
