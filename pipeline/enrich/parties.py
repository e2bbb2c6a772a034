"""Who a phrase means: mentions resolved to parties, through names, titles, pronouns and metonyms, within one article.

The cast of an article is built first, from all its names, so that a surname or a title anywhere finds the full name.
Then a mention is resolved by the first of these that answers:

1. a pronoun: the last fitting mention (`_antecedent`);
2. a person's name in the phrase, or a collective with members named ("Western leaders, including …");
3. a title that somebody of the article bears ("the minister"), or "both leaders";
4. the directory's reading of the whole phrase: state, metonym, body, office, agency;
5. the words themselves, with a country where a modifier names one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from spacy.tokens import Doc, Token

from pipeline.actors import Actor, Directory
from pipeline.enrich import syntax
from pipeline.enrich.entities import LinkedEntity
from pipeline.enrich.words import BODIES, EXPERT, PAIRS, POLITICAL, TECHNICAL
from pipeline.records import Party

_SINGULAR = frozenset({"he", "she", "him", "her", "himself", "herself", "his", "hers"})
_PLURAL = frozenset({"they", "them", "themselves", "their", "both"})
_NEUTER = frozenset({"it", "itself", "its"})
_FEMALE = frozenset({"she", "her", "herself", "hers"})
_SERVICES = frozenset({"health", "weather", "court", "police", "fire", "coastguard", "transport", "tax", "customs"})
_BODY_NOUNS = frozenset({"bloc", "group", "alliance", "movement", "organisation", "organization", "union", "militia"})
_BESIDE = frozenset({"flat", "flat:name", "appos", "compound", "nmod:desc"})
_RELATIVE = frozenset({"who", "which", "that", "whom", "whose"})
_FEMALE_TITLES = re.compile(
    r"\b(ms|mrs|miss|madam|queen|princess|spokeswoman|chairwoman|congresswoman|businesswoman|mother|wife|sister|daughter|actress)\b",
    re.I,
)
_MALE_TITLES = re.compile(
    r"\b(mr|sir|king|prince|spokesman|chairman|congressman|businessman|father|husband|brother|son)\b", re.I
)
_MEMBERS = re.compile(r"\b(including|particularly|especially|notably|such as|among them|namely)\b", re.IGNORECASE)


@dataclass
class Resolved:
    """A party with what the rules need to know beside the record."""

    party: Party
    political: bool = False
    relay: bool = False
    expert: bool = False
    known: bool = False
    """Linked to an actor of the directory."""
    gender: str | None = None


@dataclass
class _Mention:
    start: int
    sentence: int
    resolved: list[Resolved]
    is_subject: bool
    quoted: bool


@dataclass
class _Person:
    """A person of the cast: the actor, and the words that describe them anywhere in the article."""

    actor: Actor
    titles: set[str] = field(default_factory=set)
    gender: str | None = None
    last_start: int = -1


class Cast:
    """The people, states and bodies of one article, and who a phrase of it means."""

    def __init__(self, directory: Directory, at: date) -> None:
        self.directory = directory
        self.at = at
        self.people: dict[str, _Person] = {}
        self.surnames: dict[str, str] = {}
        self.mentions: dict[int, list[_Mention]] = {}
        # By id of the doc: the caller keeps the docs of an article for as long as their cast.
        self.linked: dict[int, list[LinkedEntity]] = {}
        self.entity_of: dict[int, dict[int, LinkedEntity]] = {}
        self.speakers: dict[int, list[tuple[int, list[Resolved]]]] = {}
        self.sentence_of: dict[int, list[int]] = {}

    # -- building ---------------------------------------------------------------------------------------------------

    def meet(self, doc: Doc, linked: list[LinkedEntity]) -> None:
        """Take note of the people a field names; call for every field before `listen`."""
        self.linked[id(doc)] = linked
        self.entity_of[id(doc)] = {t.i: e for e in linked for t in e.span}
        people = [e for e in linked if e.label == "PERSON"]
        for entity in sorted(people, key=lambda e: -len(e.span)):
            if len(entity.span) == 1:
                # Family names stand first in some languages: a lone name is first of all somebody met here.
                self._know_first_names()
            self._meet_person(entity)

    def _know_first_names(self) -> None:
        for key, person in self.people.items():
            first, _, rest = person.actor.name.casefold().partition(" ")
            if rest:
                self.surnames.setdefault(first, key)

    def _meet_person(self, entity: LinkedEntity) -> None:
        name = entity.span.text
        head = entity.span.root
        surname = _surname(name)
        key = (
            self.surnames.get(surname)
            if len(entity.span) == 1 or (entity.actor is None and surname == name.casefold())
            else None
        )
        if key is None:
            actor = (
                entity.actor if entity.actor is not None and entity.actor.kind == "person" else self._new_person(entity)
            )
            key = actor.id
            self.people.setdefault(key, _Person(actor, gender=actor.gender))
            self.surnames.setdefault(surname, key)
            self.surnames.setdefault(name.casefold(), key)
        person = self.people[key]
        words = _description(head)
        person.titles.update(words)
        described = " ".join(words)
        if person.gender is None:
            person.gender = "f" if _FEMALE_TITLES.search(described) else "m" if _MALE_TITLES.search(described) else None
        if person.actor.country is None:
            self._place(person, head)

    def _new_person(self, entity: LinkedEntity) -> Actor:
        return self.directory.unknown_person(entity.span.text, None)

    def _place(self, person: _Person, head: Token) -> None:
        """Country and body of an unknown person, from what stands around the name."""
        context = self._body_around(head)
        if context is None:
            return
        placed = self.directory.unknown_person(person.actor.name, context)
        old = person.actor.id
        person.actor = replace(placed, role=person.actor.role, political=person.actor.political or placed.political)
        for surname, key in list(self.surnames.items()):
            if key == old:
                self.surnames[surname] = placed.id
        self.people[placed.id] = self.people.pop(old)

    def _body_around(self, head: Token) -> Actor | None:
        """The body or state that a person's title or apposition names: "Kremlin advisor", "the Iranian minister"."""
        phrases = [_phrase(head)]
        phrases += [_phrase(t) for t in syntax.appositions(head)]
        if head.dep_ in _BESIDE:
            phrases.append(_phrase(head.head))
        title = _title_before(head)
        if title is not None:
            phrases.append(_phrase(title))
        for phrase in phrases:
            match = self.directory.resolve(phrase, at=self.at)
            if match is not None:
                return self._body_of(match.actor)
        for token in [*head.subtree]:
            entity = self.entity_of[id(head.doc)].get(token.i)
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

    def listen(self, doc: Doc, quoted: list[bool]) -> None:
        """Order the mentions of a field, so that pronouns find what came before them."""
        ids = []
        for number, sentence in enumerate(doc.sents):
            ids.extend([number] * len(sentence))
        self.sentence_of[id(doc)] = ids
        found = []
        for entity in self._entities(doc):
            if entity.label not in {"PERSON", "ORG", "GPE"}:
                continue
            root = entity.span.root
            top = _top_of_name(root)
            is_subject = top.dep_ in {"nsubj", "nsubj:pass", "nsubjpass", "csubj", "nsubj:outer"}
            if entity.label != "PERSON" and top is not root and not is_subject:
                continue
            found.append(
                _Mention(
                    entity.span.start_char,
                    ids[entity.span.start],
                    self._of_entity(entity, root),
                    is_subject,
                    quoted[entity.span.start],
                )
            )
        found.extend(self._titled_subjects(doc, ids, quoted))
        self.mentions[id(doc)] = sorted(found, key=lambda m: m.start)
        self.speakers[id(doc)] = []

    def _titled_subjects(self, doc: Doc, ids: list[int], quoted: list[bool]) -> list[_Mention]:
        """ "Chile's defence minister spoke …": an office without a name can be what a later "he" means."""
        found = []
        for token in doc:
            if token.dep_ not in {"nsubj", "nsubj:pass", "nsubjpass"} or token.pos_ != "NOUN" or token.ent_type_:
                continue
            if _singular(token.lower_) not in POLITICAL or _plural(token) or self._set_beside(token) is not None:
                continue
            people = [r for r in self._by_phrase(token, None) if r.party.kind == "person"]
            if people:
                found.append(_Mention(token.idx, ids[token.i], people, True, quoted[token.i]))
        return found

    def heard(self, doc: Doc, at: int, speakers: list[Resolved]) -> None:
        """Somebody spoke at a place: a later pronoun in a cue most likely means them."""
        self.speakers[id(doc)].append((at, speakers))

    # -- resolving --------------------------------------------------------------------------------------------------

    def resolve(self, token: Token) -> list[Resolved]:
        """The parties that a phrase means, one for each member of a coordination; the head token is given."""
        found: list[Resolved] = []
        for member in syntax.conjuncts(token):
            for one in self._resolve_one(member):
                if all(
                    one.party.actor_id != seen.party.actor_id or one.party.name != seen.party.name for seen in found
                ):
                    found.append(one)
        return found

    def _resolve_one(self, token: Token) -> list[Resolved]:
        if token.lower_ in _RELATIVE and token.pos_ == "PRON" and token.head.dep_ in {"acl:relcl", "relcl"}:
            return self._resolve_one(token.head.head)
        if token.pos_ in {"PRON", "DET"} and not self._entity_at(token):
            return self._antecedent(token)
        members = self._named_members(token)
        if members:
            return members
        entity = self._name_entity(token)
        if entity is not None and (entity.label == "PERSON" or (entity.actor is not None and entity.actor.relay)):
            return self._of_entity(entity, token)
        titled = self._by_title(token)
        if titled:
            return titled
        return self._by_phrase(token, entity)

    def _entities(self, doc: Doc) -> list[LinkedEntity]:
        """The names of a field, each once, in text order."""
        return self.linked[id(doc)]

    def _entity_at(self, token: Token) -> LinkedEntity | None:
        return self.entity_of[id(token.doc)].get(token.i)

    def _name_entity(self, token: Token) -> LinkedEntity | None:
        """The name that a phrase is built around: at its head, or set beside it ("spokeswoman Maria Zakharova")."""
        own = self._entity_at(token)
        if own is not None and (own.label == "PERSON" or own.label not in {"NORP"}):
            if own.label != "PERSON":
                return self._set_beside(token) or own
            return own
        return self._set_beside(token) or own

    def _set_beside(self, token: Token) -> LinkedEntity | None:
        """A person or an agency named beside a noun: "spokeswoman Maria Zakharova", "state news agency Xinhua"."""
        neighbours = [token.nbor(1)] if token.pos_ in {"NOUN", "PROPN"} and token.i + 1 < len(token.doc) else []
        for beside in [*syntax.appositions(token), *syntax.name_parts(token), *neighbours]:
            other = self._entity_at(beside)
            if other is not None and (other.label == "PERSON" or (other.actor is not None and other.actor.relay)):
                return other
        return None

    def _of_entity(self, entity: LinkedEntity, token: Token) -> list[Resolved]:
        span = (entity.span.start_char, entity.span.end_char)
        if entity.label == "PERSON":
            key = self.surnames.get(entity.span.text.casefold()) or self.surnames.get(_surname(entity.span.text))
            if key is not None and key in self.people:
                person = self.people[key]
                known = key in self.directory.files.people
                return [self._resolved(person.actor, span, known=known, gender=person.gender, titles=person.titles)]
        if entity.actor is not None:
            return [self._resolved(entity.actor, span, known=True)]
        words = {_singular(t.lower_) for t in entity.span}
        organisation = self.directory.unknown_organisation(entity.span.text, political=bool(words & POLITICAL))
        return [self._resolved(organisation, span, known=False)]

    def _resolved(
        self,
        actor: Actor,
        span: tuple[int, int] | None,
        *,
        known: bool,
        gender: str | None = None,
        titles: set[str] | None = None,
    ) -> Resolved:
        party = Party(
            name=actor.name,
            actor_id=actor.id,
            kind=actor.kind,
            country=actor.country,
            country_name=actor.country_name,
            affiliation=actor.affiliation,
            affiliation_id=self._affiliation_id(actor),
            role=actor.role,
            span=span,
        )
        heads = {_singular(word) for word in titles or ()}
        political = actor.political or bool(heads & POLITICAL)
        if not known and heads & EXPERT and not heads & POLITICAL:
            political = False
        return Resolved(party, political, actor.relay, bool(heads & EXPERT), known, gender or actor.gender)

    def _affiliation_id(self, actor: Actor) -> str | None:
        """The body that a person without a country speaks for: NATO's secretary general speaks for NATO."""
        if actor.country is not None or actor.affiliation is None:
            return None
        found = self.directory.find(actor.affiliation, at=self.at)
        return found[0].actor.id if found else None

    def _named_members(self, token: Token) -> list[Resolved]:
        """ "Western leaders, including Trump and France's Emmanuel Macron": the members speak."""
        if token.pos_ == "PROPN" or not _plural(token):
            return []
        start, end = syntax.noun_phrase(token)
        text = syntax.text_of(token.doc)[start:end]
        marker = _MEMBERS.search(text)
        if marker is None:
            return []
        floor = start + marker.end()
        found: list[Resolved] = []
        for entity in self._entities(token.doc):
            if (
                floor <= entity.span.start_char < end
                and entity.label in {"PERSON", "GPE", "ORG"}
                and not _possesses(entity.span.root)
                and not _is_modifier(entity.span.root)
            ):
                found.extend(self._of_entity(entity, entity.span.root))
        return found

    def _by_title(self, token: Token) -> list[Resolved]:
        """ "the minister", "both leaders": people of this article, if the phrase is definite and names nobody else."""
        head = _singular(token.lower_)
        if token.ent_type_:
            return []
        determiners = {
            c.lower_
            for c in token.children
            if c.dep_ in {"det", "nummod", "det:predet", "predet", "nmod:poss", "poss", "amod", "advmod"}
        }
        if _plural(token):
            return self._last_pair(token) if determiners & {"both", "two"} and head in PAIRS else []
        if not determiners & {"the", "his", "her", "their", "this", "that"} and token.dep_ not in {
            "nsubj",
            "nsubj:pass",
        }:
            return []
        if determiners & {"a", "an", "another", "one"}:
            return []
        places = {m.country for m in self._modifier_actors(token) if m.country}
        if head in _BODY_NOUNS and "the" in determiners and not self._modifier_actors(token):
            return self._last_body(token)
        bearers = [
            person
            for person in self.people.values()
            if head in person.titles and (not places or person.actor.country in places or person.actor.country is None)
        ]
        if not bearers:
            return []
        before = self._persons_before(token)
        bearers.sort(key=lambda p: before.index(p.actor.id) if p.actor.id in before else 10_000)
        chosen = bearers[0]
        known = chosen.actor.id in self.directory.files.people
        return [
            self._resolved(
                chosen.actor, syntax.core_phrase(token), known=known, gender=chosen.gender, titles=chosen.titles
            )
        ]

    def _last_body(self, token: Token) -> list[Resolved]:
        """ "the bloc", "the group": the body named last before, one that its sentence is about first."""
        before = [m for m in self.mentions.get(id(token.doc), []) if m.start < token.idx and not m.quoted]
        bodies = [m for m in before if m.resolved and m.resolved[0].party.kind in {"organisation", "group"}]
        subjects = [m for m in bodies if m.is_subject]
        chosen = (subjects or bodies)[-1:]
        return [r for m in chosen for r in m.resolved]

    def _persons_before(self, token: Token) -> list[str]:
        """Ids of people by nearness before a token."""
        found: list[str] = []
        for mention in reversed(self.mentions.get(id(token.doc), [])):
            if mention.start < token.idx:
                found.extend(r.party.actor_id or "" for r in mention.resolved)
        return found

    def _modifier_actors(self, token: Token) -> list[Actor]:
        start, end = syntax.core_phrase(token)
        found: list[Actor] = []
        for entity in self._entities(token.doc):
            if start <= entity.span.start_char < end and entity.actor is not None and entity.actor.kind != "person":
                found.append(entity.actor)
        for preposition, noun in syntax.prepositions(token):
            named = self._entity_at(noun)
            if (
                preposition in {"of", "from", "in", "for"}
                and named is not None
                and named.actor is not None
                and named.actor.kind != "person"
            ):
                found.append(named.actor)
        return found

    def _by_phrase(self, token: Token, entity: LinkedEntity | None) -> list[Resolved]:
        core = syntax.core_phrase(token)
        text = syntax.text_of(token.doc)
        phrases = [text[slice(*core)]]
        whole = syntax.noun_phrase(token)
        if whole[1] - whole[0] <= 80:
            phrases.insert(0, text[slice(*whole)])
        modifiers = self._modifier_actors(token)
        country = next((m.country for m in modifiers if m.country), None)
        if entity is None or entity.span.root.i != token.i or len(entity.span) < len(phrases[-1].split()):
            for phrase in phrases:
                match = self.directory.resolve(phrase, at=self.at, country=country)
                if match is not None and not (match.how == "guess" and match.actor.kind == "group"):
                    return [
                        self._resolved(
                            match.actor,
                            core,
                            known=True,
                            titles={token.lower_} if match.actor.kind == "person" else None,
                        )
                    ]
        if entity is not None:
            return self._of_entity(entity, token)
        return [self._common(token, core, modifiers)]

    def _common(self, token: Token, span: tuple[int, int], modifiers: list[Actor]) -> Resolved:
        """People without a name: "two diplomats", "Iranian officials"."""
        head = _singular(token.lemma_.lower() or token.lower_)
        place = next((m for m in modifiers if m.country), None)
        name = re.sub(
            r"^(the|a|an|its|his|her|their)\s+", "", syntax.text_of(token.doc)[slice(*span)], flags=re.IGNORECASE
        )
        party = Party(
            name=name,
            kind="group",
            span=span,
            country=place.country if place else None,
            country_name=place.country_name if place else None,
            affiliation=place.name if place is not None and place.kind == "organisation" else None,
        )
        words = {_singular(t.lower_) for t in token.doc.char_span(*span, alignment_mode="expand") or [token]}
        expert = head in EXPERT
        technical = head in TECHNICAL or bool(words & _SERVICES)
        rules = head in POLITICAL or bool(words & {"government", "military"})
        political = rules and not expert and not technical
        relay = bool(words & {"media", "television", "radio", "newspaper", "magazine"}) or (
            head == "agency" and "news" in words
        )
        return Resolved(party, political and not relay, relay, expert)

    # -- coreference ------------------------------------------------------------------------------------------------

    def _antecedent(self, token: Token) -> list[Resolved]:
        """What a pronoun means. Nobody rather than a wrong one: an empty list where nothing fits."""
        word = token.lower_
        if word in _SINGULAR:
            return self._singular_antecedent(token)
        if word in _PLURAL:
            return self._last_pair(token) or self._plural_antecedent(token)
        if word in _NEUTER:
            return self._neuter_antecedent(token)
        return []

    def _singular_antecedent(self, token: Token) -> list[Resolved]:
        gender = "f" if token.lower_ in _FEMALE else "m"
        sentence = self.sentence_of[id(token.doc)][token.i]
        best: tuple[float, list[Resolved]] | None = None
        for mention in self.mentions.get(id(token.doc), []):
            if mention.start >= token.idx or mention.quoted:
                continue
            people = [r for r in mention.resolved if r.party.kind == "person" and r.gender in {None, gender}]
            distance = sentence - mention.sentence
            if not people or distance > 8:
                continue
            score = -3.0 * distance + (4.0 if mention.is_subject else 0.0) + mention.start * 1e-5
            score += 2.0 if people[0].gender == gender else 0.0
            if best is None or score >= best[0]:
                best = (score, people[:1])
        for place, speakers in self.speakers.get(id(token.doc), []):
            people = [r for r in speakers if r.party.kind == "person" and r.gender in {None, gender}]
            if place >= token.idx or not people:
                continue
            distance = sentence - self._sentence_at(token.doc, place)
            score = -3.0 * distance + 6.5 + place * 1e-5 + (2.0 if people[0].gender == gender else 0.0)
            if distance <= 8 and (best is None or score >= best[0]):
                best = (score, people[:1])
        if best is None:
            return []
        return [
            replace(r, party=r.party.model_copy(update={"span": (token.idx, token.idx + len(token))})) for r in best[1]
        ]

    def _sentence_at(self, doc: Doc, char: int) -> int:
        token = syntax.token_at(doc, char)
        return self.sentence_of[id(doc)][token.i] if token is not None else 0

    def _last_pair(self, token: Token) -> list[Resolved]:
        """Two or more people or states named together before: coordinated, or one with the other."""
        doc = token.doc
        sentence = self.sentence_of[id(doc)][token.i]
        for number in range(sentence, max(sentence - 3, -1), -1):
            here = [
                m
                for m in self.mentions.get(id(doc), [])
                if m.sentence == number and m.start < token.idx and not m.quoted
            ]
            people = [m for m in here if m.resolved and m.resolved[0].party.kind == "person"]
            names = {m.resolved[0].party.actor_id: m.resolved[0] for m in people}
            if len(names) >= 2:
                return list(names.values())[-2:]
        return []

    def _plural_antecedent(self, token: Token) -> list[Resolved]:
        """A body or a group spoken of in the plural."""
        for place, speakers in reversed(self.speakers.get(id(token.doc), [])):
            if place < token.idx and speakers and speakers[0].party.kind != "person":
                return speakers
        return []

    def _neuter_antecedent(self, token: Token) -> list[Resolved]:
        sentence = self.sentence_of[id(token.doc)][token.i]
        for mention in reversed(self.mentions.get(id(token.doc), [])):
            if (
                mention.start < token.idx
                and not mention.quoted
                and mention.is_subject
                and sentence - mention.sentence <= 2
                and mention.resolved
                and mention.resolved[0].party.kind != "person"
            ):
                return mention.resolved
        return []


