"""The ways in which one answer reaches a gate: terminal, API, page, a click in Slack, a form in Slack."""

import html
import json
from collections.abc import Callable
from dataclasses import dataclass

from primum.actions import identities, unfinished
from primum.actions.gates import SYSTEM
from primum.chat import clicks, signing
from primum.chat.members import Members
from primum.chat.office import Office
from primum.chat.rendering.buttons import Deed, gate_buttons, written
from primum.chat.rendering.forms import CALLBACKS
from primum.chat.rendering.views import Subject
from primum.integrations.slack.parsing import parse_form
from primum.integrations.slack.payloads import FieldValue, FormSent, Member
from primum.roadmap.seats import Answer
from tests.api_calls import program, vote_body
from tests.consoles import Console
from tests.refusal_scenes import GATE, Asked, Scene
from tests.slack_server import Message, Person, SlackServer
from tests.slack_server.people import as_http_body

COMMANDS = {Answer.APPROVE: "approve", Answer.REJECT: "reject", Answer.REQUEST_EVIDENCE: "request"}


@dataclass(kw_only=True)
class House:
    """Every entrance to one scene, at its moment."""

    scene: Scene
    served: Console
    terminal: Callable
    slack: SlackServer
    office: Office

    def by_terminal(self, asked: Asked) -> tuple[bool, str]:
        ended = self.terminal(*words_of(asked))
        return ended.code == 4, ended.err.strip()

    def by_api(self, asked: Asked) -> tuple[bool, str]:
        answer = program(self.served, asked.person).post(f"/gates/{asked.gate}/votes", json=vote_body(asked))
        return answer.status_code == 409, answer.json()["detail"]

    def by_page(self, asked: Asked) -> tuple[bool, str]:
        answer = self.served.browser_of(asked.person).post(f"/gates/{asked.gate}/sign", data=form_of(asked))
        return answer.status_code == 409, html.unescape(answer.text)

    def by_click(self, asked: Asked) -> tuple[bool, str]:
        """Press the button of a message that still shows what the person was shown."""
        member = self.member(asked)
        shown = Message(channel="", ts="1.0", text="", blocks=[gate_buttons(subject_of(asked))])
        payload = self.slack.click(shown, f"gate.{deed_of(asked)}", by=member)
        body, _ = as_http_body("interaction", payload)
        clicks.press(parse_form(body), at=self.scene.at, office=self.office, known=Members(office=self.office))
        view = self.slack.form_of(member)
        return view is not None and "submit" not in view.body, view.written if view else ""

    def by_form(self, asked: Asked) -> tuple[bool, str]:
        """Send a form that was opened before the reason came about."""
        member = self.member(asked)
        form = FormSent(
            key="k", app="A0", team=member.team, member=Member(team=member.team, user=member.user), trigger="t",
            view="V", view_hash="h", callback=callback_of(asked), metadata=written(subject_of(asked)),
            fields=fields_of(asked),
        )  # fmt: skip
        said = signing.answer(form, at=self.scene.at, office=self.office, known=Members(office=self.office))
        return "Recorded" not in str(said), json.dumps(said, ensure_ascii=False)

    def promoted_by_terminal(self) -> tuple[bool, str]:
        ended = self.terminal("gate", "apply", GATE, "--as", "noah-kim")
        return ended.code == 1, ended.err.strip()

    def promoted_by_api(self) -> tuple[bool, str]:
        answer = program(self.served, "noah-kim").post(f"/gates/{GATE}/promotion")
        return answer.status_code == 409, answer.json().get("detail", "")

    def promoted_by_page(self) -> tuple[bool, str]:
        answer = self.served.browser_of("noah-kim").post(f"/gates/{GATE}/apply")
        return answer.status_code == 409, html.unescape(answer.text)

    def promoted_by_flow(self) -> tuple[bool, str]:
        """What the task of the flow `promote` does once it is its turn."""
        done = unfinished.apply_grant(gate=GATE, person=SYSTEM, at=self.scene.at, workplace=self.scene.place)
        return done.promotion is None, done.sentence

    def member(self, asked: Asked) -> Person:
        """Somebody's account in Slack, tied to them here."""
        user = f"U0{asked.person.replace('-', '').upper()}"
        if user in self.slack.world.people:
            return self.slack.world.people[user]
        member = self.slack.member(user)
        with self.scene.place.ledger.transaction() as tx:
            identities.pin(
                person=asked.person, kind=identities.SLACK, realm=member.team, subject=member.user, by="primum",
                at=self.scene.at, tx=tx,
            )  # fmt: skip
        return member


def words_of(asked: Asked) -> list[str]:
    """What is typed for an answer; there is no way to type limits on a reject."""
    words = ["gate", COMMANDS[asked.answer], asked.gate, "--as", asked.person, "--seat", asked.role]
    words += ["--reason", asked.reason, "--meaning", "approval", "--digest", asked.digest]
    if asked.on_behalf_of:
        words += ["--on-behalf-of", asked.on_behalf_of]
    if one := asked.contingency:
        words += ["--contingency", one.what, "--owner", one.owner, "--due", one.due_at.isoformat()]
    if limits := asked.conditions:
        words += [word for site in limits.sites or () for word in ("--condition", f"site={site}")]
        words += ["--condition", f"share={limits.share}"] if limits.share else []
        words += ["--condition", f"until={limits.until.isoformat()}"] if limits.until else []
    return words


def form_of(asked: Asked) -> dict[str, object]:
    """What the page's form sends."""
    left, limits = asked.contingency, asked.conditions
    until = limits.until if limits else None
    return {
        "seat": f"{asked.role}|{asked.on_behalf_of}" if asked.on_behalf_of else str(asked.role),
        "answer": str(asked.answer),
        "meaning": str(asked.meaning),
        "reason": asked.reason,
        "digest": asked.digest,
        "contingency": left.what if left else "",
        "owner": left.owner if left else "",
        "due": f"{left.due_at:%Y-%m-%d}" if left else "",
        "sites": list(limits.sites or ()) if limits else [],
        "share": (limits.share or "") if limits else "",
        "until": f"{until:%Y-%m-%d}" if until else "",
    }


def subject_of(asked: Asked) -> Subject:
    return Subject(gate=asked.gate, revision=1, digest=asked.digest.removeprefix("sha256:"))


def deed_of(asked: Asked) -> Deed:
    return Deed(str(asked.answer))


def callback_of(asked: Asked) -> str:
    return next(callback for callback, deed in CALLBACKS.items() if deed is deed_of(asked))


def fields_of(asked: Asked) -> tuple[FieldValue, ...]:
    left, limits = asked.contingency, asked.conditions
    filled = {"seat": f"{asked.role}:{asked.on_behalf_of or ''}", "reason": asked.reason, "meaning": asked.meaning}
    if left:
        filled |= {"left.what": left.what, "left.owner": left.owner, "left.due": f"{left.due_at:%Y-%m-%d}"}
    if limits and limits.until:
        filled["limits.until"] = f"{limits.until:%Y-%m-%d}"
    return tuple(FieldValue(block=block, action=block, values=(str(value),)) for block, value in filled.items())
