"""What a telling is about, in a form in which other words for the same matter compare equal.

Six kinds of marks, kept as strings so that they travel in records: `t:` a content word by its stem, or the concept it
belongs to (matter.toml); `n:` a name, countries by code; `#:` a quantity with its unit; `d:` the act that is wanted,
after `-` where it is forbidden and `+` where it is bidden; `c:` a content word of the article around the telling; `p:`
a state named there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from pipeline.alerts.countries import country_code, place_code
from pipeline.records import StatementRecord

_INFLECTIONS = ("ings", "ing", "ied", "ies", "ed", "es", "s", "e")
_DERIVATIONS = (
    *("isation", "ization", "ations", "ation", "ating", "ition", "ments", "ment", "tion", "sion", "ance", "ence"),
    *("ates", "ate", "at", "able", "ible", "ists", "ist", "ions", "ion", "ally", "ily", "ity", "ive", "ism", "ial"),
    *("ors", "ers", "or", "er", "al", "ly", "ic", "ed", "de", "y"),
)
_INFLECTED_MIN, _DERIVED_MIN = 3, 4
_WORDS_MAX = 150
"""A long speech has a word of everything in it: what it is about stands at its beginning."""
_CONTEXT_MAX = 60
OPENING = 2000
"""So many characters of a passage are read for what they want and for what they point back to."""
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")

_IDIOM = re.compile(
    r"\bplay\w* with fire\b|\bthink twice\b|\bred lines?\b|\bcross\w* the line\b|\bon notice\b|\bhands off\b"
    r"|\b(?:bear|pay|face)\w* (?:all |the |a )*(?:heavy |high |serious )?(?:cost|price|consequence)s?\b"
    r"|\bpatience \w+ (?:running|run|at an end|exhausted|out)\b|\bnot go unanswered\b|\bin plain words\b",
    re.IGNORECASE,
)
"""What is said in nearly every warning and tells no matter."""

_SMALL_WORDS = """
    a an the and or but nor of to in on at by for from with without within over about against off out up down into
    onto across through under near between before after during since because while until unless if than then as so
    that this these those it its he him his she her they them their we us our you your i me my who whom whose which
    what when where why how is are was were be been being has have had having do does did done not no any all both
    each more most many much few other another some such only just also too very again once here there now yet still
    even ever never every
