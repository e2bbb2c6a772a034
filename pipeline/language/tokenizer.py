"""spaCy's English word boundaries, moved where the treebanks draw them otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]  # compiled, without types
from spacy.tokens import Doc
from spacy.util import compile_infix_regex, compile_suffix_regex, registry

NAME = "demarche.Tokenizer.v1"
LONGEST_CHUNK = 400
_ABBREVIATIONS = frozenset(
    {"Capt.", "Lt.", "Ft.", "Sgt.", "Col.", "Maj.", "Cmdr.", "Brig.", "Gov.", "Sen.", "Rep.", "Rev.", "Hon.", "Pres."}
    | {"al.", "Cal.", "vs.", "approx.", "etc.", "Dept.", "Govt.", "Intl.", "Assn.", "Natl."}
)
_SPLIT = {"and/or": ("and", "/", "or")}
_NO_CONTRACTIONS = ("wed", "Wed", "id", "Id")
_PREFIXES = "non|pre|post|anti|pro|ex|re|co|counter|cross|mid|mis|multi|over|semi|sub|ultra|e"
_PREFIXED = rf"(?i:{_PREFIXES})-[A-Za-z]+"
_NUMBERS = r"\d{3}-\d{3}-\d{4}|\d{3}-\d{4}"
_RUN = r"([!?*=_#~<>+-])\1+"


_CHUNK = re.compile(r"\S+")
_UNIT = re.compile(r"[^\W_]+|[\W_]")


class BoundedTokenizer(Tokenizer):  # type: ignore[misc]
    """spaCy's tokenizer, in time that grows with the text.

    It peels one mark after another off a run of characters without blanks and copies the rest each time: ten thousand
    quotation marks in a row cost half a minute. Longer runs than news has are cut between words and marks first.
    """

    def __call__(self, string: str) -> Doc:
        bounds = list(_cuts(string))
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


def _cuts(text: str) -> Iterator[int]:
    """Where to cut runs without blanks that are longer than `LONGEST_CHUNK`, never inside a word."""
    for chunk in _CHUNK.finditer(text):
        if chunk.end() - chunk.start() <= LONGEST_CHUNK:
            continue
        last = chunk.start()
        for unit in _UNIT.finditer(text, *chunk.span()):
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
    """Keep titles with their stop, prefixed words, telephone numbers and runs of one mark whole."""
    tokenizer: Any = nlp.tokenizer
    rules = dict(tokenizer.rules or {})
    for form in _NO_CONTRACTIONS:
        rules.pop(form, None)
    tokenizer.rules = rules
    for form in sorted(_ABBREVIATIONS):
        tokenizer.add_special_case(form, [{"ORTH": form}])
    for form, parts in _SPLIT.items():
        tokenizer.add_special_case(form, [{"ORTH": part} for part in parts])
    tokenizer.token_match = re.compile(rf"(?:{_PREFIXED}|{_NUMBERS}|{_RUN})\Z").match
    suffixes = [*(nlp.Defaults.suffixes or []), r"!{2,}", r"\?{2,}"]
    tokenizer.suffix_search = compile_suffix_regex(suffixes).search
    infixes = [*(nlp.Defaults.infixes or []), r"(?<=\d)–(?=\d)"]
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
