"""What is left of a concealed list, and the arms of the places that are given away now; nobody is shown the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from primum.ledger import list_reading
from primum.ledger.list_tables import ConcealedList, ConcealedPlaces
from primum.ledger.refusals import LedgerDamaged
from primum.ledger.sealing import SealBroken, keyed_digest, opened, sealed
from primum.roadmap.randomisation_list import ARMS, ListedStratum, RandomisationList

PURPOSE = "randomisation list"
DIGESTS = "digest of a randomisation list"


@dataclass(frozen=True, kw_only=True)
class OpenedList:
    """The arms of some strata of a rollout's list, for the moment in which places are given away."""

    letters: Mapping[str, str] = field(repr=False)
    warn_at: int
    digests: tuple[str, ...]
    people: tuple[str, ...]

    def arm(self, *, stratum: str, position: int) -> str | None:
        """Return the arm of one place, from 0; ``None`` beyond the last."""
        letters = self.letters.get(stratum, "")
        return ARMS[letters[position]] if position < len(letters) else None

    def arms(self, *, stratum: str, count: int) -> list[str]:
        """Return the arms of the first places of a stratum, as far as there are so many."""
        return [ARMS[letter] for letter in self.letters.get(stratum, "")[:count]]


def opened_list(
    session: Session, *, lists: Sequence[ConcealedList], seed: bytes, strata: Sequence[str] | None = None
) -> OpenedList:
    """
    Open the lists in force, for some strata or for all.

    :raises LedgerDamaged: if what is sealed was changed
    """
    named, found = {one.id: one for one in lists}, dict[str, str]()
    for row in list_reading.places_of(session, lists=lists, strata=strata):
        before = found.get(row.stratum, "")
        letters = _letters(row, named[row.concealed_list], seed)
        if len(before) != row.first or len(letters) != row.places:
            raise LedgerDamaged(f"The places of the stratum '{row.stratum}' do not follow each other; some are gone.")
        found[row.stratum] = before + letters
    return OpenedList(
        letters=found,
        warn_at=lists[-1].warn_at,
        digests=tuple(one.digest for one in lists),
        people=tuple(sorted({one.person for one in lists})),
    )


def places(*, taken: ConcealedList, content: RandomisationList, seed: bytes) -> list[ConcealedPlaces]:
    """Return the sealed rows of a list."""
    return [
        ConcealedPlaces(
            concealed_list=taken.id,
            stratum=stratum,
            first=one.first - 1,
            places=len(one.letters),
            sealed=sealed(one.letters, seed=seed, purpose=PURPOSE, place=_place(taken, stratum, one)),
        )
        for stratum, one in sorted(content.strata.items())
    ]


def list_digest(*, rollout: str, content: RandomisationList, seed: bytes) -> str:
    """Return the digest that a list is known by; without the seed nothing can be tried out against it."""
    return keyed_digest(f"{rollout}\n{content.spelled}", seed=seed, purpose=DIGESTS)


def places_left(session: Session, *, rollout: str, lists: Sequence[ConcealedList]) -> dict[str, int]:
    """Return how many places of each stratum nobody has; of neither arm by itself."""
    given = list_reading.given_away(session, rollout=rollout, protocol=lists[-1].protocol)
    every = list_reading.places_in_all(session, lists=lists)
    return {stratum: count - given.get(stratum, 0) for stratum, count in every.items()}


def _letters(row: ConcealedPlaces, taken: ConcealedList, seed: bytes) -> str:
    one = ListedStratum(first=row.first + 1, letters="")
    try:
        return opened(row.sealed, seed=seed, purpose=PURPOSE, place=_place(taken, row.stratum, one))
    except SealBroken:
        raise LedgerDamaged(
            f"The list {taken.number} of '{taken.rollout}' cannot be opened for the stratum '{row.stratum}': it was "
            "changed in the database. Run `primum audit verify`; nobody is allocated from it."
        ) from None


def _place(taken: ConcealedList, stratum: str, one: ListedStratum) -> str:
    return f"{taken.rollout}\n{taken.protocol}\n{taken.id}\n{stratum}\n{one.first}"
