"""Cue frames of verbs: their voices, places and parses, and the terms that a verb gives somebody."""

from __future__ import annotations

from spacy.tokens import Token

from pipeline.enrich import messages, summons, syntax, ultimatums
from pipeline.enrich.cues import Cue
from pipeline.enrich.frames import (
    NOT_A_SOURCE,
    SPEAKERS,
    Frame,
    clausal,
    completes,
    has_colon,
    is_time,
    joined,
    quotes_speech,
    quoting_verb,
    reports_own_words,
    runs,
    speaker,
)
from pipeline.records import Span

ULTIMATUM_CUE = Cue(act="THREATEN", object="addressee")
_KNOWN_CUE = Cue(act="STATE", object="addressee")
_SAID_THINGS = frozenset({"this", "that", "thing", "something", "word", "line", "message", "sentence", "answer"})
_FUTURE = frozenset({"will", "shall", "would", "'ll", "’ll"})
_PART_OF_CUE = frozenset({"on notice", "on guard", "on alert"})
_BESIDE_NOUNS = frozenset({"appos", "dep"})
_NAMES = frozenset({"GPE", "PERSON", "ORG"})
_HEARING = frozenset({"hear", "learn"})
_OPENERS = frozenset({"that", "to", "about", "against", "of", "over", "not"})


def predicate_frame(word: Token, entry: Cue) -> Frame | None:
    """ "is adamant that …", "made it clear that …", "was clear: …": who is that, or makes it, and the clause."""
    carrier = syntax.predicating(word)
    if carrier is None:
        return None
    source = speaker(word if carrier.dep_ == "cop" else carrier)
    clauses = [c for c in [*syntax.clauses(word), *syntax.clauses(carrier), *_after_colon(word)] if c.i > word.i]
    clauses += [c for c in word.children if c.i > word.i and c.dep_ == "acl"]
    head = next((c for c in clauses if c is not word and syntax.is_finite_clause(c)), None)
    if source is None or head is None or source.lower_ in NOT_A_SOURCE:
        return None
    frame = Frame(cue=word, entry=entry, carrier=carrier, source=source, content_head=head)
    frame.content = joined(frame, [head])
    beside = syntax.prepositions(word) + syntax.prepositions(carrier)
    told = [who for preposition, who in beside if preposition in entry.addressee and who.i < head.i]
    frame.addressees = [who for who in told if who.pos_ in syntax.NOMINALS and not is_time(who)][:1]
    return frame


def _after_colon(word: Token) -> list[Token]:
    return [c for c in word.children if c.dep_ == "parataxis" and c.i > word.i and c.left_edge.i > 0 and has_colon(c)]


def ultimatum_frame(verb: Token) -> Frame | None:
    """ "gave Minsk 48 hours to reopen the crossing or face sanctions": a term is the cue."""
    found = ultimatums.given_by(verb)
    if found is None:
        return None
    source = syntax.agent(verb) if syntax.is_passive(verb) else speaker(verb)
    if source is not None and (source.lemma_.lower() == "ultimatum" or messages.is_message(source)):
        # "An ultimatum from Juba gave the rebels ten days": it is the sender's.
        source = messages.sender(source) or source
    frame = Frame(cue=verb, entry=ULTIMATUM_CUE, carrier=verb, source=source, addressees=[found.told])
    frame.content, frame.content_head = runs(list(found.wanted.subtree)), found.wanted
    return frame


def narrated_ultimatum_frame(verb: Token) -> Frame | None:
    """ "Damascus has until Sunday to withdraw, after which Israel will strike": who will act gives the term."""
    found = ultimatums.held_in([verb]) if verb.dep_ == "ROOT" else None
    doer = ultimatums.who_acts(found) if found is not None else None
    if found is None or doer is None:
        return None
    frame = Frame(cue=verb, entry=ULTIMATUM_CUE, carrier=verb, source=doer, addressees=[found.told])
    frame.content = runs([t for t in syntax.sentence(verb) if t.i >= found.wanted.left_edge.i])
    frame.content_head = found.wanted
    return frame


