import re
from xml.etree import ElementTree as ET

import pytest

from primum.integrations import figures_canvas
from primum.web.rendering import figure_view
from tests.drawings import LONG, all_figures

FIGURES = all_figures()
KINDS = pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)


@KINDS
def test_a_drawing_is_well_formed_and_names_itself(figure):
    root = ET.fromstring(figure.svg)

    assert root.get("role") == "img"
    assert [child.text for child in root if child.tag.endswith("title")] == [figure.title]
    assert figure.png.startswith(b"\x89PNG")


@KINDS
def test_a_drawing_stands_inside_a_page_and_asks_nobody_for_anything(figure):
    assert figure.svg.startswith("<svg")
    assert "<metadata" not in figure.svg
    assert not re.search(r'(href|src)="(?!#)', figure.svg)


@KINDS
def test_a_drawing_can_be_read_on_a_telephone(figure):
    sizes = [float(size) for size in re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", figure.svg)]
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', figure.svg).group(1))

    assert min(sizes) >= 9
    assert width <= 250


@KINDS
def test_a_drawing_in_a_page_takes_every_colour_from_the_page(figure):
    assert not re.findall(r"#[0-9a-f]{6}\b", figure_view(figure).svg)


@KINDS
def test_the_words_beside_a_drawing_are_whole_sentences(figure):
    assert figure.alt.startswith(f"{figure.title}: ")
    assert figure.alt.endswith(".")
    assert not re.search(r"nan|inf\b|None", figure.alt)


@KINDS
def test_every_row_of_the_table_has_every_column(figure):
    assert figure.rows
    assert {len(row) for row in figure.rows} == {len(figure.columns)}


def test_the_same_values_are_drawn_as_the_same_bytes(monkeypatch):
    first = all_figures()
    for module in ("calibration", "roc", "charts", "power", "boxes"):
        drawing = __import__(f"primum.integrations.figures_{module}", fromlist=["x"])
        next(getattr(drawing, name) for name in dir(drawing) if name.startswith("draw_")).cache_clear()

    again = all_figures()

    assert {name: (one.svg, one.png) for name, one in first.items()} == {
        name: (one.svg, one.png) for name, one in again.items()
    }


def test_a_long_name_is_broken_and_never_cut():
    words = " ".join(re.findall(r">([^<>]+)</text>", FIGURES["power"].svg))

    assert all(word in words for word in LONG.split())


def test_a_word_wider_than_its_place_is_broken_with_a_hyphen():
    lines = figures_canvas.wrapped("Donaudampfschifffahrtsgesellschaft", width=60)

    assert all(figures_canvas.breadth(line) <= 60 for line in lines)
    assert all(line.endswith("-") for line in lines[:-1])
    assert "".join(lines).replace("-", "") == "Donaudampfschifffahrtsgesellschaft"
