"""What a rehearsal may take for true, by name."""

from enum import StrEnum


class Truth(StrEnum):
    """What a rehearsal takes for true."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    UNFAIR = "unfair"
    HARMFUL = "harmful"
