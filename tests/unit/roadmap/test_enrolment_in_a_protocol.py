import pytest
from pydantic import ValidationError

from primum.roadmap.digests import digest
from primum.roadmap.protocol import LATER, NOT_LOCKED
from primum.roadmap.protocol_parts import Cluster
from tests.evidence_factories import protocol

AT_FIRST_REQUEST = "at-first-request"


def test_a_protocol_that_says_nothing_of_enrolment_keeps_the_digest_it_had():
    said = protocol().model_dump(mode="json", exclude=NOT_LOCKED | set(LATER))

    assert protocol().digest == protocol(enrolment="listed").digest == digest(said)


def test_enrolling_with_the_first_question_is_part_of_what_is_locked():
    assert protocol(enrolment=AT_FIRST_REQUEST).digest != protocol().digest


@pytest.mark.parametrize(
    "changes",
    [
        {"design": "prospective-cohort"},
        {"design": "cluster-rct", "clusters": (Cluster(id="ward-1", stratum="large"),)},
    ],
)
def test_only_units_that_are_randomised_one_by_one_enrol_with_their_first_question(changes):
    with pytest.raises(ValidationError, match="only where each is randomised by itself"):
        protocol(enrolment=AT_FIRST_REQUEST, **changes)
