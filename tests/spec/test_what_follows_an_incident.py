"""After harm: who used it, who let it in, on what; whether the card told of it; redress; what outsiders are told."""

import json
import stat
import time
from datetime import date, timedelta

import pytest
from sqlmodel import select

from primum.actions import incident_exports, incident_findings, incidents, promotion
from primum.integrations import encounter_keys
from primum.ledger import incident_reading, signing_reading
from primum.ledger.audit import verify
from primum.ledger.tables import Entry
from primum.roadmap.exposure import HANDED_OUT_WITHIN
from primum.roadmap.fhir_adverse_event import adverse_event, problems
from primum.roadmap.incidents import Category, Causality, Disclosure, Harm, RedressOutcome, RedressWay, Severity
from primum.roadmap.medwatch import medwatch, medwatch_page
from primum.roadmap.people import Role
from tests import gates_at_work as work
from tests.factories import MORNING
from tests.incidents_at_work import NURSE, ROLLOUT, SAFETY, SPONSOR, WHAT, Ward

title = "What follows an incident"
CANARY = "ENC-CANARY-7731"
NOTE = "Read with two colleagues."
QUARTER = {"begins": date(2026, 1, 1), "ends": date(2026, 3, 31)}


@pytest.fixture
def ward(sqlite_ledger, tmp_path):
    return Ward(folder=tmp_path / "rollout", place=work.workplace(sqlite_ledger, tmp_path / "home"), at=MORNING).begin()


def file_of(ward, incident):
    return incident_exports.incident_file(incident=incident, workplace=ward.place)


def test_the_ledger_says_who_used_it_who_let_it_in_and_on_which_evidence(sqlite_ledger, tmp_path):
    place, handed_in = work.workplace(sqlite_ledger, tmp_path / "home"), work.submission()
    gate = work.granted(handed_in, place)
    promotion.commit(
        gate=gate, world=work.world(), submission=handed_in, person="noah-kim", at=MORNING, workplace=place
    )
    told = {"rollout": "test-rollout", "person": handed_in.person("mei-lin"), "site": "north", "what": WHAT}
    told |= {"severity": Severity.MINOR, "category": Category.USE, "channel": "test", "workplace": place}

    before = incidents.report(occurred_at=MORNING - timedelta(days=1), at=MORNING, **told)
    after = incidents.report(occurred_at=MORNING, at=MORNING, details=incidents.Details(used_by="jonas-weber"), **told)

    with place.ledger.reading() as session:
        early, late = (signing_reading.incident(session, incident=one) for one in (before, after))
    assert (early.used_by, late.used_by) == ("mei-lin", "jonas-weber")
    assert early.basis == {"exposure": "off", "bundle": "", "model": ""}, "nothing was in use yet"
    assert late.basis["gate"] == gate
    assert {(one["person"], one["seat"]) for one in late.basis["signers"]} == {(a, str(b)) for a, b in work.QUORUM}
    assert late.basis["tables"] == {"readings": "sha256:first"}
    assert (late.basis["exposure"], late.basis["policy"]) == ("pilot", "sha256:policy")
    assert verify(place.ledger) == ()


def test_an_encounter_stays_in_the_data_plane_and_the_ledger_holds_a_salted_digest(ward):
    made = ward.report(details=incidents.Details(encounter=CANARY))

    row = file_of(ward, made).incident
    (kept,) = (ward.place.home / encounter_keys.FOLDER).iterdir()
    with ward.place.ledger.reading() as session:
        entries = "".join(one.body for one in session.exec(select(Entry)))
    assert incident_exports.encounter_for(incident=row, workplace=ward.place) == CANARY
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert CANARY not in entries + json.dumps(row.model_dump(), default=str)
    assert CANARY not in json.dumps(ward.messages("incident.reported"))
    assert row.encounter.startswith("sha256:")


