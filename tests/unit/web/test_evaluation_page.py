import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from primum.actions.table_evaluation import evaluate_tables
from primum.actions.table_request import TableRequest
from primum.integrations.figures_table import TableFigures, figures_of_table
from primum.roadmap.judging import data_finding
from primum.roadmap.verdicts import Finding, Level, Outcome, Verdict
from primum.web.evaluation_page import PlaceRefused, render_evaluation, write_evaluation_page, write_figures
from primum.web.evaluation_view import view_of
from primum.web.recomputing import commands_of
from tests import web_factories
from tests.unit.web.test_gate_page import HOSTILE, outline, text_of

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HEART = Path("examples/cardiac-second-opinion/data/heart_model_predictions.parquet")
COLUMNS = {"case_id": "id", "patient_id": "id", "reference": "disease", "prediction": "flag", "score": "p_model"}


def judged(*, subgroups=("sex", "age_band")):
    request = TableRequest(
        kind="diagnostic",
        policy="who-lmm-2025",
        columns=COLUMNS,
        subgroups=subgroups,
        conditions=("coronary artery disease",),
    )
    return evaluate_tables(tables=[HEART], request=request, at=AT, expect=False)


@pytest.fixture(scope="module")
def heart():
    """The evaluation of the heart model, its expectations said to hold."""
    found = judged()
    check = replace(web_factories.data_check(), evidence=found.described[0].name)
    findings = (data_finding(check), *(one for one in found.verdict.findings if one.kind == "criterion"))
    described = tuple(replace(one, unchecked=0, checks=(check,)) for one in found.described)
    return replace(found, checks=(check,), verdict=Verdict(findings=findings), described=described)


@pytest.fixture(scope="module")
def page(heart):
    return render_evaluation(heart)


def view(found, **changes):
    return view_of(replace(found, **changes), figures=TableFigures(drawn=()))


def finding(outcome: Outcome, **changes) -> Finding:
    values = {"check": "sensitivity-critical", "level": Level.MANDATORY, "sentence": "Said.", "requirements": ("P2.5",)}
    return Finding(outcome=outcome, **{**values, **changes})


def test_the_verdict_stands_first_and_names_what_is_not_met(page):
    text = text_of(page)

    assert "✕ Does not meet the policy These data show that this is not met: sensitivity for conditions" in text
    assert "Of 5 binding checks, 2 are not met and 2 are not yet known." in text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.PASS, "These data show what the policy asks of them."),
        (Outcome.FAIL, "These data show that this is not met: sensitivity"),
        (Outcome.INSUFFICIENT, "These data are not enough to decide, and that is never a pass: sensitivity"),
        (Outcome.ERROR, "This could not be checked: sensitivity"),
    ],
)
def test_every_verdict_has_a_sentence(heart, outcome, words):
    assert view(heart, verdict=Verdict(findings=(finding(outcome),))).verdict.startswith(words)


def test_a_table_whose_data_are_not_sound_was_not_measured(heart):
    check = replace(web_factories.data_check(bad_rows=172), evidence=heart.described[0].name)
    described = tuple(replace(one, checks=(check,)) for one in heart.described)

    html = render_evaluation(
        replace(heart, cells={}, verdict=Verdict(findings=(data_finding(check),)), described=described)
    )

    assert "does not meet its expectations, so nothing was measured on it" in html
    assert "172 of 748 rows do not" in html
    assert "Results against the policy" not in html


def test_what_was_looked_at_comes_with_kind_rows_policy_and_groups(page):
    text = text_of(page)

    assert "Table heart-model-predictions (857 rows)" in text
    assert "What a row is Cases with the truth and the model&#39;s answer" in text
    assert "Groups compared sex, age band" in text
    assert "Cleveland 303 Hungary 293" in text


def test_a_check_says_what_was_measured_and_what_would_change_it(page):
    text = text_of(page)

    assert "Gap in sensitivity between groups of patients: Female: 22.7 points (36 of 50" in text
    assert (
        "More data of the same kind will hardly change this: even the more favourable end of the interval for" in text
    )
    assert "more cases in 55+ would decide it, if the truth is as good as asked." in text
    assert "It must first be measurable; at present: the column &#39;reader_alone&#39; is not mapped." in text


def test_both_readings_are_named_and_the_other_one_was_tried(page):
    text = text_of(page)

    assert "Does a gap of exactly 5 points pass?" in text
    assert "the other reading was tried as well: every result on this page stays the same." in text


