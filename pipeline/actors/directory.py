"""The directory of actors: names in, actors out.

What it knows is in data/*.toml and in the user's files of the same form; countries and their codes come from ISO 3166
(pycountry) and CLDR (babel). Phrases such as "Russia's foreign ministry" are read by `pipeline.actors.phrases`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from pipeline.actors import entries
from pipeline.actors.entries import Files, Person, Post
from pipeline.actors.model import Actor, Gender, How, Match
from pipeline.actors.names import Index, Name
from pipeline.actors.phrases import Phrases
from pipeline.actors.text import Word, joined, slug, words
from pipeline.errors import BadSetting

# How long after `checked` a post without an end still names who holds the office.
_TRUSTED = timedelta(days=548)
_UNKNOWN_PLACE = "unknown"
_PARTICIPLES = frozenset({"based", "led", "backed", "run", "born", "held", "controlled", "brokered", "affiliated"})


@lru_cache(maxsize=1)
def _countries() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Display name and other names of every ISO 3166 country by alpha-3 code."""
    import pycountry
    from babel import Locale

    territories = Locale("en").territories
    found = {}
    for country in pycountry.countries:
        name = str(territories.get(country.alpha_2, country.name))
        others = (country.name, getattr(country, "common_name", ""), getattr(country, "official_name", ""))
        found[country.alpha_3] = (name, tuple(other for other in others if other and "," not in other))
    return found


def _plurals(demonym: str) -> list[str]:
    """The regular plural of a demonym, if it can have one: Russian → Russians, Frenchman → Frenchmen."""
    if demonym.endswith(("man", "woman")) and not demonym.endswith(("German", "Roman")) and " " not in demonym:
        return [] if demonym in ("Oman",) else [demonym[:-2] + "en"]
    if demonym.endswith(("ese", "ish", "ch", "s", "sh", "US", "Lao", "Zealand")):
        return []
    return [demonym + "s"]


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")


