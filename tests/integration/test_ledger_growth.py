import pytest

from primum.ledger.growth import Growth
from primum.ledger.refusals import LedgerUnreachable
from tests.ledger_factories import decide, rollout


def test_what_was_recorded_is_told_once(ledger):
    growth = Growth(ledger=ledger)
    nothing = growth.since()

    decide(ledger, rollout())

    assert nothing == frozenset()
    assert growth.since() == {"heart"}
    assert growth.since() == frozenset()
    growth.close()


def test_kinds_that_change_nothing_for_the_asker_are_left_out(ledger):
    decide(ledger, rollout(), kind="units.allocated")

    growth = Growth(ledger=ledger)

    assert growth.since(without=("units.allocated",)) == frozenset()
    growth.close()


def test_a_database_that_went_away_is_said_and_what_it_recorded_is_told_later(ledger):
    growth = Growth(ledger=ledger)
    growth.since()
    decide(ledger, rollout())
    growth._connection.close()

    with pytest.raises(LedgerUnreachable, match="did not say"):
        growth.since()

    assert growth.since() == {"heart"}
    growth.close()
