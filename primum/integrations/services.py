"""What ``primum up`` runs on one machine: Prefect server, MLflow server, worker, console, Slack client; on SQLite."""

import fcntl
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from primum.integrations.orchestrator import POOL
from primum.integrations.supervision import Service
from primum.settings import Settings, inherited_environment

HOST = "127.0.0.1"
# A run whose process is gone is noticed after three of these; Prefect allows no shorter ones.
HEARTBEAT_SECONDS = 30
# Prefect's own variables are ours to set here: those of another installation would lead its parts there.
NOT_INHERITED = ("PREFECT_", "MLFLOW_")


class PortTaken(Exception):
    """Another program listens where ours should; the message is shown to the person."""


class AlreadyUp(Exception):
    """The same home is served already; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """One machine's installation: its settings, and on which ports its servers are met."""

    settings: Settings
    prefect_port: int
    mlflow_port: int
    console_port: int
    worker: str

    @property
    def prefect(self) -> str:
        """The address of the Prefect server."""
        return f"http://{HOST}:{self.prefect_port}"

    @property
    def api(self) -> str:
        """The address of the Prefect server's API, for ``PRIMUM_PREFECT_API_URL``."""
        return f"{self.prefect}/api"

    @property
    def mlflow(self) -> str:
        """The address of the MLflow server."""
        return f"http://{HOST}:{self.mlflow_port}"

    @property
    def console(self) -> str:
        """Where people reach the console: as PRIMUM_ADDRESS says, else on this machine."""
        named = "address" in self.settings.model_fields_set
        return self.settings.address.rstrip("/") if named else f"http://{HOST}:{self.console_port}"

    @property
    def keeps_mlflow(self) -> bool:
        """True if MLflow's store is a database, so that a server on it is ours to start."""
        return not self.settings.tracking_uri.startswith(("http://", "https://"))

    @property
    def environment(self) -> dict[str, str]:
        """What every part is told: where home is, where the others are, to keep quiet, to write no pickle."""
        settings = self.settings
        inherited = inherited_environment(without=NOT_INHERITED)
        return {
            **inherited,
            # prefect.yaml says `python`; it is to be the one we run on.
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), inherited.get("PATH", os.defpath))),
            "PRIMUM_HOME": str(settings.home),
            "PRIMUM_PREFECT_API_URL": self.api,
            "PRIMUM_ADDRESS": self.console,
            **({"PRIMUM_TRACKING_PAGES": self.mlflow} if self.keeps_mlflow else {}),
            "PREFECT_HOME": str(settings.home / "prefect"),
            "PREFECT_API_URL": self.api,
            "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{settings.home / 'prefect.db'}",
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"{self.prefect},http://localhost:{self.prefect_port}",
            "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PREFECT_CLI_PROMPT": "false",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        }

    def servers(self) -> tuple[Service, ...]:
        """Return the servers; they start beside each other."""
        prefect = self._service(
            "Prefect server",
            ("-m", "prefect", "server", "start", "--host", HOST, "--port", str(self.prefect_port)),
            ready=lambda: answers(f"{self.api}/health"),
            address=self.prefect,
        )
        servers = (prefect, self._console())
        return (*servers, self._mlflow_server()) if self.keeps_mlflow else servers

    def _console(self) -> Service:
        return self._service(
            "Console",
            # The terminal prints the administrator's link, and a log keeps none.
            self._primum("console", "--host", HOST, "--port", str(self.console_port), "--no-link"),
            ready=lambda: fetched(f"http://{HOST}:{self.console_port}/health") is not None,
            address=self.console,
        )

    def slack(self) -> Service | None:
        """Return the Slack client, if Slack is configured; nothing waits for it, since Slack may be down (P10)."""
        if why_no_slack(self.settings) is not None:
            return None
        return self._service("Slack client", self._primum("slack", "run"), ready=lambda: True)

    def _mlflow_server(self) -> Service:
        hosts = ",".join(f"{host}:{self.mlflow_port}" for host in (HOST, "localhost"))
        origins = ",".join(f"http://{host}:{self.mlflow_port}" for host in (HOST, "localhost"))
        # MLflow would look for psycopg2 behind the bare scheme; Primum brings psycopg 3.
        address = self.settings.tracking_uri.replace("postgresql://", "postgresql+psycopg://", 1)
        store = ("--backend-store-uri", address)
        files = ("--serve-artifacts", "--artifacts-destination", str(self.settings.artifacts))
        where = ("--host", HOST, "--port", str(self.mlflow_port), "--workers", "1")
        who = ("--allowed-hosts", hosts, "--cors-allowed-origins", origins)
        return self._service(
            "MLflow server",
            ("-m", "mlflow", "server", *where, *store, *files, *who),
            ready=lambda: answers(f"{self.mlflow}/health"),
            address=self.mlflow,
        )

    def registration(self) -> Service:
        """Return the short program that tells the Prefect server what there is to run, and finds what was lost."""
        return self._step("Registering the flows", "register", "recover")

    def runner(self) -> Service:
        """Return the worker; it is ready when the server has heard from it."""
        return self._service(
            "Worker",
            ("-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", self.worker),
            ready=lambda: worker_is_online(api=self.api, name=self.worker),
            # With its only worker the server's runs died, and nobody told it so.
            before_again=self._step("Finding lost runs", "recover"),
        )

    def _step(self, name: str, *steps: str) -> Service:
        options = tuple(word for step in steps for word in ("--only", step))
        return self._service(name, self._primum("up", *options), ready=lambda: True)

    def _primum(self, *words: str) -> tuple[str, ...]:
        return ("-c", "from primum.cli.main import run; run()", *words)

    def _service(
        self,
        name: str,
        arguments: tuple[str, ...],
        *,
        ready: Callable[[], bool],
        address: str | None = None,
        before_again: Service | None = None,
    ) -> Service:
        logs = self.settings.home / "logs"
        return Service(
            name=name,
            command=(sys.executable, *arguments),
            environment=self.environment,
            log=logs / f"{name.lower().replace(' ', '-')}.log",
            folder=self.settings.home,
            is_ready=ready,
            address=address,
            before_again=before_again,
        )


