"""Dates, times, money, percentages and numbers by rule, beside the names the model finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spacy.language import Language
from spacy.matcher import Matcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans
from spacy.vocab import Vocab

FACTORY = "demarche_quantities"
LABELS = ("CARDINAL", "DATE", "MONEY", "ORDINAL", "PERCENT", "TIME")


def _words(text: str) -> list[str]:
    return text.split()


_MONTHS = _words(
    "january february march april june july august september october november december jan. feb. mar. apr. jun. "
    "jul. aug. sep. sept. oct. nov. dec. jan feb apr jun jul aug sept oct nov dec"
)
_DAYS = _words(
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays "
    "saturdays sundays mon. tue. wed. thu. fri. sat. sun."
)
_SMALL = _words(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
)
_LARGE = ["hundred", "thousand", "million", "billion", "trillion", "dozen", "bn", "mn"]
_LARGE_PLURAL = ["hundreds", "thousands", "millions", "billions", "trillions", "dozens", "scores"]
_ORDINALS = _words(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_UNITS = ["day", "days", "week", "weeks", "month", "months", "year", "years", "decade", "decades", "weekend"]
_CLOCK_UNITS = ["hour", "hours", "minute", "minutes", "second", "seconds"]
_CURRENCIES = _words(
    "dollar dollars euro euros pound pounds yen yuan renminbi rouble roubles ruble rubles rupee rupees franc francs "
    "krona kronor krone kroner zloty lira liras peso pesos rand real reais won shekel shekels dinar dinars riyal "
    "riyals dirham dirhams hryvnia hryvnias forint shilling shillings naira cent cents pence usd eur gbp"
)
_SYMBOLS = ["$", "€", "£", "¥", "₹", "₽", "₩", "₴", "us$", "c$", "a$", "nz$", "hk$", "s$"]

_DIGITS = r"^\d{1,3}(,\d{3})+(\.\d+)?$|^\d+([.,]\d+)?$"
_DAY = r"^(0?[1-9]|[12]\d|3[01])(st|nd|rd|th)?$"
_YEAR = r"^(1[0-9]|20|21)\d\d$"

Pattern = list[dict[str, Any]]


def _lower(words: list[str], op: str | None = None) -> dict[str, Any]:
    return {"LOWER": {"IN": words}} | ({"OP": op} if op else {})


def _regex(expression: str, op: str | None = None) -> dict[str, Any]:
    return {"LOWER": {"REGEX": expression}} | ({"OP": op} if op else {})


_MONTH = _lower([*_MONTHS, "may"])
_NUMBER = {"LOWER": {"REGEX": _DIGITS + "|^(one|" + "|".join(_SMALL) + r")$|^\d+(\.\d+)?(m|bn|tn|k)$"}}
_NUMBERS: list[Pattern] = [
    [_NUMBER, _lower(_LARGE, "*")],
    [_lower([word for word in _SMALL if word.endswith("ty")]), {"LOWER": "-"}, _lower(["one", *_SMALL[:8]])],
    [_lower(["a", "several"]), _lower(_LARGE, "+")],
]
_QUALIFIER = _lower(["about", "around", "nearly", "almost", "over", "roughly", "approximately"], "?")

_PATTERNS: dict[str, list[Pattern]] = {
    "DATE": [
        [_lower(_DAYS)],
        [_lower(_DAYS), {"LOWER": ","}, _MONTH, _regex(_DAY)],
        [_MONTH, _regex(_DAY)],
        [_MONTH, _regex(_DAY), {"LOWER": ","}, _regex(_YEAR)],
        [_MONTH, {"LOWER": ",", "OP": "?"}, _regex(_YEAR)],
        [
            _lower(["the"], "?"),
            _regex(_DAY),
            _lower(["of"], "?"),
            _MONTH,
            {"LOWER": ",", "OP": "?"},
            _regex(_YEAR, "?"),
        ],
        [_lower(["early", "late", "mid", "mid-"], "?"), {"LOWER": {"IN": _MONTHS}, "IS_TITLE": True}],
        [
            _lower(
                ["in", "since", "until", "by", "from", "between", "of", "during", "before", "after", "early", "late"]
            ),
            {"TEXT": "May", "POS": "PROPN"},
        ],
        [{"LOWER": {"REGEX": _YEAR}, "TAG": {"IN": ["CD", "NNP"]}}],
        [_regex(r"^(1[0-9]|20)\d0s$")],
        [_regex(r"^\d{4}-\d\d-\d\d$|^\d{1,2}/\d{1,2}/\d{2,4}$")],
        [_lower(["today", "tomorrow", "yesterday", "tonight"])],
        [
            _lower(["last", "next", "this", "past", "previous"]),
            _lower([*_UNITS, *_DAYS, *_MONTHS, "may", "spring", "summer", "autumn", "fall", "winter"]),
        ],
        [_lower(["the"]), _lower(["last", "next", "past", "coming", "previous"]), *_NUMBERS[0], _lower(_UNITS)],
        [*_NUMBERS[0], _lower(_UNITS), _lower(["ago", "later", "earlier", "old"], "?")],
        [_lower(["a", "an"]), _lower(_UNITS), _lower(["ago", "later", "earlier"])],
    ],
    "TIME": [
        [_regex(r"^([01]?\d|2[0-3])[:.][0-5]\d$"), _lower(["a.m.", "p.m.", "am", "pm", "gmt", "utc"], "?")],
        [_regex(r"^(0?\d|1[0-2])$"), _lower(["a.m.", "p.m.", "am", "pm"])],
        [_regex(r"^([01]\d|2[0-3])[0-5]\d$"), _lower(["gmt", "utc", "hours"])],
        [*_NUMBERS[0], _lower(_CLOCK_UNITS), _lower(["ago", "later", "earlier"], "?")],
        [_lower(["this", "yesterday", "tomorrow"]), _lower(["morning", "afternoon", "evening"])],
    ],
    "MONEY": [[_lower(_SYMBOLS), *pattern] for pattern in _NUMBERS[:1]]
    + [
        [*pattern, _lower(["us", "u.s.", "american", "canadian", "australian"], "?"), _lower(_CURRENCIES)]
        for pattern in _NUMBERS
    ],
    "PERCENT": [[*pattern, _lower(["%", "percent", "pct"])] for pattern in _NUMBERS]
    + [[*pattern, {"LOWER": "per"}, {"LOWER": "cent"}] for pattern in _NUMBERS]
    + [[*pattern, {"LOWER": "percentage"}, _lower(["point", "points"])] for pattern in _NUMBERS],
    "ORDINAL": [[{"LOWER": {"IN": _ORDINALS}, "TAG": {"IN": ["JJ", "CD"]}}], [_regex(r"^\d+(st|nd|rd|th)$")]],
    "CARDINAL": [*_NUMBERS, [_lower(_LARGE_PLURAL)], [{"LOWER": "one", "TAG": "CD"}]],
}
_LEADING = frozenset(["in", "since", "until", "by", "from", "between", "of", "during", "before", "after"])
_TRIGGERS = frozenset(
    [
        *_MONTHS,
        "may",
        *_DAYS,
        "one",
        *_SMALL,
        *_LARGE,
        *_LARGE_PLURAL,
        *_ORDINALS,
        *_UNITS,
        "today",
        "tomorrow",
        "yesterday",
        "tonight",
        "spring",
        "summer",
        "autumn",
        "fall",
        "winter",
        "morning",
        "afternoon",
        "evening",
    ]
)
_REACH = 3
"""No pattern goes on for more tokens than this before or after its nearest trigger."""


class DemarcheQuantities:
    """Adds DATE, TIME, MONEY, PERCENT, ORDINAL and CARDINAL entities where the Doc has no entity yet.

    Longer matches win; of equals, the earlier label in the order just given.
    """

    def __init__(self, vocab: Vocab, name: str) -> None:
        self.name = name
        self._matcher = Matcher(vocab)
        for label, patterns in _PATTERNS.items():
            self._matcher.add(label, patterns)

    @property
    def labels(self) -> tuple[str, ...]:
        return LABELS

    def __call__(self, doc: Doc) -> Doc:
        taken = {i for ent in doc.ents for i in range(ent.start, ent.end)}
        free = [span for span in self._found(doc) if taken.isdisjoint(range(span.start, span.end))]
        if free:
            doc.set_ents([*doc.ents, *filter_spans(free)], default="outside")
        return doc

    def _found(self, doc: Doc) -> list[Span]:
        """Matches within one sentence, best label first."""
        spans = [span for region in _regions(doc) for span in self._matcher(region, as_spans=True)]
        spans = [
            Span(doc, span.start + 1, span.end, label=span.label)
            if span.label_ == "DATE" and span[0].lower_ in _LEADING
            else span
            for span in spans
        ]
        order = list(_PATTERNS)
        return sorted(
            (span for span in spans if not any(token.is_sent_start for token in span[1:])),
            key=lambda span: order.index(span.label_),
        )


def _regions(doc: Doc) -> Iterator[Span]:
    """The neighbourhoods of words that can belong to a quantity: most of a text needs no matching."""
    start = end = 0
    for token in doc:
        if token.lower_ in _TRIGGERS or any(c.isdigit() for c in token.text[:20]):
            if token.i - _REACH > end:
                if end:
                    yield doc[start:end]
                start = token.i - _REACH
            end = min(token.i + _REACH + 1, len(doc))
    if end:
        yield doc[start:end]


@Language.factory(FACTORY, assigns=["doc.ents"], requires=["token.tag", "token.pos"])
def make_quantities(nlp: Language, name: str) -> DemarcheQuantities:
    return DemarcheQuantities(nlp.vocab, name)
