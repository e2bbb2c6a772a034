"""Sentences of our own, read by the default model."""

from __future__ import annotations

from functools import lru_cache

from spacy.tokens import Doc

from pipeline.enrich.attribution import Attribution, find_attributions
from pipeline.enrich.cues import Cues
from tests.enrich import golden


@lru_cache(maxsize=1)
def cues() -> Cues:
    return Cues.load()


def read(text: str) -> tuple[Doc, list[Attribution]]:
    doc = golden.enricher().nlp(text)
    return doc, find_attributions(doc, cues())


def contents(text: str, *, outermost: bool = True) -> list[list[str]]:
    return [
        [text[start:end] for start, end in a.content]
        for a in read(text)[1]
        if a.content and not (outermost and a.parent)
    ]


def said_by(text: str) -> list[tuple[str, str]]:
    """The cue and the source of every attribution that has both, as written."""
    return [
        (text[slice(*a.cue)], text[slice(*a.source_span)])
        for a in read(text)[1]
        if a.cue is not None and a.source_span is not None
    ]
