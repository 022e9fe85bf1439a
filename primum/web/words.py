"""The words of a page in plain English, for a reader who is not a statistician."""

import re

from primum.web.views import WordView

# Word, the pattern that shows it is used, meaning.
WORDS = (
    (
        "95% interval",
        r"interval",
        (
            "What the true value may well be, given how few or many were counted. More people make it narrower. A "
            "lower end above 95% means: even with bad luck in the draw, the true value is above 95%."
        ),
    ),
    (
        "accuracy",
        r"accuracy",
        "Of all cases, the share that the model had right, with the condition or without it.",
    ),
    (
        "advisory",
        r"advisory|measured only",
        "Measured and shown for those who decide; it does not hold anything up.",
    ),
    (
        "at the lower end, at the upper end",
        r"at the (lower|upper) end",
        (
            "The policy looks at the unfavourable end of the interval and not at the number in its middle, so "
            "that luck in a small sample is not taken for quality."
        ),
    ),
    (
        "AUROC",
        r"auroc|how well the score ranks",
        (
            "How often the model gives the higher score to the person who has the condition, out of two people of "
            "whom one has it. 0.5 is tossing a coin, 1 is always."
        ),
    ),
    (
        "calibration",
        r"predicted and seen|calibration",
        (
            "Whether a predicted risk can be taken at its word: of all people with a predicted risk of 20%, about "
            "20 in 100 should have the condition."
        ),
    ),
    (
        "Clopper-Pearson",
        r"clopper-pearson",
        "A way to compute an interval for a share that is never too narrow, even in small groups.",
    ),
    (
        "condition, reference",
        r"condition|reference",
        "What the model looks for. Who really has it was found out in another way, the reference.",
    ),
    (
        "digest",
        r"sha256|digest",
        "A fingerprint of a file. If one letter of the file changes, its digest is another.",
    ),
    (
        "expectation",
        r"expectation",
        (
            "A rule that the rows of a table must keep before anything is measured on it, such as: every case has "
            "an answer."
        ),
    ),
    (
        "false alarm",
        r"false[ -](alarm|positive)",
        "A person without the condition whom the model flags.",
    ),
    (
        "gap",
        r"\bgap",
        (
            "How many percentage points a group lies behind the group for which the model works best. The best "
            "group has a gap of 0."
        ),
    ),
    (
        "mandatory",
        r"mandatory",
        "Nobody may set this check aside.",
    ),
    (
        "Miettinen-Nurminen",
        r"miettinen",
        "A way to compute the interval of a difference between two shares.",
    ),
    (
        "n",
        r"\bn \d|\d of \d",
        "How many people or cases a number rests on; 36 of 50 means that 36 of these 50 had the event.",
    ),
    (
        "Newcombe",
        r"newcombe",
        "A way to compute the interval of a difference between two shares.",
    ),
    (
        "not inferior",
        r"inferior",
        "Worse by no more than a margin that was declared, with its reason, before the trial.",
    ),
    (
        "not shown",
        r"not shown|too few|fewer than",
        "The group is so small that its numbers could point at a person. It is not taken for a pass.",
    ),
    (
        "not yet known",
        r"not yet known|not known",
        "The data are too few, or lack what is needed, to say whether the policy is met. That is never a pass.",
    ),
    (
        "points",
        r"points",
        "Percentage points: from 90% to 95% is 5 points.",
    ),
    (
        "policy",
        r"policy",
        "The file that says what is asked of which number, and where each limit comes from.",
    ),
    (
        "positives, negatives",
        r"\b(positive|negative)s\b",
        "Cases in which the reference found the condition, and cases in which it did not.",
    ),
    (
        "positive predictive value",
        r"positive predictive|alarms that were right",
        "Of the people whom the model flags, the share that has the condition.",
    ),
    (
        "repeated interval",
        r"repeated interval",
        "An interval that stays right although the trial is looked at several times.",
    ),
    (
        "sensitivity",
        r"sensitivity",
        "Of the people who have the condition, the share that the model finds. 92% means that it misses 8 of 100.",
    ),
    (
        "simultaneous",
        r"simultaneous",
        (
            "The intervals are wide enough that all of them together hold with the confidence that is named, "
            "however many groups there are."
        ),
    ),
    (
        "specificity",
        r"specificity",
        "Of the people who do not have the condition, the share that the model leaves alone.",
    ),
    (
        "threshold, flag",
        r"flag|threshold",
        "The model gives a score; from the threshold on it flags the person.",
    ),
    (
        "p",
        r"\bp \d",
        (
            "How often chance alone would make a difference at least as large as the one seen, if there were none. "
            "A small p means that chance explains it badly."
        ),
    ),
    ("chi-square, Fisher", r"chi-square|fisher", "Two ways to compute p from counts."),
    ("Katz", r"katz", "A way to compute the interval of a ratio of two shares."),
    (
        "requirement, P5.6",
        r"requirements",
        "Where the demand comes from: its number in the catalogue that `primum requirements` prints.",
    ),
    (
        "S3, S0",
        r"\bs[03]:\d",
        "The two source documents of the policy, with the line; their titles stand at the end of this page.",
    ),
    ("Wilson", r"wilson", "Another way to compute an interval for a share, shown for comparison; it does not decide."),
)


def words_in(text: str) -> tuple[WordView, ...]:
    """Return the words that occur in a text, with their meaning, in alphabetical order."""
    said = text.lower()
    known = sorted(WORDS, key=lambda one: one[0].lower())
    return tuple(WordView(word=word, meaning=meaning) for word, sign, meaning in known if re.search(sign, said))
