"""Files to articles: text, pages, JSONL, what agencies deliver and archives of the web, each also as .gz."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, cast

from pipeline.errors import BadInput
from pipeline.inputs.articles import article_from_line, article_from_text
from pipeline.inputs.pages import article_from_page
from pipeline.inputs.text import decode, decode_page, refuse_binary
from pipeline.inputs.warc import articles_from_warc
from pipeline.inputs.wire import articles_from_wire
from pipeline.records import Article, SourceRef
from pipeline.settings import Settings

FORMATS = {
    **{".txt": "text", ".text": "text", ".html": "html", ".htm": "html", ".jsonl": "jsonl", ".ndjson": "jsonl"},
    **{".xml": "wire", ".nitf": "wire", ".json": "wire", ".warc": "warc"},
}
CONNECTOR = "files"


@dataclass(frozen=True, slots=True)
class BadPart:
    """One part of a file that no article can be made of, while the others can. `place` says where it is."""

    place: str
    raw: bytes
    error: BadInput


def format_of(path: Path) -> str | None:
    """`text`, `html`, `jsonl`, `wire` or `warc` by the file's name; None for a file that we do not read."""
    return FORMATS.get(_plain(path).suffix.lower())


def stem_of(path: Path) -> str:
    return printable(_plain(path).stem)


def printable(name: str | Path) -> str:
    """A file's name as UTF-8 can carry it: file systems also have names that are no text."""
    return str(name).encode("utf8", "surrogateescape").decode("utf8", "replace")


def _plain(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file, decompressed. Raises BadInput with what to do where it cannot be read."""
    too_large = BadInput(
        f"It is larger than {max_bytes:,} bytes.", "Split it into smaller files, or raise DEMARCHE_MAX_FILE_BYTES."
    )
    with _opened(path) as file:
        if path.stat().st_size > max_bytes:
            raise too_large
        # Never more than that, whatever its size is said to be: a device has none.
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise too_large
    return data


@contextmanager
def _opened(path: Path, *, unpack: bool = True) -> Iterator[IO[bytes]]:
    """The file, decompressed if it is packed; what goes wrong with it, now or while it is read, is a BadInput."""
    try:
        with gzip.open(path) if unpack and path.suffix.lower() == ".gz" else path.open("rb") as file:
            yield cast("IO[bytes]", file)
    except FileNotFoundError:
        raise BadInput("There is no such file.", "Check its name and the working directory.") from None
    except PermissionError:
        raise BadInput("You have no permission to read it.", f"Allow it with: chmod u+r '{printable(path)}'") from None
    except IsADirectoryError:
        raise BadInput("It is a folder.", "Name a file in it.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(f"It is not a valid gzip file: {error}.", "Pack it again.") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"It cannot be read: {error}.", "Check the disk and the file.") from None


def read_articles(
    data: bytes, *, path: Path, kind: str, settings: Settings, fetched_at: datetime, url: str | None = None
) -> Iterator[Article | BadPart]:
    """The articles in a file's bytes: one of a text or page, one a line of JSONL, one an item or archived page.

    `kind` is text, html, jsonl, wire or warc; `url` replaces the file's own URI. A broken part comes out
    as BadPart, with its place, and those after it go on; a file that is no use as a whole raises BadInput.
    """
    own = url or path.resolve().as_uri()
    stem = stem_of(path)
    max_chars = settings.max_article_chars
    if kind == "jsonl":
        yield from _articles_of(data.splitlines(keepends=True), own, stem, fetched_at, settings)
        return
    source = SourceRef(connector=CONNECTOR, id=stem)
    if kind == "warc":
        yield from _archived(io.BytesIO(data), source, fetched_at, settings)
    elif kind == "wire":
        wire = articles_from_wire(data, source=source, fetched_at=fetched_at, max_chars=max_chars)
        for number, found in enumerate(wire, start=1):
            yield BadPart(f"item {number}", data, found) if isinstance(found, BadInput) else found
    elif kind == "html":
        yield article_from_page(decode_page(data), url=own, source=source, fetched_at=fetched_at, max_chars=max_chars)
    else:
        yield article_from_text(decode(data), url=own, source=source, fetched_at=fetched_at, max_chars=max_chars)


def read_lines(path: Path, *, settings: Settings, fetched_at: datetime) -> Iterator[Article | BadPart]:
    """The articles in a JSONL file of any size, read line by line; the limit on files holds for each line."""
    with _opened(path) as file:
        lines = iter(lambda: _next_line(file, settings.max_file_bytes), b"")
        yield from _articles_of(lines, path.resolve().as_uri(), stem_of(path), fetched_at, settings)


def read_archive(path: Path, *, settings: Settings, fetched_at: datetime) -> Iterator[Article | BadPart]:
    """The articles in a WARC archive of any size; the limit on files holds for each page."""
    # Each record of an archive is packed by itself: one that is cut off must not take those before it along.
    with _opened(path, unpack=False) as file:
        yield from _archived(file, SourceRef(connector=CONNECTOR, id=stem_of(path)), fetched_at, settings)


def _archived(
    file: IO[bytes], source: SourceRef, fetched_at: datetime, settings: Settings
) -> Iterator[Article | BadPart]:
    found = articles_from_warc(
        file,
        source=source,
        fetched_at=fetched_at,
        max_chars=settings.max_article_chars,
        max_bytes=settings.max_file_bytes,
    )
    for part in found:
        yield part if isinstance(part, Article) else BadPart(part[0], part[1], part[2])


def _next_line(file: IO[bytes], max_bytes: int) -> bytes:
    """The next line, cut after max_bytes + 1; empty at the end of the file."""
    line = file.readline(max_bytes + 1)
    rest = line
    while len(rest) > 0 and not rest.endswith(b"\n"):
        rest = file.readline(2**20)
    return line


def _articles_of(
    lines: Iterable[bytes], file_url: str, stem: str, fetched_at: datetime, settings: Settings
) -> Iterator[Article | BadPart]:
    empty = True
    for number, line in enumerate(lines, start=1):
        raw = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).rstrip(b"\r\n")
        if not raw.strip():
            continue
        if empty:
            refuse_binary(raw)
        empty = False
        try:
            if len(raw) > settings.max_file_bytes:
                raise BadInput(f"It is longer than {settings.max_file_bytes:,} bytes.", "Split it into articles.")
            yield article_from_line(
                _utf8(raw),
                file_url=file_url,
                connector=CONNECTOR,
                stem=stem,
                fetched_at=fetched_at,
                max_chars=settings.max_article_chars,
            )
        except BadInput as error:
            yield BadPart(f"line {number}", raw, error)
    if empty:
        raise BadInput("It is empty.", "Leave it out, or check how it was saved.")


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode("utf8")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"It is not valid UTF-8 (byte {error.start} is 0x{raw[error.start]:02x}).",
            "Convert the file, for example with: iconv -f WINDOWS-1252 -t UTF-8 IN > OUT",
        ) from None
