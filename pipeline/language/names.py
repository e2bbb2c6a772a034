"""Names corrected after the model: by lists of states, their people and other known names, and by the document."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span, Token
from spacy.util import filter_spans

from pipeline.actors import Directory
from pipeline.actors.entries import DATA
from pipeline.actors.text import fold

FACTORY = "demarche_names"
LABELS = frozenset({"PERSON", "ORG", "GPE", "LOC", "FAC", "NORP"})
_PLACES = frozenset({"GPE", "LOC", "FAC", "ORG", "NORP"})
_KNOWN = Path(__file__).with_name("data") / "names.toml"
_PLACE_NAMES = DATA / "places.toml"
_HYPHENS = re.compile(r"[-‐‑–\s]+")
_LONGEST_ACRONYM = 5
_JOINS = frozenset({"of", "for", "in"})
_FUNCTION_WORDS = frozenset({"ADP", "CCONJ", "SCONJ", "DET", "PART"})
_NO_NAMES = _FUNCTION_WORDS | {"ADV", "AUX", "PRON", "VERB"}
_STORMS = frozenset({"hurricane", "typhoon", "cyclone", "storm", "superstorm"})
_LED = frozenset({"boss", "chair", "chairman", "chairwoman", "chief", "commander", "director", "head", "leader"})
_DIRECTIONS = frozenset(
    {"north", "south", "east", "west", "northern", "southern", "eastern", "western", "central", "upper", "lower"}
    | {"greater", "new", "inner", "outer", "northeast", "northwest", "southeast", "southwest", "mid", "downtown"}
    | {"the", "all", "modern", "ancient", "former", "old", "rural", "mainland", "occupied", "state", "republic"}
)
_FILE_NAME = re.compile(r"\.(?:docx?|xlsx?|pdf|pptx?|txt|jpe?g|gif|png|zip|html?)$", re.IGNORECASE)
# Last words of names, as the corpora label them by and large.
_ORGANISED = frozenset(
    {"school", "college", "university", "institute", "academy", "foundation", "association"}
    | {"inc", "corp", "corporation", "llc", "ltd", "company", "co", "group", "court"}
)
_BUILT = frozenset({"hotel", "cafe", "park", "airport", "station", "bridge", "stadium", "inn", "resort", "hall"})
_MIN_MENTIONS = 2
"""How often the model must see a name before its other mentions in the document are taken for names."""


@lru_cache(maxsize=1 << 15)
def key_of(name: str) -> str:
    """What a known name is looked up by, whatever its case, accents, dots, hyphens and a leading "the"."""
    return fold(_HYPHENS.sub(" ", name)).strip().removeprefix("the ")


def _is_acronym(name: str) -> bool:
    """Whether a name is written in capitals, so that in small letters it is another word: WHO, IRA, MoDem."""
    return len(name) <= _LONGEST_ACRONYM and sum(c.isupper() for c in name) > 1 and " " not in name


class KnownNames:
    """The labels of names as they are written, and which of them begin with a word."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = {key_of(name): label for name, label in labels.items()}
        self.places = frozenset(key_of(name) for name, label in labels.items() if label == "GPE")
        self._acronyms = {key_of(name): name for name in labels if _is_acronym(name)}
        self._reach: dict[str, int] = {}
        """How many tokens the names that begin with a word can have: a hyphen is one."""
        for key in self._labels:
            opener, blanks = key.partition(" ")[0], key.count(" ")
            if blanks:
                self._reach[opener] = max(self._reach.get(opener, 0), 2 * blanks + 1)
        self._reach["the"] = 0
        self._longest = max(self._reach.values())
        self._reach_of_word: dict[int, int] = {}

    @classmethod
    def load(cls) -> KnownNames:
        return cls({name: label for label, names in known_names().items() for name in names})

    def label(self, name: Span) -> str | None:
        """The label of a name; one word alone needs a capital for it, an acronym the capitals it is listed with."""
        text = name.text
        key = key_of(text)
        label = self._labels.get(key)
        if label is None or " " in key:
            return label
        acronym = self._acronyms.get(key)
        if acronym is not None:
            written = text.removeprefix("the ").replace(".", "")
            return label if written in {acronym, acronym.upper()} else None
        return None if text.islower() else label

    def longer(self, doc: Doc, name: Span) -> Span | None:
        """The longest known name of two words or more that holds a predicted name and is larger than it."""
        for start in range(max(0, name.start - self._longest + 1), name.start + 1):
            for end in range(min(len(doc), start + self._reach_from(doc[start])), name.end - 1, -1):
                if end - start <= len(name):
                    break
                key = key_of(doc[start:end].text)
                if " " in key and key in self._labels and not doc[end - 1].is_punct:
                    return Span(doc, start, end, label=self._labels[key])
        return None

    def _reach_from(self, word: Token) -> int:
        reach = self._reach_of_word.get(word.orth)
        if reach is None:
            reach = self._reach_of_word[word.orth] = self._reach.get(key_of(word.text).partition(" ")[0], 0)
        return reach


