"""What the scope of an estimate names: ``site=New York, endpoint=recall`` is a level of each of two attributes."""

import re

# A level may hold a comma itself; a new part begins where an attribute follows it.
PARTS = re.compile(r", (?=\w+=)")


def levels_of(scope: str) -> dict[str, str]:
    """Return attribute and level of each part of a scope; ``all`` or an attribute alone has an empty level."""
    parts = (part.partition("=") for part in PARTS.split(scope))
    return {attribute: level for attribute, _, level in parts}