def test_the_words_of_the_page_are_explained_and_no_others(page):
    text = text_of(page)

    assert "sensitivity Of the people who have the condition, the share that the model finds." in text
    assert "not yet known The data are too few" in text
    assert "Miettinen" not in text


def test_the_command_that_gives_the_same_numbers_names_every_column(heart):
    again, explained = map(shlex.split, commands_of(heart))

    assert again[:3] == ["primum", "evaluate", "heart_model_predictions.parquet"]
    assert {"score=p_model", "reference=disease", "coronary artery disease"} <= set(again)
    assert explained == [*again, "--explain", "sensitivity-critical"]


def test_figures_stand_in_the_page_with_their_numbers_beside_them(page):
    assert page.count("<svg") == page.count("The numbers of this figure:") == 13
    assert "How well the score ranks by sex" in page


def test_a_page_needs_nothing_from_elsewhere_and_runs_no_script(page):
    assert not re.search(r"<(script|link|img|iframe|object|embed|form)\b", page)
    assert not re.search(r"(?<!xmlns=\")(?<!xlink=\")https?://", page)
    assert not re.search(r"@import|url\((?!#)", page)
    assert str(Path.cwd()) not in page


def test_a_page_can_be_walked_by_a_screen_reader(page):
    walked = outline(page)

    assert walked.open == []
    assert len(walked.ids) == len(set(walked.ids))
    assert walked.headings.count(1) == 1
    assert all(then <= now + 1 for now, then in zip(walked.headings, walked.headings[1:], strict=False))
    assert walked.tables == walked.captions
    assert {link[1:] for link in walked.links} <= set(walked.ids)


def test_no_mark_is_a_colour_alone(page):
    marks = re.findall(r'class="mark \w+"><span aria-hidden="true">(.)</span>([^<]+)<', page)

    assert len(marks) == page.count('class="mark ')


def test_whatever_people_wrote_is_text(heart):
    described = tuple(replace(one, name=HOSTILE) for one in heart.described)
    said = finding(Outcome.FAIL, sentence=HOSTILE, requirements=(HOSTILE,))

    html = render_evaluation(replace(heart, described=described, verdict=Verdict(findings=(said,))))

    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_small_group_is_named_without_a_number(heart):
    policy = heart.judged.policy.model_copy(update={"smallest_cell": 130})

    groups = view(heart, judged=replace(heart.judged, policy=policy)).groups

    assert dict(groups[0].rows) == {
        "Cleveland": "303",
        "Hungary": "293",
        "Switzerland": "not shown",
        "VA Long Beach": "not shown",
    }


def test_counts_that_sites_have_sent_have_a_page_too(heart):
    sites = tuple(replace(heart.described[0], name=f"site-{number}") for number in range(40))

    html = render_evaluation(replace(heart, facts=(), described=sites))

    assert "site-39 (857 rows)" in text_of(html)
    assert "--counts-in" in html


def test_a_page_is_replaced_as_a_whole(heart, tmp_path):
    first = write_evaluation_page(heart, out=tmp_path / "page.html")
    again = write_evaluation_page(heart, out=tmp_path / "page.html")

    assert first == again
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_figures_are_written_as_svg_and_png_with_their_words(heart, tmp_path):
    written = write_figures(heart, folder=tmp_path / "figures")

    assert {"roc-all.svg", "roc-all.png", "roc-all.txt"} <= {path.name for path in written}
    assert (tmp_path / "figures" / "gap-sensitivity.txt").read_text().startswith("Gap in sensitivity")


def test_a_place_that_cannot_be_written_is_refused_with_a_sentence(heart, tmp_path):
    with pytest.raises(PlaceRefused, match="cannot be written: No such file or directory"):
        write_evaluation_page(heart, out=tmp_path / "absent" / "page.html")


def test_a_site_with_too_few_negatives_has_no_curve_and_its_neighbours_no_counts(heart):
    drawn = figures_of_table(
        verdict=heart.verdict, cells=heart.cells, rollout=heart.judged.rollout, policy=heart.judged.policy
    ).drawn
    by_site = next(one for one in drawn if one.name == "roc-site")

    assert by_site.rows[2][:2] == ("Switzerland", "fewer than 10 with or without the condition")
    assert {row[2] for row in by_site.rows} == {""}
