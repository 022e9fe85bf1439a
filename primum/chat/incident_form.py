"""Reporting an incident from Slack: the form opens with choices only; what is chosen is reported as the person's."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from primum.actions import directory, incidents, suspension
from primum.actions.incidents import CannotReport
from primum.actions.submission import UnknownPerson
from primum.actions.suspension import CannotSuspend
from primum.chat import members
from primum.chat.asking import zone_of
from primum.chat.members import Members
from primum.chat.office import Office
from primum.chat.rendering import answers
from primum.chat.rendering.form_values import errors
from primum.chat.rendering.incident_form import CALLBACK, IncidentFormView, incident_form
from primum.integrations.slack.payloads import FormSent
from primum.integrations.slack.refusals import NotSent
from primum.ledger import reading
from primum.roadmap.incidents import Category, Harm, Severity

__all__ = ["CALLBACK", "NotOneRollout", "answer", "open_form"]

CHANNEL = "slack"
NOT_ENROLLED = "This Slack account is not tied to anybody known to Primum, so it cannot report from here."
UNDECLARED = "not declared"


class NotOneRollout(Exception):
    """It is not clear which rollout it was; the message says how to name it."""


def open_form(*, trigger: str, person: str, words: str, zone: str, at: datetime, office: Office) -> bool:
    """
    Open the form for the rollout that was named, or the person's only one; False if Slack did not let it open.

    :raises NotOneRollout: if none was named and the person has several, or none of this name
    """
    known = directory.directory(office.workplace)
    mine = [one for one in known.of_rollouts if known.roles(person=person, rollout=one, at=at)]
    named = words.split(maxsplit=1)[0] if words.strip() else ""
    found = [one for one in mine if one == named] if named else mine
    if len(found) != 1:
        listed = ", ".join(mine) or "none"
        raise NotOneRollout(f"Say which rollout it was: /gates incident ROLLOUT. Yours are {listed}.")
    try:
        office.quick.open_view(trigger=trigger, view=incident_form(_view(found[0], zone, at, office)))
    except NotSent:
        return False
    return True


def _view(rollout: str, zone: str, at: datetime, office: Office) -> IncidentFormView:
    title, sites = _declared(rollout, office)
    return IncidentFormView(
        rollout=rollout,
        title=title,
        sites=sites or (UNDECLARED,),
        now=at.astimezone(zone_of(zone)),
        page=office.page("/incidents/report", label="Report it on a page instead"),
    )


def _declared(rollout: str, office: Office) -> tuple[str, tuple[str, ...]]:
    with office.workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
    if record is None:
        return rollout, ()
    return record.title, tuple(str(one["id"]) for one in json.loads(record.spec).get("sites", ()))


def answer(form: FormSent, *, at: datetime, office: Office, known: Members) -> dict[str, Any]:
    """Report what was chosen, and return what takes the form's place; a refusal says why in the action's own words."""
    page = office.page("/incidents", label="the incidents")
    person = members.person_of(form.member, workplace=office.workplace)
    if person is None:
        return answers.updated(answers.refused(sentence=NOT_ENROLLED, page=page))
    if not form.written("severity"):
        return errors({"severity": "Choose how bad it was, or could have been."})
    try:
        made = _report(form, person, zone=known.look(form.member, at=at).zone, at=at, office=office)
    except (CannotReport, CannotSuspend, UnknownPerson, ValueError) as refused:
        # What a form of ours cannot hold is no sentence of an action.
        ours = not isinstance(refused, ValueError)
        sentence = str(refused) if ours else "This form is not one of ours any more; report it on the page."
        return answers.updated(answers.refused(sentence=sentence, page=page))
    there = office.page(f"/incidents/{made}", label="Its page takes words that name nobody")
    sentence = f"Incident {made[:8]} is reported; a safety officer or clinical lead confirms it."
    return answers.updated(answers.signed(sentence=sentence, page=there))


def _report(form: FormSent, person: str, *, zone: str, at: datetime, office: Office) -> str:
    rollout = form.metadata
    severity, category = Severity(form.written("severity")), Category(form.written("category") or Category.OTHER)
    site = form.written("site")
    if site not in {*_declared(rollout, office)[1], UNDECLARED}:
        raise ValueError(site)
    return incidents.report(
        rollout=rollout,
        person=suspension.person_at(rollout, id_=person, workplace=office.workplace),
        site=site,
        severity=severity,
        category=category,
        what=f"Reported from Slack, without words: {str(category).replace('-', ' ')}.",
        occurred_at=_when(form, zone=zone, at=at),
        channel=CHANNEL,
        at=at,
        workplace=office.workplace,
        details=incidents.Details(harm=Harm(form.written("harm")) if form.written("harm") else None),
    )


def _when(form: FormSent, *, zone: str, at: datetime) -> datetime:
    """The hour that was chosen where the person is, and never in the future."""
    there = zone_of(zone)
    day = date.fromisoformat(form.written("day") or at.astimezone(there).date().isoformat())
    hour = int(form.written("hour") or at.astimezone(there).hour)
    said = datetime.combine(day, time(hour), tzinfo=there)
    return min(said, at) if said - at < timedelta(hours=1) else said
