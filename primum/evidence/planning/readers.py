"""How many cases a reader study needs, with the readers it has: readers and cases both stand for others like them."""

from dataclasses import dataclass
from fractions import Fraction

from scipy.stats import f as f_distribution
from scipy.stats import ncf

from primum.evidence.planning.assumed import NoPlan
from primum.roadmap.protocol import Protocol

OBUCHOWSKI_ROCKETTE = "Obuchowski-Rockette with Hillis' degrees of freedom"
MOST_CASES = 100_000


@dataclass(frozen=True, kw_only=True)
class ReaderStudy:
    """
    What a reader study is sized on: the gain in the area under the curve, and how areas vary and go together.

    ``error`` is the variance of one reader's area on ``of_cases`` cases, the covariances those of the same
    reader with and without the model, of two readers who read the same way, and of two who do not.
    """

    gain: float
    readers: int
    of_cases: int
    interaction: float
    error: float
    same_reader: float
    same_reading: float
    neither: float


def study_of(protocol: Protocol) -> ReaderStudy:
    """
    Return what a protocol assumes of its readers.

    :raises NoPlan: if it says nothing of them
    """
    said = protocol.planning.reading if protocol.planning else None
    if said is None:
        raise NoPlan("A reader study is sized on its readers; give `reading` in the protocol's `planning`.")
    gain, interaction, error, first, second, third = (
        float(Fraction(one))
        for one in (said.gain, said.interaction, said.error, said.same_reader, said.same_reading, said.neither)
    )
    return ReaderStudy(
        gain=gain,
        readers=said.readers,
        of_cases=said.of_cases,
        interaction=interaction,
        error=error,
        same_reader=first,
        same_reading=second,
        neither=third,
    )


def reader_power(*, study: ReaderStudy, cases: int, alpha: float) -> float:
    """
    Return the chance to show the gain with so many cases read by each reader both ways.

    Readers and cases are both random (Hillis, Obuchowski and Berbaum 2011); ``alpha`` is one-sided.

    :raises NoPlan: with fewer than two readers, or variances that cannot be
    """
    scale = study.of_cases / cases
    together = max(study.same_reading - study.neither, 0.0) * scale
    own = (study.error - study.same_reader) * scale
    both = study.interaction + own - together
    if study.readers < 2 or both <= 0 or study.gain <= 0:  # noqa: PLR2004 -- one reader stands for nobody else
        raise NoPlan("A reader study needs two readers, a gain above 0, and variances that leave some error.")
    noise = both + study.readers * together
    degrees = (study.readers - 1) * (noise / both) ** 2
    critical = float(f_distribution.isf(2 * alpha, 1, degrees))
    return float(ncf.sf(critical, 1, degrees, study.readers * study.gain**2 / 2 / noise))


def cases_needed(*, study: ReaderStudy, alpha: float, power: float) -> int:
    """
    Return the fewest cases that show the gain so often.

    :raises NoPlan: if no number of cases does with these readers
    """
    if reader_power(study=study, cases=MOST_CASES, alpha=alpha) < power:
        raise NoPlan(
            f"With {study.readers} readers no number of cases shows this gain {100 * power:.0f} times in a hundred; "
            "readers differ too much in it, plan more of them."
        )
    low, high = 1, MOST_CASES
    while low < high:
        middle = (low + high) // 2
        if reader_power(study=study, cases=middle, alpha=alpha) >= power:
            high = middle
        else:
            low = middle + 1
    return low
