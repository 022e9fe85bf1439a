"""Twenty people who decide at once: how long each waits for an answer, beside an empty page of the same process."""

import hashlib
import hmac
import http.client
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.clicks_server import APP, APPROVERS, CHANNEL, SECRET, TEAM
from benchmarks.processes import ROOT, Failed
from benchmarks.report import seconds, table

READY_SECONDS = 300
REASON = "I read the tables and the figures of this trial myself."
MEANS = (
    f"{APPROVERS} people answer one gate at the same moment, each on a connection of their own; each time another "
    "gate. A vote is a signed row, an entry of the log and its checkpoint, written one after the other. The click "
    "in Slack is answered once it is kept; nothing of Slack can be reached. The ratio is that of the 95th percentiles."
)
HEAD = ("entrance", "answers", "median, s", "95 %, s", "slowest, s", "to an empty page")
Asked = tuple[str, str, bytes, Mapping[str, str], int]
"""Method, path, body, headers, and the status that is wanted."""


def clicks(folder: Path, *, rounds: int) -> list[str]:
    """Measure and return a section."""
    made = folder / "clicks"
    made.mkdir()
    port = _free_port()
    log = (made / "server.txt").open("wb")
    command = [sys.executable, "-m", "benchmarks.clicks_server", str(made), str(port), str(len(WAYS) * rounds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as server, log:
        try:
            told = _ready(server, made, port)
            waits = _rounds(told, port=port, rounds=rounds)
        finally:
            server.terminate()
    return ["## Twenty approvers at once", "", MEANS, "", *table(HEAD, _rows(waits))]


def _rounds(told: Mapping[str, Any], *, port: int, rounds: int) -> dict[str, list[float]]:
    """Every entrance in turn, an empty page between them."""
    waits: dict[str, list[float]] = {"empty page": [], **{name: [] for name in WAYS}}
    gates = iter(told["gates"])
    for _ in range(rounds):
        for name, way in WAYS.items():
            waits["empty page"] += _at_once([("GET", "/empty", b"", {}, 200)] * APPROVERS, port=port)
            gate = next(gates)
            asked = [way(gate, person, told["cookie"], port) for person in told["people"]]
            waits[name] += _at_once(asked, port=port)
    return waits


def _at_once(asked: Sequence[Asked], *, port: int) -> list[float]:
    together = threading.Barrier(len(asked))

    def ask(one: Asked) -> float:
        method, path, body, headers, wanted = one
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        line.connect()
        together.wait()
        began = time.perf_counter()
        line.request(method, path, body=body or None, headers=dict(headers))
        answer = line.getresponse()
        said = answer.read()
        took = time.perf_counter() - began
        line.close()
        if answer.status != wanted:
            raise Failed(f"{method} {path} answered {answer.status}: {said[:500]!r}")
        return took

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(ask, asked))


def _by_page(gate: Mapping[str, str], person: Mapping[str, str], cookie: str, port: int) -> Asked:
    form = {
        "seat": "clinical-lead", "answer": "approve", "meaning": "approval", "reason": REASON, "digest": gate["digest"],
        "csrf": person["csrf"],
    }  # fmt: skip
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"{cookie}={person['cookie']}",
        "Origin": f"http://127.0.0.1:{port}",
    }
    return "POST", f"/gates/{gate['gate']}/sign", urlencode(form).encode(), headers, 303


def _by_api(gate: Mapping[str, str], person: Mapping[str, str], _: str, __: int) -> Asked:
    body = {
        "seat": "clinical-lead", "answer": "approve", "meaning": "approval", "reason": REASON, "digest": gate["digest"],
    }  # fmt: skip
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {person['token']}"}
    return "POST", f"/api/v1/gates/{gate['gate']}/votes", json.dumps(body).encode(), headers, 201


def _by_click(gate: Mapping[str, str], person: Mapping[str, str], _: str, __: int) -> Asked:
    user = person["user"]
    payload = {
        "type": "block_actions",
        "api_app_id": APP,
        "token": "deprecated",
        "team": {"id": TEAM, "domain": "clinic"},
        "enterprise": None,
        "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
        "trigger_id": f"{user}.{gate['gate']}",
        "container": {"type": "message", "message_ts": "1.0", "channel_id": CHANNEL, "is_ephemeral": False},
        "channel": {"id": CHANNEL, "name": "gates"},
        "message": {"type": "message", "ts": "1.0", "text": "A gate", "blocks": []},
        "actions": [
            {
                "type": "button", "action_id": "gate.approve", "block_id": "gate.answers.1", "value": gate["value"],
                "action_ts": f"{time.time():.6f}",
            }
        ],
        "response_url": "https://hooks.slack.invalid/actions/none",
    }  # fmt: skip
    body, sent = urlencode({"payload": json.dumps(payload)}).encode(), str(int(time.time()))
    signed = hmac.new(SECRET.encode(), f"v0:{sent}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": sent,
        "X-Slack-Signature": f"v0={signed}",
    }
    return "POST", "/slack/interactions", body, headers, 200


WAYS: Mapping[str, Callable[[Mapping[str, str], Mapping[str, str], str, int], Asked]] = {
    "vote on the page": _by_page,
    "vote by the API": _by_api,
    "click in Slack, acknowledged": _by_click,
}


def _rows(waits: Mapping[str, Sequence[float]]) -> list[tuple[str, ...]]:
    floor = _most(waits["empty page"])
    return [
        (
            name,
            str(len(took)),
            seconds(statistics.median(took)),
            seconds(_most(took)),
            seconds(max(took)),
            f"{_most(took) / floor:.1f}",
        )
        for name, took in waits.items()
    ]


def _most(took: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(took, n=20, method="inclusive")[-1]


def _ready(server: "subprocess.Popen[bytes]", folder: Path, port: int) -> Mapping[str, Any]:
    until = time.monotonic() + READY_SECONDS
    while server.poll() is None and time.monotonic() < until:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                told: Mapping[str, Any] = json.loads((folder / "told.json").read_text(encoding="utf-8"))
                return told
        time.sleep(0.1)
    raise Failed(f"The console did not start:\n{(folder / 'server.txt').read_text()[-2000:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
        return port