def why_no_slack(settings: Settings) -> str | None:
    """Return what is missing before people can be reached through Slack, if something is."""
    hears = settings.slack_app_token or settings.slack_signing_secrets
    wanted = {
        "PRIMUM_SLACK_BOT_TOKEN": settings.slack_bot_token,
        "PRIMUM_SLACK_CHANNEL": settings.slack_channel,
        "PRIMUM_SLACK_APP_TOKEN": hears,
    }
    missing = [name for name, value in wanted.items() if not value]
    if not missing:
        return None
    if len(missing) == len(wanted):
        return "not configured; gates are decided on the console and in the terminal. `primum slack manifest` begins."
    return f"not started; {' and '.join(missing)} must be set as well. `primum slack manifest` begins."


def why_port_taken(*, name: str, port: int, option: str) -> str | None:
    """Return why a server cannot listen on a port, if it cannot."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind((HOST, port))
        except OSError as error:
            reason = (error.strerror or "no reason given").lower()
            return (
                f"The {name} cannot listen on port {port} ({reason}); stop what does, or choose another with {option}."
            )
    return None


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """
    Hold the home for one ``primum up``; the operating system lets go of it, however we end.

    :raises AlreadyUp: if another one holds it
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyUp(f"`primum up` runs already for {home}; stop it, or set PRIMUM_HOME to another.") from None
        yield


def answers(url: str) -> bool:
    """Return True if a server on this machine answers 200."""
    return fetched(url) is not None


def fetched(url: str) -> bytes | None:
    """Return what a server answers with 200; ``None`` for any other answer, and for none within two seconds."""
    return _fetched(Request(url))  # noqa: S310 -- an address of this machine, never one from outside


def worker_is_online(*, api: str, name: str) -> bool:
    """Return True if the Prefect server has heard from a worker of this name lately."""
    url = f"{api}/work_pools/{POOL}/workers/filter"
    found = _fetched(Request(url, data=b"{}", headers={"Content-Type": "application/json"}))  # noqa: S310 -- an address of this machine, never one from outside
    return any((one.get("name"), one.get("status")) == (name, "ONLINE") for one in json.loads(found or b"[]"))


def _fetched(request: Request) -> bytes | None:
    try:
        # No proxy: it stands between us and the world, not between us and ourselves.
        with build_opener(ProxyHandler({})).open(request, timeout=2) as answer:
            content: bytes = answer.read()
            return content
    except (URLError, OSError):
        return None
