"""Randomisation lists as a trials unit hands them over: rows of a file, by stratum and number."""

import random

from primum.actions import randomisation_lists
from primum.roadmap.randomisation_list import ListColumns
from tests.factories import MORNING

ROLLOUT = "test-rollout"
HEADER = ("site", "sequence", "arm")
WORDS = {"i": "intervention", "c": "control"}


def drawn(places, *, seed, block=4):
    """Letters of so many places in permuted blocks, drawn by somebody else."""
    generator, letters = random.Random(seed), ""
    while len(letters) < places:
        part = list("i" * (block // 2) + "c" * (block // 2))
        generator.shuffle(part)
        letters += "".join(part)
    return letters[:places]


def rows(listed, *, first=1):
    """The rows of a file, for letters by site."""
    every = (
        {"site": site, "sequence": str(number), "arm": WORDS[letter]}
        for site, letters in listed.items()
        for number, letter in enumerate(letters, start=first)
    )
    return list(enumerate(every, start=2))


def take_over(place, given, **changes):
    """Take over rows, or letters by site, as a person of the trials unit does."""
    asked = {
        "rollout": ROLLOUT,
        "header": HEADER,
        "rows": rows(given) if isinstance(given, dict) else given,
        "columns": ListColumns(),
        "warn_at": 0,
        "person": "noah-kim",
        "at": MORNING,
        "workplace": place,
    }
    return randomisation_lists.take_over_list(**(asked | changes))


def file(path, listed, *, first=1):
    """Write a list as a CSV file."""
    lines = [",".join(HEADER), *(",".join(row.values()) for _, row in rows(listed, first=first))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)
