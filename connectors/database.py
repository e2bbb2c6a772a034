"""A SQLite file in which connectors remember, for many threads and processes; its errors are ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self

from pipeline.errors import Transient


class Database:
    """`holds`: what is in the file, for errors ("The list of known articles")."""

    def __init__(self, path: Path, tables: str, *, holds: str) -> None:
        self._path = path
        self._holds = holds
        self._lock = RLock()
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            # Safe when the process is killed. A power cut may cost the last commits: what they held is read again.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(tables)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    @contextmanager
    def use(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; each statement is a transaction."""
        with self._usable():
            yield self._connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, in a transaction that an exception takes back."""
        with self.use() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """A full disk or a missing permission as an error of ours."""
        try:
            with self._lock:
                yield
        except (OSError, sqlite3.Error) as error:
            raise Transient(
                f"{self._holds}, {self._path}, cannot be used: {error}.",
                "Check that its folder may be written and the disk is not full, or set DEMARCHE_HOME.",
            ) from error
