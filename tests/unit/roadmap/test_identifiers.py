import pytest

from primum.roadmap.identifiers import findings, why_not_say

IDENTIFYING = [
    ("Seen with MRN 4471193 again.", "a record number"),
    ("mrn:00123 had a fall", "a record number"),
    ("Patient no. 118 waited", "a record number"),
    ("patient 1203 waited too long", "a record number"),
    ("the case P-00012 was missed", "a record number"),
    ("hospital number H/448812", "a record number"),
    ("4471193 was missed", "a long number"),
    ("born 12.03.1951", "a date of birth"),
    ("dob 12/3/51", "a full date"),
    ("admitted 2026-11-03", "a full date"),
    ("admitted on 3 March 1951", "a full date"),
    ("am 3. März 1951 aufgenommen", "a full date"),
    ("March 3rd, 1951", "a full date"),
    ("call 079 555 01 42", "a telephone number or another long number"),
    ("call +41 (0)79 555 01 42", "a telephone number or another long number"),
    ("call 079.555.01.42", "a telephone number or another long number"),
    ("ask a.b-c@ward.example", "an e-mail address"),
    ("ask a.b @ ward.example.org", "an e-mail address"),
    ("943 476 5919", "a health service number"),
    ("943-476-5919", "a health service number"),
    ("9434765919", "a long number"),
    ("756.9217.0769.85", "a social security number"),
    ("123-45-6789", "a social security number"),
    ("QQ 12 34 56 C", "a social security number"),
    ("as Mr Smith said", "a name after a title"),
    ("as mrs. o'neil said", "a name after a title"),
    ("Frau Müller fiel", "a name after a title"),
    ("the patient Garcia", "a name after a title"),
    ("Ms Ada was missed", "a name after a title"),
]
HARMLESS = [
    "Sensitivity 0.962 (0.941 to 0.977), 490 of 500, gap 2.1 points at site NY.",
    "1,234,567 readings over 12 months at 4 sites are enough for the next stage.",
    "95% interval 95.9% to 99.1%, n 12000.",
    "The pilot met its margin at every site; the audit of May 2026 agrees.",
    "Patient safety and the patient representative agree; Patient Safety Board too.",
    "We miss cases when latency is above 200 ms and wait until 2027.",
    "WHO-LMM 2025, P2.5, gate chest-xray-triage.G2.3, revision 3.",
    "Cohorts born in the years 1937-1946 and treated 2024 - 2026.",
    "0.812 0.934 0.991 0.5 0.6",
    "",
]


@pytest.mark.parametrize(("text", "words"), IDENTIFYING)
def test_what_points_at_a_person_is_found(text, words):
    assert words in findings(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_an_argument_with_numbers_points_at_nobody(text):
    assert findings(text) == ()


WIDE = "\uff14\uff14\uff17\uff11\uff11\uff19\uff13"
ARABIC = "\u0664\u0664\u0667\u0661\u0661\u0669\u0663"


@pytest.mark.parametrize("text", [WIDE, ARABIC, "44\u200b71193", "4471\u202d193"])
def test_a_number_in_disguise_is_the_same_number(text):
    assert "a long number" in findings(f"seen {text} again")


def test_a_dash_of_any_kind_parts_digits():
    assert "a social security number" in findings("123\u201345\u20136789")


def test_the_sentence_names_what_was_found_and_repeats_none_of_it():
    sentence = why_not_say("Mr Smith, 4471193, was missed.")

    assert sentence is not None
    assert "a long number" in sentence
    assert "a name after a title" in sentence
    assert "Smith" not in sentence
    assert "4471193" not in sentence
    assert why_not_say("The pilot met its margin at every site.") is None


# A pattern that tries every way would still be searching when the tests are stopped.
@pytest.mark.parametrize("text", ["1 ", "a@", "-1", "Mr ", "jan 1 ", "1.", "A1-", "patient "])
def test_a_long_text_of_half_matches_is_searched_once(text):
    assert findings(f"{text * 20_000} 4471193")
