"""`demarche ingest` and `sources poll` against the real Kafka, as a user runs them."""

from __future__ import annotations

import base64
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.dead_letters import read_letters
from pipeline.settings import Settings

from .topics import published

TEXT = "The harbour authority warned ships on Thursday not to anchor north of the old light."


@pytest.fixture
def demarche(environment: dict[str, str], tmp_path: Path):
    work = tmp_path / "work"
    work.mkdir()

    def run(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from pipeline.cli import main; main()", *arguments]
        env = {**environment, "DEMARCHE_REQUEST_GAP_S": "0", "DEMARCHE_PRIVATE_NETWORKS": "127.0.0.0/8", **changed}
        done = subprocess.run(command, env=env, cwd=work, capture_output=True, text=True, timeout=120, check=False)
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address at which it is served."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_files_go_in_once_and_a_change_is_a_revision(demarche, work: Path, settings: Settings) -> None:
    (work / "a.txt").write_text(f"Harbour warns ships\n\n{TEXT}", "utf8")
    (work / "b.jsonl").write_text(f'{{"id": "1", "text": "{TEXT}"}}\n{{broken\n', "utf8")
    (work / "empty.txt").touch()
    first = demarche("ingest", "a.txt", "b.jsonl", "empty.txt", "missing.txt")
    assert first.returncode == 0
    assert first.stdout.strip() == "published 2, unchanged 0, refused 3"
    assert "b.jsonl, line 2: It is not valid JSON" in first.stderr
    before = published(settings)
    assert sorted(article.title for article in before) == ["", "Harbour warns ships"]

    second = demarche("ingest", "a.txt", "b.jsonl", "empty.txt", "missing.txt")
    assert second.stdout.strip() == "published 0, unchanged 2, refused 3"
    assert published(settings) == before
    letters = {letter.reason.partition(":")[0]: letter for letter in read_letters(settings)}
    assert sorted(letters) == ["b.jsonl, line 2", "empty.txt", "missing.txt"]
    assert base64.b64decode(letters["b.jsonl, line 2"].value) == b"{broken"

    (work / "a.txt").write_text(f"Harbour warns ships\n\n{TEXT} It said so again.", "utf8")
    assert "published 1 (1 of them revisions), unchanged 1" in demarche("ingest", ".").stdout
    assert "published 2" in demarche("ingest", "a.txt", "b.jsonl", "--again").stdout
    versions = [article for article in published(settings) if article.title]
    assert [article.revision for article in versions] == [1, 2, 2]
    assert len({(article.article_id, article.first_seen_at) for article in versions}) == 1


def test_nothing_usable_is_an_error(demarche, work: Path) -> None:
    (work / "empty.txt").touch()
    assert demarche("ingest", "empty.txt").returncode == 65
    assert demarche("ingest", "http://127.0.0.1:1/feed").returncode == 69


def test_a_long_article_in_any_script_fits(demarche, work: Path, settings: Settings) -> None:
    (work / "long.txt").write_text("警" * 1_000_000, "utf8")
    assert "published 1" in demarche("ingest", "long.txt").stdout
    assert [len(article.text) for article in published(settings)] == [1_000_000]


def test_a_feed_is_followed(demarche, served: tuple[Path, str], settings: Settings) -> None:
    folder, address = served

    def write_feed(*names: str) -> None:
        entries = ""
        for name in names:
            (folder / f"{name}.html").write_text(f"<html><body><article>{f'<p>{TEXT}</p>' * 9}</article></body></html>")
            entries += f"<item><title>{name}</title><link>{address}/{name}.html</link></item>"
        (folder / "feed.xml").write_text(f"<rss version='2.0'><channel><title>G</title>{entries}</channel></rss>")

    write_feed("one", "two")
    assert demarche("sources", "add", f"{address}/feed.xml", "--publisher", "gazette").returncode == 0
    assert "published 2, unchanged 0, refused 0" in demarche("sources", "poll").stdout
    assert "published 0, unchanged 1, refused 0" in demarche("sources", "poll").stdout
    write_feed("one", "two", "three")
    assert "published 1" in demarche("sources", "poll").stdout
    found = published(settings)
    assert sorted(article.title for article in found) == ["one", "three", "two"]
    assert {article.publisher.id for article in found if article.publisher} == {"gazette"}


def test_kafka_away(demarche, work: Path) -> None:
    (work / "a.txt").write_text(TEXT)
    done = demarche("ingest", "a.txt", DEMARCHE_KAFKA="127.0.0.1:1")
    assert done.returncode == 69
    assert "demarche up" in done.stderr
    assert demarche("ingest", "a.txt").stdout.startswith("published 1")
