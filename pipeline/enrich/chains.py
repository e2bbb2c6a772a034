"""Coreference chains: the phrases of a field that mean the same party, or the same parties together."""

from __future__ import annotations

from collections.abc import Iterator

from spacy.tokens import Doc, Token
from spacy.tokens import Span as TokenSpan

from pipeline.enrich import syntax
from pipeline.enrich.mentions import Chain, Resolved
from pipeline.enrich.parties import Cast
from pipeline.records import Party

_FEWEST = 2
_NEW = frozenset({"a", "an", "another", "some", "other"})


def find_chains(doc: Doc, cast: Cast) -> list[Chain]:
    """The chains of a field that was heard, in the order of their first mentions; one mention makes no chain.

    Names, pronouns and descriptions of people and bodies count; "we" in quoted words means who says them. A
    coordination ("Oslo and Riga") has a chain of its own, which "they" goes on with.
    """
    chains: dict[frozenset[str], Chain] = {}
    for mention, who in sorted(_mentions(doc, cast), key=lambda found: (found[0].start, -found[0].end)):
        parties = [_party(one, cast) for one in who]
        key = frozenset(party.actor_id or party.name.casefold() for party in parties)
        chain = chains.setdefault(key, Chain(parties, []))
        if not chain.mentions or _goes_on(mention, chain):
            chain.mentions.append(mention)
    return [chain for chain in chains.values() if len(chain.mentions) >= _FEWEST]


def _goes_on(mention: TokenSpan, chain: Chain) -> bool:
    """Whether a phrase speaks of the same ones again: not a part of the last, nor "a diplomat" after "a diplomat"."""
    if mention.start == chain.mentions[-1].start:
        return False
    return chain.parties[0].actor_id is not None or mention[0].lower_ not in _NEW


def _mentions(doc: Doc, cast: Cast) -> Iterator[tuple[TokenSpan, list[Resolved]]]:
    for mention in cast.coreference[id(doc)].mentions:
        yield _phrase(mention.head, cast, together=len(mention.who) > 1), mention.who
    for place, who in cast.voices[id(doc)].items():
        if who:
            yield doc[place : place + 1], who


def _phrase(head: Token, cast: Cast, *, together: bool) -> TokenSpan:
    """The name, pronoun or description at a token, or the coordination that ends with it."""
    if head.pos_ in {"PRON", "DET"}:
        return head.doc[head.i : head.i + 1]
    if together and head.dep_ == "conj":
        first = head
        while first.dep_ == "conj":
            first = first.head
        return head.doc[_phrase(first, cast, together=False).start : _phrase(head, cast, together=False).end]
    name = cast.entity_of[id(head.doc)].get(head.i)
    if name is not None:
        return name.span
    start, end = syntax.core_phrase(head)
    return head.doc.char_span(start, end, alignment_mode="expand") or head.doc[head.i : head.i + 1]


def _party(one: Resolved, cast: Cast) -> Party:
    """Who is meant, by the id that the whole article gives: some people are placed after they were first mentioned."""
    person = cast.people.named(one.party.name) if one.party.kind == "person" else None
    if person is None:
        return one.party
    return one.party.model_copy(update={"actor_id": person.actor.id, "country": person.actor.country})
