import csv
import stat
from datetime import timedelta

import pytest
from sqlmodel import select

from primum.actions import look_back
from primum.actions.look_back import CannotLookBack, UnknownLookBack
from primum.actions.relabelling import CannotRelabel, relabel
from primum.evidence.scores.guideline_labels import ColumnsRefused
from primum.integrations.worklists import WorklistRefused
from primum.ledger import audit
from primum.ledger.guideline_tables import LookBack, LookBackProgress, Relabelling
from primum.ledger.tables import OutboxMessage
from primum.roadmap.guidelines import CannotCompare
from tests.factories import MORNING
from tests.guideline_factories import before_2025, changed_copy, of_2025
from tests.guidelines_at_work import AFTER, BEFORE, LEAD, STEWARD, at_work

title = "Looking back after a guideline has changed"
LATER = MORNING + timedelta(days=1)


def cases(*, high: int = 24, open_: int = 12, usual: int = 40, above: int = 20):
    """Adults at high risk who were told at target and are above now, of unknown risk, and two groups that stay."""
    sites = ("north", "south")
    rows = [(f"U-{n:04d}", sites[n % 2], 50, "high", 134, 70) for n in range(high)]
    rows += [(f"O-{n:04d}", sites[n % 2], 50, None, 134, 70) for n in range(open_)]
    rows += [(f"N-{n:04d}", sites[n % 2], 50, "usual", 134, 70) for n in range(usual)]
    return [*rows, *((f"A-{n:04d}", sites[n % 2], 50, "high", 150, 95) for n in range(above))]


@pytest.fixture
def working(tmp_path):
    working = at_work(tmp_path)
    working.publish(before_2025())
    working.publish(of_2025())
    yield working
    working.place.ledger.close()


def made(working, *, at=MORNING, person=LEAD, **changes):
    given = {"evidence": "past-advice", "new": AFTER, "person": working.person(person), "at": at}
    return look_back.make(submission=working.submission(), workplace=working.place, **(given | changes))


def closed(working, look, units, *, at=LATER, person=LEAD):
    return look_back.close(
        look_back=look.state.id, units=units, person=working.person(person), at=at, workplace=working.place
    )


def rows(working, table):
    with working.place.ledger.reading() as session:
        return session.exec(select(table)).all()


def listed(look):
    with look.file.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_units_whose_advice_changes_or_cannot_be_known_are_on_the_worklist(working):
    working.advise(cases())

    look = made(working)

    units = {row["unit"]: (row["advised"], row["now"]) for row in listed(look)}
    assert {unit for unit in units if unit.startswith("U-")} == {f"U-{n:04d}" for n in range(24)}
    assert {said for unit, said in units.items() if unit.startswith("U-")} == {("at-target", "above")}
    assert {said for unit, said in units.items() if unit.startswith("O-")} == {("at-target", "open")}
    assert len(units) == 36


def test_only_its_owner_may_read_the_worklist(working):
    working.advise(cases())

    look = made(working)
    closed(working, look, ["U-0001"])

    for file in look.file.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(look.file.parent.stat().st_mode) == 0o700


def test_outside_are_counts_alone_by_site(working):
    working.advise(cases())

    counts = made(working).state.counts

    assert (counts["listed"], counts["all"]["n"]) == (36, 96)
    assert counts["all"]["moves"]["at-target -> above"] == 24
    assert counts["groups"]["site"]["north"]["moves"]["at-target -> above"] == 12


def test_a_small_part_of_the_list_is_not_told_and_not_to_be_found_by_subtraction(working):
    working.advise(cases(open_=3))

    counts = made(working).state.counts

    assert counts["listed"] == 27
    assert counts["all"]["moves"]["at-target -> above"] is None
    assert counts["all"]["moves"]["at-target -> open"] is None


def test_a_list_of_a_few_is_not_counted_outside_and_still_ends(working):
    working.advise(cases(high=2, open_=0))
    look = made(working)

    done = closed(working, look, ["U-0000", "U-0001"])

    assert (look.state.listed, look.state.left, look.state.complete) == (None, None, False)
    assert (done.complete, done.listed) == (True, None)
    assert done.words == "Every unit on the worklist was looked at."


def test_where_no_advice_changes_nothing_is_left_to_do(working):
    working.advise(cases(high=0, open_=0))

    state = made(working).state

    assert (state.listed, state.complete, state.words) == (0, True, "No past advice changes.")


def test_advice_that_was_written_down_counts_more_than_the_old_rule(working):
    told = [(f"U-{n:04d}", "north", 50, "high", 134, 70, "above") for n in range(30)]
    told += [(f"V-{n:04d}", "north", 50, "usual", 150, 70, "at-target") for n in range(15)]
    working.advise(told, advice=True)

    look = made(working)

    assert {row["unit"][0] for row in listed(look)} == {"V"}
    assert rows(working, LookBack)[0].advice == "advice"


def test_with_a_log_of_outputs_only_patients_of_whom_one_was_shown_are_listed(working):
    working.advise(cases())
    working.show([f"U-{n:04d}" for n in range(15)] + [f"N-{n:04d}" for n in range(20)])

    look = made(working, shown="outputs")

    assert {row["unit"] for row in listed(look)} == {f"U-{n:04d}" for n in range(15)}
    assert (look.state.listed, look.state.counts["all"]["n"]) == (15, 35)
    assert look.state.evidence == "past-advice, shown by outputs"
    assert made(working).state.id != look.state.id


