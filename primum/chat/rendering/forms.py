"""The forms behind the four buttons, as Slack's modals; what comes back is read in ``form_values``."""

from collections.abc import Iterator, Sequence

from primum.chat.rendering.blocks import MOST_CHOICES, Block, Modal, asked, choices, context, modal, option, section
from primum.chat.rendering.buttons import Deed, short, written
from primum.chat.rendering.form_values import (
    CHECKS_IN_A_GROUP,
    choice_key,
    groups_of,
    key_of,
    unmet_block,
)
from primum.chat.rendering.form_views import Colleague, FormView, SeatChoice
from primum.chat.rendering.gate_message import LONGEST_NAME, LONGEST_TITLE
from primum.chat.rendering.texts import escaped, link, shortened
from primum.chat.rendering.views import Unmet
from primum.chat.rendering.wording import NOT_PASSED, recommendation, role_words
from primum.roadmap.seats import SHORTEST_REASON, Meaning

LONGEST_REASON = 2_900
MOST_RADIOS = 10

TITLES = {
    Deed.APPROVE: "Approve",
    Deed.REJECT: "Reject",
    Deed.REQUEST_EVIDENCE: "Ask for evidence",
    Deed.DELEGATE: "Delegate your seat",
}
EFFECTS = {
    Deed.APPROVE: "Your approval fills one seat. The rollout moves on only when every seat has signed.",
    Deed.REJECT: "One rejection closes the gate: the rollout stays where it is, and this evidence is not asked again.",
    Deed.REQUEST_EVIDENCE: "The gate goes on hold until new evidence is there; then every seat is asked again.",
    Deed.DELEGATE: "Somebody with the same role signs for you until a day you choose. It cannot be handed on.",
}
QUESTIONS = {
    Deed.APPROVE: "Why do you approve?",
    Deed.REJECT: "Why do you reject?",
    Deed.REQUEST_EVIDENCE: "Which evidence is missing, and why does it matter?",
    Deed.DELEGATE: "Why do you delegate?",
}
NO_PATIENT = (
    f"At least {SHORTEST_REASON} characters, in your own words. Nothing that points at a patient: no name, number, "
    "date of birth or address. Words that look like that are kept in the ledger and not repeated in Slack."
)
# An author of the evidence cannot sign on it, so that nobody who sees a form could mean authorship.
MEANINGS = {
    Meaning.APPROVAL: ("Approval", "I decide this as the holder of this seat"),
    Meaning.RESPONSIBILITY: ("Responsibility", "I decide this and take clinical responsibility for it"),
    Meaning.REVIEW: ("Review", "I have reviewed the evidence"),
}
OFFERED = {
    Deed.APPROVE: (Meaning.APPROVAL, Meaning.RESPONSIBILITY, Meaning.REVIEW),
    Deed.REJECT: (Meaning.REVIEW, Meaning.RESPONSIBILITY),
    Deed.REQUEST_EVIDENCE: (Meaning.REVIEW, Meaning.RESPONSIBILITY),
}
SUBMIT_BY_CLICK = {
    Deed.APPROVE: "Sign",
    Deed.REJECT: "Sign",
    Deed.REQUEST_EVIDENCE: "Sign",
    Deed.DELEGATE: "Delegate",
}
STEP_UP = (
    "On *Continue to sign* you get a link to our page. It works once, for you, for five minutes; there you "
    "show again who you are, and the signature is written."
)
BY_CLICK = "This is an electronic {} by a person signed in to Slack, not a signature under 21 CFR Part 11."


def callback_of(deed: Deed) -> str:
    """Return the name that a submitted form comes back with."""
    return f"gate.form.{deed}"


CALLBACKS = {callback_of(deed): deed for deed in Deed}


def form(asking: FormView) -> Modal:
    """Return the form of one deed; it carries the gate, its revision and the beginning of its digest back."""
    steps_up = asking.step_up and asking.deed is not Deed.DELEGATE
    submit = "Continue to sign" if steps_up else SUBMIT_BY_CLICK[asking.deed]
    blocks = [*_top(asking), *(_delegation(asking) if asking.deed is Deed.DELEGATE else _signature(asking))]
    view = modal(TITLES[asking.deed], blocks=[*blocks, *_end(asking, steps_up=steps_up)], submit=submit, close="Cancel")
    return view | {"callback_id": callback_of(asking.deed), "private_metadata": written(asking.subject)}


def _top(asking: FormView) -> Iterator[Block]:
    yield section(
        f"*{escaped(asking.title, longest=LONGEST_TITLE)}*",
        f"Recommendation: *{recommendation(asking.recommendation)}*. {escaped(asking.summary)}",
        link(asking.page.url, label=asking.page.label),
    )
    yield section(EFFECTS[asking.deed])


def _end(asking: FormView, *, steps_up: bool) -> Iterator[Block]:
    if asking.deed is not Deed.DELEGATE:
        answer = "approval" if asking.deed is Deed.APPROVE else "answer"
        yield context(STEP_UP if steps_up else BY_CLICK.format(answer))
    yield context(
        f"{'Delegating' if asking.deed is Deed.DELEGATE else 'Signing'} as "
        f"*{escaped(asking.printed_name, longest=LONGEST_NAME)}* \u00b7 gate {escaped(asking.subject.gate)} \u00b7 "
        f"revision {asking.subject.revision} \u00b7 evidence {escaped(short(asking.subject.digest)) or 'none'}"
    )


