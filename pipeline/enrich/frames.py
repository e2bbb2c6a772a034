"""Cue frames: a reporting word with who speaks, who is told, and the words it governs, read from the parse alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from spacy.tokens import Doc, Token

from pipeline.enrich import messages, summons, syntax, ultimatums
from pipeline.enrich.cues import NEUTRAL, Cue, Cues, bases
from pipeline.enrich.words import BLOWS, BODIES, EVENTS, EXPERT, GIVING, POLITICAL, STRUCK, TECHNICAL
from pipeline.records import Span

# A verb with one of these and no agent reports hearsay: nobody in the text says it.
_EXPLETIVE = frozenset({"it", "there", "that", "this", "what", "which"})
_NOT_A_SOURCE = frozenset({"it", "there", "what", "nothing", "something", "anything", "everything"})
# "It seems that …": nobody is meant.
_IMPERSONAL = frozenset(
    {"seem", "appear", "follow", "feel", "prove", "happen", "take", "begin", "start", "end", "help", "show"}
)
_ASKING = frozenset({"URGE", "DEMAND", "WARN", "THREATEN", "PROMISE", "REJECT"})
# Acts that yield to that of the noun they carry: "voiced support".
_VAGUE = frozenset({"STATE", "PREDICT"})
_ULTIMATUM_CUE = Cue(act="THREATEN", object="addressee")
_STERN_CUE = Cue(act="WARN", addressee=frozenset({"to", "for"}), content=frozenset({"about", "on", "over"}))
_KNOWN_CUE = Cue(act="STATE", object="addressee")
_SAID_THINGS = frozenset({"this", "that", "thing", "something", "word", "line", "message", "sentence", "answer"})
_OCCASIONS = frozenset({"in", "at", "on", "during", "via", "after", "before", "through"})
_PART_OF_CUE = frozenset({"on notice", "on guard", "on alert"})
_TOLD_BEHIND_COLON = frozenset({"STATE", "WARN", "THREATEN", "DEMAND", "URGE"})
_TOWARDS = frozenset({"to", "for", "at"})
_PUT_IN = frozenset({"parataxis"})
_LONGEST_PUT_IN = 5
_BESIDE_NOUNS = frozenset({"appos", "dep"})
_SUBJECTS = frozenset({"nsubj", "nsubj:pass", "nsubjpass"})
_BESIDE = frozenset({"compound", "amod", "nmod", "nmod:desc", "nn"})
_ARRIVING = frozenset({"come", "arrive", "go", "reach", "follow", "issue", "emanate"})
_INDEFINITE = frozenset({"a", "an", "another", "one"})
_RECEIVING = frozenset({"receive", "get", "hear", "draw", "face"})
_NAMES = frozenset({"GPE", "PERSON", "ORG"})
_SPEAKERS = POLITICAL | TECHNICAL | EXPERT | BODIES
_ISSUED = frozenset({"statement", "letter", "message", "tweet", "post", "memo", "email", "note", "release", "report"})
_OPENERS = frozenset({"that", "to", "about", "against", "of", "over", "not"})
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


def find_frames(doc: Doc, cues: Cues) -> list[Frame]:
    """All cue frames of a document, in text order."""
    found = []
    for token in doc:
        if not cues.may_be(token):
            continue
        entry = cues.of(token)
        if entry is None or entry.act not in _ASKING:
            threat = _ultimatum(token) or _narrated_ultimatum(token)
            if threat is not None:
                found.append(threat)
                continue
        if entry is None or token.pos_ == "NOUN":
            stance = cues.of_predicate(token)
            frame = None if stance is None else _predicate_frame(token, stance)
            if frame is not None:
                found.append(frame)
                continue
        if token.pos_ == "NOUN" and (entry is not None or messages.is_message(token)):
            frame = _message_frame(token, entry or NEUTRAL, cues) or _stern_frame(token, cues)
            frame = frame or _equated(token, entry or NEUTRAL)
            if frame is not None:
                found.append(frame)
                continue
        if entry is None:
            continue
        if token.pos_ == "NOUN":
            frame = _noun_frame(token, entry, cues)
        elif _is_reporting_verb(token) and not (
            _glosses(token, cues) or _carries(token, cues) or _strikes(token, entry) or _looms(token, entry)
        ):
            frame = _letting_know(token) or _having_to_say(token, entry) or _verb_frame(token, entry)
        else:
            frame = None
        if frame is not None:
            found.append(frame)
    given = {f.source.i: f for f in found if f.entry is _ULTIMATUM_CUE and f.source is not None}
    # "An ultimatum from Juba gave …" is told once, by the verb.
    found = [f for f in found if f.source is None or given.get(f.source.i, f) is f or f.cue.lemma_ != "ultimatum"]
    named = {f.cue.i for f in found if messages.is_message(f.cue)}
    # "his answer was clear: …" is told once, by the answer.
    found = [f for f in found if f.source is None or f.source.i not in named]
    carried = {f.carrier.i for f in found if f.is_noun and f.carrier is not f.cue and f.entry.act not in _VAGUE}
    return [f for f in found if f.is_noun or f.cue.i not in carried or f.entry.act not in _VAGUE]


def _predicate_frame(word: Token, entry: Cue) -> Frame | None:
    """ "is adamant that …", "made it clear that …", "was clear: …": who is that, or makes it, and the clause."""
    carrier = syntax.predicating(word)
    if carrier is None:
        return None
    source = _speaker(word if carrier.dep_ == "cop" else carrier)
    clauses = [c for c in [*syntax.clauses(word), *syntax.clauses(carrier), *_after_colon(word)] if c.i > word.i]
    clauses += [c for c in word.children if c.i > word.i and c.dep_ == "acl"]
    head = next((c for c in clauses if c is not word and syntax.is_finite_clause(c)), None)
    if source is None or head is None or source.lower_ in _NOT_A_SOURCE:
        return None
    frame = Frame(cue=word, entry=entry, carrier=carrier, source=source, content_head=head)
    frame.content = _joined(frame, [head])
    beside = syntax.prepositions(word) + syntax.prepositions(carrier)
    told = [who for preposition, who in beside if preposition in entry.addressee and who.i < head.i]
    frame.addressees = [who for who in told if who.pos_ in syntax.NOMINALS and not _is_time(who)][:1]
    return frame


def _after_colon(word: Token) -> list[Token]:
    return [c for c in word.children if c.dep_ == "parataxis" and c.i > word.i and c.left_edge.i > 0 and _has_colon(c)]


def _has_colon(clause: Token) -> bool:
    return ":" in {clause.left_edge.text, clause.left_edge.nbor(-1).text}


def _carries(verb: Token, cues: Cues) -> bool:
    """ "repeated his warning that …": the act is that of the noun."""
    return cues.is_light(verb) and any(
        entry is not None and entry.act in _ASKING for entry in (cues.of(noun) for noun in syntax.objects(verb))
    )


def _strikes(verb: Token, entry: Cue) -> bool:
    """ "crowds trashed the embassy", "the camp was attacked": a blow, where the same verb can mean criticism."""
    if entry.act != "CONDEMN" or BLOWS.isdisjoint(bases(verb.lower_)):
        return False
    struck = [syntax.own_subject(verb)] if syntax.is_passive(verb) else syntax.objects(verb)
    return any(thing is not None and not STRUCK.isdisjoint(bases(thing.lower_)) for thing in struck)


def _looms(verb: Token, entry: Cue) -> bool:
    """ "Rising seas threaten the port", "a row threatened to spoil the summit": an event says nothing."""
    subject = syntax.own_subject(verb) if entry.act == "THREATEN" else None
    doer = syntax.agent(verb) if entry.act == "THREATEN" and syntax.is_passive(verb) else subject
    return doer is not None and doer.pos_ == "NOUN" and not EVENTS.isdisjoint(bases(doer.lower_))


def _glosses(verb: Token, cues: Cues) -> bool:
    """ "remarks hinting at a broader role": the narrator's reading of words said elsewhere, nobody's speech here."""
    if verb.dep_ != "acl" or verb.tag_ != "VBG" or verb.head.pos_ != "NOUN":
        return False
    return cues.of(verb.head) is not None and not _is_message(verb)


def _is_message(verb: Token) -> bool:
    """ "issued a statement saying that …": the words of what is issued, with a clause that gives them."""
    return verb.head.lemma_.lower() in _ISSUED and bool(syntax.clauses(verb) or syntax.objects(verb))


def _ultimatum(verb: Token) -> Frame | None:
    """ "gave Minsk 48 hours to reopen the crossing or face sanctions": a term is the cue."""
    found = ultimatums.given_by(verb)
    if found is None:
        return None
    source = syntax.agent(verb) if syntax.is_passive(verb) else _speaker(verb)
    if source is not None and (source.lemma_.lower() == "ultimatum" or messages.is_message(source)):
        # "An ultimatum from Juba gave the rebels ten days": it is the sender's.
        source = messages.sender(source) or source
    frame = Frame(cue=verb, entry=_ULTIMATUM_CUE, carrier=verb, source=source, addressees=[found.told])
    frame.content, frame.content_head = _runs(list(found.wanted.subtree)), found.wanted
    return frame


def _narrated_ultimatum(verb: Token) -> Frame | None:
    """ "Damascus has until Sunday to withdraw, after which Israel will strike": who will act gives the term."""
    found = ultimatums.held_in([verb]) if verb.dep_ == "ROOT" else None
    doer = ultimatums.who_acts(found) if found is not None else None
    if found is None or doer is None:
        return None
    frame = Frame(cue=verb, entry=_ULTIMATUM_CUE, carrier=verb, source=doer, addressees=[found.told])
    frame.content = _runs([t for t in verb.sent if t.i >= found.wanted.left_edge.i])
    frame.content_head = found.wanted
    return frame


def _is_reporting_verb(token: Token) -> bool:
    return token.dep_ not in {"aux", "aux:pass", "auxpass", "case", "mark", "amod", "compound", "fixed", "det", "prep"}


def _letting_know(verb: Token) -> Frame | None:
    """ "let Abidjan know that …", "made it known to Abidjan that …": who makes others know it tells them."""
    bringing = verb.head
    lets = verb.lower_ == "know" and {bringing.lemma_.lower(), bringing.lower_} & {"let", "lets"}
    makes = verb.lower_ == "known" and bringing.lemma_.lower() in {"make", "let"}
    if not (lets or makes) or not bringing.i < verb.i:
        return None
    frame = Frame(cue=verb, entry=_KNOWN_CUE, carrier=bringing, source=_speaker(bringing))
    knowing = syntax.own_subject(verb)
    told = [knowing] if lets and knowing is not None else []
    told += [t for t in syntax.objects(bringing) + syntax.indirect_objects(bringing) if t.lower_ != "it"]
    told += [who for word, who in [*syntax.prepositions(verb), *syntax.prepositions(bringing)] if word == "to"]
    frame.addressees = [who for who in told if who.pos_ in syntax.NOMINALS][:1]
    frame.content, frame.content_head = _content(frame, passive=False)
    return frame if frame.content else None


def _having_to_say(verb: Token, entry: Cue) -> Frame | None:
    """ "To Seoul, Kim had only this to say: …": who has something to say says it."""
    what, having = verb.head, verb.head.head
    if verb.dep_ == "xcomp" and (own := syntax.objects(verb.head)):
        what, having = own[0], verb.head
    elif verb.dep_ not in syntax.RELATIVE | {"acl"}:
        return None
    if not syntax.is_infinitive(verb) or what.dep_ not in syntax.OBJECT:
        return None
    if (
        having.lemma_.lower() != "have"
        or what.lemma_.lower() not in _SAID_THINGS
        or syntax.is_negated(what)
        or syntax.is_negated(having)
    ):
        return None
    frame = Frame(cue=verb, entry=entry, carrier=having, source=_speaker(having))
    told = [*syntax.prepositions(verb), *syntax.prepositions(having), *syntax.prepositions(what)]
    frame.addressees = [who for word, who in told if word == "to" and who.pos_ in syntax.NOMINALS][:1]
    colon = messages.colon_behind(verb)
    if colon is not None:
        words = verb.doc[colon.i + 1 : verb.sent.end]
        frame.content, frame.content_head = _runs(list(words)), words.root
    return frame if frame.source is not None and frame.content else None


def _verb_frame(verb: Token, entry: Cue) -> Frame:
    frame = Frame(cue=verb, entry=entry, carrier=verb)
    passive = (syntax.is_passive(verb) and not _closes_sentence(verb)) or _is_clipped_passive(verb, entry)
    _assign_roles(frame, passive=passive)
    frame.content, frame.content_head = _content(frame, passive=passive)
    return frame


def _closes_sentence(verb: Token) -> bool:
    """ "No lorry will pass again, the president declared.": a past tense, though taggers take it for a participle."""
    own = syntax.own_subject(verb)
    bare = verb.tag_ == "VBN" and not syntax.auxiliaries(verb) and syntax.agent(verb) is None
    return bare and verb.dep_ == "parataxis" and own is not None and own.i < verb.i and _follows_comma(own)


def _is_clipped_passive(verb: Token, entry: Cue) -> bool:
    """ "Manila warned off reef by Beijing", "Athens told to back off by Ankara": headlines leave the auxiliary out."""
    told = entry.object == "addressee" or _is_ordered(verb, entry)
    if verb.tag_ not in {"VBD", "VBN"} or not told:
        return False
    if verb.dep_ == "conj" and syntax.own_subject(verb) is None and not syntax.objects(verb):
        # "was summoned and told that …"
        return syntax.is_passive(verb.head) and not syntax.indirect_objects(verb) and not syntax.auxiliaries(verb)
    if verb.dep_ != "ROOT":
        return False
    if syntax.objects(verb) or syntax.indirect_objects(verb) or syntax.auxiliaries(verb):
        return False
    if any(syntax.is_finite_clause(clause) for clause in syntax.clauses(verb)):
        return False
    doer = syntax.agent(verb) or _agent_below(verb)
    return doer is not None and (doer.lemma_.lower() in _SPEAKERS or any(t.ent_type_ in _NAMES for t in doer.subtree))


def _is_ordered(verb: Token, entry: Cue) -> bool:
    """ "was ordered to leave": who is the subject of an order is told."""
    return entry.act in {"DEMAND", "URGE"} and any(syntax.is_infinitive(c) for c in syntax.clauses(verb))


def _assign_roles(frame: Frame, *, passive: bool) -> None:
    verb, entry = frame.carrier, frame.entry
    patients = [t for t in _objects(verb, entry) if not _is_time(t)]
    receivers = syntax.indirect_objects(verb)
    if passive:
        own = syntax.subject(verb)
        frame.source = syntax.agent(verb) or _agent_below(verb) or summons.told_by_host(verb)
        if _reports_own_words(verb):
            # "was quoted as saying": the grammatical subject speaks, the agent passes it on.
            frame.source = own
            return
        patients = [own] if own is not None else []
    else:
        frame.source = _quoted_speaker(verb) or _speaker(verb) or _parenthetic_speaker(verb) or _speaker_behind(verb)
        patients = [t for t in patients if t != frame.source]
        if frame.source is not None and _belongs_to_what_is_said(frame.source, verb):
            frame.source = None
        if entry.object == "target" and not patients:
            # "accused Pakistan of …": nobody receives what is judged, whatever the parser calls them.
            patients, receivers = receivers, []
    if frame.source is None and not passive and _is_inverted(verb, receivers or patients):
        frame.source, patients, receivers = (receivers or patients)[0], [], []
    if entry.object == "addressee":
        frame.addressees = receivers or patients
    else:
        frame.addressees = patients if passive and _is_ordered(verb, entry) else receivers
        if entry.object == "target" and patients:
            frame.target = patients[0]
    if not frame.addressees and not passive and entry.object == "addressee":
        frame.addressees = _told_inside(verb)
    for preposition, noun in syntax.prepositions(verb):
        if (
            preposition in entry.addressee
            and not _is_time(noun)
            and not frame.addressees
            and noun.pos_ in syntax.NOMINALS
        ):
            frame.addressees = [noun]
    if not frame.addressees and not passive:
        frame.addressees = _written_to(verb)


def _written_to(verb: Token) -> list[Token]:
    """ "wrote in an open letter to Kigali", "in a message to Kyiv, Minsk said": who gets it is told."""
    for preposition, noun in syntax.prepositions(verb):
        if preposition in {"in", "with", "by", "via", "through"} and messages.is_message(noun):
            told = [who for word, who in syntax.prepositions(noun) if word == "to" and who.pos_ in syntax.NOMINALS]
            return told[:1]
    return []


def _agent_below(verb: Token) -> Token | None:
    """ "was threatened with the loss of the canal by the US president": the parser gave the agent to the loss."""
    for noun in verb.subtree:
        governors = [noun, *syntax.ancestors_until_root(noun)]
        inside = any(t.pos_ == "VERB" and t.i > verb.i and not _is_to_do(t) for t in governors)
        if noun.i < verb.i or noun.pos_ not in {"NOUN", "VERB"} or inside:
            continue
        for preposition, who in syntax.prepositions(noun):
            if preposition == "by" and (who.lemma_.lower() in _SPEAKERS or who.ent_type_ in _NAMES):
                return who
    return None


def _is_to_do(verb: Token) -> bool:
    """ "was told to leave by the army": what somebody is to do has no agent of its own, unless it is to be done."""
    return syntax.is_infinitive(verb) and not syntax.is_passive(verb)


def _belongs_to_what_is_said(subject: Token, verb: Token) -> bool:
    """ "Whoever recognises it will lose, warned Mogadishu": a clause and a comma lie between subject and cue."""
    said_between = any(subject.i < clause.i < verb.i for clause in syntax.clauses(verb))
    return said_between and verb.nbor(-1).text == "," and verb.i + 1 < verb.sent.end and verb.nbor(1).pos_ == "PROPN"


def _is_inverted(verb: Token, nominals: list[Token]) -> bool:
    """ "Whoever recognises the region will lose our trade, warned Mogadishu": what looks like the object speaks."""
    before = any(c.i < verb.i for c in syntax.clauses(verb))
    return before and len(nominals) == 1 and verb.i < nominals[0].i and nominals[0].left_edge.i == verb.i + 1


def _parenthetic_speaker(verb: Token) -> Token | None:
    """ "…, the Syrian minister said." where the parser gave the minister to the clause before: the noun at the cue."""
    if verb.i == 0 or verb.tag_ not in syntax.TENSED:
        return None
    before = verb.nbor(-1)
    if before.pos_ not in syntax.NOMINALS:
        return None
    first = before
    while first.i > verb.sent.start and first.nbor(-1).pos_ in {"NOUN", "PROPN", "ADJ", "DET", "NUM", "PART"}:
        first = first.nbor(-1)
    return before if first.i > verb.sent.start and first.nbor(-1).text in {",", "”", '"', "’"} else None


def _speaker_behind(verb: Token) -> Token | None:
    """ "Should one soldier cross, said the president, we will fire": the nominal between the cue and the next comma."""
    if verb.i == 0 or verb.nbor(-1).text not in {",", "”", '"', "’"} or verb.tag_ not in syntax.TENSED:
        return None
    behind = verb.doc[verb.i + 1 : verb.sent.end]
    comma = next((t.i for t in behind if t.text == ","), None)
    between = behind[: comma - verb.i - 1] if comma is not None else behind[:0]
    plain = len(between) and all(t.pos_ in {"NOUN", "PROPN", "ADJ", "DET", "NUM", "PART"} for t in between)
    return between[-1] if plain and between[-1].pos_ in syntax.NOUNS else None


def _told_inside(verb: Token) -> list[Token]:
    """ "urges Oslo to avoid …", "warned Russia that …" where the parser gave who is told to the clause.

    A nominal between the cue and the word that opens the clause cannot be the clause's own.
    """
    clauses = [c for c in verb.children if c.dep_ in {"xcomp", "ccomp", "advcl"} and c.i > verb.i]
    for clause in clauses:
        second = [c for c in verb.children if verb.i < c.i < clause.i and c.dep_ == "nsubj" and not _is_time(c)]
        marks = [c for c in clause.children if c.dep_ in {"mark", "aux"} and c.lower_ in _OPENERS]
        early = [
            c
            for c in clause.children
            if marks and verb.i < c.i < marks[0].i and c.pos_ in syntax.NOMINALS and not _is_time(c)
        ]
        if second or early:
            return (second or early)[:1]
    return []


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


def _reports_own_words(verb: Token) -> bool:
    return verb.lemma_.lower() in {"quote", "report", "cite"} and any(
        preposition == "as" for preposition, _ in syntax.prepositions(verb)
    )


def _quotes_speech(verb: Token) -> bool:
    """ "was quoted as saying that …": the second verb has the words."""
    return _reports_own_words(verb) and _spoken(verb) is not None


def _spoken(verb: Token) -> Token | None:
    """ "saying" of "quoted the minister as saying"."""
    return next((t for word, t in syntax.prepositions(verb) if word == "as" and t.tag_ == "VBG"), None)


def _quoting(cue: Token) -> Token | None:
    """ "quoted" of "quoted the minister as saying", asked of either verb."""
    above = cue.head.head if cue.dep_ == "pcomp" else cue.head
    if _quotes_speech(cue):
        return cue
    return above if cue.tag_ == "VBG" and _quotes_speech(above) and _spoken(above) == cue else None


def _quoted_speaker(cue: Token) -> Token | None:
    """Whom "Tass quoted the minister as saying" gives the words to; nobody in the passive, whose subject has them."""
    quoting = _quoting(cue)
    quoted = syntax.objects(quoting) if quoting is not None and not syntax.is_passive(quoting) else []
    return quoted[0] if quoted else None


def passed_on_by(cue: Token) -> Token | None:
    """Who hands on what somebody is quoted as saying: "Tass quoted X as saying", "was quoted by Tass as saying"."""
    quoting = _quoting(cue)
    spoken = _spoken(quoting) if quoting is not None else None
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
    speaks = subject.pos_ != "NOUN" or subject.ent_type_ or subject.lemma_.lower() in _SPEAKERS
    same = clause.head.pos_ == "VERB" and outer == verb.tag_ and verb.tag_ in syntax.TENSED
    return clause.head if same and not speaks else None


def _speaker(verb: Token) -> Token | None:
    source = syntax.subject(verb)
    if source is not None and (outer := _resumed_cue(verb, source)) is not None:
        source = syntax.subject(outer) or source
    if source is not None and source is verb.head and _is_message(verb) and source.dep_ in syntax.OBJECT:
        # "issued a statement saying that …": who issues it speaks.
        source = syntax.subject(source.head) or source
    if source is not None and source.lower_ in _NOT_A_SOURCE and source.pos_ in {"PRON", "DET"}:
        spoken = verb.dep_ != "ROOT" or verb.lemma_.lower() not in _IMPERSONAL
        return source if source.lower_ == "it" and spoken else None
    return source


def _content(frame: Frame, *, passive: bool) -> tuple[list[Span], Token | None]:
    """What the cue governs: a clause, a parenthetic host, an object, or a prepositional phrase, in this order."""
    verb, entry = frame.cue, frame.entry
    parts = _clausal(frame) or ([] if frame.is_noun or passive else _around(verb))
    if entry.object == "target" and not passive and not frame.is_noun:
        judged = _objects(verb, entry) or _judged(frame)
        parts = judged + [t for t in parts if judged and t.i > judged[0].i] if judged else parts
    elif not parts and entry.object == "content":
        said = None if passive or frame.is_noun else _behind_colon(frame)
        if said is not None:
            return said
        parts = [t for t in syntax.objects(verb) if not passive]
    if _quotes_speech(verb):
        return [], None
    if not parts and entry.object in {"content", "target"} and passive and frame.carrier is verb:
        own = syntax.own_subject(verb)
        parts = [own] if own is not None else []
    quoting = _quoting(verb)
    if not parts and quoting is not None:
        # "The port will close, Tass quoted her as saying."
        parts = [c for c in syntax.clauses(quoting) if c.i < quoting.i]
    if not parts and not frame.is_noun and (host := _host(quoting or verb)) is not None:
        return _host_content(quoting or verb, host)
    governed = []
    for preposition, noun in syntax.prepositions(verb):
        if f"{preposition} {noun.lower_}" in _PART_OF_CUE:
            parts = parts or [c for c in noun.children if c.i > noun.i and (_completes(c) or _has_colon(c))]
            governed += [inner for word, inner in syntax.prepositions(noun) if word in entry.content]
        elif preposition in entry.content:
            governed.append(noun)
    if not parts and entry.rest and entry.object == "target":
        first = _behind_rest(verb, entry)
        governed = first + [noun for noun in governed if noun not in first]
    governed = [noun for noun in governed if noun not in frame.addressees and not _is_time(noun)]
    if not parts:
        parts = governed
    elif entry.object == "target" or (entry.object == "content" and parts[0].pos_ in syntax.NOMINALS):
        parts = parts + [noun for noun in governed if noun.i > parts[0].i]
    if not parts:
        return [], None
    return _joined(frame, parts), parts[0]


def _behind_colon(frame: Frame) -> tuple[list[Span], Token] | None:
    """ "radioed the trawlers: leave or be boarded": the object before the colon is told, the words behind it said."""
    verb = frame.cue
    told = [t for t in syntax.objects(verb) + syntax.indirect_objects(verb) if t.pos_ in syntax.NOMINALS]
    colon = messages.colon_behind(verb)
    if colon is None or not all(verb.i < t.i < colon.i and not messages.is_message(t) for t in told):
        return None
    words = verb.doc[colon.i + 1 : verb.sent.end]
    if words.root.pos_ not in {"VERB", "AUX"} or words[0].is_quote:
        return None
    frame.addressees = frame.addressees or told[:1]
    return _runs(list(words)), words.root


def _objects(verb: Token, entry: Cue) -> list[Token]:
    """Whom or what a cue is about: not the noun that is a part of it ("threw its weight behind the plan")."""
    return [t for t in syntax.objects(verb) if t.lower_ != entry.rest]


def _behind_rest(verb: Token, entry: Cue) -> list[Token]:
    """ "laid the blame for it on Oslo", "took issue with the plan": who or what is judged, then for what."""
    rest = next((t for t in verb.rights if t.lower_ == entry.rest), verb)
    behind = [*syntax.prepositions(verb), *(syntax.prepositions(rest) if rest is not verb else [])]
    behind += [pair for _, noun in behind for pair in syntax.prepositions(noun) if pair[0] in {"on", "upon"}]
    return [noun for _, noun in sorted(behind, key=lambda pair: pair[0] in {"for", "over"})][:1]


def _judged(frame: Frame) -> list[Token]:
    return [frame.target] if frame.target is not None and not frame.is_noun else []


def _clausal(frame: Frame) -> list[Token]:
    verb = frame.cue
    found = [] if _quotes_speech(verb) else [c for c in syntax.clauses(verb) if not _is_name_before(c, verb)]
    if len(found) > 1 and syntax.is_fronted_participle(found[0]):
        found = found[1:]
    if not found and not frame.is_noun and frame.entry.act in _ASKING:
        found = _infinitives(verb)[:1]
    if not found and frame.is_noun:
        found = [c for c in verb.children if c.i > verb.i and (c.dep_ == "ccomp" or _completes(c))]
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


def _completes(clause: Token) -> bool:
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


def _is_time(noun: Token) -> bool:
    return noun.ent_type_ in {"DATE", "TIME"}


def _host(verb: Token) -> Token | None:
    """ "The bridge is gone, doctors said": the clause that the cue hangs on is what it reports."""
    host = verb.head
    if _is_parenthesis(verb):
        host = next((t for t in syntax.ancestors_until_root(host) if t.pos_ in {"VERB", "AUX", "ADJ"}), host)
        return host if host.i > verb.i else None
    beside = verb.dep_ == "parataxis" or _is_spliced(verb)
    if beside and host.dep_ in _SUBJECTS and host.i < verb.i < host.head.i:
        # "The fleet, she said, will stay": parsers hang the cue on the subject beside it.
        host = host.head
    fits = beside and host.i != verb.i and host.pos_ in {"VERB", "AUX", "ADJ", "NOUN", "PROPN"}
    return host if fits else None


def _is_parenthesis(verb: Token) -> bool:
    """ "The bridges, the premier told Baku, would be blown up": no relative clause, as no word of it is one."""
    own = syntax.own_subject(verb)
    if (
        verb.dep_ not in syntax.RELATIVE | _BESIDE_NOUNS
        or own is None
        or verb.tag_ not in syntax.TENSED
        or own.i > verb.i
    ):
        return False
    last = verb.right_edge
    relative = any(t.tag_ in {"WDT", "WP", "WP$", "WRB"} for t in verb.subtree)
    closed = last.text == "," or (last.i + 1 < verb.sent.end and last.nbor(1).text == ",")
    return _follows_comma(own) and closed and not relative


def _around(verb: Token) -> list[Token]:
    """ "One more village, the general swore, and Kigali will burn", "Open the gate, Oslo told Riga, or we will".

    The cue stands inside what is said, and parsers hang both halves on it: the first as subject, object or order.
    """
    joined = [c for c in verb.rights if c.dep_ == "conj" and syntax.own_subject(c) is not None][:1]
    subjects = [t for t in verb.lefts if t.dep_ in _SUBJECTS]
    if not subjects or not _follows_comma(subjects[-1]):
        return []
    orders = [t for t in verb.lefts if t.dep_ == "advcl" and t.i < subjects[-1].i and _is_order(t)]
    if orders:
        return [orders[0], *joined]
    fronted = [t for t in syntax.objects(verb) if t.i < subjects[-1].i] or subjects[:-1]
    return [fronted[0], *joined] if fronted and joined else []


def _is_order(verb: Token) -> bool:
    """ "Open the gate": a bare verb without a subject and without a word that would make it a side clause."""
    marked = any(c.dep_ in {"mark", "aux"} and c.lower_ not in {"do", "don"} for c in verb.lefts)
    return verb.tag_ == "VB" and syntax.own_subject(verb) is None and not marked


def _follows_comma(noun: Token) -> bool:
    """A phrase behind a comma or closing marks, which parsers take for its first word as often as not."""
    first = noun.left_edge
    before = first if first.is_punct or first.i == 0 else first.nbor(-1)
    if before.i < first.i and before.head == noun.head and before.dep_ in _SUBJECTS:
        # "…, the leader Ana Ruiz wrote": parsers give such a verb two subjects.
        return _follows_comma(before)
    return before.text in {",", "”", '"', "’"}


def _is_spliced(verb: Token) -> bool:
    """ "Tell them that we wait, the chief wrote": joined by a comma alone, and a subject right behind it."""
    own = syntax.own_subject(verb)
    if verb.dep_ != "conj" or own is None or verb.head.i > own.i or verb.head.tag_ == verb.tag_:
        return False
    joining = [c for c in [*verb.lefts, *verb.head.rights] if c.dep_ == "cc" and verb.head.i < c.i < verb.i]
    # "… is running out, and our patience ends, an official said": "and" joins the clause between, not the cue.
    joined = any(all(t.tag_ not in syntax.FINITE for t in verb.doc[c.i : own.i]) for c in joining)
    return _follows_comma(own) and not joined


def _host_content(verb: Token, host: Token) -> tuple[list[Span], Token | None]:
    own = {t.i for t in verb.subtree}
    members = [t for t in host.subtree if t.i not in own]
    return _runs(members), host


def _joined(frame: Frame, parts: list[Token]) -> list[Span]:
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
    return _runs(members)


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


def _runs(members: list[Token]) -> list[Span]:
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


def _noun_frame(noun: Token, entry: Cue, cues: Cues) -> Frame | None:
    """A cue noun counts with somebody behind it: a verb that carries it, a possessor, or "from …"."""
    if noun.dep_ in {"compound", "nn", "amod", "nmod:desc"}:
        return None
    frame = Frame(cue=noun, entry=entry, carrier=noun)
    said_to_be = None
    inner, noun = noun, messages.named_by(noun) or noun
    verb = noun.head
    received = verb.lemma_.lower() in _RECEIVING and noun.dep_ in syntax.OBJECT and noun.lemma_.lower() != "line"
    carrying = cues.is_light(verb) or (noun is not inner and syntax.is_passive(verb))
    carried = carrying and noun.dep_ in syntax.OBJECT | {"nsubj:pass", "nsubjpass"}
    if (sender := _arrives_from(noun)) is not None:
        # "The warning to Kathmandu came from New Delhi."
        frame.carrier, frame.source, carried = verb, sender, True
    elif (giver := _handed_by(noun, cues)) is not None:
        # "Kigali was served notice by Kinshasa that …"
        frame.carrier, frame.source, carried = verb, giver, True
        receiver = syntax.own_subject(verb)
        frame.addressees = [receiver] if receiver is not None and receiver.pos_ in syntax.NOMINALS else []
    elif received:
        # "Tbilisi received a warning from Brussels": who gets it is told, and it comes from whom it says.
        frame.carrier = verb
        frame.source = messages.from_whom(noun) or messages.from_whom(verb)
        frame.addressees = [t for t in [syntax.subject(verb)] if t is not None]
        frame.content, frame.content_head = _noun_content(frame, syntax.prepositions(noun))
        return frame if frame.source is not None else None
    elif carried:
        frame.carrier = verb
        frame.source = messages.passed_by(noun) or syntax.subject(verb)
        if noun.dep_ in {"nsubj:pass", "nsubjpass"}:
            frame.source = syntax.agent(verb) or messages.sender(noun)
    elif (bearer := messages.passed_by(noun) or messages.speaker_around(noun)) is not None:
        # "State television carried a warning from the army", "Among the things she said was a warning to Caracas".
        frame.source, carried = bearer, True
    elif (said_to_be := _told_as(noun)) is not None:
        # "The warning, delivered by an envoy, was that …"
        frame.source, frame.content, frame.content_head = messages.sender(noun), *said_to_be
    elif (
        entry.act in {"WARN", "THREATEN"}
        and (teller := _announcer(noun)) is not None
        and not (_reports(teller[0], cues) and "with" not in {c.lower_ for c in noun.lefts})
    ):
        # Where the verb reports too ("in a warning to Tbilisi, Paris said …"), what it reports is the warning;
        # "answered with a threat to leave" has no other words.
        frame.carrier, frame.source = teller
        frame.addressees = [who for preposition, who in syntax.prepositions(noun) if preposition in {"to", "for"}][:1]
        if not frame.addressees and frame.carrier.pos_ == "VERB" and noun.dep_ not in syntax.OBJECT:
            frame.addressees = [t for t in syntax.objects(frame.carrier) if t.ent_type_][:1]
        frame.content, frame.content_head = _noun_content(frame, syntax.prepositions(noun))
        return frame if frame.addressees or frame.content else None
    elif (sender := _sender_before(noun)) is not None:
        frame.source = sender
    else:
        frame.presupposed = True
        frame.source = syntax.possessor(noun) or messages.from_whom(noun)
    sent_by = [frame.source] if frame.source is not None and frame.source.i > noun.i else []
    around = [(word, who) for at in sent_by for word, who in syntax.prepositions(at) if word == "to"]
    if noun.dep_ in _SUBJECTS and not GIVING.isdisjoint(bases(verb.lower_)):
        # "An ultimatum from Juba gave the rebels ten days": who is given a term is told.
        around += [("", t) for t in syntax.indirect_objects(verb) + syntax.objects(verb)]
    around += [(word, what) for at in {noun, inner} for word, what in syntax.prepositions(at) if what != inner] + (
        syntax.prepositions(verb) + [("", t) for t in syntax.indirect_objects(verb)] if carried else []
    )
    told = [
        who
        for preposition, who in around
        if (preposition in entry.addressee or preposition == "") and not _is_time(who)
    ]
    frame.addressees = frame.addressees or [who for who in told if who.pos_ in syntax.NOMINALS][:1]
    if not frame.content:
        frame.content, frame.content_head = _noun_content(frame, around)
    if frame.source is None or (entry.act in {"STATE", "PREDICT"} and not (said_to_be or _clausal(frame))):
        return None
    if not carried and not frame.content and not frame.addressees and entry.act not in _ASKING:
        return None
    return frame


def _arrives_from(noun: Token) -> Token | None:
    """ "A warning went out from Oslo to Riga", "A threat reached Riga from Oslo": from whom it comes."""
    verb = noun.head
    if noun.dep_ != "nsubj" or verb.lemma_.lower() not in _ARRIVING:
        return None
    at = [verb, *(c for c in verb.children if c.dep_ in {"advmod", "compound:prt", "prt"})]
    return next((who for who in map(messages.from_whom, at) if who is not None), None)


def _handed_by(noun: Token, cues: Cues) -> Token | None:
    """Who gives an act to the subject of a passive: "was handed an ultimatum by the union"."""
    verb = noun.head
    given = noun.i > verb.i and noun.dep_ in syntax.OBJECT | {"xcomp", "oprd", "iobj"}
    if not given or not cues.is_light(verb) or not syntax.is_passive(verb):
        return None
    return syntax.agent(verb) or messages.from_whom(noun) or messages.from_whom(verb)


def _told_as(noun: Token) -> tuple[list[Span], Token] | None:
    """What an act is told to be: "the warning was that …", "his order was to …"."""
    said = noun.head
    mark = next((c for c in said.children if c.dep_ in {"mark", "aux"} and c.lower_ in {"that", "to"}), None)
    if noun.dep_ not in _SUBJECTS | {"nsubj:outer"} or mark is None or mark.nbor(-1).lemma_ != "be" or mark.i < noun.i:
        return None
    return _runs([t for t in said.subtree if t.i >= mark.i]), said


def _message_frame(noun: Token, entry: Cue, cues: Cues) -> Frame | None:
    """ "Moscow's message to Oslo was blunt: …", "had one line for the rebels: …", "X's warning was meant for Y: …".

    The words follow behind a colon, whatever is told of the message before it.
    """
    if noun.dep_ in _BESIDE or entry.act not in _TOLD_BEHIND_COLON or syntax.is_negated(noun):
        return None
    colon = messages.colon_behind(noun)
    if colon is None or any(_is_message_noun(t, cues) for t in noun.doc[noun.i + 1 : colon.i]):
        return None
    carrier = noun.head if noun.dep_ != "ROOT" else noun
    if noun.dep_ == "pobj":
        carrier = carrier.head
    subject = noun.dep_ in _SUBJECTS
    received = not subject and (carrier.lemma_.lower() in _RECEIVING or syntax.is_passive(carrier))
    brought = syntax.subject(carrier)
    if subject or received:
        brought = messages.from_whom(carrier)
    source = messages.sender(noun) or messages.passed_by(noun) or brought or _sender_before(noun)
    if source is None or source == noun:
        # "There was a warning for Georgia in her speech: …"
        source = next((owner for _, place in syntax.prepositions(noun) if (owner := syntax.possessor(place))), None)
    if source is None or source.pos_ not in syntax.NOMINALS or source == noun:
        return None
    around = [*syntax.prepositions(noun), *(syntax.prepositions(carrier) if carrier is not noun else [])]
    told = [who for preposition, who in around if preposition in _TOWARDS and who not in {source, noun}]
    if received:
        told = [own] if (own := syntax.subject(carrier)) is not None else told
    elif not subject and carrier is not noun:
        told += [t for t in syntax.objects(carrier) + syntax.indirect_objects(carrier) if t != noun]
    told = [who for who in told if who.pos_ in syntax.NOMINALS and who.i < colon.i and not _is_time(who)]
    owned = messages.passed_by(noun) or (messages.sender(noun) if subject or carrier is noun else None)
    if not told and entry.act == "STATE" and owned is None:
        return None
    verb = carrier if carrier.pos_ in {"VERB", "AUX"} else next((c for c in carrier.children if c.dep_ == "cop"), noun)
    if entry.act == "STATE" and messages.is_stern(noun, told[:1]):
        entry = _STERN_CUE
    frame = Frame(cue=noun, entry=entry, carrier=verb, source=source, addressees=told[:1])
    words = noun.doc[colon.i + 1 : noun.sent.end]
    frame.content, frame.content_head = _runs(list(words)), words.root
    return frame


def _equated(noun: Token, entry: Cue) -> Frame | None:
    """ "“Do not test us” was Ankara's message to Nicosia": quoted words that are somebody's message."""
    copula = next((c for c in noun.children if c.dep_ == "cop"), None)
    if noun.dep_ == "attr":
        copula = noun.head
    source = messages.sender(noun)
    if copula is None or source is None or copula.i < 3:
        return None
    first, last = noun.sent[0], copula.nbor(-1)
    if not (first.is_left_punct and first.is_quote and last.is_quote):
        return None
    told = [who for preposition, who in syntax.prepositions(noun) if preposition in _TOWARDS and who != source]
    frame = Frame(cue=noun, entry=entry, carrier=copula, source=source, addressees=told[:1])
    words = noun.doc[first.i : copula.i]
    frame.content, frame.content_head = [syntax.text_span(first, last)], words.root
    return frame


