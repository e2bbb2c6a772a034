"""Names corrected after the model: by lists of states, their people and other known names, and by the document."""

from __future__ import annotations

from collections import Counter

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from pipeline.actors import Directory
from pipeline.actors.text import fold
from pipeline.language.gazetteer import KnownNames, Words, state_label
from pipeline.language.mending import LABELS, NameMender

FACTORY = "demarche_names"
_LED = frozenset({"boss", "chair", "chairman", "chairwoman", "chief", "commander", "director", "head", "leader"})
# Last words of names, as the corpora label them by and large.
_ORGANISED = frozenset(
    {"school", "college", "university", "institute", "academy", "foundation", "association"}
    | {"inc", "corp", "corporation", "llc", "ltd", "company", "co", "group", "court"}
)
_BUILT = frozenset({"hotel", "cafe", "park", "airport", "station", "bridge", "stadium", "inn", "resort", "hall"})
_MIN_MENTIONS = 2
"""How often the model must see a name before its other mentions in the document are taken for names."""


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
        self._mender = NameMender(directory, known)
        self._titles = frozenset(directory.files.words.titles) | {
            fold(word) for office in directory.files.offices.values() for word in office.words if " " not in word
        }

    def __call__(self, doc: Doc) -> Doc:
        if not any(ent.label_ in LABELS for ent in doc.ents):
            return doc
        mended = list(self._mender.mended(doc))
        if mended != list(doc.ents):
            doc.ents = mended
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
            label = state_label(self._directory, name) or self._known_label(name, surnames) or name.label_
            if label == "PERSON" and len(name) > 1:
                surnames.add(name[-1].text.casefold())
            labels[name.start] = label
        return [labels[name.start] for name in names], surnames

    def _merge(self, doc: Doc) -> None:
        words = Words(doc)
        named = (ent for ent in doc.ents if ent.label_ in LABELS and not self._titled(ent))
        longer = [self._known.longer(ent, words) for ent in named]
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
