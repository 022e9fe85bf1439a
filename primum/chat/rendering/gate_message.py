"""The message of a gate: what is recommended, on which numbers, who has signed, and the four ways to answer."""

from collections.abc import Iterator, Sequence

from primum.chat.rendering.blocks import (
    LONGEST_SECTION,
    Block,
    Message,
    context,
    fields,
    header,
    message,
    picture,
    said,
    section,
)
from primum.chat.rendering.buttons import gate_buttons, short
from primum.chat.rendering.texts import (
    counted,
    echoed,
    escaped,
    fitting,
    in_utc,
    link,
    listed,
    moment,
    repeated,
    shortened,
)
from primum.chat.rendering.views import CriterionLine, GateView, Limit, SeatLine, Unmet
from primum.chat.rendering.wording import (
    ANSWERS,
    HEADINGS,
    NEXT,
    NOT_PASSED,
    OUTCOMES,
    recommendation,
    role_words,
    signer,
    tally_words,
    way,
)
from primum.roadmap.gates import GateState
from primum.roadmap.identifiers import findings
from primum.roadmap.verdicts import BADNESS, Outcome

MOST_FIELDS = 6
MOST_UNMET_NAMED = 3
LONGEST_TITLE = 90
LONGEST_CRITERION = 120
LONGEST_VALUE = 60
LONGEST_NAME = 80
MOST_AGREED = 5

# A value comes from a table; if a level of it was an identifier after all, it stops here (P9).
NOT_HERE = "not shown here; see the page"

# Sent with every message of ours: Slack unfolds no link and looks for no names in it.
SENT_WITH = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}


def gate_message(gate: GateView) -> Message:
    """Return the message of a gate as it stands, at most 50 blocks however many criteria it has."""
    return message(notification(gate), blocks=[*_blocks(gate)] if gate.safe else [*_frozen(gate)])


def notification(gate: GateView) -> str:
    """Return the gate in one line of plain words, for a phone's screen and a screen reader."""
    if not gate.safe:
        return f"Gate {gate.subject.gate} is not shown here: this channel is not private. Open it on its page."
    if gate.stopped:
        title = shortened(gate.title, longest=LONGEST_TITLE)
        return f"{title} is suspended: standard care. Gate {gate.subject.gate} takes no signatures."
    until = f" Open until {in_utc(gate.open_until)}." if _waits(gate) and gate.open_until else ""
    recommended = f"Recommendation: {recommendation(gate.recommendation)}. {tally_words(gate.tally)}"
    quorum = f" {_quorum(gate)}" if _was_asked(gate) else ""
    return f"{_heading(gate)}. {recommended}{quorum}{until}"


def _waits(gate: GateView) -> bool:
    return gate.state is GateState.AWAITING_SEATS and gate.stopped is None


def _was_asked(gate: GateView) -> bool:
    return _waits(gate) or any(seat.signed_by for seat in gate.seats)


def _heading(gate: GateView) -> str:
    state = "Suspended" if gate.stopped else HEADINGS[gate.state]
    leads = way(stage=gate.stage, name=gate.name)
    return f"{state}: {shortened(gate.title, longest=LONGEST_TITLE)}, {leads}"


def _frozen(gate: GateView) -> Iterator[Block]:
    """Yield the little that may stand in a channel that others can read: no number, no name."""
    yield header("Not shown in this channel")
    yield section(
        f"Gate {escaped(gate.subject.gate)} is shown only in a private channel that no other organisation shares. "
        "This channel is not one, so signing from here is closed.",
        f"Signing goes on as before on {link(gate.page.url, label='its page')}.",
    )
    yield _identity(gate)


def _blocks(gate: GateView) -> Iterator[Block]:
    yield header(_heading(gate))
    yield from _standing(gate)
    lead = "Recommendation" if _waits(gate) else "The evidence recommended"
    yield section(f"*{lead}: {recommendation(gate.recommendation)}*", escaped(tally_words(gate.tally)))
    yield from _criteria(gate)
    if gate.figure:
        yield picture(file=gate.figure.file, alt=gate.figure.alt, title=gate.figure.title)
    if gate.unmet:
        yield section(_unmet(gate.unmet))
    pages = [link(one.url, label=one.label) for one in (gate.page, *gate.links)]
    yield section(fitting(pages, longest=LONGEST_SECTION, between=" \u00b7 "))
    if _was_asked(gate):
        yield section(*_seats(gate))
    if (gate.limits or gate.to_do) and not _hidden(gate):
        yield section(*_agreed(gate))
    if _waits(gate):
        yield gate_buttons(gate.subject)
    yield _identity(gate)


def _standing(gate: GateView) -> Iterator[Block]:
    """Yield what happened, for a gate that takes no signatures."""
    if gate.stopped:
        yield section(
            f"*Suspended: standard care.* {escaped(gate.stopped.by, longest=LONGEST_NAME)} stopped this rollout, "
            f"{moment(gate.stopped.at)}. Nothing is signed until it is resumed."
        )
    if gate.state is GateState.AWAITING_SEATS:
        return
    by = f" by {escaped(gate.decided_by, longest=LONGEST_NAME)}" if gate.decided_by and _by_a_person(gate) else ""
    since = f", {moment(gate.since)}" if gate.since else ""
    yield section(f"*{HEADINGS[gate.state]}*{by}{since}. {NEXT[gate.state]}")
    if gate.reason and (reason := echoed(gate.reason)):
        yield said(reason)


def _by_a_person(gate: GateView) -> bool:
    """True if a person's answer closed the gate; otherwise the evidence, the time or the quorum did."""
    return gate.state is GateState.REJECTED or (gate.state is GateState.HELD and bool(gate.reason))


