"""Which exit code a refusal means, by the name of its class, so that nothing heavy is imported to know it."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended (design.md section 11)."""

    OK = 0
    GATE_NOT_PASSED = 1
    USAGE = 2
    INDETERMINATE = 3
    DENIED = 4


CODES = {
    "AlreadyPromoted": ExitCode.GATE_NOT_PASSED,
    "AlreadyRejected": ExitCode.GATE_NOT_PASSED,
    "AlreadyVoted": ExitCode.DENIED,
    "CannotChange": ExitCode.GATE_NOT_PASSED,
    "CandidateGone": ExitCode.INDETERMINATE,
    "CannotAcknowledge": ExitCode.DENIED,
    "CannotClose": ExitCode.DENIED,
    "CannotCount": ExitCode.DENIED,
    "CannotDeclare": ExitCode.DENIED,
    "CannotDelegate": ExitCode.DENIED,
    "CannotHold": ExitCode.DENIED,
    "CannotLook": ExitCode.DENIED,
    "CannotPin": ExitCode.DENIED,
    "CannotAllocate": ExitCode.DENIED,
    "CannotLock": ExitCode.DENIED,
    "CannotCompare": ExitCode.USAGE,
    "CannotLookBack": ExitCode.DENIED,
    "CannotPublish": ExitCode.DENIED,
    "CannotRelabel": ExitCode.INDETERMINATE,
    "CannotPromote": ExitCode.GATE_NOT_PASSED,
    "CannotReport": ExitCode.DENIED,
    "CannotResume": ExitCode.DENIED,
    "CannotReview": ExitCode.DENIED,
    "CannotSubmit": ExitCode.DENIED,
    "CannotSignIn": ExitCode.DENIED,
    "CannotSuspend": ExitCode.DENIED,
    "CannotVote": ExitCode.DENIED,
    "CannotWaive": ExitCode.DENIED,
    "CannotWiden": ExitCode.GATE_NOT_PASSED,
    "ColumnsRefused": ExitCode.INDETERMINATE,
    "RegistrationRefused": ExitCode.DENIED,
    "CheckpointRefused": ExitCode.USAGE,
    "CountsRefused": ExitCode.INDETERMINATE,
    "CountsUnread": ExitCode.INDETERMINATE,
    "MonitorRefused": ExitCode.USAGE,
    "NotWatched": ExitCode.USAGE,
    "RequestRefused": ExitCode.USAGE,
    "ScoreRefused": ExitCode.INDETERMINATE,
    "TooManyCells": ExitCode.INDETERMINATE,
    "AmountRefused": ExitCode.INDETERMINATE,
    "ReadingsRefused": ExitCode.INDETERMINATE,
    "ConfigurationRefused": ExitCode.USAGE,
    "InvitationRefused": ExitCode.DENIED,
    "KeyRefused": ExitCode.USAGE,
    "KeyRefusedForSite": ExitCode.USAGE,
    "HolidayRefused": ExitCode.USAGE,
    "ListNotKept": ExitCode.INDETERMINATE,
    "ListRefused": ExitCode.INDETERMINATE,
    "NotConfigured": ExitCode.USAGE,
    "LooksRefused": ExitCode.USAGE,
    "NoEstimate": ExitCode.USAGE,
    "NoPlan": ExitCode.USAGE,
    "NoLog": ExitCode.INDETERMINATE,
    "NothingToCount": ExitCode.USAGE,
    "NothingToExport": ExitCode.USAGE,
    "OutputsRefused": ExitCode.INDETERMINATE,
    "PasswordRefused": ExitCode.USAGE,
    "SeedRefused": ExitCode.USAGE,
    "SettingsRefused": ExitCode.USAGE,
    "StarterRefused": ExitCode.USAGE,
    "TokenRefused": ExitCode.USAGE,
    "UnknownChange": ExitCode.USAGE,
    "UnknownVersion": ExitCode.USAGE,
    "TooManyGroups": ExitCode.INDETERMINATE,
    "UnknownGate": ExitCode.USAGE,
    "UnknownGuideline": ExitCode.USAGE,
    "UnknownLookBack": ExitCode.USAGE,
    "WorklistRefused": ExitCode.INDETERMINATE,
    "UnknownPerson": ExitCode.USAGE,
    "UnknownRollout": ExitCode.USAGE,
    "UnknownSite": ExitCode.INDETERMINATE,
    "WindowRefused": ExitCode.USAGE,
    "WrongWay": ExitCode.USAGE,
    "DocumentRefused": ExitCode.INDETERMINATE,
    "ResponderRefused": ExitCode.USAGE,
    "ResponderSilent": ExitCode.INDETERMINATE,
    "ResultsRefused": ExitCode.USAGE,
    "ScenariosRefused": ExitCode.INDETERMINATE,
    "UnknownCard": ExitCode.USAGE,
    "EvidenceChanged": ExitCode.INDETERMINATE,
    "LedgerDamaged": ExitCode.INDETERMINATE,
    "LedgerUnreachable": ExitCode.INDETERMINATE,
    "PrefectUnreachable": ExitCode.INDETERMINATE,
    "SchemaRefused": ExitCode.INDETERMINATE,
    "SimulatedEvidence": ExitCode.INDETERMINATE,
    "SourceRefused": ExitCode.INDETERMINATE,
    "SuiteRefused": ExitCode.INDETERMINATE,
    "TrackingRefused": ExitCode.INDETERMINATE,
    "TrackingUnreachable": ExitCode.INDETERMINATE,
}


def code_of(error: BaseException) -> ExitCode | None:
    """Return the exit code of a refusal; ``None`` for an error that is nobody's sentence."""
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((CODES[name] for name in names if name in CODES), None)