def test_an_encounter_that_cannot_be_kept_is_not_reported_as_kept(ward):
    with pytest.raises(incidents.CannotReport, match="one line of at most 200") as refused:
        ward.report(details=incidents.Details(encounter=f"{CANARY}\n2"))

    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    ("severity", "harm", "words"),
    [(Severity.DEATH, Harm.TEMPORARY, "give both or neither"), (Severity.NEAR_MISS, Harm.PERMANENT, "harmed nobody")],
)
def test_a_harm_that_cannot_be_so_is_refused(ward, severity, harm, words):
    with pytest.raises(incidents.CannotReport, match=words):
        ward.report(severity=severity, details=incidents.Details(harm=harm))


def compare(ward, incident, statement, *, person=SAFETY):
    return incident_findings.compare_with_card(
        incident=incident,
        person=ward.who(person),
        statement=statement,
        note=NOTE,
        at=MORNING,
        workplace=ward.place,
    )


def test_whether_the_card_told_of_it_is_compared_by_a_person_and_kept_with_the_cards_digest(ward):
    path = ward.folder / "rollout.yaml"
    kept = "{words: Fitted on one hospital alone., no_rule_because: It concerns the fit alone.}"
    card = f"card:\n  limitations: [{kept}]\n  failure_modes: [Misses rare sides of the body.]\n"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + card if "card:" not in text else text, encoding="utf-8")
    ward.register()
    made = ward.report()

    told = {one.id: one.words for one in file_of(ward, made).statements}
    found = [compare(ward, made, statement) for statement in ("failure-mode-1", "none")]

    first, second = (one.basis for one in file_of(ward, made).findings)
    assert told["limitation-1"] == "Fitted on one hospital alone."
    assert found == [Disclosure.DISCLOSED, Disclosure.UNDISCLOSED]
    assert first["words"] == "Misses rare sides of the body."
    assert first["card"].startswith("sha256:")
    assert (second["statement"], second["statements"]) == ("", 2)


@pytest.mark.parametrize(
    ("person", "statement", "words"),
    [(SAFETY, "limitation-9", "has no statement"), (NURSE, "none", "none of the roles")],
)
def test_a_comparison_that_cannot_be_made_says_why(ward, person, statement, words):
    with pytest.raises(incidents.CannotReport, match=words):
        compare(ward, ward.report(), statement, person=person)


def test_whoever_confirms_a_harm_is_told_after_answers_that_were_under_way(ward):
    made, began = ward.report(), time.monotonic()

    ward.confirm(made)

    assert time.monotonic() - began >= 2 * HANDED_OUT_WITHIN.total_seconds()
    assert ward.standing() is not None


def test_one_that_was_confirmed_and_becomes_serious_suspends_by_itself(ward):
    made = ward.report(severity=Severity.MINOR)
    ward.confirm(made)
    before = ward.standing()

    stopped = incidents.regrade(
        incident=made,
        person=ward.who(SAFETY),
        severity=Severity.SERIOUS,
        note="The patient was operated on again.",
        at=MORNING + timedelta(hours=1),
        workplace=ward.place,
    )

    assert before is None
    assert ward.standing().id == stopped
    assert ward.standing().for_harm
    (finding,) = file_of(ward, made).findings
    assert (finding.value, finding.basis["severity"]) == ("serious", "minor")


def test_words_are_added_by_the_reporter_and_name_nobody(ward):
    made = ward.report()
    common = {"incident": made, "person": ward.who(NURSE), "at": MORNING, "workplace": ward.place}

    incident_findings.add_words(words="It was the left knee instead of the right.", **common)

    with pytest.raises(incidents.CannotReport, match="points at one person"):
        incident_findings.add_words(words="It was Mrs Brown, MRN 12345678.", **common)
    assert file_of(ward, made).found("words").note == "It was the left knee instead of the right."


