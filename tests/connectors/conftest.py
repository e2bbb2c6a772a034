"""A small news site on loopback whose answers each test sets, faults included."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connectors.base import Found, Target
from connectors.http import Fetcher
from connectors.kinds import kind_of
from pipeline.settings import Settings

NOW = datetime(2025, 6, 20, 12, 0, tzinfo=UTC)
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """`pages` maps a path to what it answers: bytes, or a function that writes the whole answer."""

    address: str
    pages: dict[str, bytes | Answer] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return self.address + path

    def paths(self) -> list[str]:
        return [path for path, _headers in self.requests]


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def body(data: bytes, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


@pytest.fixture
def site() -> Iterator[Site]:
    found: Site

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.requests.append((self.path, dict(self.headers)))
            page = found.pages.get(self.path, status(404))
            if isinstance(page, bytes):
                page = body(page, Content_Type=found.types.get(self.path, "text/html; charset=utf-8"))
            # The client may have seen enough before all is written.
            with suppress(BrokenPipeError, ConnectionResetError):
                page(self)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path / "home",
        request_timeout_s=2,
        request_gap_s=0,
        contact="desk@example.org",
        private_networks=("127.0.0.0/8",),
    )


@pytest.fixture
def read(settings: Settings) -> Iterator[Callable[..., list[Found]]]:
    """Reads what a user would name, and returns everything found."""
    with Fetcher(settings) as fetcher:

        def read_target(
            name: str | Path, checkpoint: dict | None = None, options: Settings = settings, now: datetime = NOW
        ) -> list[Found]:
            target = Target(str(name), options, fetcher, now)
            return list(kind_of(target).open(target).read({} if checkpoint is None else checkpoint))

        yield read_target
