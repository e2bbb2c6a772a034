"""Feeds over real HTTP on loopback, well-formed and not."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from xml.sax.saxutils import escape

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from connectors.base import Found, Options, Refusal, Target, Unchanged
from connectors.feeds import FeedConnector, is_feed
from connectors.http import Fetcher, Response, user_agent
from connectors.publish import dead_letter
from pipeline.errors import BadInput, DemarcheError, Unreachable
from pipeline.records import Article
from pipeline.settings import Settings

from .conftest import NOW, Site, body, status

Read = Callable[..., list[Found]]
LONG = "<p>The harbour authority warned ships on Thursday.</p>" * 20
RSS = "application/rss+xml"


def item(link: str, title: str = "Harbour warns", *, content: str = LONG, extra: str = "") -> str:
    carried = f"<content:encoded>{escape(content)}</content:encoded>" if content else ""
    return f"<item><title>{escape(title)}</title><link>{escape(link)}</link>{carried}{extra}</item>"


def rss(*items: str, head: str = "<title>Selwyn Gazette</title><language>en-nz</language>") -> str:
    namespaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f'<?xml version="1.0"?><rss version="2.0" {namespaces}><channel>{head}{"".join(items)}</channel></rss>'


def page(text: str) -> bytes:
    return f"<html><head><title>Page title</title></head><body><article>{text}</article></body></html>".encode()


def articles(found: list[Found]) -> list[Article]:
    assert all(isinstance(thing, Article) for thing in found), found
    return [thing for thing in found if isinstance(thing, Article)]


def refusal(found: list[Found]) -> Refusal:
    assert len(found) == 1
    assert isinstance(found[0], Refusal)
    return found[0]


def test_rss_with_full_text_needs_no_page(site: Site, read: Read) -> None:
    date = (
        "<pubDate>Thu, 19 Jun 2025 23:30:00 -0400</pubDate><dc:creator>Bo Reyes</dc:creator><category>ports</category>"
    )
    site.pages["/feed"] = rss(item("https://gazette.example/a?utm_source=rss", extra=date)).encode()
    (article,) = articles(read(site.url("/feed")))
    assert article.canonical_url == "https://gazette.example/a"
    assert article.title == "Harbour warns"
    assert article.text.split("\n") == ["The harbour authority warned ships on Thursday."] * 20
    assert article.published_at == datetime(2025, 6, 20, 3, 30, tzinfo=UTC)
    assert (article.authors, article.tags, article.language) == (["Bo Reyes"], ["ports"], "en")
    assert article.publisher is not None
    assert (article.publisher.id, article.publisher.name) == ("gazette.example", "Selwyn Gazette")
    assert (article.source.connector, article.source.id) == ("feeds", site.url("/feed"))
    assert site.paths() == ["/feed"]


def test_atom(site: Site, read: Read) -> None:
    entry = (
        "<entry><title type='html'>Ships &amp;amp; light</title><id>tag:x,1</id><link rel='alternate' href='/a'/>"
        f"<updated>2025-06-19T10:00:00+02:00</updated><content type='html'>{escape(LONG)}</content></entry>"
    )
    site.pages["/atom"] = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>G</title>{entry}</feed>".encode()
    (article,) = articles(read(site.url("/atom")))
    assert article.title == "Ships & light"
    assert article.url == site.url("/a")
    assert article.published_at == datetime(2025, 6, 19, 8, tzinfo=UTC)


def test_a_teaser_is_completed_from_the_page(site: Site, read: Read) -> None:
    site.pages["/a"] = page(LONG)
    site.pages["/feed"] = rss(item(site.url("/a"), "Feed title", content="<p>The harbour…</p>")).encode()
    (article,) = articles(read(site.url("/feed")))
    assert article.text.count("warned ships") > 1
    assert article.title == "Feed title"


def test_without_a_page_the_summary_must_do(site: Site, read: Read) -> None:
    summary = "<description>The harbour authority warned ships.</description>"
    site.pages["/feed"] = rss(item(site.url("/gone"), content="", extra=summary)).encode()
    assert articles(read(site.url("/feed")))[0].flags == ["stub"]
    (article,) = articles(read(site.url("/feed")))
    assert article.text == "The harbour authority warned ships."


def test_a_page_that_is_away_for_now_is_tried_again(site: Site, read: Read) -> None:
    site.pages["/a"] = status(503)
    site.pages["/feed"] = body(rss(item(site.url("/a"), content="")).encode(), Content_Type=RSS, ETag='"1"')
    checkpoint: dict = {}
    assert refusal(read(site.url("/feed"), checkpoint)).transient
    site.pages["/a"] = page(LONG)
    assert [type(thing) for thing in read(site.url("/feed"), checkpoint)] == [Unchanged]
    assert articles(read(site.url("/feed"), checkpoint, now=NOW + timedelta(minutes=6)))
    assert [type(thing) for thing in read(site.url("/feed"), checkpoint)] == [Unchanged]


def test_a_page_that_comes_after_its_feed_is_not_missed(site: Site, read: Read) -> None:
    checkpoint: dict = {}
    site.pages["/feed"] = rss(item(site.url("/a"), content="")).encode()
    assert "status 404" in refusal(read(site.url("/feed"), checkpoint)).reason
    site.pages["/a"] = page(LONG)
    assert articles(read(site.url("/feed"), checkpoint, now=NOW + timedelta(minutes=6)))


def test_entries_that_cannot_be_articles_are_refused_and_the_rest_goes_on(site: Site, read: Read) -> None:
    site.pages["/feed"] = rss(
        item("", "No link"),
        item("javascript:alert(1)", "Strange link"),
        item(site.url("/gone"), "Nothing but a title", content=""),
        item("https://gazette.example/" + "a" * 3000),
        item("https://gazette.example/good"),
    ).encode()
    found = read(site.url("/feed"))
    assert [type(thing) for thing in found] == [Refusal] * 4 + [Article]
    assert all(thing.raw and thing.reason for thing in found if isinstance(thing, Refusal))


@pytest.mark.parametrize(
    "date, expected",
    [
        ("Sat, 21 Jun 2025 10:00:00 GMT", NOW),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("yesterday", None),
        ("Thu, 19 Jun 2025 10:00:00", datetime(2025, 6, 19, 10, tzinfo=UTC)),
        ("Thu, 19 Jun 2025 10:00:00 EST", datetime(2025, 6, 19, 15, tzinfo=UTC)),
    ],
)
def test_dates(site: Site, read: Read, date: str, expected: datetime | None) -> None:
    site.pages["/feed"] = rss(item("https://gazette.example/a", extra=f"<pubDate>{date}</pubDate>")).encode()
    (article,) = articles(read(site.url("/feed")))
    assert article.published_at == expected


def test_a_feed_in_windows_1251(site: Site, read: Read) -> None:
    title = "Порт предостерёг суда"
    text = "<p>Управление порта предостерегло суда в четверг.</p>" * 20
    feed = rss(item("https://gazette.example/a", title, content=text))
    declared = feed.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="windows-1251"?>')
    site.pages["/declared"] = declared.encode("cp1251")
    site.types["/declared"] = "text/xml"
    site.pages["/header"] = feed.encode("cp1251")
    site.types["/header"] = "application/xml; charset=windows-1251"
    for path in ("/declared", "/header"):
        (article,) = articles(read(site.url(path)))
        assert article.title == title


def test_an_ill_formed_feed_is_read_as_far_as_it_goes(site: Site, read: Read) -> None:
    whole = rss(item("https://gazette.example/a", "First & last"), item("https://gazette.example/b"))
    site.pages["/feed"] = whole.replace("&amp;", "&").replace("</channel></rss>", "<item><title>cut").encode()
    found = read(site.url("/feed"))
    assert [thing.title for thing in found if isinstance(thing, Article)] == ["First & last", "Harbour warns"]


def test_entities_are_not_expanded(site: Site, read: Read) -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    text = rss(item("https://gazette.example/a").replace("Harbour warns", "x &b; &f;"))
    site.pages["/feed"] = text.replace("?>", "?>" + bomb, 1).encode()
    for thing in read(site.url("/feed")):
        assert "root:" not in str(thing)
        assert "haha" not in str(thing)


def test_nothing_new_costs_one_small_answer(site: Site, settings: Settings) -> None:
    feed = rss(item("https://gazette.example/a")).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        known = handler.headers.get("If-None-Match") == '"1"'
        (status(304) if known else body(feed, Content_Type=RSS, ETag='"1"'))(handler)

    site.pages["/feed"] = answer
    with Fetcher(settings) as fetcher:
        checkpoint: dict = {}
        for expected in (Article, Unchanged):
            target = Target(site.url("/feed"), settings, fetcher, NOW)
            assert [type(thing) for thing in FeedConnector(target).read(checkpoint)] == [expected]


def test_a_changed_entry_comes_again(site: Site, read: Read) -> None:
    checkpoint: dict = {}
    entries = [item("https://gazette.example/a"), item("https://gazette.example/b")]
    site.pages["/feed"] = rss(*entries).encode()
    assert len(articles(read(site.url("/feed"), checkpoint))) == 2
    site.pages["/feed"] = rss(entries[0], item("https://gazette.example/b", "Corrected")).encode()
    assert [type(thing) for thing in read(site.url("/feed"), checkpoint)] == [Unchanged, Article]


def test_an_address_may_be_a_single_page(site: Site, read: Read) -> None:
    site.pages["/a"] = page(LONG)
    (article,) = articles(read(site.url("/a")))
    assert article.source.connector == "pages"
    assert article.publisher is not None
    assert article.publisher.id == "127.0.0.1"


def test_what_no_feed_and_no_page_can_be(site: Site, read: Read) -> None:
    site.pages["/pdf"] = b"%PDF-1.4 and so on"
    site.pages["/empty"] = b""
    assert "a PDF" in refusal(read(site.url("/pdf"))).reason
    assert "empty" in refusal(read(site.url("/empty"))).reason


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"<rss>")
        time.sleep(0.05)


BOMB = gzip.compress(b"<rss>" + b"\0" * 20_000_000)


def bomb(handler: BaseHTTPRequestHandler) -> None:
    body(BOMB, Content_Encoding="gzip")(handler)


@pytest.mark.parametrize(
    "answer, error, reason",
    [
        (status(404), BadInput, "status 404"),
        (status(403), BadInput, "refuses access"),
        (status(500), Unreachable, "status 500"),
        (status(429), Unreachable, "status 429"),
        (lambda handler: time.sleep(2), Unreachable, "within 1 seconds"),
        (drip, Unreachable, "within 1 seconds"),
        (bomb, BadInput, "sends more than"),
        (body(b"x" * 11_000_000), BadInput, "sends more than"),
        (body(b"plain", Content_Encoding="gzip"), Unreachable, "broken gzip"),
        (body(b"plain", Content_Encoding="br"), BadInput, "for which we did not ask"),
        (status(302, Location="/feed"), BadInput, "redirects more than 5 times"),
        (status(302), BadInput, "redirects to nowhere"),
        (status(301, Location="file:///etc/passwd"), BadInput, "not an http"),
        (lambda handler: handler.wfile.write(b"nonsense\r\n\r\n"), Unreachable, "does not answer"),
    ],
)
def test_faults_of_servers(
    site: Site, settings: Settings, answer: object, error: type[DemarcheError], reason: str
) -> None:
    site.pages["/feed"] = answer  # type: ignore[assignment]
    quick = settings.model_copy(update={"request_timeout_s": 1})
    with Fetcher(quick) as fetcher, pytest.raises(error, match=reason):
        fetcher.get(site.url("/feed"))


def test_a_server_that_is_not_there(settings: Settings) -> None:
    with Fetcher(settings) as fetcher:
        with pytest.raises(Unreachable, match="does not answer"):
            fetcher.get("http://127.0.0.1:1/feed")
        with pytest.raises(Unreachable, match="cannot be found"):
            fetcher.get("http://no-such-host.invalid/feed")
        for address in ("http://", "http://[::1", "ftp://example.org/"):
            with pytest.raises(BadInput, match="address"):
                fetcher.get(address)


def test_redirects_are_followed_and_requests_are_honest(site: Site, read: Read, settings: Settings) -> None:
    site.pages["/old"] = status(301, Location="/feed")
    packed = gzip.compress(rss(item("/a")).encode())
    site.pages["/feed"] = body(packed, Content_Type=RSS, Content_Encoding="gzip")
    (article,) = articles(read(site.url("/old")))
    assert article.url == site.url("/a")
    assert user_agent(settings).endswith("(+desk@example.org)")
    assert {headers["User-Agent"] for _path, headers in site.requests} == {user_agent(settings)}


def test_one_host_is_not_hurried(site: Site, settings: Settings) -> None:
    site.pages["/a"] = b"x"
    with Fetcher(settings.model_copy(update={"request_gap_s": 0.2})) as fetcher:
        start = time.monotonic()
        for _ in range(3):
            fetcher.get(site.url("/a"))
    assert time.monotonic() - start >= 0.4


@pytest.mark.parametrize(
    "head, feed",
    [
        (b"<?xml version='1.0'?><rss version='2.0'>", True),
        (b"\xef\xbb\xbf<!-- generated --><feed xmlns='http://www.w3.org/2005/Atom'>", True),
        ("<?xml version='1.0'?><rss>".encode("utf-16"), True),
        (b"<rdf:RDF>", True),
        (b"<!doctype html><html><body>an <rss> tag</body>", False),
        (b"", False),
    ],
)
def test_feeds_are_told_from_pages_by_what_is_in_them(head: bytes, feed: bool) -> None:
    assert is_feed(head) is feed


class NoPages(Fetcher):
    """Has no connection to open, which takes longer than reading a feed."""

    def __init__(self) -> None:
        pass

    def get(self, url: str, **_options: object) -> Response:
        raise BadInput(f"{url} is not asked for in this test.")


ATOM = (
    '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>G</title><updated>2025-06-19T10:00:00Z</updated>'
    "<entry><title type='html'>Ships &amp;amp; light</title><id>tag:x,1</id><link href='https://gazette.example/c'/>"
    "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Three</p></div></content></entry></feed>"
)
PLAIN = rss(
    item("https://gazette.example/a", content="<p>One</p>", extra="<pubDate>Thu, 19 Jun 2025 10:00:00 GMT</pubDate>"),
    item("https://gazette.example/b", "Ж & ж", content="Two", extra="<guid>urn:2</guid><category>x</category>"),
)
SEEDS = [
    PLAIN.encode(),
    PLAIN.replace("?>", ' encoding="windows-1251"?>', 1).encode("cp1251"),
    PLAIN.encode("utf-16"),
    PLAIN.replace("?>", ' encoding="gb18030"?>', 1).encode("gb18030"),
    ATOM.encode(),
]
PIECES = [
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"&#0;",
    b"&#xD83D;",
    b"<a b='",
    b"</item>",
    b"\xff\xfe",
    b"<!DOCTYPE x [",
    b"&nbsp;",
    b"]>",
]
TYPES = [RSS, "text/html; charset=utf-7", "application/xml; charset=nonsense", "text/plain; charset=utf-16", ""]


@given(st.data())
@hypothesis_settings(max_examples=300, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_feeds_never_crash(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole)))
        piece = data.draw(st.one_of(st.binary(max_size=8), st.sampled_from(PIECES)))
        whole[at : at + data.draw(st.integers(0, 30))] = piece
    target = Target("http://gazette.example/feed", Settings(), NoPages(), NOW)
    headers = httpx.Headers({"content-type": data.draw(st.sampled_from(TYPES))})
    target.response = Response(target.name, 200, headers, bytes(whole))
    checkpoint: dict = {}
    for thing in FeedConnector(target).read(checkpoint):
        if isinstance(thing, Article):
            assert thing.to_json()
        elif isinstance(thing, Refusal):
            assert dead_letter(thing).to_json()
    assert json.dumps(checkpoint)


def versions(site: Site, path: str, *bodies: bytes, etag: Callable[[int], str]) -> list[int]:
    """Answers with one body after the other, and 304 where its ETag is known; returns the statuses as they are sent."""
    sent: list[int] = []
    left = list(enumerate(bodies))

    def answer(handler: BaseHTTPRequestHandler) -> None:
        number, data = left.pop(0) if len(left) > 1 else left[0]
        same = handler.headers.get("If-None-Match") == etag(number)
        sent.append(304 if same else 200)
        (status(304) if same else body(data, ETag=etag(number)))(handler)

    site.pages[path] = answer
    return sent


def follow(site: Site, settings: Settings, checkpoint: dict, now: datetime, **options: object) -> list[type]:
    with Fetcher(settings) as fetcher:
        target = Target(site.url("/feed"), settings, fetcher, now, Options(**options))  # type: ignore[arg-type]
        return [type(thing) for thing in FeedConnector(target).read(checkpoint)]


ONE, TWO = rss(item("https://gazette.example/a")).encode(), rss(item("https://gazette.example/b")).encode()


def test_a_feed_without_validators_is_known_by_its_body(site: Site, settings: Settings) -> None:
    checkpoint: dict = {}
    site.pages["/feed"] = ONE
    assert follow(site, settings, checkpoint, NOW) == [Article]
    assert follow(site, settings, checkpoint, NOW) == [Unchanged]
    site.pages["/feed"] = TWO
    assert follow(site, settings, checkpoint, NOW) == [Article]


def test_a_lying_server_is_caught_within_a_day_and_at_once_by_the_switch(site: Site, settings: Settings) -> None:
    for options, later, expected in (
        ({}, timedelta(minutes=5), [Unchanged]),
        ({}, timedelta(hours=25), [Article]),
        ({"conditional": False}, timedelta(minutes=5), [Article]),
    ):
        checkpoint: dict = {}
        versions(site, "/feed", ONE, TWO, etag=lambda _number: '"same"')
        assert follow(site, settings, checkpoint, NOW, **options) == [Article]
        assert follow(site, settings, checkpoint, NOW + later, **options) == expected


def test_not_modified_without_being_asked_is_a_fault(site: Site, settings: Settings) -> None:
    site.pages["/feed"] = status(304)
    assert follow(site, settings, {}, NOW) == [Refusal]


def test_no_more_entries_than_allowed(site: Site, read: Read) -> None:
    site.pages["/feed"] = rss(*(item(f"https://gazette.example/{number}") for number in range(2_001))).encode()
    found = read(site.url("/feed"))
    assert len(found) == 2_001
    assert "more than 2,000 entries" in str(found[-1])


def test_guids_are_kept_where_they_tell_entries_apart(site: Site, read: Read) -> None:
    guids = ["urn:1", "urn:2", "urn:2"]
    entries = (
        item(f"https://gazette.example/{number}", extra=f"<guid isPermaLink='false'>{guid}</guid>")
        for number, guid in enumerate(guids)
    )
    site.pages["/feed"] = rss(*entries).encode()
    assert [article.source.guid for article in articles(read(site.url("/feed")))] == ["urn:1", None, None]


def test_an_entity_bomb_in_utf_16_is_not_expanded_either(site: Site, read: Read) -> None:
    levels = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 12))
    text = rss(item("https://gazette.example/a").replace("Harbour warns", "x &e11;"))
    declared = f'<?xml version="1.0" encoding="utf-16"?><!DOCTYPE rss [<!ENTITY e0 "ha">{levels}]>'
    site.pages["/feed"] = text.replace('<?xml version="1.0"?>', declared).encode("utf-16")
    started = time.monotonic()
    for thing in read(site.url("/feed")):
        assert "haha" not in str(thing)
    assert time.monotonic() - started < 5


def test_a_feed_that_links_to_the_inside(site: Site, settings: Settings) -> None:
    site.pages["/feed"] = rss(
        item("http://169.254.169.254/latest/meta-data", content=""), item("http://10.0.0.1/", content="")
    ).encode()
    with Fetcher(settings) as fetcher:
        found = list(FeedConnector(Target(site.url("/feed"), settings, fetcher, NOW)).read({}))
    assert all("not a public address" in str(thing) for thing in found)
    assert len(found) == 2
