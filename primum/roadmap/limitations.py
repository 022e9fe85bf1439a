"""Each limitation of a model card becomes a rule at the point of care, or says in words why it needs none (V17)."""

from collections.abc import Iterator

from pydantic import Field

from primum.roadmap.exclusions import Comparison, Exclusion
from primum.roadmap.parts import Part

SHORTEST_REASON = 20
COMPARED: dict[Comparison, str] = {
    "equals": "is",
    "is-one-of": "is one of",
    "less-than": "is less than",
    "at-least": "is at least",
}


class Limitation(Part):
    """One place where the model is known to be limited, and what keeps it from being used there (P3.4, V17)."""

    words: str = Field(min_length=1, description="The limitation, as the card states it.")
    kept_by: tuple[str, ...] = Field(
        default=(), description="The fields of `card.exclusions` that keep such patients from being shown output."
    )
    no_rule_because: str = Field(default="", description="Or why no rule on what the caller sends can or need keep it.")


Stated = str | Limitation


def words_of(stated: Stated) -> str:
    """Return a limitation as the card states it."""
    return stated if isinstance(stated, str) else stated.words


def kept_in_words(stated: Stated, *, exclusions: tuple[Exclusion, ...]) -> str:
    """Return how a limitation is kept at the point of care, for a reader of the card."""
    if isinstance(stated, str):
        return "nothing keeps it"
    rules = [in_words(one) for one in exclusions if one.field in stated.kept_by]
    if rules:
        return f"nobody is shown output if {' or '.join(rules)}"
    return f"no rule: {stated.no_rule_because}" if stated.no_rule_because.strip() else "nothing keeps it"


def in_words(exclusion: Exclusion) -> str:
    """Return an exclusion as a condition in words: ``age is less than 16``."""
    return f"{exclusion.field} {COMPARED[exclusion.comparison]} {', '.join(exclusion.values)}"


def unkept(stated: tuple[Stated, ...], *, exclusions: tuple[Exclusion, ...]) -> Iterator[str]:
    """Yield one sentence for each limitation that neither an exclusion keeps nor a reason excuses (P3.4, V17)."""
    fields = {exclusion.field for exclusion in exclusions}
    for one in stated:
        if problem := _why_not_kept(one, fields):
            yield f"The model card states the limitation '{words_of(one)}' {problem} (P3.4, V17)."


def _why_not_kept(one: Stated, fields: set[str]) -> str | None:
    if isinstance(one, str) or not (one.kept_by or one.no_rule_because.strip()):
        return "and names neither the exclusion that keeps it (`kept_by`) nor why it needs none (`no_rule_because`)"
    if unknown := [field for field in one.kept_by if field not in fields]:
        return f"as kept by an exclusion on '{unknown[0]}', and `card.exclusions` has none on it"
    if not one.kept_by and len(one.no_rule_because.strip()) < SHORTEST_REASON:
        return f"and says in fewer than {SHORTEST_REASON} characters why no exclusion keeps it"
    return None
