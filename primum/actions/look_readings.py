"""
The order of a look: sample ratio, data quality, safety, then efficacy and futility.

What stops it leaves the rest unread: a look that is blocked has computed nothing of outcome (R2.2, R2.3).
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any

from primum.actions import intake
from primum.actions.evaluation import UnknownSite, refuse_simulated
from primum.actions.look_counts import LookTables, allocated_now, outcomes_now, sites_in, why_twice
from primum.actions.look_standing import LookStanding
from primum.actions.workplace import Workplace
from primum.evidence.counts.cells import Cells, UnknownKey
from primum.evidence.designs.paths import LooksRefused
from primum.evidence.measures.safety_stops import SafetyLook, safety_looks
from primum.evidence.models.effects import NoEstimate
from primum.evidence.trials.interim import ArmSizes, Efficacy, arm_sizes, efficacy
from primum.evidence.trials.look_bounds import KeptBound, price_of
from primum.evidence.trials.trial_arms import ARMS, Arms, arms_of, primary_arms
from primum.integrations.figures_flow import few
from primum.integrations.source_limits import SourceRefused
from primum.roadmap import look_words as words
from primum.roadmap.judging import data_finding
from primum.roadmap.looks import LookDecision, LookState, ahead_of
from primum.roadmap.verdicts import Outcome

Statistics = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LookReading:
    """
    What a look came to, as the board reads it, and everything it saw.

    ``p`` is that of the sample ratio, ``sites`` those that have units, if the tables name sites.
    """

    decision: LookDecision
    statistics: Statistics
    p: float | None
    event: str = ""
    sites: frozenset[str] | None = None


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """One look while it is read."""

    tables: LookTables
    standing: LookStanding
    number: int | None
    information: int
    begins: str
    halted: str

    @property
    def final(self) -> bool:
        """True if no planned look follows."""
        return self.number == len(self.standing.protocol.planned_looks)

    def ended(self, state: LookState, sentence: str, sizes: ArmSizes, **seen: object) -> LookReading:
        """Return the reading of a look that ended before efficacy."""
        statistics = {"sample_ratio": {"observed": list(sizes.observed), "p": sizes.p}, **seen}
        return LookReading(decision=LookDecision(state=state, sentence=sentence), statistics=statistics, p=sizes.p)


def read_look(
    *,
    tables: LookTables,
    standing: LookStanding,
    number: int | None,
    information: int,
    begins: str,
    halted: str,
    workplace: Workplace,
) -> LookReading:
    """
    Read one look, in its order, up to what stops it.

    :param begins: how its sentence begins
    :param halted: why nothing can follow from it, if so
    """
    asked = _Asked(
        tables=tables, standing=standing, number=number, information=information, begins=begins, halted=halted
    )
    allocated = allocated_now(tables)
    sizes = arm_sizes(protocol=standing.protocol, cells=allocated)
    limit = standing.rule.sample_ratio
    if sizes.p is not None and Fraction(sizes.p) < Fraction(limit):
        ratio, unit = standing.protocol.ratio, standing.protocol.unit
        shown = [few(one, standing.submission.policy.smallest_cell) for one in sizes.observed]
        said = words.on_ratio(begins=begins, observed=shown, ratio=ratio, p=sizes.p, limit=limit, unit=unit)
        reading = asked.ended(LookState.BLOCKED, said, sizes)
    else:
        reading = _after_ratio(asked, sizes, workplace)
    return replace(reading, sites=sites_in(allocated))


def _after_ratio(asked: _Asked, sizes: ArmSizes, workplace: Workplace) -> LookReading:
    tables = asked.tables
    try:
        checks = intake.check_data(submission=tables.submission, tables=tables.facts, workplace=workplace)
    except SourceRefused as refused:
        return asked.ended(LookState.BLOCKED, words.on_data(begins=asked.begins, finding=str(refused)), sizes)
    bad = next((one for one in checks if one.outcome is not Outcome.PASS), None)
    if bad is not None:
        state = LookState.ERROR if bad.outcome is Outcome.ERROR else LookState.BLOCKED
        finding = data_finding(bad).sentence
        return asked.ended(state, words.on_data(begins=asked.begins, finding=finding), sizes)
    if twice := why_twice(tables):
        return asked.ended(LookState.BLOCKED, words.on_data(begins=asked.begins, finding=twice), sizes)
    try:
        cells = outcomes_now(tables, checks=checks)
    except UnknownSite as refused:
        return asked.ended(LookState.BLOCKED, words.on_data(begins=asked.begins, finding=str(refused)), sizes)
    refuse_simulated(digests=[one.digest for one in tables.facts], cells={"trial": cells})
    try:
        return _outcomes(asked, sizes, cells)
    except (LooksRefused, NoEstimate, UnknownKey) as refused:
        return asked.ended(LookState.ERROR, f"{asked.begins} could not be read: {refused}", sizes)


def _outcomes(asked: _Asked, sizes: ArmSizes, cells: Cells) -> LookReading:
    protocol = asked.standing.protocol
    seen = safety_looks(protocol=protocol, cells=cells, held=asked.standing.safety)
    kept: Statistics = {"flow": _flow(asked, cells), "safety": [_safety(one, cells) for one in seen]}
    unknown = [rule.event for rule in protocol.stopping if rule.event not in {one.event for one in seen}]
    if unknown:
        said = f"{asked.begins}: nobody knows yet how '{unknown[0]}' is in both arms, so efficacy was not read."
        return asked.ended(LookState.INSUFFICIENT, said, sizes, **kept)
    harm = next((one for one in seen if one.stops), None)
    if harm is not None:
        reading = asked.ended(LookState.STOP_FOR_HARM, "", sizes, **kept)
        return _decided(asked, reading, LookState.STOP_FOR_HARM, event=_name_of(asked, harm.event))
    if not primary_arms(protocol=protocol, cells=cells).smallest:
        said = f"{asked.begins}: an arm has no {protocol.unit} with a known outcome yet."
        return asked.ended(LookState.INSUFFICIENT, said, sizes, **kept)
    found = _efficacy(asked, cells)
    kept |= {"primary": _endpoint(primary_arms(protocol=protocol, cells=cells))}
    kept |= {"efficacy": _plain(found) if found else None, "price": _price(asked) if asked.number is None else None}
    reading = asked.ended(LookState.CONTINUE, "", sizes, **kept)
    return _decided(asked, reading, _state(asked, found))


def _efficacy(asked: _Asked, cells: Cells) -> Efficacy | None:
    standing = asked.standing
    return efficacy(protocol=standing.protocol, cells=cells, past=_past(asked), ahead=_ahead(asked))


def _past(asked: _Asked) -> tuple[KeptBound, ...]:
    return tuple(one for one in asked.standing.bounds if one.information < asked.information)


def _ahead(asked: _Asked) -> tuple[int, ...]:
    standing = asked.standing
    return ahead_of(protocol=standing.protocol, number=asked.number, now=asked.information, taken=standing.taken)


def _price(asked: _Asked) -> Mapping[str, float] | None:
    found = price_of(protocol=asked.standing.protocol, past=_past(asked), now=asked.information, ahead=_ahead(asked))
    return asdict(found) if found else None


def _state(asked: _Asked, found: Efficacy | None) -> LookState:
    if found is None:
        return LookState.CONTINUE
    if found.crossed:
        return LookState.CROSSED_EFFICACY
    return LookState.CROSSED_FUTILITY if found.futile or asked.final else LookState.CONTINUE


def _decided(asked: _Asked, reading: LookReading, state: LookState, *, event: str = "") -> LookReading:
    said = words.on_result(
        begins=asked.begins,
        state=state,
        rule=asked.standing.rule,
        event=event,
        final=asked.final,
        halted=asked.halted,
    )
    return replace(reading, decision=LookDecision(state=state, sentence=said), event=event)


def _name_of(asked: _Asked, event: str) -> str:
    return next((one.name for one in asked.standing.protocol.safety if one.event == event), event)


# -- what was seen, as plain JSON ------------------------------------------------------------


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _endpoint(arms: Arms) -> Statistics:
    groups = {
        name: {"events": here.events, "n": here.n}
        for name, here in zip(ARMS, (arms.intervention, arms.control), strict=True)
    }
    return {"arms": groups, "missing": arms.missing}


def _safety(seen: SafetyLook, cells: Cells) -> Statistics:
    bound = None if seen.boundary is None else _finite(float(seen.boundary))
    told = asdict(seen) | {"seen": float(seen.seen), "boundary": bound, "stops": bool(seen.stops)}
    return told | _endpoint(arms_of(cells=cells, event=seen.event))


def _plain(found: Efficacy) -> Statistics:
    ahead = [asdict(one) | {"boundary": _finite(one.boundary)} for one in found.ahead]
    names = ("z", "futility", "spent_before", "spent", "value", "repeated_p", "conditional", "predictive", "words")
    return {
        **{name: getattr(found, name) for name in names},
        "boundary": _finite(found.boundary),
        "lower": _finite(found.interval.lower),
        "upper": _finite(found.interval.upper),
        "ahead": ahead,
    }


def _flow(asked: _Asked, cells: Cells) -> Statistics:
    """Units of each arm in the tables, without an outcome, and analysed."""
    event = asked.standing.protocol.primary.event
    found: Statistics = {}
    for arm in ARMS:
        here = cells.where(arm=arm)
        known = arms_of(cells=here, event=event).n
        analysed = primary_arms(protocol=asked.standing.protocol, cells=here).n
        found[arm] = {"reported": here.total(), "missing": here.total() - known, "analysed": analysed}
    return found
