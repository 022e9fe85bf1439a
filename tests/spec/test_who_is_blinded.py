"""Outcomes by arm are for the monitoring board; every entrance shows everybody else all arms together."""

import json
import sqlite3

import pytest

from primum.actions import conflicts, evaluation, intake
from primum.actions.blinding import looks_view
from primum.roadmap.stages import Stage
from tests import gates_at_work
from tests.api_calls import program
from tests.consoles import console
from tests.digests import without_digests
from tests.looks_on_disk import BOARD, LEAD, ROLLOUT, TEAM, rows_of, running

title = "Who is shown what of a running trial"
# 105 of 150 treated and 90 of 150 others had the event; nobody of the team may learn it from anything.


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    from primum.ledger.database import Ledger

    home = tmp_path_factory.mktemp("blind")
    with Ledger.open(f"sqlite:///{home / 'ledger.db'}", key=home / "key") as ledger:
        place = gates_at_work.workplace(ledger, home / "home")
        made = running(home / "files", place)
        made.table(rows_of(300, new=0.70, old=0.60, known=300))
        made.take()
        yield made


def seen(pilot, who):
    person = pilot.submission.person(who) if who else None
    return looks_view(submission=pilot.submission, person=person, at=pilot.at, workplace=pilot.place)


def test_the_board_sees_the_arms_and_the_boundaries(pilot):
    view = seen(pilot, BOARD)

    (look,) = view.looks
    assert view.why_blinded == ""
    assert [(one.name, one.events, one.n) for one in look.board.arms] == [
        ("with the model", "105", "150"),
        ("without it", "90", "150"),
    ]
    assert look.board.state == "continue"
    assert [one.reached for one in view.results] == [True, False, False]


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        (TEAM, "Noah Kim is not of the monitoring board"),
        (LEAD, "Dr Amara Okafor is not of the monitoring board"),
        ("oskar-lindqvist", "Oskar Lindqvist is not of the monitoring board"),
        ("", "Outcomes by arm are for the monitoring board"),
    ],
)
def test_everybody_else_sees_all_arms_together(who, sentence, pilot):
    view = seen(pilot, who)

    assert view.why_blinded.startswith(sentence)
    assert (view.looks[0].board, view.results) == (None, ())
    assert (view.looks[0].told, view.looks[0].pooled) == ("taken", "195 of 300")
    assert [arm.name for arm in view.flow.people.arms] == ["All arms together"]


def test_who_is_of_the_board_and_of_the_team_is_of_the_team(pilot):
    member = pilot.submission.person(BOARD)
    lead = pilot.submission.person(LEAD)
    both = member.model_copy(update={"authorities": (*member.authorities, *lead.authorities)})

    view = looks_view(submission=pilot.submission, person=both, at=pilot.at, workplace=pilot.place)

    assert view.why_blinded == (
        "Prof Greta Holm is also clinical-lead, so of the team; outcomes are shown for all arms together."
    )


def test_who_declares_an_interest_is_shown_no_arms(sqlite_ledger, tmp_path):
    place = gates_at_work.workplace(sqlite_ledger, tmp_path / "home")
    made = running(tmp_path / "files", place)
    conflicts.declare(
        submission=made.submission, person=BOARD, reason="My brother sells it.", channel="cli", at=made.at,
        workplace=place,
    )  # fmt: skip

    assert "has declared an interest" in seen(made, BOARD).why_blinded


def test_the_console_and_the_api_show_a_reader_what_is_theirs(pilot):
    with console(pilot.place, at=pilot.at) as served:
        # The first figure of a process loads what draws it.
        address, patient = f"/rollouts/{ROLLOUT}/looks", {"timeout": 60}
        pages = {who: served.browser_of(who).get(address, **patient).text for who in (BOARD, TEAM)}
        root = served.browser_of("an-admin", administrator=True).get(address, **patient).text
        told = {who: program(served, who).get(f"/rollouts/{ROLLOUT}/looks").json() for who in (BOARD, TEAM)}
        entries = program(served, TEAM).get("/ledger", params={"rollout": ROLLOUT}).text

    assert "Looks against their boundaries" in pages[BOARD]
    assert told[BOARD]["items"][0]["board"]["arms"][0]["events"] == "105"
    assert told[TEAM]["items"][0]["board"] is None
    for text in (pages[TEAM], root, json.dumps(told[TEAM]), entries):
        assert "look.taken" in text or "195 of 300" in text
        shown = without_digests(text)
        assert [word for word in ("105", "boundary", "crossed", "continue", "Safety") if word in shown] == []


def test_the_log_holds_what_the_board_saw_only_under_a_seal(pilot):
    with sqlite3.connect(pilot.folder.parent / "ledger.db") as database:
        bodies = [body for (body,) in database.execute("SELECT body FROM entry WHERE kind = 'look.taken'")]
        messages = database.execute("SELECT body FROM outbox_message WHERE kind = 'look.taken'").fetchall()
    database.close()

    assert [json.loads(body)["told"] for body in bodies] == ["taken"]
    written = without_digests([bodies, messages])
    assert [word for word in ("105", "continue", "efficacy") if word in written] == []
    assert BOARD in str(messages)


def test_no_unit_of_the_tables_is_in_the_ledger(pilot):
    content = b"".join(file.read_bytes() for file in pilot.folder.parent.glob("ledger.db*"))

    assert b"look.taken" in content
    assert b"MRN-" not in content


def gate_findings(pilot):
    submission = pilot.submission
    tables = intake.inspect_tables(submission=submission, stage=Stage.PILOT)
    result = evaluation.measured(
        submission=submission,
        stage=Stage.PILOT,
        tables=tables,
        documents=(),
        checks=intake.check_data(submission=submission, tables=tables, workplace=pilot.place),
        standing=evaluation.standing_of(rollout=ROLLOUT, at=pilot.at, workplace=pilot.place),
        at=pilot.at,
    )
    return {one.check: one for one in result.evaluation.verdict.findings}


def test_the_gate_reads_outcomes_by_arm_only_when_a_look_has_ended_the_comparison(sqlite_ledger, tmp_path):
    made = running(tmp_path / "files", gates_at_work.workplace(sqlite_ledger, tmp_path / "home"))
    made.table(rows_of(210))
    made.take()
    hidden = gate_findings(made)
    made.table(rows_of(400, new=0.9, old=0.6))
    made.take()

    shown = gate_findings(made)

    assert hidden["primary-benefit"].sentence.endswith("until a look ends it.")
    assert (hidden["primary-benefit"].estimates, hidden["safety-difference"].estimates) == ((), ())
    assert hidden["sample-ratio"].estimates
    assert hidden["looks"].outcome == "insufficient"
    assert shown["looks"].sentence == (
        "The efficacy boundary was crossed at the look at 400 patients, every look charged."
    )
    assert shown["primary-benefit"].outcome == "pass"
    assert seen(made, TEAM).why_blinded == ""
