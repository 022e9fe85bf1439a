"""What pydantic says about a file, turned into one sentence for the person who wrote it, with its place."""

import difflib
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from primum.integrations.written import Problem, Written

LONGEST_ECHO = 60
MOST_KEYS = 12

PATTERNS = {
    r"^[a-z][a-z0-9-]*$": "small letters, digits and hyphens, beginning with a letter",
    r"^[A-Z]{2}$": "two capital letters, such as CH",
    r"^-?\d+(/[1-9]\d*)?$": 'a share of whole numbers such as 95/100, or a whole number in quotes such as "0"',
    r"^\d{4}-\d{2}-\d{2}$": "a day, such as 2026-11-21",
    r"^[0-9a-f]{64}$": "64 hexadecimal digits",
    r"^([A-Z]{1,2}\d+(\.\d+)?|AMB\d+)$": "an id of the requirements catalogue, such as P2.5",
}
WANTED = {
    "string_type": "text is expected",
    "int_type": "a whole number is expected",
    "bool_type": "true or false is expected",
    "tuple_type": "a list is expected, such as [one, two]",
    "list_type": "a list is expected, such as [one, two]",
    "dict_type": "a group of `key: value` lines is expected",
    "model_type": "a group of `key: value` lines is expected",
    "model_attributes_type": "a group of `key: value` lines is expected",
}
A_MOMENT = "a date with time and zone is expected, such as 2026-11-21T10:00:00+01:00"

Loc = tuple[int | str, ...]


def complaints(*, error: ValidationError, tree: Written, model: type[BaseModel]) -> tuple[Problem, ...]:
    """Return one problem for each thing pydantic refused, at the key or value that caused it."""
    return tuple(_complaint(detail, tree, model) for detail in error.errors(include_url=False))


def _complaint(detail: ErrorDetails, tree: Written, model: type[BaseModel]) -> Problem:
    loc: Loc = (*detail["loc"], *detail.get("ctx", {}).get("path", ()))
    line, column = _place(tree, loc, at_key=detail["type"] in ("extra_forbidden", "value_error"))
    return Problem(line=line, column=column, sentence=_sentence(detail, loc, tree, model))


def _place(tree: Written, loc: Loc, *, at_key: bool) -> tuple[int, int]:
    """Return the place of a value, of its key, or of the nearest thing around it that was written."""
    found = tree.at(loc)
    parent = tree.at(loc[:-1]) if loc else None
    empty = found is None or (found.shape == "scalar" and found.raw == "")
    if loc and parent is not None and loc[-1] in parent.keys and (at_key or empty):
        return parent.keys[str(loc[-1])]
    if found is not None:
        return found.line, found.column
    return _place(tree, loc[:-1], at_key=isinstance(loc[-1], str)) if loc else (tree.line, tree.column)


