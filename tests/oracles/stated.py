"""A row's inputs in one spelling: nulls left out, whole numbers whole, R's words in ours, the tool's own defaults."""

from collections.abc import Mapping

SPELT = {
    "alternative": {"two.sided": "two-sided", "two_sided": "two-sided", "larger": "greater", "smaller": "less"},
    "sided": {"one": 1, "two": 2, "one-sided": 1, "two-sided": 2},
}
"""Argument -> other spelling -> ours."""

SEQUENTIAL = {"alpha": 0.025, "sided": 1}
PLANNED = {"alpha": 0.05, "power": 0.8, "sided": 2}
USUAL: Mapping[str, Mapping[str, object]] = {
    "group_sequential_boundaries": SEQUENTIAL,
    "group_sequential_real_data": SEQUENTIAL,
    "group_sequential_characteristics": SEQUENTIAL,
    "group_sequential_futility": SEQUENTIAL,
    "group_sequential_sample_size": SEQUENTIAL,
    "sample_size_two_proportions": PLANNED,
    "power_two_proportions": PLANNED | {"strict": False},
    "sample_size_noninferiority": {"alpha_one_sided": 0.025, "power": 0.8},
    "design_effect": {"cv": 0, "alpha": 0.05, "power": 0.8},
    "single_arm_sensitivity_claim": {"alpha_one_sided": 0.025},
    "noninferiority_decision": {"alpha_one_sided": 0.025},
    "test_one_proportion": {"alternative": "two-sided", "p0": 0.5},
    "test_noninferiority": {"theta0": 0, "alternative": "greater"},
    "subgroup_disparity": {"threshold": 0.05},
}
"""Family -> what its tool takes where a row says nothing."""

# Beyond this a float holds no count exactly.
LARGEST_COUNT = 2**53


def inputs(row: Mapping[str, object]) -> dict[str, object]:
    """Return what a row asks, as every family reads it."""
    given = {name: _whole(value) for name, value in row["input"].items() if value is not None}
    for name, spelt in SPELT.items():
        if isinstance(given.get(name), str):
            given[name] = spelt.get(given[name], given[name])
    return {**USUAL.get(row["family"], {}), **given}


def confidence(given: Mapping[str, object]) -> float:
    """Return the confidence of an interval: 95 % unless the row says otherwise."""
    return given.get("confidence", 1 - given.get("alpha", 0.05))


def _whole(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _whole(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_COUNT:
        return int(value)
    return value
