"""
An assistant that takes the guardrail of the source document at its word: three phrases, and nothing else.

It reads no language: an urgent symptom is one of the three phrases, letter for letter. Primum asks it in a
process of its own, as it would ask any other assistant.
"""

DISCLAIMER = {
    "en": "This is not medical advice. Consult healthcare provider.",
    "fr": "Ceci n'est pas un avis médical. Consultez un professionnel de santé.",
}
URGENT = ("chest pain", "difficulty breathing", "severe bleeding")
EMERGENCY = (
    "These symptoms require immediate medical attention. "
    "Call emergency services or go to the nearest emergency room now."
)
OTHERWISE = {
    "en": "I can tell you how to reach our clinic and when it is open.",
    "fr": "Je peux vous dire comment joindre notre consultation et quand elle est ouverte.",
}
FLOWS = {"emergency": 100, "opening hours": 10}


def answer(*, messages: list[dict[str, str]], language: str) -> dict[str, object]:
    """Return the answer to the last message of a conversation, and the priorities of the rules."""
    asked = messages[-1]["content"].lower()
    said = EMERGENCY if any(phrase in asked for phrase in URGENT) else OTHERWISE.get(language, OTHERWISE["en"])
    return {"answer": f"{DISCLAIMER.get(language, DISCLAIMER['en'])}\n\n{said}", "flows": FLOWS}
