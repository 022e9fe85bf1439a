"""Which HTTP status a refusal means, by the name of its class; what is nobody's sentence is withheld (P9)."""

from http import HTTPStatus

OURS = "primum."
# Faults of our own code: their messages are for us.
WITHHELD = frozenset({"NaiveTime", "OutOfOrder", "ReadOnly", "Unloggable", "Unrecorded"})
STATUS = {
    "NotSignedIn": HTTPStatus.UNAUTHORIZED,
    "NotAllowed": HTTPStatus.FORBIDDEN,
    "CannotSignIn": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ProviderRefused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "Forged": HTTPStatus.FORBIDDEN,
    "TooLarge": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "TooMany": HTTPStatus.TOO_MANY_REQUESTS,
    "InvitationRefused": HTTPStatus.GONE,
    "RequestRefused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "TokenRefused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "PasswordRefused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "UnknownEntry": HTTPStatus.NOT_FOUND,
    "Unwritable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "NotFromRegistry": HTTPStatus.UNAUTHORIZED,
    "NotWatched": HTTPStatus.NOT_FOUND,
    "UnknownAlarm": HTTPStatus.NOT_FOUND,
    "UnknownCard": HTTPStatus.NOT_FOUND,
    "UnknownChange": HTTPStatus.NOT_FOUND,
    "UnknownGate": HTTPStatus.NOT_FOUND,
    "UnknownLook": HTTPStatus.NOT_FOUND,
    "UnknownGuideline": HTTPStatus.NOT_FOUND,
    "UnknownIncident": HTTPStatus.NOT_FOUND,
    "UnknownPerson": HTTPStatus.NOT_FOUND,
    "UnknownRollout": HTTPStatus.NOT_FOUND,
    "ConfigurationRefused": HTTPStatus.SERVICE_UNAVAILABLE,
    "LedgerDamaged": HTTPStatus.SERVICE_UNAVAILABLE,
    "LedgerUnreachable": HTTPStatus.SERVICE_UNAVAILABLE,
    "PrefectUnreachable": HTTPStatus.SERVICE_UNAVAILABLE,
    "ProviderUnreachable": HTTPStatus.BAD_GATEWAY,
    "SchemaRefused": HTTPStatus.SERVICE_UNAVAILABLE,
    "TrackingUnreachable": HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(error: BaseException) -> HTTPStatus | None:
    """Return the status of one of our refusals, 409 unless listed; ``None`` for an error that is nobody's sentence."""
    kinds = [kind for kind in type(error).__mro__ if kind.__module__.startswith(OURS)]
    if not kinds or any(kind.__name__ in WITHHELD for kind in kinds):
        return None
    listed = (STATUS[kind.__name__] for kind in kinds if kind.__name__ in STATUS)
    return next(listed, HTTPStatus.CONFLICT)


def place_of(error: BaseException) -> str:
    """Return the deepest line of our own code that an error passed, to be reported instead of its message."""
    place, step = "an unknown place", error.__traceback__
    while step is not None:
        module = str(step.tb_frame.f_globals.get("__name__", ""))
        if module.startswith("primum"):
            place = f"{module}:{step.tb_lineno}"
        step = step.tb_next
    return place
