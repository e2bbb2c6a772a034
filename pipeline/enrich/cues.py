"""The cue lexicon: which words report a communicative act, and what stands around them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast, get_args

from spacy import symbols
from spacy.strings import get_string_id
from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.errors import BadSetting
from pipeline.records import Act

OWN_FILE = Path(__file__).with_name("cues.toml")
_IRREGULAR = {
    "began": "begin", "begun": "begin", "chose": "choose", "chosen": "choose", "drawn": "draw", "drew": "draw",
    "felt": "feel", "forgot": "forget", "found": "find", "heard": "hear", "held": "hold", "knew": "know",
    "known": "know", "laid": "lay", "meant": "mean", "met": "meet", "rang": "ring", "said": "say",
    "saw": "see", "seen": "see", "shot": "shoot", "sought": "seek", "spoke": "speak", "spoken": "speak",
    "stood": "stand", "swept": "sweep", "swore": "swear", "sworn": "swear", "thought": "think", "threw": "throw",
    "thrown": "throw", "told": "tell", "understood": "understand",
    "wrote": "write", "written": "write",
}  # fmt: skip
# Numbers, as every word of a text is asked.
_VERBAL = frozenset({symbols.VERB, symbols.AUX})
_OF_CUES = _VERBAL | {symbols.NOUN, symbols.ADJ}
_VERB_TAGS = frozenset(get_string_id(tag) for tag in ("VB", "VBD", "VBG", "VBN", "VBP", "VBZ"))
_OBJECT_ROLES = frozenset({"addressee", "target", "content"})
_TABLES = frozenset({"cue", "light"})
_LIGHT_KEYS = frozenset({"verbs"})
_KEYS = frozenset({"act", "verbs", "nouns", "predicates", "object", "content", "addressee", "speech", "clause"})


@dataclass(frozen=True)
class Cue:
    """What one word does: its act, what its object is, which prepositions bring content and addressee."""

    act: Act
    object: str = "content"
    content: frozenset[str] = frozenset()
    addressee: frozenset[str] = frozenset()
    speech: bool = True
    clause: bool = False
    """A word of many senses: it reports only with a finite clause or with quoted words."""
    rest: str = ""
    """What follows the verb in a cue of several words: "weight" of "throw its weight behind"."""


NEUTRAL = Cue(act="STATE")
"""Of what names a source and no act: a colon, "according to"."""


@dataclass
class Cues:
    """Lemma (with its particle: "call on") to cue, for verbs and nouns, and word to cue for predicates ("adamant").

    `light` are the verbs that carry a cue noun.
    """

    verbs: dict[str, Cue] = field(default_factory=dict)
    nouns: dict[str, Cue] = field(default_factory=dict)
    predicates: dict[str, Cue] = field(default_factory=dict)
    light: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, extra: Iterable[Path] = ()) -> Cues:
        """Our lexicon and the user's files after it; raises BadSetting naming file and key."""
        lexicon = cls()
        for path in (OWN_FILE, *extra):
            lexicon._add(path)
        return lexicon

    def _add(self, path: Path) -> None:
        try:
            table = tomllib.loads(path.read_text("utf8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadSetting(f"The cue file {path} cannot be read: {error}.") from error
        _check_keys(table, _TABLES, str(path))
        groups, light = table.get("cue", []), table.get("light", {})
        if not isinstance(groups, list) or not isinstance(light, dict):
            raise BadSetting(f"{path}: cues stand under [[cue]], light verbs under [light].")
        for number, group in enumerate(groups, 1):
            where = f"{path}, cue {number}"
            cue = _cue_of(group, where)
            self.verbs.update(
                (phrase, replace(cue, rest=phrase.partition(" ")[2])) for phrase in _words(group, "verbs", where)
            )
            self.nouns.update(dict.fromkeys(_words(group, "nouns", where), cue))
            self.predicates.update(dict.fromkeys(_words(group, "predicates", where), cue))
        _check_keys(light, _LIGHT_KEYS, f"{path}, light")
        self.light.update(_words(light, "verbs", f"{path}, light"))

    @staticmethod
    def may_be(token: Token) -> bool:
        """Whether a token is of a kind that cues are: told by numbers, for all the commas and articles."""
        return token.pos in _OF_CUES or token.tag in _VERB_TAGS

    def of(self, token: Token) -> Cue | None:
        """The cue that a token is, by itself or with its particle."""
        if token.pos in _VERBAL or token.tag in _VERB_TAGS:
            return self._of_verb(token)
        if token.pos == symbols.NOUN:
            return self._of_noun(token)
        return None

    def _of_noun(self, noun: Token) -> Cue | None:
        """The cue that a noun is, by itself or with the word before it ("red line")."""
        before = f"{noun.nbor(-1).lower_} " if noun.i > 0 else ""
        known = (self.nouns.get(words) for base in _bases(noun) for words in (before + base, base))
        return next((cue for cue in known if cue is not None), None)

    def of_predicate(self, token: Token) -> Cue | None:
        """The cue that an adjective is, or a noun with its preposition ("on record"), where somebody is it."""
        if token.pos == symbols.ADJ:
            return self.predicates.get(token.lower_)
        if token.pos == symbols.NOUN and token.i > 0 and token.lower_ in self._predicate_nouns:
            return self.predicates.get(f"{token.nbor(-1).lower_} {token.lower_}")
        return None

    @cached_property
    def _predicate_nouns(self) -> frozenset[str]:
        return frozenset(phrase.rpartition(" ")[2] for phrase in self.predicates if " " in phrase)

    @cached_property
    def _openers(self) -> frozenset[str]:
        """The verbs of cues that have more than one word: "call" of "call on"."""
        return frozenset(phrase.partition(" ")[0] for phrase in self.verbs if " " in phrase)

    def is_light(self, verb: Token) -> bool:
        """A verb that carries a cue noun: "issue a warning"."""
        return verb.pos_ in {"VERB", "AUX"} and any(base in self.light for base in _bases(verb))

    def _of_verb(self, verb: Token) -> Cue | None:
        for base in _bases(verb):
            found = self._with_particle(verb, base)
            if found is not None:
                return found
        return None

    def _with_particle(self, verb: Token, lemma: str) -> Cue | None:
        if lemma not in self._openers:
            return self.verbs.get(lemma)
        phrases = [f"{lemma} {preposition} {noun.lower_}" for preposition, noun in syntax.prepositions(verb)]
        known = next((self.verbs[phrase] for phrase in phrases if phrase in self.verbs), None)
        if known is not None:
            return known
        beside = [c.lower_ for c in verb.rights if c.dep_ not in {"conj", "parataxis"}]
        beside += [preposition for preposition, _ in syntax.prepositions(verb)]
        known = next((self.verbs[f"{lemma} {word}"] for word in beside if f"{lemma} {word}" in self.verbs), None)
        return known or self.verbs.get(lemma)


def _bases(token: Token) -> tuple[str, ...]:
    return _bases_of(token.lower_, token.lemma_)


@lru_cache(maxsize=1 << 15)
def _bases_of(word: str, lemma: str) -> tuple[str, ...]:
    """The lemma, then the bases that its form can have: lemmatizers stumble over words they have not met."""
    if word in _IRREGULAR:
        return tuple(bases(word))
    return tuple(dict.fromkeys([lemma.lower() or word, *bases(word)]))


def bases(word: str) -> list[str]:
    """What a form in lower case can be a form of, the likeliest first."""
    found = [_IRREGULAR[word]] if word in _IRREGULAR else []
    found.append(word)
    for ending in ("ing", "ed", "es", "d", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            found += [stem, stem + "e"] if ending in {"ing", "ed"} else [stem]
            if ending in {"ing", "ed"} and stem[-1] == stem[-2]:
                found.append(stem[:-1])
    if word.endswith(("ied", "ies")):
        found.append(word[:-3] + "y")
    return found


def _check_keys(table: dict[str, Any], known: frozenset[str], where: str) -> None:
    unknown = set(table) - known
    if unknown:
        raise BadSetting(f"{where}: unknown key '{sorted(unknown)[0]}'.", f"Known: {', '.join(sorted(known))}.")


def _words(table: dict[str, Any], key: str, where: str) -> list[str]:
    words = table.get(key, [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BadSetting(f"{where}: '{key}' is no list of words.")
    return words


def _cue_of(group: dict[str, Any], where: str) -> Cue:
    _check_keys(group, _KEYS, where)
    if group.get("act") not in get_args(Act):
        raise BadSetting(f"{where}: act '{group.get('act')}' is none of {', '.join(get_args(Act))}.")
    role = group.get("object", "content")
    if role not in _OBJECT_ROLES:
        raise BadSetting(f"{where}: object '{role}' is none of {', '.join(sorted(_OBJECT_ROLES))}.")
    for key in ("speech", "clause"):
        if not isinstance(group.get(key, False), bool):
            raise BadSetting(f"{where}: {key} is true or false, not '{group[key]}'.")
    return Cue(
        act=cast(Act, group["act"]),
        object=role,
        content=frozenset(_words(group, "content", where)),
        addressee=frozenset(_words(group, "addressee", where)),
        speech=group.get("speech", True),
        clause=group.get("clause", False),
    )
