"""Where a reported clause begins and ends.

Parsers lose their way at quotation marks. So where words are quoted in a clause, its bounds are read from the marks,
the stops and the words at which the narrator takes over; the parse decides only where it ends at such a place too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.attribution.field import Field
from pipeline.enrich.attribution.found import Found
from pipeline.enrich.frames import Frame
from pipeline.enrich.quotes import Quotation, sentence_ends
from pipeline.enrich.text import trimmed
from pipeline.records import Span

_MARKS = r"[”’\"']*"
_DASH = rf"{_MARKS} (?:[—–]|--?) "
_UNPAIRED_DASH = rf"{_DASH}(?![^—–]*{_DASH})"
_OCCASION = r"(?:interview|statement|speech|tweet|post|letter|e-?mail|memo|op-ed|briefing|conference|appearance)"
# "… in an interview with a local station": where it was said is not what was said.
_SETTING = (
    r"[,”’\"']* (?:in|during|at|on|after|via) (?:an?|his|her|their|its|the) (?:[\w’'-]+ ){0,3}?"
    rf"{_OCCASION}\b"
)
_WHILE = rf"{_MARKS} while (?!(?:also |still )?\w+ing\b)"
_CONTRAST = rf",{_MARKS} (?:while|whereas|although|though|even though)\b"
# "…, a charge she denies", "…, a phrase he likes": the narrator's word for what was said.
_COMMENT = (
    rf",{_MARKS} (?:an?|another|the same|one) (?:[\w’'-]+ ){{0,2}}?"
    r"(?:accusation|acknowledg(?:e)?ment|admission|allusion|allegation|argument|assertion|charge|claim|comparison|concession"
    r"|departure|dig|echo|epithet|expression|jab|label|line|message|name|nickname|nod|phrase|position|promise"
    r"|remark|reversal|slogan|stance|statement|swipe|term|theme|view|word)\b"
)
_STOP = rf";| \(|{_COMMENT}"
_TAKEOVER = re.compile(rf"{_WHILE}|{_CONTRAST}|{_STOP}|{_UNPAIRED_DASH}|{_SETTING}")
# "called it “mad” on Monday", "… during a stop in the port": the occasion is of the judging.
_OCCURRENCE = rf"{_MARKS} (?:during|yesterday|today|(?:on |late |early )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b"
_TAKEOVER_AFTER_JUDGEMENT = re.compile(rf"{_TAKEOVER.pattern}|{_OCCURRENCE}")
# "When she said it was “over,” her party …": the first comma ends what is reported.
_TAKEOVER_AFTER_SUBORDINATE = re.compile(rf",{_MARKS} |{_DASH}|{_STOP}|{_SETTING}")
_PREPOSITIONAL = frozenset({"including", "excluding", "according", "following", "regarding", "concerning"})
_JOINED_VERB = re.compile(
    rf"(?P<comma>,)?{_MARKS} (?P<and>(?:and|but|before|after|while|by|then) )?(?:\w+ly |also |did )?(?P<verb>\w+)"
)
_SUBORDINATE = re.compile(r"(?:While|When|As|After|Before|Since|Although|Though|Asked|Speaking)\b")
_COMMA_EDGE = rf",(?!{_MARKS} (?:because|(?:and|but|or) that)\b)"
_AND_EDGE = r" and (?!that\b|[“\"'‘])"
_JOINS = re.compile(rf",?{_MARKS} (?:and|but|or) ")
_CLAUSE_EDGE = re.compile(rf"{_MARKS}(?:{_COMMA_EDGE}|{_AND_EDGE}| but\b| ?[—–;(])")


def clause_after_cue(field: Field, quotation: Quotation, frame: Frame) -> Span:
    """The clause behind its cue that quoted words are a part of."""
    covering = [s for s, _ in frame.content if frame.cue.idx < s <= quotation.start]
    start = covering[0] if covering else _after_cue(field, frame, quotation)
    parsed = max(_clause_end(field, quotation, frame), *(e for s, e in frame.content if s >= frame.cue.idx), 0)
    return _from_that(field, frame, start, quotation.start), _reported_end(field, quotation, frame, parsed)


# -- where it begins ---------------------------------------------------------------------------------------------------


def start_before_cue(field: Field, found: Found, before: Span, quotation: Quotation, frame: Frame) -> int:
    """Start of a clause that its cue follows; earlier fragments quoted in it do not cut it."""
    covering = [s for s, e in frame.content if s < before[0] and quotation.start <= e]
    if not covering or any(found.has(q) for q in field.quotations_in(covering[0], quotation.start)):
        return before[0]
    return covering[0]


def _after_cue(field: Field, frame: Frame, quotation: Quotation) -> int:
    """Start of what is reported: after the cue, and after who was told."""
    start = frame.cue.idx + len(frame.cue)
    for who in frame.addressees if frame.entry.object == "addressee" else ():
        if start <= who.idx < quotation.start:
            start = syntax.noun_phrase(who)[1]
    return trimmed(field.text, start, quotation.start, " ,:")[0]


def _from_that(field: Field, frame: Frame, start: int, limit: int) -> int:
    """ "said in a letter that it was “over”", "said that, while it rains, …": the conjunction begins what is reported.

    Parsers that trip over the quotation hang the words before or after it on the wrong side.
    """
    for token in field.doc[frame.cue.i + 1 :]:
        if token.idx >= limit or (field.quoted[token.i] and token.lower_ == "that"):
            return start
        if token.lower_ == "that" and token.tag_ == "IN":
            return token.idx if token.idx >= start or token.nbor(1).text == "," else start
        if token.pos_ in {"VERB", "AUX"} or token.text in {";", ":"}:
            return start
    return start


def with_beginning(field: Field, found: Found, span: Span, frame: Frame) -> Span:
    """A clause before its cue that the parse begins at a quotation takes in the words that lead into it."""
    start, end = span
    quoted = next((q for q in field.quotations_in(start, end) if q.start == start), None)
    if quoted is None or end > frame.cue.idx or found.has(quoted):
        return span
    before = field.narration_around(quoted)[0]
    return (before[0], end) if field.is_part_of_clause(before) and not field.frames_in(before) else span


def has_clause_between(field: Field, frame: Frame, quotation: Quotation) -> bool:
    """ "said that if nothing moves, “we will”": what is reported begins before the quotation, with a verb."""
    begun = [s for s, e in frame.content if frame.cue.idx < s < quotation.start < e]
    if not begun:
        return False
    words = field.doc.char_span(begun[0], quotation.start, alignment_mode="contract")
    return words is not None and any(t.tag_ in syntax.FINITE for t in words)


# -- where it ends -----------------------------------------------------------------------------------------------------


def _reported_end(field: Field, quotation: Quotation, frame: Frame, parsed: int) -> int:
    """End of a reported clause with quoted words in it.

    Parsers lose their way at quotation marks. So the clause goes on to the end of its sentence, or to where the
    narrator takes over, unless the parse ends at a place where a clause can end.
    """
    part = field.part_of(quotation.end - 1) or (quotation.start, quotation.end)
    ends = sentence_ends(field.text, max(part[0], quotation.start), part[1])
    limit = next(e for e in ends if e >= quotation.end)
    if frame.source is not None and quotation.end < frame.source.idx < limit:
        # "has been called “a habit” by Oduya": who says it is no part of it.
        limit = max(field.text.rfind(" by ", quotation.end, frame.source.idx), quotation.end)
    limit = max(trimmed(field.text, quotation.start, limit, " ,.;:?!\n")[1], quotation.end)
    end = min((c for c in _takeovers(field, quotation, frame, limit) if c >= quotation.end), default=limit)
    if quotation.end <= parsed < end and _CLAUSE_EDGE.match(field.text, field.before_marks(parsed)):
        return end if _quotes_on(field, parsed, end) else parsed
    return end


def _quotes_on(field: Field, start: int, end: int) -> bool:
    """ "said the pier was “old” but that “nobody cares”": more words quoted in the sentence, no cue beside them."""
    if not _JOINS.match(field.text, field.before_marks(start)) or field.frames_in((start, end)):
        return False
    return any(start < q.start for q in field.quotations_in(start, end))


def _clause_end(field: Field, quotation: Quotation, frame: Frame) -> int:
    """End of the clause that a quoted fragment stands in, where words of the narrator's finish it."""
    head = frame.content_head
    if head is None:
        return quotation.end
    start, end = syntax.subtree_span(head)
    if not (start <= quotation.start < end):
        return quotation.end
    start, end = trimmed(field.text, start, end, " ,.;:\n")
    return end