def letting_know_frame(verb: Token) -> Frame | None:
    """ "let Abidjan know that …", "made it known to Abidjan that …": who makes others know it tells them."""
    bringing = verb.head
    lets = verb.lower_ == "know" and {bringing.lemma_.lower(), bringing.lower_} & {"let", "lets"}
    makes = verb.lower_ == "known" and bringing.lemma_.lower() in {"make", "let"}
    if not (lets or makes) or not bringing.i < verb.i:
        return None
    frame = Frame(cue=verb, entry=_KNOWN_CUE, carrier=bringing, source=speaker(bringing))
    knowing = syntax.own_subject(verb)
    told = [knowing] if lets and knowing is not None else []
    told += [t for t in syntax.objects(bringing) + syntax.indirect_objects(bringing) if t.lower_ != "it"]
    told += [who for word, who in [*syntax.prepositions(verb), *syntax.prepositions(bringing)] if word == "to"]
    frame.addressees = [who for who in told if who.pos_ in syntax.NOMINALS][:1]
    frame.content, frame.content_head = _content(frame, passive=False)
    return frame if frame.content else None


def having_to_say_frame(verb: Token, entry: Cue) -> Frame | None:
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
    frame = Frame(cue=verb, entry=entry, carrier=having, source=speaker(having))
    told = [*syntax.prepositions(verb), *syntax.prepositions(having), *syntax.prepositions(what)]
    frame.addressees = [who for word, who in told if word == "to" and who.pos_ in syntax.NOMINALS][:1]
    colon = messages.colon_behind(verb)
    if colon is not None:
        words = verb.doc[colon.i + 1 : syntax.sentence(verb).end]
        frame.content, frame.content_head = runs(list(words)), words.root
    return frame if frame.source is not None and frame.content else None


def verb_frame(verb: Token, entry: Cue) -> Frame:
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
    return doer is not None and (doer.lemma_.lower() in SPEAKERS or any(t.ent_type_ in _NAMES for t in doer.subtree))


def _is_ordered(verb: Token, entry: Cue) -> bool:
    """ "was ordered to leave": who is the subject of an order is told."""
    return entry.act in {"DEMAND", "URGE"} and any(syntax.is_infinitive(c) for c in syntax.clauses(verb))


def _assign_roles(frame: Frame, *, passive: bool) -> None:
    verb, entry = frame.carrier, frame.entry
    teller = None if passive else _heard_from(verb)
    if teller is not None:
        frame.source, frame.addressees = teller, list(filter(None, [speaker(verb)]))
        return
    patients = [t for t in _objects(verb, entry) if not is_time(t)]
    receivers = syntax.indirect_objects(verb)
    if passive:
        own = syntax.subject(verb)
        frame.source = syntax.agent(verb) or _agent_below(verb) or summons.told_by_host(verb)
        if reports_own_words(verb):
            # "was quoted as saying": the grammatical subject speaks, the agent passes it on.
            frame.source = own
            return
        patients = [own] if own is not None else []
    else:
        frame.source = _quoted_speaker(verb) or speaker(verb) or _parenthetic_speaker(verb) or _speaker_behind(verb)
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
            and not is_time(noun)
            and not frame.addressees
            and noun.pos_ in syntax.NOMINALS
        ):
            frame.addressees = [noun]
    if not frame.addressees and not passive:
        frame.addressees = _written_to(verb)


def _heard_from(verb: Token) -> Token | None:
    """ "The crews heard from Berg that the quay was open": whom they hear speaks."""
    if verb.lemma_.lower() not in _HEARING:
        return None
    tellers = (who for word, who in syntax.prepositions(verb) if word == "from" and who.pos_ in syntax.NOMINALS)
    return next((who for who in tellers if not messages.is_message(who)), None)


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
            if preposition == "by" and (who.lemma_.lower() in SPEAKERS or who.ent_type_ in _NAMES):
                return who
    return None


def _is_to_do(verb: Token) -> bool:
    """ "was told to leave by the army": what somebody is to do has no agent of its own, unless it is to be done."""
    return syntax.is_infinitive(verb) and not syntax.is_passive(verb)


