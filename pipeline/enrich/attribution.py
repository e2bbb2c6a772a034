"""Attributions: source, cue and content of every reported statement of one field (roles after PolNeAR, Newell 2018).

Two witnesses are joined. Quotation marks say surely that words are somebody's; who says them is read from the
narrator's words beside them, even where a parser is confused by what is quoted. Cue frames of the parse give
indirect speech, and the clause of which a quoted fragment is a part. In order, each only for what is left:

1. cue beside a quotation ("…," X said; X said: "…"), with quotations in the same run joined to it;
2. cue frames with a clause, an object or a phrase: indirect, or mixed where quoted words stand inside;
3. "according to X";
4. quotations without a cue: they go to whoever spoke last, unless a new subject came between.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from spacy.tokens import Doc, Token

from pipeline.enrich import syntax
from pipeline.enrich.cues import Cue, Cues
from pipeline.enrich.frames import Frame, find_frames
from pipeline.enrich.quotes import Quotation, find_quotations, sentence_ends
from pipeline.enrich.text import is_boilerplate, paragraphs, trimmed
from pipeline.records import Kind, Span

_MAX_CUE_DISTANCE = 45
_MIN_FLOATING_WORDS = 3
_MAX_TITLE_WORDS = 6
_WORD = re.compile(r"\w+")
_COLON_SPEAKER = re.compile(r"^[^:.!?]{2,80}:\s*$")
_SIGNATURE = re.compile(r"\s*(?P<cue>[—–―]|-{1,2})\s?(?P<name>(?:[A-Z][\w.'’-]+ ?){1,5})(?=[\s,.]|$)")
_TRANSCRIPT = re.compile(r"[\"“]?(?P<name>(?:[A-Z][A-Z.'’-]+ ?){1,4})(?: \([^)]{1,30}\))?(?P<cue>:)\s+(?=\S)")
# "Harlan: Treaty will not be reopened": how headlines quote.
_HEADLINE = re.compile(r"(?P<name>[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){0,3})(?P<cue>:)\s+(?=[A-Z‘'\"“])")
_SETTING = (
    r"[,”’\"']* (?:in|during|at|on|after|via) (?:an?|his|her|their|its|the) (?:[\w’'-]+ ){0,3}?"
    r"(?:interview|statement|speech|tweet|post|letter|e-?mail|memo|op-ed|briefing|conference|appearance)\b"
)
_DASH = r"[”’\"']* (?:[—–]|--?) "
_TAKEOVER = re.compile(
    r"[”’\"']* while (?!\w+ing\b)|,[”’\"']* (?:while|whereas|although|though|even though)\b|;| \(|"
    # A dash that no other one closes.
    + _DASH + r"(?![^—–]*" + _DASH + r")|" + _SETTING
)  # fmt: skip
# "When she said it was “over,” her party …": the first comma ends what is reported.
_TAKEOVER_AFTER_SUBORDINATE = re.compile(r",[”’\"']* |" + _DASH + r"|;| \(|" + _SETTING)
_PREPOSITIONAL = frozenset({"including", "excluding", "according", "following", "regarding", "concerning"})
_JOINED_VERB = re.compile(
    r"(?P<comma>,)?[”’\"']* (?P<and>(?:and|but|before|after|while|by|then) )?(?:\w+ly |also |did )?(?P<verb>\w+)"
)
_SERIES = re.compile(r",? (?:and|or|but) |, |(?<=,[”\"’']) ")
_MAX_RESUMED = 75
_RESUMES = re.compile(r"[^.!?”\"“\n]{0,60}, (?P<word>(?:but|and|or|so|yet)(?: still| then| also)? )")
_CLAUSE_BEGINS = re.compile(r"(?:But|And|So|Because|If|Unless) ")
_SUBORDINATE = re.compile(r"(?:While|When|As|After|Before|Since|Although|Though|Asked|Speaking)\b")
_CONTINUES = re.compile(r" (?P<word>[a-z]+)\b")
_CLAUSE_GOES_ON = frozenset(
    {"because", "despite", "if", "unless", "until", "that", "which", "who", "where", "how", "what", "of", "to", "for",
     "about", "with", "against", "from", "the", "a", "an", "towards", "between", "over", "among", "into", "than"}
)  # fmt: skip
_CLAUSE_EDGE = re.compile(r"[”’\"']*(?:,(?! because\b)| and (?!that\b|[“\"'‘])| but\b| ?[—–;(])")
_ACCORDING = Cue(act="STATE")


@dataclass
class Attribution:
    """One statement before its people are known. Tokens are heads of phrases in `doc`; spans are character ranges."""

    content: list[Span]
    kind: Kind
    frame: Frame | None = None
    source: Token | None = None
    cue: Span | None = None
    closed: bool = True
    quotations: list[Quotation] = field(default_factory=list)
    content_head: Token | None = None
    relays: list[Token] = field(default_factory=list)
    continues: Attribution | None = None
    """For quoted words without a cue: the attribution whose source speaks on."""
    parent: Attribution | None = None

    @property
    def start(self) -> int:
        spans = [*self.content, *([self.cue] if self.cue else [])]
        return min(s for s, _ in spans) if spans else 0

    @property
    def source_span(self) -> Span | None:
        if self.source is None:
            return None
        if self.frame is None and self.cue is not None:
            # Layouts that name the speaker give a bare name, whatever the parser hangs on it.
            return syntax.core_phrase(self.source)
        return source_phrase(self.source, self.frame)


def source_phrase(source: Token, frame: Frame | None) -> Span:
    """The source as written, without the cue's own clause where a participle or relative clause governs it."""
    start, end = syntax.noun_phrase(source)
    if frame is None:
        return start, end
    cue = frame.carrier
    if start <= cue.idx < end:
        # "Russia has issued a caution …, warning of": the cue hangs inside the phrase.
        return syntax.core_phrase(source)
    return start, end


