"""Words that are not ours, made safe for Slack: no mention, no link, no hidden character, never too long."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from urllib.parse import quote

from primum.roadmap.identifiers import findings

# Slack reads these three in every text object, marked up or plain (docs.slack.dev, "Escaping text").
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
LONGEST_ENTITY = 5
# Slack has no escape for its marks; these look the same and mark nothing.
LOOKALIKES = {"*": "\u2217", "`": "\u02cb", "~": "\u223c", "@": "\uff20"}
UNDERSCORE = "\uff3f"
BAR = "\uff5c"
COLON = "\ua789"
ELLIPSIS = "\u2026"
UNKNOWN = "\ufffd"

AT_THE_EDGE_OF_A_WORD = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
EMOJI_OR_ADDRESS = re.compile(r":(?=[A-Za-z0-9_+'-]+:|//)")
# Letters without ink: Hangul fillers and the empty Braille cell.
BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
NOT_KNOWN = frozenset({"Cn", "Co", "Cs"})
MOST_MARKS_ON_A_LETTER = 4
MODIFIERS = range(0x1F3FB, 0x1F400)
FLAG_LETTERS = range(0x1F1E6, 0x1F200)
MORE_SELECTORS = range(0xE0100, 0xE01F0)

IN_AN_ADDRESS = "%/:?#[]@!$&'()*+,;=-._~"
LONGEST_LINE = 300
LONGEST_LABEL = 100
# Of a text this much more is read than is shown, for what is invisible in it.
READ_BEYOND = 1_000
LONGEST_URL = 1_000
# What a person wrote, where it is shown again; all of it is in the ledger.
LONGEST_ECHO = 600
RECORDED = "recorded; not repeated here"
REASON_RECORDED = "Reason recorded; it is not repeated here."


def escaped(text: str, *, longest: int = LONGEST_LINE) -> str:
    """
    Return somebody's words on one line for a marked-up text: they mark, mention and link nothing.

    ``longest`` counts what is sent, in UTF-16 units, so that Slack never finds it longer than we did.
    """
    return _cut(_unmarked(_cleaned(text, longest=longest)), longest=longest)


def shortened(text: str, *, longest: int) -> str:
    """Return somebody's words on one line and cut, but not yet safe: to be put into a text that is made safe whole."""
    return _cut(_cleaned(text, longest=longest), longest=longest, safe=False)


def plain(text: str, *, longest: int = LONGEST_LINE, lines: bool = False) -> str:
    """Return somebody's words for a plain text object, where marks mean nothing; with ``lines`` they keep theirs."""
    return _cut(_cleaned(text, longest=longest, lines=lines), longest=longest)


def echoed(reason: str, *, longest: int = LONGEST_ECHO) -> str:
    """Return a typed reason for a plain text object, or only that it is recorded when it may identify somebody (P9)."""
    if findings(reason):
        return REASON_RECORDED
    shown = plain(reason, longest=longest - 2)
    return f"\u201c{shown}\u201d" if shown else ""


def repeated(text: str, *, longest: int = LONGEST_LINE) -> str:
    """Return typed words for a marked-up text, or only that they are recorded when they may identify somebody (P9)."""
    return RECORDED if findings(text) else escaped(text, longest=longest)


def link(url: str, *, label: str) -> str:
    """Return a marked-up link to a page of ours; an address too long for a message leaves its words alone."""
    safe = quote(url, safe=IN_AN_ADDRESS, errors="replace").replace("&", "&amp;")
    words = escaped(label, longest=LONGEST_LABEL).replace("|", BAR) or "open"
    return f"<{safe}|{words}>" if width(safe) <= LONGEST_URL else words


def moment(at: datetime) -> str:
    """Return a moment that Slack shows in the reader's own zone, with UTC where it cannot."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{in_utc(at)}>"


def in_utc(at: datetime) -> str:
    """Return a moment in UTC, for texts that Slack does not mark up."""
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def width(text: str) -> int:
    """Return the length of a text in UTF-16 units, the larger of the two ways to count."""
    return len(text) + sum(character > "\uffff" for character in text)


def fitting(parts: Iterable[str], *, longest: int, between: str = "\n") -> str:
    """Return as many whole parts as fit, then how many are left out; a part is never cut, since it may be marked up."""
    left = list(parts)
    if width(between.join(left)) <= longest:
        return between.join(left)
    shown: list[str] = []
    while width(between.join([*shown, left[0], _more(len(left))])) <= longest:
        shown.append(left.pop(0))
    return between.join([*shown, _more(len(left))])


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 seat``, ``2 seats``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(words: Iterable[str]) -> str:
    """Return words as a list in a sentence: ``a, b and c``."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _more(left: int) -> str:
    return f"{ELLIPSIS} and {left:,} more"


def _cleaned(text: str, *, longest: int, lines: bool = False) -> str:
    """Drop what cannot be seen or turns the reading round; a line break stays only where lines are wanted."""
    some = text[: 2 * longest + READ_BEYOND].replace("\r\n", "\n")
    seen = some if some.isascii() and some.isprintable() else "".join(map(_visible, some))
    kept = [" ".join(line.split()) for line in seen.split("\n")]
    return "\n".join(line for line in kept if line) if lines else " ".join(line for line in kept if line)


@lru_cache(maxsize=4_096)
def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\n\u2028\u2029\x0b\x0c\r\x85":
        return "\n"
    if category == "Cf" or ord(character) in MORE_SELECTORS:
        return ""
    if category in NOT_KNOWN:
        return UNKNOWN
    return " " if category in {"Cc", "Zs"} or character in BLANKS else character


def _unmarked(text: str) -> str:
    once = EMOJI_OR_ADDRESS.sub(COLON, AT_THE_EDGE_OF_A_WORD.sub(UNDERSCORE, text))
    return "".join(LOOKALIKES.get(character, character) for character in once)


def _cut(text: str, *, longest: int, safe: bool = True) -> str:
    """Escape a text and end it at a whole character when it is too long, with an ellipsis."""
    if text.isascii() and len(text) * LONGEST_ENTITY <= longest:
        return _entities(text) if safe else text
    shown = [_entities(one) if safe else one for one in islice(_characters(text), longest + 1)]
    if sum(map(width, shown)) <= longest:
        return "".join(shown)
    room, kept = longest - width(ELLIPSIS), 0
    for number, one in enumerate(shown):
        kept += width(one)
        if kept > room:
            return "".join(shown[:number]).rstrip() + ELLIPSIS
    return "".join(shown)


def _entities(text: str) -> str:
    return "".join(ENTITIES.get(character, character) for character in text)


def _characters(text: str) -> Iterator[str]:
    """Yield what a reader takes for one character: a letter with its marks, an emoji with its skin tone, a flag."""
    held, marks = "", 0
    for character in text:
        if held and _belongs(character, held):
            marks += 1
            held += character if marks <= MOST_MARKS_ON_A_LETTER else ""
            continue
        if held:
            yield held
        held, marks = character, 0
    if held:
        yield held


def _belongs(character: str, held: str) -> bool:
    if unicodedata.category(character).startswith("M") or ord(character) in MODIFIERS:
        return True
    return ord(character) in FLAG_LETTERS and len(held) == 1 and ord(held) in FLAG_LETTERS
