import json
from datetime import timedelta

import pytest
from sqlmodel import select

from primum.actions.directory import INSTITUTION
from primum.actions.guideline_registry import change_since, registry
from primum.actions.guidelines import KIND, CannotPublish
from primum.ledger import audit, guideline_reading
from primum.ledger.tables import Entry, OutboxMessage
from tests.factories import MORNING
from tests.guideline_factories import before_2025, changed_copy, of_2025
from tests.guidelines_at_work import AFTER, BEFORE, LEAD, STEWARD, at_work

title = "Publishing a guideline"


@pytest.fixture
def working(tmp_path):
    working = at_work(tmp_path)
    working.publish(before_2025())
    yield working
    working.place.ledger.close()


def rows(working, table):
    with working.place.ledger.reading() as session:
        return session.exec(select(table)).all()


def test_a_new_version_finds_the_rollouts_that_follow_an_older_one(working):
    made = working.publish(of_2025())

    assert [(one.rollout, one.follows) for one in made.affected] == [("small-trial", BEFORE)]


def test_the_people_of_an_affected_rollout_are_told_in_the_same_transaction(working):
    working.publish(of_2025())

    (message,) = [one for one in rows(working, OutboxMessage) if one.kind == KIND]
    entry = next(one for one in rows(working, Entry) if one.position == message.cause)
    assert (entry.kind, entry.rollout, entry.person) == (KIND, "small-trial", STEWARD)
    assert message.body["guideline"] == AFTER
    assert message.body["follows"] == BEFORE
    assert {LEAD, STEWARD} <= set(message.body["people"])


def test_a_version_nobody_follows_is_kept_and_nobody_is_told(tmp_path):
    working = at_work(tmp_path, follows="a local standard")

    made = working.publish(of_2025())

    assert made.affected == ()
    assert not [one for one in rows(working, OutboxMessage) if one.kind == KIND]
    working.place.ledger.close()


def test_a_rollout_that_follows_the_new_version_already_is_not_affected(working):
    working.follow(AFTER)

    assert working.publish(of_2025()).affected == ()


def test_a_rollout_that_follows_what_was_never_published_here_is_affected_too(working):
    working.follow("hypertension@unheard-of")

    (one,) = working.publish(of_2025()).affected
    with working.place.ledger.reading() as session:
        words = change_since(follows=one.follows, name=AFTER, session=session)

    assert words == "hypertension@unheard-of was never published here, so what changes cannot be said."


def test_publishing_the_same_again_changes_nothing(working):
    first = working.publish(of_2025())
    before = len(rows(working, Entry))

    again = working.publish(of_2025(), at=MORNING + timedelta(days=1))

    assert (first.is_new, again.is_new) == (True, False)
    assert len(rows(working, Entry)) == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": "before-2025", "title": "Other words"}, "says something else; what is published never changes"),
        ({"version": "2023", "published_on": "2023-01-01"}, "a new version is of a later day than the newest"),
        ({"version": "2024-bis", "published_on": "2024-01-01"}, "a new version is of a later day than the newest"),
    ],
    ids=["the same version with other words", "an older version", "another version of the same day"],
)
def test_what_is_published_stays_and_grows_forward(working, changes, said):
    with pytest.raises(CannotPublish, match=said):
        working.publish(changed_copy(before_2025(), **changes))


def test_only_who_stewards_guidelines_where_it_is_followed_may_publish(working):
    with pytest.raises(CannotPublish, match="no guideline-steward for small-trial, which follows hypertension"):
        working.publish(of_2025(), person=LEAD)


def test_the_registry_says_what_each_version_changed_and_who_is_behind(working):
    working.publish(of_2025())

    newest, oldest = registry(rollouts=None, at=MORNING, workplace=working.place)

    assert (newest.name, oldest.name) == (AFTER, BEFORE)
    assert newest.changed.startswith("adults at high risk: systolic 130-139 or diastolic 80-89 changes")
    assert newest.source == "S3, lines 195 to 197: New hypertension guidelines released (2025)"
    assert [one.rollout for one in newest.affected] == ["small-trial"]
    assert (oldest.changed, oldest.affected) == ("", ())


def test_a_version_is_witnessed_by_the_log_and_reads_back_as_it_was(working):
    working.publish(of_2025())

    with working.place.ledger.reading() as session:
        kept = guideline_reading.content(guideline_reading.newest(session, guideline="hypertension"))
    entry = next(one for one in rows(working, Entry) if one.rollout == INSTITUTION and AFTER in one.body)

    assert kept == of_2025()
    assert json.loads(entry.body)["digest"] == of_2025().digest
    assert audit.verify(working.place.ledger) == ()