def _stern_frame(noun: Token, cues: Cues) -> Frame | None:
    """ "sent Rome a stern message over the camps": a warning, as told to a state or its rulers."""
    if syntax.is_negated(noun) or not messages.is_message(noun):
        return None
    frame = _noun_frame(noun, _STERN_CUE, cues)
    stern = frame is not None and not frame.presupposed and messages.is_stern(noun, frame.addressees)
    return frame if stern else None


def _is_message_noun(noun: Token, cues: Cues) -> bool:
    """ "the letter ends with a warning: …": the words behind a colon are of the last that leads to it."""
    entry = cues.of(noun) if noun.pos_ == "NOUN" else None
    told = entry is not None and entry.act in _TOLD_BEHIND_COLON and entry.speech
    return (told or messages.is_message(noun)) and noun.dep_ not in _BESIDE


def _reports(verb: Token, cues: Cues) -> bool:
    entry = cues.of(verb)
    return entry is not None and not entry.clause


def _sender_before(noun: Token) -> Token | None:
    """ "Kenyan warning to Kampala": a headline of a noun alone tells the act as news."""
    if noun.dep_ != "ROOT" or not any(who.ent_type_ for name, who in syntax.prepositions(noun) if name == "to"):
        return None
    return next((t for t in noun.lefts if t.ent_type_ in {"GPE", "ORG", "NORP", "PERSON"} and t.dep_ in _BESIDE), None)


