"""Signing in, out and again; invitations, sessions and tokens of a person."""

from fastapi import APIRouter

from primum.web.signing_in import account, at_provider, entry, invitation, signing

router = APIRouter()
for part in (entry, at_provider, invitation, account, signing):
    router.include_router(part.router)
