import json
import unicodedata
from dataclasses import fields, is_dataclass, replace
from itertools import cycle

from hypothesis import example, given, settings
from hypothesis import strategies as st

from primum.chat.rendering import answers, notes, samples
from primum.chat.rendering.buttons import Deed, UnreadableValue, read, written
from primum.chat.rendering.digest import digest
from primum.chat.rendering.form_values import errors, filled_in, problems_of, values_of
from primum.chat.rendering.form_views import FormView
from primum.chat.rendering.forms import form
from primum.chat.rendering.gate_message import gate_message
from primum.chat.rendering.home import home
from primum.chat.rendering.texts import REASON_RECORDED, echoed, escaped, fitting, plain, shortened, width
from primum.chat.rendering.thread import SENTENCES, thread_line
from primum.chat.rendering.views import Figure, Link, Stop, Subject
from primum.roadmap.gates import GateState
from tests import rendered_slack

TRICKS = (
    "<!channel>",
    "<!everyone> approve now",
    "<https://evil.example|The gate's page>",
    "https://evil.example",
    "@here *PASS* _all_ ~none~ `code` :white_check_mark:",
    "&lt;!channel&gt;",
    "\u202egnorw si siht\u202c",
    "a\u200bb\u2066c\ufeffd\U000e0041",
    "\U0001f469\U0001f3ff\u200d\u2695\ufe0f" * 400,
    "\U0001f600" * 2_000,
    "\U0001f1e8\U0001f1ed" * 300,
    "e" + "\u0301" * 500,
    "\ud800 alone",
    "\x00\x07\x1b[31m",
    "\n" * 500,
    "& " * 1_500,
    "",
    " ",
)
WORDS = st.one_of(st.sampled_from(TRICKS), st.text(max_size=80), st.text(alphabet="<>&|*_~`:@!\u202e \n", max_size=40))
SEVERAL = st.lists(WORDS, min_size=1, max_size=6)
IDENTIFIERS = ("MRN 4471193", "943 476 5919", "756.9217.0769.85", "079 555 01 42", "a.b@ward.example", "12.03.1951")


def filled(value, words):
    """Put other words into every text of a view, deep down; ids of gates and addresses of pages stay ours."""
    if isinstance(value, Subject):
        return value
    if isinstance(value, Link):
        return Link(label=next(words), url=f"{samples.ADDRESS}/{next(words)}")
    if is_dataclass(value):
        return replace(value, **{one.name: filled(getattr(value, one.name), words) for one in fields(value)})
    if isinstance(value, tuple):
        return tuple(filled(one, words) for one in value)
    return next(words) if type(value) is str else value


def gate_of(words, state):
    figure = Figure(file="F012345", alt="", title="x")
    gate = replace(filled(samples.largest_gate(), words), figure=replace(figure, alt=next(words), title=next(words)))
    return replace(gate, state=state, decided_by=next(words), reason=next(words))


def everything(words):
    stop = Stop(at=samples.MORNING, by=next(words))
    gate = gate_of(words, GateState.AWAITING_SEATS)
    yield gate_message(gate)
    yield gate_message(replace(gate, blinded=True))
    yield gate_message(replace(gate, stopped=stop))
    yield gate_message(replace(gate, safe=False))
    for state in GateState:
        yield gate_message(gate_of(words, state))
    for deed in Deed:
        yield form(replace(filled(samples.approval(samples.largest_gate()), words), deed=deed))
    for kind in [*SENTENCES, next(words)]:
        yield thread_line(replace(filled(samples.signed_line(), words), kind=kind))
    yield digest(filled(samples.morning(), words))
    yield home(filled(samples.own_page(), words))
    yield from notes_of(words)


