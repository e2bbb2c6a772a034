"""The words that an attribution reports, as they stand in its document."""

from __future__ import annotations

from spacy.tokens import Doc, Token

from pipeline.enrich import syntax
from pipeline.enrich.attribution import Attribution


def doc_of(attribution: Attribution) -> Doc | None:
    for token in (attribution.frame.cue if attribution.frame else None, attribution.source, attribution.content_head):
        if token is not None:
            return token.doc
    return None


def said_words(attribution: Attribution) -> str:
    doc = doc_of(attribution)
    return " ".join(syntax.text_of(doc)[s:e] for s, e in attribution.content) if doc is not None else ""


def said_tokens(attribution: Attribution) -> list[Token]:
    """The tokens of what is said, in text order."""
    doc = doc_of(attribution)
    if doc is None:
        return []
    return [token for start, end in attribution.content for token in syntax.tokens_within(doc, start, end)]
