"""Whether an installation can do its work now, in sentences that give nothing away: for ``/health`` and ``doctor``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from primum.actions import outbox
from primum.actions.workplace import Workplace
from primum.integrations.heartbeats import SLACK, last_beat
from primum.integrations.services import answers
from primum.ledger.checkpoints import key_id
from primum.ledger.tables import Checkpoint, LogState
from primum.settings import Settings

# Slack pings every few seconds; the client writes down that it lives more often than this.
LONGEST_SILENCE = timedelta(seconds=60)
LONGEST_IN_OUTBOX = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One part, whether it is well, and one sentence; without a ``vital`` one nothing can be decided."""

    part: str
    well: bool
    sentence: str
    vital: bool = False


class Unwell(Exception):
    """A part is not as it should be; the message says how."""


class KeyDiffers(Exception):
    """The ledger was signed with another key than the one at hand; the message says what to do."""


def vital_signs(*, at: datetime, workplace: Workplace) -> tuple[Sign, ...]:
    """Look at what the console needs; the sentences name no address, no secret, no person and no patient."""
    parts: dict[str, tuple[Callable[[Workplace, datetime], str | None], bool]] = {
        "database": (_why_no_database, True),
        "ledger key": (_why_other_key, True),
        "Prefect": (_why_no_prefect, False),
        "MLflow": (_why_no_mlflow, False),
        "Slack": (_why_no_slack, False),
        "outbox": (_why_no_outbox, False),
    }
    return tuple(_sign(part, why, workplace, at, vital=vital) for part, (why, vital) in parts.items())


def _sign(
    part: str, why: Callable[[Workplace, datetime], str | None], place: Workplace, at: datetime, *, vital: bool
) -> Sign:
    try:
        problem = why(place, at)
    except Exception as error:  # noqa: BLE001 -- the message of an error may hold an address or worse
        problem = f"It could not be looked at ({type(error).__name__}); `primum doctor` says more."
    return Sign(part=part, well=problem is None, sentence=problem or _good(part, place.settings), vital=vital)


def _good(part: str, settings: Settings) -> str:
    unused = {
        "Prefect": settings.prefect_api_url is None,
        "MLflow": not settings.tracking_uri.startswith("http"),
        "Slack": settings.slack_bot_token is None,
    }
    words = {
        "Prefect": "Not used.",
        "MLflow": "A database; it is asked when it is needed.",
        "Slack": "Not configured.",
    }
    return words[part] if unused.get(part, False) else "Well."


def _why_no_database(place: Workplace, _: datetime) -> str | None:
    with place.ledger.reading() as session:
        return None if session.get(LogState, LogState.ONLY) else "The ledger has lost the state of its log."


def _why_other_key(place: Workplace, _: datetime) -> str | None:
    return why_key_differs(place)


def why_key_differs(place: Workplace) -> str | None:
    """Return why nothing can be signed with the key at hand, if so."""
    with place.ledger.reading() as session:
        newest = session.exec(select(Checkpoint.key_id).order_by(col(Checkpoint.size).desc()).limit(1)).first()
    if newest in (None, key_id(place.ledger.key.public)):
        return None
    return "The ledger was signed with another key than the one at hand; put its own key back."


def _why_no_prefect(place: Workplace, _: datetime) -> str | None:
    url = place.settings.prefect_api_url
    return None if url is None or answers(f"{url.rstrip('/')}/health") else "Prefect does not answer."


def _why_no_mlflow(place: Workplace, _: datetime) -> str | None:
    url = place.settings.tracking_uri
    return None if not url.startswith("http") or answers(f"{url.rstrip('/')}/health") else "MLflow does not answer."


def _why_no_slack(place: Workplace, at: datetime) -> str | None:
    return why_slack_unwell(settings=place.settings, at=at)


def why_slack_unwell(*, settings: Settings, at: datetime) -> str | None:
    """Return why people may not be reached through Slack now, if it is configured and so."""
    if settings.slack_bot_token is None:
        return None
    last = last_beat(home=settings.home, part=SLACK)
    if last is None or at - last.at > LONGEST_SILENCE:
        return "The Slack client does not run; `primum up` or `primum slack run` starts it."
    if settings.slack_app_token is not None and (last.heard_at is None or at - last.heard_at > LONGEST_SILENCE):
        return f"Slack was not heard for more than {LONGEST_SILENCE.seconds} s; the client connects again by itself."
    return None


def _why_no_outbox(place: Workplace, at: datetime) -> str | None:
    if place.settings.slack_bot_token is None:
        return None
    return why_outbox_unwell(outbox.condition(at=at, workplace=place))


def why_outbox_unwell(stands: outbox.Condition) -> str | None:
    """Return why messages do not get out, if so."""
    if stands.parked:
        return f"{stands.parked} messages were given up after many tries; `primum slack retry` tries them again."
    if stands.oldest > LONGEST_IN_OUTBOX and stands.last_error:
        minutes = int(stands.oldest.total_seconds() // 60)
        return f"{stands.waiting} messages wait, the oldest for {minutes} min."
    return None