def test_redress_is_offered_and_its_end_is_on_record(ward):
    made, common = ward.report(), {"person": ward.who(SAFETY), "at": MORNING, "workplace": ward.place}
    offer = incident_findings.offer_redress(
        incident=made, way=RedressWay.COMPENSATION, what="An offer by the insurer.", **common
    )
    ended = {"redress": offer, "outcome": RedressOutcome.ACCEPTED, "note": "Accepted in writing."}

    incident_findings.close_redress(**ended, **common)

    with pytest.raises(incidents.CannotReport, match="recorded already"):
        incident_findings.close_redress(**ended, **common)
    (row,) = file_of(ward, made).redress
    assert (row.way, row.outcome, row.closed_by) == ("compensation", "accepted", SAFETY)


@pytest.mark.parametrize("release", ["R4", "R5"])
@pytest.mark.parametrize("severity", list(Severity))
def test_an_incident_is_a_sound_adverse_event_that_points_at_nobody(ward, release, severity):
    made = ward.report(severity=severity, details=incidents.Details(encounter=CANARY))
    incident_findings.assess_causality(
        incident=made,
        person=ward.who(SAFETY),
        causality=Causality.PROBABLE,
        note=NOTE,
        at=MORNING,
        workplace=ward.place,
    )

    event = adverse_event(incident_exports.told(incident=made, workplace=ward.place), release=release)

    assert problems(event, release=release) == ()
    assert set(event["subject"]) == {"type", "display"}
    assert event["actuality"] == ("potential" if severity is Severity.NEAR_MISS else "actual")
    assert CANARY not in json.dumps(event)


def test_the_form_3500a_leaves_the_patient_out_and_says_what_it_rested_on(ward):
    made = ward.report(severity=Severity.DEATH, details=incidents.Details(encounter=CANARY))
    told = incident_exports.told(incident=made, workplace=ward.place)

    form, page = medwatch(told), medwatch_page(told)

    assert form["A. Patient information"]["A1-A6"].startswith("Not from here")
    assert form["B. Adverse event or product problem"]["B2 Outcome attributed to the event"] == "Death"
    assert form["H. Device manufacturers only"]["H1 Type of reportable event"] == "Death"
    assert CANARY not in page
    assert "<h2>D. Suspect medical device</h2>" in page


def test_the_public_is_told_counts_that_name_no_small_place(ward):
    ward.write_policy(smallest_cell=3)
    ward.register()
    for site, severity in [("north", Severity.MINOR)] * 4 + [("south", Severity.SERIOUS)]:
        ward.report(site=site, severity=severity)

    draft = incident_exports.public_draft(rollout=ROLLOUT, workplace=ward.place, **QUARTER)

    assert draft.total == "5"
    assert set(draft.by_severity.values()) == {"fewer than 3, or not told"}, "four would tell the one"
    assert draft.by_site == {}
    assert "south" not in draft.as_markdown()
    assert WHAT not in draft.as_markdown()


def test_only_a_named_person_lets_it_out_and_the_ledger_keeps_what_was_let_out(ward):
    values = {"rollout": ROLLOUT, "at": MORNING, "workplace": ward.place, **QUARTER}
    with pytest.raises(incidents.CannotReport, match="none of the roles that publish"):
        incident_exports.publish(person=ward.who(NURSE), reason=work.REASON, **values)
    with pytest.raises(incidents.CannotReport, match="at least 20 characters"):
        incident_exports.publish(person=ward.who(SPONSOR), reason="fine", **values)

    report, made = incident_exports.publish(person=ward.who(SPONSOR), reason=work.REASON, **values)

    with ward.place.ledger.reading() as session:
        (row,) = incident_reading.publications(session, rollout=ROLLOUT)
    assert (row.id, row.printed_name, row.role) == (made, "Claire Dubois", str(Role.EXECUTIVE_SPONSOR))
    assert row.content == report.plain()
    assert verify(ward.place.ledger, outside=ward.place.ledger.checkpoint()) == ()
