"""A gate that asks for a signature, signed by somebody with a local account."""

from datetime import timedelta

import pytest

from primum.actions import tokens
from primum.actions.tokens import Scope
from tests import stepping_up as at_the_gate
from tests.consoles import console
from tests.factories import MORNING
from tests.refusal_scenes import DEPUTY, LEAD
from tests.stepping_up import PASSWORD, REASON


class TestSteppingUpByPassword:
    @pytest.fixture(autouse=True)
    def a_gate_that_asks_for_a_signature(self, tmp_path):
        self.scene = at_the_gate.scene_of(tmp_path, at=MORNING)
        for person in (LEAD, DEPUTY):
            at_the_gate.have_password(self.scene, person)
        with self.scene.place.ledger, console(self.scene.place) as self.console:
            yield

    def given_a_lead_who_meant_to_approve(self):
        self.code = at_the_gate.code_of(self.scene)
        self.browser = self.console.browser()
        answer = self.browser.get(f"/sign/{self.code}")
        assert answer.headers["location"].startswith("/sign-in?next=%2Fsign%2F")
        self.enters(self.browser, LEAD, place=f"/sign/{self.code}")

    def enters(self, browser, person, *, place="/"):
        form = {"person": person, "password": PASSWORD, "next": place}
        answer = browser.post("/sign-in", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, place)

    def when_she_signs(self, password=PASSWORD, *, browser=None):
        browser = browser or self.browser
        page = browser.get(f"/sign/{self.code}").text
        self.answer = browser.post(f"/sign/{self.code}", data={"csrf": secret_in(page), "password": password})

    def test_she_sees_what_she_signs_and_her_signature_says_how(self):
        self.given_a_lead_who_meant_to_approve()
        page = self.browser.get(f"/sign/{self.code}").text
        before = self.browser.cookies["primum"]
        self.console.clock.at += timedelta(minutes=4)
        self.when_she_signs()

        for shown in (REASON, self.scene.digest, "Approve", "clinical lead", "The one binding check is met."):
            assert shown in page
        assert "Your signature is recorded" in self.answer.text
        (vote,) = at_the_gate.votes(self.scene)
        assert (vote.person, vote.channel, vote.reason) == (LEAD, "slack", REASON)
        assert vote.authentication.startswith("password")
        assert vote.authenticated_at == self.console.clock.at
        assert self.browser.cookies["primum"] != before

    def test_the_page_after_signing_signs_out_the_new_session(self):
        self.given_a_lead_who_meant_to_approve()
        self.when_she_signs()

        out = self.browser.post("/sign-out", data={"csrf": secret_in(self.answer.text)})

        assert out.headers["location"] == "/signed-out"

    def test_a_link_works_once(self):
        self.given_a_lead_who_meant_to_approve()
        self.when_she_signs()

        answer = self.browser.get(f"/sign/{self.code}")

        assert answer.status_code == 409
        assert "This link was used; a signature is given once." in answer.text

    def test_a_link_is_over_after_five_minutes(self):
        self.given_a_lead_who_meant_to_approve()
        page = self.browser.get(f"/sign/{self.code}").text
        self.console.clock.at += timedelta(minutes=5)

        answer = self.browser.post(f"/sign/{self.code}", data={"csrf": secret_in(page), "password": PASSWORD})

        assert "begin again at the gate" in answer.text
        assert not at_the_gate.votes(self.scene)

    def test_somebody_else_with_the_link_sees_and_signs_nothing(self):
        self.given_a_lead_who_meant_to_approve()
        other = self.console.browser()
        self.enters(other, DEPUTY)
        page = other.get("/account").text

        shown = other.get(f"/sign/{self.code}")
        signed = other.post(f"/sign/{self.code}", data={"csrf": secret_in(page), "password": PASSWORD})

        for answer in (shown, signed):
            assert answer.status_code == 409
            assert "made for somebody else" in answer.text
            assert REASON not in answer.text
        assert not at_the_gate.votes(self.scene)

    def test_five_wrong_passwords_lock_the_link_and_the_account_and_alert(self):
        self.given_a_lead_who_meant_to_approve()
        said = []
        for _ in range(5):
            self.when_she_signs("a wrong password")
            said.append(self.answer.text)

        assert "4 tries are left" in said[0]
        assert "locked, and an alert was sent" in said[4]
        assert at_the_gate.alerts(self.scene) == ["account.locked", "step-up.locked"]
        assert "locked after 5 failed attempts" in self.browser.get(f"/sign/{self.code}").text
        assert self.console.browser().post("/sign-in", data={"person": LEAD, "password": PASSWORD}).status_code == 422
        assert not at_the_gate.votes(self.scene)

    def test_evidence_that_changed_meanwhile_is_not_signed(self):
        self.given_a_lead_who_meant_to_approve()
        page = self.browser.get(f"/sign/{self.code}").text
        self.scene.ask(table="sha256:second")

        answer = self.browser.post(f"/sign/{self.code}", data={"csrf": secret_in(page), "password": PASSWORD})

        assert answer.status_code == 422
        assert "Nothing was signed" in answer.text
        assert not at_the_gate.votes(self.scene)

    def test_a_form_from_another_site_signs_nothing(self):
        self.given_a_lead_who_meant_to_approve()

        answer = self.browser.post(
            f"/sign/{self.code}", data={"password": PASSWORD}, headers={"Origin": "https://elsewhere.example"}
        )

        assert answer.status_code == 403
        assert not at_the_gate.votes(self.scene)

    def test_a_token_cannot_stand_for_showing_who_one_is(self):
        self.given_a_lead_who_meant_to_approve()
        made = tokens.create(person=LEAD, name="t", scopes=list(Scope), days=1, at=MORNING, workplace=self.scene.place)
        program = self.console.browser(headers={"Authorization": f"Bearer {made.secret}"})

        answers = [
            program.get(f"/sign/{self.code}"),
            program.post(f"/sign/{self.code}", data={"password": PASSWORD}),
            program.get(f"/sign/{self.code}/provider"),
        ]

        assert {answer.status_code for answer in answers} == {403}
        assert not at_the_gate.votes(self.scene)


def secret_in(page):
    return page.split('name="csrf" value="')[1].split('"')[0]
