"""Sentences that point at words: “…” That was the message from Oslo; What Oslo told Riga was simple: leave or be shot.

Who says the words stands in a sentence of its own, or in the half of one that leads to them or back to them.
"""

from __future__ import annotations

import re

from spacy.tokens import Span as SentenceSpan
from spacy.tokens import Token

from pipeline.enrich import messages, syntax
from pipeline.enrich.attribution.field import Field
from pipeline.enrich.attribution.found import Found, attribution_of
from pipeline.enrich.cues import NEUTRAL
from pipeline.enrich.frames import Frame
from pipeline.enrich.text import trimmed
from pipeline.records import Span

# "What Oslo told Riga was brief: …", "All she would say was that …", "The first thing he said was this: …".
_CLEFT = re.compile(
    r"\s*(?:(?:But|And|Yet) )?(?:What|All(?: that)?|The (?:\w+ )?(?:thing|words?|message|line)(?: that)?) "
    r"(?P<saying>[^:.]{5,160}?) (?:was|is|were)\b(?P<how>[^:.]{0,40}?)(?P<lead>:|(?=\bthat\b))",
    re.IGNORECASE,
)
# "That was the message from Oslo", "Such were the words of …", "So read the note that …".
_POINTS_BACK = re.compile(
    r"\s*(?:(?:That|This|Those|These|Such|It)(?:, [\w ]{2,25},)? (?:was|is|were|are)\b"
    r"|(?:So|Thus) (?:ran|read|reads|runs|went|goes|said|spoke)\b)",
    re.IGNORECASE,
)
_HALVES = re.compile(r"\s*(?::|—|–| -)\s+(?=(?:that|this|those|such|so|thus)\b)", re.IGNORECASE)
_FREE_RELATIVE = re.compile(r"\s*(?:\w+ly |just )?what\b", re.IGNORECASE)


def add_pointed(field: Field, found: Found) -> None:
    """Words that a sentence leads to by "what X said was", or that one after them gives to somebody."""
    for sentence in field.doc.sents:
        if field.part_of(sentence.start_char) is None or field.quoted[sentence.root.i]:
            continue
        _lead_to(field, found, sentence)
        _point_back(field, found, sentence)


def _lead_to(field: Field, found: Found, sentence: SentenceSpan) -> None:
    match = _CLEFT.match(field.text, sentence.start_char, sentence.end_char)
    if match is None:
        return
    frame = next((f for f in field.frames_in(match.span("saying")) if not f.is_noun and f.source is not None), None)
    words = trimmed(field.text, match.end(), sentence.end_char, " \n.")
    if frame is None or frame.cue.i in found.used_cues or words[0] >= words[1]:
        return
    said = field.doc.char_span(*words, alignment_mode="contract")
    if said is None or not len(said):
        return
    told = field.doc.char_span(frame.cue.idx + len(frame.cue), match.end("saying"), alignment_mode="contract")
    if not frame.addressees or frame.addressees[0].idx > match.end("saying"):
        named = [] if told is None else [t for t in told if t.pos_ in syntax.NOUNS and t.head not in told]
        frame.addressees = named[:1]
    frame.carrier = frame.cue
    _add(field, found, frame, words, said.root)


def _point_back(field: Field, found: Found, sentence: SentenceSpan) -> None:
    """The quotation, the half of a sentence or the sentence that stands before "that was the message from X"."""
    halves = _HALVES.search(field.text, sentence.start_char, sentence.end_char)
    start = halves.end() if halves is not None else sentence.start_char
    match = _POINTS_BACK.match(field.text, start, sentence.end_char)
    if match is None:
        return
    frame = _teller(field, (match.end(), sentence.end_char))
    words = (sentence.start_char, halves.start()) if halves is not None else _before(field, sentence)
    if frame is None or words is None:
        return
    said = field.doc.char_span(*words, alignment_mode="contract")
    if said is None or not len(said) or _is_taken(found, words):
        return
    _add(field, found, frame, words, said.root)


def _before(field: Field, sentence: SentenceSpan) -> Span | None:
    """The quotation or the sentence before one that points back."""
    end = sentence.start_char
    while end > 0 and field.text[end - 1].isspace():
        end -= 1
    if end == 0:
        return None
    quotation = field.quotation_at(end - 1)
    if quotation is not None:
        return quotation.start, quotation.end
    previous = field.doc[max(sentence.start - 1, 0)].sent
    return trimmed(field.text, previous.start_char, previous.end_char, " \n.")


def _is_taken(found: Found, words: Span) -> bool:
    return any(start < words[1] and words[0] < end for a in found.attributions for start, end in a.content)


def _teller(field: Field, place: Span) -> Frame | None:
    """Whose words they were: "the message from Oslo to Riga", "what Oslo told Riga", "the note that Baku sent"."""
    tokens = field.doc.char_span(*place, alignment_mode="contract")
    if tokens is None:
        return None
    frame = next((f for f in field.frames_in(place) if not f.is_noun and f.entry.speech and f.source is not None), None)
    if _FREE_RELATIVE.match(field.text, *place):
        return frame if frame is not None and frame.source is not None and frame.source.idx >= place[0] else None
    noun = next((t for t in tokens if _names_words(field, t)), None)
    if noun is None or (frame is not None and frame.cue.i < noun.i):
        return None
    source = messages.sender(noun)
    if source is None or source.pos_ not in syntax.NOMINALS:
        return None
    around = syntax.prepositions(noun)
    for verb in syntax.children(noun, syntax.RELATIVE | {"acl"}):
        around += syntax.prepositions(verb) + [("to", t) for t in syntax.indirect_objects(verb)]
    around += syntax.prepositions(source)
    told = [who for word, who in around if word in {"to", "for"} and who != source and who.pos_ in syntax.NOMINALS]
    entry = field.cues.of(noun) or NEUTRAL
    return Frame(cue=noun, entry=entry, carrier=noun, source=source, addressees=told[:1])


def _names_words(field: Field, noun: Token) -> bool:
    entry = field.cues.of(noun) if noun.pos_ == "NOUN" else None
    return messages.is_message(noun) or (entry is not None and entry.speech)


def _add(field: Field, found: Found, frame: Frame, words: Span, head: Token) -> None:
    inside = [q for q in field.quotations_in(*words) if words[0] <= q.start and q.end <= words[1]]
    whole = bool(inside) and (inside[0].start, inside[0].end) == words
    found.used_cues.add(frame.cue.i)
    frame.content, frame.content_head, frame.presupposed = [words], head, False
    found.add(attribution_of(frame, [words], "direct" if whole else "mixed" if inside else "indirect", inside, head))
