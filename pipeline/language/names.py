"""Names corrected after the model: by lists of states, their people and other known names, and by the document."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import lru_cache
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from pipeline.actors import Directory
from pipeline.actors.text import fold

FACTORY = "demarche_names"
LABELS = frozenset({"PERSON", "ORG", "GPE", "LOC", "FAC", "NORP"})
_PLACES = frozenset({"GPE", "LOC", "FAC", "ORG", "NORP"})
_KNOWN = Path(__file__).with_name("data") / "names.toml"
_HYPHENS = re.compile(r"[-‐‑–\s]+")


@lru_cache(maxsize=1 << 15)
def key_of(name: str) -> str:
    """What a known name is looked up by, whatever its case, accents, dots, hyphens and a leading "the"."""
    return fold(_HYPHENS.sub(" ", name)).strip().removeprefix("the ")


class KnownNames:
    """The labels of known names, and which of them begin with a word."""

    def __init__(self, labels: dict[str, str]) -> None:
        self.labels = labels
        self._reach: dict[str, int] = {}
        """How many tokens the names that begin with a word can have: a hyphen is one."""
        for key in labels:
            opener, blanks = key.partition(" ")[0], key.count(" ")
            if blanks:
                self._reach[opener] = max(self._reach.get(opener, 0), 2 * blanks + 1)
        self._longest = max(self._reach.values(), default=0)

    @classmethod
    def load(cls) -> KnownNames:
        tables = tomllib.loads(_KNOWN.read_text("utf8"))
        return cls({key_of(name): label for label, table in tables.items() for name in listed(table)})

    def longer(self, doc: Doc, name: Span) -> Span | None:
        """The longest known name of two words or more that holds a predicted name and is larger than it."""
        for start in range(max(0, name.start - self._longest + 1), name.start + 1):
            reach = self._reach.get(key_of(doc[start].text).partition(" ")[0], 0)
            if doc[start].lower_ == "the":
                continue
            for end in range(min(len(doc), start + reach), name.end - 1, -1):
                if end - start <= len(name):
                    break
                key = key_of(doc[start:end].text)
                if " " in key and key in self.labels and not doc[end - 1].is_punct:
                    return Span(doc, start, end, label=self.labels[key])
        return None


def listed(table: dict[str, str]) -> list[str]:
    """The names of a table of the gazetteer."""
    return [name.strip() for names in table.values() for name in names.split(",")]


class DemarcheNames:
    """Gives predicted names the label that they must have; finds none where the model saw nothing.

    A part of a longer known name becomes all of it. A state is GPE and its people are NORP, unless the model saw a
    person; other known names have their label, unless a title or a full name speaks for a person. Then one name has one
    label in a document: the one it has most often; and a surname alone is a person where the full name was one.
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
        label = self._known.labels.get(key_of(name.text))
        if name.label_ == "PERSON" and (self._titled(name) or name.text.casefold() in surnames):
            return None
        if name.label_ == "NORP" and label == "ORG":  # its members: "the Taliban say they"
            return None
        return label

    def _listed(self, name: Span) -> str | None:
        if name.label_ not in _PLACES:
            return None
        for match in self._directory.find(name.text):
            if match.actor.kind == "state" and match.how in {"name", "demonym"}:
                return "NORP" if match.how == "demonym" else "GPE"
        return None


@Language.factory(FACTORY, assigns=["doc.ents"], requires=["doc.ents"])
def make_names(nlp: Language, name: str) -> DemarcheNames:
    return DemarcheNames(Directory.load(), KnownNames.load())
