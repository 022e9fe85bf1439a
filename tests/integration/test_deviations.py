"""Outputs that were shown without leave become deviations, which a safety officer looks into before anything moves."""

import csv
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from primum.actions import deviations, incidents
from primum.actions.deviations import CannotReview, NoLog
from primum.integrations.answers import FOLDER, Answer, Answers
from primum.integrations.answers_compared import OutputsRefused
from primum.ledger import audit, deviation_reading, signing_reading
from primum.ledger.tables import Entry, OutboxMessage
from primum.roadmap.incidents import Severity
from primum.roadmap.people import Site
from primum.roadmap.roles import Role
from primum.roadmap.shown_outputs import ShownOutputs
from tests import factories, gates_at_work
from tests.factories import MORNING

ROLLOUT = "test-rollout"
DAY = timedelta(days=1)
OFFICER = factories.person("hana-sato", Role.SAFETY_OFFICER)
SECRET = "CANARY-4711"
FOUND = "The viewer had kept an old answer; its cache is switched off since today."


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    return at_work(sqlite_ledger, tmp_path)


@pytest.fixture
def place_on_each(ledger, tmp_path):
    return at_work(ledger, tmp_path)


def at_work(ledger, tmp_path):
    """A rollout whose unit A was answered `lmm` and whose unit B was not."""
    place = gates_at_work.workplace(ledger, tmp_path)
    submission = gates_at_work.submission(outputs=ShownOutputs(log="outputs"))
    sites = (site("north"), site("south"))
    gates_at_work.register(replace(submission, path=tmp_path / "rollout.yaml", sites=sites), place)
    answered(place, "unit-a", "lmm")
    answered(place, "unit-b", "control")
    return place


def site(id_):
    return Site(id=id_, name=id_, country="CH", timezone="Europe/Zurich", resource_level="high")


def answered(place, unit, shown, *, at=MORNING):
    answers = Answers(folder=place.home / FOLDER, replica="test")
    answers.keep(Answer(at=at, rollout=ROLLOUT, unit=unit, site="north", shown=shown, stage="pilot", bundle="sha256:b"))
    answers.close()


