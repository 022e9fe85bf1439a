"""
An incident in the shape of FDA Form 3500A, section by section: what is known here, and what a person adds elsewhere.

It is no form to be sent as it is: section A, the patient, is never filled from here (P9), and the rest is read by a
person before it goes to FDA by its own way of reporting.
"""

from collections.abc import Mapping
from datetime import datetime
from html import escape

from primum.roadmap.incidents import Harm, Severity
from primum.roadmap.told_incident import ToldIncident

Section = Mapping[str, str]
WITHHELD = "Not from here: filled in by the person who reports, from the patient's record."
OUTCOMES = {
    Harm.DEATH: "Death",
    Harm.HOSPITAL: "Hospitalization, initial or prolonged",
    Harm.PERMANENT: "Disability or permanent damage",
    Harm.INTERVENTION: "Required intervention to prevent permanent impairment or damage",
    Harm.NONE: "None of these",
    Harm.TEMPORARY: "Other serious or important medical event, to be judged",
}


def medwatch(told: ToldIncident) -> dict[str, Section]:
    """Return the sections of Form 3500A by their titles, each with its fields as text (P4.5)."""
    return {
        "A. Patient information": {"A1-A6": WITHHELD},
        "B. Adverse event or product problem": {
            "B1 Kind of report": "Adverse event" if told.is_actual else "Product problem (malfunction)",
            "B2 Outcome attributed to the event": OUTCOMES.get(told.harm, "To be judged"),
            "B3 Date of event": _day(told.occurred_at),
            "B4 Date of this report": _day(told.reported_at),
            "B5 Description": told.what,
            "B6-B7 Tests, history": WITHHELD,
        },
        "D. Suspect medical device": {
            "D1 Brand name": told.model.get("name", ""),
            "D2 Common device name": told.title,
            "D3 Manufacturer": told.model.get("provider", ""),
            "D4 Version or lot": told.model.get("version", ""),
            "D5 Operator of device": "Health professional",
        },
        "E. Initial reporter": {
            "E1 Institution": told.institution,
            "E2 Health professional": "Yes",
            "E4 Also sent to FDA": "Yes" if any(one.submitted_at for one in told.clocks) else "No",
        },
        "F. For use by user facility or importer": {
            "F1 Report by": "User facility",
            "F3 Facility": f"{told.institution}, {told.site}",
            "F6 Date facility became aware": _day(told.reported_at),
            "F7 Type of report": "Initial",
            "F10 Event problem code": str(told.category),
            "F11 Report sent to FDA": _sent(told),
        },
        "H. Device manufacturers only": {
            "H1 Type of reportable event": _kind(told.severity),
            "H6 Causality assessed": str(told.causality or "not assessed yet"),
            "H7 Remedial action": "Use suspended" if told.suspended else "None yet",
            "H10 Known from labelling": str(told.disclosure or "not compared yet"),
        },
        "What it rested on": dict(told.approved),
    }


def medwatch_page(told: ToldIncident) -> str:
    """Return the same as one page of HTML that needs nothing else."""
    parts = [f"<h1>Form FDA 3500A, prepared from incident {escape(told.id)}</h1>"]
    for title, fields in medwatch(told).items():
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in fields.items()
        )
        parts.append(f"<h2>{escape(title)}</h2><table>{rows}</table>")
    style = "body{font:1rem/1.4 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}th{text-align:left}"
    body = "\n".join(parts)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Form FDA 3500A</title>'
        f"<style>{style}</style></head><body><main>\n{body}\n</main></body></html>\n"
    )


def _kind(severity: Severity) -> str:
    if severity is Severity.DEATH:
        return "Death"
    return "Serious injury" if severity is Severity.SERIOUS else "Malfunction, to be judged"


def _sent(told: ToldIncident) -> str:
    sent = [one for one in told.clocks if one.submitted_at is not None]
    return ", ".join(f"{_day(one.submitted_at)} ({one.reference})" for one in sent if one.submitted_at) or "Not yet"


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
