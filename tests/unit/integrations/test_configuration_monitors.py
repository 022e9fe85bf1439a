"""Monitors in a file of their own, and those of the how-to: read, designed, refused with line and column."""

import re
from pathlib import Path

import pytest

from primum.actions.monitor_readings import design_of
from primum.actions.registration import why_not
from primum.actions.submission import read_submission
from primum.integrations.configuration import ConfigurationRefused, load_monitors, load_rollout
from tests import rollouts_on_disk

ROOT = Path(__file__).parents[3]
HOW_TO = (ROOT / "docs" / "how-to" / "watch-a-rollout.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"```yaml\n(monitors:\n.*?)```", HOW_TO, flags=re.DOTALL)[1]


@pytest.fixture
def clinic(tmp_path):
    made = rollouts_on_disk.write(tmp_path / "rollout")
    made.change("policy: replay", "monitors_file: monitors.yaml\npolicy: replay")
    (made.folder / "monitors.yaml").write_text(EXAMPLE, encoding="utf-8")
    return made


def test_the_monitor_of_the_how_to_is_one_that_can_be_designed(clinic):
    (one,) = load_monitors(clinic.folder / "monitors.yaml").monitors

    assert design_of(one).run_length == 500
    assert why_not(read_submission(clinic.file)) is None


def test_wherever_monitors_stand_they_are_the_same_rollout(clinic):
    beside = load_rollout(clinic.file)
    clinic.change("monitors_file: monitors.yaml\n", EXAMPLE)

    assert load_rollout(clinic.file).monitors == beside.monitors


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("harm: true", "harm: false", "only a guardrail on harm may roll back by itself"),
        ("action: rollback", "action: stop", "action"),
        ("days: 1,", "days: 1, hours: 2,", "either `hours` or `days`"),
    ],
)
def test_what_a_monitor_may_not_say_is_refused_in_its_own_file(clinic, old, new, sentence):
    file = clinic.folder / "monitors.yaml"
    file.write_text(EXAMPLE.replace(old, new), encoding="utf-8")

    with pytest.raises(ConfigurationRefused) as refused:
        load_rollout(clinic.file)

    assert "monitors.yaml" in str(refused.value)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("owner: safety-officer", "owner: nobody-here", "neither a person here nor a role"),
        ("kind: outcomes-cusum", "kind: tea-leaves", "There is no kind of monitor 'tea-leaves'"),
        ("ratio: 3/2", "ratio: 1/2", "deaths-in-hospital"),
    ],
)
def test_what_watches_nothing_is_not_registered(clinic, old, new, sentence):
    (clinic.folder / "monitors.yaml").write_text(EXAMPLE.replace(old, new), encoding="utf-8")

    assert sentence in (why_not(read_submission(clinic.file)) or "")
