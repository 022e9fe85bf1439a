"""One number with all that makes it readable: n, events, interval, method."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """
    One measured quantity.

    ``lower`` and ``upper`` are the ends of the two-sided interval at ``confidence``; each end
    is also the one-sided bound at ``(1 + confidence) / 2``. ``None`` means "cannot be known
    from these data" and is never a pass (P8). ``needed`` is how many more units (of ``unit``)
    would be needed for a decision if the truth is what the policy hopes for; ``None`` if unknown.
    ``exact`` is the value as whole numbers, ``36/50``, where it is one fraction of counts; a
    threshold on the value itself compares that, since 91/100 - 86/100 is 1/20 and no float is.
    """

    metric: str
    value: float | None
    lower: float | None
    upper: float | None
    confidence: float
    method: str
    n: int
    events: int | None = None
    scope: str = "all"
    adjusted: str = "raw"
    needed: int | None = None
    unit: str = "patients"
    note: str = ""
    suppressed: bool = False
    exact: str = ""

    @property
    def known(self) -> bool:
        """True if the value and both ends are finite numbers."""
        ends = (self.value, self.lower, self.upper)
        return all(end is not None and abs(end) < float("inf") for end in ends)
