"""Files to articles: .txt, .html and .jsonl, each also as .gz."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

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
    try:
        if path.stat().st_size > max_bytes:
            raise too_large
        # Never more than that, whatever its size is said to be: a device has none.
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            data = file.read(max_bytes + 1)
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
    if len(data) > max_bytes:
        raise too_large
    return data


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
        yield from _read_lines(data, own, stem, fetched_at, max_chars)
        return
    source = SourceRef(connector=CONNECTOR, id=stem)
    if kind == "html":
        yield article_from_page(decode_page(data), url=own, source=source, fetched_at=fetched_at, max_chars=max_chars)
    else:
        yield article_from_text(decode(data), url=own, source=source, fetched_at=fetched_at, max_chars=max_chars)


def _read_lines(
    data: bytes, file_url: str, stem: str, fetched_at: datetime, max_chars: int
) -> Iterator[Article | BadPart]:
    if not data.strip():
        raise BadInput("It is empty.", "Leave it out, or check how it was saved.")
    refuse_binary(data)
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            yield article_from_line(
                _utf8(raw),
                file_url=file_url,
                connector=CONNECTOR,
                stem=stem,
                fetched_at=fetched_at,
                max_chars=max_chars,
            )
        except BadInput as error:
            yield BadPart(number, raw, error)


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode("utf8")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"It is not valid UTF-8 (byte {error.start} is 0x{raw[error.start]:02x}).",
            "Convert the file, for example with: iconv -f WINDOWS-1252 -t UTF-8 IN > OUT",
        ) from None
