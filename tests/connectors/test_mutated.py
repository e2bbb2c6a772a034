"""Mutated inputs: whatever arrives, it becomes articles or refusals, soon, and nothing of it stays in memory.

`DEMARCHE_MUTATIONS` sets how many are tried (some hundred by default); the last full run is in docs/connectors.md.
"""

from __future__ import annotations

import gc
import io
import json
import os
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from connectors.base import Connector, Found, Refusal, Skipped, Target, Unchanged
from connectors.feeds import FeedConnector
from connectors.gdelt import unzipped
from connectors.http import Fetcher, Response
from connectors.jsonfeed import JsonFeedConnector
from connectors.pages import PageConnector
from connectors.sections import article_links
from connectors.sitemaps import SitemapConnector
from pipeline.errors import BadInput, DemarcheError
from pipeline.inputs.files import BadPart, read_articles
from pipeline.records import Article
from pipeline.settings import Settings

from .conftest import NOW
from .test_feeds import LONG, item, rss
from .test_lists import FRONT, index, news_url, plain_url, urlset, zipped
from .test_pages import page
from .test_warc import PAGES, archive
from .test_wire import NINJS, NITF, newsml

TRIES = int(os.environ.get("DEMARCHE_MUTATIONS", "400"))
SLOW_S = 10.0
RUSSIAN = "Министерство предупредило корабли не заходить в порт. "
CHINESE = "港口当局周四警告船只不要在旧灯塔以北抛锚。"

