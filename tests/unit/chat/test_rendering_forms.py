from dataclasses import replace
from datetime import date

import pytest

from primum.chat.rendering import answers, samples
from primum.chat.rendering.buttons import Deed, read
from primum.chat.rendering.form_values import errors, filled_in, problems_of, values_of
from primum.chat.rendering.form_views import Colleague, Limits, SeatChoice
from primum.chat.rendering.forms import CALLBACKS, form
from primum.roadmap.roles import Role
from primum.roadmap.seats import Meaning
from tests import rendered_slack

REASON = "The pilot met its margin at every site."


def asking(**changes):
    return replace(samples.approval(samples.typical_gate()), **changes)


def blocks_by_id(view):
    return {block["block_id"]: block for block in view["blocks"] if "block_id" in block}


def chosen(*values):
    return {"x": {"type": "any", "selected_options": [{"value": value} for value in values]}}


def wrote(text):
    return {"x": {"type": "plain_text_input", "value": text}}


def state(**changes):
    """What Slack sends for a form that is filled in completely."""
    filled = {
        "seat": {"x": {"selected_option": {"value": "clinical-lead:"}}},
        "meaning": {"x": {"selected_option": {"value": "responsibility"}}},
        "unmet.0": chosen("calibration-slope"),
        "reason": wrote(REASON),
    }
    return {"values": {block: given for block, given in (filled | changes).items() if given}}


def problems(view=None, **changes):
    view = view or asking()
    return problems_of(values_of(filled_in(state(**changes)), form=view), form=view)


@pytest.mark.parametrize("deed", Deed)
def test_each_form_keeps_to_slacks_limits_and_comes_back_with_its_gate(deed):
    view = form(asking(deed=deed))

    assert rendered_slack.problems(view) == []
    assert CALLBACKS[view["callback_id"]] is deed
    assert read(view["private_metadata"]).gate == samples.SUBJECT.gate


def test_the_form_asks_for_a_reason_a_meaning_a_seat_and_a_tick_for_each_open_check():
    inputs = blocks_by_id(form(asking()))

    assert inputs["reason"]["element"]["min_length"] == 20
    assert "Nothing that points at a patient" in inputs["reason"]["hint"]["text"]
    assert [one["value"] for one in inputs["meaning"]["element"]["options"]] == ["approval", "responsibility", "review"]
    assert [one["text"]["text"] for one in inputs["seat"]["element"]["options"]] == [
        "clinical lead",
        "safety officer, for Dr Tom Adeyemi",
    ]
    assert [one["value"] for one in inputs["unmet.0"]["element"]["options"]] == ["calibration-slope"]
    assert not any("initial_option" in block["element"] for block in inputs.values())


@pytest.mark.parametrize(("steps_up", "submit"), [(True, "Continue to sign"), (False, "Sign")])
def test_the_last_button_says_whether_this_signs(steps_up, submit):
    assert form(asking(step_up=steps_up))["submit"]["text"] == submit


def test_forty_open_checks_are_four_groups_and_every_line_is_asked_for():
    view = asking(unmet=samples.largest_gate().unmet)
    ticks = {f"unmet.{number}": chosen(*(f"check-{10 * number + one}" for one in range(10))) for number in range(4)}

    assert [len(blocks_by_id(form(view))[block]["element"]["options"]) for block in ticks] == [10] * 4
    assert problems(view, **ticks) == {}
    assert problems(view, **ticks | {"unmet.3": chosen("check-30")}) == {"unmet.3": "Tick every line; 9 are left."}


def test_a_complete_form_becomes_values():
    filled = filled_in(
        state(
            **{
                "limits.sites": chosen("harbour", "north", "elsewhere"),
                "limits.units": wrote(" emergency , ward 3,"),
                "limits.share": wrote("25"),
                "limits.until": {"x": {"selected_date": "2027-01-31"}},
                "left.what": wrote("Train the night shift"),
                "left.owner": {"x": {"selected_option": {"value": "noah-kim"}}},
                "left.due": {"x": {"selected_date": "2026-12-31"}},
            }
        )
    )

    values = values_of(filled, form=asking())

    assert (values.reason, values.meaning) == (REASON, Meaning.RESPONSIBILITY)
    assert values.seat == SeatChoice(role=Role.CLINICAL_LEAD)
    assert values.ticked == {"calibration-slope"}
    until = date(2027, 1, 31)
    assert values.limits == Limits(sites=("north", "harbour"), units=("emergency", "ward 3"), share=25, until=until)
    assert (values.left.what, values.left.owner, values.left.due) == (
        "Train the night shift",
        "noah-kim",
        date(2026, 12, 31),
    )
    assert problems_of(values, form=asking()) == {}


