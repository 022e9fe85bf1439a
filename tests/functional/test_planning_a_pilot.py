"""A team asks how large its pilot must be, and whether it can be had."""

import json

from primum.settings import shipped

EXAMPLE = shipped("examples") / "rehearsal-only" / "rollout.yaml"


def test_the_plan_names_what_cannot_be_reached_and_what_would_make_it_so(primum):
    told = primum("plan", "power", str(EXAMPLE))

    assert told.code == 1
    assert "4,641 patients in both arms together" in told.text
    assert "sex=F has its 11,776 after 7 months, and the stage has 6" in " ".join(told.text.split())


def test_the_plan_is_json_and_a_figure(primum, tmp_path):
    told = primum("plan", "power", str(EXAMPLE), "--json", "--figure", str(tmp_path / "power.svg"))

    plan = json.loads(told.text)
    assert (plan["size"]["largest"], plan["reachable"]) == (4641, False)
    assert [look["at"] for look in plan["size"]["looks"]] == [2400, 4800, 7200, 9600]
    assert (tmp_path / "power.svg").read_text(encoding="utf-8").lstrip().startswith("<")


def test_a_rollout_without_a_planning_is_refused_with_a_sentence(primum):
    told = primum("plan", "power", str(shipped("examples") / "preterm-care-replay" / "rollout.yaml"))

    assert told.code == 2
    assert "nothing can be planned" in told.text


def test_the_stage_is_planned_as_before_without_naming_it(primum):
    told = primum("plan", str(EXAMPLE))

    assert "gate G1" in told.text
    assert "Nothing was changed." in told.text


def test_the_checklist_is_filled_from_the_files(primum):
    told = primum("protocol", "checklist", str(EXAMPLE), "--json")

    items = {item["id"]: item["said"] for item in json.loads(told.text)["items"]}
    assert items["16a"] == "permuted blocks of 4 and 6 within site, from a secret seed"
    assert "looks at 2,400, 4,800, 7,200, 9,600 patients" in items["21b"]
