"""The application without Elasticsearch: what it would ask is answered by the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.settings import load_settings
from pipeline.web import create_app

Answer = Callable[..., None]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[TestClient]:
    """A browser on an application whose Elasticsearch is away."""
    app = create_app(load_settings(home=tmp_path, elasticsearch="http://127.0.0.1:9"))
    with TestClient(app, base_url="http://127.0.0.1:8080", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """`answer(find_article=…)`: what the functions that ask the index give back."""

    def replace(**values: Any) -> None:
        for module in ("pages", "inbox", "api", "views"):
            for name, value in values.items():
                path = f"pipeline.web.{module}.{name}"
                monkeypatch.setattr(path, lambda *a, value=value, **k: value, raising=False)

    return replace