def _surname(name: str) -> str:
    return name.split()[-1].casefold() if name.split() else ""


def _phrase(head: Token) -> str:
    start, end = syntax.core_phrase(head)
    return syntax.text_of(head.doc)[start:end]


def _title_before(head: Token) -> Token | None:
    """The noun right before a name, which parsers often leave unattached: "Finnish Foreign Minister | Aino …"."""
    if head.left_edge.i == 0:
        return None
    before = head.left_edge.nbor(-1)
    return before if before.pos_ in {"NOUN", "PROPN"} and not before.ent_type_ else None


def _description(head: Token) -> set[str]:
    """The title words around a name: before it, in apposition, or as the noun the name is set beside.

    Words that are names themselves are no titles: the Kremlin is not everybody who speaks for it.
    """
    owned = {"nmod:poss", "poss"}
    around = [t for t in head.subtree if t.i < head.i and t.pos_ in {"NOUN", "PROPN"} and t.dep_ not in owned]
    for apposition in syntax.appositions(head):
        around += [apposition, *syntax.name_parts(apposition)]
    if head.dep_ in _BESIDE:
        around += [head.head, *[t for t in syntax.name_parts(head.head) if t.i < head.i]]
    title = _title_before(head)
    if title is not None:
        around += [title, *syntax.name_parts(title)]
    return {_singular(t.lower_) for t in around if not t.ent_type_} - BODIES


def _top_of_name(token: Token) -> Token:
    """The head of the phrase that a name stands in, where the name is set beside a title."""
    top = token
    while top.dep_ in {"flat", "flat:name", "compound", "nn", "appos", "nmod:desc"} and top.head.i != top.i:
        top = top.head
    return top


def _possesses(token: Token) -> bool:
    return token.dep_ in {"nmod:poss", "poss"}


def _is_modifier(token: Token) -> bool:
    return token.dep_ in {"compound", "amod", "nn", "nmod:desc"}


def _plural(token: Token) -> bool:
    return token.tag_ in {"NNS", "NNPS"} or "Plur" in token.morph.get("Number", [])


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
