"""The people of one article: who is named anywhere in it, by what titles, and for which state or body they speak.

A person is met first by the longest name. A surname, a first name or a slip of the pen then leads to the person of the
article before anybody of the directory. Whom the directory does not know gets an id from name and affiliation, found in
this order:

1. what stands around the name: "Kremlin adviser Lev Orlov", "Lev Orlov, of the Russian foreign ministry";
2. a description elsewhere that bears the same title: "Taiwan's premier …. Premier Lin …";
3. for the bare title of a state's office ("Foreign Minister Julia Navas") the state of the dateline, of the place of
   speaking, and that the sentences before are on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

from spacy.tokens import Doc, Token

from pipeline.actors import Actor, Directory
from pipeline.enrich import layout, syntax
from pipeline.enrich.entities import LinkedEntity
from pipeline.enrich.mentions import role_of
from pipeline.enrich.words import BODIES

_FEMALE_TITLES = re.compile(
    r"\b(ms|mrs|miss|madam|queen|princess|spokeswoman|chairwoman|congresswoman|businesswoman|mother|wife|sister|daughter|actress)\b",
    re.I,
)
_MALE_TITLES = re.compile(
    r"\b(mr|sir|king|prince|spokesman|chairman|congressman|businessman|father|husband|brother|son)\b", re.I
)
_AGE_AFTER_NAME = re.compile(r",? \(?(?P<years>\d{1,3})[,).;]")
_PARTICLES = frozenset(
    {
        "al",
        "bin",
        "da",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "dos",
        "du",
        "el",
        "ibn",
        "la",
        "le",
        "ten",
        "ter",
        "van",
        "von",
        "zu",
    }
)
_BESIDE = frozenset({"flat", "flat:name", "appos", "compound", "nmod:desc"})
# Titles of a state's offices: by themselves they say for whom somebody speaks, if the article is about one state.
_OF_A_STATE = frozenset(
    {"minister", "premier", "president", "chancellor", "government", "ministry", "army", "parliament"}
)
# Where ministers of all countries speak: the place tells nothing.
MEETING_PLACES = frozenset(
    {"Washington", "New York", "United Nations", "Geneva", "Vienna", "The Hague", "Strasbourg", "Davos", "Munich"}
    | {"Davos, Switzerland", "Geneva, Switzerland", "Vienna, Austria", "Munich, Germany"}
)
# How far back, and how plainly, an article must be about a state for a bare title to be one of its offices.
_SENTENCES_BACK = 4
_PLAINLY = 1.5
_SUBJECT_WEIGHT = 3.0
# Of dateline and place of speaking: so much that another state as the subject of the same sentence leaves it open.
_PLACE_WEIGHT = 2.1
_DECAY = 0.6


@dataclass
class Person:
    """A person of the article: the actor, and the words that describe them anywhere in it."""

    actor: Actor
    titles: set[str] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)
    gender: str | None = None
    age: str | None = None
    first: LinkedEntity | None = None
    """The first mention, by length of the name."""


class People:
    """The people of one article by id, and by the names that lead to them."""

    def __init__(self, directory: Directory, at: date) -> None:
        self.directory = directory
        self.at = at
        self._known: dict[str, Person] = {}
        self._names: dict[str, str] = {}

    def __iter__(self) -> Iterator[Person]:
        return iter(self._known.values())

    def named(self, name: str) -> Person | None:
        """The person that a name of the article means: in full, or by its last word."""
        return self._known.get(self._names.get(name.casefold()) or self._names.get(surname_of(name)) or "")

    def nearly_named(self, surname: str) -> Person | None:
        """The person of that surname, or of one that differs by a letter, where the model saw no name in it."""
        key = self._names.get(surname.casefold()) or self._misspelt(surname.casefold())
        return None if key is None else self._known[key]

    def actor(self, name: str) -> Actor | None:
        """The actor of the person that a name of the article means."""
        person = self.named(name)
        return person.actor if person is not None else None

    def is_placeless(self, person: Person) -> bool:
        """Whether it is open for whom somebody speaks whom the directory does not know."""
        return person.actor.country is None and person.actor.id not in self.directory.files.people

    # -- meeting ----------------------------------------------------------------------------------------------------

    def meet(self, linked: list[LinkedEntity]) -> None:
        """Take note of the people that a field names, those with long names first."""
        entity_of = {t.i: e for e in linked for t in e.span}
        met = sorted((e for e in linked if e.label == "PERSON"), key=lambda e: -len(e.span))
        for entity in met:
            if len(entity.span) == 1:
                # Family names stand first in some languages: a lone name is first of all somebody met here.
                self._know_first_names()
            person = self._met(entity)
            self._describe(person, entity)
            if person.actor.country is None:
                around = self._body_around(entity.span.root, entity_of)
                if around is not None:
                    self.place(person, around)

    def _know_first_names(self) -> None:
        for key, person in self._known.items():
            first, _, rest = person.actor.name.casefold().partition(" ")
            if rest:
                self._names.setdefault(first, key)

    def _met(self, entity: LinkedEntity) -> Person:
        name = entity.span.text
        surname = surname_of(name)
        alone = len(entity.span) == 1 or (entity.actor is None and name.casefold() in {surname, *self._names})
        key = (
            (self._names.get(surname) or (self._misspelt(surname) if entity.actor is None else None)) if alone else None
        )
        if key is None:
            is_person = entity.actor is not None and entity.actor.kind == "person"
            actor = entity.actor if entity.actor and is_person else self.directory.unknown_person(name)
            key = actor.id
            self._known.setdefault(key, Person(actor, gender=actor.gender, first=entity))
            self._names.setdefault(surname, key)
            for family in _family_names(name):
                self._names.setdefault(family, key)
        self._names.setdefault(name.casefold(), key)
        return self._known[key]

    def _misspelt(self, surname: str) -> str | None:
        """A longer surname of the article that differs by one letter: news has slips of the pen."""
        if len(surname) < 5:
            return None
        return next((key for name, key in self._names.items() if len(name) >= 5 and _one_slip(surname, name)), None)

    def _describe(self, person: Person, entity: LinkedEntity) -> None:
        head = entity.span.root
        age = _AGE_AFTER_NAME.match(syntax.text_of(head.doc), entity.span.end_char)
        if age is not None:
            person.age = age["years"]
        words = description(head)
        # "Government spokesman": the person is a spokesman, of a government.
        person.titles.update(words - BODIES)
        person.bodies.update(words & BODIES)
        described = " ".join(words)
        if person.gender is None:
            person.gender = "f" if _FEMALE_TITLES.search(described) else "m" if _MALE_TITLES.search(described) else None

    # -- for whom they speak ----------------------------------------------------------------------------------------

    def settle(self, docs: list[tuple[Doc, list[LinkedEntity]]], written_in: str | None) -> None:
        """Find the state of people who were named without one, when all fields are met.

        `written_in`: the country of the dateline.
        """
        placeless = [p for p in self if p.titles and self.is_placeless(p)]
        if not placeless:
            return
        bearers = self._bearers(placeless)
        for doc, linked in docs if bearers else ():
            for token in doc:
                bearer = bearers.get(singular(token.lower_))
                if bearer is not None and token.pos_ == "NOUN" and not token.ent_type_:
                    self._place_by_title(token, bearer, linked)
        for person in placeless:
            if person.actor.country is None and (person.titles | person.bodies) & _OF_A_STATE:
                state = self._state_around(person, docs, written_in)
                if state is not None:
                    self.place(person, state)

    def _bearers(self, placeless: list[Person]) -> dict[str, Person]:
        """Titles that one person of the article bears, if it is open for whom that one speaks."""
        counts = Counter(title for person in self for title in person.titles)
        return {title: person for person in placeless for title in person.titles if counts[title] == 1}

    def _place_by_title(self, token: Token, bearer: Person, linked: list[LinkedEntity]) -> None:
        """ "Taiwan's premier vowed …. Premier Lin said": the one bearer of the title is Taiwan's."""
        if bearer.actor.country is not None:
            return
        start, end = syntax.core_phrase(token)
        states = [e.actor for e in linked if start <= e.span.start_char < end and e.actor]
        places = {a.country: a for a in states if a.kind == "state"}
        if len(places) == 1:
            self.place(bearer, self.directory.state(next(iter(places)) or "") or next(iter(places.values())))

    def _state_around(
        self, person: Person, docs: list[tuple[Doc, list[LinkedEntity]]], written_in: str | None
    ) -> Actor | None:
        """The state of dateline, place of speaking and the sentences before, if they plainly are of one."""
        if person.first is None:
            return None
        doc = person.first.span.doc
        linked = next((entities for other, entities in docs if other is doc), [])
        sentence_of = layout.sentence_numbers(doc)
        here = sentence_of[person.first.span.start]
        spoken_at = _spoken_at(person.first.span.root, linked)
        weights = dict.fromkeys(filter(None, (written_in, spoken_at)), _PLACE_WEIGHT)
        for entity in linked:
            away = here - sentence_of[entity.span.start]
            country = entity.actor.country if entity.actor is not None else None
            if country is None or entity.span.start >= person.first.span.start or not 0 <= away <= _SENTENCES_BACK:
                continue
            if entity.span.text in MEETING_PLACES:
                continue
            weight = (_SUBJECT_WEIGHT if _is_subject(entity.span.root) else 1.0) * _DECAY**away
            weights[country] = weights.get(country, 0.0) + weight
        first, *others = sorted(weights, key=lambda code: -weights[code]) or [""]
        if not first or (others and weights[first] < _PLAINLY * weights[others[0]]):
            return None
        return None if self._held_by_another(person, first) else self.directory.state(first)

    def _held_by_another(self, person: Person, country: str) -> bool:
        """Whether the directory knows who held such an office then, within the time it was checked for."""
        if self.directory.checked is None or self.at > self.directory.checked:
            return False
        for title in person.titles & {"president", "premier", "chancellor"}:
            holder = self.directory.holder(title, country, self.at)
            if holder is not None and holder.id != person.actor.id:
                return True
        return False

    def place(self, person: Person, context: Actor) -> None:
        """Give an unknown person the state or body for which they speak, and the id that follows from it."""
        placed = self.directory.unknown_person(person.actor.name, context)
        old = person.actor.id
        person.actor = replace(placed, role=person.actor.role, political=person.actor.political or placed.political)
        for name, key in list(self._names.items()):
            if key == old:
                self._names[name] = placed.id
        self._known[placed.id] = self._known.pop(old)

    def _body_around(self, head: Token, entity_of: dict[int, LinkedEntity]) -> Actor | None:
        """The body or state that a person's title or apposition names: "Kremlin advisor", "the Iranian minister"."""
        around = [head, *syntax.appositions(head)]
        if head.dep_ in _BESIDE:
            around.append(head.head)
        title = title_before(head)
        if title is not None:
            around.append(title)
        name = entity_of[head.i].span.text
        for token in around:
            # The name itself tells nothing: a judge who is called Putin judges for nobody in Moscow.
            words = phrase(token).replace(name, "").strip()
            match = self.directory.resolve(words, at=self.at) if words else None
            if match is not None:
                return self._body_of(match.actor)
        for token in [*head.subtree]:
            entity = entity_of.get(token.i)
            if entity is not None and entity.actor is not None and entity.actor.kind != "person":
                return entity.actor
        return None

    def _body_of(self, actor: Actor) -> Actor:
        """For an office its body, for a group of a state's people the state, else the actor itself."""
        if actor.kind not in {"person", "group"}:
            return actor
        bodies = self.directory.find(actor.affiliation, at=self.at) if actor.affiliation else []
        if bodies:
            return bodies[0].actor
        return self.directory.state(actor.country or "") or actor


