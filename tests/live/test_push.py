"""`demarche push` against the real Kafka, as a user runs it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from connectors.push import signature
from pipeline.settings import Settings

from .topics import published

SECRET = "a secret of the live tests"
TEXT = "The harbour authority warned ships on Thursday not to anchor north of the old light."


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = free_port()
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "push", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    env = {
        **environment,
        "DEMARCHE_PUSH_SECRET_FILE": str(secret),
        "DEMARCHE_PUSH_URL": address,
        "DEMARCHE_PRIVATE_NETWORKS": "127.0.0.0/8",
    }
    process = subprocess.Popen(command, env=env, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{address}/health")
            break
        except httpx.HTTPError:
            time.sleep(0.2)
    yield address, process
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


def push(address: str, articles: object, secret: str = SECRET) -> httpx.Response:
    body, timestamp = json.dumps(articles).encode(), str(int(time.time()))
    headers = {"Demarche-Timestamp": timestamp, "Demarche-Signature": signature(secret.encode(), timestamp, body)}
    return httpx.post(f"{address}/articles", content=body, headers=headers, timeout=60)


def test_what_is_answered_is_in_kafka_once(server: tuple[str, subprocess.Popen[str]], settings: Settings) -> None:
    address, process = server
    first = [{"id": f"item {number}", "title": "Harbour warns", "text": f"{number}. {TEXT}"} for number in range(3)]
    assert push(address, first).json() == {"published": 3, "revised": 0, "unchanged": 0}
    assert len(published(settings)) == 3
    assert push(address, first).json()["unchanged"] == 3
    assert push(address, {**first[0], "text": f"Corrected. {TEXT}"}).json() == {
        "published": 1,
        "revised": 1,
        "unchanged": 0,
    }
    assert push(address, first, secret="not the secret").status_code == 401

    # Many senders at once, two with the same article: each is answered for what Kafka has.
    with ThreadPoolExecutor(8) as senders:
        answers = list(
            senders.map(lambda n: push(address, {"id": f"b{n // 2}", "text": f"{n // 2}. {TEXT}"}), range(40))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["published"] for answer in answers) == 20
    found = published(settings)
    assert len(found) == 24
    assert [article.revision for article in found if article.url == "urn:push:item%200"] == [1, 2]

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=90) == 0


class Hub:
    """A publisher's feed and its hub in one: confirms what it is asked for, and tells of news."""

    def __init__(self) -> None:
        hub = self
        self.asked: dict[str, str] = {}
        self.answer = ""
        self.confirmed = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = hub.feed()
                self.send_response(200)
                self.send_header("Content-Type", "application/atom+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                hub.asked = {key: values[0] for key, values in form.items()}
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                hub.confirm()

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def feed(self, *titles: str) -> bytes:
        entries = "".join(
            f"<entry><id>{title}</id><title>{title}</title><link href='https://gazette.example/{title}'/>"
            f"<content>{title}. {TEXT * 10}</content></entry>"
            for title in titles
        )
        link = f"<link rel='hub' href='{self.address}/hub'/>"
        return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>G</title>{link}{entries}</feed>".encode()

    def confirm(self) -> None:
        told = {"hub.mode": "subscribe", "hub.topic": self.asked["hub.topic"], "hub.challenge": "c-9"}
        answer = httpx.get(self.asked["hub.callback"], params={**told, "hub.lease_seconds": "3600"})
        self.answer = answer.text
        self.confirmed.set()

    def tell(self, body: bytes, secret: str) -> int:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature": f"sha256={digest}", "Content-Type": "application/atom+xml"}
        return httpx.post(self.asked["hub.callback"], content=body, headers=headers, timeout=60).status_code


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    """A hub that runs, for the only feed in the list of sources."""
    hub = Hub()
    settings.home.mkdir(parents=True, exist_ok=True)
    listed = f"[[sources]]\nurl = '{hub.address}/feed'\nkind = 'feed'\npublisher = 'gazette'\n"
    (settings.home / "sources.toml").write_text(listed)
    yield hub
    hub.server.shutdown()
    hub.server.server_close()


def test_a_hub_tells_of_news(hub: Hub, server: tuple[str, subprocess.Popen[str]], settings: Settings) -> None:
    assert hub.confirmed.wait(30)
    assert (hub.answer, hub.asked["hub.topic"]) == ("c-9", f"{hub.address}/feed")
    assert hub.tell(hub.feed("one", "two"), hub.asked["hub.secret"]) == 200
    assert hub.tell(hub.feed("one", "two", "three"), hub.asked["hub.secret"]) == 200
    assert hub.tell(hub.feed("forged"), "guessed") == 403
    found = published(settings)
    assert sorted(article.title for article in found) == ["one", "three", "two"]
    assert {article.publisher.id for article in found if article.publisher} == {"gazette"}


def test_without_a_secret_or_kafka_it_does_not_start(environment: dict[str, str], tmp_path: Path) -> None:
    def run(**changed: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from pipeline.cli import main; main()", "push", "--port", str(free_port())]
        return subprocess.run(
            command,
            env={**environment, **changed},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    bare = run()
    assert (bare.returncode, "openssl rand -hex 32" in bare.stderr) == (78, True)
    away = run(DEMARCHE_PUSH_SECRET=SECRET, DEMARCHE_KAFKA="127.0.0.1:1")
    assert (away.returncode, "demarche up" in away.stderr) == (69, True)
