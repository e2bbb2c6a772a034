"""Lemmas as edit scripts over the form: how to case it, how many characters to take off, what to add.

A script is written `<case><strip>:<suffix>`, as in `l1:` (talks → talk) or `l4:go` (went → go). The case
is l (lower), k (keep), t (title) or u (upper).
"""

from __future__ import annotations

LOOKUP = "?"


def _cased(form: str, case: str) -> str:
    if case == "l":
        return form.lower()
    if case == "t":
        return form[:1].upper() + form[1:].lower()
    return form.upper() if case == "u" else form


def _straight(form: str) -> str:
    return form.replace("’", "'") if len(form) > 1 else form


def lemma_script(form: str, lemma: str) -> str:
    """The shortest script that turns form into lemma."""
    form = _straight(form)
    best: tuple[int, str] | None = None
    for case in "l" if lemma == lemma.lower() else "ktu":
        base = _cased(form, case)
        common = 0
        while common < min(len(base), len(lemma)) and base[common] == lemma[common]:
            common += 1
        strip, suffix = len(base) - common, lemma[common:]
        if best is None or strip + len(suffix) < best[0]:
            best = strip + len(suffix), f"{case}{strip}:{suffix}"
    assert best is not None
    return best[1]


def apply_script(script: str, form: str) -> str | None:
    """The lemma, or None where the script does not fit: it takes off more than there is, or leaves nothing."""
    form = _straight(form)
    edit, _, suffix = script.partition(":")
    strip = int(edit[1:])
    if strip > len(form):
        return None
    base = _cased(form, edit[0])
    return base[: len(base) - strip] + suffix or None
