"""Incidents and stops from a terminal: how few answers a report takes, and that stopping needs nothing else."""

import json
import os
import pty
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from primum.actions.workplace import open_workplace
from primum.ledger import incident_reading, signing_reading
from primum.roadmap.fhir_adverse_event import problems
from primum.settings import Settings
from tests.functional.test_a_password_in_a_terminal import _read_until as read_until
from tests.incidents_at_work import LEAD, NURSE, ROLLOUT, SAFETY, SPONSOR, Ward

SECONDS = 60
NOWHERE = "http://127.0.0.1:9"
REPORT = ("incident", "report", ROLLOUT, "--as", NURSE, "--site", "north", "--severity", "serious")
WHAT = ("--what", "The output named the wrong side of the body.")


@pytest.fixture
def ward(primum, tmp_path):
    place = open_workplace(Settings(home=tmp_path / "home"))
    yield Ward(folder=tmp_path / "rollout", place=place, at=datetime.now(UTC)).begin()
    place.ledger.close()


def the_incident(ward):
    with ward.place.ledger.reading() as session:
        return signing_reading.incidents(session, rollout=ROLLOUT)[0]


def type_answers(ward, answers):
    """Report at a terminal of its own, answering each question as it comes; return what was seen and how long."""
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "-c", "from primum.cli.main import run; run()", "incident", "report", "--as", NURSE],
        stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "PRIMUM_HOME": str(ward.place.home)},
    )  # fmt: skip
    os.close(theirs)
    seen = ""
    for question, answer in answers:
        seen += read_until(ours, f"{question}: ")
        os.write(ours, f"{answer}\n".encode())
    seen += read_until(ours, None)
    os.close(ours)
    return started.wait(timeout=SECONDS), seen


def test_a_report_takes_three_answers_on_one_screen(ward):
    """At a second for each choice and half a minute for a sentence a person is done well within the minute."""
    begun = time.monotonic()

    code, seen = type_answers(
        ward,
        [
            ("How bad was it, or could it have been", "4"),
            ("At which site", "no"),
            ("What happened, naming nobody", WHAT[1]),
        ],
    )

    row = the_incident(ward)
    assert code == 0, seen
    assert (row.severity, row.site, row.what, row.reporter) == ("serious", "north", WHAT[1], NURSE)
    assert len(seen.splitlines()) <= 24, "one screen"
    assert time.monotonic() - begun < SECONDS


def test_what_is_missing_is_named_where_nobody_can_be_asked(ward, primum):
    ended = primum(*REPORT)

    assert ended.code == 2
    assert "--what" in ended.err


def test_an_incident_is_followed_from_report_to_submission_and_export(ward, primum, tmp_path):
    reported = primum(*REPORT, *WHAT, "--encounter", "ENC-CANARY-1")
    made = the_incident(ward).id
    confirmed = primum("incident", "confirm", made[:8], "--as", SAFETY)
    cause = primum("incident", "cause", made[:8], "--as", SAFETY, "--is", "probable", "--note", "Read by two people.")
    card = primum(
        "incident", "card", made[:8], "--as", SAFETY, "--is", "none", "--note", "The card says no such thing."
    )
    with ward.place.ledger.reading() as session:
        clock = incident_reading.clocks(session, incident=made)[0].id
    sent = primum("incident", "submit", clock, "--as", SAFETY, "--reference", "FDA 2026-0042")
    out = tmp_path / "event.json"
    exported = primum("incident", "export", made, "--shape", "fhir-r5", "--out", str(out))
    shown = primum("incident", "show", made, "--encounter")

    assert [one.code for one in (reported, confirmed, cause, card, sent, exported, shown)] == [0] * 7, sent.text
    assert "us user-facility-serious-injury" in reported.out
    assert "undisclosed" in card.out
    assert problems(json.loads(out.read_text(encoding="utf-8")), release="R5") == ()
    assert "Encounter: ENC-CANARY-1" in shown.out
    assert "submitted in time" in shown.out
    assert "ENC-CANARY" not in primum("incident", "list", "--json").text


def test_the_public_gets_a_draft_from_nobody_and_a_report_from_a_person(ward, primum):
    ward.report()
    days = ("--from", "2020-01-01", "--to", "2039-12-31")

    draft = primum("incident", "publish", ROLLOUT, *days)
    refused = primum("incident", "publish", ROLLOUT, *days, "--as", NURSE, "--reason", "It is time to tell them.")
    let = primum("incident", "publish", ROLLOUT, *days, "--as", SPONSOR, "--reason", "It is time to tell them.")

    assert (draft.code, refused.code, let.code) == (0, 4, 0), let.text
    assert "DRAFT, not let out." in draft.out
    assert "fewer than" in let.out


def test_stopping_and_saying_that_it_was_seen_need_neither_slack_nor_mlflow_nor_prefect(ward, primum, monkeypatch):
    for name in ("PREFECT_API_URL", "TRACKING_URI", "SLACK_API_URL"):
        monkeypatch.setenv(f"PRIMUM_{name}", f"{NOWHERE}/")
    (ward.folder / "policy.yaml").write_text("broken: [", encoding="utf-8")

    stopped = primum("suspend", ROLLOUT, "--as", LEAD, "--reason", "Something is wrong.", "--harm")
    seen = primum("acknowledge", ROLLOUT, "--as", NURSE, "--site", "north")
    again = primum("acknowledge", ROLLOUT, "--as", NURSE, "--site", "north")
    status = primum("suspend", ROLLOUT, "--status")
    told = json.loads(primum("suspend", ROLLOUT, "--status", "--json").out)

    assert [one.code for one in (stopped, seen, again, status)] == [0, 0, 0, 0], stopped.text
    assert "Units it had reached since its release began: 0." in stopped.out
    assert "had said so before" in again.out
    assert f"by {NURSE}" in status.out
    assert [one["site"] for one in told["sites"] if one["at"] is None] == ["east", "south"]


def test_stopping_without_who_or_why_says_what_is_missing(ward, primum):
    ended = primum("suspend", ROLLOUT, "--as", LEAD)

    assert ended.code == 2
    assert "--reason" in ended.err
