"""From a page to an article."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from pipeline.errors import BadInput
from pipeline.inputs import article_from_page, fragment_to_text
from pipeline.inputs.boilerplate import without_boilerplate
from pipeline.inputs.pages import Selectors, _join_split_body, _parse
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
    assert article.flags == ["future_date"]


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
        "(Reporting by Ada Lind and Bo Reyes in Port Selwyn; editing by Cy Dahl)",
        "Additional reporting by Bo Reyes.",
        "The Selwyn Press contributed to this report.",
        "Bo Reyes covers harbours. Follow him on Twitter @boreyes.",
        "Ships turn back from the strait [INSIGHT]",
        "Subscribe now to continue reading.",
        "This article is only available to our subscribers.",
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
        "Reporting by the committee showed damage.",
        "Reporting by Harbour Watch shows damage.",
        "Written by hand, the note warned of war.",
        "“Follow us on Facebook and stay away from the port,” the minister said.",
        "Register every ship, she told them, to keep the peace.",
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


def test_lines_made_to_be_slow_are_not() -> None:
    hostile = [
        "Reporting by " + "A a b. " * 40,
        "- " * 150,
        "follow us " * 30,
        "(" * 310,
        "sign up " * 38,
        "a" * 300 + "[",
    ]
    started = time.monotonic()
    for line in hostile:
        without_boilerplate(line)
    assert time.monotonic() - started < 1


# -- pages that are no article, and articles that are not whole -------------------------------------------------------


@pytest.mark.parametrize(
    "title, text",
    [
        ("Page not found", "Sorry, the page you are looking for does not exist. Check the address or use the search."),
        ("404 - The Selwyn Gazette", "We cannot find that page. It may have been moved. Go back to the home page."),
        ("Error 503", "Something went wrong here. Please try again later, or return to our home page."),
        ("Just a moment...", "Enable JavaScript and cookies to continue. Ray ID: 8f2a"),
        ("Access Denied", "You don't have permission to access this page on this server. Reference #18.abc"),
        ("Oops!", "The article you requested was removed. Try the search."),
    ],
)
def test_an_error_page_that_answers_like_an_article_is_refused(title: str, text: str) -> None:
    markup = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p></article></body>"
    with pytest.raises(BadInput, match="no article"):
        extract(markup)


@pytest.mark.parametrize(
    "title",
    [
        "404 people left the island, harbour says",
        "Access denied to ships, harbour says",
        "Missing hiker not found",
        "Sorry, says harbour master",
    ],
)
def test_news_with_such_a_headline_is_news(title: str) -> None:
    markup = page().replace("Harbour warns ships", title)
    assert extract(markup).text.split("\n") == PARAGRAPHS


def test_news_of_a_page_that_is_gone_is_news() -> None:
    title = "Ministry page was taken down after the warning"
    text = (
        "The page has been removed since Thursday, and nobody at the ministry of Port Selwyn would say on whose orders"
        " that was done. Harbour companies had read on it which ships may pass north of the light, and which may not."
        " “We now call the captain of the port each morning,” said Ada Lindqvist, who speaks for the owners."
    )
    markup = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p></article></body>"
    assert "Ada Lindqvist" in extract(markup).text


def test_a_question_for_consent_is_refused() -> None:
    asked = (
        "<p>We and our 312 partners store and access information on a device, such as cookies.</p>"
        "<p>Some of our partners process personal data on the basis of legitimate interest.</p>"
        "<p>You can accept all or manage your choices at any time. Personalised ads pay for this site.</p>"
    )
    with pytest.raises(BadInput, match="asks for consent"):
        extract(f"<html><head><title>The Selwyn Gazette</title></head><body><article>{asked}</article></body></html>")
    about = "The commission warned publishers that asking readers to accept all cookies breaks the law of the island."
    assert about in extract(page(extra=f"<p>{about}</p>")).text


def test_an_article_behind_a_wall_is_flagged() -> None:
    walled = page(extra="<p>Subscribe to continue reading.</p>")
    article = extract(walled)
    assert (article.flags, article.text.split("\n")) == (["paywall"], PARAGRAPHS)
    closed = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": "False"}</script>'
    assert extract(page(closed)).flags == ["paywall"]
    long = "".join(f"<p>{number}. {PARAGRAPHS[0]}</p>" for number in range(20))
    assert extract(page(closed, extra=long)).flags == [], "many papers say so of what they show in full"


def test_hardly_more_than_a_headline_is_flagged() -> None:
    article = extract(
        f"<html><title>Harbour warns</title><body><article><p>{PARAGRAPHS[1]}</p></article></body></html>"
    )
    assert article.flags == ["stub"]
    assert extract(page()).flags == []


def test_section_and_language_are_read_from_where_pages_say_them() -> None:
    ld = '<script type="application/ld+json">[{"articleSection": ["Ports", "Sea"], "inLanguage": "fr-FR"}]</script>'
    article = extract(page(ld, lang=""))
    assert (article.section, article.language) == ("Ports", "fr")
    assert extract(page('<meta property="article:section" content=" World  news ">')).section == "World news"
    assert extract(page()).section is None


@pytest.mark.parametrize(
    "stated", ["2025-06-19T23:30:00-0400", "Thu, 19 Jun 2025 23:30:00 -0400", "2025-06-20T03:30:00Z"]
)
def test_a_time_with_a_zone_is_stored_in_utc(stated: str) -> None:
    article = extract(page(f'<meta name="pubdate" content="{stated}">'))
    assert article.published_at == datetime(2025, 6, 20, 3, 30, tzinfo=UTC)


def test_a_mobile_twin_is_the_article_that_it_names() -> None:
    link = '<link rel="canonical" href="https://www.gazette.example/news/harbour">'
    addresses = [
        "https://amp.gazette.example/news/harbour",
        "https://m.gazette.example/n/7",
        "https://www.gazette.example/news/harbour.amp",
    ]
    assert {extract(page(link), address).article_id for address in addresses} == {extract(page()).article_id}


def test_a_source_says_where_its_text_is() -> None:
    markup = page(
        extra="<div class='box'><p>Also in the harbour: a fair, with songs and cakes for all the children.</p></div>"
    )
    assert "fair" in extract(markup).text
    assert extract(markup, selectors=Selectors(drop=("div.box",))).text.split("\n") == PARAGRAPHS
    assert "cakes" in extract(markup, selectors=Selectors(text="div.box")).text
    assert PARAGRAPHS[0] not in extract(markup, selectors=Selectors(text="div.box, div.box p")).text
    rebuilt = extract(markup, selectors=Selectors(text="div.gone", drop=("div.box",)))
    assert rebuilt.text.split("\n") == PARAGRAPHS, "a selector that matches nothing must not lose the article"


def test_a_body_in_several_parts_is_one() -> None:
    parts = "".join(
        "<div class='grid'><div class='col article-body'>"
        f"<p>{n}a. {PARAGRAPHS[0]}</p><p>{n}b. {PARAGRAPHS[2]}</p></div></div>"
        "<div class='ad'>Buy a boat</div>"
        for n in range(4)
    )
    text = extract(f"<html><head><title>Harbour</title></head><body><main>{parts}</main></body></html>").text
    assert [line[:3] for line in text.split("\n")] == ["0a.", "0b.", "1a.", "1b.", "2a.", "2b.", "3a.", "3b."]


def test_bodies_of_several_articles_stay_apart() -> None:
    posts = "".join(
        f"<article><h1>Post {n}</h1>"
        f"<div class='article-body'><p>{n}a. {PARAGRAPHS[0]}</p><p>{n}b. {PARAGRAPHS[2]}</p></div></article>"
        for n in range(3)
    )
    tree = _parse(f"<html><body><main>{posts}</main></body></html>")
    _join_split_body(tree)
    assert [len(body) for body in tree.xpath("//div[@class='article-body']")] == [2, 2, 2]
