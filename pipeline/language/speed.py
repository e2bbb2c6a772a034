"""How fast a pipeline reads, and how much memory that takes."""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from spacy.language import Language

_WARM_UP_TEXTS = 3


@dataclass(frozen=True, slots=True)
class Speed:
    """What a measurement of one core gave."""

    words: int
    seconds: float
    peak_memory_mb: int

    @property
    def words_per_s(self) -> int:
        return round(self.words / self.seconds)


def spare_loaded() -> None:
    """Tell Python's collector of cyclic garbage to leave alone what is loaded by now, in a process that goes on long.

    A model and the directory are a million objects, which it would go through again and again for nothing: a tenth of
    the time that enrichment takes.
    """
    gc.collect()
    gc.freeze()


def measure_speed(nlp: Language, texts: Sequence[str]) -> Speed:
    """Read texts once, as workers do. Seconds are the processor's, so that a busy machine does not count."""
    spare_loaded()
    for _ in nlp.pipe(texts[:_WARM_UP_TEXTS]):
        pass
    started = time.process_time()
    words = sum(sum(not token.is_space for token in doc) for doc in nlp.pipe(texts))
    return Speed(words, time.process_time() - started, peak_memory_mb())


def peak_memory_mb() -> int:
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in kilobytes, macOS in bytes.
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))
