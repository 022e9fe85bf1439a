import re
from pathlib import Path

import pytest

from primum.integrations.figures_canvas import COLOURS, INK, MUTED
from primum.web import rendering

STYLE = (Path(rendering.__file__).parent / "static" / "style.css").read_text()
LIGHT, DARK, PRINT = (
    dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
)


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK, PRINT], ids=["light", "dark", "print"])
@pytest.mark.parametrize("ink", ["ink", "muted", "link", "pass", "fail", "unknown", "wait"])
def test_every_text_can_be_read_on_every_ground(colours, ink):
    assert contrast(colours[ink], colours["paper"]) >= 4.5
    assert contrast(colours[ink], colours["panel"]) >= 4.5


@pytest.mark.parametrize("colour", [INK, MUTED, *COLOURS.values()])
def test_every_mark_of_a_figure_stands_out_on_paper(colour):
    assert contrast(colour, "#ffffff") >= 4.5


def test_a_figure_in_a_page_takes_every_colour_from_the_page():
    from tests.unit.integrations.test_figures import LOOKS, figures, forest

    for figure in (forest(), figures.looks(LOOKS, title="Looks", planned_units=948)):
        assert not re.findall(r"#[0-9a-f]{6}\b", rendering.figure_view(figure).svg)
