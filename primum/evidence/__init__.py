"""
Pure numbers: counts in, estimates with intervals out.

The rooms, from the ground up: ``counts`` turn rows into small tables; ``shares``, ``models`` and ``designs``
hold published methods; ``trials``, ``scores``, ``equity`` and ``watching`` put them to a study, a score, groups
of patients and the years after; ``measures`` answer a policy's criterion; ``explanations`` derive the answer
by hand. All know the rules (``roadmap``), numpy and scipy; scipy is imported where used.

``ANALYSIS_VERSION`` is raised when a change of this room changes a number on purpose.
``analysis_version()`` adds a digest of the room's own source, so that an unnoticed change of
analysis code voids votes as well (P4).
"""

import hashlib
from pathlib import Path

ANALYSIS_VERSION = "2026.1"


def _digest_of_sources() -> str:
    content = hashlib.sha256()
    room = Path(__file__).parent
    for source in sorted(room.rglob("*.py")):
        content.update(source.relative_to(room).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    return content.hexdigest()[:12]


# Read once at import: the digest is of the code that runs, not of a file changed later.
_LOADED = _digest_of_sources()


def analysis_version() -> str:
    """Return the version of the analysis code: ``2026.1+`` and 12 hex digits of its source."""
    return f"{ANALYSIS_VERSION}+{_LOADED}"