def known_names() -> dict[str, list[str]]:
    """The names of the gazetteer, and of the places of the world, by label."""
    tables = tomllib.loads(_KNOWN.read_text("utf8"))
    listed = {
        label: [name.strip() for names in table.values() for name in names.split(",")]
        for label, table in tables.items()
    }
    places: dict[str, list[str]] = tomllib.loads(_PLACE_NAMES.read_text("utf8"))["places"]
    return listed | {"GPE": [name for names in places.values() for name in names]}


class DemarcheNames:
    """Mends predicted names and gives them the label that they must have; finds no name that the model never saw.

    What cannot be a name is dropped, names run together are parted, and one cut off after "of" takes in what follows.
    A part of a longer known name becomes all of it. A state is GPE and its people are NORP, unless the model saw a
    person; other known names have their label, unless a title or a full name speaks for a person, and a last word such
    as "University" or "Airport" tells an actor from a place. Then one name has one label in a document: the one it has
    most often; and a surname alone is a person where the full name was one. Last, a name that the model saw twice is a
    name in its other mentions.
    """

    def __init__(self, directory: Directory, known: KnownNames) -> None:
        self._directory = directory
        self._known = known
        self._titles = frozenset(directory.files.words.titles) | {
            fold(word) for office in directory.files.offices.values() for word in office.words if " " not in word
        }

    def __call__(self, doc: Doc) -> Doc:
        if not any(ent.label_ in LABELS for ent in doc.ents):
            return doc
        self._mend(doc)
        self._merge(doc)
        names = [ent for ent in doc.ents if ent.label_ in LABELS]
        labels, surnames = self._labels(names)
        votes: dict[str, Counter[str]] = {}
        for name, label in zip(names, labels, strict=True):
            votes.setdefault(name.text.casefold(), Counter())[label] += 1
        changed = {}
        for name, label in zip(names, labels, strict=True):
            key = name.text.casefold()
            ((best, often), *_) = votes[key].most_common()
            if key in surnames and votes[key]["PERSON"]:
                label = "PERSON"
            elif often > votes[key][label]:
                label = best
            if label != name.label_:
                changed[name.start] = Span(doc, name.start, name.end, label=label)
        if changed:
            doc.ents = [changed.get(ent.start, ent) for ent in doc.ents]
        _spread(doc)
        return doc

    def _labels(self, names: list[Span]) -> tuple[list[str], set[str]]:
        """The label of each name by itself, and the surnames of the full names that are people's.

        Full names come first: "New Kesra", taken for a person and known as a place, makes no surname of "Kesra".
        """
        labels: dict[int, str] = {}
        surnames: set[str] = set()
        for name in sorted(names, key=lambda name: len(name) == 1):
            label = self._listed(name) or self._known_label(name, surnames) or name.label_
            if label == "PERSON" and len(name) > 1:
                surnames.add(name[-1].text.casefold())
            labels[name.start] = label
        return [labels[name.start] for name in names], surnames

    def _mend(self, doc: Doc) -> None:
        mended = list(self._mended(doc))
        if mended != list(doc.ents):
            doc.ents = mended

    def _mended(self, doc: Doc) -> Iterator[Span]:
        """The names without those that cannot be one, each without function words at its end."""
        storms = _storms(doc)
        joined = 0
        ents = [part for ent in doc.ents for part in (self._parts(ent) if ent.label_ in LABELS else (ent,))]
        for i, ent in enumerate(ents):
            if ent.label_ not in LABELS:
                yield ent
                continue
            if ent.start < joined or self._is_no_name(ent) or (len(ent) == 1 and ent.text in storms):
                continue
            end = ent.end
            while end > ent.start and _is_function_word(doc[end - 1]):
                end -= 1
            following = ents[i + 1] if i + 1 < len(ents) else None
            if end < ent.end and following is not None and following.start == ent.end and _goes_on(doc, end, ent.end):
                end = joined = following.end
            if end > ent.start:
                yield ent if end == ent.end else Span(doc, ent.start, end, label=ent.label_)

    def _parts(self, name: Span) -> Iterator[Span]:
        """The names that one prediction runs together: on both sides of a slash, or a place and its state."""
        start = name.start
        for token in name:
            if token.text == "/" and token.whitespace_ and name.start < token.i and token.nbor(-1).whitespace_:
                if start < token.i:
                    yield Span(name.doc, start, token.i, label=name.label_)
                start = token.i + 1
        rest = name.doc[start : name.end]
        cut = self._state_within(rest) if name.label_ in {"GPE", "LOC"} else None
        if cut is not None:
            yield Span(name.doc, start, cut, label=name.label_)
            start = cut
        if start < name.end:
            yield Span(name.doc, start, name.end, label=name.label_)

    def _state_within(self, name: Span) -> int | None:
        """ "San Rafael Ca", "Miramar Florida": where the state begins, which unedited text puts behind no comma."""
        if self._known.label(name) is not None or self._listed(name) is not None or self._directory.find(name.text):
            return None
        for cut in range(name.start + 1, name.end):
            place, state = name.doc[name.start : cut], name.doc[cut : name.end]
            if fold(place[0].text) in _DIRECTIONS or place[-1].pos_ not in {"NOUN", "PROPN"}:
                continue
            in_us = state.text.casefold() in _us_states()
            # "Vichy France" is no town of France, so that a town must be known, but where all is in small letters.
            is_town = name.text.islower() or key_of(place.text) in self._known.places
            if in_us or (is_town and self._is_state(state.text)):
                return cut
        return None

    def _is_state(self, name: str) -> bool:
        written = name.title() if name.islower() else name
        found = self._directory.find(written)
        return any(match.actor.kind == "state" and match.how == "name" for match in found)

    def _is_no_name(self, name: Span) -> bool:
        """Whether a prediction is a word that no guideline calls a name: most in unedited text and in headlines."""
        if self._known.label(name) is not None:
            return False
        if (name.label_ == "ORG" and name.text.islower()) or name.text.endswith("$"):
            return True
        if len(name) > 1:
            return False
        (word,) = name
        if word.like_email or _FILE_NAME.search(word.text):
            return True
        if word.pos_ == "ADJ":
            return name.label_ in {"PERSON", "ORG"}
        return word.pos_ in _NO_NAMES and not word.is_upper

    def _merge(self, doc: Doc) -> None:
        longer = [self._known.longer(doc, ent) for ent in doc.ents if ent.label_ in LABELS and not self._titled(ent)]
        merged = filter_spans(span for span in longer if span is not None)
        if not merged:
            return
        for span in list(merged):
            touched = [ent for ent in doc.ents if ent.start < span.end and span.start < ent.end]
            if any(ent.label_ not in LABELS or ent.start < span.start or span.end < ent.end for ent in touched):
                merged.remove(span)
        doc.ents = filter_spans([*merged, *doc.ents])

    def _titled(self, name: Span) -> bool:
        """Whether a person's name stands right after a title."""
        return name.label_ == "PERSON" and name.start > 0 and fold(name.doc[name.start - 1].text) in self._titles

    def _known_label(self, name: Span, surnames: set[str]) -> str | None:
        label = self._known.label(name)
        if name.label_ == "PERSON" and (self._titled(name) or name.text.casefold() in surnames):
            return None
        if name.label_ == "NORP" and label == "ORG":  # its members: "the Taliban say they"
            return None
        return label or ("ORG" if name.label_ == "PERSON" and _is_led(name) else _by_last_word(name))

    def _listed(self, name: Span) -> str | None:
        if name.label_ not in _PLACES:
            return None
        for match in self._directory.find(name.text):
            if match.actor.kind == "state" and match.how in {"name", "demonym"}:
                return "NORP" if match.how == "demonym" else "GPE"
        return None


