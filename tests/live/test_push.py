"""`demarche push` against the real Kafka, as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
    env = {**environment, "DEMARCHE_PUSH_SECRET_FILE": str(secret)}
    process = subprocess.Popen(command, env=env, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    address = f"http://127.0.0.1:{port}"
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
