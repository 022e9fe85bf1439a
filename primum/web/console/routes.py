"""Pages of the console: board, rollouts, gates, inbox, signing, stopping, incidents, ledger, people."""

from fastapi import APIRouter

from primum.web.console import (
    board_page,
    card_page,
    changes_page,
    deputies,
    exposure_forms,
    exposure_page,
    gate_page,
    guidelines_page,
    help_page,
    inbox_page,
    incident_page,
    incident_pages,
    ledger_browser,
    look_form,
    looks,
    monitors_page,
    people_page,
    promises,
    rollout_page,
    signing,
    stopping,
    suspension_page,
)

router = APIRouter()
for family in (
    board_page,
    rollout_page,
    card_page,
    looks,
    look_form,
    monitors_page,
    stopping,
    exposure_page,
    exposure_forms,
    suspension_page,
    deputies,
    gate_page,
    signing,
    promises,
    inbox_page,
    incident_pages,
    incident_page,
    guidelines_page,
    changes_page,
    ledger_browser,
    people_page,
    help_page,
):
    router.include_router(family.router)
