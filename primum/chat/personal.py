"""What one person sees alone: the Home tab, published when they look and when something changed; the digest."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from urllib.parse import quote

from primum.actions import delegation, directory, inbox
from primum.actions.inbox import Inbox
from primum.actions.resubmission import FileMoved, submitted
from primum.actions.workplace import Workplace
from primum.chat import direct, posting
from primum.chat.members import person_of
from primum.chat.office import Office
from primum.chat.rendering.home import home, nobody_known
from primum.chat.rendering.personal_views import (
    AlarmLine,
    DecidedLine,
    DelegationLine,
    DigestView,
    HomeView,
    IncidentLine,
    StoppedLine,
    TaskLine,
)
from primum.integrations.configuration import ConfigurationRefused
from primum.integrations.slack.payloads import Member
from primum.ledger import signing_reading, slack_reading
from primum.ledger.slack_tables import SlackPost
from primum.roadmap.gates import GateState
from primum.roadmap.people import MAY_SUSPEND
from primum.roadmap.policy import ReminderRule
from primum.roadmap.roles import Role
from primum.roadmap.seats import Answer

BETWEEN_HOMES = timedelta(seconds=60)
DIGEST_AT: time = ReminderRule().digest_at
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
SOON = timedelta(days=2)
YESTERDAY = timedelta(days=1)
LATELY = timedelta(days=30)


def publish_home(member: Member, *, at: datetime, office: Office) -> None:
    """
    Publish the Home tab of a member as it is now.

    :raises NotSent: if Slack did not take it
    """
    person = person_of(member, workplace=office.workplace)
    found = home_of(person, at=at, office=office) if person is not None else None
    view = home(found) if found is not None else nobody_known(page=office.page().url)
    office.slack.publish_view(user=member.user, view=view)
    name = f"home:{member.team}:{member.user}"
    with office.workplace.ledger.transaction() as tx:
        row = slack_reading.post(tx.session, post=name) or SlackPost(id=name, channel="", state="sent", made_at=at)
        row.person, row.updated_at = person, at
        row.digest = _signature(found) if found is not None else None
        tx.session.add(row)


def refresh_homes(*, at: datetime, office: Office) -> int:
    """
    Publish again the Home tabs that people have opened before and that differ now, each at most once a minute.

    :raises NotSent: if Slack did not take one
    """
    with office.workplace.ledger.reading() as session:
        rows = [one for one in slack_reading.posts(session, beginning="home:") if one.person]
    due = [row for row in rows if row.updated_at is None or at - row.updated_at >= BETWEEN_HOMES]
    changed = [row for row in due if row.digest != _signature(home_of(row.person or "", at=at, office=office))]
    for row in changed:
        _, team, user = row.id.split(":")
        publish_home(Member(team=team, user=user), at=at, office=office)
    return len(changed)


def _signature(view: HomeView) -> str:
    """What a Home tab is compared by: all it shows but when it was read."""
    return posting.digest_of(home(replace(view, read_at=NEVER)))


def home_of(person: str, *, at: datetime, office: Office) -> HomeView:
    """Return what a person's Home tab shows at a moment."""
    found, known = _inbox(person, at, office), directory.directory(office.workplace)
    roles = {role for one in known.of_rollouts for role in known.roles(person=person, rollout=one, at=at)}
    return HomeView(
        person=directory.name_of(person, workplace=office.workplace),
        roles=tuple(sorted(roles)),
        page=office.page("/inbox", label="What waits for me"),
        waiting=tuple(direct.waiting(person=person, at=at, office=office)),
        alarms=_alarms(found, office),
        tasks=_tasks(found, office),
        decisions=_decisions(found, office, since=at - LATELY),
        delegations=tuple(_delegations(person, at, office)),
        incidents=_incidents(person, at, office),
        stopped=tuple(StoppedLine(title=title, page=office.rollout_page(one)) for one, title in found.stopped),
        unreadable=len(found.unreadable),
        digest=f"on weekdays at {DIGEST_AT:%H:%M}, in your own zone",
        read_at=at,
        can_suspend=bool(roles & MAY_SUSPEND),
    )


def digest_of(person: str, *, at: datetime, office: Office) -> DigestView:
    """Return what a person's digest says at a moment."""
    found = _inbox(person, at, office)
    waiting = tuple(direct.waiting(person=person, at=at, office=office))
    return DigestView(
        person=directory.name_of(person, workplace=office.workplace),
        waiting=waiting,
        due_soon=tuple(one for one in waiting if one.open_until is not None and one.open_until - at <= SOON),
        alarms=_alarms(found, office),
        tasks=_tasks(found, office),
        decided=_decisions(found, office, since=at - YESTERDAY),
        incidents=_incidents(person, at, office),
        page=office.page("/inbox", label="What waits for me"),
    )


def _inbox(person: str, at: datetime, office: Office) -> Inbox:
    rollouts = directory.readable(person=person, at=at, workplace=office.workplace)
    return inbox.inbox(person=person, rollouts=rollouts, at=at, workplace=office.workplace)


def _tasks(found: Inbox, office: Office) -> tuple[TaskLine, ...]:
    return tuple(
        TaskLine(gate=one.gate, title=one.title, due=one.due_at, page=office.gate_page(one.gate), overdue=one.overdue)
        for one in found.owed
    )


def _alarms(found: Inbox, office: Office) -> tuple[AlarmLine, ...]:
    return tuple(
        AlarmLine(
            alarm=one.id,
            monitor=one.monitor,
            title=one.title,
            action=one.action,
            page=office.page(f"/rollouts/{quote(one.rollout)}/monitors#alarm-{one.id}", label="its page"),
        )
        for one in found.alarms
    )


def _decisions(found: Inbox, office: Office, *, since: datetime) -> tuple[DecidedLine, ...]:
    return tuple(
        DecidedLine(
            gate=one.gate,
            title=one.title,
            state=GateState(one.state),
            at=one.at,
            page=office.gate_page(one.gate),
            answer=Answer(one.answer),
        )
        for one in found.decisions
        if one.at >= since
    )


def _delegations(person: str, at: datetime, office: Office) -> Iterator[DelegationLine]:
    for rollout in directory.readable(person=person, at=at, workplace=office.workplace):
        try:
            submission = submitted(rollout=rollout, workplace=office.workplace)
        except (ConfigurationRefused, FileMoved):
            # The tab says that files cannot be read; one that is broken hides nothing of the others.
            continue
        with office.workplace.ledger.reading() as session:
            for one in delegation.in_force(submission=submission, at=at, session=session):
                if person in (one.person, one.deputy):
                    yield DelegationLine(
                        role=Role(one.role), person=one.person_name, deputy=one.deputy_name, until=one.ends_at
                    )


def _incidents(person: str, at: datetime, office: Office) -> tuple[IncidentLine, ...]:
    workplace: Workplace = office.workplace
    rollouts = directory.readable(person=person, at=at, workplace=workplace)
    with workplace.ledger.reading() as session:
        rows = [
            one for rollout in rollouts for one in signing_reading.incidents(session, rollout=rollout, is_open=True)
        ]
    return tuple(
        IncidentLine(incident=one.id, severity=one.severity, page=office.page(f"/incidents/{one.id}", label="its page"))
        for one in rows
    )
