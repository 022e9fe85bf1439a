"""
What typed words may not carry: anything that looks like it points at one person (P9).

Patterns find numbers, dates, addresses and titled names. They do not find a name without a title, a nickname,
initials, a room, a rare diagnosis, a relative date ("last Tuesday"), a number of fewer than six digits without a
label, or an identifier that is an ordinary word; and they know the titles and months of a few languages only.
So nothing found is no proof. It only decides whether words are repeated outside the ledger; the first rule stays
that nobody types such a thing.
"""

import re
import unicodedata
from collections.abc import Iterator

MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril"
    "|juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto"
    "|septiembre|octubre|noviembre|diciembre"
)
# "ms" is also a millisecond and "miss" a verb, so that these count before a capital letter only.
TITLES = "mr|mrs|herrn?|frau|monsieur|mme|mlle|señora?"
TITLES_BEFORE_A_CAPITAL = "ms|miss|mx|master|madame?|sra?|signora?|patient(?:in|e)?"
# "Patient safety" and "Patient Representative" name nobody.
NO_NAMES = (
    "advocates?|advocacy|advisory|and|board|care|characteristics|cohorts?|consent|council|data|days|education"
    "|engagement|experience|facing|flow|groups?|harm|health|history|identifiers?|in|information|is|involvement"
    "|journey|level|levels|measures|mix|notes|of|or|organi[sz]ations?|outcomes?|panels?|pathways?|population"
    "|portal|preferences?|privacy|records?|reported|representatives?|rights|safety|satisfaction|selection|subgroups?"
    "|trust|visits?|volumes?|was|were|who|with"
)

EMAIL = re.compile(r"[\w.+-]{1,64}\s?@\s?[\w-]{1,63}(?:\.[\w-]{1,63})+")
NUMERIC_DATE = re.compile(
    r"(?<!\d)(?:(?:18|19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:3[01]|[12]\d|0?[1-9])"
    r"|(?:3[01]|[12]\d|0?[1-9])[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:18|19|20)?\d\d"
    r"|(?:0?[1-9]|1[0-2])/(?:3[01]|[12]\d|0?[1-9])/(?:(?:18|19|20)\d\d|\d\d))(?!\d)"
)
WORDED_DATE = re.compile(
    rf"(?<!\w)(?:\d{{1,2}}(?:st|nd|rd|th|er)?\.?\s(?:of\s|de\s)?(?:{MONTHS})\.?,?(?:\s(?:de\s)?\d{{2,4}})?"
    rf"|(?:{MONTHS})\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?)(?!\w)",
    re.IGNORECASE,
)
BIRTH = re.compile(
    r"(?<!\w)(?:d\.?o\.?b|date of birth|born|geboren|geb|née?)(?!\w)[\s.:]*(?:on\s|in\s|am\s|le\s)?\d", re.IGNORECASE
)
SOCIAL_SECURITY = re.compile(r"(?<![\d-])\d{3}[- ]\d{2}[- ]\d{4}(?![\d-])")
AHV = re.compile(r"(?<!\d)756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}(?!\d)")
NHS = re.compile(r"(?<!\d)\d{3}[- ]\d{3}[- ]\d{4}(?!\d)")
NATIONAL = re.compile(r"(?<![^\W_])[A-Za-z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-Da-d](?![^\W_])")
LABELLED = re.compile(
    r"(?<![^\W_])(?:mrn|nhs|ahv|avs|ssn|pid|nhi|chi|hn|(?:patient|hospital|record|case|chart|medical record|study|fall)"
    r"\s?(?:id|no|nr|number|nummer))(?![^\W_])[\s.:#=_-]{0,4}[A-Za-z]{0,4}[-_ ]?\d{2,}",
    re.IGNORECASE,
)
A_PATIENT_BY_NUMBER = re.compile(r"(?<!\w)(?:patient|chart|record|file)\s?#?\d{3,}", re.IGNORECASE)
LETTERS_AND_DIGITS = re.compile(r"(?<![^\W_])[A-Za-z]{1,8}[-_/#]?\d{5,}(?!\d)")
RUN_OF_DIGITS = re.compile(r"(?<![\d.,])\d{6,}(?!\d|[.,]\d)")
# A number in an argument: 0.94, 12.5, 1,234,567, 2024-2026. What is left of a text without these has no long rows.
ORDINARY_NUMBER = re.compile(
    r"(?<![\d.,+])(?:\d{1,3}(?:,\d{3})+|(?:0|[1-9]\d{0,2})\.\d{1,6})(?![\d]|[.,]\d)"
    r"|(?<![\d.+-])(?:19|20)\d\d\s?-\s?(?:19|20)\d\d(?!\d|[.-]\d)"
)
ROW_OF_DIGITS = re.compile(r"(?<!\d)\+?\(?\d(?:[ ()./\u2010-\u2015-]{0,3}\d){7,}")
TITLED_NAME = re.compile(
    rf"(?<!\w)(?:(?i:{TITLES})(?:\.\s?|\s)[^\W\d_]['\u2019]?[^\W\d_]"
    rf"|(?i:{TITLES_BEFORE_A_CAPITAL})(?:\.\s?|\s)(?!(?i:{NO_NAMES})(?!\w))[^\W\d_a-zß-öø-ÿ][^\W\d_]*)"
)

PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("an e-mail address", EMAIL),
    ("a full date", NUMERIC_DATE),
    ("a full date", WORDED_DATE),
    ("a date of birth", BIRTH),
    ("a social security number", SOCIAL_SECURITY),
    ("a social security number", AHV),
    ("a social security number", NATIONAL),
    ("a health service number", NHS),
    ("a record number", LABELLED),
    ("a record number", A_PATIENT_BY_NUMBER),
    ("a record number", LETTERS_AND_DIGITS),
    ("a long number", RUN_OF_DIGITS),
    ("a name after a title", TITLED_NAME),
)
# Typed dashes and spaces of any kind separate digits as well as ours do.
DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")


def findings(text: str) -> tuple[str, ...]:
    """Return what in a text looks like it identifies a person, in words, each once; empty when nothing does (P9)."""
    return tuple(dict.fromkeys(_found(_as_read(text))))


def why_not_say(text: str) -> str | None:
    """Return why these words should not be kept as they are, if something in them looks like an identifier."""
    found = findings(text)
    if not found:
        return None
    return (
        f"The words seem to hold {_listed(found)}. Leave out whatever points at one person, and say it without; "
        f"the case itself can be looked up where it is kept."
    )


def _found(text: str) -> Iterator[str]:
    yield from (words for words, pattern in PATTERNS if pattern.search(text))
    if ROW_OF_DIGITS.search(ORDINARY_NUMBER.sub(" ", text)):
        yield "a telephone number or another long number"


def _as_read(text: str) -> str:
    """Return a text as a reader sees it: wide and styled letters as plain ones, without what is invisible."""
    same = unicodedata.normalize("NFKC", text)
    seen = "".join(" " if character.isspace() else character for character in same if _is_seen(character))
    return DASHES.sub("-", seen)


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in {"Cf", "Mn", "Cc"} or character.isspace()


def _listed(words: tuple[str, ...]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