def log(path, *rows):
    """A log of outputs: unit, and optionally its site and moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("unit", "site", "shown_at"))
        for unit, *rest in rows:
            site, at = (*rest, *("north", MORNING + timedelta(hours=1))[len(rest) :])
            writer.writerow((unit, site, at.isoformat()))
    return path


def recorded(place, path, *, at=MORNING + DAY):
    return deviations.record(
        rollout=ROLLOUT, outputs=path, within=timedelta(hours=24), person="system", at=at, workplace=place
    )


def kept(place):
    with place.ledger.reading() as session:
        return deviation_reading.deviations(session, rollout=ROLLOUT)


def rows_of(place, table):
    with place.ledger.reading() as session:
        return session.exec(select(table)).all()


def incidents_of(place):
    with place.ledger.reading() as session:
        return signing_reading.incidents(session, rollout=ROLLOUT)


def reviewed(place, deviation, *, person=OFFICER, reason=FOUND):
    deviations.review(deviation=deviation, person=person, reason=reason, at=MORNING + 2 * DAY, workplace=place)


def test_what_was_shown_without_leave_is_recorded_by_site_day_and_kind(place_on_each, tmp_path):
    place = place_on_each
    outputs = log(tmp_path / "log.csv", ("unit-a",), ("unit-b",), ("unit-c",), ("unit-d",), ("unit-d", "elsewhere"))

    recorded(place, outputs)

    assert sorted((one.site, one.day, one.kind, one.outputs) for one in kept(place)) == [
        ("north", "2026-03-02", "refused", 1),
        ("north", "2026-03-02", "unasked", 2),
        ("unknown-site", "2026-03-02", "unasked", 1),
    ]
    assert audit.verify(place.ledger) == ()


def test_the_same_log_again_records_nothing_and_a_longer_one_what_is_new(place, tmp_path):
    first = recorded(place, log(tmp_path / "log.csv", ("unit-b",)))

    again = recorded(place, log(tmp_path / "log.csv", ("unit-b",)))
    longer = recorded(place, log(tmp_path / "log.csv", ("unit-b",), ("unit-e",)))

    assert (len(first), again, len(longer)) == (1, (), 1)
    assert [(one.kind, one.outputs) for one in kept(place) if one.id in longer] == [("unasked", 1)]


def test_a_list_that_no_entry_cites_is_written_again(place, tmp_path):
    recorded(place, log(tmp_path / "log.csv", ("unit-b",)))
    stray = place.home / "deviations" / ROLLOUT / f"{'0' * 32}.ndjson"
    stray.write_text('{"moment": "2026-03-02T08:00:00.000000Z", "site": "north", "unit": "unit-e"}\n')

    made = recorded(place, log(tmp_path / "log.csv", ("unit-e", "north", MORNING - timedelta(hours=1))))

    assert len(made) == 1


def test_units_stay_in_the_data_plane_and_their_list_is_its_owners(place, tmp_path):
    recorded(place, log(tmp_path / "log.csv", (SECRET,)))

    entries = [one.body for one in rows_of(place, Entry)] + [str(one.body) for one in rows_of(place, OutboxMessage)]
    (kept_list,) = (place.home / "deviations" / ROLLOUT).iterdir()
    assert not any(SECRET in text for text in entries)
    assert SECRET not in str([one.model_dump() for one in kept(place)])
    assert SECRET in kept_list.read_text()
    assert kept_list.stat().st_mode & 0o077 == 0


def test_it_is_a_safety_event_and_sites_are_told_without_a_count(place, tmp_path):
    recorded(place, log(tmp_path / "log.csv", ("unit-b",)))

    (entry,) = [one for one in rows_of(place, Entry) if one.kind == "deviation.found"]
    (message,) = [one for one in rows_of(place, OutboxMessage) if one.kind == "deviation.found"]
    assert '"safety_event":true' in entry.body
    assert message.body == {"sites": ["north"], "deviations": 1}


def test_each_deviation_is_an_incident_of_its_own_that_people_grade(place_on_each, tmp_path):
    place = place_on_each

    made = recorded(place, log(tmp_path / "log.csv", ("unit-b",), ("unit-c",), ("unit-d", "elsewhere")))

    found = {one.id: one for one in incidents_of(place)}
    assert set(found) == set(made)
    assert {(one.site, one.severity, one.harm, one.category) for one in found.values()} == {
        ("north", "near-miss", "unknown", "use"),
        ("unknown-site", "near-miss", "unknown", "use"),
    }
    assert {one.channel for one in found.values()} == {"reconciliation"}
    assert all(one.occurred_at.date().isoformat() == "2026-03-02" for one in found.values())
    assert audit.verify(place.ledger) == ()


def test_the_same_log_again_and_a_longer_one_make_no_second_incident_of_a_deviation(place, tmp_path):
    (first,) = recorded(place, log(tmp_path / "log.csv", ("unit-b",)))
    recorded(place, log(tmp_path / "log.csv", ("unit-b",)))
    (new,) = recorded(place, log(tmp_path / "log.csv", ("unit-b",), ("unit-e",)))

    assert {one.id for one in incidents_of(place)} == {first, new}


def test_the_incident_is_told_as_others_are_and_graded_as_others_are(place, tmp_path):
    (made,) = recorded(place, log(tmp_path / "log.csv", ("unit-b",)))

    (message,) = [one for one in rows_of(place, OutboxMessage) if one.kind == "incident.reported"]
    incidents.regrade(
        incident=made,
        person=OFFICER,
        severity=Severity.SERIOUS,
        note="Treated by what it said.",
        at=MORNING + DAY,
        workplace=place,
    )

    assert message.body == {"incident": made, "severity": "near-miss"}
    with place.ledger.reading() as session:
        assert "Incident" in (incidents.why_open(rollout=ROLLOUT, session=session) or "")
    assert audit.verify(place.ledger) == ()


def test_words_of_the_incident_name_neither_unit_nor_count(place, tmp_path):
    recorded(place, log(tmp_path / "log.csv", (SECRET,)))

    (one,) = incidents_of(place)
    assert one.what == "Output of the model was shown without asking: a deviation from the protocol."
    assert SECRET not in str(one.model_dump())


def test_a_small_count_is_told_as_small(place, tmp_path):
    recorded(place, log(tmp_path / "log.csv", ("unit-b",), *((f"unit-{number}",) for number in range(100, 160))))

    told = deviations.shown_deviations(rollout=ROLLOUT, workplace=place)

    assert sorted(one.outputs for one in told) == ["60", "fewer than 5"]


def test_an_open_deviation_keeps_the_rollout_where_it_is_until_a_safety_officer_reviewed_it(place, tmp_path):
    (made,) = recorded(place, log(tmp_path / "log.csv", ("unit-b",)))
    with place.ledger.reading() as session:
        before = deviations.why_unreviewed(rollout=ROLLOUT, session=session)

    reviewed(place, made)

    with place.ledger.reading() as session:
        after = deviations.why_unreviewed(rollout=ROLLOUT, session=session)
    assert before == (
        f"Outputs were shown without leave at north on 2026-03-02 (deviation {made}, 1 open); "
        "a safety officer reviews each first."
    )
    assert after is None


@pytest.mark.parametrize(
    ("person", "reason", "why"),
    [
        (factories.person("amara-okafor", Role.CLINICAL_LEAD), FOUND, "is no safety officer"),
        (OFFICER, "Looked at.", "at least 20 characters"),
    ],
)
def test_nobody_else_reviews_it_and_not_without_words(place, tmp_path, person, reason, why):
    (made,) = recorded(place, log(tmp_path / "log.csv", ("unit-b",)))

    with pytest.raises(CannotReview, match=why):
        reviewed(place, made, person=person, reason=reason)


def test_it_is_reviewed_once_and_only_if_it_is_there(place, tmp_path):
    (made,) = recorded(place, log(tmp_path / "log.csv", ("unit-b",)))
    reviewed(place, made)

    with pytest.raises(CannotReview, match="reviewed already"):
        reviewed(place, made)
    with pytest.raises(CannotReview, match="no deviation 'nobodys'"):
        reviewed(place, "nobodys")


def test_every_file_of_the_declared_log_is_compared_each_night(place, tmp_path):
    log(tmp_path / "outputs" / "monday.csv", ("unit-b",))
    log(tmp_path / "outputs" / "tuesday.csv", ("unit-f",))

    made = deviations.record_every(person="system", at=MORNING + DAY, workplace=place)

    assert len(made) == 2
    assert deviations.record_every(person="system", at=MORNING + 2 * DAY, workplace=place) == ()


def test_a_declared_log_that_is_not_there_is_said(place):
    with pytest.raises(NoLog, match="test-rollout: The log of outputs is declared as `outputs`, and nothing is there"):
        deviations.record_every(person="system", at=MORNING + DAY, workplace=place)


def test_a_log_of_a_rollout_that_nobody_registered_records_nothing(place, tmp_path):
    with pytest.raises(OutputsRefused, match="No rollout 'nobodys' is registered"):
        deviations.record(
            rollout="nobodys", outputs=log(tmp_path / "log.csv", ("unit-b",)), within=DAY, person="system",
            at=MORNING, workplace=place,
        )  # fmt: skip
