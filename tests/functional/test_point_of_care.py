"""What a hospital's software is answered over real sockets, asked by a client that nobody here wrote."""

import json
from datetime import timedelta

import httpx
import pytest
from openfeature.exception import OpenFeatureError

from primum.ledger import reading
from primum.ledger.exposures import expose
from primum.web.exposure.point_of_care import FLAGS
from tests import gates_at_work
from tests.factories import MORNING
from tests.points_of_care import ROLLOUT, in_pilot, serving


@pytest.fixture
def care(sqlite_ledger, tmp_path):
    place = gates_at_work.workplace(sqlite_ledger, tmp_path)
    with serving(place, in_pilot(place)) as answering:
        yield answering


@pytest.fixture
def care_on_each(ledger, tmp_path):
    """The same on each engine in turn, where it is the ledger that answers."""
    place = gates_at_work.workplace(ledger, tmp_path)
    with serving(place, in_pilot(place)) as answering:
        yield answering


@pytest.mark.parametrize(
    ("arm", "value", "reason"),
    [("intervention", "lmm", "SPLIT"), ("control", "control", "SPLIT"), ("no arm", "off", "UNKNOWN")],
)
def test_each_arm_is_answered_and_who_was_not_allocated_is_off(care_on_each, arm, value, reason):
    answer = care_on_each.asks(arm)

    assert (answer.value, answer.variant, answer.reason) == (value, value, reason)
    assert answer.flag_metadata["stage"] == "pilot"
    assert answer.flag_metadata["bundle"].startswith("sha256:")


def test_an_answer_says_which_wave_of_scale_it_is_of(care):
    before = care.asks().flag_metadata["wave"]

    with care.workplace.ledger.transaction() as tx:
        tx.lock_rollout(ROLLOUT)
        said = {**reading.exposure(tx.session, rollout=ROLLOUT).conditions, "wave": "bridge"}
        expose(tx, rollout=ROLLOUT, at=MORNING, state="scale", cause="a promotion", conditions=said)
        tx.record(kind="rollout.promoted", rollout=ROLLOUT, person="noah-kim", at=MORNING, body={})

    answer = care.asks()
    assert (before, answer.value, answer.flag_metadata["wave"]) == ("", "lmm", "bridge")


def test_a_suspension_is_seen_by_the_very_next_question(care_on_each):
    before = care_on_each.asks().value

    care_on_each.suspend()

    after = care_on_each.asks()
    assert (before, after.value) == ("lmm", "off")
    assert after.flag_metadata["why"] == "The rollout is suspended: standard care."


def test_who_is_excluded_sees_nothing_and_so_does_who_may_be(care):
    child, unknown = care.asks(age=12), care.asks(age="not told")

    assert (child.value, child.flag_metadata["why"]) == ("off", "Children were not studied.")
    assert unknown.value == "off"


def test_a_rollout_that_nobody_registered_is_off(care):
    answer = care.asks(rollout="nobodys")

    assert (answer.value, answer.reason) == ("off", "UNKNOWN")


@pytest.mark.parametrize("key", ["", "primum_site_wrong", "x" * 9_000])
def test_without_the_key_of_a_site_nothing_is_said(care, key):
    with pytest.raises(OpenFeatureError, match="unauthorized"):
        care.asks(key=key)


def test_the_key_of_one_site_does_not_ask_for_another(care):
    with pytest.raises(OpenFeatureError, match="forbidden"):
        care.asks(site="south")


def test_a_key_that_is_over_is_none(care):
    care.clock.at = MORNING + timedelta(days=31)

    with pytest.raises(OpenFeatureError, match="unauthorized"):
        care.asks()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "PARSE_ERROR"),
        (b"[]", "INVALID_CONTEXT"),
        (b'{"context": 7}', "INVALID_CONTEXT"),
        (b'{"context": {"site": "north"}}', "TARGETING_KEY_MISSING"),
        (b'{"context": {"targetingKey": "  ", "site": "north"}}', "TARGETING_KEY_MISSING"),
        (b'{"context": {"targetingKey": "unit-a"}}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": "unit-a", "site": "north", "unitType": 7}}', "INVALID_CONTEXT"),
        (b"\xff\xfe", "PARSE_ERROR"),
        (b"[" * 50_000, "PARSE_ERROR"),
        (b'{"context": {"targetingKey": "\\ud800", "site": "north"}}', "PARSE_ERROR"),
    ],
)
def test_a_question_that_cannot_be_read_is_answered_by_what_to_send(care, body, code):
    answer = httpx.post(f"{care.address}{FLAGS}/{ROLLOUT}", content=body, headers=bearing(care))

    assert (answer.status_code, answer.json()["errorCode"]) == (400, code)
    assert answer.json()["errorDetails"].endswith(".")


def test_everything_at_once_is_told_again_only_when_it_changed(care):
    body = {"context": {"targetingKey": care.units["intervention"], "site": "north", "age": 44}}

    first = httpx.post(f"{care.address}{FLAGS}", json=body, headers=bearing(care))
    same = httpx.post(f"{care.address}{FLAGS}", json=body, headers=bearing(care, first.headers["etag"]))
    care.suspend()
    other = httpx.post(f"{care.address}{FLAGS}", json=body, headers=bearing(care, first.headers["etag"]))

    assert [flag["value"] for flag in first.json()["flags"]] == ["lmm"]
    assert (same.status_code, same.content) == (304, b"")
    assert [flag["value"] for flag in other.json()["flags"]] == ["off"]


def bearing(care, etag=""):
    return {"Authorization": f"Bearer {care.key}", "If-None-Match": etag}


def test_a_ledger_that_does_not_answer_closes_everything_within_a_second(care_on_each, monkeypatch):
    before = care_on_each.asks().value
    monkeypatch.setattr(type(care_on_each.workplace.ledger), "watching", unreachable)
    monkeypatch.setattr("primum.ledger.growth.SIZE", "SELECT size FROM gone")
    care_on_each.clock.at = MORNING + timedelta(seconds=2)

    after = care_on_each.asks()

    assert (before, after.value, after.reason) == ("lmm", "off", "STALE")


def unreachable(_ledger):
    raise OSError("gone")


def test_every_answer_is_written_down_before_it_goes_out(care):
    care.asks()
    care.asks("control")

    written = next((care.workplace.home / "answers").glob("*.ndjson")).read_text().splitlines()

    # One that took too long on a busy machine is made again, and written down again.
    assert list(dict.fromkeys(json.loads(line)["shown"] for line in written)) == ["lmm", "control"]


def test_an_answer_that_cannot_be_written_down_is_off(care):
    (care.workplace.home / "answers").touch()

    answer = care.asks()

    assert answer.value == "off"
    assert "cannot be kept" in answer.flag_metadata["why"]
