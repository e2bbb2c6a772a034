"""Cue frames: who says, the word that reports it, what is said, to whom; and the words that belong to one."""

from __future__ import annotations

from dataclasses import dataclass, field

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.cues import Cue
from pipeline.enrich.words import BODIES, EXPERT, POLITICAL, TECHNICAL
from pipeline.records import Span

NOT_A_SOURCE = frozenset({"it", "there", "what", "nothing", "something", "anything", "everything"})
# "It seems that …": nobody is meant.
_IMPERSONAL = frozenset(
    {"seem", "appear", "follow", "feel", "prove", "happen", "take", "begin", "start", "end", "help", "show"}
)
ASKING = frozenset({"URGE", "DEMAND", "WARN", "THREATEN", "PROMISE", "REJECT"})
_OCCASIONS = frozenset({"in", "at", "on", "during", "via", "after", "before", "through"})
_PUT_IN = frozenset({"parataxis"})
_LONGEST_PUT_IN = 5
SPEAKERS = POLITICAL | TECHNICAL | EXPERT | BODIES
_ISSUED = frozenset({"statement", "letter", "message", "tweet", "post", "memo", "email", "note", "release", "report"})
_CONDITIONS = frozenset({"if", "unless", "should", "provided", "lest", "or"})


@dataclass
class Frame:
    """One cue in its clause. Tokens are heads; spans are character ranges of the field's text."""

    cue: Token
    """The reporting word; for "issue a warning" the noun."""
    entry: Cue
    carrier: Token
    """The verb that holds mood and tense: the cue itself, or the light verb of a cue noun."""
    source: Token | None = None
    addressees: list[Token] = field(default_factory=list)
    target: Token | None = None
    content: list[Span] = field(default_factory=list)
    content_head: Token | None = None
    presupposed: bool = False
    """A noun that takes the act for granted ("despite warnings from …")."""

    @property
    def is_noun(self) -> bool:
        return self.cue.pos_ == "NOUN"


def has_colon(clause: Token) -> bool:
    return ":" in {clause.left_edge.text, clause.left_edge.nbor(-1).text}


def gives_words_issued(verb: Token) -> bool:
    """ "issued a statement saying that …": the words of what is issued, with a clause that gives them."""
    return verb.head.lemma_.lower() in _ISSUED and bool(syntax.clauses(verb) or syntax.objects(verb))


def _infinitives(verb: Token) -> list[Token]:
    """Infinitive clauses after a verb, as complement or as purpose: parsers waver between the two.

    "Threatened in a video to kill them": they give what is said to the occasion as well.
    """
    found = [c for c in verb.children if c.dep_ in {"xcomp", "ccomp", "advcl"}]
    if not found:
        occasions = (
            noun for word, noun in syntax.prepositions(verb) if word in _OCCASIONS and noun.pos_ in syntax.NOUNS
        )
        found = [c for noun in occasions for c in noun.children if c.dep_ == "acl"]
    return [c for c in found if c.i > verb.i and _is_bare(c) and syntax.is_infinitive(c)]


def reports_own_words(verb: Token) -> bool:
    return verb.lemma_.lower() in {"quote", "report", "cite"} and any(
        preposition == "as" for preposition, _ in syntax.prepositions(verb)
    )


def quotes_speech(verb: Token) -> bool:
    """ "was quoted as saying that …": the second verb has the words."""
    return reports_own_words(verb) and spoken_verb(verb) is not None


def spoken_verb(verb: Token) -> Token | None:
    """ "saying" of "quoted the minister as saying"."""
    return next((t for word, t in syntax.prepositions(verb) if word == "as" and t.tag_ == "VBG"), None)


def quoting_verb(cue: Token) -> Token | None:
    """ "quoted" of "quoted the minister as saying", asked of either verb."""
    above = cue.head.head if cue.dep_ == "pcomp" else cue.head
    if quotes_speech(cue):
        return cue
    return above if cue.tag_ == "VBG" and quotes_speech(above) and spoken_verb(above) == cue else None


def passed_on_by(cue: Token) -> Token | None:
    """Who hands on what somebody is quoted as saying: "Tass quoted X as saying", "was quoted by Tass as saying"."""
    quoting = quoting_verb(cue)
    spoken = spoken_verb(quoting) if quoting is not None else None
    if quoting is None or spoken is None:
        return None
    if not syntax.is_passive(quoting):
        return syntax.subject(quoting)
    behind = (t for t in spoken.children if t.i > spoken.i and any(c.lower_ == "by" for c in t.lefts))
    return syntax.agent(quoting) or syntax.agent(spoken) or next(behind, None)