def _spoken_at(name: Token, linked: list[LinkedEntity]) -> str | None:
    """The country of the place where the person of a name speaks: "…, the minister told reporters in Oslo"."""
    top = top_of_name(name)
    verb = top.head
    if not _is_subject(name) or verb.pos_ != "VERB":
        return None
    entity_of = {entity.span.root.i: entity for entity in linked}
    for word in (verb, *syntax.objects(verb), *syntax.indirect_objects(verb)):
        for preposition, noun in syntax.prepositions(word):
            place = entity_of.get(noun.i)
            if preposition == "in" and place is not None and place.actor is not None and place.label == "GPE":
                return None if place.span.text in MEETING_PLACES else place.actor.country
    return None


def _is_subject(root: Token) -> bool:
    top = top_of_name(root)
    while top.dep_ == "conj":
        top = top_of_name(top.head)
    return role_of(top) == "subject"


def surname_of(name: str) -> str:
    return name.split()[-1].casefold() if name.split() else ""


def _family_names(name: str) -> Iterator[str]:
    """The family name with its particles: "de Wit" of Sanne de Wit, "bin Salman" of Mohammed bin Salman."""
    parts = name.casefold().split()
    for number, part in enumerate(parts[1:-1], 1):
        if part in _PARTICLES:
            yield " ".join(parts[number:])


