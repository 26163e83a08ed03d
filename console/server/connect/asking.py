"""Whether a customer asked for a person, read from their words by a list of phrases, not by a model."""

import re
import unicodedata

_PHRASES = (
    # English
    r"\bhuman (?:agent|being|rep|support)|\b(?:a|to|with) human\b|\b(?:real|live|actual) (?:person|human|agent)",
    r"\brepresentative\b|\bsupervisor\b|\byour (?:manager|boss|superior)|\bescalate\b",
    r"\b(?:speak|talk) (?:to|with) (?:a|an|some|the|your) ?(?:one|body|person|agent|manager|human|colleague)",
    r"\b(?:some|any)(?:one|body)(?: else)? (?:i can|i could|who can|who could|to) (?:speak|talk|help|assist)",
    r"\b(?:want|need|get me) (?:a|an) (?:person|agent)|\b(?:transfer|connect) me\b|\bput me through\b",
    # German, Dutch
    r"\b(?:einem|einen|einer) (?:echten )?(?:mitarbeiter|mensch|vorgesetzte)|\bmit jemand|\bmedewerker|\been mens\b",
    # French
    r"\b(?:un|une|vrai|vraie) (?:humain|conseiller|conseillère|agent)|\ble responsable|\bun responsable|vraie personne",
    # Spanish, Portuguese, Italian
    r"\bun (?:agente|humano|operatore|operador|supervisor|responsabile)|\b(?:persona|pessoa) (?:real|reale|vera)",
    r"\b(?:hablar|falar|parlare) (?:con|com) (?:una|uma|un|um|alguien|alguém|qualcuno)|\batendente",
    # Norwegian, Swedish, Danish
    r"\bmedarbeider|\bmedarbetare|\bmedarbejder|\bet menneske|\ben människa",
    # Polish, Turkish
    r"\bkonsultant|\bczłowiekiem|\btemsilci|\byetkili",
    # Russian, Ukrainian, Greek
    r"\bоператор|\bживым человек|\bс человеком|\bменеджер|\bεκπρόσωπο|\bυπάλληλο",
    # Arabic, Hebrew, Persian, Hindi
    r"موظف|إنسان|شخص حقيقي|المشرف|المدير|נציג|בן אדם|מנהל|اپراتور|انسان|इंसान|प्रतिनिधि|मैनेजर",
    # Chinese, Japanese, Korean
    r"人工|真人|客服人员|担当者|オペレーター|人間|상담원|상담사|사람과",
)
_ASKS = re.compile("|".join(_PHRASES))
"""Literal alternatives only, nothing repeated: the time is linear in the text."""


def asks_for_person(text: str) -> bool:
    """Whether these words ask to speak with a person. A rule of thumb: it can miss, and it can be wrong."""
    return _ASKS.search(unicodedata.normalize("NFC", text).casefold()) is not None