def _resumed_cue(verb: Token, subject: Token) -> Token | None:
    """ "told her that a truce was due and urged them to …": no truce urges, so the teller does."""
    clause = verb.head
    if verb.dep_ != "conj" or syntax.own_subject(verb) is not None or clause.dep_ != "ccomp":
        return None
    outer = syntax.tense(clause.head)
    speaks = subject.pos_ != "NOUN" or subject.ent_type_ or subject.lemma_.lower() in SPEAKERS
    same = clause.head.pos_ == "VERB" and outer == verb.tag_ and verb.tag_ in syntax.TENSED
    return clause.head if same and not speaks else None


def speaker(verb: Token) -> Token | None:
    source = syntax.subject(verb)
    if source is not None and (outer := _resumed_cue(verb, source)) is not None:
        source = syntax.subject(outer) or source
    if source is not None and source is verb.head and gives_words_issued(verb) and source.dep_ in syntax.OBJECT:
        # "issued a statement saying that …": who issues it speaks.
        source = syntax.subject(source.head) or source
    if source is not None and source.lower_ in NOT_A_SOURCE and source.pos_ in {"PRON", "DET"}:
        spoken = verb.dep_ != "ROOT" or verb.lemma_.lower() not in _IMPERSONAL
        return source if source.lower_ == "it" and spoken else None
    return source


def clausal(frame: Frame) -> list[Token]:
    verb = frame.cue
    found = [] if quotes_speech(verb) else [c for c in syntax.clauses(verb) if not _is_name_before(c, verb)]
    if len(found) > 1 and syntax.is_fronted_participle(found[0]):
        found = found[1:]
    if not found and not frame.is_noun and frame.entry.act in ASKING:
        found = _infinitives(verb)[:1]
    if not found and frame.is_noun:
        found = [c for c in verb.children if c.i > verb.i and (c.dep_ == "ccomp" or completes(c))]
    if not found and not frame.is_noun and verb.dep_ != "parataxis":
        found = [
            c
            for c in verb.children
            if c.dep_ == "parataxis" and c.i < verb.i and c.pos_ in {"VERB", "AUX", "ADJ", "NOUN"}
        ][:1]
    return found + _carried_on(frame, found)


def _is_name_before(clause: Token, verb: Token) -> bool:
    """ "On “Morning Calls,” Karin Oduya said that …": the title of a show, which parsers take for what is said."""
    if clause.i > verb.i or clause.pos_ not in syntax.NOUNS:
        return False
    words = [t for t in clause.subtree if t.is_alpha]
    return len(words) > 1 and all(t.is_title and t.pos_ not in {"VERB", "AUX"} for t in words)


def _carried_on(frame: Frame, found: list[Token]) -> list[Token]:
    """ "says the route is dangerous and will need a tower": a joined verb in another tense than the cue's.

    It goes on with what is said, though parsers hang it on the cue as often.
    """
    if frame.is_noun or not found or found[-1].i < frame.cue.i:
        return []
    joined = [c for c in frame.cue.children if c.dep_ == "conj" and c.i > found[-1].i and syntax.own_subject(c) is None]
    outer = _tense_group(frame.carrier)
    return [c for c in joined if _tense_group(c) not in {"", outer}]


def _tense_group(verb: Token) -> str:
    """Past, present or what a modal verb tells; no time where nothing finite is there."""
    tags = {t.tag_ for t in [verb, *syntax.auxiliaries(verb)]}
    if "MD" in tags:
        return "modal"
    return "past" if "VBD" in tags else "present" if tags & {"VBZ", "VBP"} else ""


def completes(clause: Token) -> bool:
    """ "a warning that …", "an order to …": not "a warning following talks"."""
    marks = [c for c in clause.children if c.dep_ == "mark" and c.lower_ in {"that", "whether"}]
    if marks and marks[0].i == clause.head.i + 1 and clause.dep_ in {"appos", "advcl", "dep", "parataxis"}:
        return True
    marked = bool(marks)
    return clause.dep_ in {"acl", "acl:relcl", "relcl"} and (
        marked or (syntax.is_infinitive(clause) and _is_bare(clause))
    )


def _is_bare(clause: Token) -> bool:
    """ "to halt", "to be neutral": the verb of a clause, or the copula of its predicate, in its bare form."""
    return clause.tag_ == "VB" or any(t.tag_ == "VB" and t.dep_ == "cop" for t in clause.children)


def is_time(noun: Token) -> bool:
    return noun.ent_type_ in {"DATE", "TIME"}


