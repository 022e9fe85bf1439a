"""The JSON API under ``/api/v1``, health and metrics."""

from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

from primum.web import health, metrics
from primum.web.api import (
    cards,
    changes,
    exposure,
    gates,
    guidelines,
    incident_care,
    incidents,
    ledger,
    listing,
    look_backs,
    looks,
    monitors,
    people,
    rollouts,
    standing_in,
    stopping,
)
from primum.web.api.shapes import REFUSALS

PREFIX = "/api/v1"
PARTS = (
    people,
    rollouts,
    cards,
    gates,
    monitors,
    stopping,
    exposure,
    standing_in,
    incidents,
    incident_care,
    guidelines,
    changes,
    look_backs,
    looks,
    ledger,
)

# Only described here: who is asking was found out before, and a session of the console may call as well.
TOKEN = Depends(HTTPBearer(auto_error=False, scheme_name="token", description="A token from the account page."))

router = APIRouter()
router.include_router(health.router, responses=dict(REFUSALS))
router.include_router(metrics.router, responses=dict(REFUSALS))
for part in PARTS:
    router.include_router(part.router, prefix=PREFIX, responses=dict(REFUSALS), dependencies=[TOKEN])
router.include_router(listing.router, prefix=PREFIX, include_in_schema=False)
