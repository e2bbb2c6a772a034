"""What every page and every answer of the interface needs: settings, the index, known actors, templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from elasticsearch import Elasticsearch
from fastapi import Request
from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.responses import HTMLResponse

from pipeline.actors import Directory
from pipeline.index import connect
from pipeline.settings import Settings
from pipeline.web import links
from pipeline.web.security import Tokens
from pipeline.web.timing import TimedTransport

WARNING = frozenset({"WARN", "THREATEN"})
_PATIENCE_S = 10
_CLAIM_ID = re.compile(r" (?:of )?claim [0-9a-f]{32}")


@dataclass
class Site:
    """One running web server."""

    settings: Settings
    client: Elasticsearch
    directory: Directory
    tokens: Tokens = field(default_factory=Tokens)
    templates: Environment = field(init=False)

    def __post_init__(self) -> None:
        self.templates = _environment(self.directory)

    @classmethod
    def of(cls, settings: Settings) -> Site:
        """A reader waits: a page is rather an error soon than a success late."""
        patience = {"request_timeout": _PATIENCE_S, "max_retries": 1, "retry_on_timeout": False}
        client = connect(settings, transport_class=TimedTransport, **patience)
        return cls(settings, client, Directory.load(settings.actors))

    def page(self, request: Request, name: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page from its template."""
        context.setdefault("token", self.tokens.of(request))
        html = self.templates.get_template(name).render(path=request.url.path, **context)
        response = HTMLResponse(html, status)
        self.tokens.remember(request, response)
        return response

    def fragment(self, name: str, **context: Any) -> str:
        """A part of a page, for events."""
        return self.templates.get_template(name).render(**context)


def site_of(request: Request) -> Site:
    """The site that answers a request (a FastAPI dependency)."""
    return cast(Site, request.app.state.site)


def _environment(directory: Directory) -> Environment:
    def country_name(code: str) -> str:
        state = directory.state(code)
        return state.name if state else code

    environment = Environment(
        loader=PackageLoader("pipeline.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "moment": moment,
        "iso": iso,
        "one_line": one_line,
        "reason": reason,
        "country": country_name,
    }
    environment.globals |= {
        "path_link": links.path_link,
        "outside_link": links.outside_link,
        "search_link": links.search_link,
        "is_warning": is_warning,
        "tallest": lambda bars: max((bar.count for bar in bars), default=0),
    }
    return environment


def is_warning(said: Mapping[str, Any]) -> bool:
    return said["act"] in WARNING and said.get("status") == "asserted"


def _as_datetime(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def moment(value: datetime | str | None) -> str:
    """“2 Mar 2026, 12:00”, in UTC as everywhere."""
    if not value:
        return ""
    time = _as_datetime(value)
    return f"{time.day} {time:%b} {time.year}, {time:%H:%M}"


def iso(value: datetime | str | None) -> str:
    return _as_datetime(value).isoformat() if value else ""


def one_line(text: str | None, length: int = 400) -> str:
    words = " ".join((text or "").split())
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def reason(because: str) -> str:
    """Why a telling joined, without the id of the claim, on whose page it stands."""
    return _CLAIM_ID.sub("", because)
