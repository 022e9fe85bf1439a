"""What the demo does: which example, handed in by whom, on which day, and who signs with which words."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# The days are fixed so that two demos print the same; a real command reads the clock.
FIRST_DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SUBMITTER = "noah-kim"
LEAD = "amara-okafor"
OPENING = (
    "Rollouts of an invented hospital, on real data, go along the roadmap of the WHO: assess, pilot, scale, sustain. "
    "At the end of each stage is a gate. It opens only when the data are sound, the numbers meet the policy at the "
    "bound of their interval, the papers are there, and the right people have signed."
)
LEGEND = "✘ stands in the way   ✔ holds   ? is not known yet, shown beside   ✍ is a signature"


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One rollout file taken through its stage."""

    file: str
    heading: str
    story: str
    day: int
    told_by: tuple[str, ...] = ()

    @property
    def at(self) -> datetime:
        """When this chapter happens."""
        return FIRST_DAY + timedelta(days=self.day)


@dataclass(frozen=True, kw_only=True)
class Signer:
    """One person's answer in the demo."""

    person: str
    seat: str
    reason: str


CHAPTERS = (
    Chapter(
        file="cardiac-second-opinion/rollout.yaml",
        heading="A second opinion in cardiology, as first handed in",
        story="The table the model reads comes straight from four hospitals.",
        day=0,
    ),
    Chapter(
        file="cardiac-second-opinion/rollout.cleaned.yaml",
        heading="The same, with impossible values made missing",
        story="Now the data are sound, and the model can be judged.",
        day=7,
    ),
    Chapter(
        file="preterm-care-replay/rollout.yaml",
        heading="Replay of a finished trial: dental care in pregnancy (OPT, 2006)",
        story="No LMM in it: the gate has to say what is known. The published result was: no difference.",
        day=8,
        told_by=("primary-benefit", "safety-difference", "site-safety"),
    ),
    Chapter(
        file="mammography-second-reader/rollout.yaml",
        heading="A second reader in mammography (MASAI, 2023, from published counts)",
        story="More cancers with fewer readings; but for whom?",
        day=9,
        told_by=("primary-noninferiority", "primary-ratio", "workload", "safety-difference"),
    ),
    Chapter(
        file="pancreatitis-prevention-replay/rollout.yaml",
        heading="Replay of a finished trial: indomethacin after ERCP (2012)",
        story="No LMM in it; promoted on paper alone. Its board stopped it early for benefit, at 602 of 948 patients.",
        day=10,
        told_by=("primary-benefit",),
    ),
)

SIGNERS = (
    Signer(
        person=LEAD,
        seat="clinical-lead",
        reason="The boundary was planned and is crossed at 602 of 948 patients.",
    ),
    Signer(
        person="jonas-weber",
        seat="clinician",
        reason="The benefit is one my patients would want, and I see no harm in the tables.",
    ),
    Signer(
        person="leila-haddad",
        seat="ethicist",
        reason="Stopping early is fair to those who would get placebo next.",
    ),
    Signer(
        person="tomas-silva",
        seat="patient-representative",
        reason="Patients asked for fewer complications; this gives them fewer.",
    ),
    Signer(
        person="mei-lin",
        seat="technologist",
        reason="The digests match the files and nothing changed since the run.",
    ),
    Signer(
        person="priya-raman",
        seat="independent-statistician",
        reason="z 2.83 exceeds the planned boundary of 2.60 at this information.",
    ),
)
