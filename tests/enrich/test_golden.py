from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.enrich import golden


def _rows(kind: str) -> Iterator[object]:
    for name, case in golden.expected().items():
        for number, row in enumerate(case.get(kind, []), 1):
            # A newer model may find what we miss today: that is no failure.
            marks = [pytest.mark.xfail(reason=row["xfail"], strict=False)] if "xfail" in row else []
            yield pytest.param(name, row, marks=marks, id=f"{name}-{row.get('id', number)}")


@pytest.mark.parametrize(("name", "row"), _rows("statements"))
def test_is_found(name: str, row: golden.Row) -> None:
    article = golden.enriched()[name]
    assert any(golden.satisfies(row, statement, article) for statement in article.statements), row


@pytest.mark.parametrize(("name", "row"), _rows("forbidden"))
def test_is_not_found(name: str, row: golden.Row) -> None:
    article = golden.enriched()[name]
    assert [s for s in article.statements if golden.satisfies(row, s, article)] == []


@pytest.mark.parametrize("name", golden.cases())
def test_spans_fit_their_fields(name: str) -> None:
    article = golden.enriched()[name]
    for statement in article.statements:
        text = article.title if statement.field == "title" else article.text
        spans = [*statement.content, statement.cue, statement.source, statement.about]
        spans += [p.span for p in [*statement.speakers, *statement.addressees, *statement.relays]]
        for span in filter(None, spans):
            assert 0 <= span[0] < span[1] <= len(text)
        for start, end in statement.content:
            assert text[start:end] == text[start:end].strip()
    ids = [s.statement_id for s in article.statements]
    assert len(ids) == len(set(ids))
    assert {s.parent_id for s in article.statements if s.parent_id} <= set(ids)


def test_an_article_is_read_alike_alone_and_among_others() -> None:
    """Ids of statements come from their spans: reprocessing in other batches must not make other statements."""
    enricher = golden.enricher()
    for name, among_others in golden.enriched().items():
        (alone,) = enricher.pipe([golden.article(name)])
        assert [s.statement_id for s in alone.statements] == [s.statement_id for s in among_others.statements], name
