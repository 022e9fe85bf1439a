"""The door to MLflow: opened once, quiet about itself, and quick to say that nobody answers."""

import fcntl
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from primum.settings import Settings, quiet_telemetry

if TYPE_CHECKING:
    from mlflow import MlflowClient

# A person or a task waits behind every call; the task brings its own retries.
SECONDS = 5
# An embedded store is one file: making it, or writing a run, may take longer than its own patience with a neighbour.
SECONDS_FOR_A_NEIGHBOUR = 60
PATIENCE = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": str(SECONDS),
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",
}
# Code in a model file runs when it is loaded; a process that decides gates loads none.
REFUSALS = {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "MLFLOW_ALIAS_PROMPT_CACHE_TTL_SECONDS": "0"}
QUIET = {
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
DEFAULT = "MLFLOW_TRACKING_URI"
_TURN = threading.Lock()
PORTS = {"http": 80, "https": 443}
SECRET = re.compile(r"(?<=://)[^/@\s]*@")


class TrackingUnreachable(Exception):
    """MLflow did not answer; nothing was decided, and the message is shown to the person."""


class TrackingRefused(Exception):
    """MLflow answered and would not do what was asked; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Store:
    """An open MLflow store; ``artifacts`` is where files go when no server looks after them."""

    client: "MlflowClient"
    address: str
    artifacts: Path | None

    @property
    def shown(self) -> str:
        """The address without user and password."""
        return SECRET.sub("", self.address)


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """
    Give the MLflow store of the settings; every failure of it becomes one sentence.

    :raises TrackingUnreachable: if it does not answer within a few seconds
    :raises TrackingRefused: if it answers and refuses
    """
    address = _with_driver(settings.tracking_uri)
    served = urlsplit(address).scheme in PORTS
    with _answering(SECRET.sub("", address)):
        with alone(address):
            _ask_if_somebody_is_there(address)
            client = _client(address)
        yield Store(client=client, address=address, artifacts=None if served else settings.artifacts)


@contextmanager
def alone(address: str) -> Iterator[None]:
    """
    Wait until no other thread or process of this machine makes or writes an embedded store, and keep it for a moment.

    A served store looks after this itself.

    :raises TimeoutError: if a neighbour keeps it for a minute
    """
    file = _file_of(address)
    if file is None:
        yield
        return
    with file.with_name(f"{file.name}.turn").open("a") as turn:
        _take(turn.fileno(), until=time.monotonic() + SECONDS_FOR_A_NEIGHBOUR)
        yield


def _take(turn: int, *, until: float) -> None:
    while True:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise TimeoutError(f"somebody else has been writing it for {SECONDS_FOR_A_NEIGHBOUR} seconds") from None
            time.sleep(0.02)
        else:
            return


def _file_of(address: str) -> Path | None:
    """Return the file of an embedded store, its folder made; a served store has none."""
    from sqlalchemy import make_url

    if urlsplit(address).scheme != "sqlite" or not (database := make_url(address).database):
        return None
    file = Path(database)
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def reach(*, settings: Settings) -> None:
    """
    Ask MLflow one question and forget the answer.

    :raises TrackingUnreachable: if it does not answer
    """
    with opened(settings) as store:
        store.client.search_experiments(max_results=1)


def experiment_of(rollout: str) -> str:
    """Return the name of a rollout's MLflow experiment."""
    return f"primum/{rollout}"


def experiment_id(store: Store, *, rollout: str) -> str:
    """
    Return the id of a rollout's experiment, made when there is none.

    :raises TrackingRefused: if somebody deleted it
    """
    from mlflow.exceptions import MlflowException

    name = experiment_of(rollout)
    if (known := _experiment(store, name)) is not None:
        return known
    place = (store.artifacts / name).absolute().as_uri() if store.artifacts else None
    try:
        return str(store.client.create_experiment(name, artifact_location=place))
    except MlflowException:
        # Somebody else made it since we asked.
        if (known := _experiment(store, name)) is not None:
            return known
        raise


def _experiment(store: Store, name: str) -> str | None:
    found = store.client.get_experiment_by_name(name)
    if found is None:
        return None
    if found.lifecycle_stage != "active":
        raise TrackingRefused(f"The MLflow experiment '{name}' was deleted; restore it in MLflow, then run this again.")
    return str(found.experiment_id)


@contextmanager
def as_the_default(store: Store) -> Iterator[None]:
    """Name a store in MLflow's environment for a moment: an embedded registry looks its models up there."""
    with _TURN:
        before = os.environ.get(DEFAULT)
        os.environ[DEFAULT] = store.address
        try:
            yield
        finally:
            os.environ.pop(DEFAULT)
            if before is not None:
                os.environ[DEFAULT] = before


def _with_driver(address: str) -> str:
    """MLflow would look for psycopg2 behind the bare scheme; Primum brings psycopg 3."""
    scheme, separator, rest = address.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme == "postgresql" else address


def _client(address: str) -> "MlflowClient":
    quiet_telemetry()
    for name, value in {**PATIENCE, **REFUSALS, **QUIET}.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=address, registry_uri=address)


@contextmanager
def _answering(address: str) -> Iterator[None]:
    """Turn what the libraries raise into sentences."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (OSError, SQLAlchemyError) as error:
        raise TrackingUnreachable(_unreachable(address, error)) from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "mlflow":
            raise
        raise _translated(address, error) from None


def _translated(address: str, error: Exception) -> Exception:
    code = getattr(error, "error_code", "")
    if code in ("INVALID_PARAMETER_VALUE", "RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST", "PERMISSION_DENIED"):
        return TrackingRefused(f"MLflow at {address} refused: {_first_line(error)}")
    return TrackingUnreachable(_unreachable(address, error))


def _unreachable(address: str, error: Exception) -> str:
    return (
        f"MLflow at {address} did not answer ({_first_line(error)}). Nothing was recorded and nothing was decided; "
        f"start it or correct PRIMUM_TRACKING_URI, then run the same command again."
    )


def _first_line(error: Exception) -> str:
    said = str(error).strip() or type(error).__name__
    return SECRET.sub("", said.splitlines()[0])[:200].rstrip(". ")


def _ask_if_somebody_is_there(address: str) -> None:
    """MLflow itself would try an absent database for a hundred seconds; one short question comes first."""
    scheme = urlsplit(address).scheme
    if scheme in PORTS:
        _knock(address, scheme)
    else:
        _connect(address, scheme)


def _knock(address: str, scheme: str) -> None:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if scheme in getproxies() and not proxy_bypass(host):
        return
    socket.create_connection((host, parts.port or PORTS[scheme]), timeout=SECONDS).close()


def _connect(address: str, scheme: str) -> None:
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    waiting = {"timeout": SECONDS} if scheme == "sqlite" else {"connect_timeout": SECONDS}
    engine = create_engine(address, poolclass=NullPool, connect_args=waiting)
    with engine.connect() as connection:
        connection.execute(text("select 1 from sqlite_master" if scheme == "sqlite" else "select 1"))