FEED = rss(item("https://gazette.example/a", content=LONG), item("https://gazette.example/b", content="")).encode()
ATOM = f"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>G</title>
<entry><id>tag:g,1</id><title type="html">A &amp;amp; b</title><link href="/a"/><updated>2025-06-19T10:00:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{LONG}</div></content></entry></feed>""".encode()
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"id": "1", "url": "https://gazette.example/a", "title": "A", "content_html": LONG, "tags": ["x"]}],
    }
).encode()

Reader = Callable[[bytes, Settings, "NoPages"], Iterator[Found | BadPart]]


class NoPages(Fetcher):
    """Every page that a mutated list names is away."""

    def get(self, url: str, **_options: object) -> Response:
        raise BadInput(f"{url} is not there.")


def connector(kind: Callable[[Target], Connector], media_type: str) -> Reader:
    def read(data: bytes, settings: Settings, fetcher: NoPages) -> Iterator[Found]:
        target = Target("https://gazette.example/x", settings, fetcher, NOW)
        vars(target)["response"] = Response(target.name, 200, httpx.Headers({"content-type": media_type}), data)
        checkpoint: dict = {}
        yield from kind(target).read(checkpoint)
        json.dumps(checkpoint)

    return read


def file_of(kind: str) -> Reader:
    def read(data: bytes, settings: Settings, _fetcher: NoPages) -> Iterator[Article | BadPart]:
        yield from read_articles(data, path=Path("x"), kind=kind, settings=settings, fetched_at=NOW)

    return read


def links(data: bytes, _settings: Settings, _fetcher: NoPages) -> Iterator[Found]:
    article_links(data.decode("utf8", "replace"), "https://gazette.example/")
    yield from ()


def table(data: bytes, _settings: Settings, _fetcher: NoPages) -> Iterator[Found]:
    unzipped(data, "x")
    yield from ()


HTML = "text/html; charset=utf-8"
XML = "application/xml"
SEEDS: list[tuple[bytes, Reader]] = [
    (FEED, connector(FeedConnector, "application/rss+xml")),
    (ATOM, connector(FeedConnector, "application/atom+xml")),
    (
        FEED.decode().replace("Harbour warns", RUSSIAN).encode("cp1251"),
        connector(FeedConnector, "text/xml; charset=utf-8"),
    ),
    (
        FEED.decode().replace("Harbour warns", CHINESE).encode("gb18030"),
        connector(FeedConnector, "text/xml; charset=gbk"),
    ),
    (JSON_FEED, connector(JsonFeedConnector, "application/json")),
    (urlset(news_url("/a", "2025-06-20"), plain_url("/b", "2025-06-20")), connector(SitemapConnector, XML)),
    (index(("/news.xml", "2025-06-20"), ("/b.xml", "")), connector(SitemapConnector, XML)),
    (page("<meta name='author' content='Bo'>").encode(), connector(PageConnector, HTML)),
    (page(f"<meta charset='gb18030'><p>{CHINESE * 9}</p>").encode("gb18030"), connector(PageConnector, HTML)),
    (page(f"<p>{RUSSIAN * 9}</p>").encode("cp1251", "replace"), connector(PageConnector, "text/html")),
    (FRONT.encode(), links),
    (zipped("https://far.example/x", "https://far.example/y"), table),
    (newsml(), file_of("wire")),
    (NITF, file_of("wire")),
    (json.dumps([NINJS]).encode(), file_of("wire")),
    (archive(*PAGES), file_of("warc")),
    (archive(*PAGES, packed=True), file_of("warc")),
    (b'{"text": "x", "id": 1}\n{"text": "y"}\n', file_of("jsonl")),
]
SPLINTERS = (
    *(
        b"<",
        b">",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"&#x0;",
        b"&#xD800;",
        b"&amp;amp;",
        b"<!DOCTYPE x [",
        b"\x00",
        b"\xff\xfe",
    ),
    *(b"</", b"/>", b'"', b"'", b"{", b"}", b"[", b"\\ud800", b"\xed\xa0\x80", b"http://[", b"9" * 400, b"<div>" * 300),
    *(b"<item>", b"</item>", b"<entry>", b"<meta charset=utf-7>", b"charset=utf-16", b"1e999", b"0000-00-00T99:99:99Z"),
)


def mutated(data: bytes, chosen: random.Random) -> bytes:
    """The same with one to eight faults: bytes changed, parts cut out, doubled, moved or cut off, splinters put in."""
    for _ in range(chosen.randint(1, 8)):
        if not data:
            return data
        start, length = chosen.randrange(len(data)), chosen.randint(1, 200)
        match chosen.randrange(7):
            case 0:
                data = data[:start] + bytes([chosen.randrange(256)]) + data[start + 1 :]
            case 1:
                data = data[:start] + data[start + length :]
            case 2:
                data = data[: start + length] + data[start:]
            case 3:
                data = data[:start] + chosen.choice(SPLINTERS) + data[start:]
            case 4:
                data = data[:start] if chosen.random() < 0.3 else data[start:] + data[:start]
            case 5:
                data = data[:start] + chosen.randbytes(length) + data[start + length :]
            case 6:
                data = data[:start] + data[start : start + 40] * chosen.randint(2, 60) + data[start:]
    return data


def test_mutated_inputs_become_articles_or_refusals(settings: Settings) -> None:
    chosen, outcomes, longest = random.Random(20250620), Counter[str](), 0.0
    grown_from = 0
    with NoPages(settings) as fetcher:
        for number in range(TRIES):
            data, read = SEEDS[number % len(SEEDS)]
            bad = mutated(data, chosen)
            started = time.monotonic()
            try:
                for found in read(bad, settings, fetcher):
                    outcomes[type(found).__name__] += 1
                    if isinstance(found, Article):
                        assert Article.model_validate_json(found.to_json()) == found
                        assert found.published_at is None or found.published_at <= found.fetched_at + timedelta(0)
                    else:
                        assert isinstance(found, Refusal | Unchanged | Skipped | BadPart)
            except DemarcheError:
                outcomes["refused as a whole"] += 1
            took = time.monotonic() - started
            assert took < SLOW_S, f"input {number} took {took:.1f} s"
            longest = max(longest, took)
            if number == TRIES // 3:
                grown_from = resident_kb()
    gc.collect()
    grown = resident_kb() - grown_from
    print(f"{TRIES} inputs, {dict(outcomes)}, longest {longest:.2f} s, grown by {grown} kB since the first third")
    assert outcomes["Article"] > 0
    assert outcomes["Refusal"] > 0
    assert grown < 60_000


def resident_kb() -> int:
    with io.open("/proc/self/statm") as file:  # noqa: UP020
        return int(file.read().split()[1]) * resource.getpagesize() // 1024


@pytest.mark.parametrize("encoding", ["cp1251", "gb18030", "utf-16", "shift_jis", "big5", "koi8-r", "iso-8859-7"])
@pytest.mark.parametrize("stated", ["right", "wrong", "nothing"])
def test_pages_in_other_encodings_are_read_or_refused(settings: Settings, encoding: str, stated: str) -> None:
    words = {"gb18030": CHINESE, "big5": "港口當局週四警告船隻", "shift_jis": "港の当局は船に警告した。"}.get(
        encoding, RUSSIAN
    )
    if encoding == "iso-8859-7":
        words = "Το λιμάνι προειδοποίησε τα πλοία. "
    label = {"right": encoding, "wrong": "iso-8859-1" if encoding != "utf-16" else "utf-8", "nothing": ""}[stated]
    markup = f"<html><head><title>x</title></head><body><article><p>{words * 20}</p></article></body></html>"
    read = connector(PageConnector, f"text/html; charset={label}" if label else "text/html")
    with NoPages(settings) as fetcher:
        [found] = read(markup.encode(encoding), settings, fetcher)
    if stated == "right" or (encoding == "cp1251" and stated == "wrong"):
        assert isinstance(found, Article)
        assert words.strip() in found.text
    else:
        assert isinstance(found, Article | Refusal)


@pytest.mark.parametrize(
    "encoding, label, declared",
    [
        ("cp1251", "utf-8", "utf-8"),
        ("cp1251", "", "windows-1251"),
        ("cp1251", "iso-8859-1", ""),
        ("gb18030", "gb2312", ""),
        ("utf-8", "iso-8859-1", "iso-8859-1"),
    ],
)
def test_mislabelled_feeds_are_read_as_what_they_are(
    settings: Settings, encoding: str, label: str, declared: str
) -> None:
    words = CHINESE if encoding == "gb18030" else RUSSIAN
    feed = rss(item("https://gazette.example/a", words.strip(), content=f"<p>{words * 20}</p>"))
    feed = feed.replace('<?xml version="1.0"?>', f'<?xml version="1.0" encoding="{declared}"?>' if declared else "")
    read = connector(FeedConnector, f"text/xml; charset={label}" if label else "text/xml")
    with NoPages(settings) as fetcher:
        [found] = read(feed.encode(encoding), settings, fetcher)
    assert isinstance(found, Article), found
    assert found.title == words.strip()
    assert words.strip() in found.text