@lru_cache(maxsize=1)
def _us_states() -> frozenset[str]:
    """The states of the US and their postal codes, in small letters."""
    import pycountry

    # pycountry carries no types.
    states = [p for p in pycountry.subdivisions.get(country_code="US") if p.type == "State"]  # type: ignore[no-untyped-call]
    return frozenset(name.casefold() for p in states for name in (p.name, p.code.removeprefix("US-")))


def _storms(doc: Doc) -> frozenset[str]:
    """What storms are called that the text names as such."""
    kinds = [doc.vocab.strings[word] for word in _STORMS]
    places = np.flatnonzero(np.isin(doc.to_array("LOWER")[:-1], np.array(kinds, np.uint64))).tolist()
    return frozenset(doc[place + 1].text for place in places)


def _by_last_word(name: Span) -> str | None:
    """What a name of several words says that it is: a school acts, at a hotel others do."""
    last = name[-1].lower_.rstrip(".")
    if len(name) < 2 or not name[-1].text[0].isupper():
        return None
    if name.label_ in {"GPE", "LOC", "FAC"} and last in _ORGANISED:
        return "ORG"
    return "FAC" if name.label_ == "ORG" and last in _BUILT else None


def _is_led(name: Span) -> bool:
    """ "The head of Bakamla": what has a head is a body, though its name looks like a person's."""
    before = [token.lower_ for token in name.doc[max(name.start - 2, 0) : name.start]]
    return len(name) == 1 and before[1:] == ["of"] and before[0] in _LED


