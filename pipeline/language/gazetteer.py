"""The known names of the world: what a name as it is written must be, and which of them begin with a word."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from pipeline.actors import Directory
from pipeline.actors.entries import DATA
from pipeline.actors.text import fold

_PLACES = frozenset({"GPE", "LOC", "FAC", "ORG", "NORP"})
_KNOWN = Path(__file__).with_name("data") / "names.toml"
_PLACE_NAMES = DATA / "places.toml"
_HYPHENS = re.compile(r"[-‐‑–\s]+")
_LONGEST_ACRONYM = 5


@lru_cache(maxsize=1 << 15)
def key_of(name: str) -> str:
    """What a known name is looked up by, whatever its case, accents, dots, hyphens and a leading "the"."""
    return fold(_HYPHENS.sub(" ", name)).strip().removeprefix("the ")


def _is_acronym(name: str) -> bool:
    """Whether a name is written in capitals, so that in small letters it is another word: WHO, IRA, MoDem."""
    return len(name) <= _LONGEST_ACRONYM and sum(c.isupper() for c in name) > 1 and " " not in name


class Words:
    """The words of a doc as numbers that are read once for all its names: an object for each would cost more."""

    def __init__(self, doc: Doc) -> None:
        self._strings = doc.vocab.strings
        self.orths: list[int] = doc.to_array("ORTH").tolist()
        self._blanks: list[int] = doc.to_array("SPACY").tolist()

    def text(self, start: int, end: int) -> str:
        """The words of a range as they are written."""
        pairs = zip(self.orths[start:end], self._blanks[start:end], strict=True)
        return "".join(self._strings[orth] + (" " if blank else "") for orth, blank in pairs)


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

    def longer(self, name: Span, words: Words) -> Span | None:
        """The longest known name of two words or more that holds a predicted name and is larger than it."""
        doc, begin, least, length = name.doc, name.start, name.end, len(name)
        for start in range(max(0, begin - self._longest + 1), begin + 1):
            for end in range(min(len(doc), start + self._reach_from(words.orths[start], doc.vocab)), least - 1, -1):
                if end - start <= length:
                    break
                key = key_of(words.text(start, end))
                if " " in key and key in self._labels and not doc[end - 1].is_punct:
                    return Span(doc, start, end, label=self._labels[key])
        return None

    def _reach_from(self, word: int, vocab: Vocab) -> int:
        reach = self._reach_of_word.get(word)
        if reach is None:
            opener = key_of(vocab.strings[word]).partition(" ")[0]
            reach = self._reach_of_word[word] = self._reach.get(opener, 0)
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


def state_label(directory: Directory, name: Span) -> str | None:
    """GPE for a state and NORP for its people, where the model saw anything but a person."""
    if name.label_ not in _PLACES:
        return None
    for match in directory.find(name.text):
        if match.actor.kind == "state" and match.how in {"name", "demonym"}:
            return "NORP" if match.how == "demonym" else "GPE"
    return None