def end_before_cue(field: Field, quotation: Quotation, frame: Frame) -> int:
    """ "“You pushed them” to raise the price, she said": the narrator ends the clause before the cue."""
    if frame.source is None or frame.source.idx < quotation.end or frame.cue.idx < quotation.end:
        return quotation.end
    first = min(frame.cue.idx, syntax.noun_phrase(frame.source)[0])
    gap = field.text[quotation.end : first]
    if field.text[field.before_marks(quotation.end)] == "," or not gap.rstrip().endswith(",") or not gap[1:2].islower():
        return quotation.end
    return trimmed(field.text, quotation.end, first, " ,")[1]


def before_takeover(field: Field, span: Span, frame: Frame) -> Span:
    """A reported clause up to where the narrator takes over after the first words quoted in it."""
    start, end = span
    if start < frame.cue.idx:
        return span
    end = _before_joined_cue(field, start, end, frame)
    quoted = next((q for q in field.quotations_in(start, end) if start <= q.start and q.end < end), None)
    if quoted is None:
        return start, end
    return start, min((c for c in _takeovers(field, quoted, frame, end) if c >= quoted.end), default=end)


def _before_joined_cue(field: Field, start: int, end: int, frame: Frame) -> int:
    """ "said the port would close and promised jobs": a cue in the tense of the first, in a clause of another."""
    head = frame.content_head
    if head is None or not start <= head.idx < end or not syntax.is_finite_clause(head):
        return end
    if any(t.tag_ == frame.cue.tag_ for t in [head, *syntax.auxiliaries(head)]):
        return end
    for match in _JOINED_VERB.finditer(field.text, head.idx, end):
        verb = syntax.token_at(field.doc, match.start("verb"))
        if verb is None or field.quoted[verb.i] or not (match["comma"] or match["and"]) or verb.tag_ == "VBG":
            continue
        if _is_joined_to_cue(field, verb, match, frame) and syntax.own_subject(verb) is None:
            return match.start()
    return end


