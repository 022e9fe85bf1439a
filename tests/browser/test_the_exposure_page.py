"""The page of an exposure with everything that can stand on it, for eyes and for screen readers."""

from tests.browser import chromium
from tests.browser.test_pages_for_everybody import look_everywhere
from tests.functional.test_exposure_pages import PAGE, hospital, shown_without_leave
from tests.refusal_scenes import LEAD

__all__ = ["hospital"]


def test_it_reads_well_with_a_wave_a_deviation_and_a_new_key(browser, hospital, tmp_path):
    shown_without_leave(hospital, tmp_path)

    with chromium.window(browser, hospital, person=LEAD) as window:
        window.open(PAGE)
        window.page.get_by_label("north").check()
        window.page.get_by_role("button", name="Make a key").click()

        assert window.page.get_by_text("shown this once").is_visible()
        assert look_everywhere(window) == []
        window.keep("exposure")
