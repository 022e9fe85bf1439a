"""Where actions happen: the ledger and the addresses of the other doors, opened once at an entrance."""

from dataclasses import dataclass
from pathlib import Path

from primum.ledger.database import Ledger
from primum.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """What every action is handed besides the person and the time."""

    ledger: Ledger
    settings: Settings

    @property
    def home(self) -> Path:
        """The folder of the embedded defaults."""
        return self.settings.home


def open_workplace(settings: Settings, *, create: bool = True) -> Workplace:
    """
    Open the ledger that the settings name; with ``create`` one is made when there is none.

    :raises LedgerUnreachable: if the database does not answer
    :raises SchemaRefused: if there is no ledger and none is to be made
    """
    if create:
        settings.home.mkdir(parents=True, exist_ok=True)
    ledger = Ledger.open(settings.database_url, key=settings.ledger_key, create=create)
    return Workplace(ledger=ledger, settings=settings)


def open_to_read(settings: Settings) -> Workplace:
    """
    Open a workplace whose ledger can only be read, for a replica of the point of care.

    :raises LedgerUnreachable: if the database does not answer
    :raises SchemaRefused: if there is no ledger
    """
    return Workplace(ledger=Ledger.to_read(settings.database_url), settings=settings)
