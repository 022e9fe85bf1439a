"""A point of care in a process of its own, which notes when its last `lmm` answer had been sent."""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

import uvicorn

from primum.actions.enrolling import Enrolment
from primum.actions.exposing import replica_of
from primum.actions.site_keys import SiteKeys
from primum.actions.workplace import open_workplace
from primum.settings import Settings
from primum.web.exposure.point_of_care import PointOfCare
from tests.factories import MORNING


class Noting:
    """Hands everything on, and notes by the clock of the machine when an answer of each value had left."""

    def __init__(self, app):
        self.app = app
        self.last = {}
        self.count = {}

    async def __call__(self, scope, receive, send):
        async def noted(message):
            await send(message)
            if value := _value_in(message.get("body", b"")):
                self.last[value] = time.monotonic()
                self.count[value] = self.count.get(value, 0) + 1

        await self.app(scope, receive, noted)


def _value_in(body):
    return json.loads(body).get("value") if body else None


async def nothing_else(scope, receive, send):
    raise AssertionError(scope["path"])


def main(home: Path, url: str, port: int) -> None:
    """Serve until told to end, then leave what was noted beside the home."""
    began = time.monotonic()
    place = open_workplace(Settings(home=home, database_url=url), create=False)
    app = Noting(
        PointOfCare(
            nothing_else,
            replica=replica_of(workplace=place, name=f"port-{port}"),
            keys=SiteKeys(workplace=place),
            enrolment=Enrolment(workplace=place),
            clock=lambda: MORNING + timedelta(seconds=time.monotonic() - began),
        )
    )
    # Ends with SIGTERM as usual: uvicorn raises it again when it is done, so what was noted is written before.
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False, lifespan="off"))
    with server.capture_signals():
        server.run()
        noted = {"last": app.last, "count": app.count}
        (home.parent / f"noted-{port}.json").write_text(json.dumps(noted), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
