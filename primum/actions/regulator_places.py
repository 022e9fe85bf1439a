"""Where an incident happened, and what is known here of the law of that place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from primum.actions.workplace import Workplace
from primum.integrations.jurisdictions import FOLDER, Pack, packs
from primum.ledger import incident_reading


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an incident happened: its country and zone."""

    country: str
    zone: str


def known_packs(workplace: Workplace) -> tuple[Pack, ...]:
    """Return every pack, shipped or the institution's own."""
    return packs(own=workplace.home / FOLDER)


def places_of(*, site: str, kept: Mapping[str, Any]) -> tuple[Place, ...]:
    """Return where a site is; of a site nobody declared, every place of the rollout, so that no clock is missed."""
    sites: Sequence[Mapping[str, Any]] = kept.get("sites", ())
    named = [one for one in sites if site.casefold() in {str(one["id"]).casefold(), str(one["name"]).casefold()}]
    found = [Place(country=one["country"], zone=one["timezone"]) for one in named or sites]
    return tuple({place.country: place for place in reversed(found)}.values())


@dataclass(frozen=True, kw_only=True)
class KnownPlace:
    """What is known here of the law of one country: whether its clocks can be told, and who is liable (V29-V31)."""

    country: str
    pack: str
    why_unusable: str
    liability: tuple[tuple[str, str, str], ...]


def known_places(*, kept: Mapping[str, Any], workplace: Workplace, site: str = "") -> tuple[KnownPlace, ...]:
    """Return what is known of each country of a rollout, or of the one where a site is; no pack is said as such."""
    packs_by_country = {country: pack for pack in known_packs(workplace) for country in pack.jurisdiction.countries}
    places = places_of(site=site, kept=kept)
    with workplace.ledger.reading() as session:
        return tuple(_known(place.country, packs_by_country.get(place.country), session) for place in places)


def _known(country: str, pack: Pack | None, session: Session) -> KnownPlace:
    if pack is None:
        why = f"No pack is for {country}: no clock runs there and nothing is known of liability; write one."
        return KnownPlace(country=country, pack="", why_unusable=why, liability=())
    jurisdiction, liability = pack.jurisdiction, pack.jurisdiction.liability
    signed = incident_reading.pack_signature(session, digest=pack.digest) is not None
    facts = (
        ("Causality presumed", liability.causality_presumed),
        ("Strict liability", liability.strict),
        ("No-fault fund", liability.no_fault_fund),
    )
    return KnownPlace(
        country=country,
        pack=jurisdiction.id,
        why_unusable=jurisdiction.why_unusable(signed=signed) or "",
        liability=tuple((name, fact.answer, f"{fact.words} ({fact.source.law})") for name, fact in facts),
    )
