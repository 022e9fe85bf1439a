"""The thread under a gate message: one line for each entry of the ledger, with its number; a copy, not the record."""

from primum.chat.rendering.blocks import Block, Message, context, message, said
from primum.chat.rendering.personal_views import AuditLine
from primum.chat.rendering.texts import echoed, escaped, in_utc, moment, shortened
from primum.chat.rendering.wording import ANSWERS, role_words, signer

LONGEST_NAME = 80
PRIMUM = "Primum"

# What each kind of entry says; {who} acted, {to} is the other person, {seat} and {until} are told where known.
SENTENCES = {
    "gate.opened": "{who} opened the gate",
    "gate.collecting": "{who} opened the gate; evidence is being gathered",
    "gate.ready": "the evidence meets the policy",
    "gate.held": "the gate is on hold",
    "gate.awaiting-seats": "the seats are asked to sign{until}",
    "gate.signed": "{who}{seat} {answer}",
    "gate.signed.hidden": "a seat has answered; what it said is shown once all have",
    "gate.granted": "every seat has signed",
    "gate.applied": "the rollout moved on",
    "gate.rejected": "the gate is rejected; the rollout stays where it is",
    "gate.still-rejected": "the gate was asked for again on exactly the evidence that was rejected; change that first",
    "gate.expired": "nobody decided in time; the rollout stays where it is",
    "gate.void": "something the gate was bound to changed; signatures on it no longer count",
    "gate.intended": "{who}{seat} began to sign; nothing is signed until they have shown again who they are",
    "gate.reminded": "{to} was reminded",
    "gate.reminded.deputy": "{to}, the deputy, was asked",
    "gate.reminded.governance": "the governance group was told that a seat is still empty",
    "seat.delegated": "{who}{seat} delegated to {to}{until}",
    "seat.delegation-revoked": "{to} no longer stands in{seat}",
    "conflict.declared": "{who} declared a conflict of interest and does not sign",
    "conflict.withdrawn": "{who} withdrew a conflict of interest",
    "contingency.closed": "{who} finished what an approval had left to do",
    "contingency.overdue": "something an approval left to do is overdue; the gate is closed again",
    "check.waived": "a check was set aside by two people{until}",
    "incident.reported": "an incident was reported; its page says which",
    "incident.confirmed": "an incident was confirmed; its page says which",
    "incident.closed": "an incident was closed; its page says which",
    "incident.graded": "an incident was graded anew; its page says which",
    "incident.submitted": "{who} recorded that a report went to a regulator",
    "incident.clock-reminded": "people were told of a report that is owed to a regulator",
    "incident.clock-reminded.over": "a report to a regulator is overdue; nothing is promoted until it is submitted",
    "incident.unconfirmed": "people were told of a serious incident that nobody has confirmed",
    "incident.unconfirmed.over": "nobody confirmed a serious incident in time; its page says which",
    "incidents.published": "{who} let out what the public is told of incidents",
    "site.acknowledged": "a site has seen that the rollout is suspended; its page says which",
    "site.silent": "people were told of a site that has not seen the suspension",
    "site.silent.over": "a site did not say in time that it has seen the suspension",
    "rollout.suspended-for-harm": "{who} recorded that patients were or may have been harmed",
    "gate.reopened": "{who} opened the gate again, so that the rollout may go on",
    "rollout.suspended": "{who} suspended the rollout: standard care",
    "rollout.resumption-agreed": "{who}{seat} signed that the rollout may go on",
    "rollout.resumed": "the rollout goes on",
    "site.suspended": "a site is back to standard care",
    "allocation.running-out": "a randomisation list has few places left; its report says in which stratum",
    "exposure.ended": "an approval was limited in time and is over: nobody receives output",
    "look.taken": "the pilot was looked at; its page shows each reader what is theirs",
    "guideline.published": "a new version of a guideline the rollout follows is published",
    "change.opened": "a guideline change is open; its page shows the steps",
    "change.scoped": "{who} held a guideline change against the change plan",
    "change.relabelled": "{who} labelled the stored cases by the new guideline",
    "change.retrained": "{who} had a challenger trained",
    "change.training-failed": "the trainer failed; nothing was changed",
    "change.compared": "{who} compared the challenger with the model in use",
    "change.told": "every site is told of the change and asked to acknowledge",
    "change.acknowledged": "{who} acknowledged the change for a site",
    "change.escalated": "a site has not acknowledged the change in time",
    "change.suspended": "a site never acknowledged the change: the rollout is back to standard care",
    "change.closed": "{who} closed the guideline change",
    "evidence.relabelled": "{who} labelled a table again by a new guideline",
    "look-back.made": "{who} made the list of past advice that a new guideline alters",
    "look-back.worked-on": "{who} marked units of a look-back as looked at",
    "alarm.raised": "a monitor raised an alarm; its page says which",
    "alarm.acknowledged": "{who} said what was found behind an alarm and what was done",
    "rollout.held": "{who} held the rollout: it widens no further",
    "rollout.hold-lifted": "{who} lifted the hold",
    "exposure.walked-back": "a review failed; exposure went back",
    "protocol.locked": "{who} locked the protocol",
    "protocol.amended": "{who} changed the protocol; its page says how",
}


def thread_line(line: AuditLine) -> Message:
    """Return one entry of the ledger as a message of the thread, with the reason where it names nobody (P9)."""
    sentence = _sentence(line)
    blocks: list[Block] = [context(f"*#{line.position}* {moment(line.at)} \u00b7 {escaped(sentence, longest=400)}.")]
    if line.reason and not line.hidden and (reason := echoed(line.reason)):
        blocks.append(said(reason))
    return message(f"#{line.position}, {in_utc(line.at)}: {sentence}.", blocks=blocks)


def _sentence(line: AuditLine) -> str:
    kind = f"{line.kind}.hidden" if line.hidden and f"{line.kind}.hidden" in SENTENCES else line.kind
    template = SENTENCES.get(kind)
    if template is None:
        return _of_another_kind(line)
    told = template.format(
        who=_who(line),
        to=shortened(line.to, longest=LONGEST_NAME) or "somebody",
        seat=f" ({role_words(line.role)})" if line.role else "",
        answer=ANSWERS[line.answer] if line.answer else "signed",
        until=f" until {in_utc(line.until)}" if line.until else "",
    )
    return told[:1].upper() + told[1:]


def _of_another_kind(line: AuditLine) -> str:
    """Return a kind of entry that has no sentence yet by its own words; in an independent review without a name."""
    words = shortened(line.kind, longest=LONGEST_NAME).replace(".", ": ").replace("-", " ")
    return f"Recorded: {words or 'an entry'}" if line.hidden else f"{_who(line)} recorded {words or 'an entry'}"


def _who(line: AuditLine) -> str:
    name = shortened(line.person, longest=LONGEST_NAME) or PRIMUM
    return signer(name=name, on_behalf_of=shortened(line.on_behalf_of, longest=LONGEST_NAME))
