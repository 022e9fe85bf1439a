"""What every task does at its start: settings, the ledger, the time; and what it lets out when it fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from primum.actions.workplace import Workplace, open_workplace
from primum.integrations.orchestrator import RunBroken
from primum.settings import Settings, quiet_telemetry


def now() -> datetime:
    """Read the clock; the only place where a task does."""
    return datetime.now(UTC)


@contextmanager
def at_work() -> Iterator[Workplace]:
    """
    Open the workplace for one task.

    Prefect keeps the text of every exception. Ours are sentences written for readers; of all others
    only the name and the place get out, because the message may hold a patient's value (P9).

    :raises RunBroken: in place of every error that is not ours
    """
    quiet_telemetry()
    try:
        place = open_workplace(Settings.read())
        try:
            yield place
        finally:
            place.ledger.close()
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "primum":
            raise
        raise RunBroken(_place_of(error)) from None


def _place_of(error: BaseException) -> str:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f"{last.tb_frame.f_globals.get('__name__')}:{last.tb_lineno}" if last else "an unknown place"
    return (
        f"A fault of Primum's own: {type(error).__name__} in {place}. Nothing was decided. "
        f"The message is withheld because it may hold a patient's data; report the name and the place."
    )
