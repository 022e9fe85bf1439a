"""Servers that are compared at the point of care: ours with units enrolled, and an empty route of FastAPI."""

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from benchmarks.processes import ROOT
from primum.actions import protocol_lock, registration, site_keys
from primum.actions.allocation import Enrolled, allocate_many
from primum.actions.enrolling import Enrolment
from primum.actions.exposing import replica_of
from primum.actions.workplace import Workplace, open_workplace
from primum.ledger.exposures import expose
from primum.settings import Settings
from primum.web.exposure.point_of_care import FLAGS, PointOfCare

ROLLOUT, SITE = "rehearsal-only", "site-01"
LEAD, SUBMITTER = "amara-okafor", "noah-kim"
DIFFERENT = 50_000
# A prime, so that the units that are asked about lie everywhere in the table and none comes twice.
SPREAD = 7_919
TOLD = {"site": SITE, "age": 44, "machine": "fixed"}
empty = FastAPI(openapi_url=None)


@empty.post("/empty")
async def nothing() -> dict[str, str]:
    """Answer with next to nothing."""
    return {"said": "nothing"}


def question(*, path: str, unit: str, key: str = "") -> str:
    """Return a question as its bytes are sent."""
    body = json.dumps({"context": {"targetingKey": unit, **TOLD}})
    shown = f"Authorization: Bearer {key}\r\n" if key else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"{shown}Content-Length: {len(body)}\r\n\r\n{body}"
    )


def prepare(folder: Path, units: int) -> None:
    """Bring a rollout into its pilot, allocate so many units, and write down the questions about some of them."""
    place, at = _opened(folder), datetime.now(UTC)
    shutil.copytree(ROOT / "examples", folder / "examples")
    file = folder / "examples" / ROLLOUT / "rollout.yaml"
    submission = registration.register(path=file, person=SUBMITTER, at=at, workplace=place)
    protocol_lock.lock(
        submission=submission, person=submission.person(LEAD), reason="A measurement is about to begin.",
        change="lock", channel="cli", authentication="benchmark", zone="UTC", at=at, workplace=place,
    )  # fmt: skip
    _promote(place, at)
    names = (Enrolled(unit=f"P-{number:07d}", values={"site": SITE}) for number in range(units))
    for _ in allocate_many(rollout=ROLLOUT, units=names, person=SUBMITTER, at=at, workplace=place):
        pass
    key = site_keys.make(sites=(SITE,), person=SUBMITTER, days=1, at=at, workplace=place)
    place.ledger.close()
    drawn = [number * SPREAD % units for number in range(min(DIFFERENT, units))]
    path = f"{FLAGS}/{ROLLOUT}"
    asked = [question(path=path, unit=f"P-{number:07d}", key=key) for number in drawn]
    write_questions(folder / "questions.json", questions=asked, wanted='"SPLIT"')


def write_questions(file: Path, *, questions: list[str], wanted: str) -> None:
    """Keep questions for the process that asks them."""
    file.write_text(json.dumps({"questions": questions, "wanted": wanted}), encoding="utf-8")


def _opened(folder: Path) -> Workplace:
    return open_workplace(Settings(home=folder / "home"))


def _promote(place: Workplace, at: datetime) -> None:
    """As a granted gate would, whose hundred documents are not what is measured."""
    with place.ledger.transaction() as tx:
        row = tx.lock_rollout(ROLLOUT)
        assert row is not None
        row.stage = "pilot"
        tx.session.add(row)
        approved = {"bundle": row.bundle_digest}
        expose(tx, rollout=ROLLOUT, at=at, state="pilot", conditions=approved, cause="benchmark")
        tx.record(kind="rollout.promoted", rollout=ROLLOUT, person=SUBMITTER, at=at, body={})


def point_of_care(folder: Path) -> ASGIApp:
    """Return our server, as ``primum console`` puts it before its pages."""
    place = _opened(folder)
    replica = replica_of(workplace=place, name="benchmark")
    keys = site_keys.SiteKeys(workplace=place)
    enrolment = Enrolment(workplace=place)
    return PointOfCare(empty, replica=replica, keys=keys, enrolment=enrolment, clock=lambda: datetime.now(UTC))


def serve(app: ASGIApp, port: int) -> None:
    """Serve as the console is served."""
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False, server_header=False)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        serve(point_of_care(Path(sys.argv[2])) if sys.argv[1] == "ours" else empty, int(sys.argv[3]))
