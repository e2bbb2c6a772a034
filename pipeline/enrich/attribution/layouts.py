"""Layouts that name the speaker without a verb: signatures, transcripts, headlines."""

from __future__ import annotations

import re

from pipeline.enrich.attribution.field import Field
from pipeline.enrich.attribution.found import Attribution, Found
from pipeline.enrich.quotes import Quotation
from pipeline.enrich.text import trimmed

_NAME_PART = r"[A-Z][\w.'’-]+"
_SIGNATURE = re.compile(rf"\s*(?P<cue>[—–―]|-{{1,2}})\s?(?P<name>(?:{_NAME_PART} ?){{1,5}})(?=[\s,.]|$)")
_CAPITALS = r"(?:[A-Z][A-Z.'’-]+ ?){1,4}"
# "NOVAK (through an interpreter): …"
_REMARK = r"(?: \([^)]{1,30}\))?"
_TRANSCRIPT = re.compile(rf"[\"“]?(?P<name>{_CAPITALS}){_REMARK}(?P<cue>:)\s+(?=\S)")
# "Harlan: Treaty will not be reopened": how headlines quote.
_HEADLINE = re.compile(rf"(?P<name>{_NAME_PART}(?: {_NAME_PART}){{0,3}})(?P<cue>:)\s+(?=[A-Z‘'\"“])")


def add_signed(field: Field, found: Found) -> None:
    """“…” — Name: a dash and a name behind a quotation that ends its sentence."""
    for quotation in field.quotations:
        match = None if found.has(quotation) else _SIGNATURE.match(field.text, quotation.end)
        if match is not None:
            _named(field, found, quotation.start, quotation.end, match, [quotation])


def add_transcribed(field: Field, found: Found) -> None:
    """NAME: words. A paragraph of a transcript."""
    for number, (start, end) in enumerate(field.parts):
        match = _TRANSCRIPT.match(field.text, start, end)
        if match is None and number == 0 and field.text[end - 1] not in ".":
            match = _HEADLINE.match(field.text, start, end)
        if match is None or any(found.has(q) for q in field.quotations if start <= q.start < match.end()):
            continue
        found.attributions = [a for a in found.attributions if not start <= a.start < end]
        inside = [q for q in field.quotations if start <= q.start < end]
        _named(field, found, match.end(), end, match, inside)


def _named(field: Field, found: Found, start: int, end: int, match: re.Match[str], inside: list[Quotation]) -> None:
    name = field.doc.char_span(*match.span("name"), alignment_mode="expand")
    if name is None:
        return
    found.add(
        Attribution(
            content=[trimmed(field.text, start, end)],
            kind="direct",
            source=name.root,
            cue=match.span("cue"),
            quotations=inside,
            content_head=None,
        )
    )
