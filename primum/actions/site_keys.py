"""Keys of sites for the point of care: what a hospital's software shows when it asks for an encounter."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from primum.actions.invitations import digest_of_secret
from primum.actions.workplace import Workplace
from primum.ledger import people_reading
from primum.ledger.people_tables import ApiToken
from primum.ledger.refusals import LedgerUnreachable
from primum.ledger.tables import new_id

PREFIX = "primum_site_"
SCOPE = "expose:"
LONGEST_DAYS = 365
# A key that was ended stops working after so long at the latest, while every answer need not ask for it.
KNOWN_FOR = timedelta(seconds=1)
MOST_KNOWN = 10_000


class KeyRefusedForSite(Exception):
    """No key was made; the message is shown to the person."""


def make(*, sites: tuple[str, ...], person: str, days: int, at: datetime, workplace: Workplace) -> str:
    """
    Make a key for one or more sites and return it; it is shown now and kept nowhere.

    :raises KeyRefusedForSite: without a site, or for longer than a year
    """
    if not sites or not all(site.strip() for site in sites):
        raise KeyRefusedForSite("A key is for at least one site; name it.")
    if not 1 <= days <= LONGEST_DAYS:
        raise KeyRefusedForSite(f"A key lasts between 1 and {LONGEST_DAYS} days; {days} were asked for.")
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        id=new_id(),
        digest=digest_of_secret(secret),
        person=person,
        name=f"point of care: {', '.join(sites)}"[:80],
        scopes=sorted(f"{SCOPE}{site}" for site in sites),
        made_at=at,
        expires_at=at + timedelta(days=days),
    )
    with workplace.ledger.transaction() as tx:
        tx.session.add(row)
    return secret


@dataclass(kw_only=True)
class SiteKeys:
    """The keys this process has seen lately; for one thread."""

    workplace: Workplace
    _known: dict[str, tuple[frozenset[str], datetime]] = field(default_factory=dict, repr=False)

    def sites_of(self, *, header: str, at: datetime) -> frozenset[str]:
        """Return the sites that an ``Authorization`` header may ask for; none for a key that is wrong or over."""
        kind, _, secret = header.partition(" ")
        if kind.lower() != "bearer" or not secret.startswith(PREFIX):
            return frozenset()
        known = self._known.get(secret)
        if known is not None and at - known[1] < KNOWN_FOR:
            return known[0]
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        try:
            sites = self._asked(secret, at)
        except LedgerUnreachable:
            return known[0] if known else frozenset()
        self._known[secret] = (sites, at)
        return sites

    def _asked(self, secret: str, at: datetime) -> frozenset[str]:
        with self.workplace.ledger.reading() as session:
            row = people_reading.token_of_digest(session, digest=digest_of_secret(secret))
        if row is None or row.ended_at is not None or at >= row.expires_at:
            return frozenset()
        return frozenset(scope.removeprefix(SCOPE) for scope in row.scopes if scope.startswith(SCOPE))
