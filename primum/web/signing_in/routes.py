"""Signing in, out and again; invitations, sessions and tokens of a person."""

from fastapi import APIRouter

router = APIRouter()
