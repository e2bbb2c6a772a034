"""How much of a news page's body is found, and how little else, on 92 real pages with a marked body."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import BadInput
from pipeline.inputs import decode_page
from pipeline.inputs.pages import read_page

SHARED = Path(__file__).parents[3] / "shared"
PAGES = SHARED / "data" / "web"
FLOOR = 0.970

pytestmark = [
    pytest.mark.quality,
    pytest.mark.skipif(not PAGES.is_dir(), reason=f"the pages are not there: {PAGES}"),
]


def body_of(page: Path, url: str) -> str:
    try:
        return read_page(decode_page(gzip.decompress(page.read_bytes())), url).text
    except BadInput:
        return ""


def test_whole_articles_are_neither_flagged_nor_refused() -> None:
    truth = json.loads((PAGES / "ground_truth.json").read_text("utf8"))
    assert len(truth) > 90
    for name, known in truth.items():
        markup = decode_page(gzip.decompress((PAGES / "html" / f"{name}.html.gz").read_bytes()))
        assert read_page(markup, known["url"]).flags == [], known["url"]


def test_extraction_is_above_its_floor(tmp_path: Path) -> None:
    truth = json.loads((PAGES / "ground_truth.json").read_text("utf8"))
    predictions = tmp_path / "predictions.jsonl"
    with predictions.open("w", encoding="utf8") as file:
        for name, known in truth.items():
            text = body_of(PAGES / "html" / f"{name}.html.gz", known["url"])
            file.write(json.dumps({"id": name, "text": text}) + "\n")
    scorer = [sys.executable, SHARED / "tools" / "score_extraction.py", PAGES / "ground_truth.json", predictions]
    said = subprocess.run(scorer, capture_output=True, text=True, check=True).stdout
    score = re.search(r"F1 (\d\.\d+)", said)
    assert score is not None, said
    assert float(score[1]) >= FLOOR, said
