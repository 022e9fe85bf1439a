"""From an invitation to a signature in a real browser, with the keyboard alone."""

import pytest

from primum.actions import accounts
from tests import stepping_up
from tests.browser import chromium
from tests.browser.test_pages_for_everybody import look_everywhere
from tests.consoles import console
from tests.factories import MORNING
from tests.refusal_scenes import GATE, LEAD
from tests.stepping_up import PASSWORD


class TestWithTheKeyboardAlone:
    @pytest.fixture(autouse=True)
    def a_gate_that_asks_for_a_signature(self, tmp_path, browser):
        self.scene = stepping_up.scene_of(tmp_path, at=MORNING)
        with (
            self.scene.place.ledger,
            console(self.scene.place) as served,
            chromium.window(browser, served) as self.window,
        ):
            yield

    @property
    def page(self):
        return self.window.page

    def given_an_invitation(self):
        secret = accounts.invite(person=LEAD, made_by="administrator", at=MORNING, workplace=self.scene.place)
        self.window.open(f"/invited/{secret}")

    def types(self, label, words):
        """Press Tab until the field with this label has the focus, and type."""
        for _ in range(40):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("document.activeElement.labels?.[0]?.innerText") == label:
                self.page.keyboard.type(words)
                return
        raise AssertionError(f"The field {label!r} is not reached with Tab.")

    def sends(self):
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def when_she_opens_her_account(self):
        self.types("Choose a password", PASSWORD)
        self.types("The same password again", PASSWORD)
        self.sends()

    def and_follows_the_link_of_a_message(self):
        self.window.open(f"/sign/{stepping_up.code_of(self.scene)}")

    def and_signs(self, password=PASSWORD):
        self.types("Your password", password)
        self.sends()

    def then_everything_reads_well(self, name):
        assert look_everywhere(self.window) == []
        assert self.window.elsewhere == []
        self.window.look(width=chromium.NARROW, scheme="light")
        self.window.keep(name)

    def test_from_the_invitation_to_the_signature(self):
        self.given_an_invitation()
        self.then_everything_reads_well("signing-in-invitation")
        self.when_she_opens_her_account()
        self.and_follows_the_link_of_a_message()
        self.then_everything_reads_well("signing-in-sign")
        self.and_signs("a wrong password")
        self.then_everything_reads_well("signing-in-not-signed")
        self.and_signs()

        self.then_everything_reads_well("signing-in-signed")
        assert "Your signature is recorded" in self.page.inner_text("h1")
        (vote,) = stepping_up.votes(self.scene)
        assert (vote.gate_id, vote.person) == (GATE, LEAD)
