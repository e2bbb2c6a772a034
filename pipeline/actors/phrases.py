"""Reads phrases that name a body or an office by its parts: "Russia's foreign ministry", "the Iranian leader".

A phrase has a place (a state by name, demonym or metonym; an organisation; a person, who stands for a state) and a
head (words of a body or of an office), in either order: "the Polish parliament", "the parliament of Poland".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from pipeline.actors.entries import Office
from pipeline.actors.model import Actor, Gender, Match
from pipeline.actors.text import Word, slug, words

if TYPE_CHECKING:
    from pipeline.actors.directory import Directory

_INDEFINITE = frozenset({"a", "an", "one", "another", "some", "several", "two", "three", "many"})
_LINKS = frozenset({"of", "for", "at", "from"})
_PLACED = frozenset({"in", "to", "at", "on", "near", "with"})
_LOCATED = frozenset({"in", "of", "from", "inside", "southern", "northern", "eastern", "western"})
_SEATED = ("based", "controlled", "run", "held", "ruled")
_TOWARDS = frozenset({"anti", "pro", "ethnic"})
BACKING = frozenset(
    {"affiliated", "aligned", "allied", "appointed", "backed", "brokered", "equipped", "funded", "installed"}
    | {"led", "linked", "mediated", "sponsored", "supported", "trained"}
)
"""Words that tie somebody to a state or body without making them its own: "Russian-backed forces"."""
_PARTICLES = frozenset({"al", "el", "bin", "ibn", "de", "da", "van", "von", "der"})
_WOMAN = frozenset({"spokeswoman", "chairwoman", "congresswoman", "queen", "ms", "mrs", "first-lady"})
_MAN = frozenset({"spokesman", "chairman", "congressman", "king", "emir", "sultan", "mr"})


class Place(NamedTuple):
    """Whose body or office it is: the id of a state, an organisation or a state's body."""

    id: str
    country: str | None


