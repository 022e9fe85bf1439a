"""What Slack says of an alarm: which monitor, what it led to, where it is answered; no count and no name."""

import pytest

from primum.chat.rendering.views import Link
from primum.chat.rendering.watching import KINDS, is_for_all, watch_notice

PAGE = Link(label="its monitors", url="https://primum.example.org/rollouts/heart/monitors")


def told(kind, **about):
    return watch_notice(kind=kind, about=about, rollout="heart", page=PAGE)["text"]


@pytest.mark.parametrize(
    ("action", "led"),
    [
        ("warn", "Nothing was stopped."),
        ("hold", "The rollout is held"),
        ("rollback", "suspended: standard care"),
    ],
)
def test_an_alarm_says_what_it_led_to(action, led):
    said = told("alarm.raised", monitor="deaths", alarms=["a", "b"], action=action)

    assert said.startswith("The monitor deaths of heart raised 2 alarms.")
    assert led in said


def test_one_alarm_has_its_button_and_several_have_a_link():
    one, two = (
        watch_notice(kind="alarm.raised", about={"alarms": alarms, "action": "hold"}, rollout="heart", page=PAGE)
        for alarms in (["a-1"], ["a-1", "a-2"])
    )

    assert [block["type"] for block in one["blocks"]] == ["section", "actions"]
    assert one["blocks"][1]["elements"][0]["value"] == "a-1"
    assert [block["type"] for block in two["blocks"]] == ["section"]


def test_silence_is_told_as_such():
    assert "Monitors of heart did not read" in told("alarm.raised", monitor="", alarms=["a"], action="warn")


def test_a_review_that_failed_says_how_far_it_went_back():
    assert told("exposure.walked-back", to="wave bridge").endswith("exposure went back to wave bridge.")


def test_the_channel_hears_of_everything_but_warnings_and_answers():
    heard = {kind for kind in KINDS if is_for_all(kind, {"action": "hold"})}

    assert heard == KINDS - {"alarm.acknowledged"}
    assert not is_for_all("alarm.raised", {"action": "warn"})
