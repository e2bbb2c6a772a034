"""Files and folders: text, saved pages, JSONL, wire items and archives of the web, each also packed with gzip.

A folder is read with all folders in it, in the order of names. No checkpoint is needed: which articles are known is
told by their content (connectors.ledger), so that reading a folder again costs only the reading.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from connectors.base import RAW_BYTES, Checkpoint, Found, Refusal, Skipped, Target
from pipeline.errors import BadInput
from pipeline.inputs.files import (
    FORMATS,
    BadPart,
    format_of,
    printable,
    read_archive,
    read_articles,
    read_file,
    read_lines,
)
from pipeline.inputs.wire import NotReleased
from pipeline.settings import Settings

_ENDINGS = ", ".join(FORMATS)


def accepts(target: Target) -> bool:
    return not target.is_address


class FilesConnector:
    """The articles in a file, or in the files of a folder."""

    def __init__(self, target: Target) -> None:
        self._settings: Settings = target.settings
        self._now: datetime = target.now
        self._name = name = target.name
        self._path = Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)

    def read(self, checkpoint: Checkpoint) -> Iterator[Found]:
        try:
            is_folder = self._path.is_dir()
        except (OSError, ValueError) as error:
            yield Refusal(printable(self._path), f"This path cannot be used: {error}.")
            return
        if not is_folder:
            yield from self._read_file(self._path)
            return
        empty = True
        for entry in self._walk():
            empty = False
            if isinstance(entry, Refusal):
                yield entry
            elif format_of(entry) is None:
                yield Skipped(printable(entry), f"not one of {_ENDINGS}")
            else:
                yield from self._read_file(entry)
        if empty:
            yield Refusal(
                printable(self._path), "There is nothing in this folder. Put .txt, .html or .jsonl files into it."
            )

    def _walk(self) -> Iterator[Path | Refusal]:
        """All files in order, hidden ones left out; a folder that cannot be opened is a refusal."""
        failed: list[OSError] = []
        for folder, folders, names in os.walk(self._path, onerror=failed.append):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))
        for error in failed:
            folder = printable(error.filename)
            reason = f"This folder cannot be opened: {error.strerror}. Allow it with: chmod u+rx '{folder}'"
            yield Refusal(folder, reason)

    def _read_file(self, path: Path) -> Iterator[Found]:
        data = b""
        try:
            kind = format_of(path)
            if kind == "jsonl":
                found = read_lines(path, settings=self._settings, fetched_at=self._now)
            elif kind == "warc":
                found = read_archive(path, settings=self._settings, fetched_at=self._now)
            else:
                data = read_file(path, self._settings.max_file_bytes)
                if kind is None:
                    raise BadInput(f"Its name ends in none of {_ENDINGS}.", "Convert or rename it.")
                found = read_articles(data, path=path, kind=kind, settings=self._settings, fetched_at=self._now)
            for part in found:
                if isinstance(part, BadPart) and isinstance(part.error, NotReleased):
                    yield Skipped(f"{printable(path)}, {part.place}", str(part.error))
                elif isinstance(part, BadPart):
                    yield Refusal.of(f"{printable(path)}, {part.place}", part.error, part.raw)
                else:
                    yield part
        except BadInput as error:
            yield Refusal.of(printable(path), error, data or _head(path))


def _head(path: Path) -> bytes:
    """The beginning of a file that was not read, for the dead letters."""
    try:
        with path.open("rb") as file:
            return file.read(RAW_BYTES + 1)
    except (OSError, ValueError):
        return b""
