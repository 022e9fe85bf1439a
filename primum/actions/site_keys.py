"""Keys of sites for the point of care: what a hospital's software shows when it asks for an encounter."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from primum.actions.invitations import digest_of_secret
from primum.actions.suspension import people_who_may_stop
from primum.actions.workplace import Workplace
from primum.ledger import people_reading, reading
from primum.ledger.people_tables import ApiToken
from primum.ledger.refusals import LedgerUnreachable
from primum.ledger.tables import new_id
from primum.roadmap.people import Person
from primum.roadmap.roles import Role

PREFIX = "primum_site_"
SCOPE = "expose:"
LONGEST_DAYS = 365
MAY_KEY = frozenset({Role.CLINICAL_LEAD, Role.ML_OPS, Role.SAFETY_OFFICER, Role.TECHNOLOGIST})
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


@dataclass(frozen=True, kw_only=True)
class SiteKey:
    """A key that is in force, without its secret."""

    id: str
    sites: tuple[str, ...]
    person: str
    made_at: datetime
    expires_at: datetime


def why_not_key(*, person: Person, rollout: str, at: datetime) -> str | None:
    """Return the one reason why somebody may make or end no key for the sites of a rollout, if there is one."""
    if person.roles_at(rollout=rollout, at=at) & MAY_KEY:
        return None
    return f"{person.name} holds none of the roles that make keys for sites of {rollout}: {', '.join(sorted(MAY_KEY))}."


def make_for(
    *, rollout: str, sites: tuple[str, ...], person: Person, days: int, at: datetime, workplace: Workplace
) -> str:
    """
    Make a key for sites of a rollout, by one of its people, and return it; it is shown now and kept nowhere.

    :raises KeyRefusedForSite: if they may not, or a site is not one of the rollout's, or for longer than a year
    """
    if problem := why_not_key(person=person, rollout=rollout, at=at):
        raise KeyRefusedForSite(problem)
    ours = sites_of(rollout=rollout, workplace=workplace)
    if foreign := sorted(set(sites) - set(ours)):
        raise KeyRefusedForSite(f"'{foreign[0]}' is no site of {rollout}; it has {', '.join(ours) or 'none'}.")
    return make(sites=sites, person=person.id, days=days, at=at, workplace=workplace)


def make_wherever(*, sites: tuple[str, ...], person: str, days: int, at: datetime, workplace: Workplace) -> str:
    """
    Make a key for sites of any rollouts, by one who may make keys for each site; it is shown now and kept nowhere.

    :raises KeyRefusedForSite: if they may not, or no rollout has such a site, or for longer than a year
    """
    with workplace.ledger.reading() as session:
        rollouts = [record.id for record in reading.rollouts(session)]
    known = {rollout: sites_of(rollout=rollout, workplace=workplace) for rollout in rollouts}
    for site in sites:
        theirs = [rollout for rollout, ours in known.items() if site in ours]
        if not theirs:
            every = ", ".join(sorted({one for ours in known.values() for one in ours})) or "none"
            raise KeyRefusedForSite(f"'{site}' is no site of a rollout; known are {every}.")
        refused = [_why_not_there(rollout, person, at, workplace) for rollout in theirs]
        if None not in refused:
            raise KeyRefusedForSite(str(refused[0]))
    return make(sites=sites, person=person, days=days, at=at, workplace=workplace)


def _why_not_there(rollout: str, person: str, at: datetime, workplace: Workplace) -> str | None:
    people = people_who_may_stop(rollout=rollout, workplace=workplace)
    who = next((one for one in people if one.id == person), None)
    if who is None:
        return f"'{person}' is nobody of {rollout}, whose site it is; its people.yaml says who is."
    return why_not_key(person=who, rollout=rollout, at=at)


def keys_of(*, rollout: str, at: datetime, workplace: Workplace) -> tuple[SiteKey, ...]:
    """Return the keys in force that may ask for a site of a rollout, the newest first."""
    ours = set(sites_of(rollout=rollout, workplace=workplace))
    with workplace.ledger.reading() as session:
        rows = people_reading.tokens(session)
    found = [_shown(row) for row in rows if row.ended_at is None and at < row.expires_at]
    return tuple(one for one in reversed(found) if ours & set(one.sites))


def end(*, key: str, rollout: str, person: Person, at: datetime, workplace: Workplace) -> None:
    """
    End a key of a site of a rollout; the point of care refuses it within a second.

    :raises KeyRefusedForSite: if they may not, or there is no such key for one of its sites
    """
    if problem := why_not_key(person=person, rollout=rollout, at=at):
        raise KeyRefusedForSite(problem)
    if key not in {one.id for one in keys_of(rollout=rollout, at=at, workplace=workplace)}:
        raise KeyRefusedForSite("There is no such key for a site of this rollout; it may have ended.")
    with workplace.ledger.transaction() as tx:
        row = people_reading.token(tx.session, token=key)
        if row is not None:
            row.ended_at = row.ended_at or at


def sites_of(*, rollout: str, workplace: Workplace) -> tuple[str, ...]:
    """Return the sites a rollout was registered with."""
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
    return tuple(str(site["id"]) for site in json.loads(record.spec).get("sites", ())) if record else ()


def _shown(row: ApiToken) -> SiteKey:
    sites = tuple(scope.removeprefix(SCOPE) for scope in row.scopes if scope.startswith(SCOPE))
    return SiteKey(id=row.id, sites=sites, person=row.person, made_at=row.made_at, expires_at=row.expires_at)


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
