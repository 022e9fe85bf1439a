"""Passwords of twelve characters and more that everybody tries first; a pattern of a shorter word counts too."""

import re

BASES = frozenset(
    [
        "123456",
        "1234567",
        "12345678",
        "123456789",
        "1234567890",
        "abc",
        "abcdef",
        "abcdefgh",
        "access",
        "admin",
        "administrator",
        "adminadmin",
        "asdf",
        "asdfgh",
        "asdfghjkl",
        "autumn",
        "baseball",
        "batman",
        "changeme",
        "charlie",
        "clinic",
        "clinical",
        "computer",
        "daniel",
        "default",
        "doctor",
        "donald",
        "dragon",
        "flower",
        "football",
        "freedom",
        "fuckyou",
        "guest",
        "health",
        "healthcare",
        "hello",
        "hospital",
        "hottie",
        "iloveyou",
        "jordan",
        "letmein",
        "login",
        "loveme",
        "lovely",
        "master",
        "medical",
        "michael",
        "monkey",
        "mustang",
        "ninja",
        "nurse",
        "pass",
        "passw0rd",
        "password",
        "passwort",
        "patient",
        "princess",
        "primum",
        "primumnonnocere",
        "primumnonnocere123",
        "qazwsx",
        "qwerty",
        "qwertyuiop",
        "qwertz",
        "root",
        "secret",
        "shadow",
        "spring",
        "starwars",
        "summer",
        "sunshine",
        "superman",
        "system",
        "temp",
        "test",
        "thomas",
        "trustno1",
        "user",
        "welcome",
        "whatever",
        "winter",
        "zxcvbn",
        "zxcvbnm",
    ]
)
LEET = str.maketrans("@4301$5!7", "aaeolssit")
AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def is_common(password: str) -> bool:
    """True if a password is a common word, one with digits or signs around it, or one said again and again."""
    said = re.sub(r"\s+", "", password.lower())
    forms = {said, AROUND.sub("", said), said.translate(LEET), AROUND.sub("", said).translate(LEET)}
    forms |= {AROUND.sub("", one) for one in forms}
    return any(not one or one in BASES or _repeats_one(one) for one in forms)


def _repeats_one(word: str) -> bool:
    """True if the word is one short piece several times over: ``passwordpassword``, ``abcabcabcabc``."""
    if not word:
        return False
    period = (word + word).find(word, 1)
    return period < len(word) and (period <= 4 or word[:period] in BASES)  # noqa: PLR2004 -- four letters are no word