@pytest.mark.parametrize(
    ("changes", "block", "words"),
    [
        ({"reason": wrote("too short")}, "reason", "at least 20 characters"),
        ({"reason": None}, "reason", "this one has 0"),
        ({"meaning": None}, "meaning", "stands for"),
        ({"seat": {"x": {"selected_option": {"value": "ethicist:"}}}}, "seat", "Choose the seat"),
        ({"unmet.0": None}, "unmet.0", "1 is left"),
        ({"limits.share": wrote("101")}, "limits.share", "from 1 to 100"),
        ({"limits.until": {"x": {"selected_date": "soon"}}}, "limits.until", "year, month and day"),
        ({"left.what": wrote("Train")}, "left.owner", "Choose who"),
        ({"left.due": {"x": {"selected_date": "2026-12-31"}}}, "left.what", "Say what"),
    ],
)
def test_what_is_missing_is_a_sentence_under_its_own_input(changes, block, words):
    found = problems(**changes)

    assert words in found[block]
    assert block in blocks_by_id(form(asking()))
    assert errors(found) == {"response_action": "errors", "errors": found}


def test_somebody_with_one_seat_is_not_asked_which():
    view = asking(seats=(SeatChoice(role=Role.ETHICIST),))

    assert "seat" not in blocks_by_id(form(view))
    assert values_of({}, form=view).seat == SeatChoice(role=Role.ETHICIST)


def test_a_delegation_asks_for_a_deputy_with_the_role_and_a_last_day():
    deputy = Colleague(person="tom-adeyemi", name="Dr Tom Adeyemi", role=Role.CLINICAL_LEAD)
    view = asking(deed=Deed.DELEGATE, colleagues=(deputy,))
    given = {"deputy": chosen("tom-adeyemi"), "until": {"x": {"selected_date": "2027-02-21"}}}

    assert problems(view, **given) == {}
    assert values_of(filled_in(state(**given)), form=view).deputy == "tom-adeyemi"
    assert set(problems(view)) == {"deputy", "until"}
    late = {**given, "until": {"x": {"selected_date": "2027-02-22"}}}
    assert problems(view, **late) == {"until": "At the latest 21 February 2027."}


def test_among_very_many_colleagues_slack_is_asked_for_the_deputy():
    many = tuple(Colleague(person=f"p{number}", name="N") for number in range(101))
    view = asking(deed=Deed.DELEGATE, colleagues=many)
    given = filled_in(state(deputy={"x": {"selected_user": "U012"}}))

    values = values_of(given, form=view)

    assert blocks_by_id(form(view))["deputy"]["element"]["type"] == "users_select"
    assert (values.deputy, values.deputy_user) == ("", "U012")


def test_the_answers_to_a_form_say_whether_something_was_written():
    link = answers.step_up(url=f"{samples.ADDRESS}/sign/abc", until=samples.LAST_DAY, gate=samples.SUBJECT.gate)
    sentence = "Dr Lea Brandt has already signed gate chest-xray-triage.G2.3; one person signs once."

    windows = {
        "Not signed yet.": link,
        "Nothing was recorded.": answers.refused(sentence=sentence, page=samples.PAGE),
        "Your signature stands.": answers.already_signed(sentence=sentence, page=samples.PAGE),
        "Recorded.": answers.signed(sentence="You approved.", page=samples.PAGE),
    }

    for words, window in windows.items():
        assert words in window["blocks"][0]["text"]["text"]
        assert rendered_slack.problems(window) == []
        assert "submit" not in window
    assert f"<{samples.ADDRESS}/sign/abc|Continue to sign>" in link["blocks"][1]["text"]["text"]
    assert answers.updated(link) == {"response_action": "update", "view": link}