def _sentence(detail: ErrorDetails, loc: Loc, tree: Written, model: type[BaseModel]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    name, found = _name(loc), tree.at(loc)
    match kind:
        case "missing":
            return _missing(loc, tree, model)
        case "extra_forbidden":
            return _unknown_key(loc, model)
        case "enum" | "literal_error":
            return _not_one_of(name, found, context)
        case "timezone_aware":
            return f"{name} is {_echo(found)}, which has no zone; write its offset, such as +01:00, or Z for UTC."
        case "datetime_parsing" | "datetime_type" | "datetime_from_date_parsing" | "datetime_object_invalid":
            return f"{name} is {_echo(found)}; {A_MOMENT}."
        case "said_twice":
            return f"{detail['msg']}."
        case "value_error":
            return f"{name}: {detail['msg'].removeprefix('Value error, ')}."
    if kind in WANTED:
        return f"{name} is {_echo(found)}, and {_wanted(kind, loc, found, model)}."
    return _size(kind, name, found, context) or f"{name} is {_echo(found)}: {detail['msg']}."


def _size(kind: str, name: str, found: Written | None, context: Mapping[str, Any]) -> str | None:
    match kind:
        case "string_pattern_mismatch":
            wanted = PATTERNS.get(context["pattern"], f"the pattern {context['pattern']}")
            return f"{name} is {_echo(found)}; expected: {wanted}."
        case "greater_than_equal":
            return f"{name} is {_echo(found)}; at least {context['ge']} is expected."
        case "string_too_short":
            return f"{name} is {_echo(found)}; at least {_count(context['min_length'], 'character')} expected."
        case "string_too_long":
            return f"{name} is longer than {_count(context['max_length'], 'character')} expected at most."
        case "too_short":
            has, needs = context["actual_length"], context["min_length"]
            return f"{name} has {_count(has, 'item')} and needs at least {needs}."
        case "too_long":
            return f"{name} has {_items(found)} and takes at most {context['max_length']}."
    return None


def _missing(loc: Loc, tree: Written, model: type[BaseModel]) -> str:
    if isinstance(loc[-1], int):
        return f"{_name(loc[:-1])} has {_items(tree.at(loc[:-1]))} and needs more."
    around = model_at(model, loc[:-1])
    what = around.model_fields[loc[-1]].description if around and loc[-1] in around.model_fields else None
    return f"{_name(loc)} is missing. {what}" if what else f"{_name(loc)} is missing; add it."


def _unknown_key(loc: Loc, model: type[BaseModel]) -> str:
    around = model_at(model, loc[:-1])
    known = list(around.model_fields) if around else []
    key, where = str(loc[-1]), f"`{_dotted(loc[:-1])}`" if _dotted(loc[:-1]) else "this file"
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if near:
        return f"`{_short(key)}` is no key of {where}; did you mean `{near[0]}`?"
    more = f" and {len(known) - MOST_KEYS} more" if len(known) > MOST_KEYS else ""
    return f"`{_short(key)}` is no key of {where}; its keys are {', '.join(known[:MOST_KEYS])}{more}."


def _not_one_of(name: str, found: Written | None, context: Mapping[str, Any]) -> str:
    allowed = [word.strip("' ") for word in str(context["expected"]).replace(" or ", ", ").split(",")]
    spelled = {word.lower(): word for word in allowed}
    near = difflib.get_close_matches(found.raw.lower() if found else "", list(spelled), n=1, cutoff=0.6)
    hint = f" Did you mean {spelled[near[0]]}?" if near else ""
    return f"{name} is {_echo(found)}; it must be one of {', '.join(allowed)}.{hint}"


def _wanted(kind: str, loc: Loc, found: Written | None, model: type[BaseModel]) -> str:
    """Return what is expected; a number where text belongs goes into quotes, unless it still would not fit."""
    if kind != "string_type" or found is None or found.shape != "scalar" or not found.raw:
        return WANTED[kind]
    pattern = _pattern_at(model, loc)
    if pattern is not None and not re.search(pattern, found.raw):
        return f"expected is {PATTERNS.get(pattern, pattern)}"
    return f'{WANTED[kind]}; write it in quotes: "{_short(found.raw)}"'


def _pattern_at(model: type[BaseModel], loc: Loc) -> str | None:
    """Return the pattern that a text at a path must follow, if there is one."""
    around = model_at(model, loc[:-1])
    field = around.model_fields.get(str(loc[-1])) if around else None
    return _pattern_in((field.annotation, *field.metadata)) if field else None


def _pattern_in(parts: Iterable[object]) -> str | None:
    for part in parts:
        found = getattr(part, "pattern", None)
        if isinstance(found, str):
            return found
        inner = (*get_args(part), *getattr(part, "metadata", ()))
        if inner and (found := _pattern_in(inner)):
            return found
    return None


def _echo(found: Written | None) -> str:
    """Return what was written, short enough for a sentence."""
    if found is None:
        return "not there"
    if found.shape != "scalar":
        return f"a {found.shape} of {_items(found)}"
    if found.value is None or not found.raw.strip():
        return "empty"
    kinds = {bool: "the truth value", int: "the number", float: "the number"}
    kind = kinds.get(type(found.value))
    return f"{kind} {_short(found.raw)}" if kind else f"'{_short(found.raw)}'"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_ECHO else f"{line[:LONGEST_ECHO]}..."


def _items(found: Written | None) -> str:
    return _count(len(found.items) if found else 0, "item")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _dotted(loc: Loc) -> str:
    return ".".join(step for step in loc if isinstance(step, str) and step != "[key]")


def _name(loc: Loc) -> str:
    dotted = _dotted(loc)
    if not dotted:
        return "The file"
    nth = f" (item {loc[-1] + 1})" if isinstance(loc[-1], int) else ""
    return f"`{_short(dotted)}`{nth}"


def model_at(model: type[BaseModel], loc: Loc) -> type[BaseModel] | None:
    """Return the model that is expected at a path, if one is."""
    expected: object = model
    for step in loc:
        expected = _inside(_bare(expected), step)
    bare = _bare(expected)
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None


def _inside(expected: object, step: int | str) -> object:
    if isinstance(expected, type) and issubclass(expected, BaseModel):
        field: FieldInfo | None = expected.model_fields.get(str(step))
        return field.annotation if field else None
    arguments: Sequence[object] = get_args(expected)
    if get_origin(expected) is tuple and arguments:
        of_one_kind = arguments[-1] is Ellipsis or not isinstance(step, int) or step >= len(arguments)
        return arguments[0] if of_one_kind else arguments[int(step)]
    if get_origin(expected) is dict:
        return arguments[1]
    return None


def _bare(expected: object) -> object:
    """Return a type without Annotated and without its ``None``."""
    origin = get_origin(expected)
    if origin is Annotated:
        return _bare(get_args(expected)[0])
    if origin in (Union, types.UnionType):
        rest = [one for one in get_args(expected) if one is not type(None)]
        return _bare(rest[0]) if len(rest) == 1 else expected
    return None if origin is Literal else expected
