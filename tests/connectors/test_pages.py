"""From a page to an article."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from pipeline.errors import BadInput
from pipeline.inputs import article_from_page, fragment_to_text
from pipeline.inputs.boilerplate import without_boilerplate
from pipeline.records import Article, SourceRef

FETCHED = datetime(2025, 6, 20, 12, tzinfo=UTC)
PARAGRAPHS = [
    "The harbour authority of Port Selwyn warned shipping companies on Thursday not to anchor north of the light.",
    "“Whoever anchors there does so at their own risk,” said Ada Lindqvist, who heads the authority.",
    "The companies answered that they had not been asked, and called for talks before the autumn storms set in.",
]


def page(head: str = "", extra: str = "", lang: str = "en-GB") -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    return (
        f'<html lang="{lang}"><head><title>Harbour warns ships - The Selwyn Gazette</title>'
        f'<meta property="og:site_name" content="The Selwyn Gazette">{head}</head>'
        f"<body><nav><a href='/'>Home</a></nav><article><h1>Harbour warns ships</h1>{body}{extra}</article>"
        "<footer>All rights reserved</footer></body></html>"
    )


def extract(
    markup: str, url: str = "https://www.gazette.example/news/harbour?utm_source=x", **fields: object
) -> Article:
    source = SourceRef(connector="test", id="test")
    return article_from_page(markup, url=url, source=source, fetched_at=FETCHED, max_chars=10_000, **fields)


def test_a_page_says_what_it_is() -> None:
    ld = {"@graph": [{"@type": "NewsArticle", "datePublished": "2025-06-19T23:30:00-04:00"}]}
    article = extract(
        page(
            '<link rel="canonical" href="/news/harbour"><meta name="author" content="Bo Reyes">'
            '<meta property="article:published_time" content="2025-06-20">'
            f'<script type="application/ld+json">{json.dumps(ld)}</script>'
        )
    )
    assert article.title == "Harbour warns ships"
    assert article.text.split("\n") == PARAGRAPHS
    assert article.canonical_url == "https://www.gazette.example/news/harbour"
    assert article.authors == ["Bo Reyes"]
    assert article.published_at == datetime(2025, 6, 20, 3, 30, tzinfo=UTC)
    assert article.language == "en"
    assert article.publisher is not None
    assert (article.publisher.id, article.publisher.name) == ("gazette.example", "The Selwyn Gazette")


def test_what_is_given_wins_over_the_page() -> None:
    article = extract(page(), title="Given", language="fr", published_at=None)
    assert (article.title, article.language) == ("Given", "fr")


def test_a_date_in_the_future_is_the_time_of_fetching() -> None:
    article = extract(page('<meta property="article:published_time" content="2025-06-21T09:00:00+02:00">'))
    assert article.published_at is not None
    assert article.published_at <= FETCHED


@pytest.mark.parametrize(
    "link", ["https://other.example/copy", "https://www.gazette.example/", "javascript:void(0)", "http://["]
)
def test_a_canonical_link_to_elsewhere_is_not_believed(link: str) -> None:
    article = extract(page(f'<link rel="canonical" href="{link}">'))
    assert article.canonical_url == "https://www.gazette.example/news/harbour"


@pytest.mark.parametrize(
    "markup",
    [
        "<html></html>",
        "<html><body><script>render()</script></body></html>",
        "<p>   </p>",
        "plain",
        "<!-- -->",
        "<" * 5000,
    ],
)
def test_a_page_without_text_is_refused(markup: str) -> None:
    with pytest.raises(BadInput, match="No article text"):
        extract(markup)


def test_a_page_nested_without_end_is_read_or_refused() -> None:
    with suppress(BadInput):
        extract("<div>" * 20_000 + PARAGRAPHS[0] + "</div>" * 20_000)


@pytest.mark.parametrize(
    "line",
    [
        "READ MORE: Ships collide off Port Selwyn",
        "Related: The light in numbers",
        "ALSO READ : Storm season",
        "DON'T MISS",
        "Sign up for our daily newsletter",
        "Follow Bo Reyes on Twitter @boreyes",
        "Photo credit: Selwyn Harbour Authority",
        "Tags",
        "The post Harbour warns ships appeared first on The Selwyn Gazette.",
        "© 2025 The Selwyn Gazette",
    ],
)
def test_boilerplate_lines_are_left_out(line: str) -> None:
    assert without_boilerplate(f"{PARAGRAPHS[0]}\n{line}\n{PARAGRAPHS[1]}") == f"{PARAGRAPHS[0]}\n{PARAGRAPHS[1]}"


@pytest.mark.parametrize(
    "line",
    [
        "Related charges were dropped on Monday.",
        "Read more books, the minister told pupils.",
        "Subscribe to no treaty that ties our hands, she warned.",
        "Get out of the strait now, the navy warned.",
        "Share prices fell after the warning.",
        "Photographs of the site showed damage.",
        "Follow him on that road and you will lose, she warned.",
        "Comments by the minister were rejected.",
    ],
)
def test_sentences_that_begin_like_boilerplate_stay(line: str) -> None:
    assert without_boilerplate(line) == line


def test_a_text_that_opens_with_its_title_does_not_repeat_it() -> None:
    assert without_boilerplate("Harbour warns ships\nIt did.", "Harbour warns ships") == "It did."
    assert without_boilerplate("Harbour warns ships", "Harbour warns ships") == "Harbour warns ships"


@pytest.mark.parametrize(
    "markup, text",
    [
        ("<p>One &amp; <b>two</b></p><p>three</p>", "One & two\nthree"),
        ("One<br/>two<br><br>three", "One\ntwo\nthree"),
        ("<div>A<script>x()</script><figure><figcaption>Pic</figcaption></figure> b</div>", "A b"),
        ("<ul><li>a</li><li>b</li></ul>tail", "a\nb\ntail"),
        ("plain", "plain"),
        ("", ""),
        ("<!-- nothing -->x", "x"),
    ],
)
def test_fragments_keep_their_paragraphs(markup: str, text: str) -> None:
    assert fragment_to_text(markup) == text


def test_a_deep_fragment_needs_no_stack() -> None:
    assert fragment_to_text("<i>" * 1500 + "deep" + "</i>" * 1500 + "<p>end</p>") == "deep\nend"
