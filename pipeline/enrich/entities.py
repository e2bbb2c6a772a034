"""Named entities of a field: the model's spans, corrected and linked by the directory of actors.

The model finds names, the directory knows some: a known name corrects the type of a predicted span and adds names the
model missed, but never breaks a longer predicted name ("Georgia Power", "Washington Post").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from spacy.tokens import Doc, Token
from spacy.tokens import Span as TokenSpan

from pipeline.actors import Actor, Directory, Match
from pipeline.enrich import syntax
from pipeline.enrich.words import PEOPLE
from pipeline.records import Entity, FieldName

_LABEL_OF_KIND = {
    "person": "PERSON",
    "state": "GPE",
    "organisation": "ORG",
    "agency": "ORG",
    "group": "ORG",
    "region": "LOC",
}
_SPEAKING = frozenset(
    {"say", "warn", "tell", "speak", "talk", "add", "caution", "threaten", "urge", "declare", "state"}
)
NAMES = frozenset({"PERSON", "ORG", "GPE", "LOC", "FAC", "NORP"})


@dataclass(frozen=True)
class LinkedEntity:
    """A name in a doc, with the match that links it to an actor."""

    span: TokenSpan
    label: str
    match: Match | None

    @property
    def actor(self) -> Actor | None:
        return self.match.actor if self.match else None


def link_entities(doc: Doc, directory: Directory, at: date, people: frozenset[str] = frozenset()) -> list[LinkedEntity]:
    """Correct `doc.ents` in place and return its names in text order, linked where an actor is known.

    `people`: surnames of people whom the article names in full (`surnames_in`): "Paris" alone may be one of them.
    """
    known = _read_in_context(_known_spans(doc, directory, at), doc, directory, at, people)
    predicted = [e for e in doc.ents if e.label_ in NAMES and e.text.strip()]
    linked = [_linked(span, match) for span, match in known if not _inside_longer(span, predicted)]
    taken = {t.i for entity in linked for t in entity.span}
    for entity in predicted:
        if any(t.i in taken for t in entity):
            continue
        surname = len(entity) == 1 and entity[0].lower_ in people and not _is_where(entity)
        if surname or (entity.label_ == "ORG" and _is_somebody(entity) and _match(entity, directory, at) is None):
            linked.append(LinkedEntity(entity, "PERSON", None))
            taken.add(entity.start)
            continue
        match = _match(entity, directory, at)
        linked.append(LinkedEntity(entity, _label(match, entity.label_), match))
        taken.update(t.i for t in entity)
    linked.sort(key=lambda entity: entity.span.start)
    linked = _consistent(linked)
    others = [e for e in doc.ents if e.label_ not in NAMES and not any(t.i in taken for t in e)]
    doc.ents = tuple(
        sorted(
            [*(TokenSpan(doc, e.span.start, e.span.end, label=e.label) for e in linked), *others], key=lambda e: e.start
        )
    )
    return linked


def _known_spans(doc: Doc, directory: Directory, at: date) -> list[tuple[TokenSpan, Match]]:
    found = []
    last = 0
    for start, end, match in directory.scan(syntax.text_of(doc), at=at):
        span = doc.char_span(start, end, alignment_mode="contract")
        if span is None or span.start < last or not any(t.is_alpha and t.text[0].isupper() for t in span):
            continue
        found.append((span, match))
        last = span.end
    return found


def surnames_in(docs: Iterable[Doc]) -> frozenset[str]:
    """Last words, in lower case, of the names of people in these fields that have more than one word."""
    return frozenset(e[-1].lower_ for doc in docs for e in doc.ents if e.label_ == "PERSON" and len(e) > 1)


def _read_in_context(
    known: list[tuple[TokenSpan, Match]], doc: Doc, directory: Directory, at: date, people: frozenset[str]
) -> list[tuple[TokenSpan, Match]]:
    """The known names as this article means them: other readings of a place, surnames that are also places."""
    text = syntax.text_of(doc)
    found = []
    for span, match in known:
        if match.actor.kind != "person" and len(span) == 1 and span.text.casefold() in people and not _is_where(span):
            continue
        found.append((span, directory.reading(span.text, text, at) or match))
    return found


def _is_where(span: TokenSpan) -> bool:
    """ "in Paris": somebody is somewhere, whatever they are called."""
    before = span[0].nbor(-1) if span.start else None
    return before is not None and before.pos_ == "ADP" and before.lower_ not in {"by", "with", "to", "of", "for"}


def _is_somebody(name: TokenSpan) -> bool:
    """ "…,” Tarn warned. The minister was speaking in Selm": a lone name whom the next sentence makes a person."""
    after = name.sent.end
    if len(name) > 1 or not name.text.istitle() or after >= len(name.doc) or not name.root.dep_.startswith("nsubj"):
        return False
    following = name.doc[after].sent
    who = syntax.own_subject(following.root)
    if who is None or not _is_speaking(following.root) or not _is_speaking(name.root.head):
        return False
    definite = any(c.lower_ == "the" for c in who.children)
    return who.lower_ in {"he", "she"} or (definite and who.lemma_.lower() in PEOPLE)


def _is_speaking(verb: Token) -> bool:
    return verb.lemma_.lower() in _SPEAKING


def _inside_longer(span: TokenSpan, predicted: list[TokenSpan]) -> bool:
    """A longer predicted name holds it, and reads as one name: "Washington Post", not "Russian Foreign Ministry's"."""
    return any(
        p.start <= span.start and span.end <= p.end and len(p) > len(span) and p.label_ in {"PERSON", "ORG", "FAC"}
        for p in predicted
    )


def _linked(span: TokenSpan, match: Match) -> LinkedEntity:
    return LinkedEntity(span, _label(match, span[-1].ent_type_), match)


def _match(entity: TokenSpan, directory: Directory, at: date) -> Match | None:
    """Who is meant by a name that the model found: somebody known, or a state's body by its parts."""
    named = directory.find(entity.text, at=at)
    if named or entity.label_ != "ORG":
        return named[0] if named else None
    body = directory.body(entity.text, at=at)
    return Match(body, "body") if body is not None else None


