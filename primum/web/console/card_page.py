"""The model card of a rollout: what it says now, what it said before, and the six minimum items."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from primum.actions import directory
from primum.actions.cards_kept import CardVersion, card_of_rollout, scorecard_of, versions_of
from primum.actions.model_cards import UnknownCard
from primum.ledger import reading
from primum.web.card_view import FORMS, CardPage, card_file, card_page, page_without_card
from primum.web.console.readers import ReadBy, Reader
from primum.web.showing import show

router = APIRouter()


@router.get("/rollouts/{rollout}/card")
def card(request: Request, reader: ReadBy, rollout: str) -> Response:
    """Show the version in force with its history, and how a card is written."""
    reader.admit(rollout)
    versions = versions_of(rollout=rollout, workplace=reader.workplace)
    page = _page(versions[0], versions, reader) if versions else _empty(rollout, reader)
    return show("console/card.html", request=request, page=page)


@router.get("/rollouts/{rollout}/card/export/{form}")
def export(reader: ReadBy, rollout: str, form: str, version: int | None = None) -> Response:
    """Hand out a version of the card as a file."""
    reader.admit(rollout)
    if form not in FORMS:
        raise UnknownCard(f"A model card is no '{form}'; it is handed out as {', '.join(FORMS)}.")
    chosen = card_of_rollout(rollout=rollout, workplace=reader.workplace, number=version)
    return handed_out(chosen, form=form, reader=reader)


def handed_out(chosen: CardVersion, *, form: str, reader: Reader) -> Response:
    """Return a version of the card as a file in one of the forms."""
    page = _page(chosen, versions_of(rollout=chosen.rollout, workplace=reader.workplace), reader)
    name = f"{chosen.rollout}-card-{chosen.number}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(card_file(page, chosen, form=form), media_type=FORMS[form], headers=headers)


def _page(version: CardVersion, versions: tuple[CardVersion, ...], reader: Reader) -> CardPage:
    known = directory.directory(reader.workplace).everybody()
    return card_page(
        version,
        items=scorecard_of(rollout=version.rollout, workplace=reader.workplace),
        versions=versions,
        names={id_: person.name for id_, person in known.items()},
    )


def _empty(rollout: str, reader: Reader) -> CardPage:
    with reader.workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
    items = scorecard_of(rollout=rollout, workplace=reader.workplace)
    return page_without_card(rollout=rollout, title=record.title if record else rollout, items=items)
