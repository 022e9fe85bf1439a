"""Assistants that answer, crash, hang and lie: over HTTP and in a process of their own."""

import json
import os

import pytest

from primum.integrations.responders import NoAnswer, ResponderRefused, opened
from primum.roadmap.conversations import Responder
from tests.conversations_at_work import serving

HELLO = [{"role": "user", "content": "Hello, I am Quarrington."}]


def program(folder, code, **changes):
    (folder / "assistant.py").write_text(code, encoding="utf-8")
    return Responder(program="assistant.py:answer", **({"seconds": 5} | changes))


def ask(responder, folder, times=1):
    with opened(responder, base=folder) as door:
        return [door.ask(HELLO, language="en") for _ in range(times)][-1]


def test_a_program_answers_with_text_or_with_the_priorities_of_its_rules(tmp_path):
    plain = program(tmp_path, "def answer(*, messages, language):\n    return f'{language}: {len(messages)}'\n")
    said = ask(plain, tmp_path)
    told = ask(program(tmp_path, "def answer(**_):\n    return {'answer': 'x', 'flows': {'emergency': 9}}\n"), tmp_path)

    assert (said.text, said.flows) == ("en: 1", {})
    assert told.flows == {"emergency": 9}


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def answer(**_):\n    raise ValueError('Quarrington')\n", "ended without an answer"),
        ("import os\ndef answer(**_):\n    os._exit(3)\n", "ended without an answer"),
        ("raise SystemExit\n", "ended"),
        ("import time\ndef answer(**_):\n    time.sleep(60)\n", "did not answer within 1 s and was ended"),
        ("def answer(**_):\n    return 7\n", "did not answer with JSON"),
        ("def answer(**_):\n    return 'x' * 300_000\n", "too long"),
        ("def answer(**_):\n    return str(len(bytearray(3 * 1024**3)))\n", "ended without an answer"),
        ("def answer(**_):\n    with open('left', 'w') as file:\n        file.write('x')\n", "ended without an answer"),
    ],
)
def test_a_program_that_fails_has_its_sentence_without_a_word_of_the_conversation(tmp_path, code, why):
    with pytest.raises(NoAnswer, match=why) as refused:
        ask(program(tmp_path, code, seconds=1), tmp_path)

    assert "Quarrington" not in str(refused.value)


def test_a_program_that_ended_is_started_again_for_the_next_question(tmp_path):
    code = "said = []\ndef answer(**_):\n    said.append(1)\n    assert len(said) != 2\n    return 'x'\n"
    with opened(program(tmp_path, code), base=tmp_path) as door:
        first = door.ask(HELLO, language="en")
        with pytest.raises(NoAnswer):
            door.ask(HELLO, language="en")
        third = door.ask(HELLO, language="en")

    assert first == third


def test_a_program_sees_nothing_of_our_environment_and_prints_nowhere(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("SECRET_OF_OURS", "s3cret")
    code = "import os\ndef answer(**_):\n    print('Quarrington')\n    return ' '.join(sorted(os.environ))\n"

    said = ask(program(tmp_path, code), tmp_path)

    seen = capfd.readouterr()
    assert "SECRET_OF_OURS" not in said.text
    assert (seen.out, seen.err) == ("", "")


def test_no_process_is_left_when_the_door_is_closed(tmp_path):
    code = "import os\ndef answer(**_):\n    return str(os.getpid())\n"

    number = int(ask(program(tmp_path, code), tmp_path).text)

    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_an_endpoint_is_sent_the_conversation_and_its_token(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSISTANT_TOKEN", "t0ken")
    with serving(lambda _: (200, json.dumps({"answer": "Hello."}).encode())) as (address, asked):
        said = ask(Responder(address=address, token_variable="ASSISTANT_TOKEN"), tmp_path)

    assert said.text == "Hello."
    assert asked == [{"messages": HELLO, "language": "en", "token": "Bearer t0ken"}]


@pytest.mark.parametrize(
    ("status", "content", "why"),
    [
        (500, b"Quarrington", "status 500"),
        (200, b"Quarrington", "did not answer with JSON"),
        (200, b"{}", "did not answer with JSON"),
        (200, b'{"answer": "x", "flows": 7}', "did not answer with JSON"),
        (302, b"", "status 302"),
    ],
)
def test_an_endpoint_that_fails_has_its_sentence(tmp_path, status, content, why):
    with serving(lambda _: (status, content)) as (address, _), pytest.raises(NoAnswer, match=why) as refused:
        ask(Responder(address=address), tmp_path)

    assert "Quarrington" not in str(refused.value)


def test_an_endpoint_that_is_not_there_and_one_that_is_slow_give_no_answer(tmp_path):
    with pytest.raises(NoAnswer, match="did not answer"):
        ask(Responder(address="http://127.0.0.1:9/answer"), tmp_path)


@pytest.mark.parametrize(
    ("responder", "why"),
    [
        (Responder(program="nowhere.py:answer"), "no file nowhere.py"),
        (Responder(address="http://127.0.0.1:9/x", token_variable="NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE"),
    ],
)
def test_a_responder_that_cannot_be_started_is_refused(tmp_path, responder, why):
    with pytest.raises(ResponderRefused, match=why):
        ask(responder, tmp_path)