def find_attributions(doc: Doc, cues: Cues, quotations: list[Quotation] | None = None) -> list[Attribution]:
    """All attributions of a parsed field, in text order; inner speech has the outer attribution as `parent`.

    `quotations` are those of the field, where they have been found already.
    """
    return _Finder(doc, cues, find_quotations(syntax.text_of(doc)) if quotations is None else quotations).run()


class _Finder:
    def __init__(self, doc: Doc, cues: Cues, quotations: list[Quotation]) -> None:
        self.doc = doc
        self.cues = cues
        self.text = syntax.text_of(doc)
        self.parts = [p for p in paragraphs(self.text) if not is_boilerplate(self.text[slice(*p)])]
        self.part_starts = [start for start, _ in self.parts]
        everything = [q for q in quotations if self._part_of(q.start) is not None]
        self.quotations = [q for q in everything if q.depth == 0]
        self.quotation_starts = [q.start for q in self.quotations]
        self.taken: set[Quotation] = set()
        self.quoted = self._quoted_tokens()
        self.frames = [f for f in find_frames(doc, cues, self.quoted) if self._part_of(f.cue.idx) is not None]
        self.narrated = [f for f in self.frames if not self.quoted[f.cue.i]]
        self.narrated_starts = [f.cue.idx for f in self.narrated]
        self.of_frame: dict[int, Attribution] = {}
        self.used: set[int] = set()
        self.found: list[Attribution] = []

    def run(self) -> list[Attribution]:
        for quotation in self.quotations:
            self._link_to_cue(quotation)
        for frame in self.narrated:
            if frame.carrier.i not in self.used and frame.cue.i not in self.used:
                self._reported(frame)
        self._according_to()
        self._signed()
        self._transcribed()
        self._floating()
        self._speech_inside_marks()
        for attribution in self.found:
            attribution.content = _merged(attribution.content)
        found = [a for a in self.found if a.content or a.frame is not None]
        found.sort(key=lambda a: (a.start, -max((e for _, e in a.content), default=0)))
        _nest(found)
        return found

    # -- quotations beside a cue ------------------------------------------------------------------------------------

    def _link_to_cue(self, quotation: Quotation) -> None:
        if self._is_taken(quotation):
            return
        before, after = self._narration_around(quotation)
        frame = None if self._is_title(quotation, before) else self._cue_after(quotation, after)
        if (
            frame is not None
            and self._is_part_of_clause(before)
            and (not self._closes_clause(frame, quotation) or self._is_fronted(before))
        ):
            frame = None
        if frame is None or self._leads_in(before) or self._runs_on(quotation, after):
            frame = self._cue_before(quotation, before) or frame
        if frame is None:
            return
        if self._is_integrated(quotation, before, frame) or self._is_begun(quotation, before, frame):
            self._mixed(quotation, before, frame)
            return
        self._direct(quotation, frame)

    def _is_title(self, quotation: Quotation, before: Span) -> bool:
        """ "star of the show “Harbour Lights,”": a name in marks, in the middle of the narrator's words."""
        if not self._is_part_of_clause(before):
            return False
        words = _WORD.findall(self.text[slice(*quotation.inner(self.text))])
        long = [word for word in words if len(word) > 3]
        return len(long) > 0 and len(words) <= _MAX_TITLE_WORDS and all(not word[0].islower() for word in long)

    def _is_part_of_clause(self, before: Span) -> bool:
        """The narrator's words run into the quotation without a stop."""
        return before[0] < before[1] and self.text[before[1] - 1].isalnum()

    def _is_fronted(self, before: Span) -> bool:
        """ "While she said it was “over,” her party …", "Remarking on its “charm,” she …": a cue of its own has it."""
        return any(
            f.source is not None and not f.is_noun and _precedes_main_clause(f.carrier) for f in self._frames_in(before)
        )

    def _closes_clause(self, frame: Frame, quotation: Quotation) -> bool:
        """ "Taxes would be “unfair,” she said": a finite cue whose source follows at once, in either order."""
        if frame.source is None or frame.cue.tag_ not in {"VBD", "VBZ", "VBP"}:
            return False
        first = frame.cue.idx
        if frame.source.idx >= quotation.end:
            first = min(first, syntax.noun_phrase(frame.source)[0])
        return not self.text[quotation.end : first].strip(" ,–—-")

    def _narration_around(self, quotation: Quotation) -> tuple[Span, Span]:
        """The narrator's words between the last sentence end (or quotation) and this one, and from it to the next."""
        first = self._part_of(quotation.start)
        last = self._part_of(max(quotation.end - 1, quotation.start))
        start, end = (first or (quotation.start, quotation.end))[0], (last or (quotation.start, quotation.end))[1]
        here = self._quotations_in(start, end)
        previous = [q.end for q in here if start <= q.end <= quotation.start]
        following = [q.start for q in here if quotation.end <= q.start < end]
        start = max([start, *previous])
        end = min([end, *following])
        breaks = [b for b in sentence_ends(self.text, start, quotation.start)[:-1] if b < quotation.start]
        if breaks:
            start = breaks[-1]
        after_end = sentence_ends(self.text, quotation.end, end)[0]
        before = trimmed(self.text, start, quotation.start)
        if before[0] < before[1] and self.text[before[1] - 1] in ".!?":
            before = (quotation.start, quotation.start)
        return before, trimmed(self.text, quotation.end, after_end)

    def _cue_after(self, quotation: Quotation, after: Span) -> Frame | None:
        """ "…," X said / said X: the first cue of the narrator's sentence after the quotation, near its end."""
        if after[0] >= after[1]:
            return None
        inner_end = quotation.inner(self.text)[1]
        last = self.text[inner_end - 1 : inner_end]
        follows = self.text[after[0]]
        if last == "." and quotation.closed and not self.text[inner_end - 2 : inner_end].isupper():
            return None
        if not (last in ",?!…—–" or follows in ",–—" or follows.islower() or last.isalnum()):
            return None
        if follows in ".;:":
            return None
        for frame in self._frames_in(after):
            if frame.cue.idx - quotation.end > _MAX_CUE_DISTANCE * 2:
                return None
            if frame.is_noun or not (frame.entry.speech or self._closes_clause(frame, quotation)):
                continue
            source = frame.source
            if source is None or (source.idx < quotation.start and not self._runs_on(quotation, after)):
                source = self._beside(frame.cue, after) or source
            if source is None:
                continue
            if frame.cue.i > 0 and self._between_is_clause(quotation.end, frame, source):
                return None
            if source.idx >= quotation.end or source.idx < quotation.start:
                frame.source = source
                return frame
        return None

    def _beside(self, cue: Token, span: Span) -> Token | None:
        """The nearest nominal beside a cue after a quotation: parsers that trip over the quotation lose the subject."""
        for distance in range(1, 8):
            for index in (cue.i - distance, cue.i + distance):
                if not 0 <= index < len(self.doc):
                    continue
                token = self.doc[index]
                if (
                    not span[0] <= token.idx < span[1]
                    or token.pos_ not in {"PROPN", "PRON", "NOUN"}
                    or token.ent_type_ == "DATE"
                ):
                    continue
                while (
                    token.dep_ in {"flat", "flat:name", "compound", "nn", "nmod:desc", "nmod:poss", "poss"}
                    and span[0] <= token.head.idx < span[1]
                ):
                    token = token.head
                return token if token.pos_ in {"PROPN", "PRON", "NOUN"} else None
        return None

    def _between_is_clause(self, start: int, frame: Frame, source: Token) -> bool:
        """Another finite verb before the cue and its source: the quotation belongs to that one."""
        limit = min(frame.cue.idx, source.idx if source.idx >= start else frame.cue.idx)
        span = self.doc.char_span(start, limit, alignment_mode="contract")
        return span is not None and any(t.pos_ == "VERB" and t.tag_ in {"VBD", "VBZ", "VBP"} for t in span)

    def _runs_on(self, quotation: Quotation, after: Span) -> bool:
        """The narrator's sentence goes on after the quoted words, without a comma that would hand it to a cue."""
        last = self.text[quotation.inner(self.text)[1] - 1]
        return last not in ",?!" and after[0] < after[1] and self.text[after[0]].islower()

    def _leads_in(self, before: Span) -> bool:
        """The words before end as if a quotation had to follow."""
        return before[0] < before[1] and self.text[before[1] - 1] in ":,"

    def _cue_before(self, quotation: Quotation, before: Span) -> Frame | None:
        """X said: "…": the last cue of the narrator's words before the quotation."""
        if before[0] >= before[1]:
            return None
        for frame in reversed(self._frames_in(before)):
            if frame.source is None and not frame.addressees:
                continue
            if quotation.start - frame.cue.idx > _MAX_CUE_DISTANCE * 4:
                return None
            if frame.entry.clause and not self._reports_quoted(frame, quotation):
                continue
            if frame.cue.i in self.used and not self._leads_in(before):
                continue
            if not frame.is_noun or not self._is_integrated(quotation, before, frame):
                return frame
        return self._colon(before)

    def _reports_quoted(self, frame: Frame, quotation: Quotation) -> bool:
        """Whether the words after a cue of many senses run into the quotation, or a clause of its own does."""
        gap = self.text[frame.cue.idx + len(frame.cue) : quotation.start].rstrip(" ,")
        return "," not in gap or self._has_clause_between(frame, quotation)

    def _colon(self, before: Span) -> Frame | None:
        """ "Quake survivors: ‘We dug …’": the words before a colon are the source when no verb is there."""
        if not _COLON_SPEAKER.match(self.text[before[0] : before[1]] + " "):
            return None
        tokens = self.doc.char_span(*before, alignment_mode="contract")
        if (
            tokens is None
            or any(t.pos_ in {"VERB", "AUX"} for t in tokens)
            or not any(t.pos_ in {"NOUN", "PROPN"} for t in tokens)
        ):
            return None
        names = [t for t in tokens if t.pos_ in {"NOUN", "PROPN"}]
        colon = tokens[-1]
        return Frame(cue=colon, entry=_ACCORDING, carrier=colon, source=names[-1])

    def _is_integrated(self, quotation: Quotation, before: Span, frame: Frame) -> bool:
        """The quoted words are part of a clause of the narrator's, not a sentence of their own."""
        inner = quotation.inner(self.text)[0]
        starts_low = self.text[inner : inner + 1].islower()
        if before[0] >= before[1]:
            return False
        last = self.text[before[1] - 1]
        if frame.cue.idx < quotation.start and self._has_clause_between(frame, quotation):
            return True
        if last in ":":
            return False
        if frame.cue.idx >= quotation.end:
            return not (last in ",.?!" and not starts_low) or bool(_CLAUSE_BEGINS.match(self.text, before[0]))
        if last == ",":
            return False
        gap = self.text[frame.cue.idx + len(frame.cue) : quotation.start]
        if not gap.strip(" ,"):
            return starts_low and frame.entry.object != "content"
        return True

    def _has_clause_between(self, frame: Frame, quotation: Quotation) -> bool:
        """ "said that if nothing moves, “we will”": what is reported begins before the quotation, with a verb."""
        begun = [s for s, e in frame.content if frame.cue.idx < s < quotation.start < e]
        if not begun:
            return False
        words = self.doc.char_span(begun[0], quotation.start, alignment_mode="contract")
        return words is not None and any(t.tag_ in {"VBD", "VBZ", "VBP", "MD"} for t in words)

    def _has_verb_after(self, quotation: Quotation, frame: Frame) -> bool:
        """ "suggesting “panic” over fines had begun": the verb of what is reported comes after the quotation."""
        head = frame.content_head
        return (
            head is not None
            and head.idx >= quotation.end
            and head.pos_ in {"VERB", "AUX", "ADJ"}
            and any(s <= quotation.inner(self.text)[0] and head.idx < e for s, e in frame.content)
        )

    def _is_object_with_more(self, quotation: Quotation, frame: Frame) -> bool:
        """ "noted “some tension” in the region": a noun whose own phrase goes on after the mark."""
        head = frame.content_head
        return (
            head is not None
            and head.pos_ in {"NOUN", "PROPN"}
            and quotation.start <= head.idx < quotation.end
            and any(s <= quotation.inner(self.text)[0] and quotation.end + 2 < e for s, e in frame.content)
            and _TAKEOVER.match(self.text, quotation.end) is None
        )

    def _is_begun(self, quotation: Quotation, before: Span, frame: Frame) -> bool:
        """ "says “the wind is with us” despite her loss", "said “pilots on shore” must steer": the clause goes on in words
        of the narrator's."""
        if frame.cue.idx >= quotation.start:
            return False
        if self._leads_in(before) and not self.text[: before[1]].endswith("that,"):
            return False
        if self.text[quotation.inner(self.text)[1] - 1 : quotation.end].strip("”’\"'»")[:1] in set(",.?!"):
            return False
        following = _CONTINUES.match(self.text, quotation.end)
        if following is None:
            return False
        if self._has_verb_after(quotation, frame) or self._is_object_with_more(quotation, frame):
            return True
        token = syntax.token_at(self.doc, following.start("word"))
        return token is not None and (
            token.lower_ in _CLAUSE_GOES_ON or (token.pos_ == "AUX" and token.tag_ in {"MD", "VBZ", "VBP", "VBD"})
        )

    def _direct(self, quotation: Quotation, frame: Frame) -> None:
        existing = self.of_frame.get(id(frame))
        if existing is not None:
            self._extend(existing, quotation)
            return
        self.used.add(frame.cue.i)
        whole = (quotation.start, self._end_before_cue(quotation, frame))
        content = sorted([whole, *self._other_side(frame, whole)])
        attribution = Attribution(
            content=content,
            kind="mixed" if content != [(quotation.start, quotation.end)] else "direct",
            frame=frame,
            source=frame.source,
            cue=self._cue_span(frame),
            closed=quotation.closed,
            quotations=[quotation],
            content_head=self._head_of(quotation),
        )
        self._add(attribution)

    def _opens_sentence(self, quotation: Quotation) -> bool:
        inner = quotation.inner(self.text)[0]
        return not self.text[inner : inner + 1].islower()

    def _mixed(self, quotation: Quotation, before: Span, frame: Frame) -> None:
        """A quoted fragment in a reported clause: the clause is the content."""
        self.used.add(frame.cue.i)
        if frame.cue.idx >= quotation.end:
            start, end = self._start_before_cue(before, quotation, frame), quotation.end
        else:
            covering = [s for s in frame.content if s[0] <= quotation.start and s[0] > frame.cue.idx]
            start = covering[0][0] if covering else self._after_cue(frame, quotation)
            parsed = max(self._clause_end(quotation, frame), *(e for s, e in frame.content if s >= frame.cue.idx), 0)
            end = self._reported_end(quotation, frame, parsed)
        inside = [q for q in self._quotations_in(start, end) if start <= q.start]
        end = max([end, *(q.end for q in inside)])
        content = sorted([(start, end), *self._other_side(frame, (start, end))])
        self._add(
            Attribution(
                content=content,
                kind="mixed" if content != [(quotation.start, quotation.end)] else "direct",
                frame=frame,
                source=frame.source,
                cue=self._cue_span(frame),
                closed=all(q.closed for q in inside),
                quotations=inside,
                content_head=frame.content_head or self._head_of(quotation),
            )
        )

    def _start_before_cue(self, before: Span, quotation: Quotation, frame: Frame) -> int:
        """Start of a clause that its cue follows; earlier fragments quoted in it do not cut it."""
        covering = [s for s, e in frame.content if s < before[0] and quotation.start <= e]
        if not covering or any(q in self.taken for q in self._quotations_in(covering[0], quotation.start)):
            return before[0]
        return covering[0]

    def _other_side(self, frame: Frame, span: Span) -> list[Span]:
        """ "The rest, she said, “will follow”": the narrator's half of what is said, beyond the cue."""
        cue = frame.cue.idx
        if len(frame.content) != 2 or not frame.content[0][0] < cue < frame.content[1][0]:
            return []
        left, right = frame.content
        if span[0] > cue:
            quoted = self.quotations[bisect_left(self.quotation_starts, span[0])].inner(self.text)[0]
            goes_on = self.text[quoted].islower() or span[0] < quoted - 1
            goes_on = goes_on and not _SUBORDINATE.match(self.text, left[0])
            return [left] if goes_on and not self._quotations_in(*left) else []
        first = syntax.token_at(self.doc, right[0])
        finite = first is not None and (first.tag_ in {"VBD", "VBZ", "VBP", "MD"} or first.lower_ == "but")
        return [right] if finite and not self._quotations_in(*right) else []

    def _reported_end(self, quotation: Quotation, frame: Frame, parsed: int) -> int:
        """End of a reported clause with quoted words in it.

        Parsers lose their way at quotation marks. So the clause goes on to the end of its sentence, or to where the
        narrator takes over, unless the parse ends at a place where a clause can end.
        """
        part = self._part_of(quotation.end - 1) or (quotation.start, quotation.end)
        ends = sentence_ends(self.text, max(part[0], quotation.start), part[1])
        limit = next(e for e in ends if e >= quotation.end)
        if frame.source is not None and quotation.end < frame.source.idx < limit:
            # "has been called “a habit” by Oduya": who says it is no part of it.
            limit = max(self.text.rfind(" by ", quotation.end, frame.source.idx), quotation.end)
        limit = max(trimmed(self.text, quotation.start, limit, " ,.;:?!\n")[1], quotation.end)
        end = min((c for c in self._takeovers(quotation, frame, limit) if c >= quotation.end), default=limit)
        if quotation.end <= parsed < end and _CLAUSE_EDGE.match(self.text, self._before_marks(parsed)):
            return parsed
        return end

    def _with_beginning(self, span: Span, frame: Frame) -> Span:
        """A clause before its cue that the parse begins at a quotation takes in the words that lead into it."""
        start, end = span
        quoted = next((q for q in self._quotations_in(start, end) if q.start == start), None)
        if quoted is None or end > frame.cue.idx or quoted in self.taken:
            return span
        before = self._narration_around(quoted)[0]
        return (before[0], end) if self._is_part_of_clause(before) and not self._frames_in(before) else span

    def _before_takeover(self, span: Span, frame: Frame) -> Span:
        """A reported clause up to where the narrator takes over after the first words quoted in it."""
        start, end = span
        if start < frame.cue.idx:
            return span
        end = self._before_joined_cue(start, end, frame)
        quoted = next((q for q in self._quotations_in(start, end) if start <= q.start and q.end < end), None)
        if quoted is None:
            return start, end
        return start, min((c for c in self._takeovers(quoted, frame, end) if c >= quoted.end), default=end)

    def _before_joined_cue(self, start: int, end: int, frame: Frame) -> int:
        """ "said the port would close and promised jobs": a cue in the tense of the first, in a clause of another."""
        head = frame.content_head
        if head is None or not start <= head.idx < end or not syntax.is_finite_clause(head):
            return end
        if any(t.tag_ == frame.cue.tag_ for t in [head, *syntax.auxiliaries(head)]):
            return end
        for match in _JOINED_VERB.finditer(self.text, head.idx, end):
            verb = syntax.token_at(self.doc, match.start("verb"))
            if verb is None or self.quoted[verb.i] or not (match["comma"] or match["and"]) or verb.tag_ == "VBG":
                continue
            if self._is_joined_to_cue(verb, match, frame) and syntax.own_subject(verb) is None:
                return match.start()
        return end

    def _before_marks(self, char: int) -> int:
        """Back over closing marks to the comma inside them, if there is one."""
        at = char
        while at > 0 and self.text[at - 1] in "”’\"'»":
            at -= 1
        return at - 1 if self.text[at - 1] == "," else char

    def _takeovers(self, quotation: Quotation, frame: Frame, limit: int) -> Iterator[int]:
        """Where the narrator takes over after a quoted fragment."""
        first = self._before_marks(quotation.end)
        pattern = _TAKEOVER_AFTER_SUBORDINATE if _precedes_main_clause(frame.carrier) else _TAKEOVER
        for match in pattern.finditer(self.text, first, limit):
            if self._quotation_at(match.end()) is None:
                yield max(match.start(), quotation.end)
                break
        for match in _JOINED_VERB.finditer(self.text, first, limit):
            verb = syntax.token_at(self.doc, match.start("verb"))
            if verb is not None and not self.quoted[verb.i] and self._is_joined_to_cue(verb, match, frame):
                yield max(match.start(), quotation.end)
                break

    def _is_joined_to_cue(self, verb: Token, match: re.Match[str], frame: Frame) -> bool:
        """ "…, adding that", "… and added that": what the speaker does next, though parsers take it for reported."""
        if verb.tag_ == "VBG" and match["and"] in {"before ", "after ", "while ", "by "}:
            return self.cues.of(verb) is not None
        if match["and"] is None:
            if match["comma"] is None:
                return False
            if verb.tag_ == "VBG":
                return verb.lower_ not in _PREPOSITIONAL
        return verb.tag_ == frame.cue.tag_ and verb.tag_ in {"VBD", "VBZ", "VBP"} and self.cues.of(verb) is not None

    def _clause_end(self, quotation: Quotation, frame: Frame) -> int:
        """End of the clause that a quoted fragment stands in, where words of the narrator's finish it."""
        head = frame.content_head
        if head is None:
            return quotation.end
        start, end = syntax.subtree_span(head)
        if not (start <= quotation.start < end):
            return quotation.end
        start, end = trimmed(self.text, start, end, " ,.;:\n")
        return end

    def _after_cue(self, frame: Frame, quotation: Quotation) -> int:
        """Start of what is reported: after the cue, and after who was told."""
        start = frame.cue.idx + len(frame.cue)
        for who in frame.addressees if frame.entry.object == "addressee" else ():
            if start <= who.idx < quotation.start:
                start = syntax.noun_phrase(who)[1]
        return trimmed(self.text, start, quotation.start, " ,:")[0]

    # -- cue frames -------------------------------------------------------------------------------------------------

    def _reported(self, frame: Frame) -> None:
        if not self._is_worth(frame):
            return
        content = [s for s in frame.content if not self._is_all_taken(s)]
        if frame.content and not content:
            return
        content = [self._with_marks(span) for span in content]
        content = [self._before_takeover(self._with_beginning(span, frame), frame) for span in content]
        inside = [q for s, e in content for q in self._quotations_in(s, e) if s <= q.start and q.end <= e]
        quoted = any("," not in self.text[s : q.start] for s, _ in content for q in inside)
        if frame.entry.clause and not quoted and not syntax.is_finite_clause(frame.content_head):
            return
        self.used.add(frame.cue.i)
        kind: Kind = "indirect"
        if inside:
            whole = sum(q.end - q.start for q in inside) >= sum(e - s for s, e in content) - 2
            kind = "direct" if whole and self._opens_sentence(inside[0]) else "mixed"
        self._add(
            Attribution(
                content=content,
                kind=kind,
                frame=frame,
                source=frame.source,
                cue=self._cue_span(frame),
                closed=all(q.closed for q in inside),
                quotations=inside,
                content_head=frame.content_head,
            )
        )

    def _is_worth(self, frame: Frame) -> bool:
        """Hearsay without a source ("is expected to") and cues without content say nothing about who said what."""
        act = frame.entry.act
        if act in {"STATE", "PREDICT", "OTHER"}:
            return frame.source is not None and bool(frame.content)
        if frame.source is None and not frame.addressees:
            return False
        return bool(frame.content or frame.addressees or frame.target is not None or frame.is_noun)

    def _with_marks(self, span: Span) -> Span:
        """A range that cuts a quotation at its edge takes the marks in."""
        start, end = span
        for quotation in self._quotations_in(start, end + 1):
            if quotation.start < end < quotation.end and quotation.end - end <= 3:
                end = quotation.end
            if quotation.start < start < quotation.end and start - quotation.start <= 2:
                start = quotation.start
            if quotation.start < end < quotation.end and start <= quotation.start:
                end = quotation.end
        return start, end

    def _according_to(self) -> None:
        by_sentence: dict[int, list[Attribution]] = {}
        for attribution in self.found:
            if attribution.frame is not None:
                by_sentence.setdefault(attribution.frame.cue.sent.start, []).append(attribution)
        for token in self.doc[: max(len(self.doc) - 2, 0)]:
            if token.lower_ != "according" or self.doc[token.i + 1].lower_ != "to" or self.quoted[token.i]:
                continue
            part = self._part_of(token.idx)
            if part is None:
                continue
            source = _governed(token)
            if source is None:
                continue
            self._add_according(token, source, by_sentence.get(token.sent.start, []))

    def _add_according(self, token: Token, source: Token, beside: list[Attribution]) -> None:
        """One "according to"; `beside` are the attributions whose cue stands in its sentence."""
        cue = syntax.text_span(token, self.doc[token.i + 1])
        sentence = token.sent
        phrase = syntax.noun_phrase(source)
        spoken = [
            a
            for a in beside
            if a.frame is not None and a.frame.entry.speech and not a.frame.is_noun and self._is_main(a, sentence.root)
        ]
        start, end = sentence.start_char, sentence.end_char
        first, last = min(cue[0], phrase[0]), max(cue[1], phrase[1])
        sides = [(start, first), (last, end)]
        spans = [trimmed(self.text, s, e, " ,.;:\n\t") for s, e in sides]
        spans = [self._with_marks(s) for s in spans if s[1] - s[0] > 2]
        if spoken:
            spoken[0].relays.append(source)
        for other in beside:
            # What "according to X" hands to X is not part of an inner statement's words.
            other.content = [
                s if not s[0] < first < s[1] else trimmed(self.text, s[0], first, " ,;") for s in other.content
            ]
        if not spans or (spoken and spoken[0].kind == "direct"):
            return
        inside = [q for s, e in spans for q in self._quotations_in(s, e) if s <= q.start and q.end <= e + 1]
        if len(spans) == 2 and spans[0][1] - spans[0][0] < 12 and " " not in self.text[slice(*spans[0])]:
            spans = spans[1:]
        frame = Frame(cue=token, entry=_ACCORDING, carrier=token, source=source, content=spans)
        self._add(
            Attribution(
                content=spans,
                kind="mixed" if inside else "indirect",
                frame=frame,
                source=source,
                cue=cue,
                closed=all(q.closed for q in inside),
                quotations=inside,
                content_head=sentence.root,
            )
        )

    @staticmethod
    def _is_main(attribution: Attribution, root: Token) -> bool:
        cue = attribution.frame.carrier if attribution.frame is not None else root
        return cue.i == root.i or (cue.dep_ in {"parataxis", "conj"} and cue.head.i == root.i)

    # -- layouts that name the speaker ------------------------------------------------------------------------------

    def _signed(self) -> None:
        """“…” — Name: a dash and a name behind a quotation that ends its sentence."""
        for quotation in self.quotations:
            match = None if self._is_taken(quotation) else _SIGNATURE.match(self.text, quotation.end)
            if match is not None:
                self._named(quotation.start, quotation.end, match, [quotation])

    def _transcribed(self) -> None:
        """NAME: words. A paragraph of a transcript."""
        for number, (start, end) in enumerate(self.parts):
            match = _TRANSCRIPT.match(self.text, start, end)
            if match is None and number == 0 and self.text[end - 1] not in ".":
                match = _HEADLINE.match(self.text, start, end)
            if match is None or any(self._is_taken(q) for q in self.quotations if start <= q.start < match.end()):
                continue
            self.found = [a for a in self.found if not start <= a.start < end]
            inside = [q for q in self.quotations if start <= q.start < end]
            self._named(match.end(), end, match, inside)

    def _named(self, start: int, end: int, match: re.Match[str], inside: list[Quotation]) -> None:
        name = self.doc.char_span(*match.span("name"), alignment_mode="expand")
        if name is None:
            return
        cue = match.span("cue")
        self._add(
            Attribution(
                content=[trimmed(self.text, start, end)],
                kind="direct",
                source=name.root,
                cue=cue,
                quotations=inside,
                content_head=None,
            )
        )

    # -- quotations without a cue -----------------------------------------------------------------------------------

    def _floating(self) -> None:
        by_cue = sorted(((a.cue[1], n) for n, a in enumerate(self.found) if a.cue is not None and a.quotations))
        for quotation in self.quotations:
            if not self._is_taken(quotation) and (resumed := self._resumed(quotation, by_cue)) is not None:
                self._extend(resumed[0], quotation, start=resumed[1])
                continue
            if self._is_taken(quotation) or not self._is_speech(quotation):
                continue
            joined = self._same_run(quotation)
            if joined is not None:
                self._extend(joined, quotation)
                continue
            speaker, continued = self._last_speaker(quotation)
            if speaker is None and continued is None:
                continue
            self._add(
                Attribution(
                    content=[(quotation.start, quotation.end)],
                    kind="direct",
                    source=speaker,
                    closed=quotation.closed,
                    quotations=[quotation],
                    content_head=self._head_of(quotation),
                    continues=continued,
                )
            )

    def _is_speech(self, quotation: Quotation) -> bool:
        """A sentence of its own, not a title, a nickname or a word held at a distance."""
        start, end = quotation.inner(self.text)
        words = _WORD.findall(self.text[start:end])
        before = self._narration_around(quotation)[0]
        alone = before[0] >= before[1]
        if alone:
            finished = (
                self.text[end - 1 : end] in ".?!,…" or not quotation.closed or quotation.end - quotation.start > 60
            )
            return len(words) >= _MIN_FLOATING_WORDS and finished
        return self.text[before[1] - 1] in ":," and len(words) >= _MIN_FLOATING_WORDS

    def _same_run(self, quotation: Quotation) -> Attribution | None:
        """ "…," X said. "…": the next quotation of a paragraph, with only the cue's own clause between."""
        part = self._part_of(quotation.start)
        earlier = [
            a
            for a in self.found
            if a.kind == "direct"
            and a.quotations
            and part is not None
            and a.cue is not None
            and part[0] <= a.quotations[-1].end <= quotation.start
        ]
        if not earlier:
            return None
        last = max(earlier, key=lambda a: a.quotations[-1].end)
        between = self.text[last.quotations[-1].end : quotation.start]
        if (
            last.cue is not None
            and last.cue[0] >= last.quotations[-1].end
            and len(sentence_ends(self.text, last.quotations[-1].end, quotation.start)) <= 2
        ):
            own = self.doc.char_span(last.quotations[-1].end, quotation.start, alignment_mode="contract")
            sentences = {t.sent.start for t in own if t.is_alpha} if own is not None else set()
            return last if len(sentences) <= 1 else None
        return last if not between.strip(" \n.") else None

    def _last_speaker(self, quotation: Quotation) -> tuple[Token | None, Attribution | None]:
        """Who speaks on: the subject of the sentence before, else who spoke last, else the last paragraph's subject."""
        part = self._part_of(quotation.start)
        if part is None:
            return None, None
        earlier = [
            a for a in self.found if a.start < quotation.start and (a.source is not None or a.continues is not None)
        ]
        last = max(earlier, key=lambda a: max([a.start, *(e for _, e in a.content)]), default=None)
        floor = part[0] if quotation.start > part[0] else self._part_before(part)[0]
        subject = self._last_subject(floor, quotation.start)
        last_end = (
            max((e for _, e in [*last.content, *([last.cue] if last.cue else [])]), default=0)
            if last is not None
            else 0
        )
        if subject is not None and (last is None or subject.sent.end_char > last_end + 1 or last_end < floor):
            return subject, None
        if last is not None and last_end >= self._part_before(part)[0]:
            return None, last
        return None, None

    def _last_subject(self, start: int, end: int) -> Token | None:
        """The subject of the last narrated sentence in a range, where it can speak."""
        span = self.doc.char_span(start, end, alignment_mode="contract")
        if span is None:
            return None
        sentences = {token.sent.start: token.sent for token in span}
        for sentence in reversed(sentences.values()):
            if self.quoted[sentence.root.i]:
                continue
            subject = syntax.own_subject(sentence.root)
            if subject is not None and _can_speak(subject):
                return subject
            break
        return None

    # -- acts in quoted words ---------------------------------------------------------------------------------------

    def _speech_inside_marks(self) -> None:
        """ "…said that the two premiers “firmly reject …”": an act whose subject the narrator names, quoted itself."""
        for frame in self.frames:
            if not self.quoted[frame.cue.i] or frame.source is None or self.quoted[frame.source.i]:
                continue
            quotation = self._quotation_at(frame.cue.idx)
            if quotation is None or not frame.entry.speech or frame.source.idx > frame.cue.idx:
                continue
            outer = next((a for a in self.found if quotation in a.quotations and a.kind == "mixed"), None)
            if outer is None or outer.source == frame.source or outer.frame is None:
                continue
            self._add(
                Attribution(
                    content=[(quotation.start, quotation.end)],
                    kind="mixed",
                    frame=frame,
                    source=frame.source,
                    cue=self._cue_span(frame),
                    closed=quotation.closed,
                    quotations=[quotation],
                    content_head=frame.content_head,
                    relays=[outer.source] if outer.source is not None else [],
                )
            )

    # -- small questions --------------------------------------------------------------------------------------------

    def _part_of(self, char: int) -> Span | None:
        """The paragraph that holds a character; None in boilerplate."""
        index = bisect_right(self.part_starts, char) - 1
        if index < 0 or char >= self.parts[index][1]:
            return None
        return self.parts[index]

    def _part_before(self, part: Span) -> Span:
        index = bisect_left(self.part_starts, part[0])
        return self.parts[max(index - 1, 0)]

    def _quoted_tokens(self) -> list[bool]:
        inside = [False] * len(self.doc)
        for quotation in self.quotations:
            first = syntax.token_at(self.doc, quotation.start)
            if first is None:
                continue
            for token in self.doc[first.i :]:
                if token.idx >= quotation.end:
                    break
                inside[token.i] = True
        return inside

    def _quotation_at(self, char: int) -> Quotation | None:
        return next((q for q in self._quotations_in(char, char + 1) if q.start <= char < q.end), None)

    def _frames_in(self, span: Span) -> list[Frame]:
        return self.narrated[bisect_left(self.narrated_starts, span[0]) : bisect_left(self.narrated_starts, span[1])]

    def _head_of(self, quotation: Quotation) -> Token | None:
        span = self.doc.char_span(*quotation.inner(self.text), alignment_mode="contract")
        return span.root if span is not None and len(span) else None

    def _cue_span(self, frame: Frame) -> Span:
        if not frame.is_noun or frame.carrier is frame.cue:
            return syntax.text_span(frame.cue, frame.cue)
        first, last = sorted((frame.carrier, frame.cue), key=lambda t: t.i)
        return syntax.text_span(first, last)

    def _quotations_in(self, start: int, end: int) -> list[Quotation]:
        """The quotations that touch a range, in text order."""
        first = max(bisect_right(self.quotation_starts, start) - 1, 0)
        found = []
        for quotation in self.quotations[first:]:
            if quotation.start >= end:
                break
            if quotation.end > start:
                found.append(quotation)
        return found

    def _add(self, attribution: Attribution) -> None:
        self.found.append(attribution)
        self.taken.update(attribution.quotations)
        if attribution.kind == "direct" and attribution.quotations:
            self._take_series(attribution)
        if attribution.frame is not None:
            self.of_frame.setdefault(id(attribution.frame), attribution)

    def _end_before_cue(self, quotation: Quotation, frame: Frame) -> int:
        """ "“You pushed them” to raise the price, she said": the narrator ends the clause before the cue."""
        if frame.source is None or frame.source.idx < quotation.end or frame.cue.idx < quotation.end:
            return quotation.end
        first = min(frame.cue.idx, syntax.noun_phrase(frame.source)[0])
        gap = self.text[quotation.end : first]
        if (
            self.text[self._before_marks(quotation.end)] == ","
            or not gap.rstrip().endswith(",")
            or not gap[1:2].islower()
        ):
            return quotation.end
        return trimmed(self.text, quotation.end, first, " ,")[1]

    def _take_series(self, attribution: Attribution) -> None:
        """ "chanted “No dam” and “Save the river”": quotations in a row are one content."""
        last = attribution.quotations[-1]
        following = bisect_right(self.quotation_starts, last.start)
        for quotation in self.quotations[following:]:
            if quotation in self.taken or not _SERIES.fullmatch(self.text, last.end, quotation.start):
                return
            self._extend(attribution, quotation)
            last = quotation

    def _resumed(self, quotation: Quotation, by_cue: list[tuple[int, int]]) -> tuple[Attribution, int] | None:
        """ "“…,” she said, but “around boats …”": the attribution that goes on after its cue, and where."""
        near = bisect_left(by_cue, (quotation.start - _MAX_RESUMED, 0)), bisect_right(by_cue, (quotation.start, 0))
        for _, number in reversed(by_cue[slice(*near)]):
            attribution = self.found[number]
            if attribution.cue is None or attribution.cue[0] < attribution.quotations[-1].end:
                continue
            match = _RESUMES.fullmatch(self.text, attribution.cue[1], quotation.start)
            if match is not None:
                return attribution, match.start("word")
        return None

    def _extend(self, attribution: Attribution, quotation: Quotation, *, start: int | None = None) -> None:
        """One more quotation of the same words, with the narrator's words from `start` on that lead into it."""
        attribution.content.append((quotation.start if start is None else start, quotation.end))
        attribution.quotations.append(quotation)
        attribution.closed = attribution.closed and quotation.closed
        self.taken.add(quotation)

    def _is_taken(self, quotation: Quotation) -> bool:
        return quotation in self.taken

    def _is_all_taken(self, span: Span) -> bool:
        """Nothing of the range but a quotation that another cue has."""
        return any(
            q.start <= span[0] and span[1] <= q.end and q in self.taken for q in self._quotations_in(span[0], span[1])
        )