def _one_slip(one: str, other: str) -> bool:
    """Whether two words begin alike and differ by one letter left out, put in or changed."""
    if one == other or abs(len(one) - len(other)) > 1 or one[0] != other[0]:
        return False
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[same + 1 :] == other[same + 1 :] or one[same:] == other[same + 1 :] or one[same + 1 :] == other[same:]


def phrase(head: Token) -> str:
    start, end = syntax.core_phrase(head)
    return syntax.text_of(head.doc)[start:end]


def title_before(head: Token) -> Token | None:
    """The noun right before a name, which parsers often leave unattached: "Finnish Foreign Minister | Aino …"."""
    if head.left_edge.i == 0:
        return None
    before = head.left_edge.nbor(-1)
    return before if before.pos_ in syntax.NOUNS and not before.ent_type_ else None


def description(head: Token) -> set[str]:
    """The words of titles around a name: before it, in apposition, or as the noun the name is set beside.

    Words that are names themselves are none: the Kremlin is not everybody who speaks for it.
    """
    owned = {"nmod:poss", "poss"}
    around = [t for t in head.subtree if t.i < head.i and t.pos_ in syntax.NOUNS and t.dep_ not in owned]
    for apposition in syntax.appositions(head):
        around += [apposition, *syntax.name_parts(apposition)]
    if head.dep_ in _BESIDE:
        around += [head.head, *[t for t in syntax.name_parts(head.head) if t.i < head.i]]
    title = title_before(head)
    if title is not None:
        around += [title, *syntax.name_parts(title)]
    return {singular(t.lower_) for t in around if not t.ent_type_}


def top_of_name(token: Token) -> Token:
    """The head of the phrase that a name stands in, where the name is set beside a title."""
    top = token
    while top.dep_ in {"flat", "flat:name", "compound", "nn", "appos", "nmod:desc"} and top.head.i != top.i:
        top = top.head
    return top


@lru_cache(maxsize=8192)
def singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
