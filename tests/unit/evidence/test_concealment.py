"""A hidden group stays hidden although the total is shown."""

from primum.evidence.measures.concealment import with_partners_hidden
from tests import factories


def site(name, n, **changes):
    return factories.estimate(metric="site_sensitivity", scope=f"site={name}", n=n, **changes)


def hidden(name):
    return site(name, 0, value=None, lower=None, upper=None, events=None, suppressed=True)


def names_hidden(estimates):
    return {one.scope for one in with_partners_hidden(estimates) if one.suppressed}


def test_the_smallest_other_group_is_hidden_with_a_single_hidden_one():
    estimates = [site("north", 400), site("south", 22), hidden("west"), factories.estimate(n=425)]

    after = with_partners_hidden(estimates)

    assert {one.scope for one in after if one.suppressed} == {"site=south", "site=west"}
    assert next(one for one in after if one.scope == "site=south").n == 0


def test_two_hidden_groups_need_no_partner():
    estimates = [site("north", 400), site("south", 22), hidden("west"), hidden("east")]

    assert names_hidden(estimates) == {"site=west", "site=east"}


def test_where_nothing_is_hidden_nothing_changes():
    estimates = (site("north", 400), site("south", 22), factories.estimate())

    assert with_partners_hidden(estimates) == estimates


def test_each_attribute_and_endpoint_is_a_family_of_its_own():
    estimates = [
        factories.estimate(scope="site=north, endpoint=death", n=50),
        factories.estimate(scope="site=south, endpoint=death", n=0, value=None, suppressed=True),
        factories.estimate(scope="site=north, endpoint=recall", n=50),
        factories.estimate(scope="site=south, endpoint=recall", n=40),
    ]

    assert names_hidden(estimates) == {"site=north, endpoint=death", "site=south, endpoint=death"}
