"""Enrichment does not fall under what it has reached: seeds, hard cases, PolNeAR dev, the cases of a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quality.gate import Gate
from tests.quality.measure import MEASURES


@pytest.mark.quality
@pytest.mark.parametrize("area", sorted(MEASURES))
def test_figures_are_above_their_floors(area: str, shared: Path, gate: Gate) -> None:
    gate.check(area, MEASURES[area](shared))
