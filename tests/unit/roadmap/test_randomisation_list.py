"""A list that somebody else drew is read in any order, and whatever does not fit the protocol has its sentence."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.roadmap.allocation import ArmList
from primum.roadmap.protocol_parts import Cluster, PlannedLevel, Planning, SiteVolume
from primum.roadmap.randomisation_list import LETTERS, ListColumns, ListUnfit, gathered, in_blocks, missing_strata
from tests import randomisation_lists
from tests.evidence_factories import protocol

CANARY = "MRN-4711"
LISTED = {"north": "icci", "south": "ciic"}
SITES = tuple(SiteVolume(site=one, per_month=10) for one in LISTED)
AT_SITES = protocol(strata=("site",), sites=SITES)


def read(rows, *, plan=AT_SITES, header=randomisation_lists.HEADER, **columns):
    return gathered(protocol=plan, columns=ListColumns(**columns), header=header, rows=rows)


def changed(number, **cells):
    every = dict(randomisation_lists.rows(LISTED))
    every[number] = every[number] | cells
    return list(every.items())


def test_a_list_is_the_same_in_whatever_order_its_lines_stand():
    rows = randomisation_lists.rows(LISTED)
    mixed = random.Random(1).sample(rows, len(rows))

    listed = read(mixed)

    assert listed == read(rows)
    assert {name: (one.first, one.letters) for name, one in listed.strata.items()} == {
        "site=north": (1, "icci"),
        "site=south": (1, "ciic"),
    }
    assert (listed.places, listed.protocol) == (8, AT_SITES.digest)


def test_a_list_may_have_its_own_words_and_columns():
    plan = protocol(strata=("site", "sex"), arms=("with the model", "alone"))
    rows = [
        (2, {"Stratum": "sex=F, site=north", "No": "1", "Treatment": "alone"}),
        (3, {"Stratum": "site=north,sex=F", "No": "2", "Treatment": "with the model"}),
    ]

    header = ("Stratum", "No", "Treatment")
    listed = read(rows, plan=plan, header=header, stratum="Stratum", sequence="No", arm="Treatment")

    assert {name: one.letters for name, one in listed.strata.items()} == {"site=north, sex=F": "ci"}


def test_without_strata_there_is_one_list():
    rows = [(number + 1, {"sequence": str(number), "arm": "control"}) for number in (1, 2, 3)]

    assert read(rows, plan=protocol(), header=("sequence", "arm")).strata[""].letters == "ccc"
    with pytest.raises(ListUnfit, match="Line 2 names a stratum, and the protocol stratifies by nothing"):
        read([(2, rows[0][1] | {"stratum": CANARY})], plan=protocol(), header=("stratum", "sequence", "arm"))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (changed(3, arm=CANARY), "Line 3 names no arm of the protocol; an arm is intervention or control or treatment"),
        (changed(3, arm=""), "Line 3 names no arm"),
        (changed(3, sequence=CANARY), "Line 3 has no whole number from 1 on as its sequence"),
        (changed(3, sequence="0"), "Line 3 has no whole number from 1"),
        (changed(3, sequence="1"), "Line 3 gives place 1 of the stratum 'site=north' a second time"),
        (changed(4, sequence="9"), "There is no place 3 of the stratum 'site=north', and it goes on after it"),
        (changed(4, site=""), "Line 4 does not say its site"),
        (changed(4, site=CANARY), "Line 4 names a site that is none of the protocol's: north, south"),
        ([], "no line below its header"),
    ],
)
def test_a_list_that_does_not_fit_is_refused_with_its_line_and_without_what_stands_there(rows, sentence):
    with pytest.raises(ListUnfit) as refused:
        read(rows)

    assert sentence.lower() in str(refused.value).lower()
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    ("header", "plan", "sentence"),
    [
        (("site", "arm"), AT_SITES, "0 columns 'sequence'"),
        (("site", "sequence", "arm", "arm"), AT_SITES, "2 columns 'arm'"),
        (("sequence", "arm"), AT_SITES, "needs a column for each of them, or one 'stratum'"),
        (("site", "site", "sequence", "arm"), AT_SITES, "two columns 'site'"),
        (randomisation_lists.HEADER, protocol(arms=("control", "usual care")), "cannot be read"),
        (
            randomisation_lists.HEADER,
            protocol(design="cluster-rct", unit="ward", clusters=(Cluster(id="ward-1"),)),
            "allocates whole clusters",
        ),
    ],
)
def test_a_list_needs_its_columns_and_a_protocol_that_randomises_units(header, plan, sentence):
    with pytest.raises(ListUnfit, match=sentence):
        read(randomisation_lists.rows(LISTED), plan=plan, header=header)


def test_a_stratum_of_several_is_named_whole():
    plan = protocol(strata=("site", "sex"))
    row = {"stratum": "north", "sequence": "1", "arm": "control"}

    with pytest.raises(ListUnfit, match=r"write site=\.\.\., sex=\.\.\."):
        read([(2, row)], plan=plan, header=("stratum", "sequence", "arm"))


def test_a_site_or_level_of_the_protocol_without_a_place_is_missing():
    levels = tuple(PlannedLevel(attribute="sex", level=one, share="1/2") for one in "FM")
    planning = Planning(control="70/100", intervention="78/100", levels=levels)
    plan = protocol(strata=("site", "sex"), sites=SITES, planning=planning)

    missing = missing_strata(protocol=plan, strata=("site=north, sex=F", "site=north, sex=M", "site=south, sex=F"))

    assert missing == ("site=south, sex=M",)
    assert missing_strata(protocol=protocol(strata=("ward",)), strata=("ward=a", "ward=b")) == ()


def test_blocks_that_the_protocol_declares_are_those_of_the_list():
    plan = protocol(strata=("site",), block_sizes=(4, 6))

    fits = read(randomisation_lists.rows({"north": "iccicicici", "south": "iic"}), plan=plan)

    assert fits.places == 13
    with pytest.raises(ListUnfit, match=r"'site=south' is not in blocks of 4 and 6 at 1:1"):
        read(randomisation_lists.rows({"north": "icci", "south": "iiiicccc"}), plan=plan)


@given(
    seed=st.binary(min_size=32, max_size=32),
    ratio=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    times=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    count=st.integers(1, 200),
)
def test_what_is_drawn_in_blocks_is_always_found_to_be_in_them(seed, ratio, times, count):
    blocks = tuple(sum(ratio) * one for one in times)
    arms = ArmList(seed=seed, protocol="sha256:p", ratio=ratio, blocks=blocks).arms(stratum="a", start=0, count=count)
    letters = "".join(LETTERS[arm] for arm in arms)

    assert in_blocks(letters=letters, ratio=ratio, sizes=blocks)
    assert not in_blocks(letters=letters + "i" * (2 * max(blocks)), ratio=ratio, sizes=blocks)


def test_neither_the_list_nor_a_stratum_shows_an_arm_when_it_is_printed():
    listed = read(randomisation_lists.rows(LISTED))

    assert "icci" not in f"{listed!r} {listed.strata['site=north']!r}"
