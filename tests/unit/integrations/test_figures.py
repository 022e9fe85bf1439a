import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest

from primum.evidence.trials.sequential import LookResult
from primum.integrations import figures
from primum.integrations.figures_forest import draw_forest
from primum.integrations.figures_looks import draw_looks
from primum.integrations.figures_sequence import looks_of
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Protocol
from tests import web_factories

POLICY = {one.id: one for one in web_factories.policy().criteria}
SITES = (("Cleveland", 125, 138), ("Hungary", 94, 106), ("Switzerland", 102, 115), ("Long Beach VA", 111, 114))


LOOKS = (
    LookResult(number=2, information=602, fraction=602 / 948, boundary=2.595016, z=2.828163),
    LookResult(number=1, information=400, fraction=400 / 948, boundary=3.2, z=None),
    LookResult(number=3, information=948, fraction=1.0, boundary=2.0, z=None, reached=False),
)


def by_site() -> tuple[Estimate, ...]:
    return tuple(web_factories.share("site_sensitivity", a, n, f"site={site}") for site, a, n in SITES)


def forest(estimates=None, **changes):
    given = {"title": "Sensitivity by site", "threshold": POLICY["sensitivity"].threshold, **changes}
    return figures.forest(by_site() if estimates is None else estimates, **given)


def test_a_forest_plot_says_in_words_what_it_shows():
    figure = forest()

    assert "Lowest: Hungary 88.7% (interval 81.1 to 94.0; 94 of 106)" in figure.alt
    assert "The policy asks for more than 95.0%" in figure.alt
    assert "Not yet known: Long Beach VA" in figure.alt


def test_the_data_table_beside_a_forest_plot_holds_every_row():
    figure = forest()

    assert figure.columns == ("Group", "Counts", "Value", "Interval", "Policy")
    assert figure.rows[1] == ("Hungary", "94 of 106", "88.7%", "81.1 to 94.0", "does not meet it")
    assert len(figure.rows) == len(SITES)


def test_gaps_are_drawn_in_points_against_the_limit():
    women = web_factories.gap("gap_sensitivity", 0.2274, 0.106, 0.3665, 50, "sex=Female", events=36)
    men = web_factories.gap("gap_sensitivity", 0.0, 0.0, 0.0, 418, "sex=Male", events=396)

    figure = figures.gaps((women, men), title="Gap by sex", threshold=POLICY["equity-gap"].threshold)

    assert figure.rows[0] == ("Female", "36 of 50", "22.7 points", "10.6 to 36.6", "does not meet it")
    assert "less than 5.0 points" in figure.svg


def test_looks_are_named_with_their_boundary_and_what_was_observed():
    figure = figures.looks(LOOKS, title="Looks", planned_units=948)

    assert figure.rows[0] == ("400 of 948 (42.2%)", "yes", "3.200000", "", "not observed")
    assert figure.rows[1] == ("602 of 948 (63.5%)", "yes", "2.595016", "2.828163", "boundary crossed")
    assert figure.rows[2] == ("948 of 948 (100.0%)", "yes", "2.000000", "", "still to come")
    assert "the observed z is 2.828, boundary crossed" in figure.alt


@pytest.mark.parametrize("draw", [forest, lambda: figures.looks(LOOKS, title="Looks", planned_units=948)])
def test_the_same_figure_has_the_same_bytes(draw):
    first = draw()
    draw_forest.cache_clear()
    draw_looks.cache_clear()
    again = draw()

    assert (first.svg, first.png) == (again.svg, again.png)


@pytest.mark.parametrize("draw", [forest, lambda: figures.looks(LOOKS, title="Looks", planned_units=948)])
def test_a_figure_is_drawn_once_for_the_record_and_the_page(draw):
    first, again = draw(), draw()

    assert first.svg is again.svg
    assert first.png is again.png


def test_another_process_draws_the_same_bytes_and_never_needs_pyplot():
    code = (
        "import hashlib, sys; from tests.unit.integrations.test_figures import forest;"
        "print(hashlib.sha256(forest().svg.encode() + forest().png).hexdigest());"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, env={"PYTHONHASHSEED": "7"}
    )

    here = hashlib.sha256(forest().svg.encode() + forest().png).hexdigest()

    assert there.stdout.strip() == here


def test_a_drawing_stands_inside_a_page_and_asks_nobody_for_anything():
    svg = forest().svg

    assert svg.startswith("<svg")
    assert "<metadata" not in svg
    assert "<!DOCTYPE" not in svg
    assert not re.search(r'(href|src)="(?!#)', svg)


def test_a_drawing_is_well_formed_and_names_itself():
    root = ET.fromstring(forest(title="Sites & <groups>").svg)

    names = [child.text for child in root if child.tag.endswith("title")]
    assert names == ["Sites & <groups>"]
    assert root.get("role") == "img"


def test_ids_of_two_drawings_on_a_page_are_never_the_same():
    first, second = forest(name="first"), forest(name="second")

    ids = [re.findall(r'\bid="([^"]+)"', figure.svg) for figure in (first, second)]

    assert not set(ids[0]) & set(ids[1])


