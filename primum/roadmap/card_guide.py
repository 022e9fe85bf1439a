"""How a model card is written: what belongs in each field that only a person can fill (P3.13)."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What one field of the card is for, what a good answer says, and what is refused."""

    field: str
    asks: str
    good: str
    refused: str


GUIDE = (
    Advice(
        field="summary, use.human_decision",
        asks="What the model is for, for somebody who has never heard of it, and which decision a person takes.",
        good="Flags radiographs with a likely pneumothorax. The radiologist decides on the report.",
        refused="An empty field, or less than 40 characters in all.",
    ),
    Advice(
        field="use.out_of_scope",
        asks="Uses and patients it is not meant for, one in each line.",
        good="Children under 16; images of portable machines; as the only reader.",
        refused="'n/a', 'none', 'unknown': there is always something it is not meant for.",
    ),
    Advice(
        field="card.architecture",
        asks="How it is built, as a clinician would want it told: what it reads, what it gives, what decides.",
        good="A vision encoder with a language model; it reads one image and gives a finding with a score.",
        refused="'TBD', '<describe here>', text to be filled in later.",
    ),
    Advice(
        field="card.training_data",
        asks="Whose data, how many, from where and when; who is missing. What a vendor does not tell is said as such.",
        good="303 patients of one clinic, 1981 to 1984; one third were women; nobody was under 28.",
        refused="Less than 40 characters.",
    ),
    Advice(
        field="card.limitations",
        asks="Where it is known to be limited. Each names the exclusion that keeps it (`kept_by`) or why none can.",
        good="{words: Not validated for children under 16., kept_by: [age]}",
        refused="A limitation that nothing keeps and nobody explains.",
    ),
    Advice(
        field="card.failure_modes",
        asks="How it is known to fail, so that people recognise it when it happens.",
        good="Misses small effusions on images taken lying down.",
        refused="'Unknown' or an empty list.",
    ),
    Advice(
        field="card.exclusions",
        asks="Who must not be shown its output, as a rule on what the caller tells; what is not told excludes as well.",
        good='{field: age, comparison: less-than, values: ["16"], words: Children were not among the patients.}',
        refused="A comparison with a number that is none.",
    ),
)
WRITTEN_BY_PRIMUM = (
    "Nobody types a result: performance comes from the tracked evaluation, each with its n and interval, small groups "
    "emptied and counted. Confirmed incidents and alarms that held or stopped the rollout are added by themselves, "
    "and every gate, incident and guideline change writes a new version with what changed."
)
