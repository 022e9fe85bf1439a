"""A gate that asks for a signature, signed by somebody who comes in through a provider."""

from datetime import UTC, datetime

import httpx
import pytest

from primum.actions import accounts
from tests import openid_provider, stepping_up
from tests.consoles import console
from tests.openid_provider import CLIENT, SECRET
from tests.refusal_scenes import LEAD


class TestSteppingUpAtTheProvider:
    @pytest.fixture(autouse=True)
    def a_gate_and_a_provider(self, tmp_path):
        now = datetime.now(UTC).replace(microsecond=0)
        with openid_provider.provider() as self.provider:
            self.scene = stepping_up.scene_of(
                tmp_path,
                at=now,
                oidc_issuer=self.provider.address,
                oidc_client_id=CLIENT,
                oidc_client_secret=SECRET,
            )
            with self.scene.place.ledger, console(self.scene.place, at=now) as self.console:
                yield

    def given_a_lead_who_came_in_through_the_provider_and_meant_to_approve(self):
        secret = accounts.invite(
            person=LEAD, made_by="administrator", at=self.console.clock.at, workplace=self.scene.place
        )
        self.browser = self.console.browser()
        self.goes(f"/invited/{secret}/provider")
        self.code = stepping_up.code_of(self.scene)

    def goes(self, path):
        """Follow a link to the provider and come back."""
        out = self.browser.get(path)
        self.asked = out.headers["location"]
        self.back = httpx.get(self.asked).headers["location"]
        self.console.clock.at = datetime.now(UTC)
        self.answer = self.browser.get(self.back)

    def when_she_signs(self):
        self.goes(f"/sign/{self.code}/provider")

    def test_the_provider_asks_her_anew_and_the_signature_says_so(self):
        self.given_a_lead_who_came_in_through_the_provider_and_meant_to_approve()
        page = self.browser.get(f"/sign/{self.code}").text
        before = self.browser.cookies["primum"]
        self.when_she_signs()

        assert "Show who you are and sign" in page
        assert "prompt=login" in self.asked
        assert "max_age=0" in self.asked
        assert "Your signature is recorded" in self.answer.text
        (vote,) = stepping_up.votes(self.scene)
        assert vote.authentication.startswith(f"provider, asked again for this signature, {self.provider.address}")
        assert vote.authenticated_at.replace(microsecond=0) >= self.scene.at
        assert self.browser.cookies["primum"] != before

    def test_the_same_answer_played_again_signs_nothing_more(self):
        self.given_a_lead_who_came_in_through_the_provider_and_meant_to_approve()
        self.when_she_signs()

        again = self.browser.get(self.back)

        assert again.status_code == 422
        assert len(stepping_up.votes(self.scene)) == 1

    @pytest.mark.parametrize(
        ("knob", "value", "sentence"),
        [
            ("asks_anew", False, "without asking who you are"),
            ("says_when", False, "does not say when"),
            ("subject", "somebody-else", "somebody else signed in"),
            ("error", "access_denied", "declined"),
        ],
    )
    def test_nothing_is_signed_unless_she_showed_anew_who_she_is(self, knob, value, sentence):
        self.given_a_lead_who_came_in_through_the_provider_and_meant_to_approve()
        setattr(self.provider, knob, value)
        self.when_she_signs()

        assert self.answer.status_code == 422
        assert sentence in self.answer.text
        assert not stepping_up.votes(self.scene)
        assert len(stepping_up.said(self.scene, "step-up.failed")) == 1

    def test_five_failures_lock_the_link_and_the_account_and_alert(self):
        self.given_a_lead_who_came_in_through_the_provider_and_meant_to_approve()
        self.provider.subject = "somebody-else"
        for _ in range(5):
            self.when_she_signs()

        self.provider.subject = "subject-1"

        assert "locked after 5 failed attempts" in self.browser.get(f"/sign/{self.code}/provider").text
        assert stepping_up.alerts(self.scene) == ["account.locked", "step-up.locked"]
        assert not stepping_up.votes(self.scene)

    def test_a_password_is_not_asked_of_somebody_who_has_none(self):
        self.given_a_lead_who_came_in_through_the_provider_and_meant_to_approve()

        page = self.browser.get(f"/sign/{self.code}").text

        assert "current-password" not in page

    def test_a_session_that_ended_on_the_way_signs_nothing(self):
        self.given_a_lead_who_came_in_through_the_provider_and_meant_to_approve()
        out = self.browser.get(f"/sign/{self.code}/provider")
        back = httpx.get(out.headers["location"]).headers["location"]
        del self.browser.cookies["primum"]
        self.console.clock.at = datetime.now(UTC)

        answer = self.browser.get(back)

        assert "so nothing was signed" in answer.text
        assert not stepping_up.votes(self.scene)
