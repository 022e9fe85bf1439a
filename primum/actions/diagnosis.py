"""What a first look at an installation finds: ledger, key, MLflow, Prefect, console, Slack, accounts, shipped files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from primum.actions import outbox
from primum.actions.monitor_silence import silence
from primum.actions.vitals import KeyDiffers, Sign, Unwell, why_key_differs, why_outbox_unwell, why_slack_unwell
from primum.actions.workplace import Workplace
from primum.integrations import orchestrator, tracking
from primum.integrations.services import fetched
from primum.ledger import audit, people_reading, reading
from primum.ledger.database import Ledger
from primum.settings import Settings, shipped

__all__ = ["Sign", "Unwell", "examine"]


@dataclass(frozen=True, kw_only=True)
class Patient:
    """The installation that is looked at, and when."""

    settings: Settings
    at: datetime

    def opened(self) -> Workplace:
        """Open its ledger, making nothing."""
        ledger = Ledger.open(self.settings.database_url, key=self.settings.ledger_key, create=False)
        return Workplace(ledger=ledger, settings=self.settings)


def examine(*, settings: Settings, at: datetime) -> tuple[Sign, ...]:
    """Look at every part; one that is not well does not hide the others."""
    parts: dict[str, Callable[[Patient], str]] = {
        "shipped files": _shipped,
        "ledger": _ledger,
        "history": _history,
        "accounts": _accounts,
        "console": _console,
        "outbox": _outbox,
        "Slack": _slack,
        "monitors": _monitors,
        "MLflow": _tracking,
        "Prefect": _orchestrator,
    }
    patient = Patient(settings=settings, at=at)
    return tuple(_look(part, look, patient) for part, look in parts.items())


def _look(part: str, look: Callable[[Patient], str], patient: Patient) -> Sign:
    try:
        return Sign(part=part, well=True, sentence=look(patient))
    except Exception as problem:  # noqa: BLE001 -- a doctor reports every illness and dies of none
        return Sign(part=part, well=False, sentence=str(problem) or type(problem).__name__)


def _shipped(patient: Patient) -> str:  # noqa: ARG001 -- every part is looked at in the same way
    found = [shipped(name).name for name in ("config", "expectations", "examples", "schemas")]
    return f"{', '.join(found)} are there."


def _ledger(patient: Patient) -> str:
    place = patient.opened()
    with place.ledger.reading() as session:
        count = len(reading.rollouts(session))
    if problem := why_key_differs(place):
        raise KeyDiffers(problem)
    return f"answers; {count} rollouts."


def _history(patient: Patient) -> str:
    if problems := audit.verify(patient.opened().ledger, outside=None):
        raise Unwell(problems[0])
    return "every entry, row and checkpoint agrees."


def _accounts(patient: Patient) -> str:
    with patient.opened().ledger.reading() as session:
        kept = [one for one in people_reading.accounts(session) if one.ended_at is None]
    if not kept:
        return "nobody can sign in at the console yet; `primum up` prints a link for the first administrator."
    if not (administrators := sum(one.administrator for one in kept)):
        raise Unwell("No account is an administrator's; `primum people invite PERSON --administrator` makes one.")
    locked = sum(one.locked_until is not None and one.locked_until > patient.at for one in kept)
    return f"{len(kept)} accounts, {administrators} of administrators, {locked} locked."


def _console(patient: Patient) -> str:
    address = patient.settings.address.rstrip("/")
    answer = fetched(f"{address}/health")
    if answer is None:
        return f"does not answer at {address}; `primum up` or `primum console` starts it."
    if b'"status"' not in answer:
        raise Unwell(f"Something answers at {address}, and it is not Primum; set PRIMUM_ADDRESS.")
    return f"answers at {address}."


def _outbox(patient: Patient) -> str:
    stands = outbox.condition(at=patient.at, workplace=patient.opened())
    if problem := why_outbox_unwell(stands):
        raise Unwell(problem)
    delivers = "" if patient.settings.slack_bot_token else "; nothing delivers them, since Slack is not configured"
    return f"{stands.waiting} messages wait to be delivered{delivers}."


def _slack(patient: Patient) -> str:
    if problem := why_slack_unwell(settings=patient.settings, at=patient.at):
        raise Unwell(problem)
    if patient.settings.slack_bot_token is None:
        return "not configured; people are reached by the console and the command line. `primum slack manifest` begins."
    return "its client runs and hears Slack."


def _monitors(patient: Patient) -> str:
    found = silence(at=patient.at, workplace=patient.opened())
    if found.unreadable:
        raise Unwell(found.unreadable[0])
    if found.silent:
        first = found.silent[0]
        raise Unwell(
            f"{len(found.silent)} of {found.monitors} monitors did not read. First '{first.monitor}' of "
            f"{first.rollout}: {first.sentence} The flow `watch` or `primum monitor run` lets them read."
        )
    return f"{found.monitors} watch; none is silent." if found.monitors else "none watches, since none is declared."


def _tracking(patient: Patient) -> str:
    tracking.reach(settings=patient.settings)
    return "answers."


def _orchestrator(patient: Patient) -> str:
    if patient.settings.prefect_api_url is None:
        return "not used; Primum runs stages by itself."
    orchestrator.reach(api_url=patient.settings.prefect_api_url)
    return "answers."
