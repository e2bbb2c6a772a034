"""A press of some sixty feeds, sitemaps and pages on loopback, with the faults of real ones.

Each is on a host of its own unless said otherwise. A fault is a function from the handler and the feed's bytes to the
answer. Every request is logged with its time.
"""

from __future__ import annotations

import gzip
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

WORDS = ["harbour", "strait", "pilots", "customs", "ferry", "lighthouse", "quarantine", "convoy", "tariff", "dredging"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as the log has it."""

    at: float
    host: str
    path: str
    status: int
    conditional: bool


@dataclass
class Item:
    path: str
    title: str
    text: str
    guid: str | None = None
    date: datetime | None = None
    link: str | None = None

    @classmethod
    def of(cls, feed: str, number: int, **more: object) -> Item:
        words = random.Random(f"{feed}-{number}").choices(WORDS, k=150)
        text = f"Ruritania spoke of {feed} in part {number}. " + " ".join(words) + "."
        fields: dict[str, object] = {
            "guid": f"urn:{feed}:{number}",
            "date": datetime.now(UTC) - timedelta(hours=number),
        }
        return cls(path=f"/{feed}/{number}", title=f"{feed} {number}", text=text, **(fields | more))  # type: ignore[arg-type]


Answer = Callable[["Handler", bytes, "Feed"], None]


@dataclass
class Feed:
    """One feed of the press. `pages` maps paths of its host to what they answer."""

    name: str
    host: str
    items: list[Item]
    address: str = ""
    answer: Answer = field(default=lambda handler, body, _feed: handler.with_validators(body))
    full_text: bool = True
    encoding: str = "utf-8"
    declared: str = "utf-8"
    prolog: str = ""
    pages: dict[str, Callable[[Handler], None]] = field(default_factory=dict)
    kind: str = "feed"
    keys: dict[str, object] = field(default_factory=dict)
    """Keys of its table in the list of sources."""
    fails: str | None = None
    """A part of the error that its health must report; None for a feed that works."""

    @property
    def path(self) -> str:
        return f"/{self.name}.xml"

    @property
    def url(self) -> str:
        return self.address + self.path

    def body(self) -> bytes:
        if self.kind != "feed":
            return OTHER_KINDS[self.kind](self)
        entries = "".join(map(self._entry, self.items))
        head = f'<?xml version="1.0" encoding="{self.declared}"?>{self.prolog}'
        content = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        text = f'{head}<rss version="2.0" {content}><channel><title>{self.name}</title>{entries}</channel></rss>'
        return text.encode(self.encoding)

    def _entry(self, item: Item) -> str:
        guid = f'<guid isPermaLink="false">{escape(item.guid)}</guid>' if item.guid else ""
        date = f"<pubDate>{format_datetime(item.date)}</pubDate>" if item.date else ""
        carried = f"<content:encoded>{escape(f'<p>{item.text}</p>')}</content:encoded>" if self.full_text else ""
        link = item.link or self.address + item.path
        return f"<item><title>{escape(item.title)}</title><link>{escape(link)}</link>{guid}{date}{carried}</item>"


def sitemap(feed: Feed) -> bytes:
    entries = "".join(
        f"<url><loc>{feed.address}{item.path}</loc><news:news><news:title>{escape(item.title)}</news:title>"
        f"<news:publication_date>{item.date.isoformat() if item.date else ''}</news:publication_date></news:news></url>"
        for item in feed.items
    )
    space = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {space}>{entries}</urlset>'.encode()


def json_feed(feed: Feed) -> bytes:
    items = [
        {"id": item.guid, "url": feed.address + item.path, "title": item.title, "content_text": item.text}
        for item in feed.items
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": feed.name, "items": items}).encode()


def section(feed: Feed) -> bytes:
    links = "".join(f'<li><a href="{item.path}">{escape(item.title)}, told at length</a></li>' for item in feed.items)
    return f"<html><body><h1>{feed.name}</h1><ul>{links}</ul></body></html>".encode()


OTHER_KINDS: dict[str, Callable[[Feed], bytes]] = {
    "sitemap": sitemap,
    "json-feed": json_feed,
    "section": section,
    "page": lambda feed: page(feed.items[0]),
}


class Handler(BaseHTTPRequestHandler):
    """Answers for the feeds and pages of one host, and keeps the log."""

    press: Press
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        host = self.server.server_address[0]
        self.seen_at = time.monotonic()
        self.status = 0
        with suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            self._answer(str(host))
        conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
        self.press.log.append(Seen(self.seen_at, str(host), self.path, self.status, conditional))

    def _answer(self, host: str) -> None:
        for feed in self.press.feeds:
            if feed.host != host:
                continue
            if self.path == feed.path:
                return feed.answer(self, feed.body(), feed)
            if self.path in feed.pages:
                return feed.pages[self.path](self)
            for item in feed.items:
                if self.path == item.path:
                    return self.send(page(item))
        return self.send(b"", 404)

    def send(self, body: bytes, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if body:
            self.wfile.write(body)

    def send_response(self, code: int, message: str | None = None) -> None:
        self.status = code
        super().send_response(code, message)

    def with_validators(self, body: bytes) -> None:
        """An honest feed: an ETag that changes with the body."""
        etag = f'"{hash(body)}"'
        if self.headers.get("If-None-Match") == etag:
            return self.send(b"", 304, ETag=etag)
        return self.send(body, ETag=etag, Content_Type="application/rss+xml")

    def log_message(self, *_args: object) -> None:
        pass


def page(item: Item) -> bytes:
    return (
        f"<html><head><title>{escape(item.title)}</title></head><body><article><h1>{escape(item.title)}</h1>"
        f"<p>{escape(item.text)}</p></article></body></html>"
    ).encode()


@dataclass
class Press:
    feeds: list[Feed]
    log: list[Seen] = field(default_factory=list)

    def feed(self, name: str) -> Feed:
        return next(feed for feed in self.feeds if feed.name == name)

    def sources(self) -> str:
        """The list of sources that follows them all."""
        tables = []
        for feed in self.feeds:
            keys = {"url": feed.url, "kind": feed.kind, **feed.keys}
            lines = [
                f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
                for key, value in keys.items()
            ]
            tables.append("[[sources]]\n" + "\n".join(lines))
        return "\n\n".join(tables) + "\n"


@contextmanager
def served(feeds: list[Feed]) -> Iterator[Press]:
    """The press at work, one server a host. Hosts are 127.0.0.x, all of them this machine."""
    press = Press(feeds)
    handler = type("PressHandler", (Handler,), {"press": press})
    servers: dict[str, ThreadingHTTPServer] = {}
    for feed in feeds:
        if feed.host not in servers and feed.host.startswith("127."):
            servers[feed.host] = server = ThreadingHTTPServer((feed.host, 0), handler)
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
        if feed.host in servers:
            feed.address = f"http://{feed.host}:{servers[feed.host].server_port}"
        else:
            feed.address = f"http://{feed.host}"
    try:
        yield press
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()


# -- faults ---------------------------------------------------------------------------------------------------------


def plain(handler: Handler, body: bytes, _feed: Feed) -> None:
    """No validators at all: only the body tells that nothing is new."""
    handler.send(body, Content_Type="application/rss+xml")


def typed(media_type: str) -> Answer:
    def answer(handler: Handler, body: bytes, _feed: Feed) -> None:
        etag = f'"{hash(body)}"'
        if handler.headers.get("If-None-Match") == etag:
            handler.send(b"", 304, ETag=etag)
        else:
            handler.send(body, ETag=etag, Content_Type=media_type)

    return answer


def dated(handler: Handler, body: bytes, _feed: Feed) -> None:
    """Last-Modified only, from the number of items."""
    modified = format_datetime(datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=hash(body) % 10**6), usegmt=True)
    if handler.headers.get("If-Modified-Since") == modified:
        handler.send(b"", 304)
    else:
        handler.send(body, Last_Modified=modified, Content_Type="text/xml")


def lying(handler: Handler, body: bytes, _feed: Feed) -> None:
    """Always the same ETag, and 304 for it whatever has changed."""
    if handler.headers.get("If-None-Match"):
        handler.send(b"", 304)
    else:
        handler.send(body, ETag='"same"')


def moved(status: int, location: str) -> Answer:
    def answer(handler: Handler, _body: bytes, feed: Feed) -> None:
        handler.send(b"", status, Location=location.format(address=feed.address))

    return answer


def at_other_path(feed: Feed) -> Feed:
    """The feed also answers at /moved.xml."""
    feed.pages["/moved.xml"] = lambda handler: handler.with_validators(feed.body())
    return feed


def failing(status: int, times: int = 10**6, **headers: str) -> Answer:
    left = [times]

    def answer(handler: Handler, body: bytes, _feed: Feed) -> None:
        left[0] -= 1
        if left[0] >= 0:
            handler.send(b"", status, **headers)
        else:
            handler.with_validators(body)

    return answer


def slow(handler: Handler, body: bytes, _feed: Feed) -> None:
    time.sleep(1)
    handler.with_validators(body)


def drip(handler: Handler, body: bytes, _feed: Feed) -> None:
    handler.send(b"", length=len(body) * 1000)
    for _ in range(100):
        handler.wfile.write(b"<rss>")
        time.sleep(0.2)


def drip_headers(handler: Handler, _body: bytes, _feed: Feed) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        handler.wfile.write(f"X-{number}: 1\r\n".encode())
        time.sleep(0.2)
    handler.close_connection = True


def bomb(handler: Handler, _body: bytes, _feed: Feed) -> None:
    handler.send(BOMB, Content_Encoding="gzip")


BOMB = gzip.compress(b"<rss>" + b" " * 30_000_000)


def packed(handler: Handler, body: bytes, _feed: Feed) -> None:
    handler.send(gzip.compress(body, mtime=0), Content_Encoding="gzip")


def cut(handler: Handler, body: bytes, _feed: Feed) -> None:
    """Ill-formed: a bare ampersand, and nothing is closed."""
    handler.with_validators(body.replace(b"</channel></rss>", b"<item><title>this & that"))


def hung_up(handler: Handler, body: bytes, _feed: Feed) -> None:
    handler.send(body[:100], length=len(body))
    handler.close_connection = True


def nonsense(handler: Handler, _body: bytes, _feed: Feed) -> None:
    handler.wfile.write(b"\x00\x01 no HTTP at all\r\n\r\n")
    handler.close_connection = True


def unstable_guids(handler: Handler, _body: bytes, feed: Feed) -> None:
    for item in feed.items:
        item.guid = f"urn:{random.random()}"
    handler.send(feed.body())


def press() -> list[Feed]:
    """All of them."""
    number = iter(range(2, 250))

    def make(name: str, items: int = 3, *, host: str | None = None, **more: object) -> Feed:
        listed = [Item.of(name, at) for at in range(1, items + 1)]
        return Feed(name, host or f"127.0.0.{next(number)}", listed, **more)  # type: ignore[arg-type]

    feeds = [make(f"good{at}") for at in range(8)]
    feeds += [make(f"teaser{at}", full_text=False) for at in range(4)]
    feeds += [make(f"shared{at}", host="127.0.0.250", full_text=at == 0) for at in range(5)]
    feeds += [
        make("dated", answer=dated),
        make("plain", answer=plain),
        make("packed", answer=packed),
        make("as_html", answer=typed("text/html")),
        make("as_octets", answer=typed("application/octet-stream")),
        make("cyrillic", encoding="windows-1251", declared="windows-1251"),
        make("mislabelled", encoding="windows-1251", answer=typed("application/xml; charset=windows-1251")),
        make("chinese", encoding="gb18030", declared="gb18030"),
        make("lying", answer=lying, keys={"conditional": False}),
        at_other_path(make("permanent", answer=moved(301, "{address}/moved.xml"))),
        at_other_path(make("temporary", answer=moved(302, "{address}/moved.xml"))),
        make("slow", answer=slow),
        make("cut", answer=cut),
        make("empty", items=0),
        make("entities", prolog='<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'),
        make("same_guid"),
        make("unstable", answer=unstable_guids),
        make("future"),
        make("undated"),
        make("twins"),
        make("again", items=0),
        make("late_page", full_text=False),
        make("robots", full_text=False),
        make("crawl_delay", full_text=False, items=2),
        make("news_map", kind="sitemap"),
        make("json", kind="json-feed"),
        make("front", kind="section", keys={"link_selector": "ul"}),
        make("single", kind="page", items=1),
        make("empty_map", kind="sitemap", items=0),
        make("broken_map", kind="sitemap", answer=failing(500), fails="status 500"),
        make("no_section", kind="section", items=0, fails="No links to articles"),
        make("busy", answer=failing(429, 1, Retry_After="1")),
        make("away", answer=failing(503, 1, Retry_After="Wed, 21 Oct 2099 07:28:00 GMT")),
        make("loop", answer=moved(301, "{address}/loop.xml"), fails="redirects more than 5 times"),
        make("gone", answer=failing(404), fails="status 404"),
        make("broken", answer=failing(500), fails="status 500"),
        make("drip", answer=drip, fails="did not answer within"),
        make("drip_headers", answer=drip_headers, fails="did not answer within"),
        make("bomb", answer=bomb, fails="sends more than"),
        make("hung_up", answer=hung_up, fails="does not answer"),
        make("nonsense", answer=nonsense, fails="does not answer"),
        make("inside", answer=moved(302, "http://10.1.2.3/feed.xml"), fails="not a public address"),
        make("metadata", answer=moved(302, "http://[::ffff:169.254.169.254]/"), fails="not a public address"),
        make("no_feed", answer=lambda handler, _body, _feed: handler.send(b"{}"), fails="not an RSS or Atom feed"),
        make("nowhere", host="no-such-host.invalid", fails="cannot be found"),
    ]
    by_name = {feed.name: feed for feed in feeds}
    for feed, title in ((by_name["cyrillic"], "Порт"), (by_name["mislabelled"], "Суда"), (by_name["chinese"], "警告")):
        for item in feed.items:
            item.title = f"{title} {item.title}"
    for item in by_name["same_guid"].items:
        item.guid = "urn:all"
    for item in by_name["future"].items:
        item.date = datetime.now(UTC) + timedelta(days=400)
    for item in by_name["undated"].items:
        item.date = item.guid = None
    by_name["robots"].pages["/robots.txt"] = lambda handler: handler.send(b"User-agent: *\nDisallow: /robots/2\n")
    by_name["crawl_delay"].pages["/robots.txt"] = lambda handler: handler.send(b"User-agent: *\nCrawl-delay: 1\n")
    return feeds
