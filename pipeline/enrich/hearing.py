"""Who speaks in an article: the attributions of each field, with whom their sources mean.

A field is heard as it is read. First come its mentions, so that pronouns find what stood before them; then its sources
in text order, as a quotation that names nobody goes on with the speaker before, and "we" means who says the words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from pipeline.enrich import messages
from pipeline.enrich.annotations import kept_attributions
from pipeline.enrich.attribution import Attribution, find_attributions
from pipeline.enrich.cues import Cues
from pipeline.enrich.mentions import Resolved
from pipeline.enrich.parties import Cast
from pipeline.records import FieldName


@dataclass(frozen=True)
class Heard:
    """One field, and who speaks in it."""

    field: FieldName
    doc: Doc
    attributions: list[Attribution]
    speakers: dict[int, list[Resolved]]
    """By id of the attribution."""


def hear(fields: dict[FieldName, Doc], cast: Cast, cues: Cues) -> list[Heard]:
    """Read the mentions and speakers of each field; looks for attributions where no component has."""
    return [_hear_field(field, doc, cast, cues) for field, doc in fields.items()]


def _hear_field(field: FieldName, doc: Doc, cast: Cast, cues: Cues) -> Heard:
    attributions = kept_attributions(doc)
    if attributions is None:
        attributions = find_attributions(doc, cues)
    cast.listen(doc, *who_is_quoted(doc, attributions))
    return Heard(field, doc, attributions, _speakers(doc, attributions, cast))


def _speakers(doc: Doc, attributions: Iterable[Attribution], cast: Cast) -> dict[int, list[Resolved]]:
    speakers: dict[int, list[Resolved]] = {}
    for attribution in attributions:
        who: list[Resolved] = []
        if attribution.source is not None:
            who = cast.resolve(messages.author(attribution.source) or attribution.source)
        elif attribution.continues is not None:
            who = speakers.get(id(attribution.continues), [])
        speakers[id(attribution)] = who
        cast.speaks(doc, [(quotation.start, quotation.end) for quotation in attribution.quotations], who)
    return speakers


def who_is_quoted(doc: Doc, attributions: Iterable[Attribution]) -> tuple[list[int], dict[int, Token]]:
    """The number of the quotation of each token, 0 in narration; and who speaks, by number of the quotation.

    Attributions without a quotation have negative numbers.
    """
    quotations = [0] * len(doc)
    sources: dict[int, Token] = {}
    for number, attribution in enumerate(attributions, 1):
        # An act inside quoted words leaves them to whoever is quoted.
        passed = attribution.parent.quotations if attribution.parent is not None else []
        for quotation in attribution.quotations:
            if quotation in passed:
                continue
            for token in doc.char_span(quotation.start, quotation.end, alignment_mode="expand") or ():
                quotations[token.i] = number
        if attribution.source is not None:
            sources[number if attribution.quotations else -number] = attribution.source
    return quotations, sources