def _is_function_word(token: Token) -> bool:
    return token.is_lower and token.is_alpha and token.pos_ in _FUNCTION_WORDS


def _goes_on(doc: Doc, start: int, end: int) -> bool:
    """Whether a name cut off in these function words goes on after them, which a second name often does not."""
    word = doc[start]
    if end - start != 1 or not start:
        return False
    return word.lower_ in _JOINS or (word.pos_ == "CCONJ" and doc[start - 1].pos_ == "ADJ")


def _spread(doc: Doc) -> None:
    """Mark the mentions that the model passed over of names that it saw at least twice.

    Only proper nouns count, with no other beside them, for those would be a longer name ("Kesra Airways"); and none
    after a number, which begins the name of an event ("the 2023 Kesra elections").
    """
    seen: dict[tuple[int, ...], Counter[str]] = {}
    for ent in doc.ents:
        if ent.label_ in LABELS:
            seen.setdefault(tuple(token.orth for token in ent), Counter())[ent.label_] += 1
    frequent: dict[int, list[tuple[int, ...]]] = {}
    for words, labels in seen.items():
        if labels.total() >= _MIN_MENTIONS:
            frequent.setdefault(words[0], []).append(words)
    if not frequent:
        return
    orths = doc.to_array("ORTH")
    found = [
        Span(doc, start, start + len(words), label=seen[words].most_common(1)[0][0])
        for start in np.flatnonzero(np.isin(orths, np.array(list(frequent), np.uint64))).tolist()
        for words in frequent[int(orths[start])]
        if tuple(orths[start : start + len(words)].tolist()) == words and _is_whole_name(doc, start, start + len(words))
    ]
    if found:
        doc.ents = filter_spans([*doc.ents, *found])


def _is_whole_name(doc: Doc, start: int, end: int) -> bool:
    """Whether words that belong to no name are proper nouns, and their neighbours are not, nor a number before them."""
    if any(token.ent_type or token.pos_ != "PROPN" for token in doc[start:end]):
        return False
    beside = [doc[place] for place in (start - 1, end) if 0 <= place < len(doc)]
    return not any(token.pos_ == "PROPN" for token in beside) and not (start and doc[start - 1].pos_ == "NUM")


@Language.factory(FACTORY, assigns=["doc.ents"], requires=["doc.ents"])
def make_names(nlp: Language, name: str) -> DemarcheNames:
    return DemarcheNames(Directory.load(), KnownNames.load())
