"""The one sentence of a look: what it read, what stopped it, what follows. None names an outcome by arm."""

from collections.abc import Sequence

from primum.roadmap.look_rules import LookRule
from primum.roadmap.looks import LookState

NOTHING_READ = "nothing of outcome was read"


def head(*, number: int | None, of: int, information: int, planned: int, unit: str) -> str:
    """Return how a sentence on a look begins: ``Look 2 of 3 at 602 of 948 patients``."""
    which = f"Look {number} of {of}" if number is not None else "A look that nobody planned"
    over = ", more than the plan" if information > planned else ""
    return f"{which} at {information:,} of {planned:,} {unit}s{over}"


def on_ratio(*, begins: str, observed: Sequence[str], ratio: Sequence[int], p: float, limit: str, unit: str) -> str:
    """Return the sentence of a look whose arms have sizes that the plan hardly gives; small ones come as words (P9)."""
    return (
        f"{begins}: {observed[0]} against {observed[1]} {unit}s, planned {ratio[0]}:{ratio[1]} "
        f"(p {p:.2g}, below {limit}); {NOTHING_READ} until somebody has found out why."
    )


def on_data(*, begins: str, finding: str) -> str:
    """Return the sentence of a look whose data are not sound."""
    return f"{begins}: {finding.rstrip('.')}; {NOTHING_READ}."


def on_result(*, begins: str, state: LookState, rule: LookRule, event: str, final: bool, halted: str) -> str:
    """
    Return the sentence of a look that read outcomes, as the board reads it.

    :param event: the safety endpoint whose boundary was crossed
    :param halted: why nothing could follow (a replay, a suspension), if so
    """
    said = {
        LookState.CONTINUE: "no boundary was crossed; the trial goes on",
        LookState.STOP_FOR_HARM: f"the safety boundary of '{event}' was crossed; {_after_harm(rule, halted)}",
        LookState.CROSSED_EFFICACY: f"the efficacy boundary was crossed; {_after_efficacy(rule, halted)}",
        LookState.CROSSED_FUTILITY: _futility(rule, final=final, halted=halted),
    }
    return f"{begins}: {said[state]}."


def _after_harm(rule: LookRule, halted: str) -> str:
    if halted:
        return halted
    return "the rollout is suspended" if rule.on_harm == "suspend" else "the board is told and decides"


def _after_efficacy(rule: LookRule, halted: str) -> str:
    if halted:
        return halted
    if rule.on_efficacy == "tell":
        return "the board is told, and nothing is promoted by it"
    return "the pilot's gate is asked for, where people decide"


def _futility(rule: LookRule, *, final: bool, halted: str) -> str:
    if final:
        return "the trial is complete and did not cross its last boundary"
    after = halted or ("the rollout is suspended" if rule.on_futility == "suspend" else "the board advises")
    return f"the futility boundary was crossed; {after}"


def for_team(*, begins: str) -> str:
    """Return what the team reads of a look from which nothing follows for them."""
    return f"{begins} was taken; nothing follows from it for the team."


def on_suspension(since: str) -> str:
    """Return what is said beside a look that was taken while its rollout was suspended."""
    return f"The rollout is suspended since {since}; the look was taken, and it sets nothing going."


def on_silent(sites: Sequence[str]) -> str:
    """Return what is said of sites that were to enrol and have reported nothing."""
    named = ", ".join(sites[:5]) + (f" and {len(sites) - 5} more" if len(sites) > 5 else "")  # noqa: PLR2004 -- more than five names are no help in a sentence
    return f"Nothing was reported by {named}; the look counts the other sites."


def on_passed(numbers: Sequence[int]) -> str:
    """Return what is said of planned looks that the information overtook before anybody looked."""
    which = " and ".join(map(str, numbers))
    return f"Information came in past planned look {which} before anybody looked; this look stands for it."


def on_replay(*, n: int, whole: int, unit: str) -> str:
    """Return what is said of a look at a finished trial."""
    if n == whole:
        return f"Taken afterwards, on all {whole:,} {unit}s of the published table."
    return f"Taken afterwards, on the first {n:,} of {whole:,} {unit}s as the published table lists them at each site."
