"""Model cards: every version with what changed, and the six minimum items with their evidence."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import Response

from primum.actions.cards_kept import CardVersion, card_of_rollout, scorecard_of, versions_of
from primum.roadmap.verdicts import Outcome
from primum.web.api.callers import Reads
from primum.web.api.shapes import Id, Limit, Offset, Page, Shape, paged
from primum.web.card_view import FORMS
from primum.web.console.card_page import handed_out

router = APIRouter(tags=["model cards"])
FILES: dict[int | str, dict[str, Any]] = {200: {"content": {media: {} for media in FORMS.values()}}}
Number = Annotated[int, Path(ge=1, le=1_000_000, description="The number of the version.")]


class CardLineShape(Shape):
    """One version of a model card, without its content."""

    rollout: str
    number: int
    model_version: str
    bundle: str
    digest: str
    previous: str = Field(description="Digest of the version before; empty for the first.")
    changes: list[str] = Field(description="What is otherwise than before, in sentences.")
    guidelines: list[str]
    approvers: list[str]
    cause: str
    subject: str = Field(description="The gate, incident, alarm or guideline change that made it necessary.")
    at: datetime


class CardShape(CardLineShape):
    """One version of a model card; numbers of small groups are null, and still counted."""

    card: dict[str, Any] = Field(description="The card as its export in JSON.")


class ProofShape(Shape):
    """One check that a minimum item follows from."""

    gate: str
    check: str
    outcome: Outcome
    sentence: str


class ItemShape(Shape):
    """One of the six minimum items of the source document."""

    id: str
    name: str
    asks: str
    outcome: Outcome
    found: list[ProofShape]


@router.get("/rollouts/{rollout}/cards")
def cards(caller: Reads, rollout: Id, limit: Limit = 50, offset: Offset = 0) -> Page[CardLineShape]:
    """List the versions of a rollout's model card, the newest first."""
    caller.admit(rollout)
    rows = versions_of(rollout=rollout, workplace=caller.workplace)
    return paged(CardLineShape, [_line(row) for row in rows], limit=limit, offset=offset)


@router.get("/rollouts/{rollout}/cards/{number}")
def one_card(caller: Reads, rollout: Id, number: Number) -> CardShape:
    """Tell one version of a rollout's model card."""
    caller.admit(rollout)
    found = card_of_rollout(rollout=rollout, workplace=caller.workplace, number=number)
    return CardShape.model_validate({**_line(found), "card": found.card.plain()})


@router.get("/rollouts/{rollout}/cards/{number}/export/{form}", response_class=Response, responses=FILES)
def export(caller: Reads, rollout: Id, number: Number, form: Literal["md", "json", "html"]) -> Response:
    """Hand out one version of a rollout's model card as a file."""
    caller.admit(rollout)
    return handed_out(
        card_of_rollout(rollout=rollout, workplace=caller.workplace, number=number), form=form, reader=caller
    )


@router.get("/rollouts/{rollout}/scorecard")
def scorecard(caller: Reads, rollout: Id) -> list[ItemShape]:
    """Tell the six minimum items, each with the checks it follows from; nobody can write it."""
    caller.admit(rollout)
    items = scorecard_of(rollout=rollout, workplace=caller.workplace)
    return [
        ItemShape(
            id=one.id,
            name=one.name,
            asks=one.asks,
            outcome=one.outcome,
            found=[
                ProofShape(
                    gate=each.gate,
                    check=each.finding.check,
                    outcome=each.finding.outcome,
                    sentence=each.finding.sentence,
                )
                for each in one.found
            ],
        )
        for one in items
    ]


def _line(one: CardVersion) -> Mapping[str, Any]:
    return {name: getattr(one, name) for name in CardLineShape.model_fields}
