"""A worker as `demarche run` starts it, with an enricher that needs no language model. Started by test_stream_live."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "stream" / "fakes"))

from fake_enricher import load_fake

from pipeline.settings import load_settings
from pipeline.stream.worker import real_parts, run, set_up_logging

if __name__ == "__main__":
    set_up_logging()
    settings = load_settings()
    run(settings, 1, replace(real_parts(settings), load_enricher=load_fake))
