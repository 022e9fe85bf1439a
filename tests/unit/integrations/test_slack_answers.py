import json

import pytest

from primum.integrations.slack import answers

VIEW = {"type": "modal", "blocks": []}


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (answers.all_closed(), {"response_action": "clear"}),
        (answers.changed(VIEW), {"response_action": "update", "view": VIEW}),
        (answers.on_top(VIEW), {"response_action": "push", "view": VIEW}),
        (answers.wrong({"reason": "Too short"}), {"response_action": "errors", "errors": {"reason": "Too short"}}),
        (answers.said("Não há nada"), {"response_type": "ephemeral", "text": "Não há nada"}),
        (
            answers.said("One", blocks=({"type": "divider"},)),
            {"response_type": "ephemeral", "text": "One", "blocks": [{"type": "divider"}]},
        ),
        (answers.challenge("3eZb"), {"challenge": "3eZb"}),
    ],
)
def test_an_answer_is_the_same_over_http_and_over_a_socket(answer, body):
    told = answers.envelope("e-1", answer=answer, accepts_answer=True)

    assert json.loads(answer.http_body.decode()) == body
    assert answer.content_type.startswith("application/json")
    assert told == {"envelope_id": "e-1", "payload": body}


@pytest.mark.parametrize("answer", [answers.acknowledged(), answers.challenge("")])
def test_an_acknowledgement_is_empty(answer):
    assert answer.http_body == b""
    assert answers.envelope("e-1", answer=answer, accepts_answer=True) == {"envelope_id": "e-1"}


def test_no_answer_travels_where_slack_accepts_none():
    told = answers.envelope("e-1", answer=answers.said("Hello"), accepts_answer=False)

    assert told == {"envelope_id": "e-1"}


def test_errors_that_name_no_input_are_ours_to_mend():
    with pytest.raises(ValueError, match="at least one input"):
        answers.wrong({})
