"""A lead approves from Slack, a second seat signs on the page, the rollout moves to scale, is stopped, and goes on."""

import json
import re
import shutil
from contextlib import ExitStack
from datetime import timedelta

import pytest

from primum.actions import (
    accounts,
    identities,
    outbox,
    reopening,
    voting,
)
from primum.actions.workplace import open_workplace
from primum.chat import posting
from primum.chat.delivery import SlackDestination
from primum.chat.gate_posts import name_of
from primum.chat.office import office_of
from primum.ledger import reading
from primum.ledger.audit import verify
from primum.roadmap.policy import SignatureRule
from primum.roadmap.stages import GateName
from primum.settings import Settings
from tests import factories
from tests import gates_at_work as work
from tests.browser.chromium import window
from tests.consoles import console
from tests.factories import MORNING
from tests.in_use import LEAD, ROLLOUT, SAFETY, SEATS, InPilot
from tests.slack_server import slack_server

GATE, CHANNEL = "asthma-follow-up.G2.1", "C0GATES"
PATIENTS, CLINICIAN = "tomas-silva", "jonas-weber"
PASSWORD = "correct horse battery staple"
REASON = "Fewer relapses at both clinics, and no signal of harm."
CHANGES = (
    ("title: A small trial", "title: Follow-up after asthma, with a model's advice"),
    ("summary: Made for a test.", "summary: Advises which patients to call after an asthma admission."),
)