def test_once_the_rollout_follows_the_new_version_the_one_before_it_is_meant(working):
    working.advise(cases())
    working.follow(AFTER)

    look = made(working)

    assert (look.state.old, look.state.listed) == (BEFORE, 36)


def test_asking_again_gives_the_same_list_with_what_was_marked(working):
    working.advise(cases())
    first = made(working)
    closed(working, first, [f"U-{n:04d}" for n in range(12)])

    again = made(working, at=LATER)

    assert (again.is_new, again.file, again.state.done, again.state.left) == (False, first.file, 12, 24)
    assert len(rows(working, LookBack)) == 1


def test_marking_a_unit_twice_is_marking_it_once(working):
    working.advise(cases())
    look = made(working)
    half = [f"U-{n:04d}" for n in range(20)]

    closed(working, look, half)
    state = closed(working, look, half, at=LATER + timedelta(days=1))

    assert (state.done, state.left) == (20, 16)
    assert len(rows(working, LookBackProgress)) == 1


def test_a_unit_that_is_not_on_the_list_is_refused_with_all_it_came_with_and_not_repeated(working):
    working.advise(cases())
    look = made(working)

    with pytest.raises(WorklistRefused, match="1 of 2 given are not on this worklist; none was marked") as refused:
        closed(working, look, ["U-0001", "N-0001"])

    assert "N-0001" not in str(refused.value)
    assert rows(working, LookBackProgress) == []


def test_a_look_back_is_complete_when_the_last_unit_is_marked_and_says_so(working):
    working.advise(cases())
    look = made(working)

    units = [row["unit"] for row in listed(look)]
    halfway = closed(working, look, units[:18])
    state = closed(working, look, units[18:])

    assert (halfway.complete, state.complete) == (False, True)
    kinds = [one.kind for one in rows(working, OutboxMessage) if one.kind.startswith("look-back")]
    assert sorted(kinds) == ["look-back.made", "look-back.worked-on"]
    assert audit.verify(working.place.ledger) == ()


def test_a_list_that_somebody_altered_or_lost_is_noticed(working):
    working.advise(cases())
    look = made(working)
    whole = look.file.read_text(encoding="utf-8")

    look.file.write_text(whole.replace("U-0001,", "X-0001,"), encoding="utf-8")
    with pytest.raises(WorklistRefused, match="is not the list that was made"):
        closed(working, look, ["U-0002"])

    look.file.unlink()
    with pytest.raises(WorklistRefused, match="put it back from a backup"):
        closed(working, look, ["U-0002"])


def test_a_line_that_a_crash_cut_off_counts_as_not_done(working):
    working.advise(cases())
    look = made(working)
    closed(working, look, [f"U-{n:04d}" for n in range(12)])
    with (look.file.parent / "done.ndjson").open("a", encoding="utf-8") as file:
        file.write('{"at": "2026-03-03T09:00:00+00:00", "person": "leila-haddad", "unit": "U-00')

    state = closed(working, look, ["U-0012"])

    assert (state.done, state.left) == (13, 23)


def test_who_may_make_a_list_and_who_may_work_on_it(working):
    working.advise(cases())

    with pytest.raises(CannotLookBack, match="may make a worklist"):
        made(working, person="jonas-weber")
    look = made(working, person=STEWARD)
    with pytest.raises(CannotLookBack, match="may mark units of a look-back"):
        closed(working, look, ["U-0001"], person=STEWARD)
    with pytest.raises(UnknownLookBack, match="no look-back 'none'"):
        look_back.close(
            look_back="none", units=["U-0001"], person=working.person(LEAD), at=LATER, workplace=working.place
        )


def test_a_table_is_labelled_again_in_counts_and_kept_once(working):
    working.advise(cases())
    given = {"submission": working.submission(), "evidence": "past-advice", "new": AFTER, "at": MORNING}

    counts = relabel(person=working.person(LEAD), workplace=working.place, **given)
    relabel(person=working.person(LEAD), workplace=working.place, **given)

    assert counts["all"]["changed"] == 24
    assert counts["all"]["moves"] == {
        "above -> above": 20, "at-target -> above": 24, "at-target -> at-target": 40, "at-target -> open": 12
    }  # fmt: skip
    (row,) = rows(working, Relabelling)
    assert (row.old, row.new, row.counts) == (BEFORE, AFTER, counts)


@pytest.mark.parametrize(
    ("changes", "refusal", "said"),
    [
        ({"evidence": "nowhere"}, CannotRelabel, "no registered table 'nowhere'; there are: outcomes, past-advice"),
        ({"evidence": "outcomes"}, ColumnsRefused, "asks for 'age_years' which the table does not map"),
        ({"new": BEFORE}, CannotRelabel, "follows no other version of 'hypertension'"),
        ({"new": "other@1", "old": BEFORE}, CannotCompare, "two guidelines"),
    ],
    ids=["no table", "no columns", "the version in use", "another guideline"],
)
def test_what_cannot_be_labelled_again_says_why(working, changes, refusal, said):
    working.advise(cases())
    working.publish(changed_copy(before_2025(), id="other", version="1"))
    given = {"submission": working.submission(), "evidence": "past-advice", "new": AFTER, "at": MORNING}

    with pytest.raises(refusal, match=said):
        relabel(person=working.person(LEAD), workplace=working.place, **(given | changes))
