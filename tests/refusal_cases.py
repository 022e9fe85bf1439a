"""
Every reason to refuse an answer at a gate, with its sentence, word for word.

``arrange`` brings a scene to where the reason holds and returns the answer that is then tried. Those with
``on_click`` are refused before there is a reason or a seat; the others when the whole answer is given.
Every entrance walks the same list: it takes ``asked.person`` to ``asked.gate`` and shows ``asked.sentence``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from primum.actions import conflicts, delegation, gates
from primum.roadmap.conditions import Conditions
from primum.roadmap.contingencies import ContingencyAsked
from primum.roadmap.people import Authority, Role
from primum.roadmap.seats import Answer
from tests import factories
from tests.refusal_scenes import DEPUTY, GATE, LEAD, PEOPLE, SAFETY, SEATS, STEP_UP, Asked, Scene

ROLES = "clinical-lead, patient-representative, ethicist, technologist, independent-statistician, independent-auditor"
AMARA, SECOND = "Amara Okafor", "Second Lead"


@dataclass(frozen=True, kw_only=True)
class RefusalCase:
    """One reason to refuse: its name, how it comes about, and whether a click is enough to know it."""

    name: str
    arrange: Callable[[Scene], Asked]
    on_click: bool


def _signed_already(scene: Scene) -> Asked:
    scene.awaiting()
    scene.sign(LEAD, Role.CLINICAL_LEAD)
    return scene.asks(f"{AMARA} has already signed gate {GATE}; one person signs once.")


def _evidence_revised(scene: Scene) -> Asked:
    scene.awaiting()
    before = scene.digest
    scene.ask(table="sha256:second")
    return scene.asks(f"Gate {GATE} is void; only a gate that is awaiting seats can be signed.", digest=before)


def _rejected(scene: Scene) -> Asked:
    scene.awaiting()
    scene.sign("leila-haddad", Role.ETHICIST, answer=Answer.REJECT)
    return scene.asks(f"Gate {GATE} is rejected; only a gate that is awaiting seats can be signed.")


def _sent_back(scene: Scene) -> Asked:
    scene.awaiting()
    scene.sign("leila-haddad", Role.ETHICIST, answer=Answer.REQUEST_EVIDENCE)
    return scene.asks(f"Gate {GATE} is held; only a gate that is awaiting seats can be signed.")


def _too_late(scene: Scene) -> Asked:
    scene.awaiting(opened=scene.days(-31))
    until = f"{scene.days(-1):%Y-%m-%d %H:%M} UTC"
    return scene.asks(f"Gate {GATE} was open until {until} and can no longer be signed.")


def _expired(scene: Scene) -> Asked:
    scene.awaiting(opened=scene.days(-31))
    gates.expire_due(at=scene.at, person="primum", workplace=scene.place)
    return scene.asks(f"Gate {GATE} is expired; only a gate that is awaiting seats can be signed.")


def _other_evidence(scene: Scene) -> Asked:
    scene.awaiting()
    words = "The evidence changed since it was shown; look at it again and then sign."
    return scene.asks(words, digest="sha256:" + "0" * 64)


def _no_role(scene: Scene) -> Asked:
    scene.awaiting()
    words = f"Ines Moreau holds no role that gate {GATE} asks for at this time; its seats are {ROLES}."
    return scene.asks(words, person=SAFETY)


def _authority_over(scene: Scene) -> Asked:
    over = Authority(role=Role.CLINICAL_LEAD, valid_from=scene.days(-90), valid_until=scene.at)
    people = tuple(one.model_copy(update={"authorities": (over,)}) if one.id == LEAD else one for one in PEOPLE)
    scene.awaiting(people=people)
    return scene.asks(f"{AMARA} holds no role that gate {GATE} asks for at this time; its seats are {ROLES}.")


def _asked_for_it(scene: Scene) -> Asked:
    scene.awaiting()
    words = "Noah Kim asked for this gate and cannot sign it."
    return scene.asks(words, person="noah-kim", role=Role.TECHNOLOGIST)


def _made_the_evidence(scene: Scene) -> Asked:
    scene.write()
    text = (scene.folder / "rollout.yaml").read_text(encoding="utf-8")
    changed = text.replace("    author: noah-kim\ndocuments", "    author: hana-sato\ndocuments")
    (scene.folder / "rollout.yaml").write_text(changed, encoding="utf-8")
    scene.register()
    scene.ask()
    words = "Hana Sato is an author of the evidence and cannot sign on it."
    return scene.asks(words, person="hana-sato", role=Role.ETHICIST)


def _wrote_the_policy(scene: Scene) -> Asked:
    scene.awaiting(editors=(LEAD,))
    return scene.asks(f"{AMARA} wrote or changed the policy of this gate and cannot sign by it.")


def _changed_the_policy(scene: Scene) -> Asked:
    scene.write()
    scene.register()
    scene.write_policy(gate_open_days=20)
    scene.register(person=LEAD)
    scene.ask()
    return scene.asks(f"{AMARA} wrote or changed the policy of this gate and cannot sign by it.")


def _conflict_on_file(scene: Scene) -> Asked:
    people = tuple(one.model_copy(update={"conflicts": ("Nobody",)}) if one.id == LEAD else one for one in PEOPLE)
    scene.awaiting(people=people)
    return scene.asks(f"{AMARA} has declared a conflict of interest with this rollout.")


def _conflict_declared(scene: Scene) -> Asked:
    scene.awaiting()
    conflicts.declare(
        submission=scene.submission,
        person=LEAD,
        reason="My brother works for the provider.",
        channel="test",
        at=scene.at,
        workplace=scene.place,
    )
    return scene.asks(f"{AMARA} has declared a conflict of interest with this rollout.")


def _auditor_from_inside(scene: Scene) -> Asked:
    scene.awaiting()
    words = (
        "The seat independent-auditor needs somebody from another organisation than "
        "Riverside University Hospital (V14)."
    )
    return scene.asks(words, person="inside-auditor", role=Role.AUDITOR)


def _seat_taken(scene: Scene) -> Asked:
    scene.awaiting()
    scene.sign(DEPUTY, Role.CLINICAL_LEAD)
    return scene.asks(f"The seat clinical-lead is already signed by {SECOND}; a second vote on one seat is refused.")


def _handed_over(scene: Scene, *, person: str = LEAD, deputy: str = DEPUTY, days: float = 7) -> str:
    return delegation.delegate(
        submission=scene.submission,
        person=person,
        deputy=deputy,
        role=Role.CLINICAL_LEAD,
        ends_at=scene.days(days),
        reason="I am away at a congress this week.",
        channel="test",
        at=scene.at,
        workplace=scene.place,
    )


def _deputy_has_signed(scene: Scene) -> Asked:
    scene.awaiting()
    _handed_over(scene)
    scene.sign(DEPUTY, Role.CLINICAL_LEAD, on_behalf_of=LEAD)
    return scene.asks(f"{SECOND} has signed gate {GATE} for {AMARA}; it is not signed twice.")


def _another_seat(scene: Scene) -> Asked:
    scene.awaiting()
    words = f"{AMARA} does not hold the role ethicist for small-trial at this time."
    return scene.asks(words, role=Role.ETHICIST)


def _no_such_seat(scene: Scene) -> Asked:
    scene.awaiting()
    words = f"This gate has no seat for safety-officer; its seats are {', '.join(sorted(ROLES.split(', ')))}."
    return scene.asks(words, role=Role.SAFETY_OFFICER)


def _short_reason(scene: Scene) -> Asked:
    scene.awaiting()
    words = "A signature carries a reason of at least 20 characters in your own words; this one has 2."
    return scene.asks(words, reason="ok")


def _nothing_handed_over(scene: Scene) -> Asked:
    scene.awaiting()
    words = f"{AMARA} has not handed the seat clinical-lead to {SECOND} at this time."
    return scene.asks(words, person=DEPUTY, on_behalf_of=LEAD)


def _taken_back(scene: Scene) -> Asked:
    scene.awaiting()
    made = _handed_over(scene)
    delegation.revoke(delegation=made, submission=scene.submission, person=LEAD, at=scene.at, workplace=scene.place)
    words = f"{AMARA} has not handed the seat clinical-lead to {SECOND} at this time."
    return scene.asks(words, person=DEPUTY, on_behalf_of=LEAD)


def _for_a_stranger(scene: Scene) -> Asked:
    scene.awaiting()
    words = "Nobody in people.yaml has the id 'nobody'; one signs for somebody who is there."
    return scene.asks(words, on_behalf_of="nobody")


def _for_one_who_signed(scene: Scene) -> Asked:
    two_leads = factories.seat_rule(Role.CLINICAL_LEAD, people=2)
    scene.awaiting(seats=(two_leads, *SEATS[1:]))
    _handed_over(scene)
    scene.sign(LEAD, Role.CLINICAL_LEAD)
    words = f"{AMARA} has already signed gate {GATE}; one person signs once."
    return scene.asks(words, person=DEPUTY, on_behalf_of=LEAD)


def _for_one_in_conflict(scene: Scene) -> Asked:
    scene.awaiting()
    _handed_over(scene)
    conflicts.declare(
        submission=scene.submission,
        person=LEAD,
        reason="My brother works for the provider.",
        channel="test",
        at=scene.at,
        workplace=scene.place,
    )
    words = f"{AMARA} has declared a conflict of interest with this rollout."
    return scene.asks(words, person=DEPUTY, on_behalf_of=LEAD)


def _contingent(sentence: str, *, days: float = 30, **changes: str) -> Callable[[Scene], Asked]:
    def arrange(scene: Scene) -> Asked:
        scene.awaiting()
        said = {"what": "Recalibrate at the north site.", "owner": "mei-lin"} | changes
        return scene.asks(sentence, contingency=ContingencyAsked(due_at=scene.days(days), **said))

    return arrange


def _limited(sentence: str, *, days: float | None = None, **changes: object) -> Callable[[Scene], Asked]:
    def arrange(scene: Scene) -> Asked:
        scene.awaiting()
        until = None if days is None else scene.at + timedelta(days=days)
        return scene.asks(sentence, conditions=Conditions(until=until, **changes))

    return arrange


def _limits_on_a_reject(scene: Scene) -> Asked:
    scene.awaiting()
    words = "Only an approval carries contingencies or conditions; leave them out, or approve."
    return scene.asks(words, answer=Answer.REJECT, conditions=Conditions(sites=("north",)))


def _clicked_where_signed(scene: Scene) -> Asked:
    scene.awaiting(signatures=(STEP_UP,))
    words = (
        f"Gate {GATE} asks for a signature and not for a click: follow the one-time link and show again who you are."
    )
    return scene.asks(words)


ON_CLICK = (
    ("has signed already", _signed_already),
    ("the evidence was revised", _evidence_revised),
    ("the gate is rejected", _rejected),
    ("the gate was sent back for evidence", _sent_back),
    ("the time is over", _too_late),
    ("the gate is expired", _expired),
    ("was shown other evidence", _other_evidence),
    ("holds no role of the gate", _no_role),
    ("authority is over", _authority_over),
    ("asked for the gate", _asked_for_it),
    ("made the evidence", _made_the_evidence),
    ("wrote the policy", _wrote_the_policy),
    ("changed the policy", _changed_the_policy),
    ("has a conflict on file", _conflict_on_file),
    ("has declared a conflict", _conflict_declared),
    ("an auditor from inside", _auditor_from_inside),
    ("the seat is taken", _seat_taken),
    ("the deputy has signed", _deputy_has_signed),
)
ON_SUBMIT = (
    ("signs on another's seat", _another_seat),
    ("signs on no seat of the gate", _no_such_seat),
    ("gives no reason", _short_reason),
    ("signs for one who handed nothing over", _nothing_handed_over),
    ("signs for one who took it back", _taken_back),
    ("signs for a stranger", _for_a_stranger),
    ("signs for one who signed", _for_one_who_signed),
    ("signs for one in conflict", _for_one_in_conflict),
    (
        "a contingency without words",
        _contingent("A contingency says in at least 10 characters what is to be done.", what="fix"),
    ),
    (
        "a contingency of a stranger",
        _contingent(
            "Nobody in people.yaml has the id 'nobody'; a contingency has an owner who is known.", owner="nobody"
        ),
    ),
    (
        "a contingency of one's own",
        _contingent(f"{AMARA} asks for the contingency; somebody else carries it out.", owner=LEAD),
    ),
    (
        "a contingency that was due before",
        _contingent("A contingency is due in the future; give a later date.", days=-1),
    ),
    (
        "a condition on an unknown site",
        _limited(
            "There is no site 'east' in sites.yaml; a condition names sites that are there.", sites=("east", "north")
        ),
    ),
    (
        "a condition on more than everybody",
        _limited("'3/2' is no share of patients; write whole numbers such as 1/4, above 0 and at most 1.", share="3/2"),
    ),
    ("a condition that is over", _limited("A condition ends in the future; give a later date.", days=-1)),
    ("limits on a reject", _limits_on_a_reject),
)
CASES = (
    *(RefusalCase(name=name, arrange=arrange, on_click=True) for name, arrange in ON_CLICK),
    *(RefusalCase(name=name, arrange=arrange, on_click=False) for name, arrange in ON_SUBMIT),
)
CLICKED_WHERE_SIGNED = RefusalCase(
    name="a click where a signature is asked for", arrange=_clicked_where_signed, on_click=False
)
"""Refused by ``vote``; an entrance that steps up leads to the one-time link instead of showing the sentence."""
