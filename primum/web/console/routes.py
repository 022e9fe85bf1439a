"""Pages of the console: board, gates, inbox, signing, stopping."""

from fastapi import APIRouter

router = APIRouter()
