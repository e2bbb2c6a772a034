"""What the server for pushed articles answers, without Kafka: tests/live has the whole way."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from fastapi.testclient import TestClient

from connectors.base import Connector, Declared, Refusal
from connectors.http import Fetcher, Response
from connectors.publish import Summary
from connectors.push import MAX_SKEW_S, Desk, make_app, shared_secret, signature
from connectors.sources import Source
from connectors.websub import LEASE_S, Hub, Subscriber, add_routes, hub_of
from pipeline.errors import BadSetting, Unreachable
from pipeline.records import Article
from pipeline.settings import Settings

from .conftest import Site

SECRET = b"a secret of the tests only"
NOW = 1_750_420_800.0
TEXT = "The harbour authority warned ships on Thursday not to anchor north of the old light."


class FakeDesk(Desk):
    """Keeps what is published; `error` is raised instead, as when Kafka is away."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.articles: list[Article] = []
        self.error: Exception | None = None
        self.refuse = False

    def publish(self, source: str, connector: Connector, declared: Declared) -> Summary:
        if self.error:
            raise self.error
        summary = Summary()
        for found in connector.read({}):
            if self.refuse:
                summary.refusals.append(Refusal("urn:x", "too large"))
            elif isinstance(found, Article):
                self.articles.append(declared.apply(found))
                summary.published += 1
        return summary


@pytest.fixture
def desk(settings: Settings) -> FakeDesk:
    return FakeDesk(settings.model_copy(update={"max_file_bytes": 5000, "push_url": "https://desk.example/"}))


@pytest.fixture
def client(desk: FakeDesk) -> TestClient:
    return TestClient(make_app(desk, SECRET, clock=lambda: NOW))


def push(client: TestClient, body: bytes, *, at: float = NOW, secret: bytes = SECRET, **headers: str) -> httpx.Response:
    timestamp = str(int(at))
    signed = {"Demarche-Timestamp": timestamp, "Demarche-Signature": signature(secret, timestamp, body)}
    return client.post("/articles", content=body, headers={**signed, **headers})


def test_an_article_or_a_list_is_published(client: TestClient, desk: FakeDesk) -> None:
    assert push(client, json.dumps({"text": TEXT, "id": "7 a"}).encode()).json() == {
        "published": 1,
        "revised": 0,
        "unchanged": 0,
    }
    listed = [{"text": TEXT, "url": "https://gazette.example/a", "title": "Harbour"}, {"text": TEXT, "id": 8}]
    assert push(client, json.dumps(listed).encode()).json()["published"] == 2
    assert [article.canonical_url for article in desk.articles] == [
        "urn:push:7%20a",
        "https://gazette.example/a",
        "urn:push:8",
    ]
    assert {article.source.connector for article in desk.articles} == {"push"}


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"secret": b"another secret of somebody"}, "not that of this"),
        ({"at": NOW - MAX_SKEW_S - 1}, "seconds off"),
        ({"at": NOW + MAX_SKEW_S + 1}, "seconds off"),
        ({"Demarche-Signature": ""}, "are needed"),
        ({"Demarche-Timestamp": "1750420801"}, "not that of this"),
        ({"Demarche-Signature": "sha256=é".encode("latin-1").decode("latin-1")}, "not that of this"),
    ],
)
def test_what_is_not_signed_now_by_the_sender_is_refused(
    client: TestClient, desk: FakeDesk, change: dict, reason: str
) -> None:
    body = json.dumps({"text": TEXT, "id": "7"}).encode()
    options = {key: change[key] for key in ("secret", "at") if key in change}
    headers = {key: value.encode("latin-1") for key, value in change.items() if key.startswith("D")}
    answer = push(client, body, **options, **headers)
    assert answer.status_code == 401
    assert reason in answer.json()["error"]
    assert desk.articles == []


