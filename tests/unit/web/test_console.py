"""The console over HTTP: who sees what, what a form does, and what a refusal leaves on the page."""

import re

import pytest

from primum.ledger import reading, signing_reading
from tests.browser import hospital
from tests.browser.hospital import ETHICIST, LEAD, SAFETY, SECOND
from tests.consoles import console
from tests.unit.web.test_gate_page import text_of

LETTERS, STROKE, TRIAGE = "discharge-letters", "stroke-imaging", "chest-pain-triage"
GATE = f"{LETTERS}.G1.1"
REASON = "The figures hold at each of the sites."


@pytest.fixture
def clinic(tmp_path):
    made = hospital.open_hospital(tmp_path)
    hospital.fill_with_decisions(made)
    return made


@pytest.fixture
def served(clinic):
    with console(clinic.place, at=clinic.at) as running:
        yield running


def field(html, name):
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]


def form_of(browser, gate=GATE, **changes):
    """What a lead fills into the form of a gate, with the digest that the page showed."""
    digest = field(browser.get(f"/gates/{gate}/sign").text, "digest")
    given = {"seat": "clinical-lead", "answer": "approve", "meaning": "approval", "reason": REASON, "ticks": "readings"}
    return given | {"digest": digest} | changes


def votes(clinic, gate=GATE):
    with clinic.place.ledger.reading() as session:
        return {one.person: one for one in reading.votes(session, gate=gate)}


def test_a_signature_is_recorded_with_what_was_shown_and_the_page_says_so(clinic, served):
    lead = served.browser_of(LEAD)

    answer = lead.post(f"/gates/{GATE}/sign", data=form_of(lead), follow_redirects=True)

    assert "Your answer is recorded." in answer.text
    signed = votes(clinic)[LEAD]
    assert (signed.seat, signed.answer, signed.channel) == ("clinical-lead", "approve", "console")
    assert signed.shown_digest == clinic.digest(GATE)


def test_a_refused_form_shows_the_sentence_and_keeps_what_was_written(clinic, served):
    lead = served.browser_of(LEAD)

    answer = lead.post(f"/gates/{GATE}/sign", data=form_of(lead, reason="Too short <b>"))

    assert answer.status_code == 409
    assert "A signature carries a reason of at least 20 characters" in answer.text
    assert "Too short &lt;b&gt;</textarea>" in answer.text
    assert re.search(r'value="approve" checked', answer.text)
    assert LEAD not in votes(clinic)


def test_what_is_not_met_must_be_ticked_before_approving_and_not_before_rejecting(clinic, served):
    lead = served.browser_of(LEAD)

    approved = lead.post(f"/gates/{GATE}/sign", data=form_of(lead, ticks=""))
    rejected = lead.post(f"/gates/{GATE}/sign", data=form_of(lead, ticks="", answer="reject", meaning="review"))

    assert "Tick every check that is not met" in text_of(approved.text)
    assert rejected.headers["location"] == f"/gates/{GATE}?done=signed"


def test_evidence_that_changed_since_the_page_was_shown_is_not_signed(clinic, served):
    lead = served.browser_of(LEAD)

    answer = lead.post(f"/gates/{GATE}/sign", data=form_of(lead, digest="sha256:older"))

    assert "The evidence changed since it was shown; look at it again and then sign." in answer.text
    assert LEAD not in votes(clinic)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seat": ""}, "Choose the seat you sign on."),
        ({"answer": "maybe"}, "Choose your answer."),
        ({"meaning": ""}, "Choose what your signature means."),
        ({"owner": "mei-lin"}, "Give the day until which it is to be done as a day"),
        ({"contingency": "Train the nurses", "due": "2026-12-24"}, "Nobody in people.yaml has the id ''"),
        ({"share": "0.5"}, "'0.5' is no share of patients"),
        ({"sites": "west"}, "There is no site 'west' in sites.yaml"),
    ],
)
def test_a_form_that_is_not_complete_says_what_is_missing(changes, sentence, served):
    lead = served.browser_of(LEAD)

    answer = lead.post(f"/gates/{GATE}/sign", data=form_of(lead, **changes))

    assert answer.status_code == 409
    assert sentence in answer.text.replace("&#39;", "'")


def test_an_approval_may_leave_something_to_do_and_be_limited(clinic, served):
    lead = served.browser_of(LEAD)
    more = {"contingency": "Train the night shift first.", "owner": "mei-lin", "due": "2026-12-24"}

    lead.post(f"/gates/{GATE}/sign", data=form_of(lead, **more, sites="north", share="1/4", until="2027-06-30"))

    signed = votes(clinic)[LEAD]
    assert signed.conditions == {"sites": ["north"], "share": "1/4", "until": "2027-06-30T23:59:00+00:00"}
    assert signed.contingency["due_at"] == "2026-12-24T23:59:00+00:00"


