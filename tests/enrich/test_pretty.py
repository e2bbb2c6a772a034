"""What `demarche enrich --output pretty` prints: with colours, without, narrow, wide, and of hostile text."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pipeline.commands.pretty import print_article
from pipeline.records import EnrichedArticle
from tests.enrich import golden


def printed(article: EnrichedArticle, *, width: int = 80, colour: bool = False) -> str:
    out = io.StringIO()
    print_article(article, Console(file=out, width=width, force_terminal=colour, no_color=not colour, _environ={}))
    return out.getvalue()


@pytest.fixture(scope="module")
def article() -> EnrichedArticle:
    return golden.enriched()["harbour"]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(article, width):
    assert max(len(line) for line in printed(article, width=width).splitlines()) <= width


def test_every_statement_has_its_number_in_the_text_and_in_the_table(article):
    shown = printed(article, width=120)
    for number in range(1, len(article.statements) + 1):
        assert f"[{number}]" in shown
    assert f"{len(article.statements)} statements" in shown


def test_without_colours_nothing_but_text(article):
    assert "\x1b" not in printed(article)
    assert "\x1b[" in printed(article, colour=True)


def test_the_text_stays_as_it_is(article):
    import re

    shown = re.sub(r"\[\d+\]", "", printed(article, width=500))
    for line in filter(None, article.text.splitlines()):
        assert " ".join(line.split()) in " ".join(shown.split())


def test_brackets_are_text_and_controls_are_not_obeyed(article):
    hostile = article.model_copy(deep=True)
    hostile.text = hostile.text.replace("\n", " [bold]\n", 1) + "\x1b]0;owned\x07"
    hostile.statements = []
    shown = printed(hostile)
    assert "[bold]" in shown
    assert "\x1b" not in shown
    assert "No statements found." in shown


def test_brackets_in_what_is_said_are_kept(article):
    said = article.model_copy(deep=True)
    first = said.statements[0]
    start, end = first.content[0]
    text = said.title if first.field == "title" else said.text
    changed = text[:start] + "[" + text[start + 1 : end - 1] + "]" + text[end:]
    if first.field == "title":
        said.title = changed
    else:
        said.text = changed
    assert printed(said, width=200).count(changed[start:end]) == 2


def test_an_article_that_was_not_read_says_so(article):
    other = article.model_copy(update={"model": "", "language": "de", "statements": []})
    assert "Language: de; not read." in printed(other)
