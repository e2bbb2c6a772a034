"""Variants of the training text: quote styles, headlines, datelines, lost full stops.

Corpora were typed with straight quotes and full sentences; news is not. Every variant keeps the
analysis in step with the words.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from pipeline.language.recipe.data import Sentence, Tree

CURLY, SINGLE, NO_QUOTES = 0.35, 0.06, 0.05
TITLE_CASE, ALL_CAPS = 0.18, 0.04
NO_FULL_STOP = 0.06
DATELINE = 0.035


def _words(text: str) -> list[str]:
    return text.split()


_DOUBLE = {'"', "“", "”", "``", "''"}
_SMALL = frozenset(_words("a an the and or but nor of in on at to for from by with as vs via"))
_PLACES = _words(
    "Moscow London Paris Berlin Beijing Washington Tokyo Ankara Kyiv Tehran Baghdad Nairobi Lagos Delhi Canberra "
    "Jerusalem Cairo Brussels Geneva Vienna Warsaw Madrid Rome Athens Seoul Manila Jakarta Hanoi Havana Bogota Lima "
    "Caracas Ottawa Riga Vilnius Tallinn Helsinki Oslo Minsk Tbilisi Baku Yerevan Astana Kabul Islamabad Dhaka "
    "Colombo Riyadh Doha Amman Beirut Damascus Tripoli Tunis Algiers Rabat Dakar Accra Kampala Kigali Pretoria "
    "Harare"
)
_LONG_PLACES = (
    "New York",
    "Hong Kong",
    "Addis Ababa",
    "Abu Dhabi",
    "New Delhi",
    "Mexico City",
    "Buenos Aires",
    "Kuala Lumpur",
    "Tel Aviv",
    "Phnom Penh",
)
_AGENCIES = (
    "Reuters",
    "AP",
    "AFP",
    "TASS",
    "Xinhua",
    "Interfax",
    "Anadolu",
    "dpa",
    "Kyodo",
    "Yonhap",
    "ANSA",
    "PTI",
    "Bloomberg",
    "CNN",
    "Bernama",
)
_MONTHS = (
    "Jan.",
    "Feb.",
    "March",
    "April",
    "May",
    "June",
    "July",
    "Aug.",
    "Sept.",
    "Oct.",
    "Nov.",
    "Dec.",
    "January",
    "February",
    "September",
    "October",
    "November",
    "December",
)


def _set_word(sentence: Sentence, i: int, word: str, *, new_lemma: bool) -> None:
    sentence.words[i] = word
    if new_lemma and sentence.tree is not None:
        sentence.tree.lemmas[i] = word


def copy(sentence: Sentence) -> Sentence:
    tree = sentence.tree
    if tree is not None:
        tree = Tree(tree.upos, tree.xpos, tree.feats, list(tree.lemmas), list(tree.heads), tree.deps)
    return replace(
        sentence,
        words=list(sentence.words),
        spaces=list(sentence.spaces),
        tree=tree,
        names=None if sentence.names is None else list(sentence.names),
    )


def without(sentence: Sentence, dropped: set[int]) -> Sentence:
    """The sentence less the given words, none of which may head another word."""
    keep = [i for i in range(len(sentence.words)) if i not in dropped]
    spaces = list(sentence.spaces)
    for i in sorted(dropped):
        if i:
            spaces[i - 1] = spaces[i - 1] or spaces[i]
    place = {0: 0} | {i + 1: n for n, i in enumerate(keep, 1)}
    tree = sentence.tree
    if tree is not None:
        upos, xpos, feats, lemmas, deps = (
            [column[i] for i in keep] for column in (tree.upos, tree.xpos, tree.feats, tree.lemmas, tree.deps)
        )
        tree = Tree(upos, xpos, feats, lemmas, [place[tree.heads[i]] for i in keep], deps)
    names = sentence.names
    return replace(
        sentence,
        words=[sentence.words[i] for i in keep],
        spaces=[spaces[i] for i in keep],
        tree=tree,
        names=None if names is None else [names[i] for i in keep],
    )


def _droppable(sentence: Sentence, i: int) -> bool:
    in_name = sentence.names is not None and sentence.names[i] not in ("O", "?")
    return not in_name and (sentence.tree is None or (i + 1 not in sentence.tree.heads and sentence.tree.heads[i] > 0))


def _restyle_quotes(window: list[Sentence], marks: tuple[str, str], apostrophe: str) -> None:
    opened = False
    for sentence in window:
        for i, word in enumerate(sentence.words):
            if word in _DOUBLE:
                opened = not opened if word in ('"', "''") else word in ("“", "``")
                _set_word(sentence, i, marks[0] if opened else marks[1], new_lemma=True)
            elif "'" in word and len(word) > 1:
                _set_word(sentence, i, word.replace("'", apostrophe), new_lemma=False)


def _drop_quotes(sentence: Sentence) -> Sentence:
    dropped = {i for i, word in enumerate(sentence.words) if word in _DOUBLE and _droppable(sentence, i)}
    return without(sentence, dropped) if dropped and len(dropped) < len(sentence.words) else sentence


def title_case(words: list[str]) -> list[str]:
    """Words as English headlines write them."""
    return [
        word
        if (i and word.lower() in _SMALL) or not word[:1].islower() or word.startswith(("n't", "n’t"))
        else word[:1].upper() + word[1:]
        for i, word in enumerate(words)
    ]


def _dateline(rng: Random) -> Sentence:
    """`MOSCOW, June 19 (Reuters) —`, analysed as the treebanks do: a sentence of its own."""
    place = (rng.choice(_LONG_PLACES) if rng.random() < 0.15 else rng.choice(_PLACES)).split()
    dash = rng.choice(["—", "-", "–", "--"])
    rows: list[tuple[str, bool, str, str, str, str, int, str, str]] = []
    upper = rng.random() < 0.75
    for n, word in enumerate(place):
        rows.append(
            (
                word.upper() if upper else word,
                n + 1 < len(place),
                "PROPN",
                "NNP",
                "Number=Sing",
                word,
                0 if n == len(place) - 1 else len(place),
                "root" if n == len(place) - 1 else "compound",
                "I-GPE" if n else "B-GPE",
            )
        )
    root = len(place)
    if rng.random() < 0.55:
        month = rng.choice(_MONTHS)
        rows.append((",", True, "PUNCT", ",", "_", ",", root + 2, "punct", "O"))
        rows.append((month, True, "PROPN", "NNP", "Number=Sing", month, root, "parataxis", "O"))
        day = str(rng.randint(1, 31))
        rows.append((day, True, "NUM", "CD", "NumForm=Digit|NumType=Card", day, root + 2, "nummod", "O"))
    else:
        rows[-1] = (rows[-1][0], True, *rows[-1][2:])
    if rng.random() < 0.85:
        agency = rng.choice(_AGENCIES)
        at = len(rows) + 2
        rows.append(("(", False, "PUNCT", "-LRB-", "_", "(", at, "punct", "O"))
        rows.append((agency, False, "PROPN", "NNP", "Number=Sing", agency, root, "list", "B-ORG"))
        rows.append((")", True, "PUNCT", "-RRB-", "_", ")", at, "punct", "O"))
    rows.append((dash, True, "PUNCT", ":", "_", dash, root, "punct", "O"))
    words, spaces, upos, xpos, feats, lemmas, heads, deps, names = (list(c) for c in zip(*rows, strict=True))
    return Sentence(words, spaces, Tree(upos, xpos, feats, lemmas, heads, deps), names)


def augment(window: list[Sentence], rng: Random) -> list[Sentence]:
    """A variant of one window of neighbouring sentences, most often the text as it is."""
    window = [copy(sentence) for sentence in window]
    roll = rng.random()
    if roll < CURLY:
        _restyle_quotes(window, ("“", "”"), "’")
    elif roll < CURLY + SINGLE:
        _restyle_quotes(window, ("‘", "’"), "’") if rng.random() < 0.6 else _restyle_quotes(window, ("'", "'"), "'")
    elif roll < CURLY + SINGLE + NO_QUOTES:
        window = [_drop_quotes(sentence) for sentence in window]
    roll = rng.random()
    last = window[-1]
    end = len(last.words) - 1
    if roll < NO_FULL_STOP + TITLE_CASE + ALL_CAPS and end and last.words[end] == "." and _droppable(last, end):
        window[-1] = without(last, {end})
    if len(window) == 1 and roll < TITLE_CASE:
        window[0].words = title_case(window[0].words)
    elif len(window) == 1 and roll < TITLE_CASE + ALL_CAPS:
        window[0].words = [word.upper() for word in window[0].words]
    elif window[0].tree is not None and rng.random() < DATELINE:
        window.insert(0, _dateline(rng))
    return window
