"""
The trainer of this example: gradient boosting with one-split trees (Friedman 2001), in numpy.

It is the hospital's own code and knows nothing of Primum: it is called in a process of its own with
what ``request.json`` says, and leaves a model as numbers, the answers to the cases it was given, and
``result.json`` behind. docs/how-to/change-a-guideline.md says what each of them must hold.
"""

import csv
import hashlib
import json
import platform
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet as pq

ROUNDS, SPEED, MOST_CUTS, DECIMALS = 150, 0.3, 256, 6
LIBRARIES = {"python": platform.python_version(), "numpy": np.__version__, "pyarrow": pyarrow.__version__}


def train(request, output):
    """Learn from the labelled rows, answer the cases, and say what was done."""
    inputs = request["interface"]["inputs"]
    labels = pq.read_table(request["training"]["path"], columns=["label"])["label"].to_numpy()
    model = fitted(columns_of(request["training"]["path"], inputs), labels.astype(float))
    path = output / "model.json"
    path.write_text(json.dumps({"inputs": inputs, **model}), encoding="utf-8")
    answer(request, model, output / "predictions.csv")
    result = {
        "contract": 1,
        "model": {"version": f"boosted-{request['guideline']}", "file": path.name, "digest": sha256(path.read_bytes())},
        "interface": request["interface"],
        "data_digest": sha256(Path(request["training"]["path"]).read_bytes()),
        "code_digest": sha256(Path(__file__).read_bytes()),
        "environment_digest": sha256(canonical(LIBRARIES)),
        "libraries": LIBRARIES,
        "predictions": "predictions.csv",
    }
    (output / "result.json").write_text(json.dumps(result, indent=2), encoding="utf-8")


def fitted(rows, labels):
    """Return where to begin and, for each round, which column is cut where and what is added on either side."""
    start = float(np.log(labels.mean() / (1 - labels.mean())))
    logits = np.full(len(labels), start)
    cuts = [cuts_of(rows[:, place]) for place in range(rows.shape[1])]
    above = [rows[:, [place]] >= cuts[place] for place in range(rows.shape[1])]
    steps = []
    for _ in range(ROUNDS):
        share = 1 / (1 + np.exp(-logits))
        _, place, cut, below, over = max(
            best_cut(labels - share, share * (1 - share), sides, place) for place, sides in enumerate(above)
        )
        below, over = round(SPEED * below, DECIMALS), round(SPEED * over, DECIMALS)
        logits += np.where(above[place][:, cut], over, below)
        steps.append([place, float(cuts[place][cut]), below, over])
    return {"start": round(start, DECIMALS), "steps": steps}


def best_cut(residual, weight, sides, place):
    """Return the gain of the best cut of one column, the cut, and what it adds below and above (Newton steps)."""
    over, over_weight = residual @ sides, weight @ sides
    below, below_weight = residual.sum() - over, weight.sum() - over_weight
    gain = over**2 / (over_weight + 1) + below**2 / (below_weight + 1)
    cut = int(np.argmax(gain))
    return (
        float(gain[cut]),
        place,
        cut,
        float(below[cut] / (below_weight[cut] + 1)),
        float(over[cut] / (over_weight[cut] + 1)),
    )


def cuts_of(values):
    """Return the points half-way between neighbouring values, or quantiles of them where there are many."""
    known = np.unique(values[~np.isnan(values)])
    between = (known[1:] + known[:-1]) / 2
    return between if len(between) <= MOST_CUTS else np.quantile(between, np.linspace(0, 1, MOST_CUTS))


def scored(model, rows):
    """Return the probability of each row."""
    logits = np.full(len(rows), model["start"])
    for place, cut, below, over in model["steps"]:
        logits += np.where(rows[:, place] >= cut, over, below)
    return 1 / (1 + np.exp(-logits))


def answer(request, model, path):
    """Write the answer and the score of every case."""
    cases = request["cases"]["path"]
    names = pq.read_table(cases, columns=["case_id"])["case_id"].to_pylist()
    scores = scored(model, columns_of(cases, request["interface"]["inputs"]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case_id", "prediction", "score"])
        for name, score in zip(names, scores, strict=True):
            writer.writerow([name, int(score >= 0.5), f"{score:.6f}"])


def columns_of(path, names):
    """Return columns of a Parquet file as one array of numbers."""
    table = pq.read_table(path, columns=list(names))
    return np.column_stack([table[name].to_numpy(zero_copy_only=False).astype(float) for name in names])


def canonical(value):
    """Return canonical JSON bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(content):
    """Return a digest as Primum writes it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