def _label(match: Match | None, predicted: str) -> str:
    if match is None:
        return predicted
    if match.how == "demonym":
        return "NORP"
    if match.how == "metonym" and predicted in {"FAC", "LOC", "GPE", "ORG"}:
        return predicted
    return _LABEL_OF_KIND.get(match.actor.kind, predicted or "ORG")


def _consistent(linked: list[LinkedEntity]) -> list[LinkedEntity]:
    """The same unlinked name gets one label in an article: that of its longest or first mention."""
    chosen: dict[str, str] = {}
    for entity in sorted(linked, key=lambda e: -len(e.span)):
        if entity.match is None:
            chosen.setdefault(entity.span.text.casefold(), entity.label)
            if entity.label == "PERSON" and len(entity.span) > 1:
                chosen.setdefault(entity.span[-1].text.casefold(), "PERSON")
    return [
        e if e.match is not None else LinkedEntity(e.span, chosen.get(e.span.text.casefold(), e.label), None)
        for e in linked
    ]


def records(
    linked: list[LinkedEntity], doc: Doc, field: FieldName, person: Callable[[str], Actor | None]
) -> list[Entity]:
    """Entities as they travel, the numbers and dates of the doc among them, in text order.

    `person`: whom the article means by the name of a person.
    """
    names = []
    for e in linked:
        actor = person(e.span.text) or e.actor if e.label == "PERSON" else e.actor
        names.append(
            Entity(
                field=field,
                span=(e.span.start_char, e.span.end_char),
                label=e.label,
                name=actor.name if actor else e.span.text,
                actor_id=actor.id if actor else None,
                country=actor.country if actor else None,
            )
        )
    rest = [
        Entity(field=field, span=(e.start_char, e.end_char), label=e.label_, name=e.text)
        for e in doc.ents
        if e.label_ not in NAMES
    ]
    return sorted([*names, *rest], key=lambda entity: entity.span)
