"""The four stages of the WHO roadmap and the gate at the end of each (S3:296-317)."""

from enum import StrEnum


class Stage(StrEnum):
    """One stage of the roadmap."""

    ASSESS = "assess"
    PILOT = "pilot"
    SCALE = "scale"
    SUSTAIN = "sustain"


class GateName(StrEnum):
    """The gate at the end of a stage; GS recurs, GU guards an update."""

    G0 = "G0"
    G1 = "G1"
    G2 = "G2"
    G3 = "G3"
    GS = "GS"
    GU = "GU"


GATE_OF = {
    Stage.ASSESS: GateName.G1,
    Stage.PILOT: GateName.G2,
    Stage.SCALE: GateName.G3,
    Stage.SUSTAIN: GateName.GS,
}

NEXT_STAGE = {
    Stage.ASSESS: Stage.PILOT,
    Stage.PILOT: Stage.SCALE,
    Stage.SCALE: Stage.SUSTAIN,
    Stage.SUSTAIN: Stage.SUSTAIN,
}