def _announcer(noun: Token) -> tuple[Token, Token] | None:
    """ "used his speech for a warning to Tehran", "EU in stark warning to Tbilisi": carrier and teller of a new one.

    A definite one is taken for granted, and so is one that somebody ignores or that is from somebody else.
    """
    marks = {c.lower_ for c in noun.lefts if c.dep_ == "case"} | ({noun.head.lower_} if noun.dep_ == "pobj" else set())
    new = any(c.lower_ in _INDEFINITE for c in noun.lefts)
    if (
        not marks & {"in", "with", "for", "as"}
        or syntax.possessor(noun) is not None
        or messages.from_whom(noun) is not None
    ):
        return None
    governor = noun.head.head if noun.dep_ == "pobj" else noun.head
    own = syntax.own_subject(noun)
    if marks & {"in"} and own is not None and own.ent_type_ in {"GPE", "ORG", "PERSON"} and own.i < noun.i:
        # The same headline where the parser takes the warning for what the state is.
        return own, own
    if governor.ent_type_ in {"GPE", "ORG", "PERSON"} and marks & {"in"} and governor.i < noun.i:
        return governor, governor
    if not new or governor.pos_ != "VERB" or syntax.is_passive(governor):
        return None
    teller = _speaker(governor)
    return (governor, teller) if teller is not None and teller.pos_ in syntax.NOMINALS else None


def _noun_content(frame: Frame, around: list[tuple[str, Token]]) -> tuple[list[Span], Token | None]:
    parts = _clausal(frame)
    if not parts:
        parts = [
            what for preposition, what in around if preposition in frame.entry.content and what not in frame.addressees
        ][:1]
    if not parts:
        return [], None
    return _joined(frame, parts), parts[0]