def _signature(asking: FormView) -> Iterator[Block]:
    yield from _seat(asking.seats, "Which seat do you sign on?")
    if asking.deed is Deed.APPROVE:
        yield from _unmet(asking.unmet)
    yield asked("What does your signature stand for?", block_id="meaning", element=_meanings(asking.deed))
    yield _reason(asking.deed)
    if asking.deed is Deed.APPROVE:
        yield from _limits(asking)
        yield from _left(asking.colleagues)


def _delegation(asking: FormView) -> Iterator[Block]:
    yield from _seat(asking.seats, "Which seat do you delegate?")
    yield asked("Who signs for you?", block_id="deputy", element=_deputies(asking.colleagues))
    hint = f"At the latest {asking.latest:%-d %B %Y}." if asking.latest else ""
    yield asked("Until which day?", block_id="until", element=_day("until"), hint=hint)
    yield _reason(asking.deed)


def _reason(deed: Deed) -> Block:
    element = {
        "type": "plain_text_input",
        "action_id": "reason",
        "multiline": True,
        "min_length": SHORTEST_REASON,
        "max_length": LONGEST_REASON,
    }
    return asked(QUESTIONS[deed], block_id="reason", element=element, hint=NO_PATIENT)


def _seat(seats: Sequence[SeatChoice], label: str) -> Iterator[Block]:
    """Yield the choice of a seat; where there is but one, it is said and not asked."""
    if len(seats) == 1:
        yield section(f"Seat: *{escaped(_seat_words(seats[0]))}*")
    elif seats:
        offered = choices(option(_seat_words(one), value=choice_key(one)) for one in seats)
        kind = "radio_buttons" if len(offered) <= MOST_RADIOS else "static_select"
        yield asked(label, block_id="seat", element={"type": kind, "action_id": "seat", "options": offered})


def _seat_words(seat: SeatChoice) -> str:
    name = shortened(seat.on_behalf_name or seat.on_behalf_of, longest=LONGEST_NAME)
    return f"{role_words(seat.role)}, for {name}" if seat.on_behalf_of else role_words(seat.role)


def _unmet(unmet: Sequence[Unmet]) -> Iterator[Block]:
    """Yield one tick for each check that is not met, ten to a group as Slack allows."""
    groups = list(groups_of(unmet))
    for number, group in enumerate(groups):
        first = number * CHECKS_IN_A_GROUP + 1
        which = f" ({first} to {first + len(group) - 1} of {len(unmet)})" if len(groups) > 1 else ""
        element = {
            "type": "checkboxes",
            "action_id": "ticks",
            "options": [option(one.title, value=key_of(one.check), description=_said_of(one)) for one in group],
        }
        label = f"I have taken into account that this is not met or not known{which}"
        yield asked(label, block_id=unmet_block(number), element=element, hint="Tick every line.")


def _said_of(one: Unmet) -> str:
    binds = "waived" if one.waived else "holds the gate" if one.binds else "does not hold the gate"
    return f"{NOT_PASSED[one.outcome]}; {binds}"


def _meanings(deed: Deed) -> Block:
    offered = [
        option(MEANINGS[meaning][0], value=str(meaning), description=MEANINGS[meaning][1]) for meaning in OFFERED[deed]
    ]
    return {"type": "radio_buttons", "action_id": "meaning", "options": offered}


def _limits(asking: FormView) -> Iterator[Block]:
    yield section("*Limits of your approval.* Leave empty what you do not limit.")
    if asking.sites:
        offered = choices(option(site, value=key_of(site)) for site in asking.sites)
        element = {"type": "multi_static_select", "action_id": "sites", "options": offered}
        yield asked("Only at these sites", block_id="limits.sites", element=element, optional=True)
    units = {"type": "plain_text_input", "action_id": "units", "max_length": 300}
    hint = "Several with commas between, such as: emergency, ward 3"
    yield asked("Only in these units", block_id="limits.units", element=units, hint=hint, optional=True)
    share = {"type": "number_input", "action_id": "share", "is_decimal_allowed": False}
    limits = {"min_value": "1", "max_value": "100"}
    yield asked("At most this share, in per cent", block_id="limits.share", element=share | limits, optional=True)
    yield asked("Only until the end of this day", block_id="limits.until", element=_day("until"), optional=True)


def _left(colleagues: Sequence[Colleague]) -> Iterator[Block]:
    """Yield what an approval may leave to be done; without anybody to do it, nothing can be left."""
    if not colleagues:
        return
    yield section("*Something left to be done.* If it is overdue, the gate closes again.")
    what = {"type": "plain_text_input", "action_id": "what", "multiline": True, "max_length": 1_000}
    yield asked("What is to be done", block_id="left.what", element=what, optional=True)
    yield asked("Who does it", block_id="left.owner", element=_people(colleagues, "owner"), optional=True)
    yield asked("By the end of which day", block_id="left.due", element=_day("due"), optional=True)


def _deputies(colleagues: Sequence[Colleague]) -> Block:
    if 0 < len(colleagues) <= MOST_CHOICES:
        return _people(colleagues, "deputy")
    return {"type": "users_select", "action_id": "deputy_user"}


def _people(colleagues: Sequence[Colleague], action: str) -> Block:
    offered = choices(option(_colleague(one), value=key_of(one.person)) for one in colleagues)
    return {"type": "static_select", "action_id": action, "options": offered}


def _colleague(one: Colleague) -> str:
    return f"{one.name}, {role_words(one.role)}" if one.role else one.name


def _day(action: str) -> Block:
    return {"type": "datepicker", "action_id": action}
