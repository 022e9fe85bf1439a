"""Which site has seen that a rollout is suspended, by when each has to, and which systems may ask there (V19)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from primum.actions.site_keys import SCOPE
from primum.actions.workplace import Workplace
from primum.ledger import incident_reading, reading, scale_reading
from primum.ledger.people_tables import ApiToken
from primum.ledger.scale_tables import SiteAcknowledgement
from primum.ledger.tables import Suspension
from primum.ledger.transactions import Transaction
from primum.roadmap.people import Person


class CannotAcknowledge(Exception):
    """The acknowledgement was refused; the message is shown to whoever sent it."""


@dataclass(frozen=True, kw_only=True)
class SiteStanding:
    """One site that was told of a suspension; ``systems`` are the keys that may ask for it now."""

    site: str
    due_at: datetime
    by: str = ""
    channel: str = ""
    at: datetime | None = None
    overdue: bool = False
    systems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SuspensionStanding:
    """One suspension and how far its sites have seen it; ``counts`` of exposed units are suppressed where small."""

    suspension: str
    rollout: str
    by: str
    at: datetime
    reason: str
    for_harm: bool
    sites: tuple[SiteStanding, ...]
    lifted_at: datetime | None = None
    listed: str = ""
    counts: tuple[tuple[str, str], ...] = ()

    @property
    def waiting(self) -> tuple[str, ...]:
        """The sites that have not acknowledged."""
        return tuple(one.site for one in self.sites if one.at is None)


def acknowledge(*, rollout: str, site: str, person: Person, channel: str, at: datetime, workplace: Workplace) -> bool:
    """
    Note that a site has seen that a rollout is suspended; a second time changes nothing and returns False.

    :raises CannotAcknowledge: if it is not suspended, the site was not told, or the person holds no role here
    """
    if not person.roles_at(rollout=rollout, at=at):
        raise CannotAcknowledge(f"{person.name} holds no role for {rollout} at this time.")
    return _acknowledge(rollout, site, by=person.id, channel=channel, at=at, workplace=workplace)


def acknowledge_by_key(*, rollout: str, site: str, sites: frozenset[str], at: datetime, workplace: Workplace) -> bool:
    """
    Note that a site's own system has seen it, which showed the key of that site.

    :param sites: the sites that the key is for
    :raises CannotAcknowledge: if the key is not of that site, or as in ``acknowledge``
    """
    if site not in sites:
        raise CannotAcknowledge("This key is not one of that site.")
    return _acknowledge(rollout, site, by=f"system of {site}", channel="site-key", at=at, workplace=workplace)


def _acknowledge(rollout: str, site: str, *, by: str, channel: str, at: datetime, workplace: Workplace) -> bool:
    with workplace.ledger.transaction() as tx:
        record = tx.lock_rollout(rollout)
        standing = reading.suspension(tx.session, rollout=rollout)
        if record is None or standing is None:
            raise CannotAcknowledge(f"Rollout '{rollout}' is not suspended; there is nothing to acknowledge.")
        told = [one.site for one in incident_reading.notices(tx.session, suspension=standing.id)]
        if site not in told:
            raise CannotAcknowledge(f"The site '{site}' was not told; told were {', '.join(told) or 'none'}.")
        if site in {one.site for one in scale_reading.acknowledgements(tx.session, subject=standing.id)}:
            return False
        _write(tx, standing, site, by=by, channel=channel, at=at)
        return True


def _write(tx: Transaction, standing: Suspension, site: str, *, by: str, channel: str, at: datetime) -> None:
    row = SiteAcknowledgement(
        rollout=standing.rollout, subject=standing.id, site=site, person=by, channel=channel, at=at
    )
    tx.session.add(row)
    said = {"suspension": standing.id, "site": site}
    tx.record(kind="site.acknowledged", rollout=standing.rollout, person=by, at=at, body=said)
    tx.session.flush()
    left = still_silent(tx.session, suspension=standing.id)
    tx.notify(kind="site.acknowledged", rollout=standing.rollout, gate=None, body={**said, "left": len(left)}, at=at)


def still_silent(session: Session, *, suspension: str) -> tuple[str, ...]:
    """Return the sites that were told of a suspension and have not acknowledged it."""
    seen = {one.site for one in scale_reading.acknowledgements(session, subject=suspension)}
    told = incident_reading.notices(session, suspension=suspension)
    return tuple(one.site for one in told if one.site not in seen)


def standing_of(*, rollout: str, at: datetime, workplace: Workplace) -> SuspensionStanding | None:
    """Return the suspension in force and which sites have seen it; the last one if none is; None if never."""
    with workplace.ledger.reading() as session:
        row = reading.suspension(session, rollout=rollout)
        if row is None:
            before = scale_reading.suspensions(session, rollout=rollout)
            row = before[-1] if before else None
        return None if row is None else _standing(session, row, at)


def _standing(session: Session, row: Suspension, at: datetime) -> SuspensionStanding:
    seen = {one.site: one for one in scale_reading.acknowledgements(session, subject=row.id)}
    keys = session.exec(select(ApiToken)).all()
    listed = incident_reading.exposed_list(session, suspension=row.id)
    sites = tuple(
        _site(notice.site, notice.due_at, seen.get(notice.site), keys, row, at)
        for notice in incident_reading.notices(session, suspension=row.id)
    )
    return SuspensionStanding(
        suspension=row.id,
        rollout=row.rollout,
        by=row.person,
        at=row.at,
        reason=row.reason,
        for_harm=bool(row.for_harm),
        sites=sites,
        lifted_at=row.lifted_at,
        listed=listed.file if listed else "",
        counts=tuple(sorted((str(one), str(count)) for one, count in listed.counts.items())) if listed else (),
    )


def _site(
    site: str,
    due: datetime,
    seen: SiteAcknowledgement | None,
    keys: Sequence[ApiToken],
    row: Suspension,
    at: datetime,
) -> SiteStanding:
    mine = tuple(
        key.name for key in keys if f"{SCOPE}{site}" in key.scopes and key.ended_at is None and at < key.expires_at
    )
    if seen is None:
        return SiteStanding(site=site, due_at=due, overdue=row.lifted_at is None and at >= due, systems=mine)
    return SiteStanding(site=site, due_at=due, by=seen.person, channel=seen.channel, at=seen.at, systems=mine)
