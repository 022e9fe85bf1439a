"""No sequence of actions promotes without the quorum: the real actions against a model in pure Python."""

from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from primum.actions import conflicts, gates, promotion, suspension, voting
from primum.actions.gates import AlreadyRejected
from primum.ledger import reading
from primum.ledger.audit import verify
from primum.roadmap.people import Role
from primum.roadmap.seats import Answer
from tests import factories
from tests import gates_at_work as work
from tests.factories import MORNING

ROLES = (Role.CLINICAL_LEAD, Role.ETHICIST, Role.PATIENT_REPRESENTATIVE, Role.TECHNOLOGIST)
PEOPLE = tuple(person.id for person in work.PEOPLE)
HELD = {person.id: {authority.role for authority in person.authorities} for person in work.PEOPLE}
BARRED = {"noah-kim", "hana-sato"}
tables = st.sampled_from(["sha256:first", "sha256:second"])
numbers = count(1)


class Model:
    """What must be true, said in the simplest way: who approved what is shown now."""

    def __init__(self):
        self.table = None
        self.state = "none"
        self.approved = {}
        self.voted = set()
        self.interested = set()
        self.rejected = set()
        self.suspended = False
        self.promoted = False

    def filled(self):
        return {role for person, role in self.approved.items() if person not in self.interested}

    def quorum(self):
        return self.filled() == set(ROLES)


class Gate(RuleBasedStateMachine):
    """One rollout in assess, and everybody pulling at it."""

    ledger = None
    home = None

    @initialize()
    def begin(self):
        name = f"rollout-{next(numbers)}"
        self.name, self.model = name, Model()
        self.handed_in = work.submission(rollout=name)
        self.place = work.workplace(self.ledger, self.home)
        work.register(self.handed_in, self.place)
        self.gate = None

    def evaluation(self, table, good=True):
        estimate = None if good else factories.estimate(value=0.5, lower=0.4, upper=0.6)
        return work.evaluation(table=table, estimate=estimate, rollout=self.name)

    @precondition(lambda self: not self.model.promoted)
    @rule(table=tables)
    def run_the_stage(self, table):
        result = self.evaluation(table)
        kept = gates.gate_with_same_subject(
            evaluation=result, submission=self.handed_in, at=MORNING, workplace=self.place
        )
        try:
            self.gate = kept or gates.open_gate(
                submission=self.handed_in,
                evaluation=result,
                run=work.RUN,
                person=work.SUBMITTER,
                at=MORNING,
                workplace=self.place,
            )
        except AlreadyRejected:
            assert table in self.model.rejected
            return
        gates.ask_seats(
            gate=self.gate, submission=self.handed_in, person=work.SUBMITTER, at=MORNING, workplace=self.place
        )
        assert table not in self.model.rejected
        if not kept:
            self.model.table, self.model.state = table, "awaiting"
            self.model.approved, self.model.voted = {}, set()

    @precondition(lambda self: self.gate)
    @rule(
        person=st.sampled_from(PEOPLE), role=st.sampled_from(ROLES), answer=st.sampled_from(list(Answer)), table=tables
    )
    def sign(self, person, role, answer, table):
        model = self.model
        shown = gates.subject_of(self.evaluation(table))
        may = (
            model.state == "awaiting"
            and table == model.table
            and role in HELD[person]
            and person not in BARRED
            and person not in model.voted
            and person not in model.interested
            and (answer is not Answer.APPROVE or role not in model.filled())
        )
        try:
            work.sign(self.gate, person, role, self.handed_in, self.place, digest=shown, answer=answer)
        except voting.CannotVote:
            assert not may
            return
        assert may
        model.voted.add(person)
        self.follow(person, role, answer)

    def follow(self, person, role, answer):
        model = self.model
        if answer is Answer.REJECT:
            model.state = "rejected"
            model.rejected.add(model.table)
        elif answer is Answer.REQUEST_EVIDENCE:
            model.state = "held"
        else:
            model.approved[person] = role
            model.state = "granted" if model.quorum() else "awaiting"

    @rule(person=st.sampled_from(PEOPLE))
    def declare_an_interest(self, person):
        model = self.model
        try:
            conflicts.declare(
                submission=self.handed_in,
                person=person,
                reason="a share in the provider",
                channel="test",
                at=MORNING,
                workplace=self.place,
            )
        except conflicts.CannotDeclare:
            assert person in model.interested
            return
        assert person not in model.interested
        model.interested.add(person)
        if model.state == "granted" and not model.promoted and person in model.voted:
            model.state = "void"

    @precondition(lambda self: self.gate)
    @rule(problem=st.sampled_from([None, None, "Table 'readings' is not the one that was evaluated."]))
    def apply(self, problem):
        subject = gates.subject_of(self.evaluation(self.model.table))
        may = self.model.state == "granted" and not problem and not self.model.suspended
        try:
            promotion.commit(
                gate=self.gate,
                world=work.world(subject=subject, problem=problem),
                submission=self.handed_in,
                person=work.SUBMITTER,
                at=MORNING,
                workplace=self.place,
            )
        except promotion.CannotPromote:
            assert not may
            assert not self.model.promoted
            return
        assert may or self.model.promoted
        assert self.model.promoted or self.model.quorum()
        self.model.promoted = True

    @rule()
    def suspend(self):
        lead = self.handed_in.person("amara-okafor")
        suspension.suspend(rollout=self.name, person=lead, reason="harm", at=MORNING, workplace=self.place)
        self.model.suspended = True

    def teardown(self):
        if getattr(self, "name", None) is None:
            return
        with self.ledger.reading() as session:
            promotions = reading.promotions(session, rollout=self.name)
            exposure = reading.exposure(session, rollout=self.name)
        assert len(promotions) == int(self.model.promoted)
        assert not self.model.suspended or exposure.state == "off"
        assert verify(self.ledger, outside=self.ledger.checkpoint()) == ()


@pytest.fixture(params=["sqlite", "postgres"])
def a_ledger(request):
    return request.getfixturevalue(f"{request.param}_ledger")


def test_no_sequence_of_actions_promotes_without_the_quorum(a_ledger, tmp_path):
    machine = type("Gate", (Gate,), {"ledger": a_ledger, "home": tmp_path})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
