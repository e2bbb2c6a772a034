"""A watched folder: a drop folder of a wire service, or any folder into which somebody puts articles.

Read again only where a file is new or has changed. What an agency has not released yet waits in its file; an older
version that comes after a newer one is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connectors.base import Checkpoint, Found, Refusal, Skipped, Target, Unchanged
from connectors.files import FilesConnector
from pipeline.inputs.files import format_of, printable
from pipeline.records import Article

_SETTLED_S = 2.0
"""A file that was changed within this time may still be being written."""

_UNFINISHED = {".tmp", ".part", ".partial", ".filepart", ".crdownload"}
_MOST_VERSIONS = 50_000


def accepts(_target: Target) -> bool:
    return False


class FolderConnector(FilesConnector):
    """The checkpoint holds time and size of each file as it was read, and the newest version of each wire item."""

    def read(self, checkpoint: Checkpoint) -> Iterator[Found]:
        if not self._path.is_dir():
            yield Refusal(self._name, f"The folder {printable(self._path)} is not there.", transient=True)
            return
        known: dict[str, list[int]] = checkpoint.get("files", {})
        versions: dict[str, int] = checkpoint.get("versions", {})
        listed: list[tuple[int, int, Path]] = []
        for entry in self._walk():
            if isinstance(entry, Refusal):
                yield entry
            elif format_of(entry) is not None and entry.suffix.lower() not in _UNFINISHED:
                try:
                    found = entry.stat()
                except OSError:
                    continue  # taken away between two looks
                listed.append((found.st_mtime_ns, found.st_size, entry))
        read: dict[str, list[int]] = {}
        # In the order of writing: the versions of an item follow each other.
        for changed_ns, size, path in sorted(listed):
            name = printable(path.relative_to(self._path))
            if known.get(name) == [changed_ns, size]:
                read[name] = [changed_ns, size]
                yield Unchanged(name)
            elif self._now.timestamp() - changed_ns / 1e9 >= _SETTLED_S:
                waits = False
                for thing in self._read_file(path):
                    waits = waits or isinstance(thing, Skipped)
                    yield self._unless_older(thing, versions)
                if not waits:
                    read[name] = [changed_ns, size]
        checkpoint["files"] = read
        checkpoint["versions"] = dict(list(versions.items())[-_MOST_VERSIONS:])

    @staticmethod
    def _unless_older(found: Found, versions: dict[str, int]) -> Found:
        version = (found.model_extra or {}).get("version") if isinstance(found, Article) else None
        if not isinstance(found, Article) or not isinstance(version, int):
            return found
        if version < versions.get(found.article_id, 0):
            return Skipped(found.url, f"version {version} of it came after version {versions[found.article_id]}")
        versions.pop(found.article_id, None)
        versions[found.article_id] = version
        return found
