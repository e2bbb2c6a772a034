"""spaCy's English word boundaries, moved where the treebanks draw them otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import spacy
from spacy.lang.char_classes import ALPHA
from spacy.language import Language
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]  # compiled, without types
from spacy.tokens import Doc
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex, registry

NAME = "demarche.Tokenizer.v1"
LONGEST_CHUNK = 400
_ABBREVIATIONS = frozenset(
    {"Capt.", "Lt.", "Ft.", "Sgt.", "Col.", "Maj.", "Cmdr.", "Brig.", "Gov.", "Sen.", "Rep.", "Rev.", "Hon.", "Pres."}
    | {"al.", "Cal.", "vs.", "approx.", "etc.", "Dept.", "Govt.", "Intl.", "Assn.", "Natl."}
)
_SPLIT = {"and/or": ("and", "/", "or")}
_NO_CONTRACTIONS = ("wed", "Wed", "id", "Id")
# "(Labour): I said" is commoner than the face.
_NO_FACES = ("):", "(=")
_STOPPED_TWICE = ("Inc.", "Corp.", "Ltd.", "Co.", "Jr.", "Sr.", "U.S.", "D.C.", "U.K.", "a.m.", "p.m.")
_PREFIXES = "non|pre|post|anti|pro|ex|re|co|counter|cross|mid|mis|multi|over|semi|sub|ultra|e"
_PREFIXED = rf"(?i:{_PREFIXES})-[A-Za-z]+"
_NUMBERS = r"\d{3}-\d{3}-\d{4}|\d{3}-\d{4}"
_RUN = r"([!?*=_#~<>+-])\1+"
_EDGE_HYPHENS = r"-{1,3}"
_LEADING_HYPHENS = rf"{_EDGE_HYPHENS}(?=[{ALPHA}])"
_SUFFIXES = (
    r"[!?]{2,}",
    rf"(?<=[{ALPHA}][{ALPHA}.]){_EDGE_HYPHENS}",
    r"(?<=:\d\d)(?i:[ap]m)",
)
_INFIXES = (
    r"(?<=\d)–(?=\d)",
    rf"(?<=[{ALPHA}])[()](?=[{ALPHA}])",
    rf"(?<=[{ALPHA}]\.)-(?=[{ALPHA}])",
)
_ADDRESS_AFTER_NAME = re.compile(r"(?<=[\"”])(?=<)")
_LONG_RUN = re.compile(rf"\S{{{LONGEST_CHUNK + 1},}}")
_UNIT = re.compile(r"[^\W_]+|[\W_]")


class BoundedTokenizer(Tokenizer):  # type: ignore[misc]
    """spaCy's tokenizer, in time that grows with the text.

    It peels one mark after another off a run of characters without blanks and copies the rest each time: ten thousand
    quotation marks in a row cost half a minute. Longer runs than news has are cut between words and marks first.
    """

    def __call__(self, string: str) -> Doc:
        bounds = _cuts(string)
        if not bounds:
            whole: Doc = super().__call__(string)
            return whole
        edges = zip([0, *bounds], [*bounds, len(string)], strict=True)
        parts = [super(BoundedTokenizer, self).__call__(string[start:end]) for start, end in edges]
        return Doc(
            self.vocab,
            words=[token.text for part in parts for token in part],
            spaces=[bool(token.whitespace_) for part in parts for token in part],
        )


def _cuts(text: str) -> list[int]:
    """Where to cut runs without blanks, in order.

    That is between a name in quotation marks and its address ("Ana Diaz"<ana@example.org>), which spaCy takes for one
    address, and in runs longer than `LONGEST_CHUNK`, never inside a word.
    """
    return sorted({match.start() for match in _ADDRESS_AFTER_NAME.finditer(text)} | set(_cuts_of_long_runs(text)))


def _cuts_of_long_runs(text: str) -> Iterator[int]:
    for run in _LONG_RUN.finditer(text):
        last = run.start()
        for unit in _UNIT.finditer(text, *run.span()):
            if unit.end() - last > LONGEST_CHUNK and unit.start() > last:
                last = unit.start()
                yield last


@registry.tokenizers(NAME)  # type: ignore[misc]  # catalogue's decorator carries no types
def make_tokenizer() -> Callable[[Language], BoundedTokenizer]:
    """spaCy's English rules in a bounded tokenizer, for `[nlp.tokenizer]` of a pipeline's configuration."""
    plain: Any = registry.tokenizers.get("spacy.Tokenizer.v1")()

    def make(nlp: Language) -> BoundedTokenizer:
        made = plain(nlp)
        return BoundedTokenizer(
            nlp.vocab,
            rules=made.rules,
            prefix_search=made.prefix_search,
            suffix_search=made.suffix_search,
            infix_finditer=made.infix_finditer,
            token_match=made.token_match,
            url_match=made.url_match,
        )

    return make


def blank() -> Language:
    """An English pipeline with no components that cuts words as the models of this project do."""
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": NAME}}})
    adapt(nlp)
    return nlp


def adapt(nlp: Language) -> None:
    """Move word boundaries where the treebanks draw them.

    Titles with their stop, prefixed words, telephone numbers and runs of one mark stay whole; hyphens at the edge of a
    word, brackets inside one, and what is joined to an abbreviation ("U.S.-led") are parted.
    """
    tokenizer: Any = nlp.tokenizer
    rules = dict(tokenizer.rules or {})
    for form in (*_NO_CONTRACTIONS, *_NO_FACES):
        rules.pop(form, None)
    tokenizer.rules = rules
    for form in sorted(_ABBREVIATIONS):
        tokenizer.add_special_case(form, [{"ORTH": form}])
    for form, parts in _SPLIT.items():
        tokenizer.add_special_case(form, [{"ORTH": part} for part in parts])
    for form in _STOPPED_TWICE:
        tokenizer.add_special_case(form + ".", [{"ORTH": form}, {"ORTH": "."}])
    tokenizer.token_match = re.compile(rf"(?:{_PREFIXED}|{_NUMBERS}|{_RUN})\Z").match
    defaults = nlp.Defaults
    tokenizer.prefix_search = compile_prefix_regex([*(defaults.prefixes or []), _LEADING_HYPHENS]).search
    tokenizer.suffix_search = compile_suffix_regex([*(defaults.suffixes or []), *_SUFFIXES]).search
    tokenizer.infix_finditer = compile_infix_regex([*(defaults.infixes or []), *_INFIXES]).finditer
