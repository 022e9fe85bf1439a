"""Laws of the rules."""

from hypothesis import given
from hypothesis import strategies as st

from primum.roadmap.gates import TRANSITIONS, GateState, why_not_move
from primum.roadmap.judging import weigh
from primum.roadmap.people import Role
from primum.roadmap.seats import Seat, matching
from primum.roadmap.verdicts import BADNESS
from tests import factories

shares = st.floats(min_value=0, max_value=1)
roles = st.sampled_from([Role.CLINICAL_LEAD, Role.ETHICIST, Role.TECHNOLOGIST, Role.AUDITOR])


@given(low=shares, high=shares, better=st.floats(min_value=0, max_value=0.5))
def test_better_evidence_never_closes_a_gate(low, high, better):
    low, high = sorted((low, high))
    before = factories.estimate(value=low, lower=low, upper=high)
    after = factories.estimate(value=low, lower=min(low + better, 1.0), upper=min(high + better, 1.0))

    rule = factories.threshold()

    assert BADNESS[weigh(threshold=rule, estimate=after)] <= BADNESS[weigh(threshold=rule, estimate=before)]


@given(low=shares, high=shares, width=st.floats(min_value=0, max_value=0.5))
def test_a_wider_interval_never_opens_a_gate_that_a_narrower_one_held(low, high, width):
    low, high = sorted((low, high))
    rule = factories.threshold()
    narrow = weigh(threshold=rule, estimate=factories.estimate(value=low, lower=low, upper=high))
    wide = weigh(threshold=rule, estimate=factories.estimate(value=low, lower=low - width, upper=high + width))

    assert narrow == "pass" or wide != "pass"


@given(
    chairs=st.lists(roles, max_size=5),
    people=st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.frozensets(roles), max_size=6),
)
def test_matching_seats_as_many_as_any_assignment_could(chairs, people):
    seats = tuple(Seat(role=role, number=number) for number, role in enumerate(chairs))

    seated = matching(seats=seats, candidates=people)

    assert all(seats[index].role in people[person] for index, person in seated.items())
    assert len(set(seated.values())) == len(seated)
    assert len(seated) == _most(list(chairs), {name: set(held) for name, held in people.items()})


def _most(chairs, people):
    if not chairs:
        return 0
    first, rest = chairs[0], chairs[1:]
    without = _most(rest, people)
    with_one = [
        1 + _most(rest, {other: held for other, held in people.items() if other != name})
        for name, held in people.items()
        if first in held
    ]
    return max([without, *with_one])


@given(now=st.sampled_from(list(GateState)), then=st.sampled_from(list(GateState)))
def test_only_the_ways_of_the_table_are_open(now, then):
    assert (why_not_move(now=now, then=then) is None) is (then in TRANSITIONS[now])
