"""The sample articles on their way into Kafka, by the same connector as `demarche ingest`."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

from connectors.base import Declared, Target
from connectors.files import FilesConnector
from connectors.http import Fetcher
from connectors.ledger import Ledger
from connectors.publish import ArticleProducer, Summary, stream_id
from pipeline.errors import Terminal
from pipeline.records import Article, Publisher
from pipeline.settings import Settings

PUBLISHERS = "publishers.toml"


def lay_out(folder: Path) -> list[Path]:
    """Copy the samples to where the user can look at them and change them; returns the articles' files in order.

    Their addresses come from their place: copied to one place, they are the same articles whichever checkout they
    come from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with as_file(files("deploy.demo") / "articles") as bundled:
        names = sorted(path.name for path in bundled.iterdir())
        for name in names:
            shutil.copyfile(bundled / name, folder / name)
    return [folder / name for name in names if name != PUBLISHERS]


def publish(settings: Settings, paths: list[Path], summary: Summary) -> Iterator[Article]:
    """Publish the articles of these files and yield each one, whether new or known already."""
    publishers = tomllib.loads((paths[0].parent / PUBLISHERS).read_text("utf8"))
    with (
        Ledger(settings.home / "state" / "connectors.sqlite", stream_id(settings)) as ledger,
        Fetcher(settings) as fetcher,
        ArticleProducer(settings, ledger) as producer,
    ):
        for path in paths:
            publisher = publishers.get(path.name)
            declared = Declared(publisher=Publisher(**publisher) if publisher else None)
            connector = FilesConnector(Target(str(path), settings, fetcher))
            for found in producer.publish(str(path), connector, declared, summary):
                if not isinstance(found, Article):
                    raise Terminal(f"A sample article cannot be published: {found}.")
                yield found