def takes_over(field: Field, char: int) -> bool:
    """Whether the narrator takes over at a place."""
    return _TAKEOVER.match(field.text, char) is not None


def _takeovers(field: Field, quotation: Quotation, frame: Frame, limit: int) -> Iterator[int]:
    """Where the narrator takes over after a quoted fragment."""
    first = field.before_marks(quotation.end)
    pattern = _TAKEOVER_AFTER_SUBORDINATE if precedes_main_clause(frame.carrier) else _TAKEOVER
    if pattern is _TAKEOVER and frame.entry.object == "target":
        pattern = _TAKEOVER_AFTER_JUDGEMENT
    for match in pattern.finditer(field.text, first, limit):
        if field.quotation_at(match.end()) is None:
            yield max(match.start(), quotation.end)
            break
    for match in _JOINED_VERB.finditer(field.text, first, limit):
        verb = syntax.token_at(field.doc, match.start("verb"))
        if verb is not None and not field.quoted[verb.i] and _is_joined_to_cue(field, verb, match, frame):
            yield max(match.start(), quotation.end)
            break


def _is_joined_to_cue(field: Field, verb: Token, match: re.Match[str], frame: Frame) -> bool:
    """ "…, adding that", "… and added that": what the speaker does next, though parsers take it for reported."""
    if verb.tag_ == "VBG" and match["and"] in {"before ", "after ", "while ", "by "}:
        return field.cues.of(verb) is not None
    if match["and"] is None:
        if match["comma"] is None:
            return False
        if verb.tag_ == "VBG":
            return verb.lower_ not in _PREPOSITIONAL
    if verb.tag_ != syntax.tense(frame.carrier):
        return False
    if field.cues.of(verb) is not None:
        return verb.tag_ in syntax.TENSED or _follows_no_verb(field, verb, frame, verb.tag_)
    return match["and"] == "and " and _follows_no_verb(field, verb, frame, *syntax.FINITE)


