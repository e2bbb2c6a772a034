"""What has been published: the memory that makes reading a source twice harmless.

SQLite, because it is a file that needs no server, survives a killed process, and can be asked for one article without
reading the rest; a compacted Kafka topic would have to be read from its beginning at each `demarche ingest`.

A row is written before its article is sent, so that a crash in between leaves first_seen_at and revision as they
were sent, and marked once Kafka has acknowledged it: only then is an unchanged article left out. All rows belong to
one stream, that is one Kafka cluster and topic prefix: a Kafka that was wiped gets a new cluster id, and with it
everything again.

An article is known by its id and by its other names (connectors.twins). When a second source tells a known article in
its own words, that is no correction: only what the same source said otherwise before makes a new revision.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connectors.base import Checkpoint
from connectors.database import Database
from connectors.stories import TABLES as STORY_TABLES
from connectors.stories import story_of
from connectors.twins import Name, headline_mark, names_of, tellers
from pipeline.records import Article

_KEPT_DAYS = 180

_TABLES = """
CREATE TABLE IF NOT EXISTS articles (
    stream TEXT NOT NULL, article_id TEXT NOT NULL, first_seen_at TEXT NOT NULL, revision INTEGER NOT NULL,
    content_hash TEXT NOT NULL, acknowledged INTEGER NOT NULL, PRIMARY KEY (stream, article_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoints (
    stream TEXT NOT NULL, source TEXT NOT NULL, checkpoint TEXT NOT NULL, PRIMARY KEY (stream, source)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names (
    stream TEXT NOT NULL, name TEXT NOT NULL, article_id TEXT NOT NULL, canonical_url TEXT NOT NULL,
    headline TEXT NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (stream, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tellings (
    stream TEXT NOT NULL, teller TEXT NOT NULL, article_id TEXT NOT NULL, content_hash TEXT NOT NULL,
    day INTEGER NOT NULL, PRIMARY KEY (stream, teller)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with an article: send it as it stands here, or leave it out."""

    article: Article
    unchanged: bool


class Ledger(Database):
    """The rows of one stream, for many threads; several processes may share the file."""

    def __init__(self, path: Path, stream: str) -> None:
        self._stream = stream
        self._today = 0
        super().__init__(path, _TABLES + STORY_TABLES, holds="The list of known articles")

    def plan(
        self,
        article: Article,
        *,
        again: bool = False,
        followed: bool = False,
        on_their_way: Container[str] = (),
    ) -> Plan:
        """Give the article the id under which it is known, the time at which it was first seen and its revision.

        The same content keeps time and revision; other content under a known id is the next revision, in a `followed`
        source only if that source said something else before. With `again`, an unchanged article is to be sent too.
        Articles `on_their_way` are about to be acknowledged.
        """
        with self.transaction() as db:
            self._forget_old(db, int(article.fetched_at.timestamp() // 86400))
            article = self._under_known_id(db, article)
            key = (self._stream, article.article_id)
            row = db.execute(
                "SELECT first_seen_at, revision, content_hash, acknowledged FROM articles"
                " WHERE stream = ? AND article_id = ?",
                key,
            ).fetchone()
            corrects = self._tell(db, article)
            if row is None:
                first_seen_at, revision, same, acknowledged = article.first_seen_at, 1, False, False
            else:
                first_seen_at, revision, acknowledged = datetime.fromisoformat(row[0]), row[1], bool(row[3])
                same = row[2] == article.content_hash
                if followed and not corrects and not same and (acknowledged or article.article_id in on_their_way):
                    return Plan(article, unchanged=True)
                revision += not same
            if not same:
                db.execute(
                    "INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, 0)",
                    (*key, first_seen_at.isoformat(), revision, article.content_hash),
                )
            story_id = story_of(db, self._stream, article)
        planned = article.model_copy(
            update={"first_seen_at": first_seen_at, "revision": revision, "story_id": story_id}
        )
        return Plan(planned, unchanged=same and acknowledged and not again)

    def _forget_old(self, db: sqlite3.Connection, today: int) -> None:
        """Once a day, drop names and tellings so old that no feed lists their articles; the articles stay known."""
        if today <= self._today:
            return
        self._today = today
        for table in ("names", "tellings"):
            db.execute(f"DELETE FROM {table} WHERE day < ?", (today - _KEPT_DAYS,))  # noqa: S608

    def _under_known_id(self, db: sqlite3.Connection, article: Article) -> Article:
        """The article under its own id if that is known, else under that of the article whose name it has."""
        names = names_of(article)
        headline = headline_mark(article.title)
        found = (article.article_id, article.canonical_url)
        known = db.execute(
            "SELECT 1 FROM articles WHERE stream = ? AND article_id = ?", (self._stream, article.article_id)
        ).fetchone()
        if not known:
            found = next(self._bearers(db, names, headline), found)
        db.executemany(
            "INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?, ?, ?)",
            [(self._stream, name.mark, *found, headline, self._today) for name in names],
        )
        return article.model_copy(update={"article_id": found[0], "canonical_url": found[1]})

    def _bearers(self, db: sqlite3.Connection, names: list[Name], headline: str) -> Iterator[tuple[str, str]]:
        for name in names:
            row = db.execute(
                "SELECT article_id, canonical_url, headline FROM names WHERE stream = ? AND name = ?",
                (self._stream, name.mark),
            ).fetchone()
            if row and (name.certain or (headline and row[2] == headline)):
                yield row[0], row[1]

    def _tell(self, db: sqlite3.Connection, article: Article) -> bool:
        """Write down what a source says now; whether it said something else about this article before."""
        said = set()
        for teller in tellers(article):
            row = db.execute(
                "SELECT content_hash FROM tellings WHERE stream = ? AND teller = ? AND article_id = ?",
                (self._stream, teller, article.article_id),
            ).fetchone()
            said |= {row[0]} if row else set()
            db.execute(
                "INSERT OR REPLACE INTO tellings VALUES (?, ?, ?, ?, ?)",
                (self._stream, teller, article.article_id, article.content_hash, self._today),
            )
        return bool(said) and article.content_hash not in said

    def acknowledge(self, articles: list[Article]) -> None:
        """Kafka has these, as they were planned."""
        with self.transaction() as db:
            db.executemany(
                "UPDATE articles SET acknowledged = 1 WHERE stream = ? AND article_id = ? AND content_hash = ?",
                [(self._stream, article.article_id, article.content_hash) for article in articles],
            )

    def checkpoint(self, source: str) -> Checkpoint:
        query = "SELECT checkpoint FROM checkpoints WHERE stream = ? AND source = ?"
        with self.use() as db:
            row = db.execute(query, (self._stream, source)).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def save_checkpoint(self, source: str, checkpoint: Checkpoint) -> None:
        values = (self._stream, source, json.dumps(checkpoint))
        with self.use() as db:
            db.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)", values)
