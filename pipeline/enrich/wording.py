"""What words do, where the cue tells only that they were said: a threat, a demand, a promise, or a mere statement.

A linear model over features that a reader can name: who would do what (own side, those spoken to, others), when (done,
to come, wished), under which condition, of which class the verbs and nouns are (violence, kindness, blame …), the
words themselves; and over what the encoder of the language model makes of them, where the doc holds it. Its weights
are learned from sentences written for the purpose (`pipeline.enrich.recipe`).
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.words import DETERRENT, RETALIATION
from pipeline.language.component import FINGERPRINT
from pipeline.records import Act

MODEL_FILE = Path(__file__).with_name("wording.npz")
# Weights are kept as whole numbers, so many to one.
SCALE = 200
Vector = NDArray[np.float32]
# Shares from which a reading counts: of warning and threat together, where words of harm stand there and where none do
# (or where words of harm only ask), and of any other act.
ALARMING = 0.35
SURE = 0.5
TELLING = 0.5
OwnSide = Callable[[Token], bool]
"""Whether a noun phrase means the speaker or the speaker's side."""

_CLASSES: dict[str, frozenset[str]] = {
    name: frozenset(words)
    for name, words in tomllib.loads(Path(__file__).with_name("wording.toml").read_text("utf8")).items()
}
_CLASSES_OF: dict[str, list[str]] = {
    word: [name for name, words in _CLASSES.items() if word in words] for word in frozenset().union(*_CLASSES.values())
}
_VERBS = ("violence", "cutting", "suffering", "kindness", "neutral")
_FIRST = frozenset({"i", "we", "us", "me", "our", "my", "ours"})
_SECOND = frozenset({"you", "your", "yours"})
_THIRD = frozenset({"they", "them", "their", "theirs", "he", "she", "him", "her", "his"})
_ANYONE = frozenset({"anyone", "anybody", "whoever", "those", "any", "every", "each", "nobody", "all", "everyone"})
_FUTURE = frozenset({"will", "shall", "'ll", "’ll", "wo", "would", "'d", "’d"})
_DUTY = frozenset({"must", "should", "ought", "better"})
# ruff: noqa: E501
_TEXT_MARKS = {
    "if": r"\b(if|unless|should one|in case|as long as|so long as|until|till|lest)\b",
    "once": r"\b(the moment|the day|the minute|as soon as|once|the next|next time|one more|another|first)\b",
    "whoever": r"\b(whoever|whichever|anyone|anybody|any|those who|all who|every|each|he who|nobody|no one|not one|no)\b",
    "or": r"(^|, |\b)or (else|be|we|they|it|he|she|i|lose|face|face|suffer|die|our)\b",
    "bare and": r"^\W*[a-z][a-z']+ [^.,;]*\b(and|or) (we|you|i|our|they|it|your|be)\b",
    "deadline": r"\b(until|deadline|hours?|days?|weeks?|midnight|dawn|noon|time is|clock|last (chance|time|call|warning))\b",
    "again": r"\b(again|once more|one more|never|ever|no longer|no more|sooner or later|for good|for ever|forever)\b",
    "going to": r"\b(going to|about to|ready to|prepared to|willing to|set to|free to|right to|order(s|ed)? to|means to)\b",
    "retaliation": RETALIATION.pattern,
    "deterrent": DETERRENT.pattern,
    "mirror": r"\b(in kind|as well|in return|in reply|for each|for every|tenfold|twice|hundred|what they did)\b",
    "question": r"\?",
    "good condition": r"\bif [^,.]*\b(stop|agree|sign|free|release|fair|hold|win|pass|want|ask|accept|disarm|need)",
}
# Of a text in small letters: to search for both cases takes twice the time.
_MARKS = {name: re.compile(pattern) for name, pattern in _TEXT_MARKS.items()}


def features(tokens: list[Token], own: OwnSide, *, quoted: bool) -> frozenset[str]:
    """What is to be seen in words said. `tokens` are those of the content, in text order."""
    if not tokens:
        return frozenset()
    inside = {t.i for t in tokens}
    found = {"bias", "quoted" if quoted else "reported"}
    for verb in tokens:
        if verb.pos_ in {"VERB", "AUX"} and verb.dep_ not in {"aux", "aux:pass", "auxpass", "cop"}:
            found |= _of_verb(verb, own, inside)
    text = _text(tokens)
    found |= {f"mark {name}" for name, pattern in _MARKS.items() if pattern.search(text)}
    lemmas = [_lemma(t) for t in tokens if t.is_alpha or "'" in t.text or "’" in t.text]
    for name, hits in Counter(name for lemma in lemmas for name in _CLASSES_OF.get(lemma, ())).items():
        found.add(f"class {name}")
        if hits > 1:
            found.add(f"class {name} twice")
    found |= {f"person {name}" for name in _persons(tokens)}
    found |= {f"word {lemma}" for lemma in lemmas}
    found |= {f"pair {a} {b}" for a, b in pairwise(lemmas)}
    return frozenset(found | _crossed(found))


