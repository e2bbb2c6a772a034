"""What enrichment costs beside the language model that it stands on."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pipeline.enrich import Enricher
from pipeline.enrich.components import article_of

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

_WARM_UP_TEXTS = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the processor that one core took, for the model alone and for all that comes after the parse."""

    words: int
    model: float
    enrichment: float

    @property
    def share(self) -> float:
        """What enrichment adds to the model's time, as a part of it."""
        return self.enrichment / self.model


def measure_cost(enricher: Enricher, texts: Sequence[str]) -> Cost:
    """Enrich each text once, as an article of today; what comes twice would cost less the second time."""
    articles = [article_of(text) for text in texts]
    watch = _Watch(enricher.nlp)
    enricher.nlp = cast("Language", watch)
    try:
        _exhaust(enricher.pipe(articles[:_WARM_UP_TEXTS]))
        watch.seconds, watch.words = 0.0, 0
        started = time.process_time()
        _exhaust(enricher.pipe(articles))
        total = time.process_time() - started
    finally:
        enricher.nlp = watch.nlp
    return Cost(watch.words, watch.seconds, total - watch.seconds)


def _exhaust(articles: Iterable[object]) -> None:
    for _ in articles:
        pass


class _Watch:
    """A pipeline that keeps the time it takes."""

    def __init__(self, nlp: Language) -> None:
        self.nlp = nlp
        self.seconds = 0.0
        self.words = 0

    def pipe(self, texts: Iterable[str]) -> Iterator[Doc]:
        docs = self.nlp.pipe(texts)
        while True:
            started = time.process_time()
            doc = next(docs, None)
            self.seconds += time.process_time() - started
            if doc is None:
                return
            self.words += sum(not token.is_space for token in doc)
            yield doc
