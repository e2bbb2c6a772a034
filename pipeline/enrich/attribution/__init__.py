"""Attributions: source, cue and content of every reported statement of one field (roles after PolNeAR, Newell 2018).

Two witnesses are joined. Quotation marks say surely that words are somebody's; who says them is read from the
narrator's words beside them, even where a parser is confused by what is quoted. Cue frames of the parse give
indirect speech, and the clause of which a quoted fragment is a part. In order, each only for what is left:

1. cue beside a quotation ("…," X said; X said: "…"), with quotations in the same run joined to it (`pairing`, which
   asks `fragments` whether the words are part of a clause, and `clauses` where that begins and ends);
2. cue frames with a clause, an object or a phrase: indirect, or mixed where quoted words stand inside (`reported`);
3. "according to X" (`according`);
4. layouts that name the speaker: signatures, transcripts, headlines (`layouts`);
5. quotations without a cue: they go to whoever spoke last, unless a new subject came between (`continuation`);
6. acts in quoted words whose subject the narrator names (`reported`).

Each step reads a `Field` and adds to what is `Found` in it.
"""

from __future__ import annotations

from spacy.tokens import Doc

from pipeline.enrich import syntax
from pipeline.enrich.attribution.according import add_according_to
from pipeline.enrich.attribution.continuation import add_continued
from pipeline.enrich.attribution.field import Field
from pipeline.enrich.attribution.found import Attribution, Found
from pipeline.enrich.attribution.layouts import add_headlines, add_signed, add_transcribed
from pipeline.enrich.attribution.pairing import pair_quotations
from pipeline.enrich.attribution.pointing import add_pointed
from pipeline.enrich.attribution.reported import add_quoted_acts, add_reported
from pipeline.enrich.cues import Cues
from pipeline.enrich.quotes import Quotation, find_quotations

__all__ = ["Attribution", "find_attributions"]

_STEPS = (
    pair_quotations,
    add_pointed,
    add_reported,
    add_according_to,
    add_signed,
    add_transcribed,
    add_headlines,
    add_continued,
    add_quoted_acts,
)


def find_attributions(doc: Doc, cues: Cues, quotations: list[Quotation] | None = None) -> list[Attribution]:
    """All attributions of a parsed field, in text order; inner speech has the outer attribution as `parent`.

    `quotations` are those of the field, where they have been found already.
    """
    if quotations is None:
        quotations = find_quotations(syntax.text_of(doc))
    field = Field(doc, cues, quotations)
    found = Found(field)
    for step in _STEPS:
        step(field, found)
    return found.in_order()
