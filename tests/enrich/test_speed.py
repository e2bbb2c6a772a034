"""`demarche bench enrich` measures enrichment beside the model it stands on."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.commands.bench import bench
from pipeline.enrich import load_enricher, load_enricher_for_good
from pipeline.enrich.speed import measure_cost
from pipeline.settings import Settings

TEXT = "“We will not wait,” the minister told Oslo on Monday.\n\nThe ferries, she said, would sail again. "


def test_both_parts_are_measured_and_the_enricher_is_left_as_it_was() -> None:
    enricher = load_enricher(Settings(model="fast"))
    nlp = enricher.nlp
    cost = measure_cost(enricher, [TEXT] * 5)
    assert enricher.nlp is nlp
    assert cost.words == 5 * sum(not token.is_space for token in nlp(TEXT))
    assert cost.model > 0
    assert cost.enrichment > 0
    assert cost.share == cost.enrichment / cost.model


def test_what_is_loaded_for_good_is_left_alone_by_the_garbage_collector() -> None:
    gc.unfreeze()
    load_enricher_for_good(Settings(model="fast"))
    loaded = gc.get_freeze_count()
    gc.unfreeze()
    assert loaded > 100_000


def test_the_command_says_what_enrichment_adds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.commands.bench._keep_to_one_core", lambda: None)
    (tmp_path / "a.txt").write_text(TEXT * 3, encoding="utf8")
    result = CliRunner().invoke(bench, ["enrich", "--model", "fast", str(tmp_path / "a.txt")], standalone_mode=False)
    assert result.exception is None
    assert re.match(
        r"en_demarche_fast-[\d.]+: [\d,]+ words a second by the model alone, .* adds [\d.]+%", result.output
    )
