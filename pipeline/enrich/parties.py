"""Who a phrase means: mentions resolved to parties, through names, titles, pronouns and metonyms, within one article.

The cast of an article is built first, from all its names, so that a surname or a title anywhere finds the full name.
Then a mention is resolved by the first of these that answers:

1. a pronoun: whom `pipeline.enrich.coreference` finds for it, or who says the quoted words for "we";
2. a person's name in the phrase, or a collective with members named ("Western leaders, including …");
3. a title that somebody of the article bears ("the minister"), or "both leaders";
4. the directory's reading of the whole phrase: state, metonym, body, office, agency;
5. the words themselves, with a country where a modifier names one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import chain

from spacy.tokens import Doc, Token

from pipeline.actors import BACKING, Actor, Directory
from pipeline.enrich import descriptions, syntax
from pipeline.enrich.annotations import kept_names
from pipeline.enrich.coreference import FIRST_PERSON, THIRD_PERSON, Coreference
from pipeline.enrich.entities import LinkedEntity, link_entities, records, surnames_in
from pipeline.enrich.mentions import Mention, Resolved, role_of
from pipeline.enrich.people import MEETING_PLACES, People, Person, phrase, singular, title_before, top_of_name
from pipeline.enrich.words import EXPERT, PAIRS, PEOPLE, POLITICAL, TECHNICAL
from pipeline.records import Entity, FieldName, Party

_SERVICES = frozenset({"health", "weather", "court", "police", "fire", "coastguard", "transport", "tax", "customs"})
_LEADERS = frozenset({"leader", "president", "minister", "premier", "politician"})
_RULE = frozenset({"power", "charge", "control", "office"})
_MEMBERSHIP = frozenset({"member", "fighter"})
_STATES_TOGETHER = frozenset({"country", "nation", "capital", "state", "government"})
# Bodies and offices that every state has: alone they are those of the state that the article is about.
_OF_SOME_STATE = frozenset(
    {
        "ministry",
        "government",
        "army",
        "military",
        "parliament",
        "president",
        "premier",
        "minister",
        "chancellor",
        "cabinet",
    }
)
_HOME_REACH = 2
_AGE = re.compile(r"(?P<years>\d{1,3})-year-olds?$")
_RELATIVE = frozenset({"who", "which", "that", "whom", "whose"})
_MEMBERS = re.compile(r"\b(including|particularly|especially|notably|such as|among them|namely)\b", re.IGNORECASE)


def party_of(actor: Actor, span: tuple[int, int] | None, affiliation_id: str | None = None) -> Party:
    """The record of an actor whom a phrase means."""
    return Party(
        name=actor.name,
        actor_id=actor.id,
        kind=actor.kind,
        country=actor.country,
        country_name=actor.country_name,
        affiliation=actor.affiliation,
        affiliation_id=affiliation_id,
        role=actor.role,
        span=span,
    )


def meet(fields: dict[FieldName, Doc], directory: Directory, *, at: date, dateline: str = "") -> Cast:
    """Who appears in an article, as of a day; takes over the names of a field that a component has linked before.

    `dateline`: the place that the article says it was written at.
    """
    cast = Cast(directory, at, written_in=_country_of(dateline, directory, at))
    people = surnames_in(fields.values())
    for doc in fields.values():
        linked = kept_names(doc)
        cast.meet(doc, link_entities(doc, directory, at, people) if linked is None else linked)
    cast.settle()
    return cast


def _country_of(dateline: str, directory: Directory, at: date) -> str | None:
    """The one country that a dateline names, unless people of all countries speak there."""
    if dateline in MEETING_PLACES:
        return None
    parts = [directory.find(part, at=at)[:1] for part in re.split(r", |/", dateline)]
    countries = {match.actor.country for found in parts for match in found} - {None}
    return next(iter(countries)) if len(countries) == 1 else None


class Cast:
    """The people, states and bodies of one article, and who a phrase of it means."""

    def __init__(self, directory: Directory, at: date, *, written_in: str | None = None) -> None:
        """`written_in`: the country of the dateline, if there is one."""
        self.directory = directory
        self.at = at
        self.written_in = written_in
        self.people = People(directory, at)
        self.docs: list[Doc] = []
        # By id of the doc.
        self.linked: dict[int, list[LinkedEntity]] = {}
        self.entity_of: dict[int, dict[int, LinkedEntity]] = {}
        self.starts: dict[int, list[int]] = {}
        self.coreference: dict[int, Coreference] = {}
        self.pronouns: dict[int, dict[int, list[Resolved]]] = {}
        self.voices: dict[int, dict[int, list[Resolved]]] = {}

    # -- building ---------------------------------------------------------------------------------------------------

    def meet(self, doc: Doc, linked: list[LinkedEntity]) -> None:
        """Take note of the people a field names; call for every field before `listen`."""
        self.linked[id(doc)] = linked
        self.starts[id(doc)] = [entity.span.start_char for entity in linked]
        self.entity_of[id(doc)] = {t.i: e for e in linked for t in e.span}
        self.docs.append(doc)
        self.people.meet(linked)

    def settle(self) -> None:
        """Complete what is known of the people, when all fields are met."""
        self.people.settle([(doc, self.linked[id(doc)]) for doc in self.docs], self.written_in)

    def entities(self, field: FieldName, doc: Doc) -> list[Entity]:
        """What a field names, in text order, linked as all fields together tell."""
        return records(self.linked[id(doc)], doc, field, self.people.actor)

    def listen(self, doc: Doc, quotations: list[int], sources: dict[int, Token]) -> None:
        """Read the mentions of a field in text order, so that pronouns find what came before them.

        `quotations`: the number of each token's quotation, 0 in narration; `sources`: by number of the quotation, 0
        and below for none, the head of the phrase that names who speaks.
        """
        speaking = frozenset(source.i for source in sources.values())
        coreference = self.coreference[id(doc)] = Coreference(doc, quotations, speaking, self._names_after)
        pronouns = self.pronouns[id(doc)] = {}
        self.voices[id(doc)] = {}
        for number, source in sources.items():
            named = self._name_entity(source) if number > 0 else None
            if named is not None and named.label == "PERSON":
                coreference.voice(number, self._of_entity(named)[0].key)
        entity_of = self.entity_of[id(doc)]
        for token in doc:
            entity = entity_of.get(token.i)
            if entity is not None:
                if entity.span.root.i == token.i:
                    self._note_name(coreference, entity, token)
            elif token.lower_ in THIRD_PERSON and token.pos_ in {"PRON", "DET"}:
                pronouns[token.i] = coreference.antecedent(token)
                coreference.mention(token, pronouns[token.i], plural=len(pronouns[token.i]) > 1)
            elif token.pos_ == "NOUN" and not syntax.is_name_part(token):
                self._note_description(coreference, token)
            if token.dep_ == "conj":
                self._note_together(coreference, token)

    def _names_after(self, pronoun: Token) -> Iterable[Mention]:
        for token in pronoun.doc[pronoun.i + 1 : syntax.sentence(pronoun).end]:
            entity = self._entity_at(token)
            if entity is not None and entity.span.root.i == token.i:
                yield Mention(token, self._of_entity(entity), role_of(top_of_name(token)), 0, 0)

    def _note_name(self, coreference: Coreference, entity: LinkedEntity, root: Token) -> None:
        if entity.label not in {"PERSON", "ORG", "GPE"}:
            return
        top = top_of_name(root)
        if entity.label != "PERSON" and top is not root and role_of(top) != "subject":
            return
        if entity.label == "PERSON":
            self._place_by_owner(entity, top)
        coreference.mention(root, self._of_entity(entity), top=top)

    def _place_by_owner(self, entity: LinkedEntity, top: Token) -> None:
        """ "Its spokeswoman, Eleni Sarri", "the bloc's envoy Eleni Sarri": she speaks for whom the owner means."""
        person = self.people.named(entity.span.text)
        # Parsers hang the owner on the name or on the title before it, and that on the name or beside it.
        titles = [*syntax.name_parts(top), *filter(None, [title_before(top)])]
        owner = next((o for part in (top, *titles) if (o := syntax.possessor(part)) is not None), None)
        who = self.pronouns[id(top.doc)].get(owner.i) or self._league(owner) if owner is not None else []
        if person is None or len(who) != 1 or not self.people.is_placeless(person):
            return
        actor_id = who[0].party.actor_id
        owning = self.directory.actor(actor_id, self.at) if actor_id else None
        if owning is not None and owning.kind != "person" and (person.titles & POLITICAL or owning.political):
            self.people.place(person, owning)

    def _league(self, owner: Token) -> list[Resolved]:
        """ "The bloc", "the group": a body that is of no state."""
        return [r for r in self._body_before(owner) if r.party.country is None]

    def _note_description(self, coreference: Coreference, token: Token) -> None:
        """ "Chile's defence minister spoke …", "the officials": people without a name can be what a pronoun means."""
        head = singular(token.lower_)
        human = head in PEOPLE
        body = head in descriptions.NOUNS and role_of(token) == "subject"
        if not (human or body) or self._set_beside(token) is not None:
            return
        plural = _plural(token)
        who = self._resolve_one(token)
        coreference.mention(
            token, who, plural=plural, human=human and not plural, unheld=self._unheld(token, who) if human else None
        )

    def _unheld(self, token: Token, who: list[Resolved]) -> Resolved | None:
        """The office of "Chile's defence minister" without the holder whom the directory knows and nobody names."""
        if len(who) != 1 or who[0].party.kind != "person" or not who[0].known or self._set_beside(token) is not None:
            return None
        if any(person.actor.id == who[0].party.actor_id for person in self.people):
            return None
        core = syntax.core_phrase(token)
        words = re.sub(r"^(the|its|his|her|their)\s+", "", syntax.text_of(token.doc)[slice(*core)], flags=re.IGNORECASE)
        office = self.directory.office(f"a {words}", at=self.at)
        return self._resolved(office, core, known=True, titles={token.lower_}) if office is not None else None

    def _note_together(self, coreference: Coreference, token: Token) -> None:
        """ "Putin and Xi": people or states named together can be what "they" means."""
        if token.pos_ not in syntax.NOUNS or any(c.dep_ == "conj" for c in token.rights):
            return
        first = token
        while first.dep_ == "conj":
            first = first.head
        members = [m for m in syntax.conjuncts(first) if self._entity_at(m) is not None]
        if len(members) < 2 or first.pos_ not in syntax.NOUNS:
            return
        who = [r for m in members for r in self._resolve_one(m)]
        if len({r.party.kind == "person" for r in who}) == 1 and len(who) > 1:
            coreference.mention(token, who, top=first, plural=True)

    def speaks(self, doc: Doc, spans: Iterable[tuple[int, int]], speakers: list[Resolved]) -> None:
        """Quoted words are somebody's: "we" in them means who says them."""
        for start, end in spans:
            for token in doc.char_span(start, end, alignment_mode="expand") or ():
                if token.lower_ in FIRST_PERSON:
                    self.voices[id(doc)][token.i] = speakers

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

    def who(self, token: Token) -> list[Resolved]:
        """The parties that a phrase by itself means, whatever is coordinated with it."""
        return self._resolve_one(token)

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
            return self._of_entity(entity)
        named = self._apposed_to(token)
        if named is not None:
            return self._of_entity(named)
        titled = self._by_age(token) or self._by_title(token) or self._body_before(token)
        if titled:
            return titled
        return self._by_phrase(token, entity)

    def _entities(self, doc: Doc, start: int, end: int) -> list[LinkedEntity]:
        """The names of a field that begin in a range of characters, each once, in text order."""
        starts = self.starts[id(doc)]
        return self.linked[id(doc)][bisect_left(starts, start) : bisect_left(starts, end)]

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
        own = self._entity_at(token)
        neighbours = [token.nbor(1)] if token.pos_ in syntax.NOUNS and token.i + 1 < len(token.doc) else []
        for beside in chain(syntax.appositions(token), self._beside_body(token), syntax.name_parts(token), neighbours):
            other = self._entity_at(beside)
            if other is None or other is own:
                continue
            if other.label == "PERSON" or (other.actor is not None and other.actor.relay):
                return other
        return None

    def _beside_body(self, token: Token) -> Iterator[Token]:
        """ "The head of Bakamla, Yudi Hartanto, said": who is set beside the body, as parsers see it, is its head."""
        if token.pos_ in syntax.NOUNS and self._entity_at(token) is None:
            for preposition, body in syntax.prepositions(token):
                if preposition == "of" and body.ent_type_ != "PERSON":
                    yield from syntax.appositions(body)

    def _of_entity(self, entity: LinkedEntity) -> list[Resolved]:
        span = (entity.span.start_char, entity.span.end_char)
        if entity.label == "PERSON":
            person = self.people.named(entity.span.text)
            if person is not None:
                return [self._of_person(person, span)]
        if entity.actor is not None:
            return [self._resolved(entity.actor, span, known=True)]
        words = {singular(t.lower_) for t in entity.span}
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
        party = party_of(actor, span, self._affiliation_id(actor))
        heads = {singular(word) for word in titles or ()}
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
        for entity in self._entities(token.doc, floor, end):
            if (
                entity.label in {"PERSON", "GPE", "ORG"}
                and not _possesses(entity.span.root)
                and not _is_modifier(entity.span.root)
            ):
                found.extend(self._of_entity(entity))
        return found

    def _by_title(self, token: Token) -> list[Resolved]:
        """ "the minister", "both leaders": people of this article, if the phrase is definite and names nobody else."""
        head = singular(token.lower_)
        if token.ent_type_:
            return []
        determiners = {
            c.lower_
            for c in token.children
            if c.dep_ in {"det", "nummod", "det:predet", "predet", "nmod:poss", "poss", "amod", "advmod"}
        }
        if _plural(token):
            together = determiners & {"both", "two"} or ("the" in determiners and head in _LEADERS)
            return self._pair(token) if together and head in PAIRS and not self._modifier_actors(token) else []
        if not determiners & {"the", "his", "her", "their", "this", "that"} and token.dep_ not in {
            "nsubj",
            "nsubj:pass",
        }:
            return []
        if determiners & {"a", "an", "another", "one"}:
            return []
        places = {m.country for m in self._modifier_actors(token) if m.country}
        bearers = [
            person
            for person in self.people
            if head in person.titles and (not places or person.actor.country in places or person.actor.country is None)
        ]
        if not bearers:
            return []
        before = self._persons_before(token)
        bearers.sort(key=lambda p: before.index(p.actor.id) if p.actor.id in before else 10_000)
        return [self._of_person(bearers[0], syntax.core_phrase(token))]

    def _of_person(self, person: Person, span: tuple[int, int]) -> Resolved:
        known = person.actor.id in self.directory.files.people
        return self._resolved(person.actor, span, known=known, gender=person.gender, titles=person.titles)

    def _pair(self, token: Token) -> list[Resolved]:
        """ "Both leaders": two people named together; "both countries": the two states that were spoken of last."""
        coreference = self.coreference.get(id(token.doc))
        if coreference is None:
            return []
        if singular(token.lower_) not in _STATES_TOGETHER:
            return coreference.last_pair(token)
        codes: list[str] = []
        for mention in reversed(self._before(token)):
            codes += [r.party.country for r in mention.who if r.party.country and r.party.country not in codes]
            if len(codes) >= 2:
                break
        states = [state for code in reversed(codes[:2]) if (state := self.directory.state(code)) is not None]
        span = syntax.core_phrase(token)
        return [self._resolved(state, span, known=True) for state in states] if len(states) == 2 else []

    def _home(self, token: Token) -> str | None:
        """The one state whose people and bodies the sentences before are about, for "the foreign ministry" alone.

        Where they are about none, the state of the dateline.
        """
        coreference = self.coreference.get(id(token.doc))
        definite = any(c.lower_ == "the" and c.dep_ == "det" for c in token.children)
        if coreference is None or not definite or token.lower_ not in _OF_SOME_STATE:
            return None
        floor = coreference.sentences[token.i] - _HOME_REACH
        near = [m for m in self._before(token) if m.sentence >= floor]
        countries = _countries(m for m in near if m.role == "subject") or _countries(near)
        if not countries:
            return self.written_in
        return next(iter(countries)) if len(countries) == 1 else None

    def _before(self, token: Token) -> list[Mention]:
        """What the narrator mentioned before a token, in text order."""
        coreference = self.coreference.get(id(token.doc))
        return [m for m in coreference.mentions if m.start < token.idx and not m.quotation] if coreference else []

    def _apposed_to(self, token: Token) -> LinkedEntity | None:
        """The person that a description follows: "Okoro, a spokesman for the army"."""
        if token.dep_ != "appos" or token.ent_type_:
            return None
        named = self._entity_at(token.head)
        return named if named is not None and named.label == "PERSON" else None

    def _by_age(self, token: Token) -> list[Resolved]:
        """ "the 62-year-old": who is of that age, else the person named last."""
        age = _AGE.search(phrase(token))
        if age is None or age.end() < len(phrase(token)):
            return []
        of_age = [person.actor.id for person in self.people if person.age == age["years"]]
        before = [r for m in self._before(token) for r in m.who if r.party.kind == "person"]
        chosen = [r for r in before if r.key in of_age] or before
        return [_at(chosen[-1], syntax.core_phrase(token))] if chosen else []

    def _body_before(self, token: Token) -> list[Resolved]:
        """ "the bloc", "the ministry", "the company": the last body that can be called so, a subject first."""
        noun = singular(token.lower_)
        determiners = {c.lower_ for c in token.children if c.dep_ in {"det", "nmod:poss", "poss"}}
        if noun not in descriptions.NOUNS or _plural(token) or determiners != {"the"} or token.ent_type_:
            return []
        beside = {t.lower_ for t in token.lefts if t.is_alpha and t.dep_ != "det"}
        if syntax.prepositions(token) or any(t.ent_type_ for t in token.lefts):
            return []
        found = [m for m in self._before(token) if len(m.who) == 1 and descriptions.fits(noun, beside, m.who[0])]
        if noun in descriptions.GROUPS:
            # "The group" beside a company is the armed one.
            found = [m for m in found if m.who[0].political] or found
        subjects = [m for m in found if m.role == "subject"]
        span = syntax.core_phrase(token)
        return [_at(m.who[0], span) for m in (subjects or found)[-1:]]

    def _persons_before(self, token: Token) -> list[str]:
        """Ids of people by nearness before a token."""
        return [r.key for mention in reversed(self._before(token)) for r in mention.who]

    def _modifier_actors(self, token: Token) -> list[Actor]:
        start, end = syntax.core_phrase(token)
        found: list[Actor] = []
        for entity in self._entities(token.doc, start, end):
            if entity.actor is not None and entity.actor.kind != "person" and not _backs(entity):
                found.append(entity.actor)
        governed = syntax.prepositions(token)
        # "The soldiers in power in Bamako": parsers hang the place on either noun.
        governed += [pair for _, noun in governed if noun.lower_ in _RULE for pair in syntax.prepositions(noun)]
        for preposition, noun in governed:
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
        country = next((m.country for m in modifiers if m.country), None) or self._home(token)
        each = self._of_each_state(token, core)
        if each:
            return each
        owned = self._owned(token)
        if owned is not None:
            return [self._resolved(owned, core, known=True, titles={token.lower_})]
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
            return self._of_entity(entity)
        if token.pos_ == "PROPN" and core == (token.idx, token.idx + len(token)):
            person = self.people.nearly_named(token.text)
            if person is not None:
                return [self._of_person(person, core)]
        return [self._common(token, core, modifiers)]

    def _of_each_state(self, token: Token, core: tuple[int, int]) -> list[Resolved]:
        """ "Kenyan and Ugandan officials", "the presidents of Russia and China": one party for each state."""
        if not _plural(token):
            return []
        text = syntax.text_of(token.doc)
        inside = self._entities(token.doc, *core)
        states = {e.actor.id: e for e in inside if e.actor is not None and e.actor.kind == "state"}
        if states:
            words = text[max(e.span.end_char for e in states.values()) : core[1]].strip()
        else:
            words = text[core[0] : core[1]].removeprefix("the ").removeprefix("The ")
            owners = [t for name, who in syntax.prepositions(token) if name == "of" for t in syntax.conjuncts(who)]
            named = [e for t in owners if (e := self._entity_at(t)) is not None and e.actor is not None]
            states = {e.actor.id: e for e in named if e.actor is not None and e.actor.kind == "state"}
        if len(states) < 2:
            return []
        found = []
        for entity in states.values():
            one = self.directory.office(f"{entity.span.text} {singular(words)}", at=self.at)
            known = one is not None and one.id.startswith("person/")
            actor = one if known else self.directory.office(f"{entity.span.text} {words}", at=self.at)
            if actor is None:
                body = self.directory.resolve(f"{entity.span.text}'s {singular(words)}", at=self.at)
                actor = body.actor if body is not None and body.how == "body" else None
            if actor is not None:
                found.append(self._resolved(actor, core, known=True, titles={token.lower_}))
        return found if len(found) == len(states) else []

    def _owned(self, token: Token) -> Actor | None:
        """ "Its foreign ministry", "his spokesman": a body or an office of whom the pronoun means."""
        owner = syntax.possessor(token)
        who = self.pronouns[id(token.doc)].get(owner.i, []) if owner is not None else []
        if owner is None or len(who) != 1 or who[0].party.actor_id is None:
            return None
        start, end = syntax.core_phrase(token)
        words = syntax.text_of(token.doc)[max(start, owner.idx + len(owner)) : end].strip()
        match = self.directory.resolve(f"{who[0].party.name}'s {words}", at=self.at)
        return match.actor if match is not None and match.how in {"holder", "office", "body"} else None

    def _common(self, token: Token, span: tuple[int, int], modifiers: list[Actor]) -> Resolved:
        """People without a name: "two diplomats", "Iranian officials"."""
        head = singular(token.lemma_.lower() or token.lower_)
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
        if place is None and (body := self._unknown_body_of(token)) is not None:
            called = {"name": f"{body.name} {name}", "affiliation": body.name, "affiliation_id": body.id}
            party = party.model_copy(update=called)
        words = {singular(t.lower_) for t in token.doc.char_span(*span, alignment_mode="expand") or [token]}
        expert = head in EXPERT
        technical = head in TECHNICAL or bool(words & _SERVICES)
        rules = head in POLITICAL or bool(words & {"government", "military"})
        # "Members of the movement" speak for it, and "Turkish-backed fighters" for themselves.
        behind = any(m.kind == "organisation" and m.political for m in modifiers) or bool(words & BACKING)
        rules = rules or (head in _MEMBERSHIP and behind)
        political = rules and not expert and not technical
        relay = bool(words & {"media", "television", "radio", "newspaper", "magazine"}) or (
            head == "agency" and "news" in words
        )
        return Resolved(party, political and not relay, relay, expert)

    def _unknown_body_of(self, token: Token) -> Actor | None:
        """ "The insurgents of the Desert Front": the movement, where its name says that it is one."""
        for preposition, noun in syntax.prepositions(token):
            named = self._entity_at(noun)
            if preposition == "of" and named is not None and named.label == "ORG" and named.actor is None:
                resolved = self._of_entity(named)[0]
                return self.directory.unknown_organisation(named.span.text) if resolved.political else None
        return None

    def _antecedent(self, token: Token) -> list[Resolved]:
        """What a pronoun means. Nobody rather than a wrong one: an empty list where nothing fits."""
        found = self.pronouns[id(token.doc)].get(token.i) or self.voices[id(token.doc)].get(token.i, [])
        return [_at(r, (token.idx, token.idx + len(token))) for r in found]


def _countries(mentions: Iterable[Mention]) -> set[str]:
    return {r.party.country for m in mentions for r in m.who if r.party.country}


def _backs(entity: LinkedEntity) -> bool:
    """ "Russian-backed forces": whoever stands behind somebody is not whose they are."""
    last = entity.span[-1]
    following = last.doc[last.i + 1 : last.i + 3]
    joined = len(following) == 2 and following[0].text == "-" and following[1].lower_ in BACKING
    return joined or last.lower_.rpartition("-")[2] in BACKING


def _at(resolved: Resolved, span: tuple[int, int]) -> Resolved:
    """The same party, as named at another place."""
    return replace(resolved, party=resolved.party.model_copy(update={"span": span}))


def _possesses(token: Token) -> bool:
    return token.dep_ in {"nmod:poss", "poss"}


def _is_modifier(token: Token) -> bool:
    return token.dep_ in {"compound", "amod", "nn", "nmod:desc"}


def _plural(token: Token) -> bool:
    return token.tag_ in {"NNS", "NNPS"} or "Plur" in token.morph.get("Number", [])