def test_a_gate_that_asks_for_a_step_up_leads_on_and_records_no_vote(clinic, served):
    lead, gate = served.browser_of(LEAD), f"{TRIAGE}.G1.1"

    answer = lead.post(f"/gates/{gate}/sign", data=form_of(lead, gate))

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign/")
    assert votes(clinic, gate) == {}


def test_answers_of_others_are_hidden_while_reviews_are_independent(served):
    lead, ethicist = served.browser_of(LEAD), served.browser_of(ETHICIST)

    other, own = text_of(lead.get(f"/gates/{GATE}").text), text_of(ethicist.get(f"/gates/{GATE}").text)

    assert "● Answered Leila Haddad" in other
    assert "for every site" not in other
    assert "share 1/4" not in other
    assert "✓ Approved Leila Haddad I read the tables" in own


def test_a_ledger_entry_withholds_an_answer_until_the_gate_is_decided(served):
    lead = served.browser_of(LEAD)
    listed = lead.get(f"/ledger?rollout={LETTERS}&kind=gate.signed").text
    position = re.search(r'href="/ledger/entries/(\d+)"', listed)[1]

    page = text_of(lead.get(f"/ledger/entries/{position}").text)

    assert "The answer is withheld until the gate is decided" in page
    assert "✓ In the log" in page


def test_a_person_without_a_role_sees_nothing_and_reads_why(clinic, served):
    stranger = served.browser_of("nobody-here")

    board, gate, rollout = (stranger.get(path) for path in ("/", f"/gates/{GATE}", f"/rollouts/{STROKE}"))

    assert "You hold no role for any registered rollout now." in board.text
    assert (gate.status_code, rollout.status_code) == (403, 403)
    assert "You hold no role for a rollout" in rollout.text


def test_an_administrator_sees_everything_and_signs_nothing(served):
    boss = served.browser_of("boss", administrator=True)

    page = text_of(boss.get(f"/gates/{GATE}").text)

    assert "boss is not among the people of this rollout and signs nothing on it." in page


def test_one_person_suspends_with_a_few_words_though_every_file_is_broken(clinic, served):
    for file in clinic.home.glob("*/*.yaml"):
        file.write_text("{ broken", encoding="utf-8")
    clinic.place.settings.people.write_text("- also broken", encoding="utf-8")
    safety = served.browser_of(SAFETY)

    answer = safety.post(f"/rollouts/{TRIAGE}/suspend", data={"reason": "Odd output"}, follow_redirects=True)

    assert answer.status_code == 200
    assert "■ Suspended Standard care: nobody receives output." in text_of(answer.text)


def test_who_may_not_suspend_reads_why_and_sees_no_form(served):
    technologist = served.browser_of("mei-lin")

    page = technologist.get(f"/rollouts/{TRIAGE}").text
    forced = technologist.post(f"/rollouts/{TRIAGE}/suspend", data={"reason": "Odd output"})

    assert "Suspend now" not in page
    assert "Mei Lin holds none of the roles that may suspend" in page
    assert "Nothing was recorded." in forced.text


def test_resuming_takes_a_quorum_and_the_page_counts(clinic, served):
    why = {"resume-reason": "We found the cause and corrected it.", "suspension": ""}
    people = [served.browser_of(one) for one in (LEAD, SAFETY)]
    why["suspension"] = field(people[0].get(f"/rollouts/{STROKE}").text, "suspension")

    first, second = (one.post(f"/rollouts/{STROKE}/resume", data=why, follow_redirects=True) for one in people)

    assert "1 signed, 1 to go." in first.text
    assert "Dr Amara Okafor, clinical lead, has signed that it may go on." in first.text
    assert "Resumed. Exposure is what it was before." in second.text


def test_a_signature_to_go_on_is_for_the_suspension_that_was_shown(served):
    lead = served.browser_of(LEAD)
    stale = {"resume-reason": "We found the cause and corrected it.", "suspension": "an-older-one"}

    answer = lead.post(f"/rollouts/{STROKE}/resume", data=stale)

    assert "The rollout was suspended again since this page was shown" in answer.text


