import json
from dataclasses import replace

import pytest

from primum.chat.rendering import samples
from primum.chat.rendering.buttons import ACTIONS, Deed, UnreadableValue, read
from primum.chat.rendering.gate_message import NOT_HERE, SENT_WITH, gate_message
from primum.chat.rendering.texts import REASON_RECORDED
from primum.chat.rendering.views import CriterionLine, Figure, Limit, SeatLine, Stop, Tally, ToDo
from primum.roadmap.gates import GateState
from primum.roadmap.roles import Role
from primum.roadmap.seats import Answer
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import Outcome
from tests import rendered_slack

CLOSED = [state for state in GateState if state is not GateState.AWAITING_SEATS]


def shown(**changes):
    return gate_message(replace(samples.typical_gate(), **changes))


def read_as(message):
    return "\n".join(rendered_slack.texts(message))


def buttons_of(message):
    return [one for block in message["blocks"] if block["type"] == "actions" for one in block["elements"]]


def test_a_gate_that_waits_says_what_is_recommended_in_words_and_who_is_missing():
    text = read_as(shown())

    assert "*Recommendation: PASS*" in text
    assert "All 14 binding checks are met." in text
    assert "*PASS* Sensitivity for critical findings\n97.9% (95% interval 96.1% to 99.0%)" in text
    assert "2 of 5 seats signed; waiting for ethicist, patient representative, technologist." in text
    assert "Dr Tom Adeyemi for Dr Lea Brandt, safety officer: approved" in text
    assert "evidence 3f2a9c104bd87e65 \u00b7 policy who-lmm-2025, version 4" in text


def test_the_notification_says_the_same_without_marks():
    text = shown()["text"]

    assert text.startswith("Waiting for signatures: Chest X-ray triage in three emergency departments, pilot to scale.")
    assert "Recommendation: PASS." in text
    assert "Open until 7 Dec 2026, 17:00 UTC." in text
    assert not set("<>*") & set(text)


def test_each_of_the_four_buttons_carries_gate_revision_and_digest():
    buttons = buttons_of(shown())

    assert [ACTIONS[one["action_id"]] for one in buttons] == list(Deed)
    for one in buttons:
        subject = read(one["value"])
        assert (subject.gate, subject.revision) == ("chest-xray-triage.G2.3", 3)
        assert samples.SUBJECT.digest.startswith(subject.digest)
        assert one["text"]["text"].endswith("\u2026")


@pytest.mark.parametrize(
    "value", [None, "", "{}", "[1]", '{"gate":"a.G1.1","revision":true,"digest":"0123456789abcdef"}']
)
def test_a_value_of_somebody_else_is_no_gate(value):
    with pytest.raises(UnreadableValue, match="open the gate on its page"):
        read(value)


@pytest.mark.parametrize("state", CLOSED)
def test_a_gate_that_takes_no_signatures_has_no_buttons_and_says_what_happened(state):
    message = shown(state=state, since=samples.MORNING)

    assert buttons_of(message) == []
    assert rendered_slack.problems(message) == []
    assert "waiting for" not in read_as(message)


def test_a_rejected_gate_says_by_whom_and_why_unless_the_reason_may_identify_somebody():
    told = {"state": GateState.REJECTED, "decided_by": "Dr Lea Brandt"}

    plain = read_as(shown(**told, reason="Two fractures were missed at one site."))
    hidden = read_as(shown(**told, reason="MRN 4471193 was missed at one site."))

    assert "*Rejected* by Dr Lea Brandt" in plain
    assert "\u201cTwo fractures were missed at one site.\u201d" in plain
    assert REASON_RECORDED in hidden
    assert "4471193" not in hidden


def test_a_gate_that_the_evidence_holds_names_nobody_and_counts_no_seats():
    seats = tuple(replace(seat, signed_by="") for seat in samples.SEATS)

    held = read_as(shown(state=GateState.HELD, decided_by="Noah Kim", seats=seats))
    sent_back = read_as(shown(state=GateState.HELD, decided_by="Ana Ruiz", reason="The night shift is missing."))

    assert "Noah Kim" not in held
    assert "seats signed" not in held
    assert "*On hold* by Ana Ruiz" in sent_back


def test_a_suspended_rollout_takes_no_signatures_whatever_its_gate_says():
    message = shown(stopped=Stop(at=samples.MORNING, by="Dr Lea Brandt"))

    assert buttons_of(message) == []
    assert message["text"].endswith("is suspended: standard care. Gate chest-xray-triage.G2.3 takes no signatures.")


def test_a_channel_that_is_not_private_gets_no_number_no_name_and_no_button():
    message = shown(safe=False)
    text = json.dumps(message)

    assert buttons_of(message) == []
    assert "97.9" not in text
    assert "Adeyemi" not in text
    assert samples.PAGE.url in text