class Directory:
    """All known actors. Build one with `load`; it is read-only and may be shared between threads."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.index = Index()
        self._actors: dict[str, Actor] = {}
        self._posts: dict[str, list[Post]] = {}
        self._offices = {slug(word): office for office in reversed(files.offices.values()) for word in office.words}
        self._prominence = {office: number for number, office in enumerate(files.offices)}
        self._holders: dict[tuple[str, str], list[tuple[str, Post]]] = {}
        self._adjectives: dict[str, str] = {}
        self._people: dict[tuple[str, date], Actor] = {}
        # The phrases of news come again and again: "the foreign ministry", "officials".
        self._resolved: dict[tuple[str, str | None, date], Match | None] = {}
        self._readings: dict[str, list[tuple[str, re.Pattern[str], re.Pattern[str] | None]]] = {}
        self._add_states()
        self._add_regions()
        self._add_parts()
        self._add_bodies()
        self._add_organisations()
        self._add_people()
        self._add_places()
        self._add_readings()
        self._openers = frozenset(files.words.openers)
        self._company_openers = frozenset(opening.partition(" ")[0] for opening in files.companies.openings)
        self._genders = {slug(name): gender for gender, names in files.given_names.items() for name in names}
        self.phrases = Phrases(self)

    @classmethod
    def load(cls, extra: Sequence[Path] = ()) -> Directory:
        """Our data and the user's files; BadSetting names the file and the entry that cannot be used."""
        return cls(entries.read(extra))

    # What is known -------------------------------------------------------------------------------------------------

    @property
    def actors(self) -> Iterable[Actor]:
        """Every actor but people, whose roles depend on a date."""
        return self._actors.values()

    def actor(self, actor_id: str, at: date | None = None) -> Actor | None:
        """The actor of an id, as of a date."""
        if actor_id in self.files.people:
            return self._person(actor_id, at or date.today())
        return self._body_actor(actor_id)

    @property
    def checked(self) -> date | None:
        """The day up to which the people of the data were checked."""
        return date.fromisoformat(self.files.checked) if self.files.checked else None

    def state(self, code: str) -> Actor | None:
        """The state or territory of an alpha-3 code."""
        return self._actors.get(code) if code in self._adjectives else None

    def adjective(self, code: str) -> str:
        """The adjective that names of a state's bodies begin with: "Russian", "US"."""
        return self._adjectives.get(code, code)

    # Names ---------------------------------------------------------------------------------------------------------

    def find(self, name: str, *, at: date | None = None) -> list[Match]:
        """Who can be meant by a name as written, the likeliest first; empty when nobody known is."""
        when = at or date.today()
        found = self._trimmed(words(name))
        direct = self._matches(self.index.get(found), when)
        if direct:
            return direct
        company = self._company(name, found)
        if company:
            return [company]
        if len(found) > 2:
            shorter = [word for word in found if len(word.base) > 1]
            direct = self._matches(self.index.get(shorter), when) if len(shorter) < len(found) else []
        return direct or self._titled(found, when)

    def demonym(self, word: str) -> Actor | None:
        """The state of "Russian", "Israelis", "Frenchwoman", "South Korean"."""
        for name in self.index.get(self._trimmed(words(word))):
            if name.how == "demonym":
                actor = self._actors[name.target]
                return self._actors.get(actor.country or "", actor)
        return None

    def scan(self, text: str, *, at: date | None = None) -> list[tuple[int, int, Match]]:
        """All known names in a text, the longest at each place, in order and without overlaps."""
        when = at or date.today()
        found = words(text)
        shouting = text.isupper()
        hits: list[tuple[int, int, Match]] = []
        here = 0
        while here < len(found):
            taken = self._at(text, found, here, when, shouting)
            if taken is None:
                here += 1
                continue
            length, match = taken
            if match is not None:
                hits.append((found[here].start, found[here + length - 1].end, match))
            here += length
        return hits

    def reading(self, name: str, text: str, at: date) -> Match | None:
        """Another meaning of a name that the text of an article speaks for: Georgia of a text that names Atlanta."""
        for target, because, unless in self._readings.get(slug(name), ()):
            actor = self.actor(target, at) if because.search(text) and not (unless and unless.search(text)) else None
            if actor is not None:
                return Match(actor, "alias", "another reading, which the article speaks for")
        return None

    # Phrases -------------------------------------------------------------------------------------------------------

    def body(self, phrase: str, *, country: str | None = None, at: date | None = None) -> Actor | None:
        """The body that a phrase names: "Russia's foreign ministry", or "the ministry" with the country given."""
        return self.phrases.body(phrase, country, at or date.today())

    def office(self, phrase: str, *, at: date | None = None, default_country: str | None = None) -> Actor | None:
        """Who holds the office that a phrase names; an actor for the office itself where the holder is not known."""
        return self.phrases.office(phrase, default_country, at or date.today())

    def holder(self, office: str, place: str, at: date | None = None, *, gender: Gender | None = None) -> Actor | None:
        """The one holder of an office ("foreign-minister", "leader") of a state or organisation on a day."""
        return self.phrases.holder(office, place, at or date.today(), gender)

    def resolve(self, phrase: str, *, at: date | None = None, country: str | None = None) -> Match | None:
        """The likeliest actor of any phrase: a name, a titled name, an office, a body, or people of a state."""
        asked = (phrase, country, at or date.today())
        if asked not in self._resolved:
            if len(self._resolved) > 50_000:
                self._resolved.clear()
            self._resolved[asked] = self.phrases.resolve(*asked)
        return self._resolved[asked]

    def holders(self, body: str, office: str, at: date) -> list[str]:
        """Ids of the people who hold an office at a body on a day.

        A post without an end tells of its holder for some time after the data were checked, not for ever.
        """
        return [
            person for person, post in self._holders.get((body, office), ()) if post.held(at) and self._sure(post, at)
        ]

    def _sure(self, post: Post, at: date) -> bool:
        return post.end != date.max or self.checked is None or at <= self.checked + _TRUSTED

    def post_body(self, person: str, at: date) -> str | None:
        """Id of the body where a known person holds the first post of a day."""
        held = next((item for item in self._posts.get(person, ()) if item.held(at)), None)
        return self._body_id(self.files.people[person], held) if held else None

    # Unknown people and organisations ------------------------------------------------------------------------------

    def unknown_person(self, name: str, affiliation: Actor | None = None) -> Actor:
        """An actor for a person whom the directory does not know; the id tells namesakes of two states apart."""
        place = affiliation.country if affiliation else None
        identity = f"person/{slug(name) or _UNKNOWN_PLACE}"
        return Actor(
            id=f"{identity}/{place.lower()}" if place else identity,
            name=name,
            kind="person",
            country=place,
            country_name=affiliation.country_name if affiliation else None,
            affiliation=affiliation.name if affiliation else None,
            political=affiliation.political if affiliation else False,
            gender=self.gender_of(name),
        )

    def gender_of(self, name: str) -> Gender | None:
        """The gender that a given name tells, where a family name follows it."""
        given, _, family = name.partition(" ")
        return self._genders.get(slug(given)) or self._genders.get(slug(given.partition("-")[0])) if family else None

    def unknown_organisation(self, name: str, country: str | None = None, *, political: bool = False) -> Actor:
        """An actor for an organisation that the directory does not know."""
        state = self.state(country or "")
        return Actor(
            id=f"org/{slug(name) or _UNKNOWN_PLACE}",
            name=name,
            kind="organisation",
            country=country,
            country_name=state.name if state else None,
            political=political,
        )

    # Building ------------------------------------------------------------------------------------------------------

    def _add_readings(self) -> None:
        for reading in self.files.readings:
            if self.actor(reading.actor) is None:
                raise BadSetting(
                    f'{reading.where}: [[reading]] "{reading.name}": no actor has the id "{reading.actor}".'
                )
            patterns = (_any_of(reading.because), _any_of(reading.unless) if reading.unless else None)
            self._readings.setdefault(slug(reading.name), []).append((reading.actor, *patterns))

    def _place_name(self, code: str | None, what: str) -> str | None:
        if code is None:
            return None
        known = self._actors.get(code)
        if known is None:
            raise BadSetting(f'{self.files.where.get(what, "actor data")}: "{what}": no country has the code "{code}".')
        return known.name

    def _add_states(self) -> None:
        iso = _countries()
        for table, kind in ((self.files.states, "state"), (self.files.territories, "region")):
            for code, state in table.items():
                if code not in iso and not state.name:
                    raise BadSetting(f'{self.files.where[code]}: "{code}" is no ISO 3166 alpha-3 code.')
                cldr, others = iso.get(code, (state.name, ()))
                name = state.name or cldr
                self._actors[code] = Actor(code, name, "state" if kind == "state" else "region", code, name)
                self._adjectives[code] = state.adjective or (state.demonyms[0] if state.demonyms else name)
                self.index.add(code, name, "name", note=state.note)
                for alias in (*state.aliases, cldr, *others):
                    self.index.add(code, alias, "alias", note=state.note)
                for seat in (state.capital, *state.seats):
                    self.index.add(code, seat, "metonym")
                self._add_demonyms(code, state.demonyms)

    def _add_regions(self) -> None:
        for name, region in self.files.regions.items():
            identity = f"region/{slug(name)}"
            country = self._place_name(region.country, name)
            self._actors[identity] = Actor(identity, name, "region", region.country, country)
            self.index.add(identity, name, "name", note=region.note)
            for alias in region.aliases:
                self.index.add(identity, alias, "alias", note=region.note)
            self._add_demonyms(identity, region.demonyms)

    def _add_demonyms(self, identity: str, demonyms: Iterable[str]) -> None:
        for demonym in demonyms:
            for form in (demonym, *_plurals(demonym)):
                self.index.add(identity, form, "demonym")

    def _add_parts(self) -> None:
        """Parts of a state that have a name and nothing else, such as its provinces."""
        for code, names in self.files.parts.items():
            for name in names:
                identity = f"region/{slug(name)}"
                self._actors[identity] = Actor(
                    identity, name, "region", code, self._place_name(code, code), political=False
                )
                self.index.add(identity, name, "name")

    def _add_places(self) -> None:
        """Towns and provinces whose names nobody else has; they are led to where somebody has seen a name already."""
        for code, names in self.files.places.items():
            country = self._place_name(code, code)
            for name in names:
                identity = f"region/{slug(name)}"
                if identity not in self._actors and not self.index.get(words(name)):
                    self._actors[identity] = Actor(identity, name, "region", code, country, political=False)
                    self.index.add(identity, name, "name", scanned=False)

    def _add_bodies(self) -> None:
        for body in self.files.bodies.values():
            for code, names in body.names.items():
                self._place_name(code, body.id)
                actor = self.body_of(code, body.id)
                self._actors[actor.id] = actor
                for name in names:
                    self.index.add(actor.id, name, "body")
                self.index.add(actor.id, f"{self.adjective(code)} {body.name}", "body")

    def body_of(self, place: str, body_id: str) -> Actor:
        """The actor for a state's or organisation's body: "rus/foreign-ministry"."""
        identity = f"{place.lower()}/{body_id}"
        if identity in self._actors:
            return self._actors[identity]
        body = self.files.bodies[body_id]
        owner = self._actors[place]
        first = self._adjectives.get(place, owner.name)
        return Actor(
            id=identity,
            name=body.display.get(place) or f"{first} {body.name}",
            kind="agency" if body.relay else "organisation",
            country=owner.country,
            country_name=owner.country_name,
            political=body.political and not body.relay,
            relay=body.relay,
        )

    def _add_organisations(self) -> None:
        for item in self.files.organisations.values():
            self._actors[item.id] = Actor(
                id=item.id,
                name=item.name,
                kind=item.kind,
                country=item.country,
                country_name=self._place_name(item.country, item.id),
                political=item.political and not item.relay,
                relay=item.relay,
            )
            self.index.add(item.id, item.name, "name", note=item.note)
            for alias in item.aliases:
                self.index.add(item.id, alias, "alias", note=item.note)
            for metonym in item.metonyms:
                self.index.add(item.id, metonym, "metonym", note=item.note)

    def _add_people(self) -> None:
        common = {slug(name) for name in self.files.common_surnames}
        surnames: dict[str, int] = {}
        for person in self.files.people.values():
            surname = self._surname(person)
            surnames[surname] = surnames.get(surname, 0) + 1
        for identity, person in self.files.people.items():
            self._place_name(person.country, identity)
            try:
                posts = [entries.post(written) for written in person.posts]
            except ValueError as error:
                raise BadSetting(f'{self.files.where[identity]}: [[person]] "{person.name}": {error}.') from error
            self._posts[identity] = posts
            for held in posts:
                office = self._offices.get(slug(held.role))
                body = self._body_id(person, held)
                if self._body_actor(body) is None:
                    where = self.files.where[identity]
                    raise BadSetting(f'{where}: [[person]] "{person.name}": no body has the id "{body}".')
                if office:
                    self._holders.setdefault((body, office.id), []).append((identity, held))
            self.index.add(identity, person.name, "name")
            for alias in person.aliases:
                self.index.add(identity, alias, "alias")
            surname = self._surname(person)
            if surname != person.name:
                alone = surnames[surname] == 1 and slug(surname) not in common
                self.index.add(identity, surname, "alias", scanned=alone)

    @staticmethod
    def _surname(person: Person) -> str:
        return person.surname or person.name.split()[-1]

    def _body_id(self, person: Person, held: Post) -> str:
        """The id of the body where a post is held: the one written, else the office's own in the person's country."""
        country = (person.country or "").lower()
        if held.body is not None:
            return f"{country}/{held.body}" if held.body in self.files.bodies else held.body
        office = self._offices.get(slug(held.role))
        return f"{country}/{office.body if office and office.body else 'government'}"

    def _body_actor(self, body_id: str) -> Actor | None:
        known = self._actors.get(body_id)
        if known is not None:
            return known
        place, _, body = body_id.partition("/")
        owner = place.upper() if place.upper() in self._actors else place
        return self.body_of(owner, body) if owner in self._actors and body in self.files.bodies else None

    def _person(self, identity: str, at: date) -> Actor:
        """A person as of a date: the first post held then; else a private person, or "former" of the last post."""
        cached = self._people.get((identity, at))
        if cached is not None:
            return cached
        person = self.files.people[identity]
        posts = self._posts[identity]
        held = next((item for item in posts if item.held(at)), None)
        past = max((item for item in posts if item.end < at), key=lambda item: item.end, default=None)
        country = self._actors.get(person.country or "")
        actor = Actor(
            id=identity,
            name=person.name,
            kind="person",
            country=person.country,
            country_name=country.name if country else None,
            gender=person.gender,
            political=held is not None,
        )
        if held is not None:
            body = self._body_actor(self._body_id(person, held))
            affiliation = body.name if body and body.kind != "state" else None
            actor = replace(actor, role=self._role(person, held), affiliation=affiliation)
            if held.body is not None and body is not None:
                actor = replace(actor, country=body.country, country_name=body.country_name)
        elif past is not None:
            actor = replace(actor, role=f"former {self._role(person, past)}")
        if len(self._people) > 50_000:
            self._people.clear()
        self._people[(identity, at)] = actor
        return actor

    def _role(self, person: Person, held: Post) -> str:
        office = self._offices.get(slug(held.role))
        own = held.body is None
        if office and own and slug(held.role) == office.id:
            return office.role_in(person.country)
        return held.role

    # Matching ------------------------------------------------------------------------------------------------------

    @staticmethod
    def _trimmed(found: list[Word]) -> list[Word]:
        """Without an article before and a participle after: "the Gaza-based"."""
        if len(found) > 1 and found[0].base == "the":
            found = found[1:]
        if len(found) > 1 and found[-1].base in _PARTICIPLES:
            found = found[:-1]
        return found

    def _match(self, name: Name, at: date) -> Match:
        actor = self.actor(name.target, at)
        if actor is None:
            raise KeyError(name.target)
        return Match(actor, name.how, name.note)

    def _matches(self, names: Sequence[Name], at: date) -> list[Match]:
        """Matches in order of likelihood: who holds a post now comes first, the higher post before the lower."""
        if len(names) < 2:
            return [self._match(name, at) for name in names]
        return [self._match(name, at) for name in sorted(names, key=lambda name: self._unlikeliness(name, at))]

    def _unlikeliness(self, name: Name, at: date) -> tuple[int, int, int]:
        if name.target not in self.files.people:
            return (0, 0, 0)
        posts = self._posts[name.target]
        now = [self._prominence.get(self._office_id(item), 99) for item in posts if item.held(at)]
        ever = [self._prominence.get(self._office_id(item), 99) for item in posts]
        return (1 if now else 2, min(now, default=99), min(ever, default=99))

    def _office_id(self, held: Post) -> str:
        office = self._offices.get(slug(held.role))
        return office.id if office else ""

    def _titled(self, found: list[Word], at: date) -> list[Match]:
        """A name after titles: "Russian President Vladimir Putin", "Mr Trump", "China's state news agency Xinhua"."""
        for start in range(1, len(found)):
            named = self.index.get(found[start:])
            names = [name for name in named if name.target in self.files.people or self._is_named_relay(name)]
            if names:
                return self._matches(names, at) if self.phrases.is_title(found[:start]) else []
        return []

    def _is_named_relay(self, name: Name) -> bool:
        known = self._actors.get(name.target)
        return known is not None and known.relay and any(name.capitals)

    def _company(self, name: str, found: list[Word]) -> Match | None:
        """A name that begins with a state's and ends as companies' names do: "Georgia Power"."""
        companies = self.files.companies
        if len(found) < 2 or not all(word.written[0].isupper() for word in found if word.base != "of"):
            return None
        head = found[-1].written in companies.heads or " ".join(w.written for w in found[-2:]) in companies.heads
        opening = " ".join(word.written for word in found[:2]) in companies.openings
        if not (opening or (head and self.index.longest(found, 0, len(found) - 1))):
            return None
        return Match(self.unknown_organisation(name.strip()), "guess", "a company's name that holds a place's name")

    def _at(self, text: str, found: list[Word], here: int, at: date, shouting: bool) -> tuple[int, Match | None] | None:
        """What stands at a word: its length in words and its match; no match for a name that only looks like one."""
        if not self.index.begins(found[here]) and found[here].written not in self._company_openers:
            return None
        reach = 1
        while here + reach < len(found) and reach < 8 and joined(text, found[here + reach - 1], found[here + reach]):
            reach += 1
        opening = self._opening(found, here, reach)
        best = self.index.longest(found, here, reach, shouting=shouting)
        if opening and (best is None or best[0] < opening):
            name = text[found[here].start : found[here + opening - 1].end]
            return opening, Match(
                self.unknown_organisation(name), "guess", "a company's name that holds a place's name"
            )
        if best is None:
            return None
        length, names = best
        if length < reach and names[0].how in ("name", "alias", "metonym", "demonym"):
            after = found[here + length]
            if after.written in self.files.companies.heads and not found[here + length - 1].possessive:
                name = text[found[here].start : after.end]
                guess = Match(self.unknown_organisation(name), "guess", "a company's name that holds a place's name")
                return length + 1, guess
        if self._inside_longer_name(text, found, here, names):
            return length, None
        following = found[here + length] if length < reach else None
        group = length == 1 and names[0].target.startswith("group/")
        if group and following and following.written[0].isupper() and not self._headline(text, following):
            return length, None  # "West Darfur" is not the West
        return length, self._matches(names, at)[0]

    def _inside_longer_name(self, text: str, found: list[Word], here: int, names: Sequence[Name]) -> bool:
        """Whether a name is only part of somebody else's: "Melania Trump", "Chuck Jordan", "Chad Bown"."""
        surname = names[0].target in self.files.people and names[0].how != "name"
        given = names[0].note.startswith("also a given name")
        if not (surname or given):
            return False
        last = here + len(names[0].capitals) - 1
        before = here > 0 and self._strange(text, found[here - 1], found[here], found[here - 1])
        after = given and last + 1 < len(found) and self._strange(text, found[last], found[last + 1], found[last + 1])
        return before or after

    def _strange(self, text: str, left: Word, right: Word, word: Word) -> bool:
        """Whether one of two neighbours has a capital for no other reason than being part of a name."""
        if text[left.end : right.start] != " " or not word.written[0].isupper():
            return False
        opener = word.base in self._openers or self.index.get([word]) or self.phrases.is_title([word])
        return not (opener or self._headline(text, word))

    def _headline(self, text: str, word: Word) -> bool:
        """Whether the line of a word capitalises all but small words, so that capitals tell nothing."""
        start = text.rfind("\n", 0, word.start) + 1
        end = text.find("\n", word.end)
        line = text[start : end if end >= 0 else len(text)].split()
        return not any(len(part) > 3 and part[0].islower() and part not in self._openers for part in line)

    def _opening(self, found: list[Word], here: int, reach: int) -> int:
        """Length of a name such as "Bank of America" at a word, or 0."""
        if reach < 3 or " ".join(word.written for word in found[here : here + 2]) not in self.files.companies.openings:
            return 0
        place = self.index.longest(found, here + 2, reach - 2)
        return 2 + place[0] if place else 0


__all__ = ["Directory", "How"]