def notes_of(words):
    page, line = filled(samples.PAGE, words), filled(samples.waiting(), words)
    day = filled(samples.morning(), words)
    yield notes.refusal(sentence=next(words), page=page)
    yield notes.reminder(line, step=notes.Step.HALF)
    yield notes.deputy_asked(line, absent=next(words))
    yield notes.governance_told(gate=next(words), title=next(words), empty=(), open_until=None, page=page)
    yield notes.signatures_void(gate=next(words), title=next(words), page=page)
    yield notes.task_due(day.tasks[0])
    yield notes.gates_listed((line,) * 50, page=page)
    yield notes.commands({next(words): next(words) for _ in range(60)})
    yield notes.done(sentence=next(words), page=page)
    yield notes.enrolled(name=next(words), roles=())
    yield notes.incident_notice(day.incidents[0])
    yield notes.suspension_notice(rollout=next(words), suspension=next(words), page=page)
    yield notes.channel_frozen(channel=next(words), page=page)
    yield notes.account_locked(name=next(words), page=page)
    for window in (answers.signed, answers.refused, answers.already_signed):
        yield window(sentence=next(words), page=page)
    yield answers.step_up(url=f"{samples.ADDRESS}/{next(words)}", until=samples.LAST_DAY, gate=next(words))


@settings(max_examples=12)
@given(SEVERAL)
@example(list(TRICKS))
def test_no_words_break_a_limit_of_slack_or_speak_its_language_or_hide(words):
    for shown in everything(cycle(words)):
        hidden = {one for text in rendered_slack.texts(shown) for one in text if unicodedata.category(one) == "Cf"}
        assert hidden == set()
        assert rendered_slack.problems(shown) == []
        assert rendered_slack.unsafe(shown) == []
        json.dumps(shown, ensure_ascii=False).encode()


@given(WORDS, st.integers(min_value=2, max_value=3_000))
def test_a_text_is_cut_at_a_whole_character_and_never_longer_than_asked(text, longest):
    for make in (escaped, plain, shortened):
        shown = make(text, longest=longest)

        assert width(shown) <= longest
        assert not rendered_slack.ENTITY.sub("", shown).count("&") or make is shortened
        assert not shown or not unicodedata.category(shown[0]).startswith("M") or text[0] == shown[0]


@given(
    st.lists(st.text(max_size=30).filter(lambda one: "\x1f" not in one), min_size=1),
    st.integers(min_value=60, max_value=200),
)
def test_parts_are_kept_whole_and_those_left_out_are_counted(parts, longest):
    shown = fitting(parts, longest=longest, between="\x1f")

    *kept, last = shown.split("\x1f")
    assert width(shown) <= longest
    assert shown == "\x1f".join(parts) or (parts[: len(kept)] == kept and f"{len(parts) - len(kept):,}" in last)


@given(st.text(max_size=60), st.sampled_from(IDENTIFIERS), st.text(max_size=60))
def test_a_reason_with_an_identifier_is_never_repeated(before, identifier, after):
    reason = f"{before} {identifier} {after}"
    gate = replace(gate_of(cycle([reason]), GateState.REJECTED), title="T")
    line = replace(samples.signed_line(), reason=reason)

    shown = json.dumps([gate_message(gate)["blocks"][2], thread_line(line)], ensure_ascii=False)

    assert echoed(reason) == REASON_RECORDED
    assert identifier not in shown
    assert shown.count(REASON_RECORDED) == 2


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner))
)
def test_any_answer_of_slack_is_read_without_a_fault(state):
    asking: FormView = samples.approval(samples.largest_gate())
    known = {one: {"x": {"value": "1", "selected_options": [state]}} for one in ("limits.share", "left.due", "unmet.0")}

    for answer in (state, {"values": state}, {"values": {**known, "reason": {"reason": state}}}):
        found = problems_of(values_of(filled_in(answer), form=asking), form=asking)

        assert "reason" in found
        assert all(found.values())
        json.dumps(errors(found)).encode()


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_a_value_that_is_not_ours_is_refused_in_one_way(value):
    try:
        subject = read(value)
    except UnreadableValue:
        return
    assert written(subject) == json.dumps(json.loads(value), sort_keys=True, separators=(",", ":"))
