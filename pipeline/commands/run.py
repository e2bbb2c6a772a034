"""`demarche run`: the workers, in the foreground."""

from __future__ import annotations

import logging
import sys

import click

from pipeline.index import connect, ensure_indices
from pipeline.settings import settings
from pipeline.topics import ensure_topics


@click.command()
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
def run(workers: int) -> int:
    """Run the workers: enrich articles, index them, raise alerts. Stop them with Ctrl-C.

    Alerts are printed here as they are raised. A worker that ends is started again. Each worker has as many enriching
    processes as the setting `processes` says, each with a language model of its own in memory (some 300 MB).
    """
    from pipeline.stream.supervisor import Supervisor

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    # What they have to say is said by our own errors, once and in a sentence.
    for library in ("kafka", "elastic_transport"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    options = settings()
    ensure_topics(options)
    ensure_indices(connect(options), options)
    return Supervisor(workers).run()
