"""One enricher for all: loading it takes seconds."""

from __future__ import annotations

import pytest

from pipeline.enrich import Enricher
from tests.enrich import golden


@pytest.fixture(scope="session")
def enricher() -> Enricher:
    return golden.enricher()
