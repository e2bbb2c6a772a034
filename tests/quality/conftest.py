"""The data to measure on lie beside the project. Without them the tests skip; in continuous integration they fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.quality.gate import Gate

DEFAULT = Path(__file__).parents[3] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = Path(os.environ.get("DEMARCHE_SHARED", DEFAULT))
    if not folder.is_dir():
        message = f"The data to measure on are not there: {folder} (DEMARCHE_SHARED names another folder)."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def gate() -> Gate:
    return Gate()
