"""Signing in, out and again; invitations, sessions and tokens of a person."""

from fastapi import APIRouter

from primum.web.signing_in import account, accounts_page, at_provider, entry, invitation, signing

router = APIRouter()
for part in (entry, at_provider, invitation, account, accounts_page, signing):
    router.include_router(part.router)