def test_an_independent_review_hides_who_said_what_until_it_is_complete():
    seats = (*samples.SEATS[:2], SeatLine(role=Role.ETHICIST, signed_by="Ana Ruiz", answer=Answer.REJECT))
    limits = (Limit(sites=("north",)),)

    waiting = json.dumps(shown(blinded=True, limits=limits))
    complete = read_as(shown(blinded=True, state=GateState.REJECTED, seats=seats))

    assert "2 of 5 seats signed." in waiting
    assert not any(word in waiting for word in ("Moreau", "Adeyemi", "approved", "safety officer", "north"))
    assert "Ana Ruiz, ethicist: rejected" in complete


def test_six_criteria_are_shown_the_worst_that_bind_first_and_the_others_are_counted():
    met = CriterionLine(title="Met", outcome=Outcome.PASS, value="1")
    shadow = replace(met, title="Shadow", outcome=Outcome.ERROR, binds=False)
    failed = replace(met, title="Failed", outcome=Outcome.FAIL)

    message = shown(criteria=(*[met] * 10, shadow, failed))
    fields = next(block["fields"] for block in message["blocks"] if "fields" in block)

    assert len(fields) == 6
    assert fields[0]["text"].startswith("*FAIL* Failed")
    assert "And 6 more criteria, 1 of them not met or not known" in read_as(message)


def test_a_hidden_number_stays_hidden_and_an_identifier_among_values_is_not_shown():
    line = CriterionLine(title="By site", outcome=Outcome.INSUFFICIENT, value="P-4471193: 98%", limit="more than 95%")

    text = read_as(shown(criteria=(line, samples.CRITERIA[3])))

    assert "not shown (fewer than 10 patients)" in text
    assert NOT_HERE in text
    assert "4471193" not in text


def test_what_is_not_met_is_one_sentence_with_its_weight():
    one = replace(samples.UNMET[0], title="Insurance", outcome=Outcome.FAIL, waived=True, binds=True)
    many = tuple(replace(one, title=f"Check {number}", waived=False) for number in range(5))

    assert "Insurance (not met, waived)." in read_as(shown(unmet=(one,)))
    assert "Check 0 (not met), Check 1 (not met), Check 2 (not met) and 2 more." in read_as(shown(unmet=many))


def test_limits_and_things_left_to_do_are_told_without_repeating_an_identifier():
    limit = Limit(sites=("north", "east"), units=("ward 3",), share="1/4", until=samples.LAST_DAY)
    left = (ToDo(what="Train the night shift", owner="Noah Kim", due=samples.LAST_DAY),)
    named = (replace(left[0], what="Call Mr Smith back"),)

    text = read_as(shown(limits=(limit,), to_do=left))

    assert "Limited: only at north and east; only in ward 3; at most 1/4 of patients; until <!date^" in text
    assert "To do: Train the night shift (Noah Kim, due <!date^" in text
    assert "Smith" not in read_as(shown(to_do=named))


def test_the_one_figure_is_an_uploaded_file_with_words_beside_it():
    message = shown(figure=Figure(file="F0123", alt="Benefit by site, each interval above zero.", title="Benefit"))

    image = next(block for block in message["blocks"] if block["type"] == "image")
    assert image["slack_file"] == {"id": "F0123"}
    assert image["alt_text"] == "Benefit by site, each interval above zero."


def test_the_largest_gate_keeps_to_fifty_blocks():
    message = gate_message(samples.largest_gate())

    assert len(message["blocks"]) <= 50
    assert rendered_slack.problems(message) == []
    assert "Of 121 binding checks, 40 are not met, 40 are not yet known and 40 could not be checked." in message["text"]


@pytest.mark.parametrize(
    ("tally", "words"),
    [
        (Tally(met=0), "never a pass"),
        (Tally(met=1), "The one binding check is met."),
        (Tally(met=13, not_met=1), "Of 14 binding checks, 1 is not met."),
    ],
)
def test_the_tally_reads_as_a_sentence(tally, words):
    assert words in shown(tally=tally)["text"]


@pytest.mark.parametrize(
    ("name", "stage", "words"),
    [
        (GateName.G1, Stage.ASSESS, "assess to pilot"),
        (GateName.GS, Stage.SUSTAIN, "review in sustain"),
        (GateName.GU, Stage.SCALE, "update in scale"),
        (GateName.G0, Stage.ASSESS, "intake"),
    ],
)
def test_the_heading_says_where_the_gate_leads(name, stage, words):
    assert shown(name=name, stage=stage)["blocks"][0]["text"]["text"].endswith(f", {words}")


def test_a_copy_says_that_it_is_one_and_nothing_is_unfolded():
    assert "this one counts" in read_as(shown(repeated=True))
    assert SENT_WITH == {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}
