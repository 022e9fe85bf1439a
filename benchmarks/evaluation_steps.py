"""What one measured process of the evaluation part does; ends with one line of JSON."""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import peers
from benchmarks.stopwatch import LIBRARIES, Stopwatch, at_imports

if TYPE_CHECKING:
    from primum.actions.table_request import TableRequest
    from primum.roadmap.evaluations import Evaluation

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GROUPS = ("sex", "age_band", "ethnicity")
LABELS = ("site", *GROUPS)
KEYS = (*LABELS, "reference", "prediction")
NEEDED = (*KEYS, "score")
REPLICATES = 20
Work = Callable[[], object]


def _request(policy: str = "every-measure") -> "TableRequest":
    from primum.actions.table_request import TableRequest

    return TableRequest(kind="diagnostic", policy=policy, subgroups=GROUPS)


def evaluate(folder: Path) -> Work:
    """Hash, count once, estimate everything with its interval, judge; policy and libraries are loaded before."""
    import scipy.special
    import scipy.stats  # noqa: F401 -- loaded before the clock starts, as by any second evaluation

    from primum.actions import table_evaluation
    from primum.integrations import configuration

    request = _request()
    configuration.load_policy(request.policy, base=folder)
    return lambda: table_evaluation.evaluate_tables(
        tables=[folder / "table.parquet"], request=request, at=AT, expect=False, stays=False
    )


def again(folder: Path) -> Work:
    """Decide again from the counts that were kept, by the policy of a gate."""
    from primum.actions import table_evaluation
    from primum.integrations.counts_files import write_counts

    evaluate(folder)
    request = _request("who-lmm-2025")
    found = table_evaluation.evaluate_tables(
        tables=[folder / "table.parquet"], request=request, at=AT, expect=False, stays=False
    )
    counts = table_evaluation.counts_of(found)
    write_counts(folder / "counts.parquet", tables=counts.tables, described=counts.described)
    return lambda: table_evaluation.evaluate_counts(files=[folder / "counts.parquet"], request=request, at=AT)


def count(folder: Path) -> Work:
    """Count alone, without scores, as pandas does beside it."""
    from primum.actions.table_request import table_to_judge
    from primum.evidence.measures.tabulation import Tabulation, tabulate
    from primum.integrations import sources

    asked = table_to_judge(request=_request(), table=folder / "table.parquet", at=AT)
    digest = sources.inspect(evidence=asked.evidence, base=asked.base).digest
    plan = Tabulation(kind="diagnostic", keys=KEYS)
    return lambda: tabulate(
        sources.batches(evidence=asked.evidence, base=asked.base, digest=digest, keys=KEYS),
        plan=plan,
        sources=(digest,),
    )


def scan(folder: Path) -> Work:
    """Decode the needed columns once with Arrow."""
    return lambda: peers.scan(folder / "table.parquet", columns=NEEDED, labels=LABELS)


def pandas_count(folder: Path) -> Work:
    """Count with pandas."""
    return lambda: peers.group(folder / "table.parquet", keys=KEYS)


def fairlearn(folder: Path) -> Work:
    """Measure each group with fairlearn and its bootstrap."""
    return lambda: peers.fairlearn_frames(folder / "table.parquet", groups=LABELS, replicates=REPLICATES)


def row_bootstrap(folder: Path) -> Work:
    """Draw rows again with pandas, and measure each group with scikit-learn."""
    return lambda: peers.row_bootstrap(folder / "table.parquet", groups=LABELS, replicates=REPLICATES)


def ten_looks(_folder: Path) -> Work:
    """Compute a group-sequential design with ten looks, for the first time in a process."""
    from primum.evidence.designs.boundaries import Design, boundaries

    design = Design(name="lan-demets-obrien-fleming", alpha=0.025)
    return lambda: boundaries(design=design, information=[float(look) for look in range(1, 11)], planned=10.0)


def log_run(folder: Path) -> Work:
    """Record an evaluation as Primum does, its files, manifest and data sets included."""
    from primum.actions.submission import read_submission
    from primum.integrations import tracking
    from primum.roadmap.model_card import card_of
    from primum.settings import Settings, quiet_telemetry

    quiet_telemetry()
    found, read = _evaluated(folder), read_submission(folder / "rollout.yaml")
    card = card_of(rollout=read.rollout, evaluation=found, smallest_cell=read.policy.smallest_cell)
    settings = Settings(home=folder / "home", tracking_uri=f"sqlite:///{folder}/ours.db", artifacts=folder / "kept")
    tracking.reach(settings=settings)
    return lambda: tracking.record(
        evaluation=found,
        rollout=read.rollout,
        figures=(),
        card=card,
        smallest_cell=read.policy.smallest_cell,
        settings=settings,
    )


def log_one_by_one(folder: Path) -> Work:
    """Log the same numbers to MLflow one at a time."""
    from primum.actions.submission import read_submission
    from primum.integrations.tracking_contents import contents_of
    from primum.roadmap.model_card import card_of

    found, read = _evaluated(folder), read_submission(folder / "rollout.yaml")
    least = read.policy.smallest_cell
    card = card_of(rollout=read.rollout, evaluation=found, smallest_cell=least)
    contents = contents_of(evaluation=found, rollout=read.rollout, figures=(), card=card, smallest_cell=least)
    numbers = contents.metrics
    store = peers.opened_store(folder / "theirs.db")
    return lambda: peers.log_one_by_one(store, numbers)


def _evaluated(folder: Path) -> "Evaluation":
    from primum.actions import evaluation, intake
    from primum.actions.submission import read_submission

    read = read_submission(folder / "rollout.yaml")
    stage = read.rollout.enters_at
    return evaluation.measured(
        submission=read,
        stage=stage,
        tables=intake.inspect_tables(submission=read, stage=stage),
        documents=(),
        checks=(),
        standing=evaluation.Standing(since=AT),
        at=AT,
    ).evaluation


STEPS: Mapping[str, Callable[[Path], Work]] = {
    step.__name__: step
    for step in (
        *(evaluate, again, count, scan, pandas_count, fairlearn, row_bootstrap),
        *(ten_looks, log_run, log_one_by_one),
    )
}


def main(name: str, folder: Path) -> None:
    """Do one step and print what its work took, the loading of libraries apart."""
    watch = Stopwatch()
    at_imports(watch)
    work = STEPS[name](folder)
    watch.restart()
    work()
    watch.stop()
    for spent in (watch.spent, watch.processor):
        spent.pop(LIBRARIES, None)
    print("\n" + json.dumps({"work": sum(watch.spent.values()), "work, processor": sum(watch.processor.values())}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
