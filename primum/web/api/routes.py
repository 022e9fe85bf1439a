"""The JSON API under ``/api/v1``, health and metrics."""

from fastapi import APIRouter

router = APIRouter()
