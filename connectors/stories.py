"""Which story an article tells: copies of one text, cut and edited ones included, share a story id.

Two copies may come hours apart and through different sources, so the samples of the last articles are kept beside the
ledger, in its transactions. What was decided for an article stays, through revisions and when it is published again:
only a lost ledger decides anew, in the order in which articles then come.
"""

from __future__ import annotations

import sqlite3

from pipeline.inputs.copies import FEWEST_SHARED, likeness, sketch
from pipeline.records import Article, hash_id

REMEMBERED = 30_000
"""Articles that a new one is compared with: some days of a large list of sources, some hundred megabytes at most."""

_MOST_SHARERS = 500
"""Of a run of words that stands in more articles, the newest are looked at: a site's footer tells nothing, and looking
at all would let each article cost more than the one before."""

_PRUNE_EVERY = 500

TABLES = """
CREATE TABLE IF NOT EXISTS stories (
    number INTEGER PRIMARY KEY, stream TEXT NOT NULL, article_id TEXT NOT NULL, story_id TEXT NOT NULL,
    size INTEGER NOT NULL, UNIQUE (stream, article_id)
);
CREATE TABLE IF NOT EXISTS story_samples (
    run INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS story_samples_by_number ON story_samples (number);
"""


def story_of(db: sqlite3.Connection, stream: str, article: Article) -> str:
    """The story of an article, remembered for the next ones. Within the caller's transaction."""
    known = db.execute(
        "SELECT story_id FROM stories WHERE stream = ? AND article_id = ?", (stream, article.article_id)
    ).fetchone()
    if known:
        return str(known[0])
    kept = sketch(article.title, article.text)
    story_id = _of_copy(db, stream, kept.sample, kept.whole) or hash_id("story", article.article_id)
    number = db.execute(
        "INSERT INTO stories (stream, article_id, story_id, size) VALUES (?, ?, ?, ?)",
        (stream, article.article_id, story_id, len(kept.sample)),
    ).lastrowid
    runs = kept.sample | ({kept.whole} if kept.whole else set())
    db.executemany("INSERT OR IGNORE INTO story_samples VALUES (?, ?)", [(run, number) for run in sorted(runs)])
    if number and number % _PRUNE_EVERY == 0:
        db.execute("DELETE FROM story_samples WHERE number <= ?", (number - REMEMBERED,))
    return story_id


def _of_copy(db: sqlite3.Connection, stream: str, sample: frozenset[int], whole: int) -> str | None:
    """The story of the article that this one is most like; of equals the first."""
    same = db.execute(
        "SELECT story_id FROM story_samples JOIN stories USING (number) WHERE run = ? AND stream = ? ORDER BY number",
        (whole, stream),
    ).fetchone()
    if same and whole:
        return str(same[0])
    # One query for each run: SQLite limits the parameters of one, and keeps the statement.
    shared: dict[int, int] = {}
    for run in sample:
        query = "SELECT number FROM story_samples WHERE run = ? ORDER BY number DESC LIMIT ?"
        for (number,) in db.execute(query, (run, _MOST_SHARERS)):
            shared[number] = shared.get(number, 0) + 1
    best: tuple[float, int, str] | None = None
    for number, count in sorted(shared.items()):
        if count < FEWEST_SHARED:
            continue
        row = db.execute(
            "SELECT story_id, size FROM stories WHERE number = ? AND stream = ?", (number, stream)
        ).fetchone()
        if row is None:
            continue
        candidate = (likeness(count, len(sample), row[1]), count, str(row[0]))
        if candidate[0] and (best is None or candidate[:2] > best[:2]):
            best = candidate
    return best[2] if best else None