"""
_SMALL = frozenset(_SMALL_WORDS.split())

_NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1
    )
} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_QUANTITY = re.compile(
    r"(?<![\w.:-])(?P<number>\d[\d,]*(?:\.\d+)?|" + "|".join(_NUMBER_WORDS) + r")"
    r"(?:[ -](?P<scale>hundred|thousand|million|billion|trillion))?"
    r"[ -]?(?P<unit>%|per ?cent|[a-z]+)",
    re.IGNORECASE,
)
_MONTHS = "january february march april may june july august september october november december"
_NOT_COUNTED = (
    "am pm a p and or in on at the of to when after will would can could shall should might must is was has had by"
)
_TIME_UNITS = frozenset(f"{_MONTHS} {_NOT_COUNTED}".split())
"""Words behind a number that it does not count."""

_CUE = r"\b(?:warn|caution|told|tell|urge|urging|advis|order|demand|threaten|admonish)\w*"
_BIDDING_CUE = _CUE.replace("threaten|", "")
"""Who threatens to do something bids nobody do it."""
_DIRECTIVE = re.compile(
    _CUE
    + r"(?:(?!\b(?:over|of|about|that|as|if|because|when|with|by)\b)[^.;,:“”\"])*?"
    + r"\b(?P<forbids>against|not to|never to|off)\b(?P<forbidden>(?: [\w-]+){0,5})"
    + r"|"
    + _BIDDING_CUE
    + r"(?:(?!\b(?:over|of|about|that|as|if|because|when|with|by|against|not)\b)[^.;,:“”\"])*?"
    + r"\bto (?!the\b|a\b|an\b|its\b|his\b|her\b|their\b|both\b)(?P<bids>[a-z]+)(?P<bidden>(?: [\w-]+){0,5})"
)
_WITHHOLDING = {"avoid", "refrain", "stop", "halt", "cease", "desist", "end", "abandon", "drop", "quit"}


def stem(word: str) -> str:
    """A stem on which inflected and derived forms of a word mostly agree: intervene, intervention → interven."""
    word = word.casefold()
    for ending in _INFLECTIONS:
        if word.endswith(ending) and len(word) - len(ending) >= _INFLECTED_MIN and not word.endswith("ss"):
            word = word.removesuffix(ending) + ("y" if ending in ("ied", "ies") else "")
            break
    for ending in _DERIVATIONS:
        if word.endswith(ending) and len(word) - len(ending) >= _DERIVED_MIN:
            word = word.removesuffix(ending)
            break
    doubled = len(word) > _INFLECTED_MIN and word[-1] == word[-2] and word[-1] not in "aeious"
    return word[:-1] if doubled else word


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[dict[str, str], frozenset[str]]:
    """Concepts by word and by stem, and the stems of generic words."""
    table = tomllib.loads((files("pipeline.alerts") / "matter.toml").read_text("utf8"))
    concepts: dict[str, str] = {}
    for concept, words in table["concepts"].items():
        for word in words.split():
            concepts[word] = concept
            concepts.setdefault(stem(word), concept)
    generic = {form for words in table["generic"].values() for word in words.split() for form in (word, stem(word))}
    return concepts, frozenset(generic)


def _term(word: str) -> str | None:
    concepts, generic = _vocabulary()
    word = word.casefold()
    known = concepts.get(word)
    if known:
        return known
    if word in generic or len(word) < 3:
        return None
    stemmed = stem(word)
    known = concepts.get(stemmed)
    if known:
        return known
    return None if stemmed in generic else stemmed


@dataclass(frozen=True, slots=True)
class Matter:
    """What one telling is about."""

    terms: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    quantities: frozenset[tuple[str, float]] = frozenset()
    direction: str = ""
    context: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    written: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The words as written by term and name, for reasons that people read; only while a statement is taken in."""

    @property
    def size(self) -> int:
        return len(self.terms) + len(self.names)

    def marks(self) -> list[str]:
        """The matter as a sorted list of strings, for records."""
        found = [f"t:{term}" for term in self.terms] + [f"n:{name}" for name in self.names]
        found += [f"#:{unit}={value:g}" for unit, value in self.quantities]
        found += [f"c:{word}" for word in self.context]
        found += [f"p:{place}" for place in self.places]
        return sorted(found + ([f"d:{self.direction}"] if self.direction else []))

    def shown(self, marks: Iterable[str]) -> list[str]:
        """Terms and names as this telling writes them; the end of its id for an actor that it calls otherwise."""
        return sorted({self.written.get(mark) or mark.rpartition("/")[2].replace("-", " ") for mark in marks})

    @classmethod
    def of_marks(cls, marks: Iterable[str]) -> Matter:
        """The matter that marks stand for; tellings are compared again and again, and read once."""
        return cls._of_marks(tuple(marks))

    @classmethod
    @lru_cache(maxsize=20_000)
    def _of_marks(cls, marks: tuple[str, ...]) -> Matter:
        by_kind: dict[str, list[str]] = {"t": [], "n": [], "#": [], "d": [], "c": [], "p": []}
        for mark in marks:
            kind, _, value = mark.partition(":")
            by_kind.setdefault(kind, []).append(value)
        quantities = [quantity.rpartition("=") for quantity in by_kind["#"]]
        return cls(
            terms=frozenset(by_kind["t"]),
            names=frozenset(by_kind["n"]),
            quantities=frozenset((unit, float(value)) for unit, _, value in quantities),
            direction=by_kind["d"][0] if by_kind["d"] else "",
            context=frozenset(by_kind["c"]),
            places=frozenset(by_kind["p"]),
        )