def _merged(spans: list[Span]) -> list[Span]:
    """The ranges in text order; those that overlap, where marks are broken, become one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _precedes_main_clause(cue: Token) -> bool:
    """A cue in a clause that its main clause comes after."""
    if cue.dep_ in {"advcl", "csubj", "csubj:outer"}:
        return cue.head.i > cue.i
    return cue.dep_ in syntax.RELATIVE


def _governed(according: Token) -> Token | None:
    """The head noun of "according to X" under either label scheme."""
    if according.dep_ in {"case", "mark"}:
        return according.head
    after = according.doc[according.i + 1]
    for token in (after, according):
        for child in token.children:
            if child.dep_ in {"pobj", "obl", "nmod"} and child.i > after.i:
                return child
    return None


def _can_speak(token: Token) -> bool:
    if token.pos_ == "PRON":
        return token.lower_ in {"he", "she", "they", "i", "we"}
    if token.ent_type_:
        return token.ent_type_ in {"PERSON", "ORG", "GPE", "NORP"}
    return any(t.ent_type_ == "PERSON" for t in token.subtree)


def _nest(attributions: list[Attribution]) -> None:
    """Link speech inside speech to the smallest content that holds its cue, or its content where no cue is.

    A holder's content is larger than what it holds, so that the links form no circle.
    """
    sizes = {id(a): sum(e - s for s, e in a.content) for a in attributions}
    # Contents that begin before a place, the nearest last: a content holds nothing that begins before it does.
    contents = sorted(((s, e, outer) for outer in attributions for s, e in outer.content), key=lambda c: c[:2])
    starts = [start for start, _, _ in contents]
    longest = max((e - s for s, e, _ in contents), default=0)
    for inner in attributions:
        anchor = inner.cue or (inner.content[0] if inner.content else None)
        if anchor is None:
            continue
        near = contents[bisect_left(starts, anchor[0] - longest) : bisect_right(starts, anchor[0])]
        holders = [outer for _, e, outer in near if anchor[1] <= e and sizes[id(outer)] > sizes[id(inner)]]
        if holders:
            inner.parent = min(holders, key=lambda a: sizes[id(a)])
