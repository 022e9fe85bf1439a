"""The predictions a trainer handed back: a CSV of numbers, counted before one of them is believed."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from primum.integrations.training_files import OutputRefused
from primum.roadmap.training import PredictionCounts, why_not_predictions

HEADER = ["case_id", "prediction", "score"]
LARGEST = 512 * 2**20
ANSWERS = ("0", "1")


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Answers and scores in the order of the cases; they stay in the data plane."""

    answers: tuple[str, ...]
    scores: tuple[float, ...]


def read_predictions(path: Path, *, case_ids: Sequence[str]) -> Predictions:
    """
    Read the predictions for these cases.

    A CSV and not Parquet or a pickle: text cannot run anything.

    :raises OutputRefused: with the one reason, in counts
    """
    if path.stat().st_size > LARGEST:
        raise OutputRefused(f"The trainer's predictions are larger than {LARGEST // 2**20:,} MB.")
    wanted = {case: place for place, case in enumerate(case_ids)}
    answers, scores = [""] * len(wanted), [math.nan] * len(wanted)
    rows = unknown = repeated = 0
    for case, answer, score in _rows(path):
        rows += 1
        place = wanted.get(case)
        if place is None:
            unknown += 1
        elif answers[place]:
            repeated += 1
        else:
            answers[place], scores[place] = answer or "?", _number(score)
    counts = PredictionCounts(
        rows=rows,
        cases=len(wanted),
        unknown_cases=unknown,
        repeated=repeated,
        no_answer=sum(answer not in ANSWERS for answer in answers),
        no_number=sum(not math.isfinite(score) for score in scores),
        out_of_range=sum(math.isfinite(score) and not 0 <= score <= 1 for score in scores),
    )
    if problem := why_not_predictions(counts):
        raise OutputRefused(problem)
    return Predictions(answers=tuple(answers), scores=tuple(scores))


def _rows(path: Path) -> Iterator[list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            if next(reader, None) != HEADER:
                raise OutputRefused(f"The trainer's predictions begin with another line than {','.join(HEADER)}.")
            for row in reader:
                if len(row) != len(HEADER):
                    raise OutputRefused(f"A line of the trainer's predictions has not {len(HEADER)} values.")
                yield row
    except (UnicodeDecodeError, csv.Error):
        raise OutputRefused("The trainer's predictions are no CSV in UTF-8.") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