def test_a_deputy_is_named_and_the_delegation_ends_again(clinic, served):
    lead = served.browser_of(LEAD)
    form = {"role": "clinical-lead", "deputy": SECOND, "until": "2026-12-01", "reason": "I am away for a whole week."}

    made = lead.post(f"/rollouts/{STROKE}/delegate", data=form, follow_redirects=True)
    one = re.search(rf"/rollouts/{STROKE}/delegations/(\w+)/end", made.text)[1]
    ended = lead.post(f"/rollouts/{STROKE}/delegations/{one}/end", follow_redirects=True)

    assert "Dr Samir Rahal for Dr Amara Okafor, as clinical lead" in made.text
    assert "The delegation is ended." in ended.text


def test_an_interest_is_declared_and_withdrawn(served):
    lead = served.browser_of(LEAD)
    reason = {"reason": "I advise the maker of the model."}

    declared = lead.post(f"/rollouts/{TRIAGE}/interest", data=reason, follow_redirects=True)
    gate = text_of(lead.get(f"/gates/{TRIAGE}.G1.1").text)
    withdrawn = lead.post(f"/rollouts/{TRIAGE}/interest/withdraw", follow_redirects=True)

    assert "Your interest is recorded" in declared.text
    assert "Dr Amara Okafor has declared a conflict of interest" in gate
    assert "Your interest is withdrawn." in withdrawn.text


def test_a_serious_incident_is_reported_confirmed_and_stops_the_rollout(clinic, served):
    lead = served.browser_of(LEAD)
    form = {
        "rollout": TRIAGE, "site": "North", "severity": "serious", "category": "missed-finding",
        "what": "The urgent case stood at the end of the list.", "occurred": "2026-11-22T07:00",
    }  # fmt: skip

    lead.post("/incidents/report", data=form)
    with clinic.place.ledger.reading() as session:
        (row,) = signing_reading.incidents(session, rollout=TRIAGE)
    confirmed = lead.post(f"/incidents/{row.id}/confirm", data={"severity": "serious"}, follow_redirects=True)

    assert "so the rollout is suspended: standard care." in confirmed.text
    assert "■ Suspended" in text_of(lead.get(f"/rollouts/{TRIAGE}").text)


def test_an_incident_that_names_a_patient_is_not_kept(served):
    lead = served.browser_of(LEAD)
    form = {
        "rollout": TRIAGE, "site": "North", "severity": "minor", "category": "other",
        "what": "Mrs Miller born 3.4.1956 waited too long.", "occurred": "2026-11-22T07:00",
    }  # fmt: skip

    answer = lead.post("/incidents/report", data=form)

    assert answer.status_code == 409
    assert "Leave out whatever points at one person" in answer.text


def test_what_an_approval_left_to_do_is_closed_by_who_asked_and_not_by_the_owner(clinic, served):
    lead, owner = served.browser_of(LEAD), served.browser_of("noah-kim")
    link = re.search(r"/contingencies/\w+/close", lead.get(f"/rollouts/{STROKE}").text)[0]
    done = {"note": "All of the night shift were trained."}

    by_owner, by_lead = owner.post(link, data=done), lead.post(link, data=done, follow_redirects=True)

    assert "Noah Kim carries this contingency out; somebody else says that it is done." in by_owner.text
    assert "Recorded as done." in by_lead.text


def test_the_ledger_is_verified_on_a_page_and_a_foreign_checkpoint_is_refused(served):
    lead = served.browser_of(LEAD)

    good, bad = (lead.post("/ledger/verify", data={"outside": text}).text for text in ("", "no checkpoint"))

    assert "✓ Intact Every one of" in text_of(good)
    assert "This is not a checkpoint" in bad


def test_only_the_entries_of_ones_own_rollouts_are_in_the_ledger(clinic, served):
    stranger = served.browser_of("nobody-here")

    assert "0 entries that you may read" in stranger.get("/ledger").text
    assert stranger.get("/ledger/entries/1").status_code == 404


def test_moments_are_in_the_readers_zone_with_utc_beside(clinic, served):
    lead = served.browser_of(LEAD)
    lead.post("/account/zone", data={"zone": "Asia/Tokyo"})

    page = lead.get(f"/gates/{GATE}").text

    assert re.search(r"26 January 2027, 17:30 JST \(08:30 UTC\)", page)


def test_the_second_reader_of_a_gate_gets_figures_that_were_drawn_before(clinic, served):
    lead = served.browser_of(LEAD)

    lead.get(f"/gates/{GATE}")
    kept = list((clinic.place.settings.artifacts / "figures").glob("*.json"))
    second = lead.get(f"/gates/{GATE}")

    assert len(kept) == 1
    assert second.text.count("<svg") == 1
    assert second.elapsed.total_seconds() < 5