class Phrases:
    """The reader of phrases of one directory."""

    def __init__(self, directory: Directory) -> None:
        files = directory.files
        self._directory = directory
        self._bodies = {slug(word): body.id for body in reversed(files.bodies.values()) for word in body.words}
        self._offices: dict[str, Office] = {}
        for office in reversed(files.offices.values()):
            for word in (*office.words, *(name for names in office.names.values() for name in names)):
                self._offices[slug(word)] = office
                self._offices.setdefault(slug(word) + "s", office)
        owners: dict[str, set[str]] = {}
        for office in files.offices.values():
            for code, names in office.names.items():
                for name in names:
                    owners.setdefault(slug(name), set()).add(code)
        self._only = {name: codes.pop() for name, codes in owners.items() if len(codes) == 1}
        self._generic = frozenset(files.words.generic)
        self._modifiers = frozenset(slug(word) for word in files.words.modifiers)
        self._determiners = frozenset(files.words.determiners)
        self._former = frozenset(files.words.former)
        title_words = {part for key in self._offices for part in key.split("-")}
        self._title_words = title_words | set(files.words.titles) | self._determiners | _LINKS | self._former

    # Bodies --------------------------------------------------------------------------------------------------------

    def body(self, phrase: str, country: str | None, at: date) -> Actor | None:
        found = self._bare(words(phrase))
        if not found:
            return None
        named = self._organisation(found, country)
        if named is not None:
            return named
        return self._body_after_place(found, country, at) or self._body_before_place(found, at)

    def _organisation(self, found: Sequence[Word], country: str | None) -> Actor | None:
        """An organisation or a state's own body of that very name; of several, the one of the country given."""
        actors = [self._directory.actor(name.target) for name in self._directory.index.get(found)]
        bodies = [actor for actor in actors if actor and actor.kind in ("organisation", "agency", "group")]
        own = [actor for actor in bodies if country and actor.country == country]
        if own:
            return own[0]
        # "Congress" of an Indian context is not that of the United States.
        elsewhere = country and self._key(found) in self._bodies
        return None if elsewhere or not bodies else bodies[0]

    def _body_after_place(self, found: list[Word], country: str | None, at: date) -> Actor | None:
        """ "Russian foreign ministry", "the foreign ministry" with a country given, "Iran's Revolutionary Guards"."""
        located = next((n for n, word in enumerate(found) if n and word.base in _PLACED), len(found))
        head, tail = found[:located], found[located + 1 :]
        for start in range(len(head)):
            body_id = self._bodies.get(self._key(head[start:]))
            if body_id is None:
                continue
            place = self._place(head[:start], country, at)
            if place is None and start and all(word.base in self._modifiers for word in head[:start]):
                place = self._place([], country, at)
            if place is None and not head[:start] and tail:
                place = self._place(self._bare(tail), None, at)
                tail = []
            if place is None:
                return None
            return self._body_at(place, body_id, tail, at)
        for split in range(len(head) - 1, 0, -1):
            place = None if head[split].base in BACKING else self._place(head[:split], None, at)
            if place is None:
                continue
            rest = head[split:]
            actors = [self._directory.actor(name.target) for name in self._directory.index.get(rest)]
            for actor in actors:
                if actor and actor.kind in ("organisation", "agency") and actor.country in (place.country, None):
                    return actor
            if self._is_generic(rest):
                return self._composed(place, rest)
        return None

    def _is_generic(self, head: Sequence[Word]) -> bool:
        """Whether words are a body by their head alone: "petroleum ministry", "council for expediency"."""
        return head[-1].base in self._generic or (
            len(head) > 2 and head[0].base in self._generic and head[1].base in _LINKS
        )

    def _body_before_place(self, found: list[Word], at: date) -> Actor | None:
        """ "Ministry of Foreign Affairs of Kazakhstan"."""
        for at_word in range(len(found) - 2, 0, -1):
            if found[at_word].base not in _LINKS:
                continue
            place = self._place(self._bare(found[at_word + 1 :]), None, at)
            if place is None:
                continue
            head = found[:at_word]
            body_id = self._bodies.get(self._key(head))
            if body_id is not None:
                return self._body_at(place, body_id, [], at)
            if self._is_generic(head):
                return self._composed(place, head)
        return None

    def _body_at(self, place: Place, body_id: str, location: Sequence[Word], at: date) -> Actor:
        directory = self._directory
        owner = place.id if directory.state(place.id) or place.country is None else place.country
        if directory.state(place.id) is None and "/" not in place.id:
            owner = place.id
        actor = directory.body_of(owner, body_id)
        if body_id == "embassy" and location:
            where = self._place(self._bare(list(location)), None, at)
            if where and where.country and where.country != place.country:
                host = directory.state(where.country)
                return Actor(
                    id=f"{actor.id}-{where.country.lower()}",
                    name=f"{actor.name} in {host.name if host else where.country}",
                    kind="organisation",
                    country=actor.country,
                    country_name=actor.country_name,
                )
        return actor

    def _composed(self, place: Place, rest: Sequence[Word]) -> Actor:
        """A body that no table holds, named as written."""
        directory = self._directory
        owner = directory.actor(place.country or place.id)
        written = " ".join(word.written for word in rest)
        first = directory.adjective(place.country) if place.country else owner.name if owner else place.id
        return Actor(
            id=f"{(place.country or place.id).lower()}/{slug(written)}",
            name=f"{first} {written}",
            kind="organisation",
            country=place.country,
            country_name=owner.country_name if owner else None,
        )

    # Offices -------------------------------------------------------------------------------------------------------

    def office(self, phrase: str, country: str | None, at: date) -> Actor | None:
        found = words(phrase)
        indefinite = bool(found) and found[0].base in _INDEFINITE
        former = any(word.base in self._former for word in found)
        found = self._bare([word for word in found if word.base not in self._former])
        read = self._read_office(found, country, at)
        if read is None:
            return None
        office, place, head = read
        if former:
            return self._office_actor(office, place, "former ")
        word = self._key(head)
        gender: Gender | None = "f" if _WOMAN & {word, head[-1].base} else "m" if _MAN & {word, head[-1].base} else None
        plural = word.endswith("s") and word[:-1] in self._offices
        # Of several holders one may be known only because the data lacks the rest: armed groups have many spokesmen.
        several = office.many and (office.id != "spokesperson" or "/" not in place.id)
        if plural:
            one = self._office_actor(office, place)
            return replace(one, name=f"{one.name}s", kind="group")
        if indefinite or several:
            return self._office_actor(office, place)
        return self._holder_of(office, place, at, gender) or self._office_actor(office, place)

    def holder(self, office: str, place: str, at: date, gender: Gender | None) -> Actor | None:
        directory = self._directory
        known = directory.files.offices.get(slug(office)) or self._offices.get(slug(office))
        owner = directory.actor(place)
        if known is None or owner is None:
            return None
        return self._holder_of(known, Place(place, owner.country), at, gender)

    def _read_office(
        self, found: list[Word], country: str | None, at: date
    ) -> tuple[Office, Place, Sequence[Word]] | None:
        """The office, its place and the words of the office, for a phrase with the place on either side."""
        for start in range(len(found)):
            office = self._offices.get(self._key(found[start:]))
            if office is None:
                continue
            place = self._office_place(found[:start], self._only.get(self._key(found[start:]), country), at)
            return (office, place, found[start:]) if place else None
        for end in range(len(found) - 1, 0, -1):
            if found[end].base in _LINKS:
                head = self._read_office(found[:end], None, at) or self._without_place(found[:end])
                place = self._office_place(self._bare(found[end + 1 :]), None, at)
                if head and place:
                    return head[0], place, head[2]
            if found[end].base in _PLACED:
                return self._read_office(found[:end], country, at)
        return None

    def _without_place(self, found: list[Word]) -> tuple[Office, Place, Sequence[Word]] | None:
        for start in range(len(found)):
            office = self._offices.get(self._key(found[start:]))
            if office is not None and all(word.base in self._modifiers for word in found[:start]):
                return office, Place("", None), found[start:]
        return None

    def _office_place(self, found: list[Word], country: str | None, at: date) -> Place | None:
        """Whose office it is: a body named in front counts ("Kremlin spokesman"), else the state."""
        found = self._bare(found)
        while found and found[-1].base in self._modifiers and not self._directory.index.get(found):
            found = found[:-1]
        if not found:
            return self._place([], country, at)
        phrase = " ".join(word.written + ("'s" if word.possessive else "") for word in found)
        named = self._organisation(found, country)
        if named is not None:
            return Place(named.id, named.country)
        place = self._place(found, country, at)
        if place is not None:
            return self._own_body(found, at) or self._region(found, at) or place
        body = self.body(phrase, country, at)
        return Place(body.id, body.country) if body else None

    def _region(self, found: list[Word], at: date) -> Place | None:
        """A part of a state has its own president: Abkhazia's is not Georgia's."""
        named = self._directory.find(" ".join(word.written for word in found), at=at)
        actor = named[0].actor if named else None
        return Place(actor.id, actor.country) if actor is not None and actor.id.startswith("region/") else None

    def _own_body(self, found: list[Word], at: date) -> Place | None:
        """The body of a person who is named as the owner: "Putin's spokesman" is the Kremlin's."""
        directory = self._directory
        names = directory.find(" ".join(word.written for word in found), at=at)
        body = directory.post_body(names[0].actor.id, at) if names else None
        known = directory.actor(body) if body else None
        return Place(known.id, known.country) if known else None

    def _holder_of(self, office: Office, place: Place, at: date, gender: Gender | None) -> Actor | None:
        directory = self._directory
        state = directory.state(place.id)
        leaders = directory.files.leaders
        if office.id in ("leader", "head"):
            order = [leaders.first[place.id]] if place.id in leaders.first else []
            for candidate in [*order, *leaders.order, "chief-of-staff", "foreign-minister", "defence-minister"]:
                known = directory.files.offices.get(candidate)
                if known is None or (state is None and known.body and self._is_elsewhere(known, place)):
                    continue
                held = None if candidate in ("leader", "head") else self._holder_of(known, place, at, gender)
                held = held or self._one(place.id, candidate, at, gender)
                if held:
                    return held
            return None
        if state is not None:
            return self._one(f"{place.id.lower()}/{office.body or 'government'}", office.id, at, gender)
        direct = self._one(place.id, office.id, at, gender)
        if direct is None and "/" in place.id and place.country and office.body and place.id.endswith(office.body):
            direct = self._one(f"{place.country.lower()}/{office.body}", office.id, at, gender)
        return direct

    @staticmethod
    def _is_elsewhere(office: Office, place: Place) -> bool:
        """A ministry's "head" is not the state's president, but is the minister."""
        return "/" in place.id and not place.id.endswith(office.body)

    def _one(self, body: str, office: str, at: date, gender: Gender | None) -> Actor | None:
        people = [self._directory.actor(person, at) for person in self._directory.holders(body, office, at)]
        fitting = [person for person in people if person and (gender is None or person.gender in (gender, None))]
        return fitting[0] if len(fitting) == 1 else None

    def _office_actor(self, office: Office, place: Place, prefix: str = "") -> Actor:
        """Whoever holds an office: known by its state and role alone."""
        directory = self._directory
        owner = directory.actor(place.id) or directory.actor(place.country or place.id.partition("/")[0])
        if owner is None and place.country is None:
            raise KeyError(place.id)
        role = prefix + office.role_in(place.country)
        first = directory.adjective(place.id) if directory.state(place.id) else None
        name = owner.name if owner else place.id
        if directory.actor(place.id) is None and "/" in place.id and place.country:
            name = f"{directory.adjective(place.country)} {place.id.partition('/')[2].replace('-', ' ')}"
        affiliation = owner
        if directory.state(place.id) and office.body:
            affiliation = directory.body_of(place.id, office.body)
        return Actor(
            id=f"{place.id.lower()}/{slug(role)}",
            name=f"{first or name} {role}",
            kind="person",
            country=place.country,
            country_name=owner.country_name if owner else None,
            role=role,
            affiliation=affiliation.name if affiliation and not prefix else None,
            political=not prefix and (affiliation.political if affiliation else True),
        )

    # Any phrase ----------------------------------------------------------------------------------------------------

    def resolve(self, phrase: str, country: str | None, at: date) -> Match | None:
        known = self._directory.find(phrase, at=at)
        if known:
            return known[0]
        before, comma, _ = phrase.partition(",")
        described = self._directory.find(before, at=at) if comma else []
        if described and described[0].actor.kind == "person":
            return described[0]
        office = self.office(phrase, country, at)
        if office is not None:
            return Match(office, "holder" if office.id.startswith("person/") else "office")
        body = self.body(phrase, country=country, at=at)
        if body is not None:
            return Match(body, "body")
        stranger = self._titled_stranger(phrase, country, at)
        if stranger is not None:
            return Match(stranger, "office")
        return self._people_of(phrase, at)

    def _titled_stranger(self, phrase: str, country: str | None, at: date) -> Actor | None:
        """ "Japanese Prime Minister Ryutaro Hashimoto": a person not known, whose office tells the country."""
        found = words(phrase)
        for split in range(len(found) - 1, 0, -1):
            name = found[split:]
            if not (name[0].written[0].isupper() or name[0].base in _PARTICLES) or not name[-1].written[0].isupper():
                return None
            read = self._read_office(self._bare(found[:split]), country, at)
            if read is None or self._key(name) in self._offices:
                continue
            office, place, _ = read
            holder = self._office_actor(office, place)
            written = phrase[name[0].start : name[-1].end]
            stranger = self._directory.unknown_person(written)
            return replace(holder, id=stranger.id, name=written)
        return None

    def _people_of(self, phrase: str, at: date) -> Match | None:
        """ "Turkish warplanes", "Shia rebels in Yemen": a group of a state, known by a place in its name.

        Where they are counts for more than whose they are called: "ethnic Albanians in Serbia" act there.
        """
        found = words(phrase)
        before = {word.start: found[number - 1].base for number, word in enumerate(found) if number}
        owner = None
        for start, end, match in self._directory.scan(phrase, at=at):
            foreign = before.get(start) in _TOWARDS or (
                phrase[end : end + 1] == "-" and not phrase.startswith(_SEATED, end + 1)
            )
            if foreign or match.how == "guess" or match.actor.kind == "person":
                continue
            located = before.get(start) in _LOCATED and match.actor.country
            if owner is None or located or (owner.country is None and match.actor.country):
                owner = match.actor
        if owner is None or all(word.base == "and" or self._named(word) for word in found):
            return None
        bare = " ".join(word.written for word in self._bare(found))
        group = Actor(
            id=f"{(owner.country or owner.id).lower()}/{slug(bare)}",
            name=bare,
            kind="group",
            country=owner.country,
            country_name=owner.country_name,
            political=False,
        )
        return Match(group, "guess", "known by a place in its name only")

    def _named(self, word: Word) -> bool:
        return bool(self._directory.index.get([word]))

    def is_title(self, found: Sequence[Word]) -> bool:
        """Whether words can stand before a person's name: titles, offices, bodies and whose they are.

        A place alone is none, unless it owns: "Milan Zeman" is not "Turkey's Erdogan".
        """
        here = 0
        tells = found[-1].possessive
        while here < len(found):
            if found[here].base in self._title_words or found[here].base in self._modifiers:
                here += 1
                tells = True
                continue
            names = self._directory.index.longest(found, here, len(found) - here)
            if names is None:
                body = next((n for n in range(len(found), here, -1) if self._key(found[here:n]) in self._bodies), None)
                if body is None:
                    return False
                here = body
                tells = True
                continue
            tells = tells or names[1][0].how in ("demonym", "body")
            if any(name.target in self._directory.files.people and name.how == "name" for name in names[1]):
                return False
            here += names[0]
        return tells

    # Words ---------------------------------------------------------------------------------------------------------

    @staticmethod
    def _key(found: Sequence[Word]) -> str:
        return "-".join([*(word.full for word in found[:-1]), found[-1].base]) if found else ""

    def _bare(self, found: list[Word]) -> list[Word]:
        """Without determiners and modifiers in front."""
        while len(found) > 1 and (
            found[0].base in self._determiners
            or (
                found[0].base in self._modifiers and self._key(found) not in self._bodies and found[0].written.islower()
            )
        ):
            found = found[1:]
        return found

    def _place(self, found: Sequence[Word], country: str | None, at: date) -> Place | None:
        """The state or organisation that words name; the country given where there are none."""
        if not found:
            owner = self._directory.actor(country) if country else None
            return Place(owner.id, owner.country) if owner else None
        bare = self._bare(list(found))
        while len(bare) > 1 and bare[-1].base in self._modifiers:
            bare = bare[:-1]
        # "US-backed Lebanese army" is Lebanon's, "Russian-backed forces" are not Russia's.
        backed = max((n for n, word in enumerate(bare, 1) if word.base in BACKING), default=0)
        bare = bare[backed:]
        if not bare:
            return None
        matches = self._directory.index.get(bare)
        actors = [(name, self._directory.actor(name.target, at)) for name in matches]
        best = None
        for name, actor in actors:
            if actor is None:
                continue
            if country and actor.country == country:
                best = actor
                break
            if best is None or (name.how == "demonym" and best.kind == "person"):
                best = actor
        if best is None:
            titled = self._directory.find(" ".join(word.written for word in found), at=at) if len(found) > 1 else []
            best = titled[0].actor if titled and titled[0].how != "guess" else None
        if best is None:
            return None
        if best.kind in ("person", "region", "state"):
            return Place(best.country, best.country) if best.country else None
        return Place(best.id, best.country)
