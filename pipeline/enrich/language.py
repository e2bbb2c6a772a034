"""Which language an article is in: what the publisher says is checked, as feeds are often wrong."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_ENOUGH = 60
_SAMPLE = 1000


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect(text: str, declared: str | None = None) -> str | None:
    """ISO 639-1 code; the declared language, or None, for text too short to tell."""
    sample = text[:_SAMPLE].strip()
    if sum(c.isalpha() for c in sample) < _ENOUGH:
        return declared[:2].lower() if declared else None
    language, certainty = _identifier().classify(sample)
    if certainty < 0.5 and declared:
        return declared[:2].lower()
    return str(language)