def test_a_signature_holds_for_its_body_only(client: TestClient) -> None:
    timestamp, body = str(int(NOW)), json.dumps({"text": TEXT, "id": "7"}).encode()
    headers = {"Demarche-Timestamp": timestamp, "Demarche-Signature": signature(SECRET, timestamp, body)}
    assert client.post("/articles", content=body + b" ", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "body, status, reason",
    [
        (b"{", 400, "not valid JSON"),
        (b"\xff", 400, "not valid JSON"),
        (b"[]", 400, "list of 0 articles"),
        (b'["x"]', 422, "JSON str, not an object"),
        (b'{"text": "x"}', 422, "neither 'url' nor 'id'"),
        (b'{"id": "1"}', 422, "no field 'text'"),
        (b'{"id": "1", "text": "x", "url": "gopher://x"}', 422, "not an http or https address"),
        (b'{"id": "1", "text": "%s"}' % (b"x" * 6000), 413, "larger than 5,000 bytes"),
    ],
)
def test_bad_bodies_are_refused_with_the_reason(client: TestClient, body: bytes, status: int, reason: str) -> None:
    answer = push(client, body)
    assert answer.status_code == status
    assert reason in answer.text


def test_a_body_that_hides_its_length_is_cut_off(client: TestClient) -> None:
    answer = client.post("/articles", content=iter([b"x" * 3000] * 3))
    assert answer.status_code == 413


def test_one_bad_article_keeps_all_back(client: TestClient, desk: FakeDesk) -> None:
    answer = push(client, json.dumps([{"text": TEXT, "id": "1"}, {"id": "2"}]).encode())
    assert answer.status_code == 422
    assert [wrong["index"] for wrong in answer.json()["articles"]] == [1]
    assert desk.articles == []


def test_without_kafka_the_sender_is_told_to_come_again(client: TestClient, desk: FakeDesk) -> None:
    desk.error = Unreachable("Kafka does not answer.")
    answer = push(client, json.dumps({"text": TEXT, "id": "7"}).encode())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    desk.error, desk.refuse = None, True
    assert push(client, json.dumps({"text": TEXT, "id": "7"}).encode()).status_code == 413
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/docs").status_code == 404


def test_the_secret_comes_from_the_settings_or_a_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file, and long\n")
    assert (
        shared_secret(settings.model_copy(update={"push_secret_file": tmp_path / "secret"})) == b"from a file, and long"
    )
    assert shared_secret(Settings(push_secret="from the environment")) == b"from the environment"
    for bad in (Settings(), Settings(push_secret="short"), Settings(push_secret_file=tmp_path / "missing")):
        with pytest.raises(BadSetting):
            shared_secret(bad)


# -- WebSub ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def hub() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A hub's address, and what it was asked for."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked.append({key: values[0] for key, values in parse_qs(form).items()})
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hub", asked
    server.shutdown()
    server.server_close()


