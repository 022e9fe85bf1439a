"""Two who publish, look back or mark units at one moment, on both databases: one is kept, and nothing twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from primum.actions import look_back
from primum.actions.guidelines import CannotPublish
from primum.actions.look_back import CannotLookBack
from primum.ledger import audit
from primum.ledger.guideline_tables import GuidelineVersion, LookBack
from primum.ledger.refusals import LedgerUnreachable
from tests.factories import MORNING
from tests.guideline_factories import before_2025, changed_copy, of_2025
from tests.guidelines_at_work import AFTER, LEAD, at_work

AT_ONCE = 4


@pytest.fixture
def working(tmp_path, ledger_url):
    working = at_work(tmp_path, database_url=ledger_url)
    working.publish(before_2025())
    yield working
    working.place.ledger.close()


def at_one_moment(*actions):
    """What became of each: its result, or its refusal."""

    def tried(action):
        try:
            return action()
        except (CannotPublish, CannotLookBack, LedgerUnreachable) as refused:
            return refused

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(tried, actions))


def rows(working, table):
    with working.place.ledger.reading() as session:
        return session.exec(select(table)).all()


def test_one_version_published_by_several_is_kept_once(working):
    found = at_one_moment(*[lambda: working.publish(of_2025())] * AT_ONCE)

    assert sum(getattr(one, "is_new", False) for one in found) == 1
    assert len(rows(working, GuidelineVersion)) == 2
    assert audit.verify(working.place.ledger) == ()


def test_different_versions_of_one_day_are_not_both_kept(working):
    versions = [changed_copy(of_2025(), version=f"2025-{n}") for n in range(AT_ONCE)]

    found = at_one_moment(*[lambda one=one: working.publish(one) for one in versions])

    assert sum(getattr(one, "is_new", False) for one in found) == 1
    assert len(rows(working, GuidelineVersion)) == 2


def test_one_look_back_made_by_several_has_one_list_and_one_seal(working):
    working.publish(of_2025())
    working.advise([(f"U-{n:04d}", "north", 50, "high", 134, 70) for n in range(40)])
    given = {"person": working.person(LEAD), "at": MORNING, "workplace": working.place}
    asked = {"submission": working.submission(), "evidence": "past-advice", "new": AFTER}

    found = at_one_moment(*[lambda: look_back.make(**asked, **given)] * AT_ONCE)
    (row,) = rows(working, LookBack)
    marked = at_one_moment(
        *[
            lambda part=part: look_back.close(
                look_back=row.id, units=[f"U-{10 * part + n:04d}" for n in range(10)], **given
            )
            for part in range(AT_ONCE)
        ]
    )

    assert any(getattr(one, "is_new", False) for one in found)
    assert all(isinstance(one, look_back.LookBackState) for one in marked), marked
    assert look_back.make(**asked, **given).state.complete
