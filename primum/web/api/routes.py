"""The JSON API under ``/api/v1``, health and metrics."""

from fastapi import APIRouter

from primum.web import health, metrics

router = APIRouter()
router.include_router(health.router)
router.include_router(metrics.router)
