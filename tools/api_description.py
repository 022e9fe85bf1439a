"""The OpenAPI description as the console publishes it."""

import json
from datetime import UTC, datetime
from typing import cast

from primum.actions.workplace import Workplace
from primum.web.app import console_app
from primum.web.desk import Desk


def openapi_text() -> str:
    """Return the description of the API as JSON; no console is opened for it."""
    # Describing the calls asks nothing of a workplace.
    nobody = cast("Workplace", None)
    desk = Desk(workplace=nobody, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), address="http://127.0.0.1:8321")
    return json.dumps(console_app(desk).openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
