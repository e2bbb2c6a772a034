"""spaCy's English word boundaries, moved where the treebanks draw them otherwise."""

from __future__ import annotations

import re
from typing import Any

from spacy.language import Language
from spacy.util import compile_suffix_regex

_ABBREVIATIONS = frozenset(
    {"Capt.", "Lt.", "Ft.", "Sgt.", "Col.", "Maj.", "Cmdr.", "Brig.", "Gov.", "Sen.", "Rep.", "Rev.", "Hon.", "Pres."}
    | {"al.", "Cal.", "vs.", "approx.", "Dept.", "Govt.", "Intl.", "Assn.", "Natl."}
)
_SPLIT = {"and/or": ("and", "/", "or")}
_NO_CONTRACTIONS = ("wed", "Wed", "id", "Id")
_PREFIXED = r"(?:non|pre|post|anti|ex|co|mid|mis|sub|ultra|e|E|Non|Pre|Post|Anti|Ex|Co|Mid)-[A-Za-z]+"
_NUMBERS = r"\d{3}-\d{3}-\d{4}|\d{3}-\d{4}"
_RUN = r"([!?*=_#~<>+-])\1+"


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
