"""What a first look at an installation finds: ledger, key, MLflow, Prefect, shipped files."""

from collections.abc import Callable
from dataclasses import dataclass

from primum.integrations import orchestrator, tracking
from primum.ledger import audit, reading
from primum.ledger.database import Ledger
from primum.settings import Settings, shipped


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One part, whether it is well, and one sentence."""

    part: str
    well: bool
    sentence: str


def examine(*, settings: Settings) -> tuple[Sign, ...]:
    """Look at every part; one that is not well does not hide the others."""
    parts: dict[str, Callable[[Settings], str]] = {
        "shipped files": _shipped,
        "ledger": _ledger,
        "history": _history,
        "outbox": _outbox,
        "MLflow": _tracking,
        "Prefect": _orchestrator,
    }
    return tuple(_look(part, look, settings) for part, look in parts.items())


def _look(part: str, look: Callable[[Settings], str], settings: Settings) -> Sign:
    try:
        return Sign(part=part, well=True, sentence=look(settings))
    except Exception as problem:  # noqa: BLE001 -- a doctor reports every illness and dies of none
        return Sign(part=part, well=False, sentence=str(problem) or type(problem).__name__)


class Unwell(Exception):
    """A part is not as it should be; the message says how."""


def _open(settings: Settings) -> Ledger:
    return Ledger.open(settings.database_url, key=settings.ledger_key, create=False)


def _shipped(settings: Settings) -> str:  # noqa: ARG001 -- every part is looked at in the same way
    found = [shipped(name).name for name in ("config", "expectations", "examples", "schemas")]
    return f"{', '.join(found)} are there."


def _ledger(settings: Settings) -> str:
    with _open(settings).reading() as session:
        count = len(reading.rollouts(session))
    return f"answers; {count} rollouts."


def _history(settings: Settings) -> str:
    if problems := audit.verify(_open(settings), outside=None):
        raise Unwell(problems[0])
    return "every entry, row and checkpoint agrees."


def _outbox(settings: Settings) -> str:
    with _open(settings).reading() as session:
        waiting = reading.messages_waiting(session)
    return f"{waiting} messages are kept; nothing delivers them yet."


def _tracking(settings: Settings) -> str:
    tracking.reach(settings=settings)
    return "answers."


def _orchestrator(settings: Settings) -> str:
    if settings.prefect_api_url is None:
        return "not used; Primum runs stages by itself."
    orchestrator.reach(api_url=settings.prefect_api_url)
    return "answers."
