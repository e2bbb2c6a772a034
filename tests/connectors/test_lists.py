"""Sources that list addresses (JSON Feed, sitemaps, watched pages, GDELT), over real HTTP on loopback."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from connectors import gdelt, sections, sitemaps
from connectors.base import Found, Options, Refusal, Target, Unchanged
from connectors.http import Fetcher
from connectors.kinds import kind_named, kind_of
from connectors.source_commands import sources
from pipeline.records import Article
from pipeline.settings import Settings

from .conftest import NOW, Site

Read = Callable[..., list[Found]]
TEXT = "The harbour authority warned ships on Thursday not to anchor north of the old light. " * 4
LATER = NOW + timedelta(hours=1)


def page(title: str) -> bytes:
    return f"<html><head><title>{title}</title></head><body><article><p>{TEXT}</p></article></body></html>".encode()


def titles(found: list[Found]) -> list[str]:
    return [thing.title for thing in found if isinstance(thing, Article)]


def refusals(found: list[Found]) -> list[str]:
    return [str(thing) for thing in found if isinstance(thing, Refusal)]


@pytest.fixture
def read_as(settings: Settings) -> Iterator[Read]:
    """Reads a source of a kind that is named, as the list of sources does."""
    with Fetcher(settings) as fetcher:

        def read_source(
            kind: str, name: str, checkpoint: dict | None = None, now: datetime = NOW, **options: object
        ) -> list[Found]:
            target = Target(name, settings, fetcher, now, Options.model_validate(options))
            return list(kind_named(kind).open(target).read({} if checkpoint is None else checkpoint))

        yield read_source


# -- JSON Feed -------------------------------------------------------------------------------------------------------


def test_a_json_feed_is_read_like_any_feed(site: Site, read: Read) -> None:
    items = [
        {
            "id": 7,
            "url": "/a?utm_source=json",
            "title": "Ships < boats & rafts",
            "content_html": f"<p>{TEXT * 3}</p><p>Read more</p>",
            "date_published": "2025-06-19T23:30:00-04:00",
            "authors": [{"name": "Bo Reyes"}],
            "tags": ["ports"],
        },
        {"id": "8", "url": "/b", "title": "Teaser", "summary": "Short."},
        {"id": "9", "external_url": "https://gazette.example/c", "content_text": f"{TEXT * 3}\n\n1 < 2, she said."},
        "no object",
        {"id": "10", "title": "Nowhere"},
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Selwyn Gazette",
        "language": "en-NZ",
        "items": items,
    }
    site.pages["/feed.json"] = json.dumps(feed).encode()
    site.pages["/b"] = page("Page title")
    checkpoint: dict = {}
    found = read(site.url("/feed.json"), checkpoint)
    first, second, third = (thing for thing in found if isinstance(thing, Article))
    assert (first.title, first.canonical_url) == ("Ships < boats & rafts", site.url("/a"))
    assert first.published_at == datetime(2025, 6, 20, 3, 30, tzinfo=UTC)
    assert (first.authors, first.tags, first.language) == (["Bo Reyes"], ["ports"], "en")
    assert first.publisher is not None
    assert first.publisher.name == "Selwyn Gazette"
    assert "Read more" not in first.text
    assert (second.title, second.text) == ("Teaser", TEXT.strip())
    assert third.text.endswith("\n1 < 2, she said.")
    assert [reason.partition(": ")[2] for reason in refusals(found)] == [
        "The entry has no link. Tell the publisher: without one it cannot be told apart."
    ]
    assert all(isinstance(thing, Unchanged) for thing in read(site.url("/feed.json"), checkpoint))


@pytest.mark.parametrize(
    "body", [b'{"version": "https://jsonfeed.org/version/1"', b'{"a": "jsonfeed.org/version", "items": 1}']
)
def test_a_broken_json_feed_is_refused(site: Site, read: Read, body: bytes) -> None:
    site.pages["/feed.json"] = body
    [reason] = refusals(read(site.url("/feed.json")))
    assert "JSON" in reason


# -- sitemaps --------------------------------------------------------------------------------------------------------

NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def news_url(loc: str, date: str, title: str = "Harbour warns") -> str:
    return (
        f"<url><loc>{loc}</loc><news:news><news:publication><news:name>Selwyn Gazette</news:name>"
        f"<news:language>en</news:language></news:publication><news:publication_date>{date}</news:publication_date>"
        f"<news:title>{title}</news:title></news:news></url>"
    )


def urlset(*urls: str) -> bytes:
    head = f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='{NEWS}'>"
    return f"<?xml version='1.0'?>{head}{''.join(urls)}</urlset>".encode()


def index(*children: tuple[str, str]) -> bytes:
    listed = "".join(
        f"<sitemap><loc>{loc}</loc>{date and f'<lastmod>{date}</lastmod>'}</sitemap>" for loc, date in children
    )
    return f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{listed}</sitemapindex>".encode()


def plain_url(loc: str, date: str = "") -> str:
    return f"<url><loc>{loc}</loc>{date and f'<lastmod>{date}</lastmod>'}</url>"


def test_a_news_sitemap_says_title_date_and_paper(site: Site, read: Read) -> None:
    site.pages |= {"/news.xml": urlset(news_url("/a", "2025-06-20T08:00:00+02:00"), news_url("/old", "2025-06-01"))}
    site.pages |= {"/a": page("Page title"), "/b": page("b"), "/old": page("old")}
    checkpoint: dict = {}
    [article] = [thing for thing in read(site.url("/news.xml"), checkpoint) if isinstance(thing, Article)]
    assert (article.title, article.published_at) == ("Harbour warns", datetime(2025, 6, 20, 6, tzinfo=UTC))
    assert article.publisher is not None
    assert (article.publisher.name, article.source.connector) == ("Selwyn Gazette", "sitemaps")
    assert "/old" not in site.paths(), "what is older than two days is no news"
    site.requests.clear()
    site.pages["/news.xml"] = urlset(
        news_url("/b", "2025-06-20T12:30:00Z", "New"), news_url("/a", "2025-06-20T08:00:00+02:00")
    )
    assert titles(read(site.url("/news.xml"), checkpoint, now=LATER)) == ["New"]
    assert [path for path in site.paths() if path != "/robots.txt"] == ["/news.xml", "/b"]
    assert all(isinstance(thing, Unchanged) for thing in read(site.url("/news.xml"), checkpoint, now=LATER))


def test_a_sitemap_without_dates_is_followed_from_its_first_visit_on(site: Site, read: Read) -> None:
    site.pages |= {"/map.xml": urlset(plain_url("/a"), plain_url("/b")), "/c": page("c")}
    checkpoint: dict = {}
    assert titles(read(site.url("/map.xml"), checkpoint)) == []
    site.pages["/map.xml"] = urlset(plain_url("/a"), plain_url("/b"), plain_url("/c"))
    assert titles(read(site.url("/map.xml"), checkpoint, now=LATER)) == ["c"]


def test_a_changed_date_reads_the_page_again(site: Site, read: Read) -> None:
    site.pages |= {"/map.xml": urlset(plain_url("/a", "2025-06-20T10:00:00Z")), "/a": page("a")}
    checkpoint: dict = {}
    assert titles(read(site.url("/map.xml"), checkpoint)) == ["a"]
    site.pages |= {"/map.xml": urlset(plain_url("/a", "2025-06-20T12:10:00Z")), "/a": page("a, corrected")}
    assert titles(read(site.url("/map.xml"), checkpoint, now=LATER)) == ["a, corrected"]


def test_of_an_index_only_the_sitemaps_that_changed_are_read(site: Site, read: Read) -> None:
    today = "2025-06-20T10:00:00Z"
    site.pages |= {
        "/index.xml": index(("/2024.xml.gz", "2024-12-31"), ("/2025.xml.gz", today)),
        "/2025.xml.gz": gzip.compress(urlset(plain_url("/a", today), plain_url("/archive", "2025-01-01"))),
        "/a": page("a"),
        "/b": page("b"),
    }
    checkpoint: dict = {}
    assert titles(read(site.url("/index.xml"), checkpoint)) == ["a"]
    assert "/2024.xml.gz" not in site.paths()
    site.requests.clear()
    read(site.url("/index.xml"), checkpoint, now=LATER)
    assert site.paths() == ["/index.xml"]
    newer = "2025-06-20T12:20:00Z"
    site.pages["/index.xml"] = index(("/2024.xml.gz", "2024-12-31"), ("/2025.xml.gz", newer))
    site.pages["/2025.xml.gz"] = gzip.compress(urlset(plain_url("/a", today), plain_url("/b", newer)))
    assert titles(read(site.url("/index.xml"), checkpoint, now=LATER)) == ["b"]


def test_an_index_without_dates_is_looked_into_each_time(site: Site, read: Read) -> None:
    site.pages |= {"/index.xml": index(("/news-1.xml", ""), ("/pages.xml", "")), "/a": page("a"), "/b": page("b")}
    site.pages["/news-1.xml"] = urlset(news_url("/a", "2025-06-20T10:00:00Z", "a"))
    checkpoint: dict = {}
    assert titles(read(site.url("/index.xml"), checkpoint)) == ["a"]
    site.pages["/news-1.xml"] = urlset(news_url("/b", "2025-06-20T12:10:00Z", "b"))
    assert titles(read(site.url("/index.xml"), checkpoint, now=LATER)) == ["b"]
    assert "/pages.xml" not in site.paths()


def test_a_sitemap_that_is_cut_off_is_read_as_far_as_it_goes(site: Site, read: Read) -> None:
    site.pages |= {
        "/map.xml": urlset(plain_url("/a", "2025-06-20"), plain_url("/b", "2025-06-20"))[:-60],
        "/a": page("a"),
    }
    assert titles(read(site.url("/map.xml"))) == ["a"]


def test_hostile_sitemaps_are_refused(site: Site, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "MAX_UNPACKED", 5000)
    monkeypatch.setattr(sitemaps.unpacked, "__defaults__", (5000,))
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    site.pages |= {
        "/entities.xml": bomb.encode() + urlset(plain_url("/&b;")).split(b"?>")[1],
        "/bomb.xml.gz": gzip.compress(urlset(plain_url("/a"), " " * 100_000)),
        "/cut.xml.gz": gzip.compress(urlset(plain_url("/a")))[:60],
        "/nested.xml": index(("/inner.xml", "2025-06-20")),
        "/inner.xml": index(("/a.xml", "2025-06-20")),
    }
    for path, reason in [
        ("/entities.xml", "entities"),
        ("/bomb.xml.gz", "unpacks to more"),
        ("/nested.xml", "index inside"),
    ]:
        assert reason in refusals(read(site.url(path)))[0]
    read(site.url("/cut.xml.gz"))


# -- watched pages ---------------------------------------------------------------------------------------------------

FRONT = """<html><head><base href="/"></head><body><nav><a href="/world-news-of-the-day">World news of the day</a></nav>
<main><h2><a href="/news/harbour-warns-all-ships">Harbour warns ships</a></h2>
<a href="2025/06/20/light">The old light goes dark again</a> <a href="#top">Back to the top of page</a>
<a href="/news/harbour-warns-all-ships?utm_source=front">Harbour warns ships to stay away</a>
<a href="/tag/ships-and-boats-and-rafts">All about ships and boats here</a> <a href="/about">About</a>
<a href="https://elsewhere.example/a-b-c-d-e">A paper elsewhere writes about ships</a>
<a href="http://[broken">A broken link in four words</a> <a href="mailto:a@b.example">Write to us at the desk</a>
</main><footer><a href="/terms-of-use-and-so-on">Terms of use and so on</a></footer></body></html>"""


def test_links_to_articles_are_told_from_others() -> None:
    found = sections.article_links(FRONT, "https://gazette.example/world")
    assert found == ["https://gazette.example/news/harbour-warns-all-ships", "https://gazette.example/2025/06/20/light"]
    assert sections.article_links(FRONT, "https://gazette.example/world", "main a[href^='/about'], nav") == [
        "https://gazette.example/world-news-of-the-day",
        "https://gazette.example/about",
    ]


def test_a_section_is_watched_for_new_links(site: Site, read_as: Read) -> None:
    def front(*names: str) -> bytes:
        return "".join(f"<h2><a href='/news/{name}-in-the-old-harbour'>{name}</a></h2>" for name in names).encode()

    for name in ("ships", "boats", "rafts"):
        site.pages[f"/news/{name}-in-the-old-harbour"] = page(name)
    site.pages["/world"] = front("ships", "boats")
    checkpoint: dict = {}
    found = read_as("section", site.url("/world"), checkpoint)
    assert titles(found) == ["ships", "boats"]
    assert {thing.source.connector for thing in found if isinstance(thing, Article)} == {"sections"}
    site.pages["/world"] = front("rafts", "ships")
    site.requests.clear()
    assert titles(read_as("section", site.url("/world"), checkpoint, now=LATER)) == ["rafts"]
    assert "/news/ships-in-the-old-harbour" not in site.paths()
    site.pages["/world"] = b"<p>nothing here</p>"
    assert "link_selector" in refusals(read_as("section", site.url("/world"), checkpoint, now=LATER))[0]


def test_a_section_takes_a_bounded_number(site: Site, read_as: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "MAX_LINKS", 1)
    site.pages |= {"/w": b"<a href='/x'>x</a><a href='/y'>y</a>", "/x": page("x"), "/y": page("y")}
    found = read_as("section", site.url("/w"), link_selector="a")
    assert titles(found) == ["x"]
    assert "links to 2 articles" in refusals(found)[0]


def test_a_source_says_where_the_text_of_its_pages_is(site: Site, read_as: Read) -> None:
    site.pages["/x"] = f"<body><p>{TEXT}</p><div id='box'><p>Only this, {TEXT}</p></div></body>".encode()
    [article] = read_as("page", site.url("/x"), text_selector="#box")
    assert isinstance(article, Article)
    assert article.text.startswith("Only this")
    with pytest.raises(ValueError, match="selector"):
        Options(text_selector="p[")


# -- GDELT -----------------------------------------------------------------------------------------------------------


def zipped(*urls: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("events.CSV", "".join(f"{n}\tUSA\t\t1\t{url}\n" for n, url in enumerate(urls)))
    return buffer.getvalue()


def announce(site: Site, path: str, table: bytes) -> None:
    site.pages[path] = table
    line = f"{len(table)} {hashlib.md5(table).hexdigest()} {site.url(path)}"
    site.pages["/lastupdate.txt"] = f"{line}\n9 {'0' * 32} {site.url('/1.mentions.CSV.zip')}\n".encode()


def test_gdelt_names_articles(site: Site, read: Read, read_as: Read) -> None:
    site.pages |= {"/a": page("a"), "/b": page("b")}
    announce(
        site, "/1.export.CSV.zip", zipped(site.url("/a"), site.url("/a"), "BBC Monitoring", "https://far.example/x")
    )
    checkpoint: dict = {}
    target = site.url("/lastupdate.txt")
    found = read_as("gdelt", target, checkpoint, only_hosts=["127.0.0.1"])
    assert titles(found) == ["a"]
    assert refusals(found) == []
    announce(site, "/2.export.CSV.zip", zipped(site.url("/a"), site.url("/b")))
    assert titles(read_as("gdelt", target, checkpoint, now=LATER)) == ["b"]
    assert all(isinstance(thing, Unchanged) for thing in read(target, checkpoint, now=LATER)), "it is recognised"


def test_a_bad_update_is_refused_and_asked_for_again(site: Site, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    target, checkpoint = site.url("/lastupdate.txt"), {}
    announce(site, "/1.export.CSV.zip", b"no zip at all")
    assert "not a usable zip" in refusals(read(target, checkpoint))[0]
    announce(site, "/1.export.CSV.zip", zipped(site.url("/a")))
    site.pages["/1.export.CSV.zip"] = b"other bytes"
    assert "did not arrive as it was announced" in refusals(read(target, checkpoint))[0]
    monkeypatch.setattr(gdelt, "MAX_TABLE_BYTES", 50)
    announce(site, "/1.export.CSV.zip", zipped(*[site.url("/a")] * 99))
    assert "unpacks to more than" in refusals(read(target, checkpoint))[0]
    monkeypatch.undo()
    site.pages["/a"] = page("a")
    assert titles(read(target, checkpoint)) == ["a"]


def test_kinds_are_recognised(site: Site, settings: Settings) -> None:
    announce(site, "/1.export.CSV.zip", zipped("https://far.example/x"))
    site.pages |= {
        "/feed.json": b'{"version": "https:\\/\\/jsonfeed.org\\/version\\/1", "items": []}',
        "/map.xml.gz": gzip.compress(urlset()),
        "/page": page("a"),
    }
    with Fetcher(settings) as fetcher:
        paths = ["/feed.json", "/map.xml.gz", "/lastupdate.txt", "/page"]
        kinds = [kind_of(Target(site.url(path), settings, fetcher)).name for path in paths]
    assert kinds == ["json-feed", "sitemap", "gdelt", "page"]


def test_a_dry_run_shows_what_is_wrong_with_an_article(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages["/x"] = (
        b"<html><title>Harbour warns</title><body><article><p>Ships were warned.</p></article></body></html>"
    )
    monkeypatch.setattr("connectors.source_commands.settings", lambda: settings)
    shown = CliRunner().invoke(sources, ["test", site.url("/x")])
    assert "18 characters; stub" in shown.output
