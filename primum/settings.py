"""What an operator may set, as one typed object that an entrance reads once and passes down."""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "PRIMUM_"
DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg://")
TRACKING = ("sqlite:///", "postgresql://", "postgresql+psycopg://", "http://", "https://")
# Read by the test suite and by docker/compose.yaml, never by the product.
OTHER_NAMES = frozenset({"PRIMUM_ORACLES", "PRIMUM_ROLLOUTS"})
WHERE = "docs/reference/settings.md lists every setting"

TELEMETRY_OFF: Mapping[str, str] = {
    "DO_NOT_TRACK": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}


class SettingsRefused(Exception):
    """A setting has a wrong name or value; the message names it and never shows its value."""


class NothingShipped(LookupError):
    """A folder that travels with Primum was not found; the installation is broken."""


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _a_database(url: str) -> str:
    if not url.startswith(DATABASES):
        raise ValueError(f"a database URL begins with {', '.join(DATABASES[:-1])} or {DATABASES[-1]}")
    return url


def _a_tracking_store(url: str) -> str:
    if not url.startswith(TRACKING):
        raise ValueError(f"an MLflow store begins with {', '.join(TRACKING[:-1])} or {TRACKING[-1]}")
    return url


def _a_web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("the address of a server begins with http:// or https://")
    return url


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]


class Settings(BaseSettings):
    """Everything Primum reads from its environment; each name begins with ``PRIMUM_``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True, validate_default=True)

    home: AbsolutePath = Field(
        default=Path(".primum"),
        description="Folder for everything Primum writes; under the current directory unless set.",
    )
    database_url: Annotated[str, AfterValidator(_a_database)] = Field(
        default_factory=lambda data: f"sqlite:///{data['home']}/primum.db",
        description="Primum's own database, SQLite or PostgreSQL; keep it apart from Prefect's.",
        repr=False,
    )
    tracking_uri: Annotated[str, AfterValidator(_a_tracking_store)] = Field(
        default_factory=lambda data: f"sqlite:///{data['home']}/mlflow.db",
        description="MLflow's store: a database URL or the address of an MLflow server.",
        repr=False,
    )
    tracking_pages: Annotated[str, AfterValidator(_a_web_address)] | None = Field(
        default_factory=lambda data: data["tracking_uri"] if data["tracking_uri"].startswith("http") else None,
        description="Where people open MLflow in a browser, if that is not the address of its server; for links.",
    )
    artifacts: AbsolutePath = Field(
        default_factory=lambda data: data["home"] / "artifacts",
        description="Folder for figures, pages and MLflow's artifacts.",
    )
    large_table: int = Field(
        default=200_000,
        ge=1,
        description="From how many rows on a table is checked in DuckDB or PostgreSQL and not read into memory.",
    )
    prefect_api_url: Annotated[str, AfterValidator(_a_web_address)] | None = Field(
        default=None,
        description="Address of a Prefect server's API; without it Primum runs by itself.",
    )
    ledger_key: AbsolutePath = Field(
        default_factory=lambda data: data["home"] / "ledger.key",
        description="File with the Ed25519 key that signs the ledger's checkpoints; made on first use.",
    )
    allocation_seed: AbsolutePath = Field(
        default_factory=lambda data: data["home"] / "allocation.seed",
        description="File with the secret seed that units are allocated from; made on first use, never to be lost.",
    )

    address: Annotated[str, AfterValidator(_a_web_address)] = Field(
        default="http://127.0.0.1:8321",
        description="Where people reach the console in their browsers; links and sign-in depend on it.",
    )
    people: AbsolutePath = Field(
        default_factory=lambda data: data["home"] / "people.yaml",
        description="The institution's people.yaml: people who may sign in before any rollout names them.",
    )
    slack_channel: str | None = Field(
        default=None,
        description="Id of the private channel that gates are posted to; without it nothing goes to Slack.",
    )
    slack_bot_token: SecretStr | None = Field(default=None, description="Slack's bot token, xoxb-...")
    slack_app_token: SecretStr | None = Field(
        default=None, description="Slack's app-level token, xapp-..., for Socket Mode."
    )
    slack_signing_secrets: SecretStr | None = Field(
        default=None, description="Slack's signing secret for signed HTTP; two with a comma while it is rotated."
    )
    slack_api_url: Annotated[str, AfterValidator(_a_web_address)] = Field(
        default="https://slack.com/api/", description="Where Slack's Web API is."
    )
    guideline_secrets: SecretStr | None = Field(
        default=None,
        description="Secret that an outside guideline registry signs with; two with a comma while it is changed.",
    )
    oidc_issuer: Annotated[str, AfterValidator(_a_web_address)] | None = Field(
        default=None, description="The OpenID Connect provider people sign in at; without it local accounts are used."
    )
    oidc_client_id: str | None = Field(default=None, description="Our client id at that provider.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Our client secret at that provider.")

    @classmethod
    def read(cls) -> Self:
        """
        Read the environment once, at an entrance.

        :raises SettingsRefused: if a name is unknown or a value is wrong; one sentence for each
        """
        _refuse_unknown_names(known=cls.names())
        try:
            return cls()
        except ValidationError as problem:
            raise SettingsRefused(_sentences(problem)) from None

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the environment variable of each setting, in the order of the fields."""
        return tuple(f"{PREFIX}{field.upper()}" for field in cls.model_fields)

    def shown(self) -> dict[str, str | None]:
        """Return each variable and its value as text, passwords hidden, for ``primum config show``."""
        values = self.model_dump()
        return {
            name: None if value is None else _without_password(str(value))
            for name, value in zip(self.names(), values.values(), strict=True)
        }


def quiet_telemetry() -> None:
    """Switch off what the libraries would report to their makers; call it before they are imported."""
    for name, value in TELEMETRY_OFF.items():
        os.environ.setdefault(name, value)


def inherited_environment(*, without: tuple[str, ...]) -> dict[str, str]:
    """Return our environment for a program we start, telemetry off, less the variables with these beginnings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(without)}
    return {**kept, **TELEMETRY_OFF}


def shipped(name: str) -> Path:
    """
    Return a folder that travels with Primum: ``config``, ``examples``, ``expectations`` or ``schemas``.

    An installed Primum has it inside the package; a source checkout at the root.

    :raises NothingShipped: if it is in neither place
    """
    room = Path(__file__).parent
    places = (room / "shipped" / name, room.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise NothingShipped(f"The folder {name!r} travels with Primum and is missing; install Primum again.")


def _refuse_unknown_names(*, known: tuple[str, ...]) -> None:
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known and name not in OTHER_NAMES:
            near = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {near[0]}? " if near else ""
            raise SettingsRefused(f"{name} is not a setting of Primum; {advice}{WHERE}.")


def _sentences(problem: ValidationError) -> str:
    return "\n".join(
        f"{PREFIX}{str(error['loc'][0]).upper()} cannot be used: {error['msg'].removeprefix('Value error, ')}; {WHERE}."
        for error in problem.errors(include_input=False, include_url=False)
        if error["type"] != "default_factory_not_called"
    )


def _without_password(value: str) -> str:
    return re.sub(r"(?<=://)([^:/@]*):[^@]*@", r"\1:***@", value)


def secret(name: str) -> str:
    """
    Return a password that a database URL names as ``${NAME}``.

    :raises SettingsRefused: if the environment has no such variable
    """
    if name not in os.environ:
        raise SettingsRefused(f"A database URL names the variable {name} and the environment has none; set it.")
    return os.environ[name]
