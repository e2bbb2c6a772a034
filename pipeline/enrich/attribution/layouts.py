"""Layouts that name the speaker without a verb: signatures, transcripts, headlines."""

from __future__ import annotations

import re

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.attribution.field import Field
from pipeline.enrich.attribution.found import Attribution, Found
from pipeline.enrich.cues import NEUTRAL
from pipeline.enrich.frames import Frame
from pipeline.enrich.quotes import Quotation
from pipeline.enrich.text import trimmed
from pipeline.enrich.words import BODIES, PEOPLE, POLITICAL

_NAME_PART = r"[A-Z][\w.'’-]+"
_SIGNATURE = re.compile(rf"\s*(?P<cue>[—–―]|-{{1,2}})\s?(?P<name>(?:{_NAME_PART} ?){{1,5}})(?=[\s,.]|$)")
_CAPITALS = r"(?:[A-Z][A-Z.'’-]+ ?){1,4}"
# "NOVAK (through an interpreter): …"
_REMARK = r"(?: \([^)]{1,30}\))?"
_TRANSCRIPT = re.compile(rf"[\"“]?(?P<name>{_CAPITALS}){_REMARK}(?P<cue>:)\s+(?=\S)")
# "Harlan: Treaty will not be reopened": how headlines quote.
_HEADLINE = re.compile(rf"(?P<name>{_NAME_PART}(?: {_NAME_PART}){{0,3}})(?P<cue>:)\s+(?=[A-Z‘'\"“])")
# "Oslo to Minsk: open the crossing", "Oslo on Minsk's drill: …", in any case of letters behind the colon.
_ADDRESSED = re.compile(
    rf"(?P<name>{_NAME_PART}(?: [\w.'’-]+){{0,4}}?) (?P<way>to|on) (?P<told>[^:]{{2,50}}?)(?P<cue>:)\s+(?=\S)"
)
# "Nato chief: …", "Iran guards commander: …": a name and what its bearer is.
_TITLED = re.compile(rf"(?P<name>{_NAME_PART}(?: [\w.'’-]+){{0,4}})(?P<cue>:)\s+(?=\S)")
# "“Back off”: Manila to Beijing", "‘You will pay’: Manila's message to Beijing", "“A grave error”: Delhi on the test".
_BEHIND = re.compile(
    r"\s*(?P<cue>[:–—-])\s+(?P<name>[A-Z][\w.-]+(?: [\w.-]+){0,4}?)"
    r"(?:['’]s? (?:[\w-]+ ){0,3}?(?P<noun>[\w-]+) | )(?P<way>to|for|on) (?P<told>[^:.]+?)$"
)
_OWN_WORDS = re.compile(r"\b(?:we|we['’]\w+|our|us|i|i['’]\w+|my|your?)\b", re.IGNORECASE)


def add_headlines(field: Field, found: Found) -> None:
    """ "Oslo to Minsk: open the crossing", "Nato chief: …", "“Back off”: Manila's message to Beijing"."""
    if not field.parts or field.text[field.parts[0][1] - 1] in ".":
        return
    start, end = field.parts[0]
    quotation = next((q for q in field.quotations_in(start, start + 1) if q.start == start), None)
    if quotation is not None:
        match = _BEHIND.match(field.text, quotation.end, end)
        if match is not None:
            _headline(field, found, match, (start, quotation.end))
        return
    match = _ADDRESSED.match(field.text, start, end) or _TITLED.match(field.text, start, end)
    if match is not None:
        _headline(field, found, match, (match.end(), end))


def _headline(field: Field, found: Found, match: re.Match[str], words: tuple[int, int]) -> None:
    """One headline, where it is a political actor's: topics ("Ukraine: what we know") have colons as well."""
    name = field.doc.char_span(*match.span("name"), alignment_mode="expand")
    cue = syntax.token_at(field.doc, match.start("cue"))
    if name is None or cue is None or any(t.pos_ in {"VERB", "AUX"} and t.tag_ in syntax.FINITE for t in name):
        return
    source = _bearer(list(name))
    told = field.doc.char_span(*match.span("told"), alignment_mode="expand") if "told" in match.groupdict() else None
    alone = told is None and source is not None and source.ent_type_ in {"GPE", "NORP", "LOC"}
    if source is None or (alone and not _OWN_WORDS.search(field.text, *words)):
        return
    named = match["noun"] if "noun" in match.groupdict() else None
    span = trimmed(field.text, *words)
    said = field.doc.char_span(*span, alignment_mode="contract")
    if named is None and said is not None and not any(t.pos_ in {"VERB", "AUX"} for t in said):
        # "Oslo to Riga: last warning over the pipeline"
        named = next((t.lemma_.lower() for t in said if t.lemma_.lower() in field.cues.nouns), None)
    entry = field.cues.nouns.get(named or "", NEUTRAL)
    frame = Frame(cue=cue, entry=entry, carrier=cue, source=source)
    if told is not None and match["way"] != "on":
        frame.addressees = [told.root]
    inside = field.quotations_in(*span)
    # The parser reads headlines badly. What the marks of another quotation bear witness to stays.
    misread = [a for a in found.attributions if a.start < field.parts[0][1]]
    found.take_back([a for a in misread if not a.quotations or any(q in inside for q in a.quotations)])
    found.add(
        Attribution(
            content=[span],
            kind="direct",
            frame=frame,
            source=source,
            cue=match.span("cue"),
            quotations=inside,
            content_head=said.root if said is not None and len(said) else None,
        )
    )


def _bearer(name: list[Token]) -> Token | None:
    """Who a headline means by the words before its colon: the last of them, where it is a name or an office."""
    last = name[-1]
    office = last.lemma_.lower() in POLITICAL | BODIES | PEOPLE
    if name[0].pos_ == "ADP":
        return None
    return last if office or last.ent_type_ in {"GPE", "ORG", "PERSON", "NORP"} or last.pos_ == "PROPN" else None


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
        found.take_back([a for a in found.attributions if start <= a.start < end])
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
