"""Predicted names mended: what cannot be one is dropped, what is run together parted, what is cut off joined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from spacy.tokens import Doc, Span, Token

from pipeline.actors import Directory
from pipeline.actors.text import fold
from pipeline.language.gazetteer import KnownNames, key_of

LABELS = frozenset({"PERSON", "ORG", "GPE", "LOC", "FAC", "NORP"})
_JOINS = frozenset({"of", "for", "in"})
_FUNCTION_WORDS = frozenset({"ADP", "CCONJ", "SCONJ", "DET", "PART"})
_NO_NAMES = _FUNCTION_WORDS | {"ADV", "AUX", "PRON", "VERB"}
_STORMS = frozenset({"hurricane", "typhoon", "cyclone", "storm", "superstorm"})
_DIRECTIONS = frozenset(
    {"north", "south", "east", "west", "northern", "southern", "eastern", "western", "central", "upper", "lower"}
    | {"greater", "new", "inner", "outer", "northeast", "northwest", "southeast", "southwest", "mid", "downtown"}
    | {"the", "all", "modern", "ancient", "former", "old", "rural", "mainland", "occupied", "state", "republic"}
)
_FILE_NAME = re.compile(r"\.(?:docx?|xlsx?|pdf|pptx?|txt|jpe?g|gif|png|zip|html?)$", re.IGNORECASE)


class NameMender:
    """What becomes of the names of a doc before anybody asks what they are."""

    def __init__(self, directory: Directory, known: KnownNames) -> None:
        self._directory = directory
        self._known = known

    def mended(self, doc: Doc) -> Iterator[Span]:
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
        if len(name) == 1:
            yield name
            return
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
        if self._known.label(name) is not None or self._directory.find(name.text):
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


def _is_function_word(token: Token) -> bool:
    return token.is_lower and token.is_alpha and token.pos_ in _FUNCTION_WORDS


def _goes_on(doc: Doc, start: int, end: int) -> bool:
    """Whether a name cut off in these function words goes on after them, which a second name often does not."""
    word = doc[start]
    if end - start != 1 or not start:
        return False
    return word.lower_ in _JOINS or (word.pos_ == "CCONJ" and doc[start - 1].pos_ == "ADJ")
