"""What a connector is: something that is read and yields articles, or says why it does not."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.http import Fetcher, Response
from connectors.secrets import remember, reveal
from pipeline.errors import DemarcheError, Transient
from pipeline.inputs.pages import Selectors, compiled
from pipeline.records import Article, Publisher
from pipeline.settings import Settings

Checkpoint = dict[str, Any]
"""Where a connector resumes, as JSON. It is handed to `read`, which changes it; the caller stores it once Kafka has
acknowledged all that came out. Empty at first, and whenever the user wants everything again."""

_WHOLE_EVERY_S = 86_400.0

RAW_BYTES = 2**20
"""How much of a refused input its dead letter keeps: an input of any size must not fill the topic."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that no article was made of. `raw` is what was given up, for the dead letters.

    Where `input` is the name of the target, the source itself could not be read: that is its health, and `error`, when
    there is one, tells how soon it is worth another try.
    """

    input: str
    reason: str
    raw: bytes = b""
    error_type: str = "BadInput"
    transient: bool = False
    error: DemarcheError | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.reason if self.reason.startswith(self.input) else f"{self.input}: {self.reason}"

    @classmethod
    def of(cls, named: str, error: DemarcheError, raw: bytes = b"") -> Refusal:
        return cls(named, str(error), raw, type(error).__name__, isinstance(error, Transient), error)


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


class Options(BaseModel):
    """What a source's table says about how it is read. A kind's own keys stand here too, as optional ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    conditional: bool = Field(True, description="Ask for changes only (ETag, Last-Modified); false where servers lie.")
    robots: bool | None = Field(None, description="Ask robots.txt for this address too; default: robots_for_sources.")
    user: str | None = Field(None, description="User name for the source's host (HTTP basic).")
    password: str | None = Field(None, description="Its password, as ${NAME} or ${file:/path}.")
    headers: dict[str, str] = Field(default_factory=dict, description="Sent to the source's host, such as a token.")
    text_selector: str | None = Field(None, description="CSS of the elements that hold the text of its pages.")
    drop_selectors: tuple[str, ...] = Field((), description="CSS of elements that are no part of the text.")
    link_selector: str | None = Field(None, description="Kind section: CSS of the links to articles, or what is round.")
    only_hosts: tuple[str, ...] = Field((), description="Kind gdelt: take articles on these hosts only.")

    @field_validator("text_selector", "drop_selectors", "link_selector")
    @classmethod
    def _usable_selectors(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        for selector in [value] if isinstance(value, str) else value or ():
            try:
                compiled(selector)
            except DemarcheError as error:
                raise ValueError(str(error)) from None
        return value


@dataclass
class Target:
    """What the user named: a path or an address, and how the web is asked for it.

    `moved_to` is asked instead of `name` once permanent redirects have shown it. What the source answered last tells
    the scheduler when to come again, and so do two things that kinds set where they know them: how long the list may be
    kept (`ttl_s`), and how far back it goes (`reach_s`).
    """

    name: str
    settings: Settings
    fetcher: Fetcher
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    options: Options = field(default_factory=Options)
    moved_to: str | None = None
    answer: Response | None = None
    ttl_s: float | None = None
    reach_s: float | None = None

    @property
    def is_address(self) -> bool:
        return "://" in self.name and not self.name.startswith("file:")

    @cached_property
    def response(self) -> Response:
        """The source as a whole, fetched once, when a kind first asks what is there."""
        return self._get()

    def fetch(self, checkpoint: Checkpoint, *, whole: bool = False) -> Response:
        """The source's list of entries, or `not_modified` if it is the one that `remember` put into the checkpoint.

        Once a day, and with `whole`, it is asked for without conditions: some servers never see a change.
        """
        known = checkpoint if self.options.conditional else {}
        if "response" in vars(self):
            response = self.response
        elif whole or self.now.timestamp() - known.get("whole_at", 0.0) > _WHOLE_EVERY_S:
            response = self._get()
        else:
            response = self._get(etag=known.get("etag"), modified=known.get("modified"))
        if not whole and not response.not_modified and checkpoint.get("body") == _digest(response.body):
            # Feeds may be sent whole each time and yet say nothing new.
            checkpoint["whole_at"] = self.now.timestamp()
            return replace(response, status=304, body=b"")
        return response

    def remember(self, response: Response, checkpoint: Checkpoint) -> None:
        """Take this answer for read: call it when all entries of it have been gone through."""
        checkpoint["etag"] = response.headers.get("etag")
        checkpoint["modified"] = response.headers.get("last-modified")
        checkpoint["body"] = _digest(response.body)
        checkpoint["whole_at"] = self.now.timestamp()

    def page(self, url: str) -> Response:
        """A page that the source links to, if its site's robots.txt allows it."""
        return self.fetcher.get(url, robots=True, headers=self._headers if self._is_ours(url) else None)

    @property
    def selectors(self) -> Selectors:
        """What the source's table says about its pages."""
        return Selectors(self.options.text_selector, self.options.drop_selectors, self.options.link_selector)

    def _get(self, etag: str | None = None, modified: str | None = None) -> Response:
        asked = self.settings.robots_for_sources if self.options.robots is None else self.options.robots
        here = self.moved_to or self.name
        headers = self._headers if self._is_ours(here) else None
        self.answer = self.fetcher.get(here, etag=etag, modified=modified, robots=asked, headers=headers)
        return self.answer

    def _is_ours(self, url: str) -> bool:
        """Credentials go to the host that the user named, and over the scheme that the user named."""
        return urlsplit(url)[:2] == urlsplit(self.name)[:2]

    @property
    def _headers(self) -> dict[str, str]:
        if self.options.user is None:
            return self.options.headers
        pair = f"{reveal(self.options.user)}:{reveal(self.options.password or '')}"
        basic = base64.b64encode(pair.encode()).decode()
        remember(basic, "${basic}")
        return {**self.options.headers, "Authorization": f"Basic {basic}"}


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


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]
