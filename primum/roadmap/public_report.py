"""What the public is told of incidents: counts by kind and severity of a time, nobody and no small place (N6, P9)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from primum.roadmap.incidents import Category, Severity


@dataclass(frozen=True, kw_only=True)
class CountedIncident:
    """The little of an incident that is counted."""

    severity: Severity
    category: Category
    site: str


@dataclass(frozen=True, kw_only=True)
class PublicReport:
    """Counts as text, so that a suppressed one reads as such; sites only where each has enough."""

    title: str
    institution: str
    begins: date
    ends: date
    total: str
    by_severity: Mapping[str, str]
    by_category: Mapping[str, str]
    by_site: Mapping[str, str]
    suspensions: int
    note: str

    def plain(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return {
            "title": self.title,
            "institution": self.institution,
            "period": {"begins": self.begins.isoformat(), "ends": self.ends.isoformat()},
            "incidents": self.total,
            "by severity": dict(self.by_severity),
            "by category": dict(self.by_category),
            "by site": dict(self.by_site),
            "suspensions": self.suspensions,
            "note": self.note,
        }

    def as_markdown(self) -> str:
        """Return the report as Markdown."""
        lines = [f"# Incidents with {self.title}", "", f"{self.institution}, {self.begins} to {self.ends}.", ""]
        lines += [f"Reported: {self.total}. Suspensions in this time: {self.suspensions}.", ""]
        for heading, counts in (
            ("By severity", self.by_severity),
            ("By kind", self.by_category),
            ("By site", self.by_site),
        ):
            if counts:
                lines += [f"## {heading}", "", "| | Reported |", "|---|---|"]
                lines += [f"| {name.replace('-', ' ')} | {count} |" for name, count in counts.items()] + [""]
        return "\n".join([*lines, self.note, ""])


def public_report(
    counted: Sequence[CountedIncident],
    *,
    title: str,
    institution: str,
    begins: date,
    ends: date,
    suspensions: int,
    smallest_cell: int,
) -> PublicReport:
    """
    Count incidents for the public; a cell under the smallest is not told, nor one from which it would follow.

    Sites are named only where every one of them with an incident has at least so many.
    """
    sites = _counts(one.site for one in counted)
    shown = sites if sites and all(count >= smallest_cell for count in sites.values()) and len(sites) > 1 else {}
    return PublicReport(
        title=title,
        institution=institution,
        begins=begins,
        ends=ends,
        total=_told(len(counted), smallest_cell),
        by_severity=_cells(_counts(str(one.severity) for one in counted), smallest_cell, list(map(str, Severity))),
        by_category=_cells(_counts(str(one.category) for one in counted), smallest_cell, list(map(str, Category))),
        by_site={site: str(count) for site, count in sorted(shown.items())},
        suspensions=suspensions,
        note=(
            f"Counts from 1 to {smallest_cell - 1} are not told, nor a count from which one would follow. "
            "No patient, no member of staff and no words of a report stand here."
        ),
    )


def _counts(keys: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key in keys:
        found[key] = found.get(key, 0) + 1
    return found


def _cells(counts: Mapping[str, int], smallest_cell: int, order: Sequence[str]) -> dict[str, str]:
    """One small cell alone would follow from the total, so that the next larger goes with it; none of none is told."""
    small = {name for name, count in counts.items() if count < smallest_cell}
    rest = {name: count for name, count in counts.items() if name not in small}
    if len(small) == 1 and rest:
        small |= {min(rest, key=lambda name: (rest[name], name))}
    few = f"fewer than {smallest_cell}, or not told"
    return {name: few if name in small else str(counts[name]) for name in order if name in counts}


def _told(count: int, smallest_cell: int) -> str:
    return str(count) if count == 0 or count >= smallest_cell else f"fewer than {smallest_cell}"
