"""What a policy advises to watch besides: specialists are still asked, and use stays inside the card (U8, P3.8)."""

import pytest

from primum.evidence.watching.kinds import KINDS
from primum.integrations.configuration import load_policy, load_requirements
from primum.roadmap.stages import GateName
from primum.roadmap.uses import UseCase
from primum.roadmap.verdicts import Outcome
from primum.roadmap.watching_rules import monitor_findings
from primum.settings import shipped
from tests import factories
from tests.monitors_at_work import monitor

title = "What a policy advises to watch"
POLICY = load_policy("who-lmm-2025", base=shipped("config"))
ADVISED = {"watched:specialists": ("against-control", "U8"), "watched:intended-use": ("outside-use", "P3.8")}


def found(*monitors):
    rollout = factories.rollout(monitors=monitors)
    use = rollout.use.model_copy(update={"use_case": UseCase.DECISION_SUPPORT})
    advised = monitor_findings(policy=POLICY, rollout=rollout.model_copy(update={"use": use}), gate=GateName.GS)
    return {one.check: one for one in advised}


@pytest.mark.parametrize("check", ADVISED)
def test_what_nobody_watches_is_said_and_does_not_bind(check):
    kind, requirement = ADVISED[check]

    finding = found()[check]

    assert finding.outcome is Outcome.INSUFFICIENT
    assert not finding.binds
    assert kind in finding.sentence
    assert requirement in finding.requirements


@pytest.mark.parametrize("check", ADVISED)
def test_a_monitor_of_the_kind_is_what_is_advised(check):
    assert found(monitor(kind=ADVISED[check][0]))[check].outcome is Outcome.PASS


def test_every_kind_that_a_policy_names_exists_and_serves_what_it_is_named_for():
    wanted = [(kind, row) for rule in POLICY.monitors for kind in rule.kinds for row in rule.requirements]

    assert [kind for kind, _ in wanted if kind not in KINDS] == []
    assert [(kind, row) for kind, row in wanted if row not in KINDS[kind].serves] == []


def test_every_row_that_a_kind_can_serve_is_in_the_catalogue():
    known = {row.id for row in load_requirements().requirements}

    assert {row for kind in KINDS.values() for row in kind.serves} - known == set()
