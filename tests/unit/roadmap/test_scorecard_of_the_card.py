"""The six minimum items follow from checks, and from nothing else."""

import pytest

from primum.roadmap.policy import DocumentRule
from primum.roadmap.scorecard import Proof, scorecard, still_due
from primum.roadmap.verdicts import Finding, Level, Outcome
from tests import factories
from tests.factories import LOCAL


def proof(item, outcome=Outcome.PASS, **changes):
    given = {"check": "a-check", "level": Level.MANDATORY, "sentence": "It holds.", "requirements": (item,)}
    return Proof(gate="r.G1.1", finding=Finding(outcome=outcome, **(given | changes)))


def outcome(item, *found):
    return next(one.outcome for one in scorecard(found) if one.id == item)


def test_there_are_six_and_none_is_known_without_a_check():
    items = scorecard(())

    assert [one.id for one in items] == ["K1", "K2", "K3", "K4", "K5", "K6"]
    assert not any(one.met for one in items)


@pytest.mark.parametrize("other", [Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.ERROR])
def test_the_worst_of_its_checks_decides_an_item_and_stands_first(other):
    found = (proof("K1"), proof("K1", other))

    assert outcome("K1", *found) is other
    assert scorecard(found)[0].found[0].finding.outcome is other


def test_a_check_that_is_only_shown_or_was_set_aside_meets_nothing():
    assert outcome("K1", proof("K1", level=Level.ADVISORY)) is Outcome.INSUFFICIENT
    assert outcome("K1", proof("K1", Outcome.FAIL, level=Level.OVERRIDABLE, waived=True)) is Outcome.FAIL


@pytest.mark.parametrize("item", ["K2", "K5"])
def test_papers_alone_do_not_show_what_has_to_be_measured(item):
    assert outcome(item, proof(item, kind="document")) is Outcome.INSUFFICIENT
    assert outcome(item, proof(item, kind="document"), proof(item)) is Outcome.PASS


def test_what_the_policy_asks_for_later_is_not_known_yet():
    plan = DocumentRule(kind="update-plan", title="The plan", gates=("G2",), requirements=("K6",), source=LOCAL)
    asking = factories.policy(documents=(plan,))

    (due,) = still_due(policy=asking, rollout=factories.rollout(), found=())

    assert (due.gate, due.finding.sentence) == ("G2", "The plan: not checked yet.")
    assert (
        still_due(policy=asking, rollout=factories.rollout(), found=(proof("K6", check="document:update-plan"),)) == ()
    )