class Story:
    """The steps; each leaves behind what the next one needs."""

    def __init__(self, *, browser, slack, home, tracking):
        self.slack, self.browser, self.closing = slack, browser, ExitStack()
        self.settings = Settings(
            home=home,
            slack_channel=CHANNEL,
            slack_bot_token=slack.bot_token,
            slack_app_token=slack.app_token,
            slack_signing_secrets=slack.signing_secret,
            slack_api_url=slack.api,
        )
        home.mkdir()
        shutil.copy(tracking, home / "mlflow.db")
        self.place = open_workplace(self.settings)
        self.console = self.closing.enter_context(console(self.place))
        self.windows = {}

    @property
    def submission(self):
        return self.pilot.submission

    @property
    def clock(self):
        return self.console.clock

    def given_a_pilot_waiting_at_its_gate(self):
        again = SignatureRule(method="step_up", gates=(GateName.G2,), source=factories.LOCAL)
        self.pilot = InPilot(place=self.place, changes=CHANGES, signatures=(again,))
        assert (self.pilot.ran.gate, self.pilot.ran.state) == (GATE, "awaiting-seats")

    def and_people_who_can_sign(self):
        for person, _ in (*SEATS, (SAFETY, None), (CLINICIAN, None)):
            secret = accounts.invite(person=person, made_by="administrator", at=MORNING, workplace=self.place)
            accounts.accept(secret=secret, password=PASSWORD, at=MORNING, workplace=self.place)
        for person, role in SEATS[2:]:
            self._has_signed(person, role, gate=GATE)

    def _has_signed(self, person, role, *, gate):
        with self.place.ledger.reading() as session:
            digest = reading.gate(session, gate=gate).subject_digest
        common = {"submission": self.submission, "person": person, "at": self.clock.at, "workplace": self.place}
        intended = voting.intend(gate=gate, ballot=work.ballot(role, digest=digest, reason=REASON), **common)
        voting.sign_intended(code=intended.code, authentication="password", authenticated_at=self.clock.at, **common)

    def and_a_lead_in_slack(self):
        self.slack.world.clock = lambda: self.clock().timestamp()
        self.slack.channel(CHANNEL)
        self.slack.delivers_to(self.console.address)
        self.member = self.slack.member("U0AMARA")
        with self.place.ledger.transaction() as tx:
            pinned = {"realm": self.member.team, "subject": self.member.user, "by": "primum", "at": self.clock()}
            identities.pin(person=LEAD, kind=identities.SLACK, tx=tx, **pinned)
        self.office = office_of(workplace=self.place, clock=self.clock)
        self.deliver()

    def deliver(self):
        destination = SlackDestination(office=self.office, sleep=lambda _: None)
        outbox.work_off(destination=destination, at=self.clock(), jitter=lambda: 1.0, workplace=self.place)

    def window_of(self, person):
        self.clock.at += timedelta(seconds=30)
        if person not in self.windows:
            opened = window(self.browser, self.console, person=person)
            self.windows[person] = self.closing.enter_context(opened)
        return self.windows[person]

    def when_the_lead_approves_from_slack(self):
        row = posting.standing(name_of(GATE), office=self.office)
        message = self.slack.world.message(CHANNEL, row.ts)
        self.slack.press(message, "gate.approve", by=self.member)
        form = self.slack.wait(lambda: self.slack.form_of(self.member))
        values = {"meaning": "responsibility", "reason": REASON}
        answered = self.slack.submit(form, values, by=self.member)
        code = re.search(r"/sign/([\w-]+)", json.dumps(answered.body))[1]
        self.sign_again(self.window_of(LEAD), f"/sign/{code}", "1-the-lead-signs-again")

    def sign_again(self, window, path, name):
        if path:
            window.open(path)
        window.keep(name)
        window.page.get_by_label("password").fill(PASSWORD)
        window.page.get_by_role("button", name="Sign").last.click()

    def and_a_second_seat_signs_on_the_page(self):
        window = self.window_of(PATIENTS)
        window.open("/inbox")
        window.keep("2-waits-for-a-patient-representative")
        window.page.get_by_role("link", name="Answer").click()
        page = window.page
        page.get_by_label("Approve", exact=True).check()
        page.get_by_label("Your reason, in your own words").fill("The patients' council agrees with what it saw.")
        for tick in page.locator("input[name=ticks]").all():
            tick.check()
        page.get_by_label("Review", exact=True).check()
        window.keep("3-the-second-seat-signs")
        page.get_by_role("button", name="Continue to sign").click()
        self.sign_again(window, "", "4-the-second-seat-signs-again")

    def then_every_seat_has_signed(self):
        window = self.window_of(PATIENTS)
        window.open(f"/gates/{GATE}")
        window.keep("5-every-seat-has-signed")
        assert "Granted" in window.page.locator(".standing .mark").inner_text()
        seats = window.page.locator("#seats ~ table tbody tr").all_inner_texts()
        assert sum("Approved" in one for one in seats) == len(SEATS)

    def and_the_rollout_moves_to_scale(self):
        window = self.window_of(LEAD)
        window.open(f"/gates/{GATE}")
        window.page.get_by_role("button", name="Apply now").click()
        assert "Applied; the rollout moved on." in window.page.locator("main").inner_text()
        window.keep("6-the-gate-after-it-was-applied")
        window.open(f"/rollouts/{ROLLOUT}")
        assert "Scale" in window.page.locator("[aria-current=step]").inner_text()
        window.keep("7-the-rollout-is-in-scale")

    def when_an_incident_is_reported_and_confirmed(self):
        self.clock.at += timedelta(minutes=10)
        page = self.window_of(CLINICIAN).page
        self.window_of(CLINICIAN).open(f"/incidents/report?rollout={ROLLOUT}")
        page.get_by_label("At which site").fill("North Clinic")
        page.get_by_label("When it happened").fill("2026-03-02T10:05")
        page.get_by_label("Serious").check()
        page.get_by_label("What happened").fill("Nobody was called although the advice was urgent.")
        self.window_of(CLINICIAN).keep("8-an-incident-is-reported")
        page.get_by_role("button", name="Report").click()
        safety = self.window_of(SAFETY)
        safety.open("/incidents")
        safety.page.get_by_role("button", name="Confirm").click()
        safety.keep("9-the-incident-is-confirmed")
        assert "the rollout is suspended: standard care" in safety.page.locator("main").inner_text()

    def then_nobody_receives_output(self):
        window = self.window_of(LEAD)
        window.open(f"/rollouts/{ROLLOUT}")
        window.keep("10-the-rollout-is-suspended")
        assert "Standard care: nobody receives output." in window.page.locator(".standing").inner_text()

    def and_nobody_may_agree_before_the_gate_is_granted_again(self):
        window = self.window_of(LEAD)
        window.open(f"/rollouts/{ROLLOUT}/suspension")
        window.page.get_by_role("button", name="This site has seen it").first.click()
        window.keep("10b-a-site-has-seen-it")
        assert "the gate that let it in is granted again first" in window.page.locator("main").inner_text()

    def when_the_gate_is_granted_again(self):
        common = {"rollout": ROLLOUT, "person": "noah-kim", "at": self.clock.at, "workplace": self.place}
        self.again = reopening.reopen(**common).gate
        for person, role in SEATS:
            self._has_signed(person, role, gate=self.again)

    def and_she_resumes_it_with_a_quorum(self):
        page = self.window_of(SAFETY).page
        self.window_of(SAFETY).open("/incidents")
        page.get_by_text("Close it").first.click()
        page.get_by_label("What was found and done").fill("A filter hid the urgent calls; it is repaired.")
        page.get_by_role("button", name="Close it").click()
        for person, words in ((LEAD, "1 signed, 1 to go."), (SAFETY, "Resumed.")):
            window = self.window_of(person)
            window.open(f"/rollouts/{ROLLOUT}")
            window.page.get_by_label("Why it may go on").fill("The list of calls was repaired and tried out.")
            window.page.get_by_role("button", name="Sign that it may go on").click()
            window.keep(f"11-resumed-by-{person}")
            assert words in window.page.locator("main").inner_text()

    def then_it_goes_on_and_the_ledger_holds_it_all(self):
        window = self.window_of(LEAD)
        window.open("/")
        window.keep("12-the-board-at-the-end")
        assert "units of the current wave receive output" in window.page.locator("main").inner_text()
        window.open("/ledger")
        window.page.get_by_role("button", name="Verify now").click()
        window.keep("13-the-ledger-is-verified")
        assert "Intact" in window.page.locator(".standing").inner_text()
        assert verify(self.place.ledger) == ()
        assert all(one.elsewhere == [] for one in self.windows.values())


@pytest.fixture
def story(browser, tmp_path, empty_tracking_store):
    with slack_server() as slack:
        told = Story(browser=browser, slack=slack, home=tmp_path / "home", tracking=empty_tracking_store)
        yield told
        told.closing.close()


def test_from_slack_to_scale_stopped_and_resumed(story):
    story.given_a_pilot_waiting_at_its_gate()
    story.and_people_who_can_sign()
    story.and_a_lead_in_slack()
    story.when_the_lead_approves_from_slack()
    story.and_a_second_seat_signs_on_the_page()
    story.then_every_seat_has_signed()
    story.and_the_rollout_moves_to_scale()
    story.when_an_incident_is_reported_and_confirmed()
    story.then_nobody_receives_output()
    story.and_nobody_may_agree_before_the_gate_is_granted_again()
    story.when_the_gate_is_granted_again()
    story.and_she_resumes_it_with_a_quorum()
    story.then_it_goes_on_and_the_ledger_holds_it_all()