def _belongs_to_what_is_said(subject: Token, verb: Token) -> bool:
    """ "Whoever recognises it will lose, warned Mogadishu": a clause and a comma lie between subject and cue."""
    said_between = any(subject.i < clause.i < verb.i for clause in syntax.clauses(verb))
    return (
        said_between
        and verb.nbor(-1).text == ","
        and verb.i + 1 < syntax.sentence(verb).end
        and verb.nbor(1).pos_ == "PROPN"
    )


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
    while first.i > syntax.sentence(verb).start and first.nbor(-1).pos_ in {
        "NOUN",
        "PROPN",
        "ADJ",
        "DET",
        "NUM",
        "PART",
    }:
        first = first.nbor(-1)
    return before if first.i > syntax.sentence(verb).start and first.nbor(-1).text in {",", "”", '"', "’"} else None


def _speaker_behind(verb: Token) -> Token | None:
    """ "Should one soldier cross, said the president, we will fire": the nominal between the cue and the next comma."""
    if verb.i == 0 or verb.nbor(-1).text not in {",", "”", '"', "’"} or verb.tag_ not in syntax.TENSED:
        return None
    behind = verb.doc[verb.i + 1 : syntax.sentence(verb).end]
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
        second = [c for c in verb.children if verb.i < c.i < clause.i and c.dep_ == "nsubj" and not is_time(c)]
        marks = [c for c in clause.children if c.dep_ in {"mark", "aux"} and c.lower_ in _OPENERS]
        early = [
            c
            for c in clause.children
            if marks and verb.i < c.i < marks[0].i and c.pos_ in syntax.NOMINALS and not is_time(c)
        ]
        if second or early:
            return (second or early)[:1]
    return []


def _quoted_speaker(cue: Token) -> Token | None:
    """Whom "Tass quoted the minister as saying" gives the words to; nobody in the passive, whose subject has them."""
    quoting = quoting_verb(cue)
    quoted = syntax.objects(quoting) if quoting is not None and not syntax.is_passive(quoting) else []
    return quoted[0] if quoted else None


def _content(frame: Frame, *, passive: bool) -> tuple[list[Span], Token | None]:
    """What the cue governs: a clause, a parenthetic host, an object, or a prepositional phrase, in this order."""
    verb, entry = frame.cue, frame.entry
    parts = clausal(frame) or ([] if frame.is_noun or passive else _around(verb))
    if entry.object == "target" and not passive and not frame.is_noun:
        judged = _objects(verb, entry) or _judged(frame)
        parts = judged + [t for t in parts if judged and t.i > judged[0].i] if judged else parts
    elif not parts and entry.object == "content":
        said = None if passive or frame.is_noun else _behind_colon(frame)
        if said is not None:
            return said
        parts = [t for t in syntax.objects(verb) if not passive]
    if quotes_speech(verb):
        return [], None
    if not parts and entry.object in {"content", "target"} and passive and frame.carrier is verb:
        own = syntax.own_subject(verb)
        parts = [own] if own is not None else []
    quoting = quoting_verb(verb)
    if not parts and quoting is not None:
        # "The port will close, Tass quoted her as saying."
        parts = [c for c in syntax.clauses(quoting) if c.i < quoting.i]
    if not parts and not frame.is_noun and (host := _host(quoting or verb)) is not None:
        return _host_content(quoting or verb, host)
    governed = []
    for preposition, noun in syntax.prepositions(verb):
        if f"{preposition} {noun.lower_}" in _PART_OF_CUE:
            parts = parts or [c for c in noun.children if c.i > noun.i and (completes(c) or has_colon(c))]
            governed += [inner for word, inner in syntax.prepositions(noun) if word in entry.content]
        elif preposition in entry.content:
            governed.append(noun)
    rest = _rest(verb, entry)
    if rest is not None:
        # "sounded the alarm over X": what the cue is about may hang on its noun.
        governed += [noun for preposition, noun in syntax.prepositions(rest) if preposition in entry.content]
    if not parts and entry.rest and entry.object == "target":
        first = _behind_rest(verb, entry)
        governed = first + [noun for noun in governed if noun not in first]
    governed = [noun for noun in governed if noun not in frame.addressees and not is_time(noun)]
    if not parts:
        parts = governed
    elif entry.object == "target" or (entry.object == "content" and parts[0].pos_ in syntax.NOMINALS):
        parts = parts + [noun for noun in governed if noun.i > parts[0].i]
    if not parts:
        return [], None
    return joined(frame, parts), parts[0]


