"""Files to articles: .txt, .html and .jsonl, each also as .gz."""

from __future__ import annotations

import codecs
import gzip
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
from pipeline.records import Article, SourceRef
from pipeline.settings import Settings

FORMATS = {".txt": "text", ".text": "text", ".html": "html", ".htm": "html", ".jsonl": "jsonl", ".ndjson": "jsonl"}
CONNECTOR = "files"


@dataclass(frozen=True, slots=True)
class BadPart:
    """One line of a file that no article can be made of, while the others can."""

    line: int
    raw: bytes
    error: BadInput


def format_of(path: Path) -> str | None:
    """`text`, `html` or `jsonl` by the file's name; None for a file that we do not read."""
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
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file, decompressed; what goes wrong with it, now or while it is read, is a BadInput."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
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
    """The articles in a file's bytes: one of a text or page, one a line of JSONL.

    `kind` is text, html or jsonl; `url` replaces the file's own URI. A broken line comes out as BadPart, with its
    number, and the lines after it go on; a file that is no use as a whole raises BadInput.
    """
    own = url or path.resolve().as_uri()
    stem = stem_of(path)
    max_chars = settings.max_article_chars
    if kind == "jsonl":
        yield from _articles_of(data.splitlines(keepends=True), own, stem, fetched_at, settings)
        return
    source = SourceRef(connector=CONNECTOR, id=stem)
    if kind == "html":
        yield article_from_page(decode_page(data), url=own, source=source, fetched_at=fetched_at, max_chars=max_chars)
    else:
        yield article_from_text(decode(data), url=own, source=source, fetched_at=fetched_at, max_chars=max_chars)


def read_lines(path: Path, *, settings: Settings, fetched_at: datetime) -> Iterator[Article | BadPart]:
    """The articles in a JSONL file of any size, read line by line; the limit on files holds for each line."""
    with _opened(path) as file:
        lines = iter(lambda: _next_line(file, settings.max_file_bytes), b"")
        yield from _articles_of(lines, path.resolve().as_uri(), stem_of(path), fetched_at, settings)


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
            yield BadPart(number, raw, error)
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
