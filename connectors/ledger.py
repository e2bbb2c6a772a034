"""What has been published: the memory that makes reading a source twice harmless.

SQLite, because it is a file that needs no server, survives a killed process, and can be asked for one article without
reading the rest; a compacted Kafka topic would have to be read from its beginning at each `demarche ingest`.

A row is written before its article is sent, so that a crash in between leaves first_seen_at and revision as they
were sent, and marked once Kafka has acknowledged it: only then is an unchanged article left out. All rows belong to
one stream, that is one Kafka cluster and topic prefix: a Kafka that was wiped gets a new cluster id, and with it
everything again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

from connectors.base import Checkpoint
from pipeline.errors import Transient
from pipeline.records import Article

_TABLES = """
CREATE TABLE IF NOT EXISTS articles (
    stream TEXT NOT NULL, article_id TEXT NOT NULL, first_seen_at TEXT NOT NULL, revision INTEGER NOT NULL,
    content_hash TEXT NOT NULL, acknowledged INTEGER NOT NULL, PRIMARY KEY (stream, article_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoints (
    stream TEXT NOT NULL, source TEXT NOT NULL, checkpoint TEXT NOT NULL, PRIMARY KEY (stream, source)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with an article: send it as it stands here, or leave it out."""

    article: Article
    unchanged: bool


class Ledger:
    """The rows of one stream. Not for several threads; several processes may share the file."""

    def __init__(self, path: Path, stream: str) -> None:
        self._path = path
        self._stream = stream
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            # Safe when the process is killed. A power cut may cost the last commits: their articles are sent again.
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_TABLES)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def plan(self, article: Article, *, again: bool = False) -> Plan:
        """Give the article the time at which it was first seen and its revision.

        The same content keeps both; other content under a known id is the next revision. With `again`, an unchanged
        article is to be sent too, as it was.
        """
        key = (self._stream, article.article_id)
        with self._transaction() as db:
            row = db.execute(
                "SELECT first_seen_at, revision, content_hash, acknowledged FROM articles"
                " WHERE stream = ? AND article_id = ?",
                key,
            ).fetchone()
            first_seen_at, revision, same, acknowledged = article.first_seen_at, 1, False, False
            if row is not None:
                first_seen_at, acknowledged = datetime.fromisoformat(row[0]), bool(row[3])
                same = row[2] == article.content_hash
                revision = row[1] if same else row[1] + 1
            if not same:
                db.execute(
                    "INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, 0)",
                    (*key, first_seen_at.isoformat(), revision, article.content_hash),
                )
        planned = article.model_copy(update={"first_seen_at": first_seen_at, "revision": revision})
        return Plan(planned, unchanged=same and acknowledged and not again)

    def acknowledge(self, articles: list[Article]) -> None:
        """Kafka has these, as they were planned."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE articles SET acknowledged = 1 WHERE stream = ? AND article_id = ? AND content_hash = ?",
                [(self._stream, article.article_id, article.content_hash) for article in articles],
            )

    def checkpoint(self, source: str) -> Checkpoint:
        query = "SELECT checkpoint FROM checkpoints WHERE stream = ? AND source = ?"
        with self._usable():
            row = self._db.execute(query, (self._stream, source)).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def save_checkpoint(self, source: str, checkpoint: Checkpoint) -> None:
        values = (self._stream, source, json.dumps(checkpoint))
        with self._usable():
            self._db.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)", values)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._usable():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """A full disk or a missing permission as an error of ours."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise Transient(
                f"The list of known articles, {self._path}, cannot be used: {error}.",
                "Check that its folder may be written and the disk is not full, or set DEMARCHE_HOME.",
            ) from error
