from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.dead_letters import Incoming
from pipeline.settings import Settings, load_settings

FAKES = Path(__file__).parent / "fakes"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path, processes=2)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the fake enricher importable, also by the processes that we start."""
    monkeypatch.syspath_prepend(str(FAKES))


@pytest.fixture
def incoming() -> Callable[..., Incoming]:
    def make(offset: int, value: bytes = b"{}", **headers: bytes) -> Incoming:
        return Incoming("articles.raw", 0, offset, b"key", value, {k.replace("_", "-"): v for k, v in headers.items()})

    return make
