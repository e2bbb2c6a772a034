"""Quotations without a cue: they go on with words already found, or go to whoever spoke last."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.attribution.field import Field
from pipeline.enrich.attribution.found import Attribution, Found
from pipeline.enrich.quotes import Quotation, sentence_ends

_MIN_FLOATING_WORDS = 3
_WORD = re.compile(r"\w+")
_MAX_RESUMED = 75
# "…, but “around boats …”": what may stand between a cue and words that go on.
_RESUMES = re.compile(r"[^.!?”\"“\n]{0,60}, (?P<word>(?:but|and|or|so|yet)(?: still| then| also)? )")


def add_continued(field: Field, found: Found) -> None:
    """Quotations that nobody has yet, in text order, as each may go on from the one before."""
    by_cue = sorted(((a.cue[1], n) for n, a in enumerate(found.attributions) if a.cue is not None and a.quotations))
    for quotation in field.quotations:
        if found.has(quotation):
            continue
        resumed = _resumed(field, found, quotation, by_cue)
        if resumed is not None:
            found.extend(resumed[0], quotation, start=resumed[1])
            continue
        if not _is_speech(field, quotation):
            continue
        joined = _same_run(field, found, quotation)
        if joined is not None:
            found.extend(joined, quotation)
            continue
        speaker, continued = _last_speaker(field, found, quotation)
        if speaker is None and continued is None:
            continue
        found.add(
            Attribution(
                content=[(quotation.start, quotation.end)],
                kind="direct",
                source=speaker,
                closed=quotation.closed,
                quotations=[quotation],
                content_head=field.head_of(quotation),
                continues=continued,
            )
        )


def _is_speech(field: Field, quotation: Quotation) -> bool:
    """A sentence of its own, not a title, a nickname or a word held at a distance."""
    start, end = quotation.inner(field.text)
    words = _WORD.findall(field.text[start:end])
    before = field.narration_around(quotation)[0]
    alone = before[0] >= before[1]
    if alone:
        finished = field.text[end - 1 : end] in ".?!,…" or not quotation.closed or quotation.end - quotation.start > 60
        return len(words) >= _MIN_FLOATING_WORDS and finished
    return field.text[before[1] - 1] in ":," and len(words) >= _MIN_FLOATING_WORDS


def _same_run(field: Field, found: Found, quotation: Quotation) -> Attribution | None:
    """ "…," X said. "…": the next quotation of a paragraph, with only the cue's own clause between."""
    part = field.part_of(quotation.start)
    if part is None:
        return None
    earlier = [a for a in found.attributions if a.kind == "direct" and a.quotations and a.cue is not None]
    earlier = [a for a in earlier if part[0] <= a.quotations[-1].end <= quotation.start]
    last = max(earlier, key=lambda a: a.quotations[-1].end, default=None)
    if last is None or last.cue is None:
        return None
    end = last.quotations[-1].end
    if last.cue[0] >= end and len(sentence_ends(field.text, end, quotation.start)) <= 2:
        return last if _is_one_sentence(field, end, quotation.start) else None
    return last if not field.text[end : quotation.start].strip(" \n.") else None


def _is_one_sentence(field: Field, start: int, end: int) -> bool:
    words = field.doc.char_span(start, end, alignment_mode="contract")
    return words is None or len({syntax.sentence(t).start for t in words if t.is_alpha}) <= 1


def _resumed(
    field: Field, found: Found, quotation: Quotation, by_cue: list[tuple[int, int]]
) -> tuple[Attribution, int] | None:
    """ "“…,” she said, but “around boats …”": the attribution that goes on after its cue, and where."""
    near = bisect_left(by_cue, (quotation.start - _MAX_RESUMED, 0)), bisect_right(by_cue, (quotation.start, 0))
    for _, number in reversed(by_cue[slice(*near)]):
        attribution = found.attributions[number]
        if attribution.cue is None or attribution.cue[0] < attribution.quotations[-1].end:
            continue
        match = _RESUMES.fullmatch(field.text, attribution.cue[1], quotation.start)
        if match is not None:
            return attribution, match.start("word")
    return None


def _last_speaker(field: Field, found: Found, quotation: Quotation) -> tuple[Token | None, Attribution | None]:
    """Who speaks on: the subject of the sentence before, else who spoke last, else the last paragraph's subject."""
    part = field.part_of(quotation.start)
    if part is None:
        return None, None
    earlier = [
        a for a in found.attributions if a.start < quotation.start and (a.source is not None or a.continues is not None)
    ]
    last = max(earlier, key=lambda a: max([a.start, *(e for _, e in a.content)]), default=None)
    floor = part[0] if quotation.start > part[0] else field.part_before(part)[0]
    subject = _last_subject(field, floor, quotation.start)
    last_end = last.end if last is not None else 0
    if subject is not None and (last is None or syntax.sentence(subject).end_char > last_end + 1 or last_end < floor):
        return subject, None
    if last is not None and last_end >= field.part_before(part)[0]:
        return None, last
    return None, None


def _last_subject(field: Field, start: int, end: int) -> Token | None:
    """The subject of the last narrated sentence in a range, where it can speak."""
    span = field.doc.char_span(start, end, alignment_mode="contract")
    if span is None:
        return None
    sentences = {sentence.start: sentence for sentence in map(syntax.sentence, span)}
    for sentence in reversed(sentences.values()):
        if field.quoted[sentence.root.i]:
            continue
        subject = syntax.own_subject(sentence.root)
        if subject is not None and _can_speak(subject):
            return subject
        break
    return None


def _can_speak(token: Token) -> bool:
    if token.pos_ == "PRON":
        return token.lower_ in {"he", "she", "they", "i", "we"}
    if token.ent_type_:
        return token.ent_type_ in {"PERSON", "ORG", "GPE", "NORP"}
    return any(t.ent_type_ == "PERSON" for t in token.subtree)
