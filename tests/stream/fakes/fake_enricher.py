"""An enricher without a language model: one warning for each article whose text starts with WARN.

RAISE in a text makes it raise, KILL kills its process, HANG keeps it busy. Imported by the enriching processes.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator

from pipeline.errors import BadSetting
from pipeline.records import Article, EnrichedArticle, Party, Statement, hash_id
from pipeline.settings import Settings


class FakeEnricher:
    def pipe(self, articles: Iterable[Article]) -> Iterator[EnrichedArticle]:
        for article in articles:
            time.sleep(float(os.environ.get("FAKE_ENRICHER_DELAY_S", "0")))
            if "RAISE" in article.text:
                raise ValueError("this text raises")
            if "KILL" in article.text:
                os.kill(os.getpid(), signal.SIGKILL)
            if "HANG" in article.text:
                time.sleep(60)
            statements = [_warning(article)] if article.text.startswith("WARN") else []
            yield EnrichedArticle(**article.model_dump(), id=article.article_id, model="fake-1", statements=statements)


def _warning(article: Article) -> Statement:
    return Statement(
        statement_id=hash_id(article.article_id, "warning"),
        kind="indirect",
        content=[(5, len(article.text))],
        speakers=[Party(name="Ruritania", country="RUR", country_name="Ruritania")],
        addressees=[Party(name="Graustark", country="GRA", country_name="Graustark")],
        act="WARN",
        alertable=True,
        confidence=0.9,
    )


def load_fake(settings: Settings) -> FakeEnricher:
    return FakeEnricher()


def load_nothing(settings: Settings) -> FakeEnricher:
    raise BadSetting("There is no such model.")


def load_with_fault(settings: Settings) -> FakeEnricher:
    raise RuntimeError("the file is cut short")
