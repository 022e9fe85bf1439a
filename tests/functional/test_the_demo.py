"""The demo, run once as a newcomer would, and held against the published record."""

import json
import re
import sqlite3

import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder, primum_command):
    return primum_command("demo", cwd=folder)


@pytest.fixture(scope="module")
def snapshots(demo, folder):
    """The evaluation behind each gate, by gate id."""
    with sqlite3.connect(folder / ".demo" / "primum.db") as database:
        rows = database.execute("SELECT gate_id, snapshot FROM evaluation").fetchall()
    return {gate: json.loads(snapshot) for gate, snapshot in rows}


def finding(snapshots, gate, check):
    return next(one for one in snapshots[gate]["verdict"]["findings"] if one["check"] == check)


def estimate(snapshots, gate, check, scope="all"):
    found = finding(snapshots, gate, check)["estimates"]
    return next(one for one in found if one["scope"].startswith(scope))


def test_it_ends_well_and_asks_no_outside_host(demo):
    assert demo.code == 0, demo.err
    assert demo.lookups == ()


def test_it_prints_neither_a_traceback_nor_a_progress_bar_of_somebody_else(demo):
    assert "Traceback" not in demo.out + demo.err
    assert "Calculating Metrics" not in demo.out + demo.err
    assert demo.err.strip() == ""


@pytest.mark.parametrize(
    ("gate", "state"),
    [
        ("cardiac-second-opinion.G1.1", "void"),
        ("cardiac-second-opinion.G1.2", "held"),
        ("preterm-care-replay.G2.1", "held"),
        ("mammography-second-reader.G2.1", "held"),
        ("pancreatitis-prevention-replay.G2.1", "applied"),
    ],
)
def test_each_gate_ends_where_the_record_says(demo, folder, gate, state):
    with sqlite3.connect(folder / ".demo" / "primum.db") as database:
        rows = dict(database.execute("SELECT id, state FROM gate").fetchall())

    assert rows[gate] == state


def test_the_raw_cardiac_table_stops_at_cholesterol_zero(snapshots):
    found = finding(snapshots, "cardiac-second-opinion.G1.1", "data:readings")

    assert found["outcome"] == "fail"
    assert "172 of" in found["sentence"]
    assert "ssure" in found["sentence"]


def test_the_cleaned_cardiac_table_is_held_for_women(snapshots):
    women = estimate(snapshots, "cardiac-second-opinion.G1.2", "gap-sensitivity", "sex=Female")

    assert (women["events"], women["n"]) == (36, 50)
    assert "396 of 418" in women["note"]
    assert women["needed"] > 0
    assert finding(snapshots, "cardiac-second-opinion.G1.2", "gap-sensitivity")["outcome"] == "fail"


def test_the_preterm_trial_is_inconclusive_and_its_new_york_clinic_is_shown(snapshots, demo):
    primary = estimate(snapshots, "preterm-care-replay.G2.1", "primary-benefit")
    new_york = estimate(snapshots, "preterm-care-replay.G2.1", "site-safety", "site=NY")

    assert "49 of 407 against 52 of 405" in primary["note"]
    assert finding(snapshots, "preterm-care-replay.G2.1", "primary-benefit")["outcome"] == "insufficient"
    assert finding(snapshots, "preterm-care-replay.G2.1", "safety-difference")["outcome"] == "pass"
    assert "13 of 87 against 7 of 86" in new_york["note"]
    assert "13 of 87 against 7 of 86" in re.sub(r"\s+", " ", demo.out)


def test_the_indomethacin_trial_crosses_its_planned_boundary_at_602(snapshots):
    primary = estimate(snapshots, "pancreatitis-prevention-replay.G2.1", "primary-benefit")

    assert "27 of 295 against 52 of 307" in primary["note"]
    assert "z 2.828163, boundary 2.595016 at 602 of 948" in primary["note"]
    assert primary["lower"] > 0


