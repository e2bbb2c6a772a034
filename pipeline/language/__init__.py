"""The English pipeline that everything downstream reads: words, trees, sentences, names, quantities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language

from pipeline.language import component, names, quantities

__all__ = ["ModelNotFound", "component", "load", "model_version", "names", "quantities"]

_SHIPPED = {"accurate": "en_demarche_accurate", "fast": "en_demarche_fast"}


class ModelNotFound(ValueError):
    """No spaCy pipeline answers to the name that was asked for."""


def load(name: str = "accurate", **options: Any) -> Language:
    """Load a shipped model by its short name, a pipeline folder, or an installed spaCy pipeline.

    Options go to `spacy.load`. Raises ModelNotFound if there is no such pipeline.
    """
    target = _SHIPPED.get(name, name)
    try:
        return spacy.load(target, **options)
    except OSError as error:
        if Path(target).is_dir():
            raise ModelNotFound(f"{target} is no whole spaCy pipeline: {error}. Make it again or reinstall.") from error
        if name in _SHIPPED:
            raise ModelNotFound(
                f"The package {target} is not installed: run make setup, or pip install models/{target} of the project."
            ) from None
        known = ", ".join(_SHIPPED)
        raise ModelNotFound(
            f"No language model '{name}'. Give one of the shipped models ({known}), the folder of a spaCy pipeline, or "
            f"the name of a spaCy pipeline package installed here (python -m spacy validate lists them)."
        ) from None


def model_version(nlp: Language) -> str:
    """`name-version` of a pipeline, as records carry it; the name starts with the language."""
    return f"{nlp.meta['lang']}_{nlp.meta['name']}-{nlp.meta['version']}"
