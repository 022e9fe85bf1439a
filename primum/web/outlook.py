"""What would change a result: how many more are needed, or that more of the same will not help."""

from collections.abc import Sequence

from primum.roadmap.estimates import Estimate
from primum.roadmap.judging import weigh
from primum.roadmap.policy import Criterion, Threshold
from primum.roadmap.verdicts import Finding, Outcome
from primum.roadmap.wording import scope_of

MOST = 3
ON_AN_INTERVAL = ("lower", "upper")


def outlook_of(finding: Finding, *, rule: Criterion | None) -> tuple[str, ...]:
    """Return what would change a finding, a sentence for each group that holds it; nothing where it passes."""
    threshold = rule.threshold if rule else None
    if threshold is None or finding.outcome is Outcome.PASS:
        return ()
    if finding.outcome is Outcome.ERROR or not finding.estimates:
        return ("It takes a table from which this can be measured.",)
    deciding = _deciding(finding, threshold)
    if finding.outcome is Outcome.FAIL:
        return (_failed(threshold, deciding),)
    sentences = list(dict.fromkeys(_undecided(estimate) for estimate in deciding))
    more = len(sentences) - MOST
    rest = "1 more group is" if more == 1 else f"{more} more groups are"
    return (*sentences[:MOST], *([f"{rest} not yet decided either."] if more > 0 else []))


def _deciding(finding: Finding, threshold: Threshold) -> list[Estimate]:
    """Return the groups whose outcome is the finding's; the widest gap only where no group is named."""
    rows = [one for one in finding.estimates if weigh(threshold=threshold, estimate=one) is finding.outcome]
    levels = [one for one in rows if "=" in one.scope]
    return sorted(levels or rows, key=lambda one: -(one.needed or 0))


def _failed(threshold: Threshold, deciding: Sequence[Estimate]) -> str:
    if threshold.bound not in ON_AN_INTERVAL:
        return "The number itself decides here, and it does not meet what is asked."
    words = (
        "More data of the same kind will hardly change this: even the more favourable end of the interval"
        f"{_where(deciding)} does not meet what is asked. It takes another model, another threshold or another use."
    )
    needed = next((one for one in deciding if one.needed), None)
    if needed is None:
        return words
    return f"{words} If chance alone had made it look so, about {_more(needed)} would be needed to show that."


def _where(deciding: Sequence[Estimate]) -> str:
    names = [named for one in deciding if (named := scope_of(one))]
    if not names:
        return ""
    said = [*names[:MOST], f"{len(names) - MOST} more"] if len(names) > MOST else names
    return f" for {' and '.join(filter(None, (', '.join(said[:-1]), said[-1])))}"


def _more(estimate: Estimate) -> str:
    named = scope_of(estimate)
    return f"{estimate.needed:,} more {estimate.unit}{f' in {named}' if named else ''}"


def _undecided(estimate: Estimate) -> str:
    named = scope_of(estimate)
    if estimate.suppressed:
        return f"{named or 'The whole'} has too few {estimate.unit} to show; it takes more of them."
    if estimate.value is None:
        return (
            f"It must first be measurable{f' for {named}' if named else ''}; at present: {estimate.note or 'no data'}."
        )
    if estimate.needed:
        return f"About {_more(estimate)} would decide it, if the truth is as good as asked."
    where = f" for {named}" if named else ""
    return f"The interval{where} is too wide to decide; more {estimate.unit} would narrow it, to one side or the other."
