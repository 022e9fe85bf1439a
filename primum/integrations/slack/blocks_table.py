"""
The limits of Slack's blocks as one table: what a block, an element, a text or a form must and may have, and how long.

Read from Slack's reference pages and the types of its libraries (slack_sdk/models, @slack/types). Only what Primum
sends is here; another kind is a problem until somebody reads up its limits and adds a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

BLOCKS_IN_MESSAGE = 50
BLOCKS_IN_VIEW = 100
LONGEST_ID = 255
LONGEST_MESSAGE = 40_000
PLAIN = ("plain_text",)
ANY = ("plain_text", "mrkdwn")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """
    One kind of object: the names it needs, the names it may have, and their limits.

    ``texts`` are text objects (most characters, kinds), ``strings`` bare ones (most characters), ``lists`` have a
    least and a most, ``numbers`` a least and a most, ``one_of`` is a group of which one is needed.
    """

    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    texts: Mapping[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    strings: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    numbers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    one_of: frozenset[str] = frozenset()
    holds: Mapping[str, frozenset[str]] = field(default_factory=dict)


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


OPTIONS = {"options": (1, 100)}
TICKS = {"options": (1, 10)}
CHOICE = _names("action_id confirm focus_on_load")
SELECTS = _names(
    "static_select multi_static_select users_select multi_users_select conversations_select "
    "multi_conversations_select external_select overflow radio_buttons checkboxes datepicker timepicker datetimepicker"
)
INPUTS = (SELECTS - {"overflow"}) | _names("plain_text_input number_input email_text_input url_text_input")
PLACEHOLDER = {"placeholder": (150, PLAIN)}
TYPED = _names("action_id initial_value placeholder min_length max_length multiline focus_on_load")

BLOCKS: Mapping[str, Shape] = {
    "section": Shape(
        may=_names("text fields accessory expand"),
        texts={"text": (3000, ANY), "fields": (2000, ANY)},
        lists={"fields": (1, 10)},
        one_of=_names("text fields"),
        holds={"accessory": SELECTS | _names("button image")},
    ),
    "header": Shape(needs=_names("text"), texts={"text": (150, PLAIN)}),
    "divider": Shape(),
    "context": Shape(
        needs=_names("elements"),
        texts={"elements": (3000, ANY)},
        lists={"elements": (1, 10)},
        holds={"elements": _names("image plain_text mrkdwn")},
    ),
    "actions": Shape(
        needs=_names("elements"), lists={"elements": (1, 25)}, holds={"elements": SELECTS | _names("button")}
    ),
    "image": Shape(
        needs=_names("alt_text"),
        may=_names("image_url slack_file title"),
        texts={"title": (2000, PLAIN)},
        strings={"alt_text": 2000, "image_url": 3000},
        one_of=_names("image_url slack_file"),
    ),
    "input": Shape(
        needs=_names("label element"),
        may=_names("hint optional dispatch_action"),
        texts={"label": (2000, PLAIN), "hint": (2000, PLAIN)},
        holds={"element": INPUTS},
    ),
    "markdown": Shape(needs=_names("text"), strings={"text": 12_000}),
}

ELEMENTS: Mapping[str, Shape] = {
    "button": Shape(
        needs=_names("text"),
        may=_names("action_id value url style confirm accessibility_label"),
        texts={"text": (75, PLAIN)},
        strings={"value": 2000, "url": 3000, "accessibility_label": 75},
    ),
    "image": BLOCKS["image"],
    "static_select": Shape(
        needs=_names("options"), may=CHOICE | _names("placeholder initial_option"), texts=PLACEHOLDER, lists=OPTIONS
    ),
    "multi_static_select": Shape(
        needs=_names("options"),
        may=CHOICE | _names("placeholder initial_options max_selected_items"),
        texts=PLACEHOLDER,
        lists={**OPTIONS, "initial_options": (1, 100)},
    ),
    "users_select": Shape(may=CHOICE | _names("placeholder initial_user"), texts=PLACEHOLDER),
    "multi_users_select": Shape(may=CHOICE | _names("placeholder initial_users max_selected_items"), texts=PLACEHOLDER),
    "conversations_select": Shape(may=CHOICE | _names("placeholder initial_conversation filter"), texts=PLACEHOLDER),
    "overflow": Shape(needs=_names("options"), may=_names("action_id confirm"), lists={"options": (1, 5)}),
    "radio_buttons": Shape(needs=_names("options"), may=CHOICE | _names("initial_option"), lists=TICKS),
    "checkboxes": Shape(
        needs=_names("options"), may=CHOICE | _names("initial_options"), lists={**TICKS, "initial_options": (1, 10)}
    ),
    "datepicker": Shape(may=CHOICE | _names("placeholder initial_date"), texts=PLACEHOLDER),
    "timepicker": Shape(may=CHOICE | _names("placeholder initial_time timezone"), texts=PLACEHOLDER),
    "datetimepicker": Shape(may=CHOICE | _names("initial_date_time")),
    "plain_text_input": Shape(
        may=TYPED | _names("dispatch_action_config"),
        texts=PLACEHOLDER,
        strings={"initial_value": 3000},
        numbers={"min_length": (0, 3000), "max_length": (1, 3000)},
    ),
    "number_input": Shape(
        needs=_names("is_decimal_allowed"),
        may=_names("action_id initial_value min_value max_value placeholder focus_on_load dispatch_action_config"),
        texts=PLACEHOLDER,
    ),
    "email_text_input": Shape(may=_names("action_id initial_value placeholder focus_on_load"), texts=PLACEHOLDER),
    "url_text_input": Shape(may=_names("action_id initial_value placeholder focus_on_load"), texts=PLACEHOLDER),
}

# An option of radio buttons or checkboxes may be marked up; of a menu not.
OPTION = Shape(
    needs=_names("text value"),
    may=_names("description"),
    texts={"text": (75, ANY), "description": (75, ANY)},
    strings={"value": 150},
)
CONFIRM = Shape(
    needs=_names("title text confirm deny"),
    may=_names("style"),
    texts={"title": (100, PLAIN), "text": (300, ANY), "confirm": (30, PLAIN), "deny": (30, PLAIN)},
)
PARTS: Mapping[str, Shape] = {
    "options": OPTION,
    "initial_option": OPTION,
    "initial_options": OPTION,
    "confirm": CONFIRM,
}
MARKED_UP = _names("radio_buttons checkboxes")

VIEWS: Mapping[str, Shape] = {
    "modal": Shape(
        needs=_names("title blocks"),
        may=_names("submit close callback_id private_metadata clear_on_close notify_on_close external_id"),
        texts={"title": (24, PLAIN), "submit": (24, PLAIN), "close": (24, PLAIN)},
        strings={"callback_id": 255, "private_metadata": 3000, "external_id": 255},
        lists={"blocks": (1, BLOCKS_IN_VIEW)},
    ),
    "home": Shape(
        needs=_names("blocks"),
        may=_names("callback_id private_metadata external_id"),
        strings={"callback_id": 255, "private_metadata": 3000, "external_id": 255},
        lists={"blocks": (1, BLOCKS_IN_VIEW)},
    ),
}
