"""Every page at a telephone's width and a desk's, in light and dark, for eyes and for screen readers."""

import pytest

from tests.browser.chromium import NARROW, SCHEMES, WIDE
from tests.browser.hospital import LEAD

TRIAGE, LETTERS, STROKE = "chest-pain-triage", "discharge-letters", "stroke-imaging"
PAGES = {
    "board": "/",
    "inbox": "/inbox",
    "rollout": f"/rollouts/{LETTERS}",
    "rollout-suspended": f"/rollouts/{STROKE}",
    "rollout-waiting": f"/rollouts/{TRIAGE}",
    "gate-held": "/gates/cardiac-second-opinion.G1.1",
    "gate-looks": "/gates/preterm-care-replay.G2.1",
    "gate-waiting": f"/gates/{TRIAGE}.G1.1",
    "gate-review": f"/gates/{LETTERS}.G1.1",
    "gate-applied": f"/gates/{STROKE}.G1.1",
    "exposure": f"/rollouts/{STROKE}/exposure",
    "sign": f"/gates/{TRIAGE}.G1.1/sign",
    "sign-not-now": f"/gates/{STROKE}.G1.1/sign",
    "delegate": f"/rollouts/{TRIAGE}/delegate",
    "interest": f"/rollouts/{TRIAGE}/interest",
    "card": f"/rollouts/{STROKE}/card",
    "card-to-come": f"/rollouts/{LETTERS}/card",
    "incidents": "/incidents",
    "incident-report": "/incidents/report",
    "guidelines": "/guidelines",
    "ledger": "/ledger",
    "ledger-filtered": f"/ledger?rollout={STROKE}&kind=gate.signed",
    "ledger-entry": "/ledger/entries/4",
    "people": "/people",
    "help": "/help",
    "account": "/account",
}
OPEN_PAGES = {"sign-in": "/sign-in", "signed-out": "/signed-out"}
REFUSED = {"/gates/none.G1.1": 403, "/rollouts/none": 403, "/nowhere": 404, "/ledger/entries/99999": 404}


def look_everywhere(window) -> list[str]:
    """Return what is wrong with a page at both widths, in light and dark."""
    found = []
    for width in (WIDE, NARROW):
        for scheme in SCHEMES:
            window.look(width=width, scheme=scheme)
            found += [f"{width} {scheme} {one}" for one in window.violations(colours_only=scheme != SCHEMES[0])]
        if over := window.too_wide():
            found.append(f"{width} scrolls {over} pixels sideways")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_well_everywhere_and_asks_nobody_else(name, window_of):
    window = window_of(LEAD)

    status = window.open(PAGES[name])

    assert status == 200
    assert look_everywhere(window) == []
    assert window.elsewhere == []
    assert window.complaints == []


@pytest.mark.parametrize("name", OPEN_PAGES)
def test_a_page_before_signing_in_reads_well_everywhere(name, window_of):
    window = window_of("")

    window.open(OPEN_PAGES[name])

    assert look_everywhere(window) == []
    assert window.elsewhere == []


@pytest.mark.parametrize("path", REFUSED)
def test_a_refusal_is_a_page_with_a_sentence(path, window_of):
    window = window_of(LEAD)

    status = window.open(path)

    assert status == REFUSED[path]
    assert window.page.locator("main p").first.inner_text().endswith(".")
    assert look_everywhere(window) == []


def test_everything_in_details_reads_well_too(window_of):
    window = window_of(LEAD)
    window.open(PAGES["gate-held"])

    window.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    assert look_everywhere(window) == []


def test_a_gate_prints_without_bars_and_buttons(window_of):
    window = window_of(LEAD)
    window.open(PAGES["gate-waiting"])

    window.page.emulate_media(media="print")

    assert not window.page.locator(".bar").is_visible()
    assert not window.page.locator(".actions").first.is_visible()
    assert window.page.locator("#seats").is_visible()


def test_every_figure_stands_beside_its_numbers(window_of):
    window = window_of(LEAD)

    window.open(PAGES["gate-held"])

    figures = window.page.locator("figure")
    assert figures.count() >= 2
    for number in range(figures.count()):
        assert figures.nth(number).locator("svg[role=img] title").count() == 1
        assert figures.nth(number).locator("table tbody tr").count() >= 2


def test_a_figure_takes_the_colours_of_the_page_in_the_dark(window_of):
    window = window_of(LEAD)
    window.open(PAGES["gate-held"])
    ink = "getComputedStyle(document.querySelector('figure svg text')).fill"

    colours = set()
    for scheme in SCHEMES:
        window.look(width=WIDE, scheme=scheme)
        colours.add(window.page.evaluate(ink))

    assert len(colours) == 2
