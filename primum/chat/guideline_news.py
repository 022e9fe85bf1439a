"""News of guidelines and look-backs as messages, for the channel and for one person alike."""

from primum.actions.guideline_registry import change_since
from primum.actions.guidelines import KIND as PUBLISHED
from primum.actions.look_back import MADE, WORKED_ON, UnknownLookBack, look_back_state
from primum.actions.outbox import Letter
from primum.chat.office import Office
from primum.chat.rendering.blocks import Message
from primum.chat.rendering.guideline_notes import guideline_published, look_back_told

KINDS = frozenset({PUBLISHED, MADE, WORKED_ON})


def guideline_news(letter: Letter, *, office: Office) -> Message | None:
    """Return what a message of the outbox about a guideline says; ``None`` for every other one."""
    if letter.kind == PUBLISHED:
        return _published(letter, office)
    return _look_back(letter, office) if letter.kind in KINDS else None


def _published(letter: Letter, office: Office) -> Message:
    guideline, follows = str(letter.body.get("guideline", "")), str(letter.body.get("follows", ""))
    with office.workplace.ledger.reading() as session:
        words = change_since(follows=follows, name=guideline, session=session)
    page = office.page("/guidelines", label="The registry of guidelines")
    return guideline_published(rollout=letter.rollout, follows=follows, guideline=guideline, words=words, page=page)


def _look_back(letter: Letter, office: Office) -> Message | None:
    with office.workplace.ledger.reading() as session:
        try:
            state = look_back_state(session, look_back=str(letter.body.get("look_back", "")))
        except UnknownLookBack:
            return None
    page = office.page("/look-backs", label="Look-backs")
    return look_back_told(rollout=letter.rollout, guideline=state.new, words=state.words, page=page)