def _criteria(gate: GateView) -> Iterator[Block]:
    """Yield six criteria, the worst that bind first, and how many more there are."""
    if not gate.criteria:
        return
    worst_first = sorted(gate.criteria, key=lambda line: (not line.binds, -BADNESS[line.outcome]))
    yield fields([_field(line) for line in worst_first[:MOST_FIELDS]])
    if rest := worst_first[MOST_FIELDS:]:
        open_ones = sum(line.outcome is not Outcome.PASS for line in rest)
        told = f"{open_ones:,} of them not met or not known" if open_ones else "all of them met"
        page = link(gate.page.url, label="the gate's page")
        yield context(f"And {counted(len(rest), 'more criterion', 'more criteria')}, {told}: on {page}.")


def _field(line: CriterionLine) -> str:
    between = f" ({escaped(line.interval, longest=LONGEST_VALUE)})" if line.interval else ""
    limit = f"\nasked: {escaped(line.limit, longest=LONGEST_CRITERION)}" if line.limit else ""
    shown = "" if line.binds else " (does not hold the gate)"
    title = escaped(line.title, longest=LONGEST_CRITERION)
    value = escaped(line.value, longest=LONGEST_VALUE) or "not known"
    if findings(f"{line.value}\n{line.interval}"):
        return f"*{OUTCOMES[line.outcome]}* {title}{shown}\n{NOT_HERE}{limit}"
    return f"*{OUTCOMES[line.outcome]}* {title}{shown}\n{value}{between}{limit}"


def _unmet(unmet: Sequence[Unmet]) -> str:
    """Return what is not met, in one sentence, what holds the gate first."""
    ordered = sorted(unmet, key=lambda one: (not _holds(one), -BADNESS[one.outcome]))
    named = [
        f"{escaped(one.title, longest=LONGEST_CRITERION)} ({NOT_PASSED[one.outcome]}{_weight(one)})"
        for one in ordered[:MOST_UNMET_NAMED]
    ]
    more = len(ordered) - len(named)
    return f"*Not met or not known:* {listed([*named, f'{more:,} more'] if more else named)}."


def _holds(one: Unmet) -> bool:
    return one.binds and not one.waived


def _weight(one: Unmet) -> str:
    if one.waived:
        return ", waived"
    return "" if one.binds else ", does not hold the gate"


def _hidden(gate: GateView) -> bool:
    """True while a review is independent: nobody learns what others said before all have answered."""
    return gate.blinded and gate.state is GateState.AWAITING_SEATS


def _quorum(gate: GateView) -> str:
    filled = [seat for seat in gate.seats if seat.signed_by]
    line = f"{len(filled)} of {counted(len(gate.seats), 'seat')} signed"
    waiting = list(dict.fromkeys(role_words(seat.role) for seat in gate.seats if not seat.signed_by))
    if not _waits(gate) or not waiting or _hidden(gate):
        return f"{line}."
    return f"{line}; waiting for {', '.join(waiting)}."


def _seats(gate: GateView) -> Iterator[str]:
    yield f"*{_quorum(gate)}*"
    if _hidden(gate):
        yield "Independent review: who signed, and what they said, is shown once every seat has answered."
    else:
        yield from (_seat(seat) for seat in gate.seats if seat.signed_by)
    if _waits(gate) and gate.open_until:
        yield f"Open until {moment(gate.open_until)}. Without a decision by then, nothing moves on."


def _seat(seat: SeatLine) -> str:
    name = signer(
        name=escaped(seat.signed_by, longest=LONGEST_NAME),
        on_behalf_of=escaped(seat.on_behalf_of, longest=LONGEST_NAME),
    )
    said_so = f": {ANSWERS[seat.answer]}" if seat.answer else ""
    return f"\u2022 {name}, {role_words(seat.role)}{said_so}"


def _agreed(gate: GateView) -> Iterator[str]:
    """Yield what the approvals are limited to and leave to be done, the first few of each."""
    for limit in gate.limits[:MOST_AGREED]:
        yield f"\u2022 Limited: {_limit(limit)}"
    for one in gate.to_do[:MOST_AGREED]:
        owner = escaped(one.owner, longest=LONGEST_NAME)
        state = "done" if one.done else f"due {moment(one.due)}"
        yield f"\u2022 To do: {repeated(one.what)} ({owner}, {state})"
    if max(len(gate.limits), len(gate.to_do)) > MOST_AGREED:
        yield f"\u2022 More of these on {link(gate.page.url, label=gate.page.label)}"


def _limit(limit: Limit) -> str:
    told = (
        limit.sites and f"only at {escaped(_first(limit.sites), longest=LONGEST_CRITERION)}",
        limit.units and f"only in {repeated(_first(limit.units), longest=LONGEST_CRITERION)}",
        limit.share and f"at most {escaped(limit.share)} of patients",
        limit.until and f"until {moment(limit.until)}",
    )
    return "; ".join(one for one in told if one) or "no limit"


def _first(names: Sequence[str]) -> str:
    more = len(names) - MOST_AGREED
    return listed([*names[:MOST_AGREED], f"{more:,} more"] if more > 0 else names)


def _identity(gate: GateView) -> Block:
    repeated = (
        "Shown again: an earlier copy of this message may stand above; this one counts. " if gate.repeated else ""
    )
    digest = short(gate.subject.digest)
    return context(
        f"{repeated}Gate {escaped(gate.subject.gate)} \u00b7 revision {gate.subject.revision} \u00b7 "
        f"evidence {escaped(digest) or 'none'} \u00b7 policy {escaped(gate.policy, longest=LONGEST_CRITERION)}"
    )
