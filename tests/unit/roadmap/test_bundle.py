from primum.roadmap.bundle import bundle_of
from tests import factories
from tests.evidence_factories import protocol


def bundle(**changes):
    rollout = factories.rollout(**changes)
    return bundle_of(rollout=rollout, policy_digest="sha256:p", suite_digests=(), analysis_version="1")


def test_another_tier_is_another_release_so_that_gates_are_opened_again():
    lowered = {"tier": "medium", "approvers": ["amara-okafor", "mei-lin"], "reason": "Only flags for a second look."}

    assert bundle().digest != bundle(tier=lowered).digest
    assert bundle().tier == "high"


def test_another_protocol_is_another_release():
    assert bundle(protocol=protocol()).digest != bundle(protocol=protocol(planned_units=401)).digest
