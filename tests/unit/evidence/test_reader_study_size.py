"""How many cases a reader study needs: against the analysis itself, on studies drawn with the same variances."""

from dataclasses import replace

import numpy as np
import pytest

from primum.evidence.planning.assumed import NoPlan
from primum.evidence.planning.readers import ReaderStudy, cases_needed, reader_power
from primum.evidence.planning.sizes import power_of, size_of
from primum.evidence.scores.reader_tests import random_readers_random_cases
from primum.evidence.scores.readers import Figures
from primum.roadmap.protocol_parts import PlannedReaders, Planning
from tests import evidence_factories as make

# The variances of the published study of five readers and sixty cases (statistics.md 2.7).
STUDY = ReaderStudy(
    gain=0.05,
    readers=8,
    of_cases=60,
    interaction=0.0003,
    error=0.002597938646,
    same_reader=0.0003889020019,
    same_reading=0.0004795875897,
    neither=0.0004067241074,
)


def drawn(study, *, cases, runs, generator):
    """Areas of every reader both ways, as the Obuchowski-Rockette model has them."""
    scale, readers = study.of_cases / cases, study.readers
    same = np.eye(readers, dtype=bool)
    within = np.where(same, study.error, study.same_reading) * scale
    across = np.where(same, study.same_reader, study.neither) * scale
    covariance = np.block([[within, across], [across, within]]) + study.interaction * np.eye(2 * readers)
    mean = np.repeat([0.80, 0.80 + study.gain], readers)
    return generator.multivariate_normal(mean, covariance, size=runs).reshape(runs, 2, readers)


def test_the_power_is_that_of_the_analysis_on_studies_drawn_so():
    cases, runs = 200, 1_500
    expected = reader_power(study=STUDY, cases=cases, alpha=0.025)
    scale = STUDY.of_cases / cases

    shown = 0
    for values in drawn(STUDY, cases=cases, runs=runs, generator=np.random.default_rng(7)):
        figures = Figures(
            modalities=("alone", "with"),
            groups=(0,) * STUDY.readers,
            values=values,
            by_modality=((0.0, 0.0),) * 2,
            positives=cases // 2,
            negatives=cases // 2,
            variance=STUDY.error * scale,
            covariances=tuple(one * scale for one in (STUDY.same_reader, STUDY.same_reading, STUDY.neither)),
        )
        shown += random_readers_random_cases(figures, confidence=0.95).p < 0.05

    assert shown / runs == pytest.approx(expected, abs=3 * (expected * (1 - expected) / runs) ** 0.5)


def test_the_fewest_cases_are_the_fewest():
    needed = cases_needed(study=STUDY, alpha=0.025, power=0.8)

    assert reader_power(study=STUDY, cases=needed, alpha=0.025) >= 0.8
    assert reader_power(study=STUDY, cases=needed - 1, alpha=0.025) < 0.8
    assert cases_needed(study=replace(STUDY, readers=16), alpha=0.025, power=0.8) < needed


def test_readers_who_differ_too_much_need_more_readers_and_no_number_of_cases_helps():
    with pytest.raises(NoPlan, match="plan more of them"):
        cases_needed(study=replace(STUDY, interaction=0.02), alpha=0.025, power=0.8)


def test_a_protocol_of_a_reader_study_is_sized_by_its_readers():
    reading = PlannedReaders(
        readers=8, gain="5/100", of_cases=60, interaction="3/10000", error="26/10000", same_reader="39/100000",
        same_reading="48/100000", neither="41/100000",
    )  # fmt: skip
    planning = Planning(control="80/100", intervention="85/100", reading=reading)
    protocol = make.protocol(design="randomised-mrmc", unit="case", planning=planning, planned_units=200)

    size = size_of(protocol)

    assert size.formula == "Obuchowski-Rockette with Hillis' degrees of freedom, 8 readers"
    assert size.power == power_of(protocol=protocol, units=200)
    assert power_of(protocol=protocol, units=size.largest) >= 0.8


def test_a_reader_study_without_its_readers_is_not_sized():
    protocol = make.protocol(
        design="randomised-mrmc", unit="case", planning=Planning(control="80/100", intervention="85/100")
    )

    with pytest.raises(NoPlan, match="give `reading`"):
        size_of(protocol)