def test_letters_are_at_least_nine_points_high_on_a_sheet_no_wider_than_a_telephone():
    for figure in (forest(), figures.looks(LOOKS, title="Looks", planned_units=948)):
        sizes = [float(size) for size in re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", figure.svg)]
        width = float(re.search(r'viewBox="0 0 ([\d.]+)', figure.svg).group(1))

        assert min(sizes) >= 9
        assert width <= 250


def test_a_cell_too_small_to_show_keeps_its_row_and_loses_its_numbers():
    small = replace(web_factories.share("site_sensitivity", 3, 4, "site=St. Mary's"), suppressed=True)

    figure = forest((*by_site(), small))

    assert figure.rows[-1] == ("St. Mary's", "", "too few to show", "", "no rule")
    assert "3 of 4" not in figure.alt + figure.svg
    assert "75.0" not in figure.alt + figure.svg
    assert "Rows with too few people to show: 1." in figure.alt


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_an_unknown_value_is_named_and_not_drawn(value):
    odd = replace(by_site()[0], value=value)

    figure = forest((*by_site()[1:], odd))

    assert figure.rows[-1][2] == "not known"
    assert "Not yet known: Long Beach VA, Cleveland" in figure.alt


def test_nothing_known_is_refused_rather_than_drawn_empty():
    nothing = replace(by_site()[0], value=None)

    with pytest.raises(figures.NothingToDraw, match="no known estimate among its 1"):
        forest((nothing,))


def test_a_site_with_a_strange_name_is_only_text():
    strange = replace(by_site()[0], scope="site=<script>alert(1)</script> $x^2$ & co")

    figure = forest((strange,))

    assert "<script>" not in figure.svg
    assert ET.fromstring(figure.svg) is not None


def test_a_long_name_is_broken_and_never_cut():
    long = "Universitätsklinikum der Vereinigten Bezirke Nord und Süd, Zentrum für Innere Medizin"
    figure = forest((replace(by_site()[0], scope=f"site={long}"),))

    words = " ".join(re.findall(r">([^<>]+)</text>", figure.svg))

    assert all(word in words for word in long.split())


def test_drawing_leaves_no_trace_in_the_settings_of_matplotlib():
    import matplotlib as mpl

    before = dict(mpl.rcParams)

    forest(title="Not drawn before")

    assert dict(mpl.rcParams) == before


def test_a_negative_number_carries_a_minus_that_is_read_out():
    safe = web_factories.gap("site_safety", -0.031, -0.112, 0.048, 204, "site=Minnesota")

    figure = forest((safe,), threshold=POLICY["site-safety"].threshold)

    assert figure.rows[0][2:4] == ("\u22123.1 points", "\u221211.2 to 4.8")


def test_the_line_of_the_policy_is_the_fraction_of_the_policy():
    assert POLICY["sensitivity"].threshold.fraction == Fraction(95, 100)
    assert "policy: more than 95.0%" in forest().svg


def test_rows_are_named_by_level_alone_where_all_belong_to_one_attribute():
    scopes = ("site=NY, endpoint=any serious adverse event", "site=Bern, Inselspital, endpoint=recall", "all")

    rows = figures.rows_of([replace(by_site()[0], scope=scope) for scope in scopes], threshold=None)

    assert [row.label for row in rows] == ["NY, any serious adverse event", "Bern, Inselspital, recall", "All"]


def test_rows_of_several_attributes_say_which_and_the_largest_difference_is_named_so():
    rows = figures.rows_of(
        [replace(by_site()[0], scope=scope) for scope in ("sex=F", "age=80+", "sex")], threshold=None
    )

    assert [row.label for row in rows] == ["sex: F", "age: 80+", "sex: largest minus smallest"]


INDOMETHACIN = Protocol.model_validate(
    {
        "design": "parallel-rct",
        "question": "superiority",
        "unit": "patient",
        "arms": ("indomethacin", "placebo"),
        "primary": {"name": "pancreatitis", "event": "pancreatitis", "good": "lower"},
        "spending": "lan-demets-obrien-fleming",
        "looks": ({"at": 400}, {"at": 600}, {"at": 948}),
        "planned_units": 948,
    }
)


def test_the_looks_of_the_indomethacin_trial_follow_from_its_repeated_interval():
    value, half = 0.07785568376304312, 0.07785568376304312 - 0.006418239012516258
    benefit = web_factories.gap("primary_benefit", value, value - half, value + half, 602, "all")

    past, now, ahead = looks_of(estimate=benefit, protocol=INDOMETHACIN)

    assert (now.information, round(now.boundary, 6), round(now.z, 6)) == (602, 2.595016, 2.828163)
    assert (past.information, past.z, ahead.information, ahead.reached) == (400, None, 948, False)


def test_an_unknown_benefit_has_no_looks():
    unknown = replace(web_factories.gap("primary_benefit", 0.0, 0.0, 0.0, 602, "all"), value=None)

    assert looks_of(estimate=unknown, protocol=INDOMETHACIN) == ()


def test_what_all_rows_share_stands_once_in_the_title():
    scopes = ("site=NY, endpoint=any serious adverse event", "site=KY, endpoint=any serious adverse event")

    figure = forest([replace(by_site()[0], scope=scope) for scope in scopes], title="Harm")

    assert figure.title == "Harm: any serious adverse event"
    assert [row[0] for row in figure.rows] == ["NY", "KY"]


def test_a_rare_event_is_written_with_enough_decimals_to_tell_its_ends_apart():
    masai = web_factories.gap("benefit_by_site", 0.0010286, -0.0000042, 0.0020701, 80020, "site=MASAI")

    figure = forest((masai,), title="Benefit", threshold=None)

    assert figure.rows[0][2:4] == ("0.10 points", "\u22120.00 to 0.21")
