"""After harm: a clock for each report that is owed, reminders before it is over, and no promotion after."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from primum.actions import care_reminders, incident_findings, incidents, regulator_clocks
from primum.integrations.configuration import ConfigurationRefused
from primum.integrations.jurisdictions import FOLDER, pack_in
from primum.ledger.audit import verify
from primum.roadmap.incidents import Harm, Severity
from primum.settings import shipped
from tests import gates_at_work as work
from tests.factories import MORNING
from tests.incidents_at_work import LEAD, NURSE, ROLLOUT, SAFETY, SPONSOR, Ward

title = "Reports to regulators"
REASON = "Checked with counsel and with the department of health."


@pytest.fixture
def ward(sqlite_ledger, tmp_path):
    return Ward(folder=tmp_path / "rollout", place=work.workplace(sqlite_ledger, tmp_path), at=MORNING).begin()


def why_overdue(ward, at):
    with ward.place.ledger.reading() as session:
        return regulator_clocks.why_overdue(rollout=ROLLOUT, at=at, session=session)


def submit(ward, clock, *, at, person=SAFETY, reference="FDA 2026-0042", **changes):
    values = {"submitted_at": at, "at": at, "workplace": ward.place}
    regulator_clocks.submit(clock=clock.id, person=ward.who(person), reference=reference, **(values | changes))


@pytest.mark.parametrize(
    ("site", "severity", "harm", "rules"),
    [
        ("north", Severity.SERIOUS, None, {"us user-facility-serious-injury", "us manufacturer-30-days"}),
        ("north", Severity.DEATH, None, {"us user-facility-death", "us manufacturer-30-days"}),
        ("south", Severity.SERIOUS, None, {"eu serious-incident"}),
        ("south", Severity.DEATH, None, {"eu death"}),
        ("south", Severity.MODERATE, Harm.CARE_DISRUPTED, {"eu care-disrupted"}),
        ("east", Severity.DEATH, None, {"hk serious-injury-or-death"}),
        ("north", Severity.MODERATE, None, set()),
    ],
)
def test_a_report_starts_the_clocks_of_the_place_where_it_happened(ward, site, severity, harm, rules):
    made = ward.report(site=site, severity=severity, details=incidents.Details(harm=harm))

    assert set(ward.clocks(made)) == rules


def test_each_clock_ends_at_a_midnight_of_the_place_it_is_owed_at(ward):
    us, eu = ward.report(site="north"), ward.report(site="south")

    facility, union = ward.clocks(us)["us user-facility-serious-injury"], ward.clocks(eu)["eu serious-incident"]

    # Ten working days after Monday, 2 March 2026 (summer time begins there on the 8th); fifteen days in Berlin.
    assert facility.due_at.astimezone(ZoneInfo("America/New_York")).isoformat() == "2026-03-17T00:00:00-04:00"
    assert union.due_at.astimezone(ZoneInfo("Europe/Berlin")).isoformat() == "2026-03-18T00:00:00+01:00"


def test_a_site_nobody_declared_starts_the_clocks_of_every_place(ward):
    made = ward.report(site="the ambulance")

    assert {one.split()[0] for one in ward.clocks(made)} == {"us", "eu", "hk"}


def test_a_clock_starts_once_and_remedial_ones_when_somebody_says_so(ward):
    made = ward.report(site="north")
    before = set(ward.clocks(made))

    begun = [
        incident_findings.need_remedy(
            incident=made, person=ward.who(SAFETY), note="The filter hides calls.", at=MORNING, workplace=ward.place
        )
        for _ in range(2)
    ]

    assert begun == [1, 0]
    assert set(ward.clocks(made)) - before == {"us manufacturer-5-days"}


def test_grading_anew_ends_the_clocks_that_no_longer_apply_and_starts_others(ward):
    made = ward.report(site="south", severity=Severity.DEATH)
    ward.confirm(made, severity=Severity.SERIOUS)

    clocks = ward.clocks(made)

    assert clocks["eu death"].ended_by == SAFETY
    assert clocks["eu serious-incident"].ended_at is None
    assert clocks["eu serious-incident"].aware_at == MORNING, "it runs since the institution knew"


def test_an_overdue_report_blocks_and_says_so_until_it_is_submitted(ward):
    made = ward.report(site="south")
    clock = ward.clocks(made)["eu serious-incident"]

    in_time, over = why_overdue(ward, clock.due_at - timedelta(seconds=1)), why_overdue(ward, clock.due_at)
    submit(ward, clock, at=clock.due_at + timedelta(hours=1))

    assert in_time is None
    assert f"The report of incident {made} (eu serious-incident, " in over
    assert "was due by 2026-03-17 23:00 UTC" in over
    assert why_overdue(ward, clock.due_at + timedelta(days=1)) is None
    assert verify(ward.place.ledger, outside=ward.place.ledger.checkpoint()) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"person": NURSE}, "none of the roles that report"),
        ({"reference": " "}, "Give the reference"),
        ({"submitted_at": MORNING + timedelta(days=9)}, "not in the future"),
    ],
)
def test_a_submission_that_cannot_be_recorded_says_why(ward, changes, words):
    clock = next(iter(ward.clocks(ward.report(site="south")).values()))

    with pytest.raises(regulator_clocks.CannotSubmit, match=words):
        submit(ward, clock, at=MORNING + timedelta(days=1), **changes)


def test_a_template_tells_no_end_and_blocks_until_somebody_fills_it_in_and_signs(ward):
    made = ward.report(site="east")
    clock = ward.clocks(made)["hk serious-injury-or-death"]
    shipped_why = why_overdue(ward, MORNING)
    pack = filled_in(ward, days=10)
    unsigned = regulator_clocks.tell_again(at=MORNING, person=SAFETY, workplace=ward.place)

    regulator_clocks.sign_pack(pack=pack, person=ward.who(SAFETY), reason=REASON, at=MORNING, workplace=ward.place)
    told = regulator_clocks.tell_again(at=MORNING, person=SAFETY, workplace=ward.place)

    assert clock.due_at is None
    assert "nobody has filled in the days of serious-injury-or-death" in shipped_why
    assert (unsigned, told) == ((), (clock.id,))
    assert why_overdue(ward, MORNING) is None
    due = ward.clocks(made)["hk serious-injury-or-death"].due_at
    assert due.astimezone(ZoneInfo("Asia/Hong_Kong")).date().isoformat() == "2026-03-17"


def filled_in(ward, *, days):
    text = (shipped("config") / FOLDER / "hk.yaml").read_text(encoding="utf-8")
    own = ward.place.home / FOLDER
    own.mkdir(parents=True, exist_ok=True)
    (own / "hk.yaml").write_text(text.replace("days: null", f"days: {days}"), encoding="utf-8")
    return pack_in(own / "hk.yaml")


@pytest.mark.parametrize(
    ("person", "days", "words"),
    [(NURSE, 10, "none of the roles that sign"), (SAFETY, "null", "nobody has filled in")],
)
def test_who_may_not_sign_the_numbers_or_what_lacks_one_is_refused(ward, person, days, words):
    pack = filled_in(ward, days=days)

    with pytest.raises(regulator_clocks.CannotSubmit, match=words):
        regulator_clocks.sign_pack(pack=pack, person=ward.who(person), reason=REASON, at=MORNING, workplace=ward.place)


def test_a_change_of_signed_numbers_takes_a_signature_of_its_own(ward):
    signed = filled_in(ward, days=10)
    regulator_clocks.sign_pack(pack=signed, person=ward.who(SAFETY), reason=REASON, at=MORNING, workplace=ward.place)
    filled_in(ward, days=11)

    clock = ward.clocks(ward.report(site="east"))["hk serious-injury-or-death"]

    assert "are not signed" in clock.unknown


def test_a_broken_pack_of_the_institution_keeps_nobody_from_reporting(ward):
    broken = ward.place.home / FOLDER / "us.yaml"
    broken.parent.mkdir(parents=True)
    broken.write_text("id: [", encoding="utf-8")

    made = ward.report(site="north")

    assert len(ward.clocks(made)) == 2
    with pytest.raises(ConfigurationRefused):
        pack_in(broken)


def test_people_are_told_at_half_and_nine_tenths_then_deputies_then_governance_then_all(ward):
    clock = next(iter(ward.clocks(ward.report(site="south", severity=Severity.DEATH)).values()))
    ward.confirm(clock.incident_id)
    length = clock.due_at - clock.aware_at

    told = {}
    for part in (0.4, 0.5, 0.6, 0.9, 0.93, 0.97, 1.0, 1.1):
        at = clock.aware_at + length * part + timedelta(seconds=1)
        lines = care_reminders.remind_of_care(at=at, person="primum", workplace=ward.place)
        told[part] = [re.sub(r"[0-9a-f]{32}", "ID", one) for one in lines if one.startswith("incident.clock")]

    steps = {part: [one.rpartition("ID ")[2] for one in lines] for part, lines in told.items()}
    assert steps == {
        0.4: [],
        0.5: ["seat 1/2"],
        0.6: [],
        0.9: ["seat 9/10"],
        0.93: ["deputy 93/100"],
        0.97: ["governance 97/100"],
        1.0: ["over"],
        1.1: [],
    }
    recipients = [set(one["people"]) for one in ward.messages("incident.clock-reminded")]
    assert {SAFETY, LEAD} <= recipients[0]
    assert recipients[3] == {SPONSOR}
    assert {SAFETY, SPONSOR} <= set(ward.messages("incident.clock-reminded.over")[0]["people"])


def test_a_serious_report_that_nobody_confirms_goes_up(ward):
    made = ward.report(site="north")
    late = MORNING + timedelta(hours=24)

    care_reminders.remind_of_care(at=late, person="primum", workplace=ward.place)

    (told,) = ward.messages("incident.unconfirmed.over")
    assert told["incident"] == made
    assert {SAFETY, SPONSOR} <= set(told["people"])