def test_the_point_of_care_answers_otherwise_once_somebody_suspended(demo):
    words = re.sub(r"\s+", " ", demo.out)
    before, _, after = words.partition("suspends: “A second look.”")

    for told in ("patient A: lmm.", "patient B: control.", "a child of 12: off. Children were not"):
        assert told in before
    assert after.count("off. The rollout is suspended: standard care.") == 3


def test_one_seat_tries_twice_and_is_refused(demo):
    words = re.sub(r"\s+", " ", demo.out)

    assert "amara-okafor tries again: Dr Amara Okafor has already signed" in words


def test_the_replayed_trial_is_promoted_on_paper_and_exposes_nobody(folder, demo):
    with sqlite3.connect(folder / ".demo" / "primum.db") as database:
        promoted = database.execute(
            "SELECT stage_from, stage_to FROM promotion WHERE rollout = 'pancreatitis-prevention-replay'"
        ).fetchall()
        exposed = {state for (state,) in database.execute("SELECT state FROM exposure")}

    assert promoted == [("pilot", "scale")]
    assert exposed == {"off"}


def test_masai_says_what_was_published(snapshots):
    gate = "mammography-second-reader.G2.1"
    ratio = estimate(snapshots, gate, "primary-ratio")
    workload = estimate(snapshots, gate, "workload")

    assert round(ratio["value"], 4) == 1.2028
    assert (round(ratio["lower"], 4), round(ratio["upper"], 4)) == (0.9990, 1.4482)
    assert round(workload["value"], 3) == -0.443
    assert finding(snapshots, gate, "primary-noninferiority")["outcome"] == "pass"


def test_masai_is_held_on_equity_alone_because_no_subgroups_were_published(snapshots):
    held = [
        found["check"]
        for found in snapshots["mammography-second-reader.G2.1"]["verdict"]["findings"]
        if found["level"] in ("mandatory", "overridable") and found["outcome"] != "pass"
    ]

    assert held == ["gap-benefit"]
    assert finding(snapshots, "mammography-second-reader.G2.1", "gap-benefit")["outcome"] == "insufficient"


def test_every_gate_has_a_page_that_needs_nothing_from_elsewhere(demo, folder):
    pages = sorted((folder / ".demo" / "artifacts" / "pages").glob("*.html"))

    assert len(pages) >= 6
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"""(src|href)=["']https?://[^"']*\.(css|js|png|svg|woff)""", text)
        assert "<script" not in text


def test_the_commands_it_suggests_work(demo, folder, primum_command):
    home = {"PRIMUM_HOME": str(folder / ".demo")}

    listed = primum_command("gate", "list", cwd=folder, **home)
    explained = primum_command("gate", "explain", "mammography-second-reader.G2.1", cwd=folder, **home)
    stopped = primum_command(
        "suspend", "preterm-care-replay", "--as", "amara-okafor", "--reason", "A second look", cwd=folder, **home
    )
    verified = primum_command("audit", "verify", cwd=folder, **home)

    assert listed.code == 0, listed.err
    assert explained.code == 1
    assert "does not meet the policy" in explained.out
    assert stopped.code == 0, stopped.err
    assert verified.code == 0, verified.out


def test_a_guideline_change_goes_from_publication_to_its_end(demo):
    assert "1,083 of 4,996 labels change" in demo.out
    assert "hypertension-advice: from hypertension@before-2025 to hypertension@2025" in demo.out
    assert "Closed on 2026-03-21." in demo.out


def test_a_newcomer_is_told_what_a_gate_is_and_why_one_of_them_stays_held(demo):
    words = re.sub(r"\s+", " ", demo.out)

    assert words.startswith("Rollouts of an invented hospital, on real data, go along the roadmap of the WHO")
    assert "At the end of each stage is a gate." in words
    assert "GS.1, is held and stays so: it asks for the papers of a hospital" in words
