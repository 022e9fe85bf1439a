"""Draw what Slack shows as one page, and write it down, to be read before anybody is sent it."""

import argparse
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from primum.chat.rendering import answers, notes, samples
from primum.chat.rendering.buttons import Deed
from primum.chat.rendering.digest import digest
from primum.chat.rendering.form_views import Colleague
from primum.chat.rendering.forms import form
from primum.chat.rendering.gate_message import gate_message
from primum.chat.rendering.guideline_notes import guideline_published, look_back_told
from primum.chat.rendering.home import home
from primum.chat.rendering.thread import thread_line
from primum.chat.rendering.views import GateView, Stop
from primum.roadmap.gates import GateState
from primum.roadmap.roles import Role
from primum.roadmap.seats import Answer
from primum.roadmap.verdicts import Outcome
from tools.layout import document

Shown = dict[str, Any]

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>What Slack shows</title><style>
body {{ font: 15px/1.46 Lato, "Helvetica Neue", Arial, sans-serif; color: #1d1c1d; margin: 12px; }}
main {{ max-width: {width}px; }} h2 {{ font-size: 13px; color: #616061; border-top: 1px solid #ddd; padding-top: 8px; }}
.block {{ margin: 8px 0; overflow-wrap: anywhere; white-space: pre-wrap; }}
.header {{ font-weight: 900; font-size: 18px; }} .context, .hint {{ font-size: 13px; color: #616061; }}
.fields {{ display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px; }}
button {{ font: inherit; font-weight: 700; padding: 4px 12px; margin: 0 8px 8px 0; border: 1px solid #1d1c1d4d;
border-radius: 4px; background: #fff; }} a {{ color: #1264a3; }} label, .label {{ font-weight: 700; display: block; }}
.box {{ border: 1px solid #1d1c1d80; border-radius: 4px; min-height: 22px; padding: 4px 8px; color: #616061; }}
.view {{ border: 1px solid #1d1c1d33; border-radius: 8px; padding: 8px 16px; }} .title {{ font-weight: 900; }}
.figure {{ background: #eee; padding: 24px; text-align: center; }}
</style><main>{body}</main></html>"""


def typical() -> Mapping[str, Shown]:
    """Return messages, forms and the Home tab as they are on most days, by name."""
    gate = samples.typical_gate()
    asking = samples.approval(gate)
    click = replace(asking, seats=asking.seats[:1], step_up=False)
    deputies = (Colleague(person="tom-adeyemi", name="Dr Tom Adeyemi", role=Role.CLINICAL_LEAD),)
    in_time = samples.LAST_DAY - timedelta(days=13)
    return {
        "A gate that waits": gate_message(gate),
        "The same, in an independent review": gate_message(replace(gate, blinded=True)),
        **{f"A gate that is {state}": gate_message(closed(gate, state)) for state in GateState if _is_closed(state)},
        "A gate of a suspended rollout": gate_message(
            replace(gate, stopped=Stop(at=samples.MORNING, by="Dr Lea Brandt"))
        ),
        "A channel that is not private": gate_message(replace(gate, safe=False)),
        "The form to approve, with signing in once more": form(asking),
        **{f"The form to {deed}": form(replace(click, deed=deed)) for deed in (Deed.REJECT, Deed.REQUEST_EVIDENCE)},
        "The form to delegate": form(replace(click, deed=Deed.DELEGATE, colleagues=deputies)),
        "Continue to sign": answers.step_up(url=samples.PAGE.url, until=in_time, gate=samples.SUBJECT.gate),
        "The thread": thread_line(samples.signed_line()),
        "The digest": digest(samples.morning()) or {},
        "The Home tab": home(samples.own_page()),
        "A reminder": notes.reminder(samples.waiting(), step=notes.Step.NEARLY),
        "A new version of a guideline": guideline_published(
            rollout="hypertension-advice",
            follows="hypertension@before-2025",
            guideline="hypertension@2025",
            words="adults at high risk: systolic 130-139 or diastolic 80-89 changes from at target to above; "
            "others unchanged.",
            page=replace(samples.PAGE, label="The registry of guidelines"),
        ),
        "A look-back": look_back_told(
            rollout="hypertension-advice",
            guideline="hypertension@2025",
            words="120 of 1,083 units were looked at; 963 are left.",
            page=replace(samples.PAGE, label="Look-backs"),
        ),
        "A suspension": notes.suspension_notice(rollout="chest-xray-triage", suspension="s-17", page=samples.PAGE),
    }


def closed(gate: GateView, state: GateState) -> GateView:
    """Return a gate in a later state, decided by somebody with a reason."""
    held = state is GateState.HELD
    by_a_person = state in {GateState.HELD, GateState.REJECTED}
    signed = tuple(replace(seat, signed_by=seat.signed_by or "Ana Ruiz", answer=Answer.APPROVE) for seat in gate.seats)
    unmet = tuple(replace(one, outcome=Outcome.FAIL, binds=True) for one in gate.unmet) if held else gate.unmet
    return replace(
        gate,
        state=state,
        since=samples.MORNING,
        decided_by="Dr Lea Brandt" if by_a_person else "",
        reason="Two fractures were missed at one site; the second reading has to come first." if by_a_person else "",
        seats=signed if state in {GateState.GRANTED, GateState.APPLIED} else gate.seats,
        recommendation=Outcome.FAIL if held else Outcome.PASS,
        tally=replace(gate.tally, met=13, not_met=1) if held else gate.tally,
        unmet=unmet,
    )


def _is_closed(state: GateState) -> bool:
    return state not in {GateState.COLLECTING, GateState.READY, GateState.AWAITING_SEATS}


def words(_root: Path) -> str:
    """Return the page of what Slack is told: each message as it is on most days, so that anybody can review it."""
    return document(
        "What Slack is told",
        "Each message, form and tab as Slack shows it on most days, with made-up people and numbers. In a text that "
        "somebody wrote, nothing is a link, a mention or a mark, and what may identify a person is not repeated.",
        *(part for name, one in typical().items() for part in (f"## {name}", _quoted(one))),
        source="primum/chat/rendering/",
    )


def _quoted(shown: Shown) -> str:
    notified = [f"*Notification:* {_marked(shown['text'])}"] if "text" in shown else []
    titled = [f"**{_marked(shown['title'])}**"] if "title" in shown else []
    buttons = [f"[{_marked(shown[key])}]" for key in ("submit", "close") if key in shown]
    lines = [*notified, *titled, *(line for block in shown["blocks"] for line in _lines(block)), *buttons]
    return "\n>\n".join(f"> {line}" for line in lines)


def _lines(block: Shown) -> Iterator[str]:
    if block["type"] == "input":
        element = block["element"]
        kind = ", optional" if block["optional"] else ""
        yield f"**{_marked(block['label'])}** ({element['type'].replace('_', ' ')}{kind})"
        told = [(_marked(one["text"]), one.get("description")) for one in element.get("options", ())]
        yield from (f"- {text}{f': {_marked(more)}' if more else ''}" for text, more in told)
        yield from (_marked(block["hint"]) for _ in range("hint" in block))
        return
    if block["type"] == "header":
        yield f"**{_marked(block['text'])}**"
    elif isinstance(block.get("text"), dict):
        yield _marked(block["text"])
    yield from (_marked(one) for one in block.get("fields", ()))
    elements = block.get("elements", ())
    if block["type"] == "actions":
        yield " ".join(f"[{_marked(one['text'])}]" for one in elements)
    else:
        yield from (_marked(one) for one in elements)


def _marked(text: str | Shown) -> str:
    """Return a text in Markdown: its links, its moments in UTC, its bold; a line break stays one."""
    raw = text["text"] if isinstance(text, dict) else text
    linked = re.sub(r"<(https[^|>]*)\|([^>]*)>", r"[\2](\1)", raw)
    dated = re.sub(r"<!date\^[^|>]*\|([^>]*)>", r"\1", linked)
    return re.sub(r"\*([^*\n]+)\*", r"**\1**", dated).replace("\n", "\\\n> ")


def page(shown: Mapping[str, Shown], *, width: int) -> str:
    """Return one page with everything on it, as wide as a narrow Slack window."""
    body = "".join(f"<h2>{html.escape(name)}</h2>{''.join(_whole(one))}" for name, one in shown.items())
    return PAGE.format(width=width, body=body)


def _whole(shown: Shown) -> Iterator[str]:
    if "text" in shown:
        yield f'<div class="hint">Notification: {_text(shown["text"])}</div>'
    yield f'<div class="view"><div class="title">{_text(shown["title"])}</div>' if "title" in shown else "<div>"
    yield from (f'<div class="block {block["type"]}">{"".join(_block(block))}</div>' for block in shown["blocks"])
    yield from (f"<button>{_text(shown[key])}</button>" for key in ("submit", "close") if key in shown)
    yield "</div>"


def _block(block: Shown) -> Iterator[str]:
    if "fields" in block:
        yield f'<div class="fields">{"".join(f"<div>{_text(one)}</div>" for one in block["fields"])}</div>'
    if block["type"] == "image":
        yield f'<div class="figure">{_text(block["alt_text"])}</div>'
    if block["type"] == "input":
        yield from _input(block)
    for one in block.get("elements", ()):
        yield f"<button>{_text(one['text'])}</button>" if one["type"] == "button" else f"<div>{_text(one)}</div>"
    if isinstance(block.get("text"), dict):
        yield _text(block["text"])


def _input(block: Shown) -> Iterator[str]:
    optional = ' <span class="hint">(optional)</span>' if block["optional"] else ""
    yield f'<span class="label">{_text(block["label"])}{optional}</span>'
    element = block["element"]
    kind = {"checkboxes": "checkbox", "radio_buttons": "radio"}.get(element["type"])
    for option in element.get("options", ()) if kind else ():
        told = f'<div class="hint">{_text(option["description"])}</div>' if "description" in option else ""
        yield f'<div><input type="{kind}"> {_text(option["text"])}{told}</div>'
    if not kind:
        yield f'<div class="box">{html.escape(element["type"].replace("_", " "))}</div>'
    if "hint" in block:
        yield f'<div class="hint">{_text(block["hint"])}</div>'


def _text(text: str | Shown) -> str:
    """Return a text as Slack shows it: its links, its moments, its bold; everything else as it stands."""
    plain = isinstance(text, dict) and text["type"] == "plain_text"
    raw = html.escape(html.unescape(text["text"] if isinstance(text, dict) else text)) if plain else ""
    marked = text["text"] if isinstance(text, dict) else text
    linked = re.sub(r"<(https[^|>]*)\|([^>]*)>", r'<a href="\1">\2</a>', marked)
    dated = re.sub(r"<!date\^[^|>]*\|([^>]*)>", r"\1", linked)
    return raw or re.sub(r"`([^`\n]+)`", r"<code>\1</code>", re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", dated))


def main() -> None:
    """Write the page, or print one message as Slack gets it."""
    parser = argparse.ArgumentParser(prog="python -m tools.slack_messages", description=main.__doc__)
    parser.add_argument("--page", type=Path, help="write the page here")
    parser.add_argument("--width", type=int, default=400, help="how wide the page is, in pixels")
    parser.add_argument("--largest", action="store_true", help="the largest forms instead of the typical ones")
    parser.add_argument("--json", default="", help="print this one as JSON; its name, or the beginning of it")
    asked = parser.parse_args()
    shown = samples.largest() if asked.largest else typical()
    if asked.page:
        asked.page.write_text(page(shown, width=asked.width), encoding="utf-8")
    for name, one in shown.items():
        if asked.json and name.lower().startswith(asked.json.lower()):
            print(json.dumps(one, indent=2, ensure_ascii=False))
        elif not asked.json:
            print(f"{name}: {len(one['blocks'])} blocks, {len(json.dumps(one)):,} bytes")


if __name__ == "__main__":
    main()
