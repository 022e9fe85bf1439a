"""The page of an incident, of a suspension, and the longer form of a report: for eyes and for screen readers."""

from tests.browser.hospital import LEAD
from tests.browser.test_pages_for_everybody import STROKE, look_everywhere


def test_the_page_of_an_incident_reads_well_everywhere_with_every_form_open(window_of):
    window = window_of(LEAD)
    window.open("/incidents")

    window.page.get_by_role("link", name="Its clocks, findings and exports").first.click()
    for summary in window.page.locator("main summary").all():
        summary.click()
    window.keep("incident")

    assert look_everywhere(window) == []
    assert window.elsewhere == []


def test_the_page_of_a_suspension_reads_well_everywhere(window_of):
    window = window_of(LEAD)

    status = window.open(f"/rollouts/{STROKE}/suspension")
    window.keep("suspension")

    assert status == 200
    assert look_everywhere(window) == []


def test_the_whole_form_of_a_report_reads_well_everywhere(window_of):
    window = window_of(LEAD)
    window.open("/incidents/report")

    window.page.get_by_text("More, if you know it").click()

    assert look_everywhere(window) == []
