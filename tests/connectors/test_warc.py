"""Archives of the web, made here with warcio."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from connectors.base import Found, Refusal
from pipeline.records import Article
from pipeline.settings import Settings

Read = Callable[..., list[Found]]
TEXT = "The harbour authority warned ships on Thursday not to anchor north of the old light. " * 4


def page(title: str, text: str = TEXT) -> bytes:
    return f"<html><head><title>{title}</title></head><body><article><p>{text}</p></article></body></html>".encode()


def archive(*pages: tuple[str, str, str, bytes], packed: bool = False) -> bytes:
    """Responses of (address, status line, media type, body), with the request of each."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=packed)
    for url, status, media_type, body in pages:
        headers = StatusAndHeaders(status, [("Content-Type", media_type)], protocol="HTTP/1.1")
        date = {"WARC-Date": "2024-03-02T10:11:12Z"}
        record = writer.create_warc_record(
            url, "response", io.BytesIO(body), http_headers=headers, warc_headers_dict=date
        )
        asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "gazette.example")], is_http_request=True)
        writer.write_request_response_pair(writer.create_warc_record(url, "request", http_headers=asked), record)
    return buffer.getvalue()


PAGES = (
    ("https://gazette.example/a?utm_source=x", "200 OK", "text/html; charset=utf-8", page("One")),
    ("https://gazette.example/gone", "404 Not Found", "text/html", page("Gone")),
    ("https://gazette.example/light.jpg", "200 OK", "image/jpeg", b"\xff\xd8"),
    ("https://gazette.example/empty", "200 OK", "text/html", b"<html><body></body></html>"),
    ("https://gazette.example/b", "200 OK", "application/xhtml+xml", page("Two")),
)


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_pages_of_an_archive_are_articles_of_their_time(read: Read, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(archive(*PAGES, packed=name.endswith(".gz")))
    found = read(tmp_path / name)
    first, second = (thing for thing in found if isinstance(thing, Article))
    assert (first.title, first.canonical_url) == ("One", "https://gazette.example/a")
    assert first.fetched_at == first.first_seen_at == datetime(2024, 3, 2, 10, 11, 12, tzinfo=UTC)
    assert second.title == "Two"
    [refusal] = (thing for thing in found if isinstance(thing, Refusal))
    assert refusal.input.endswith(f"{name}, https://gazette.example/empty")
    assert refusal.raw == b"<html><body></body></html>"


def test_an_archive_may_be_large_a_page_may_not(read: Read, tmp_path: Path, settings: Settings) -> None:
    pages = [(f"https://gazette.example/{n}", "200 OK", "text/html", page(str(n), f"{n} {TEXT}")) for n in range(20)]
    pages[3] = (*pages[3][:3], page("long", TEXT * 9))
    (tmp_path / "a.warc").write_bytes(archive(*pages))
    found = read(tmp_path / "a.warc", options=settings.model_copy(update={"max_file_bytes": 1000}))
    assert sum(isinstance(thing, Article) for thing in found) == 19
    assert "larger than 1,000 bytes" in str(found[3])


@pytest.mark.parametrize(
    "data",
    [b"", b"no archive", gzip.compress(b"no archive"), archive(*PAGES)[:-300], archive(*PAGES, packed=True)[:-90]],
)
def test_a_broken_archive_is_read_as_far_as_it_goes(read: Read, tmp_path: Path, data: bytes) -> None:
    name = "a.warc.gz" if data.startswith(b"\x1f") else "a.warc"
    (tmp_path / name).write_bytes(data)
    found = read(tmp_path / name)
    assert any(isinstance(thing, Refusal) for thing in found)
    if len(data) > 500:
        assert isinstance(found[0], Article)
