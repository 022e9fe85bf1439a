import re

import pytest

from primum.web.board import board_page, board_row, render_board
from tests.unit.web.test_gate_page import outline, text_of

AT = "2026-11-21T14:05:00+01:00"


def row(**changes):
    values = {
        "rollout": "cardiac-second-opinion",
        "title": "Cardiac second opinion",
        "kind": "rollout",
        "stage": "assess",
        "gate": "cardiac-second-opinion.G1.1",
        "state": "held",
        "exposure": "off",
        "reasons": ("Sensitivity in women is 36 of 50.",),
    }
    return board_row(**{**values, **changes})


def test_the_board_has_a_column_for_each_stage_even_an_empty_one():
    page = board_page([row()], at=AT)

    assert [column.stage for column in page.columns] == ["assess", "pilot", "scale", "sustain"]
    assert [len(column.rows) for column in page.columns] == [1, 0, 0, 0]


def test_a_row_says_its_state_its_reason_and_who_receives_output():
    text = text_of(render_board([row(state="awaiting-seats", link="gate.html")], at=AT))

    assert "✎ Waiting for signatures Sensitivity in women is 36 of 50." in text
    assert "nobody receives output" in text


def test_the_board_begins_with_how_many_are_where():
    rows = [row(), row(state="suspended"), row(stage="pilot")]

    assert board_page(rows, at=AT).summary == "3 rollouts: 2 held, 1 suspended."
    assert board_page([], at=AT).summary == "No rollout is registered yet."


def test_a_suspended_rollout_looks_suspended_whatever_its_gate():
    assert row(state="suspended").mark.word == "Suspended"


def test_a_state_nobody_knows_is_not_dressed_up_as_one_we_know():
    assert row(state="not asked yet").mark.word == "Not asked yet"


@pytest.mark.parametrize("field", ["title", "gate", "exposure", "link"])
def test_whatever_stands_in_a_row_is_text(field):
    hostile = "<script>x</script>\"'"

    html = render_board([row(**{field: hostile}, reasons=(hostile, hostile))], at=AT)

    assert "<script" not in html


def test_the_board_can_be_walked_and_needs_nothing_from_elsewhere():
    html = render_board([row(), row(stage="pilot", link="a.html")], at=AT)
    walked = outline(html)

    assert walked.open == []
    assert walked.headings == [1, 2, 3, 2, 3, 2, 2]
    assert not re.search(r"<(script|link|img|iframe)\b|https?://", html)


def test_the_main_reason_is_read_first_and_the_others_fold_away():
    html = render_board([row(reasons=("First.", "Second.", "Third."))], at=AT)

    assert "<p>First.</p>" in html
    assert "<summary>More reasons: 2</summary>" in html
