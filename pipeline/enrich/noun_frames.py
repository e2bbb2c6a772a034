"""Cue frames of nouns: a warning that somebody issues, hands on or receives, a message and what it says."""

from __future__ import annotations

from spacy.tokens import Token

from pipeline.enrich import messages, syntax
from pipeline.enrich.cues import Cue, Cues, bases
from pipeline.enrich.frames import ASKING, Frame, clausal, is_time, joined, runs, speaker
from pipeline.enrich.words import GIVING
from pipeline.records import Span

_STERN_CUE = Cue(act="WARN", addressee=frozenset({"to", "for"}), content=frozenset({"about", "on", "over"}))
_TOLD_BEHIND_COLON = frozenset({"STATE", "WARN", "THREATEN", "DEMAND", "URGE"})
_TOWARDS = frozenset({"to", "for", "at"})
_BESIDE = frozenset({"compound", "amod", "nmod", "nmod:desc", "nn"})
_ARRIVING = frozenset({"come", "arrive", "go", "reach", "follow", "issue", "emanate"})
_INDEFINITE = frozenset({"a", "an", "another", "one"})
_RECEIVING = frozenset({"receive", "get", "hear", "draw", "face"})


def noun_frame(noun: Token, entry: Cue, cues: Cues) -> Frame | None:
    """A cue noun counts with somebody behind it: a verb that carries it, a possessor, or "from …"."""
    if noun.dep_ in {"compound", "nn", "amod", "nmod:desc"}:
        return None
    frame = Frame(cue=noun, entry=entry, carrier=noun)
    said_to_be = None
    inner, noun = noun, messages.named_by(noun) or noun
    verb = noun.head
    received = verb.lemma_.lower() in _RECEIVING and noun.dep_ in syntax.OBJECT and noun.lemma_.lower() != "line"
    carrying = cues.is_light(verb) or (noun is not inner and syntax.is_passive(verb))
    carried = carrying and noun.dep_ in syntax.OBJECT | syntax.PASSIVE_NOMINAL_SUBJECTS
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
        if noun.dep_ in syntax.PASSIVE_NOMINAL_SUBJECTS:
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
    if noun.dep_ in syntax.NOMINAL_SUBJECTS and not GIVING.isdisjoint(bases(verb.lower_)):
        # "An ultimatum from Juba gave the rebels ten days": who is given a term is told.
        around += [("", t) for t in syntax.indirect_objects(verb) + syntax.objects(verb)]
    around += [(word, what) for at in {noun, inner} for word, what in syntax.prepositions(at) if what != inner] + (
        syntax.prepositions(verb) + [("", t) for t in syntax.indirect_objects(verb)] if carried else []
    )
    told = [
        who for preposition, who in around if (preposition in entry.addressee or preposition == "") and not is_time(who)
    ]
    frame.addressees = frame.addressees or [who for who in told if who.pos_ in syntax.NOMINALS][:1]
    if not frame.content:
        frame.content, frame.content_head = _noun_content(frame, around)
    if frame.source is None or (entry.act in {"STATE", "PREDICT"} and not (said_to_be or clausal(frame))):
        return None
    if not carried and not frame.content and not frame.addressees and entry.act not in ASKING:
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
    if noun.dep_ not in syntax.NOMINAL_SUBJECTS | {"nsubj:outer"} or mark is None:
        return None
    if mark.nbor(-1).lemma_ != "be" or mark.i < noun.i:
        return None
    return runs([t for t in said.subtree if t.i >= mark.i]), said


def message_frame(noun: Token, entry: Cue, cues: Cues) -> Frame | None:
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
    subject = noun.dep_ in syntax.NOMINAL_SUBJECTS
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
    told = [who for who in told if who.pos_ in syntax.NOMINALS and who.i < colon.i and not is_time(who)]
    owned = messages.passed_by(noun) or (messages.sender(noun) if subject or carrier is noun else None)
    if not told and entry.act == "STATE" and owned is None:
        return None
    verb = carrier if carrier.pos_ in {"VERB", "AUX"} else next((c for c in carrier.children if c.dep_ == "cop"), noun)
    if entry.act == "STATE" and messages.is_stern(noun, told[:1]):
        entry = _STERN_CUE
    frame = Frame(cue=noun, entry=entry, carrier=verb, source=source, addressees=told[:1])
    words = noun.doc[colon.i + 1 : syntax.sentence(noun).end]
    frame.content, frame.content_head = runs(list(words)), words.root
    return frame


def equated_frame(noun: Token, entry: Cue) -> Frame | None:
    """ "“Do not test us” was Ankara's message to Nicosia": quoted words that are somebody's message."""
    copula = next((c for c in noun.children if c.dep_ == "cop"), None)
    if noun.dep_ == "attr":
        copula = noun.head
    source = messages.sender(noun)
    if copula is None or source is None or copula.i < 3:
        return None
    first, last = syntax.sentence(noun)[0], copula.nbor(-1)
    if not (first.is_left_punct and first.is_quote and last.is_quote):
        return None
    told = [who for preposition, who in syntax.prepositions(noun) if preposition in _TOWARDS and who != source]
    frame = Frame(cue=noun, entry=entry, carrier=copula, source=source, addressees=told[:1])
    words = noun.doc[first.i : copula.i]
    frame.content, frame.content_head = [syntax.text_span(first, last)], words.root
    return frame


def stern_frame(noun: Token, cues: Cues) -> Frame | None:
    """ "sent Rome a stern message over the camps": a warning, as told to a state or its rulers."""
    if syntax.is_negated(noun) or not messages.is_message(noun):
        return None
    frame = noun_frame(noun, _STERN_CUE, cues)
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
    teller = speaker(governor)
    return (governor, teller) if teller is not None and teller.pos_ in syntax.NOMINALS else None


def _noun_content(frame: Frame, around: list[tuple[str, Token]]) -> tuple[list[Span], Token | None]:
    parts = clausal(frame)
    if not parts:
        parts = [
            what for preposition, what in around if preposition in frame.entry.content and what not in frame.addressees
        ][:1]
    if not parts:
        return [], None
    return joined(frame, parts), parts[0]
