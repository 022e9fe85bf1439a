import pytest

from primum.chat.rendering.texts import (
    REASON_RECORDED,
    RECORDED,
    counted,
    echoed,
    escaped,
    fitting,
    in_utc,
    link,
    listed,
    moment,
    plain,
    repeated,
    shortened,
    width,
)
from tests.factories import MORNING


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;\uff20U1&gt;"),
        ("<https://evil.example|our page>", "&lt;https\ua789//evil.example|our page&gt;"),
        ("*bold* ~no~ `code`", "\u2217bold\u2217 \u223cno\u223c \u02cbcode\u02cb"),
        ("_quiet_ but site_2", "\uff3fquiet\uff3f but site_2"),
        (":tada: at 12:30", "\ua789tada: at 12:30"),
        ("\u202egnorw\u202c", "gnorw"),
        ("a\u200bb\ufeffc", "abc"),
        ("one\ntwo\t three\x00", "one two three"),
        ("\ud800", "\ufffd"),
        ("\u3164\u2800", ""),
    ],
)
def test_words_of_others_say_nothing_in_slacks_language(typed, shown):
    assert escaped(typed) == shown


def test_a_plain_text_keeps_marks_that_mean_nothing_there():
    assert plain("*a* <b>\n\n\nc", lines=True) == "*a* &lt;b&gt;\nc"
    assert plain("*a* <b>\n\n\nc") == "*a* &lt;b&gt; c"
    assert shortened("R&D <team>", longest=80) == "R&D <team>"


@pytest.mark.parametrize(
    ("text", "longest", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd\u2026"),
        ("a & b & c", 9, "a &amp;\u2026"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301\u2026"),
        ("\U0001f44d\U0001f3ff\U0001f44d\U0001f3ff", 6, "\U0001f44d\U0001f3ff\u2026"),
        ("\U0001f1e8\U0001f1ed\U0001f1e8\U0001f1ed", 6, "\U0001f1e8\U0001f1ed\u2026"),
        ("\U0001f600" * 2_000, 101, "\U0001f600" * 50 + "\u2026"),
    ],
    ids=["fits", "too long", "no half entity", "accent", "skin tone", "flag", "emoji"],
)
def test_a_long_text_ends_at_a_whole_character(text, longest, shown):
    assert plain(text, longest=longest) == shown
    assert width(shown) <= longest


def test_a_pile_of_marks_on_one_letter_is_flattened():
    assert plain("e" + "\u0301" * 500) == "e" + "\u0301" * 4


def test_a_reason_is_quoted_unless_it_may_identify_somebody():
    assert echoed("Two fractures were missed at one site.") == "\u201cTwo fractures were missed at one site.\u201d"
    assert echoed("MRN 4471193 was missed at one site.") == REASON_RECORDED
    assert echoed("\u200b") == ""
    assert repeated("ward 3") == "ward 3"
    assert repeated("bed of Mr Smith") == RECORDED


def test_a_link_leads_only_where_it_says():
    assert link("https://a.example/x?a=1&b=|>", label="a|b>") == "<https://a.example/x?a=1&amp;b=%7C%3E|a\uff5cb&gt;>"
    assert link("https://a.example/" + "x" * 2_000, label="The page") == "The page"


def test_a_moment_is_shown_in_the_readers_zone_with_utc_beside():
    assert moment(MORNING) == "<!date^1772442000^{date_short_pretty} at {time}|2 Mar 2026, 09:00 UTC>"
    assert in_utc(MORNING) == "2 Mar 2026, 09:00 UTC"


def test_parts_that_do_not_fit_are_counted_and_never_cut():
    assert fitting(["one", "two", "three"], longest=13) == "one\ntwo\nthree"
    assert fitting(["one", "two", "three" * 9], longest=30) == "one\ntwo\n\u2026 and 1 more"


def test_numbers_and_lists_read_as_in_a_sentence():
    assert counted(1, "seat") == "1 seat"
    assert counted(2_000, "criterion", "criteria") == "2,000 criteria"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == ""
