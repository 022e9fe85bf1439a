from dataclasses import replace

from primum.integrations.figures_evaluation import figures_of, shares_of
from tests import web_factories
from tests.unit.integrations.test_figures import INDOMETHACIN


def drawn(evaluation, **changes):
    rollout = web_factories.rollout(**changes)
    return {one.name: one for one in figures_of(evaluation=evaluation, rollout=rollout, policy=web_factories.policy())}


def test_the_heart_model_gets_sites_groups_and_gaps():
    figures = drawn(web_factories.heart())

    assert list(figures) == ["site-sensitivity", "equity-gap-groups", "equity-gap"]


def test_the_share_of_each_group_is_drawn_with_its_exact_interval():
    figure = drawn(web_factories.heart())["equity-gap-groups"]

    assert figure.title == "Sensitivity by group of patients"
    assert figure.rows[0] == ("Female", "36 of 50", "72.0%", "57.5 to 83.8", "no rule")
    assert figure.rows[1] == ("Male", "396 of 418", "94.7%", "92.1 to 96.7", "no rule")


def test_a_group_too_small_to_show_has_no_share():
    few = replace(web_factories.gap("gap_sensitivity", 0.1, 0.0, 0.2, 0, "sex=X"), value=None, suppressed=True)

    (share,) = shares_of((few,))

    assert (share.value, share.suppressed, share.metric) == (None, True, "sensitivity")


def test_a_cell_below_the_policys_minimum_is_not_drawn_even_if_nobody_marked_it():
    few = web_factories.share("site_sensitivity", 7, 9, "site=Ward")
    others = web_factories.heart().verdict.findings[2].estimates

    figure = drawn(web_factories.evaluation(findings=(web_factories.judged("site-sensitivity", few, *others),)))

    assert figure["site-sensitivity"].rows[0][:3] == ("Ward", "", "too few to show")


def test_a_trial_with_planned_looks_shows_them_first():
    figures = drawn(web_factories.indomethacin(), protocol=INDOMETHACIN)

    assert list(figures) == ["looks"]
    assert figures["looks"].title == "Looks at pancreatitis"


def test_a_trial_without_looks_shows_its_sites():
    assert list(drawn(web_factories.opt())) == ["site-safety"]


def test_an_evaluation_with_nothing_known_has_no_figure():
    assert drawn(web_factories.masai()) == {}
