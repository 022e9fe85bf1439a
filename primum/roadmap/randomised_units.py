"""What a protocol randomises: single units, whole clusters, or the readings of cases that readers share."""

from primum.roadmap.policy import Criterion, EvidenceKind
from primum.roadmap.protocol import Protocol

CLUSTERED_DESIGNS = frozenset({"cluster-rct", "stepped-wedge-rct"})
CLUSTER_UNITS = frozenset(
    {
        "cluster",
        "team",
        "clinic",
        "ward",
        "site",
        "hospital",
        "practice",
        "department",
        "center",
        "centre",
        "village",
        "region",
        "clinician",
        "physician",
        "doctor",
        "nurse",
        "reader",
        "radiologist",
        "provider",
        "pharmacy",
        "school",
    }
)
"""Units of randomisation that hold several rows of a trial's table."""

READINGS: EvidenceKind = "readings"


def randomises_clusters(protocol: Protocol) -> bool:
    """True if the protocol's design or unit says that whole clusters were randomised."""
    return protocol.design in CLUSTERED_DESIGNS or protocol.unit.strip().lower() in CLUSTER_UNITS


def shares_cases(protocol: Protocol) -> bool:
    """
    True for a reader study whose readings share their cases.

    Its readings hang together by reader and by case (Obuchowski & Rockette 1995); taken as independent, they
    find a gain where there is none several times as often as alpha says.
    """
    return protocol.design == "randomised-mrmc" and not randomises_clusters(protocol)


def as_asked(criterion: Criterion, protocol: Protocol | None) -> Criterion:
    """Return a criterion on a trial's table as it is asked of a crossed reader study: on its readings."""
    if protocol is None or criterion.evidence != "trial" or not shares_cases(protocol):
        return criterion
    return criterion.model_copy(update={"evidence": READINGS})