def points_ahead(tokens: list[Token]) -> bool:
    """Whether anything in the words is yet to come, is bidden or conditional, or is a matter of the present."""
    verbs = [t for t in tokens if t.pos_ in {"VERB", "AUX"} and t.dep_ not in {"aux", "aux:pass", "auxpass", "cop"}]
    if not verbs or any(_time(verb) not in {"done", "to"} for verb in verbs):
        return True
    text = _text(tokens)
    return any(_MARKS[name].search(text) for name in ("if", "going to", "deterrent", "retaliation", "or"))


def _text(tokens: list[Token]) -> str:
    """The words in small letters, a space between any two."""
    return " ".join(t.lower_ for t in tokens if not t.is_space)


def _sentences(tokens: list[Token]) -> list[list[Token]]:
    """The tokens by the sentence they stand in."""
    found: dict[int, list[Token]] = {}
    start = end = -1
    for token in tokens:
        if not start <= token.i < end:
            sentence = syntax.sentence(token)
            start, end = sentence.start, sentence.end
        found.setdefault(start, []).append(token)
    return list(found.values())


def _asked_once(own: OwnSide) -> OwnSide:
    """The same answers, each looked for once: whose side a name is on takes the whole article to tell."""
    known: dict[int, bool] = {}

    def is_own(noun: Token) -> bool:
        if noun.i not in known:
            known[noun.i] = own(noun)
        return known[noun.i]

    return is_own


HOSTILE = frozenset({"class violence", "class cutting", "class menace", "class deterrence", "class suffering"})
# Words; what is longer is no sentence of the kind that the weights know.
LONGEST = 60


def _floor(found: frozenset[str]) -> float:
    """The share from which words alarm: a question that names no harm never does."""
    doubts = found.isdisjoint(HOSTILE) + ("mark question" in found)
    return (ALARMING, SURE, 1.0)[doubts]


def _alarm(shares: dict[Act, float]) -> float:
    return shares["WARN"] + shares["THREATEN"]


def _lemma(token: Token) -> str:
    """A name's own word tells nothing about what is done."""
    if token.ent_type_ or token.pos_ == "PROPN":
        return "NAME"
    return token.lower_ if token.pos_ in {"PRON", "DET", "ADP"} else token.lemma_.lower()


def _persons(tokens: Iterable[Token]) -> Iterator[str]:
    words = {t.lower_ for t in tokens}
    for name, group in (("first", _FIRST), ("second", _SECOND), ("third", _THIRD)):
        if words & group:
            yield name


def _crossed(found: set[str]) -> set[str]:
    """Pairs of marks that mean more than each: a condition with violence, a second person with a future …"""
    left = [f for f in found if f.startswith(("mark", "person"))]
    right = [f for f in found if f.startswith(("class", "does", "when"))]
    return {f"{a} + {b}" for a in left for b in right}


def _of_verb(verb: Token, own: OwnSide, inside: set[int]) -> set[str]:
    who, when = _doer(verb, own, inside), _time(verb)
    lemma = verb.lemma_.lower()
    kinds = [name for name in _VERBS if lemma in _CLASSES[name]] or ["other"]
    denied = "not " if syntax.is_negated(verb) else ""
    passive = "passive " if syntax.is_passive(verb) else ""
    clause = "condition " if verb.dep_ == "advcl" else ""
    found = {f"doer {clause}{who}", f"when {clause}{when}"}
    for kind in kinds:
        deed = f"{denied}{passive}{kind}"
        found |= {f"does {clause}{deed}", f"deed {clause}{when} {deed}", f"act {clause}{who} {when} {deed}"}
    found.add(f"role {clause}{who} {when}")
    for noun in syntax.objects(verb):
        found.add(f"to {_side(noun, own)} {denied}{kinds[0]}")
    return found


def _doer(verb: Token, own: OwnSide, inside: set[int]) -> str:
    subject = syntax.subject(verb)
    if subject is None or subject.i not in inside:
        return "nobody"
    return _side(subject, own)


def _side(noun: Token, own: OwnSide) -> str:
    """Whose side a noun phrase is on: of the speaker, of who is spoken to, of others."""
    owner = syntax.possessor(noun)
    words = {noun.lower_, *([owner.lower_] if owner is not None else [])}
    for name, group in (("own", _FIRST), ("you", _SECOND)):
        if words & group:
            return name
    if own(noun) or (owner is not None and own(owner)):
        return "own"
    if words & _THIRD:
        return "them"
    if words & _ANYONE or any(c.lower_ in _ANYONE for c in noun.children):
        return "anyone"
    if noun.lower_ in {"it", "this", "that", "there", "what", "which"}:
        return "it"
    if noun.ent_type_ or noun.pos_ == "PROPN" or (owner is not None and owner.ent_type_):
        return "name"
    return "thing"


