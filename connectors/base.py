"""What a connector is: something that is read and yields articles, or says why it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol

from connectors.http import Fetcher, Response
from pipeline.errors import DemarcheError, Transient
from pipeline.records import Article, Publisher
from pipeline.settings import Settings

Checkpoint = dict[str, Any]
"""Where a connector resumes, as JSON. It is handed to `read`, which changes it; the caller stores it once Kafka has
acknowledged all that came out. Empty at first, and whenever the user wants everything again."""

RAW_BYTES = 2**20
"""How much of a refused input its dead letter keeps: an input of any size must not fill the topic."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that no article was made of. `raw` is what was given up, for the dead letters."""

    input: str
    reason: str
    raw: bytes = b""
    error_type: str = "BadInput"
    transient: bool = False

    def __str__(self) -> str:
        return self.reason if self.reason.startswith(self.input) else f"{self.input}: {self.reason}"

    @classmethod
    def of(cls, named: str, error: DemarcheError, raw: bytes = b"") -> Refusal:
        return cls(named, str(error), raw, type(error).__name__, isinstance(error, Transient))


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An input that the checkpoint knows: there is nothing new in it."""

    input: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """An input that is no business of the connector, such as a picture in a folder of articles."""

    input: str
    reason: str


Found = Article | Refusal | Unchanged | Skipped


class Connector(Protocol):
    """One source, ready to be read."""

    def read(self, checkpoint: Checkpoint) -> Iterator[Found]:
        """Everything that is in the source now. One bad input is a Refusal and the rest goes on; nothing is left out
        in silence, and no DemarcheError is raised."""
        ...


@dataclass
class Target:
    """What the user named: a path, or an address, which is fetched once, when a kind first asks what is there."""

    name: str
    settings: Settings
    fetcher: Fetcher
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def is_address(self) -> bool:
        return "://" in self.name and not self.name.startswith("file:")

    @cached_property
    def response(self) -> Response:
        return self.fetcher.get(self.name)


@dataclass(frozen=True, slots=True)
class Declared:
    """What the user says of all articles of a source. It wins over what they say of themselves, `published_at`
    excepted: that fills in for articles without a date."""

    publisher: Publisher | None = None
    published_at: datetime | None = None
    backfill: bool = False
    tags: tuple[str, ...] = ()

    def apply(self, article: Article) -> Article:
        published_at = article.published_at or self.published_at
        return article.model_copy(
            update={
                "publisher": self.publisher or article.publisher,
                "published_at": min(published_at, article.fetched_at) if published_at else None,
                "backfill": self.backfill or article.backfill,
                "tags": list(dict.fromkeys([*article.tags, *self.tags])),
            }
        )