def _follows_no_verb(field: Field, verb: Token, frame: Frame, *tags: str) -> bool:
    """ "called him “weak” and left": with no such verb in what is reported, a joined one can but go on from the cue."""
    return not any(t.tag_ in tags for t in field.doc[frame.cue.i + 1 : verb.i])


def precedes_main_clause(cue: Token) -> bool:
    """A cue in a clause that its main clause comes after, or joined to such a one."""
    while cue.dep_ == "conj" and cue.head.i < cue.i:
        cue = cue.head
    if cue.dep_ in {"advcl", "csubj", "csubj:outer"}:
        return cue.head.i > cue.i
    return cue.dep_ in syntax.RELATIVE


# -- on both sides of its cue ------------------------------------------------------------------------------------------


def other_side(field: Field, found: Found, frame: Frame, span: Span) -> list[Span]:
    """ "The rest, she said, “will follow”": the other half of what is said, beyond the cue, if it is still free."""
    half = (_left_half if span[0] > frame.cue.idx else _right_half)(field, frame, span)
    taken = half is None or any(found.has(q) for q in field.quotations_in(*half))
    return [] if half is None or taken else [half]


def _halves(frame: Frame) -> tuple[Span, Span] | None:
    """What the parse gives a cue that stands inside it."""
    if len(frame.content) != 2 or not frame.content[0][0] < frame.cue.idx < frame.content[1][0]:
        return None
    return frame.content[0], frame.content[1]


def _left_half(field: Field, frame: Frame, span: Span) -> Span | None:
    halves = _halves(frame)
    inside = [q for q in field.quotations_in(*span) if span[0] <= q.start]
    if not inside:
        return None
    quoted = inside[0].inner(field.text)[0]
    goes_on = field.text[quoted : quoted + 1].islower() or span[0] < quoted - 1
    if halves is None:
        half = _before_cue_clause(field, frame)
        goes_on = goes_on and field.text[span[0] - 2 : span[0]] == ", "
        if half is None or re.search(_OCCASION, field.text[slice(*half)]) or _is_date(field, half):
            return None
    else:
        half = halves[0]
    return half if goes_on and not _SUBORDINATE.match(field.text, half[0]) else None


def _before_cue_clause(field: Field, frame: Frame) -> Span | None:
    """The words of the sentence before ", she said,"."""
    part = field.part_of(frame.cue.idx)
    if frame.source is None or part is None:
        return None
    end = min(frame.cue.idx, syntax.noun_phrase(frame.source)[0])
    if field.text[end - 2 : end] != ", ":
        return None
    start = [part[0], *sentence_ends(field.text, part[0], end)[:-1]][-1]
    half = trimmed(field.text, start, end, " ,\n")
    return half if half[0] < half[1] else None


def _is_date(field: Field, span: Span) -> bool:
    words = field.doc.char_span(*span, alignment_mode="expand")
    return words is not None and any(t.ent_type_ in {"DATE", "TIME"} for t in words[:4])


def _right_half(field: Field, frame: Frame, span: Span) -> Span | None:
    halves = _halves(frame)
    half = halves[1] if halves is not None else _after_cue_clause(field, frame, span)
    first = None if half is None else syntax.token_at(field.doc, half[0])
    if half is None or first is None or field.quoted[first.i]:
        return None
    if first.lower_ == "that" or halves is None:
        goes_on = first.lower_ == "that" or first.tag_ in syntax.FINITE
        return half if goes_on and not field.frames_in(half) else None
    goes_on = first.tag_ in syntax.FINITE or first.lower_ == "but"
    return half if goes_on and not field.quotations_in(*half) else None


def _after_cue_clause(field: Field, frame: Frame, span: Span) -> Span | None:
    """The words of the sentence after ", she said,", where quoted words before them end in a comma."""
    part = field.part_of(frame.cue.idx)
    if frame.source is None or part is None or field.text[field.before_marks(span[1])] != ",":
        return None
    start = max(frame.cue.idx + len(frame.cue), syntax.noun_phrase(frame.source)[1])
    if field.text[start : start + 2] != ", ":
        return None
    return trimmed(field.text, start, sentence_ends(field.text, start, part[1])[0], " ,.;\n")