def _time(verb: Token) -> str:
    helpers = {a.lower_ for a in syntax.auxiliaries(verb)}
    if helpers & _FUTURE:
        return "will"
    if helpers & _DUTY:
        return "must"
    if helpers & syntax.POSSIBLE:
        return "may"
    if "to" in {c.lower_ for c in verb.children if c.dep_ in {"mark", "aux"}}:
        return "to"
    if (
        verb.tag_ in {"VBD", "VBN"}
        or (not helpers and any(c.tag_ == "VBD" for c in syntax.auxiliaries(verb)))
        or helpers & {"have", "has", "had", "was", "were", "did"}
    ):
        return "done"
    if verb.tag_ == "VB" and (syntax.own_subject(verb) is None):
        return "bid"
    return "now"


def vector(tokens: list[Token]) -> Vector | None:
    """The encoder's vectors of the words, pooled: the mean of all layers, and the maximum of the first one given."""
    doc = tokens[0].doc
    if not doc.tensor.size:
        return None
    start, end = tokens[0].i, tokens[-1].i + 1
    whole = end - start == len(tokens)
    rows = (doc.tensor[start:end] if whole else doc.tensor[[t.i for t in tokens]]).astype(np.float32)
    return np.concatenate([rows.mean(0), rows[:, : rows.shape[1] // 2].max(0)])


@dataclass(frozen=True)
class Weights:
    """Weights of features, and of the encoder's vectors where `dense` has rows; a column for each act."""

    rows: dict[str, Vector]
    dense: Vector
    mean: Vector
    spread: Vector

    def scores(self, found: Iterable[str], vector: Vector | None) -> Vector:
        rows = [row for name in found if (row := self.rows.get(name)) is not None]
        total: Vector = np.zeros(self.dense.shape[1], np.float32)
        if rows:
            total = (np.concatenate(rows).reshape(len(rows), -1).sum(0) / np.sqrt(len(rows))).astype(np.float32)
        return total if vector is None else total + self.placed(vector) @ self.dense

    def placed(self, vectors: Vector) -> Vector:
        """Vectors on the scale that the weights were learned on: as long as the features together."""
        placed: Vector = (vectors - self.mean) / self.spread / np.sqrt(len(self.mean))
        return placed


class WordingModel:
    """Two sets of weights: with the vectors of the network they were learned with, and without for other pipelines."""

    def __init__(self, acts: list[Act], network: str, full: Weights, plain: Weights) -> None:
        self.acts = acts
        self.network = network
        self.full = full
        self.plain = plain

    @classmethod
    def load(cls, path: Path = MODEL_FILE) -> WordingModel:
        with np.load(path) as file:
            weights = {}
            for name in ("full", "plain"):
                rows = dict(zip(file["names"].tolist(), file[f"{name}_rows"].astype(np.float32) / SCALE, strict=True))
                empty = np.zeros((0, rows["bias"].shape[0]), np.float32)
                parts = [file[part].astype(np.float32) for part in ("dense", "mean", "spread")]
                weights[name] = Weights(rows, *(parts if name == "full" else (empty, empty, empty)))
            return cls(cast("list[Act]", file["acts"].tolist()), str(file["network"]), **weights)

    def read(self, tokens: list[Token], own: OwnSide, *, quoted: bool) -> dict[Act, float]:
        """How likely each act is: by the sentence that alarms most, else by all that is said.

        The weights were learned on single sentences, and a threat stands in one. What only looks back is no alarm, nor
        what names no harm, or only asks, and is not sure; what does both never is.
        """
        own = _asked_once(own)
        sentences = _sentences(tokens)
        seen = features(tokens, own, quoted=quoted)
        whole = self.probabilities(tokens, seen)
        alarming: dict[Act, float] = whole | {"WARN": 0.0, "THREATEN": 0.0}
        for sentence in sentences:
            if len(sentence) > LONGEST or not points_ahead(sentence):
                continue
            alone = len(sentences) == 1
            found = seen if alone else features(sentence, own, quoted=quoted)
            shares = whole if alone else self.probabilities(sentence, found)
            if _alarm(shares) >= _floor(found) and _alarm(shares) > _alarm(alarming):
                alarming = shares
        return alarming

    def probabilities(self, tokens: list[Token], found: frozenset[str]) -> dict[Act, float]:
        """How likely each act is, given the tokens of one sentence and the features in them."""
        pooled = vector(tokens) if tokens[0].doc.user_data.get(FINGERPRINT) == self.network else None
        scores = (self.plain if pooled is None else self.full).scores(found, pooled)
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        return dict(zip(self.acts, shares.tolist(), strict=True))


@lru_cache(maxsize=1)
def shipped() -> WordingModel:
    """The weights that come with the rules."""
    return WordingModel.load()