def matter_of(record: StatementRecord) -> Matter:
    """The matter of a statement: its content lemmas and names, less speaker and addressee, which are compared apart."""
    statement = record.statement
    parties = [*statement.speakers, *statement.addressees, *statement.relays]
    known = {name.casefold() for party in parties for name in (party.name, party.affiliation, party.role) if name}
    known |= {country for party in parties if (country := party.country or country_code(party.name))}
    known_words = {word for name in known for word in name.split()}
    terms: set[str] = set()
    written: dict[str, str] = {}
    names = set(record.actor_ids)
    for word in _WORD.findall(_IDIOM.sub(" ", record.words[:OPENING]))[:_WORDS_MAX]:
        bare = word.removesuffix("'s").removesuffix("’s")
        code = place_code(bare)
        if code:
            names.add(code)
            written.setdefault(code, bare)
        elif word.casefold() not in known_words and bare.casefold() not in _SMALL and (term := _term(bare)):
            terms.add(term)
            written.setdefault(term, bare)
    around = _by_term(record.context)
    return Matter(
        terms=frozenset(terms),
        names=frozenset(names - known),
        quantities=frozenset(_quantities(record.words[:OPENING])),
        direction=_direction(record.evidence[:OPENING]) or _direction(record.words[:OPENING]),
        context=frozenset(around) - terms,
        places=frozenset(code for word in record.context if (code := place_code(word))),
        written={**around, **written},
    )


def context_of(text: str) -> list[str]:
    """Content words and states of a passage as written, each once."""
    words = [word.removesuffix("'s").removesuffix("’s") for word in _WORD.findall(text)]
    states = {code: word for word in reversed(words) if (code := place_code(word))}
    return [*_by_term(words).values(), *states.values()]


def _by_term(words: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        if word.casefold() not in _SMALL and not place_code(word) and (term := _term(word)):
            found.setdefault(term, word)
    return dict(list(found.items())[:_CONTEXT_MAX])


def _quantities(text: str) -> Iterable[tuple[str, float]]:
    for match in _QUANTITY.finditer(text):
        number = match["number"].replace(",", "").casefold()
        unit = match["unit"].casefold().replace(" ", "")
        if unit in _TIME_UNITS or re.fullmatch(r"(?:19|20)\d\d", match["number"]):
            continue
        value = float(_NUMBER_WORDS.get(number, 0) or number) * _SCALES.get((match["scale"] or "").casefold(), 1)
        yield ("%" if unit in ("%", "percent") else stem(unit)), value


def _direction(text: str) -> str:
    match = _DIRECTIVE.search(text)
    if match is None:
        return ""
    if match["forbids"]:
        return "-" + _first_term(match["forbidden"])
    if match["bids"] in _WITHHOLDING:
        return "-" + _first_term(match["bidden"])
    return "+" + _first_term(match["bids"] + match["bidden"])


def _first_term(words: str) -> str:
    """The act that is bidden or forbidden: the first word that says anything."""
    return next((term for word in words.split() if word not in _SMALL and (term := _term(word))), "")


def contradiction(a: Matter, b: Matter) -> str:
    """Why two tellings cannot be about one matter although their words agree; empty when nothing speaks against it."""
    for unit in {unit for unit, _ in a.quantities} & {unit for unit, _ in b.quantities}:
        ours, theirs = ({value for u, value in matter.quantities if u == unit} for matter in (a, b))
        if not any(abs(x - y) <= 0.02 * max(x, y) for x in ours for y in theirs):
            return f"{_listed(ours)} {unit} is not {_listed(theirs)} {unit}"
    if a.direction[:1] != b.direction[:1] and a.direction[1:] == b.direction[1:] != "":
        return "one bids what the other forbids"
    return ""


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in sorted(values))
