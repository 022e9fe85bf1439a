"""A protocol locked, amended and looked up in a real ledger."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from primum.actions import protocol_lock
from primum.actions.evaluation import standing_of
from primum.actions.protocol_lock import CannotLock
from primum.ledger import audit
from primum.ledger.refusals import NeverChanged
from primum.ledger.tables import EvidenceRecord
from primum.ledger.transactions import Unrecorded
from primum.ledger.trial_tables import ProtocolVersion
from tests import gates_at_work
from tests.evidence_factories import protocol
from tests.factories import MORNING
from tests.unit.roadmap.test_locking import WHOLE

DAY = timedelta(days=1)


@pytest.fixture
def place(ledger, tmp_path):
    place = gates_at_work.workplace(ledger, tmp_path)
    gates_at_work.register(handed_in(), place)
    return place


def handed_in(**changes):
    return gates_at_work.submission(protocol=protocol(estimand=WHOLE, **changes))


def signed(submission, place, *, change="lock", at=MORNING):
    return protocol_lock.lock(
        submission=submission,
        person=submission.person("amara-okafor"),
        reason="Approved in minute 14.",
        change=change,
        channel="cli",
        authentication="local account of the machine",
        zone="UTC",
        at=at,
        workplace=place,
    )


def outcomes(place, *, at):
    with place.ledger.transaction() as tx:
        tx.session.add(
            EvidenceRecord(
                rollout="test-rollout", name="outcomes", kind="trial", stages=["pilot"], location="a.csv",
                digest="sha256:a", rows=1, columns=[], author="hana-sato", measured_on=at, registered_at=at,
                registered_by="noah-kim",
            )
        )  # fmt: skip
        tx.record(kind="evidence.registered", rollout="test-rollout", person="noah-kim", at=at, body={})


def change_by_row(place):
    (locked,) = protocol_lock.locked_versions(rollout="test-rollout", workplace=place)
    with place.ledger.transaction() as tx:
        tx.session.get(ProtocolVersion, locked.id).digest = "sha256:other"
        tx.record(kind="test", rollout="test-rollout", person="ada", at=MORNING, body={})


def test_a_lock_is_signed_witnessed_and_found_again(place):
    made = signed(handed_in(), place)

    (row,) = protocol_lock.locked_versions(rollout="test-rollout", workplace=place)
    standing = standing_of(rollout="test-rollout", at=MORNING, workplace=place)
    assert (row.printed_name, row.meaning, row.version) == ("Amara Okafor", "responsibility", 1)
    assert standing.lock.versions == (made,)
    assert audit.verify(place.ledger) == ()


def test_the_second_lock_is_an_amendment_and_says_so(place):
    signed(handed_in(), place)

    with pytest.raises(CannotLock, match="a change is an amendment"):
        signed(handed_in(), place)
    with pytest.raises(CannotLock, match="nothing to amend"):
        signed(handed_in(), place, change="restart")
    changed = signed(handed_in(alpha_one_sided="5/1000"), place, change="by-version", at=MORNING + DAY)

    assert changed.version == 2
    with place.ledger.reading() as session:
        assert protocol_lock.locked_protocol(session, rollout="test-rollout").alpha_one_sided == "5/1000"


def test_nothing_is_locked_after_an_outcome_was_read(place):
    outcomes(place, at=MORNING - DAY)

    with pytest.raises(CannotLock, match="before the protocol was locked"):
        signed(handed_in(), place)


def test_a_rollout_nobody_registered_is_not_locked(ledger, tmp_path):
    with pytest.raises(CannotLock, match="No rollout 'test-rollout' is registered"):
        signed(handed_in(), gates_at_work.workplace(ledger, tmp_path))


def test_a_locked_version_is_never_changed(place):
    signed(handed_in(), place)

    with pytest.raises(NeverChanged):
        change_by_row(place)
    with pytest.raises(Unrecorded), place.ledger.transaction() as tx:
        tx.session.execute(update(ProtocolVersion).values(digest="sha256:other"))
