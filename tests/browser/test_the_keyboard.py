"""Signing with the keyboard alone: where the focus goes, that it is seen, and that nothing holds it."""

import pytest

from primum.ledger import reading
from tests.browser.chromium import WIDE
from tests.browser.hospital import LEAD

GATE = "discharge-letters.G1.1"
FOCUSED = "document.activeElement"
OUTLINE = f"getComputedStyle({FOCUSED}).outlineStyle"
MOST_STEPS = 60


def at(window) -> str:
    """Return the words of what has the focus."""
    return window.page.evaluate(f"({FOCUSED}.labels?.[0]?.innerText ?? {FOCUSED}.innerText ?? '').trim()")


def go_to(window, words: str) -> None:
    """Press Tab until something with these words has the focus; each stop on the way shows where it is."""
    for _ in range(MOST_STEPS):
        window.page.keyboard.press("Tab")
        if window.page.evaluate(f"{FOCUSED} !== document.body"):
            assert window.page.evaluate(OUTLINE) != "none", f"the focus on '{at(window)}' is not seen"
        if at(window).startswith(words):
            return
    raise AssertionError(f"'{words}' was not reached in {MOST_STEPS} steps")


@pytest.fixture
def window(window_of):
    return window_of(LEAD)


def test_the_first_stop_skips_to_the_content(window):
    window.open("/")

    window.page.keyboard.press("Tab")
    first = at(window)
    window.page.keyboard.press("Enter")

    assert first == "Skip to the content"
    assert window.page.evaluate(f"{FOCUSED}.id") == "main"


def test_a_gate_is_signed_from_the_inbox_without_a_mouse(window, clinic):
    keys = window.page.keyboard
    window.open("/inbox")

    go_to(window, "Answer")
    keys.press("Enter")
    window.page.wait_for_url(f"**/gates/{GATE}/sign")
    go_to(window, "Approve")
    keys.press("Space")
    go_to(window, "Your reason")
    keys.type("The letters read well, and a doctor signs each.")
    go_to(window, "?")
    keys.press("Space")
    go_to(window, "Approval")
    keys.press("ArrowDown")
    go_to(window, "Sign")
    keys.press("Enter")
    window.page.wait_for_url(f"**/gates/{GATE}?done=signed")

    with clinic.place.ledger.reading() as session:
        (signed,) = [one for one in reading.votes(session, gate=GATE) if one.person == LEAD]
    assert (signed.answer, signed.meaning) == ("approve", "responsibility")


def test_the_focus_goes_round_a_page_and_comes_back(window):
    window.look(width=WIDE, scheme="light")
    window.open("/rollouts/stroke-imaging")
    stops = window.page.locator("a, button, input:not([type=hidden]), select, textarea, summary").count()

    seen = []
    for _ in range(stops + 2):
        window.page.keyboard.press("Tab")
        seen.append(at(window))

    assert seen.count("Skip to the content") >= 1
    assert "Sign that it may go on" in seen
    assert seen[-1] in {"", "Skip to the content", seen[0], seen[1]}