def feed(*titles: str, links: str = "") -> bytes:
    entries = "".join(
        f"<entry><title>{title}</title><link href='https://gazette.example/{title}'/>"
        f"<content>{TEXT * 10}</content></entry>"
        for title in titles
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>G</title>{links}{entries}</feed>".encode()


def answered(body: bytes, **headers: str) -> Response:
    return Response("https://gazette.example/feed", 200, httpx.Headers(headers), body)


def test_a_hub_is_found_in_headers_or_in_the_feed() -> None:
    links = "<link rel='hub' href='https://hub.example/'/><link rel='self' href='https://gazette.example/feed.xml'/>"
    assert hub_of(answered(feed(links=links))) == Hub("https://hub.example/", "https://gazette.example/feed.xml")
    header = '<https://other.example/>; rel="hub", </self>; rel=self'
    assert hub_of(answered(feed(links=links), link=header)) == Hub(
        "https://other.example/", "https://gazette.example/self"
    )
    link = "<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='hub' href='/h'/>"
    rss = f"<rss version='2.0'><channel>{link}</channel></rss>"
    assert hub_of(answered(rss.encode())) == Hub("https://gazette.example/h", "https://gazette.example/feed")
    assert hub_of(answered(feed())) is None


@pytest.fixture
def websub(desk: FakeDesk, site: Site, hub: tuple[str, list[dict[str, str]]]) -> Iterator[WebSub]:
    site.pages["/feed"] = feed(links=f"<link rel='hub' href='{hub[0]}'/>")
    site.pages["/plain"] = feed()
    with Fetcher(desk.settings) as fetcher:
        yield WebSub(desk, fetcher, site, hub[1])


class WebSub:
    """A subscriber with a clock of its own, and the server that hubs talk to."""

    def __init__(self, desk: FakeDesk, fetcher: Fetcher, site: Site, asked: list[dict[str, str]]) -> None:
        self.now = NOW
        self.asked = asked
        self.topic = site.url("/feed")
        self.sources = [Source(url=self.topic, kind="feed", publisher="g"), Source(url=site.url("/plain"), kind="feed")]
        self.subscriber = Subscriber(desk, fetcher, SECRET, lambda: self.sources, clock=lambda: self.now)
        app = make_app(desk, SECRET)
        add_routes(app, self.subscriber, desk.settings)
        self.client = TestClient(app)
        self.path = f"/websub/{self.subscriber.token(self.topic)}"

    def confirm(self, topic: str | None = None, mode: str = "subscribe", lease: str = "1000") -> httpx.Response:
        query = {"hub.mode": mode, "hub.topic": topic or self.topic, "hub.challenge": "c-1", "hub.lease_seconds": lease}
        return self.client.get(self.path, params=query)

    def send(self, body: bytes, secret: str | None = None, method: str = "sha256") -> httpx.Response:
        key = (secret or self.subscriber.hub_secret(self.topic)).encode()
        digest = hmac.new(key, body, getattr(hashlib, method)).hexdigest()
        headers = {"X-Hub-Signature": f"{method}={digest}", "Content-Type": "application/atom+xml"}
        return self.client.post(self.path, content=body, headers=headers)


def test_a_subscription_is_asked_for_confirmed_and_renewed(websub: WebSub) -> None:
    websub.subscriber.refresh()
    [form] = websub.asked
    assert form == {
        "hub.mode": "subscribe",
        "hub.topic": websub.topic,
        "hub.callback": f"https://desk.example{websub.path}",
        "hub.secret": websub.subscriber.hub_secret(websub.topic),
        "hub.lease_seconds": str(LEASE_S),
    }
    assert websub.confirm().text == "c-1"
    websub.now += 700
    websub.subscriber.refresh()
    assert len(websub.asked) == 1
    websub.now += 150
    websub.subscriber.refresh()
    assert len(websub.asked) == 2, "renewed before the lease of 1,000 seconds ends"


def test_a_hub_that_does_not_confirm_is_asked_again(websub: WebSub) -> None:
    websub.subscriber.refresh()
    websub.now += 4000
    websub.subscriber.refresh()
    assert len(websub.asked) == 2
    assert websub.confirm(mode="denied").status_code == 200
    websub.now += 4000
    websub.subscriber.refresh()
    assert len(websub.asked) == 2


def test_what_was_not_asked_for_is_not_confirmed(websub: WebSub) -> None:
    assert websub.confirm().status_code == 404
    websub.subscriber.refresh()
    assert websub.confirm(topic="https://gazette.example/other").status_code == 404
    assert websub.confirm(mode="unsubscribe").status_code == 404
    assert websub.confirm().status_code == 200
    assert websub.confirm().status_code == 404, "confirmed already"
    websub.sources = []
    websub.subscriber.refresh()
    assert websub.confirm(mode="unsubscribe").status_code == 200
    assert websub.send(feed("late")).status_code == 410


def test_news_from_a_hub_are_published_if_it_signed_them(websub: WebSub, desk: FakeDesk) -> None:
    websub.subscriber.refresh()
    websub.confirm()
    assert websub.send(feed("one", "two")).status_code == 200
    assert [article.title for article in desk.articles] == ["one", "two"]
    assert {article.publisher.id for article in desk.articles if article.publisher} == {"g"}
    assert websub.send(feed("three"), method="sha1").status_code == 200
    assert websub.send(feed("four"), secret="guessed").status_code == 403
    assert websub.client.post(websub.path, content=feed("five")).status_code == 403
    assert len(desk.articles) == 3