def _behind_colon(frame: Frame) -> tuple[list[Span], Token] | None:
    """ "radioed the trawlers: leave or be boarded": the object before the colon is told, the words behind it said."""
    verb = frame.cue
    told = [t for t in syntax.objects(verb) + syntax.indirect_objects(verb) if t.pos_ in syntax.NOMINALS]
    colon = messages.colon_behind(verb)
    if colon is None or not all(verb.i < t.i < colon.i and not messages.is_message(t) for t in told):
        return None
    words = verb.doc[colon.i + 1 : syntax.sentence(verb).end]
    if words.root.pos_ not in {"VERB", "AUX"} or words[0].is_quote:
        return None
    frame.addressees = frame.addressees or told[:1]
    return runs(list(words)), words.root


def _objects(verb: Token, entry: Cue) -> list[Token]:
    """Whom or what a cue is about: not the noun that is a part of it ("threw its weight behind the plan")."""
    return [t for t in syntax.objects(verb) if t.lower_ != entry.rest]


def _behind_rest(verb: Token, entry: Cue) -> list[Token]:
    """ "laid the blame for it on Oslo", "took issue with the plan": who or what is judged, then for what."""
    rest = _rest(verb, entry)
    behind = [*syntax.prepositions(verb), *(syntax.prepositions(rest) if rest is not None else [])]
    behind += [pair for _, noun in behind for pair in syntax.prepositions(noun) if pair[0] in {"on", "upon"}]
    return [noun for _, noun in sorted(behind, key=lambda pair: pair[0] in {"for", "over"})][:1]


def _rest(verb: Token, entry: Cue) -> Token | None:
    """The noun or particle that makes a verb a cue: "alarm" of "sound alarm"."""
    return next((t for t in verb.rights if t.lower_ == entry.rest), None) if entry.rest else None


def _judged(frame: Frame) -> list[Token]:
    return [frame.target] if frame.target is not None and not frame.is_noun else []


def _host(verb: Token) -> Token | None:
    """ "The bridge is gone, doctors said": the clause that the cue hangs on is what it reports."""
    host = verb.head
    if _is_parenthesis(verb):
        host = next((t for t in syntax.ancestors_until_root(host) if t.pos_ in {"VERB", "AUX", "ADJ"}), host)
        return host if host.i > verb.i else None
    beside = verb.dep_ == "parataxis" or _is_spliced(verb)
    if beside and host.dep_ in syntax.NOMINAL_SUBJECTS and host.i < verb.i < host.head.i:
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
    closed = last.text == "," or (last.i + 1 < syntax.sentence(verb).end and last.nbor(1).text == ",")
    return _follows_comma(own) and closed and not relative


def _around(verb: Token) -> list[Token]:
    """ "One more village, the general swore, and Kigali will burn", "Open the gate, Oslo told Riga, or we will".

    The cue stands inside what is said, and parsers hang both halves on it: the first as subject, object or order.
    """
    joined = [c for c in verb.rights if c.dep_ == "conj" and syntax.own_subject(c) is not None][:1]
    subjects = [t for t in verb.lefts if t.dep_ in syntax.NOMINAL_SUBJECTS]
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
    if before.i < first.i and before.head == noun.head and before.dep_ in syntax.NOMINAL_SUBJECTS:
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
    own = {t.i for t in verb.subtree} - {t.i for clause in _continuing(verb, host) for t in clause.subtree}
    members = [t for t in host.subtree if t.i not in own]
    return runs(members), host


def _continuing(verb: Token, host: Token) -> list[Token]:
    """ "One more village, he swore, and X will burn": a fragment that goes on behind the cue."""
    if host.pos_ not in syntax.NOMINALS:
        return []
    futures = [c for c in verb.children if c.dep_ == "conj" and syntax.own_subject(c) is not None]
    return [c for c in futures if any(a.lower_ in _FUTURE for a in syntax.auxiliaries(c))]