def joined(frame: Frame, parts: list[Token]) -> list[Span]:
    """One range from the first part to the last, with conditions that follow; in two where the cue stands inside."""
    verb = frame.cue
    members: list[Token] = []
    own_side = {t.i for t in _own_words(frame, parts)}
    if frame.source is not None and frame.source.i == verb.i - 1 and frame.source.head.i != verb.i:
        own_side |= {t.i for t in frame.source.subtree}
    own_side |= {t.i for who in frame.addressees if who.head in parts and who.i < who.head.i for t in who.subtree}
    if frame.source is not None and frame.source.i > verb.i and not frame.is_noun:
        # "was told to leave by the army": who does it stands at the end of what is told.
        own_side |= {t.i for t in syntax.phrase(frame.source)}
    own_side |= {t.i for part in parts if part.pos_ in syntax.NOUNS for t in _told_besides(part)}
    own_side |= {t.i for part in parts for t in _put_in(part)}
    for part in parts:
        members.extend(t for t in syntax.phrase(part) if t.i not in own_side)
    members.extend(_conditions(verb))
    # The conjunction before a joined part hangs on it, or on the cue.
    members.extend(c for c in verb.children if c.dep_ == "cc" and any(p.left_edge.i == c.i + 1 for p in parts))
    members = sorted(set(members), key=lambda t: t.i)
    members = members[: _before_afterthought(members, parts)]
    if not members:
        return []
    first = members[0]
    if first.i > 0 and first.nbor(-1).lower_ in {"that", "of"} and first.nbor(-1).head in {frame.cue, parts[0]}:
        # A word that brings the content belongs to it, though a parser may hang it on the cue.
        members.insert(0, first.nbor(-1))
    return runs(members)


def _put_in(head: Token) -> list[Token]:
    """ "cautioned Riga: her country, she said, would act": the narrator's words inside what is said."""
    put_in = (c for c in syntax.children(head, _PUT_IN) if syntax.own_subject(c) is not None and c.i < head.i)
    clauses = [list(c.subtree) for c in put_in]
    return [t for clause in clauses if len(clause) <= _LONGEST_PUT_IN for t in clause]


def _told_besides(noun: Token) -> list[Token]:
    """ "summoned the envoy, who was told that …": what somebody says or hears in a clause beside."""
    clauses = (list(c.subtree) for c in syntax.children(noun, syntax.RELATIVE) if syntax.clauses(c))
    words = ([t for t in clause if not t.is_punct] for clause in clauses)
    besides = (own for own in words if own[0].lower_ == "who" and own[0].nbor(-1).text == ",")
    return [t for own in besides for t in own]


def _before_afterthought(members: list[Token], parts: list[Token]) -> int:
    """How many of the members stand before ", citing …" at the end: that tells of the speaker, not of what is said.

    Parsers hang such a participle on the reported clause as often as on the cue.
    """
    for position, token in enumerate(members):
        if token.tag_ != "VBG" or token.dep_ not in {"advcl", "acl", "parataxis"} or token in parts or position == 0:
            continue
        first = token.left_edge
        after_comma = first.text == "," or (first.i > 0 and first.nbor(-1).text == ",")
        if after_comma and token.right_edge.i >= members[-1].i - 1:
            return next((n for n, member in enumerate(members) if member.i >= first.i), position)
    return len(members)


def _own_words(frame: Frame, parts: list[Token]) -> list[Token]:
    """The cue clause where it stands inside its own content: "The dam, she warned, will not survive"."""
    if frame.cue.i < parts[0].left_edge.i or frame.cue.i > parts[-1].right_edge.i:
        return []
    keep = [frame.cue]
    if frame.source is not None:
        keep.extend(frame.source.subtree)
    return keep


def _conditions(verb: Token) -> list[Token]:
    """ "warned of consequences if NATO moves": the condition belongs to what is said."""
    found: list[Token] = []
    for child in verb.children:
        if child.dep_ == "advcl" and any(c.lower_ in _CONDITIONS and c.dep_ == "mark" for c in child.children):
            found.extend(child.subtree)
    return found


def runs(members: list[Token]) -> list[Span]:
    """Character ranges of the runs of neighbouring tokens, without punctuation at their edges but closing marks."""
    runs: list[list[Token]] = []
    for token in members:
        if (
            runs
            and token.i - runs[-1][-1].i <= 2
            and all(t.is_punct or t.is_space for t in token.doc[runs[-1][-1].i + 1 : token.i])
        ):
            runs[-1].append(token)
        else:
            runs.append([token])
    found = []
    for run in runs:
        while run and (run[-1].is_space or run[-1].text in {",", ".", ";", ":", "-", "–", "—"}):
            run.pop()
        while run and (run[0].is_space or run[0].text in {",", ".", ";", ":", "-", "–", "—", ")", "”"}):
            run.pop(0)
        if run:
            found.append(syntax.text_span(run[0], run[-1]))
    return found
