import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from primum.integrations.figures_evaluation import figures_of
from primum.roadmap.verdicts import Finding, Level, Outcome
from primum.web.findings import criteria_of, source_of, verdict_sentence
from primum.web.gate_page import render
from primum.web.marks import moment
from primum.web.views import GateView
from tests import web_factories
from tests.unit.integrations.test_figures import INDOMETHACIN

EVALUATIONS = {
    "heart": web_factories.heart,
    "opt": web_factories.opt,
    "indomethacin": web_factories.indomethacin,
    "masai": web_factories.masai,
}
EMPTY = {"meta", "link", "br", "path", "use", "img", "hr", "input"}


def page(evaluation=None, *, state: str = "held", **changes) -> str:
    evaluation = evaluation or web_factories.heart()
    rollout, policy = web_factories.rollout(protocol=INDOMETHACIN), web_factories.policy()
    gate = web_factories.gate_view(state=state, **changes)
    figures = figures_of(evaluation=evaluation, rollout=rollout, policy=policy)
    return render(evaluation=evaluation, gate=gate, policy=policy, figures=figures)


def text_of(html: str) -> str:
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


class Outline(HTMLParser):
    """What a screen reader walks along: open tags, ids, headings, tables and their captions."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.headings, self.tables, self.captions, self.links = [], [], [], 0, 0, []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named["href"]] if tag == "a" else []
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def outline(html: str) -> Outline:
    walked = Outline()
    walked.feed(html)
    return walked


def test_a_held_gate_says_so_first_and_counts_why():
    text = text_of(page())

    assert "✕ Held The evidence does not meet the policy. Of 5 binding checks, 3 are not met." in text


def test_a_gate_that_waits_for_people_shows_who_has_signed():
    text = text_of(page(web_factories.indomethacin(), state="awaiting-seats"))

    assert "All 3 binding checks are met." in text
    assert "Clinical lead ✓ Approved Dr Amara Osei" in text
    assert "Ethicist ○ Open" in text
    assert "Why the gate does not open" not in text


def test_every_reason_is_a_sentence_with_its_requirements():
    text = text_of(page())

    assert "Gap between groups: Female: 22.7 points (36 of 50" in text
    assert "(P5.6, K5)" in text


def test_a_criterion_shows_estimate_interval_n_method_threshold_and_line():
    text = text_of(page())

    assert "All 92.3% 89.5 to 94.6 432 of 468 patients" in text
    assert "Asked for more than 95.0% at the lower end of the interval" in text
    assert "Method Clopper-Pearson, raw, 95% interval" in text
    assert "Source source summary, line 68" in text


def test_documents_missing_and_in_force_are_both_there():
    missing, there = text_of(page(web_factories.opt())), text_of(page())

    assert "Ethics committee approval is missing; add a document" in missing
    assert "is in force. Issued 1 June 2026 by ethics committee, in force until 1 June 2027." in there


def test_data_quality_shows_counts_and_never_a_value():
    evaluation = web_factories.evaluation(findings=(), checks=(web_factories.data_check(bad_rows=172),))

    text = text_of(page(evaluation))

    assert "172 of 748 rows do not" in text
    assert "748 rows of kind diagnostic; 1 of 2 expectations hold" in text


def test_digests_and_the_run_are_there_to_check():
    text = text_of(page())

    assert "Evidence digest to sign sha256:7f7f" in text
    assert "MLflow run de27486124294810afd4e5ac147ba976" in text


@pytest.mark.parametrize("name", EVALUATIONS)
def test_a_page_needs_nothing_from_elsewhere_and_runs_no_script(name):
    html = page(EVALUATIONS[name]())

    assert not re.search(r"<(script|link|img|iframe|object|embed|form)\b", html)
    assert not re.search(r"\son\w+=", html)
    assert not re.search(r"(?<!xmlns=\")(?<!xlink=\")https?://(?!models\.example)", html)
    assert not re.search(r"@import|url\((?!#)", html)
    assert "default-src 'none'" in html


@pytest.mark.parametrize("name", EVALUATIONS)
def test_a_page_can_be_walked_by_a_screen_reader(name):
    walked = outline(page(EVALUATIONS[name]()))

    assert walked.open == []
    assert len(walked.ids) == len(set(walked.ids))
    assert walked.headings[0] == 1
    assert walked.headings.count(1) == 1
    assert all(then <= now + 1 for now, then in zip(walked.headings, walked.headings[1:], strict=False))
    assert walked.tables == walked.captions
    assert {link[1:] for link in walked.links} <= set(walked.ids)


@pytest.mark.parametrize("name", EVALUATIONS)
def test_no_mark_is_a_colour_alone(name):
    html = page(EVALUATIONS[name]())

    marks = re.findall(r'class="mark \w+"><span aria-hidden="true">(.)</span>([^<]+)<', html)
    assert len(marks) == html.count('class="mark ')
    assert all(word.strip() for _, word in marks)


HOSTILE = "<script>alert('x')</script><b>\"&'"


def test_whatever_people_wrote_is_text():
    estimate = web_factories.share("site_sensitivity", 20, 40, f"site={HOSTILE}")
    finding = Finding(
        check="document:x",
        kind="document",
        outcome=Outcome.FAIL,
        level=Level.OVERRIDABLE,
        sentence=HOSTILE,
        requirements=(HOSTILE,),
    )
    evaluation = web_factories.evaluation(
        findings=(web_factories.judged("site-sensitivity", estimate, replace(estimate, scope="site=B")), finding)
    )

    html = page(evaluation, title=HOSTILE, summary=HOSTILE, next_step=HOSTILE, model=HOSTILE, run_id=HOSTILE)

    assert "<script" not in html
    assert "<b>" not in html
    assert html.count("&lt;script&gt;") >= 10


def test_a_cell_of_few_people_is_named_and_not_shown_even_if_nobody_marked_it():
    few = web_factories.share("site_sensitivity", 7, 9, "site=Ward")
    other = web_factories.share("site_sensitivity", 20, 40, "site=Other")
    finding = replace(web_factories.judged("site-sensitivity", other), estimates=(few, other))

    html = page(web_factories.evaluation(findings=(finding,)))

    assert "Not shown" in html
    assert "too few patients to show" in html
    assert "7 of 9" not in html
    assert "77.8" not in html


def test_a_number_never_speaks_with_the_voice_of_the_who():
    assert all("WHO requires" not in page(make()) for make in EVALUATIONS.values())


def test_a_criterion_that_was_not_asked_to_bind_says_that_it_does_not_hold_the_gate():
    assert "✓ Met (advisory, does not hold the gate)" in text_of(page(web_factories.masai()))


def test_many_estimates_fold_away_after_the_worst_five():
    sites = [web_factories.share("site_sensitivity", 50 + number, 100, f"site={number}") for number in range(12)]

    html = page(web_factories.evaluation(findings=(web_factories.judged("site-sensitivity", *sites),)))

    assert "<summary>7 more</summary>" in html


def test_the_site_farthest_from_what_was_asked_stands_on_top():
    (view,) = [
        one
        for one in criteria_of(web_factories.opt().verdict, policy=web_factories.policy())
        if one.title == "Safety at each site"
    ]

    assert [row.group for row in view.first] == ["New York", "Mississippi", "Minnesota", "Kentucky"]


def test_a_gate_without_any_binding_check_never_looks_like_a_pass():
    empty = replace(web_factories.heart().verdict, findings=())

    assert verdict_sentence(empty) == "Nothing that binds was checked, and that is never a pass."


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"file": "S3", "line": 68}, "source summary, line 68"),
        ({"file": "S3", "line": 296, "to_line": 298}, "source summary, lines 296 to 298"),
        ({"file": "S0", "line": 10}, "source on governance, line 10"),
        ({"file": "local", "words": "board minute 14"}, "set locally: board minute 14"),
    ],
)
def test_a_source_is_cited_by_its_line_or_by_who_set_it(source, words):
    rule = web_factories.policy().criteria[0].source.__class__.model_validate(source)

    assert source_of(rule) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-21T14:05:00+01:00", "21 November 2026, 14:05 (UTC+01:00)"),
        ("2026-03-02T09:00:00+00:00", "2 March 2026, 09:00 (UTC)"),
    ],
)
def test_a_moment_is_written_as_people_write_it(at, words):
    assert moment(at) == words


def test_the_view_of_a_gate_is_text_through_and_through():
    view = web_factories.gate_view()

    assert isinstance(view, GateView)
    assert all(isinstance(value, str | tuple) for value in vars(view).values())
