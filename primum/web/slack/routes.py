"""Slack's signed HTTP requests."""

from fastapi import APIRouter

router = APIRouter()
