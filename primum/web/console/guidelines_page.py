"""The guideline versions that rollouts follow."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.actions.declared_guidelines import DeclaredGuideline, Dependent, declared_guidelines
from primum.web.console.readers import ReadBy
from primum.web.showing import show

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class GuidelinesPage:
    """The whole page."""

    guidelines: tuple[DeclaredGuideline, ...]
    without: tuple[Dependent, ...]


@router.get("/guidelines")
def guidelines(request: Request, reader: ReadBy) -> Response:
    """Show which guideline versions the rollouts follow."""
    declared, without = declared_guidelines(rollouts=reader.rollouts, workplace=reader.workplace)
    page = GuidelinesPage(guidelines=declared, without=without)
    return show("console/guidelines.html", request=request, page=page)
