import copy
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from primum.integrations.slack.blocks_lint import problems


def plain(text: str = "Words") -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def marked(text: str = "Words") -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def option(value: str = "a") -> dict[str, Any]:
    return {"text": plain(), "value": value, "description": plain()}


def button(action: str = "approve") -> dict[str, Any]:
    confirm = {"title": plain(), "text": marked(), "confirm": plain("Yes"), "deny": plain("No")}
    return {"type": "button", "action_id": action, "text": plain(), "value": "g-1:2", "confirm": confirm}


def an_input(block: str, element: dict[str, Any]) -> dict[str, Any]:
    shown = {"type": "input", "block_id": block, "label": plain(), "hint": plain(), "optional": True}
    return {**shown, "element": {"action_id": "it", **element}}


MESSAGE: dict[str, Any] = {
    "text": "A gate waits",
    "blocks": [
        {"type": "header", "text": plain()},
        {"type": "section", "block_id": "s", "text": marked(), "fields": [marked(), plain()], "accessory": button()},
        {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "Five sites", "title": plain()},
        {"type": "divider"},
        {"type": "context", "elements": [marked(), {"type": "image", "image_url": "https://a.b/c", "alt_text": "d"}]},
        {"type": "actions", "block_id": "a", "elements": [button(), button("reject")]},
        {"type": "actions", "elements": [{"type": "overflow", "action_id": "more", "options": [option()]}]},
    ],
}
FORM: dict[str, Any] = {
    "type": "modal",
    "title": plain(),
    "submit": plain(),
    "close": plain(),
    "callback_id": "approve",
    "private_metadata": "g-1",
    "blocks": [
        an_input("reason", {"type": "plain_text_input", "multiline": True, "min_length": 20, "max_length": 3000}),
        an_input("ticks", {"type": "checkboxes", "options": [{**option(), "text": marked()}]}),
        an_input("meaning", {"type": "radio_buttons", "options": [option()], "initial_option": option()}),
        an_input("site", {"type": "static_select", "options": [option()], "placeholder": plain()}),
        an_input("sites", {"type": "multi_static_select", "options": [option()], "initial_options": [option()]}),
        an_input("deputy", {"type": "users_select"}),
        an_input("until", {"type": "datepicker", "initial_date": "2026-12-01"}),
        an_input("share", {"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}),
    ],
}
HOME: dict[str, Any] = {"type": "home", "blocks": [{"type": "section", "text": marked()}]}


def changed(whole: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    copied = copy.deepcopy(whole)
    change(copied)
    return copied


def at(whole: dict[str, Any], *path: str | int) -> Any:
    for step in path:
        whole = whole[step]  # type: ignore[index]
    return whole


def put(*path: str | int, to: object) -> Callable[[dict[str, Any]], object]:
    return lambda whole: at(whole, *path[:-1]).__setitem__(path[-1], to)


def without(*path: str | int) -> Callable[[dict[str, Any]], object]:
    return lambda whole: at(whole, *path[:-1]).pop(path[-1])


WRONG_MESSAGES = [
    # Nobody else says so.
    (put("blocks", to=[{"type": "divider"}] * 51), "51 blocks"),
    (put("blocks", 1, "fields", 0, to=marked("x" * 2001)), "2001 characters"),
    (put("blocks", 5, "elements", 1, "action_id", to="approve"), "'approve' 2 times"),
    (put("blocks", 5, "block_id", to="s"), "'s' 2 times"),
    (put("blocks", 1, "text", "text", to=" "), "is empty"),
    (put("text", to=""), "message.text is empty"),
    (put("text", to="x" * 40_001), "40001 characters"),
    # The types of @slack/types say so, and slack_sdk.models does not.
    (put("blocks", 3, "type", to="diviner"), "'diviner'"),
    (put("blocks", 0, "text", "type", to="mrkdwn"), "kind plain_text"),
    (put("blocks", 5, "elements", 0, "text", "type", to="mrkdwn"), "kind plain_text"),
    (put("blocks", 1, "colour", to="red"), "colour is a name"),
    (put("blocks", 1, "text", "colour", to="red"), "colour is a name"),
    (put("blocks", 1, "accessory", to=None), "is null"),
    (without("blocks", 2, "alt_text"), "alt_text is missing"),
    (put("blocks", 5, "elements", 0, to={"type": "plain_text_input"}), "does not take there"),
    (put("blocks", 6, "elements", 0, "options", 0, "text", "type", to="mrkdwn"), "a menu takes plain_text"),
    (put("blocks", 6, "elements", 0, "options", to=[option(), option()]), "value 'a' 2 times"),
    (put("blocks", 4, "elements", 0, to=button()), "does not take there"),
    # slack_sdk.models says so as well.
    (put("blocks", 1, "text", "text", to="x" * 3001), "3001 characters"),
    (put("blocks", 1, "text", "text", to="🩺" * 1501), "3002 characters"),
    (put("blocks", 0, "text", "text", to="x" * 151), "151 characters"),
    (put("blocks", 5, "elements", 0, "value", to="x" * 2001), "2001 characters"),
    (put("blocks", 5, "elements", 0, "text", "text", to="x" * 76), "76 characters"),
    (put("blocks", 5, "elements", 0, "action_id", to="x" * 256), "1 to 255"),
    (put("blocks", 5, "elements", 0, "style", to="green"), "primary nor danger"),
    (put("blocks", 5, "elements", 0, "confirm", "title", "text", to="x" * 101), "101 characters"),
    (put("blocks", 5, "block_id", to="x" * 256), "1 to 255"),
    (put("blocks", 5, "elements", to=[button(str(n)) for n in range(26)]), "26 entries"),
    (put("blocks", 4, "elements", to=[marked()] * 11), "11 entries"),
    (put("blocks", 1, "fields", to=[marked()] * 11), "11 entries"),
    (put("blocks", 1, to={"type": "section"}), "none of fields, text"),
    (put("blocks", 6, "elements", 0, "options", to=[option(str(n)) for n in range(6)]), "6 entries"),
    (put("blocks", 2, "alt_text", to="x" * 2001), "2001 characters"),
    (put("blocks", 0, to=FORM["blocks"][0]), "has an input"),
]
WRONG_FORMS = [
    (without("submit"), "no submit"),
    (put("blocks", 0, "element", "max_length", to=3001), "whole number from 1 to 3000"),
    (put("blocks", to=[{"type": "divider"}] * 101), "101 entries"),
    (put("blocks", 1, "block_id", to="reason"), "'reason' 2 times"),
    (put("blocks", 1, "element", "options", to=[option(str(n)) for n in range(11)]), "11 entries"),
    (put("title", "type", to="mrkdwn"), "kind plain_text"),
    (put("title", "text", to="x" * 25), "25 characters"),
    (put("submit", "text", to="x" * 25), "25 characters"),
    (put("private_metadata", to="x" * 3001), "3001 characters"),
    (put("callback_id", to="x" * 256), "256 characters"),
    (put("blocks", to=[]), "0 entries"),
    (put("blocks", 0, "label", "text", to="x" * 2001), "2001 characters"),
    (put("blocks", 2, "element", "options", 0, "value", to="x" * 151), "151 characters"),
    (put("blocks", 2, "element", "options", 0, "text", "text", to="x" * 76), "76 characters"),
    (put("blocks", 0, "element", to={"type": "button", "text": plain()}), "does not take there"),
    (put("type", to="popup"), "'popup'"),
]


@pytest.mark.parametrize("found", [MESSAGE, FORM, HOME], ids=["message", "form", "home"])
def test_what_slack_takes_has_no_problem(found):
    assert problems(found) == ()


@pytest.mark.parametrize(("change", "says"), WRONG_MESSAGES)
def test_what_slack_refuses_in_a_message_is_told_with_its_place(change, says):
    found = problems(changed(MESSAGE, change))

    assert any(says in one for one in found), found
    assert all(one.endswith(".") for one in found)


@pytest.mark.parametrize(("change", "says"), WRONG_FORMS)
def test_what_slack_refuses_in_a_form_is_told_with_its_place(change, says):
    found = problems(changed(FORM, change))

    assert any(says in one for one in found), found


def refused_by_the_library(found: dict[str, Any]) -> bool:
    try:
        if "type" in found:
            View(**found).to_dict()
        else:
            [Block.parse(block).to_dict() for block in found["blocks"]]
    except (SlackObjectFormationError, TypeError, AttributeError):
        return True
    return False


def test_all_that_slacks_library_refuses_is_refused_here_and_more():
    cases = [(MESSAGE, change) for change, _ in WRONG_MESSAGES] + [(FORM, change) for change, _ in WRONG_FORMS]
    wrong = [changed(whole, change) for whole, change in cases]

    theirs = [found for found in wrong if refused_by_the_library(found)]

    assert len(wrong) - len(theirs) >= 15
    assert all(problems(found) for found in theirs)


@pytest.mark.parametrize("found", [MESSAGE, FORM, HOME], ids=["message", "form", "home"])
def test_slacks_library_takes_what_is_taken_here(found):
    assert not refused_by_the_library(copy.deepcopy(found))
