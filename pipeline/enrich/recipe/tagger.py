"""A learned tagger of attributions against the rules: `python -m pipeline.enrich.recipe.tagger --gold … --scorer …`.

The tagger reads the encoder's vectors of each word and of its head, and whether the word is quoted; three convolutions
look at its neighbours; each word begins, continues or is outside of a content, a source or a cue. It learns from the
marked articles of `data/articles`. Printed are the scores of the rules, of the tagger, and of the rules with those of
the tagger's contents that it is sure of and the rules left free. Needs the extra `recipe`; takes some minutes.

It is not part of the pipeline, as the rules measure better (docs/quality.md): this is how to ask again.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from spacy.tokens import Doc
from torch import Tensor, nn
from torch.nn import functional

from pipeline.enrich import load_enricher
from pipeline.enrich.quotes import find_quotations
from pipeline.enrich.recipe.confidence import read
from pipeline.enrich.recipe.judged import Marked, all_marked_articles, attribution_row, counts
from pipeline.language.decoding import NameDecoder
from pipeline.records import Span
from pipeline.settings import load_settings

TAGS = ("O", "B-content", "I-content", "B-source", "I-source", "B-cue", "I-cue")
WIDTH, LAYERS, REACH = 96, 3, 5
LONGEST = 160
EPOCHS, RATE, BATCH = 8, 2e-3, 16
NETWORKS = 3
IGNORED = -100
# Where the rules say nothing, the tagger's contents count from this mean probability and number of words.
SURE, FEWEST = 0.95, 4
# Words between the pieces of a split quotation, and between a content and its source.
APART, FAR = 25, 30


@dataclass(frozen=True)
class Row:
    """Up to `LONGEST` words of one paragraph: vectors, places in quotation marks, heads by place in the row, tags."""

    words: NDArray[np.int64]
    vectors: NDArray[np.float32]
    quoted: NDArray[np.int64]
    heads: NDArray[np.int64]
    tags: NDArray[np.int64]


def rows(doc: Doc, marked: Sequence[Marked]) -> Iterator[Row]:
    quoted, tags = np.zeros(len(doc), np.int64), np.zeros(len(doc), np.int64)
    for quotation in find_quotations(doc.text):
        span = doc.char_span(quotation.start, quotation.end, alignment_mode="expand")
        if span is not None and quotation.depth == 0:
            quoted[span.start : span.end] = 1
            quoted[span.start], quoted[span.end - 1] = 2, 3
    for one in marked:
        for tag, spans in ((1, one.content), (3, one.source), (5, one.cue)):
            for place in spans:
                span = doc.char_span(*place, alignment_mode="contract")
                if span is not None and len(span):
                    tags[span.start : span.end] = tag + 1
                    tags[span.start] = tag
    for words in _stretches(doc):
        within = {i: n for n, i in enumerate(words)}
        heads = [within.get(doc[i].head.i, n) for n, i in enumerate(words)]
        yield Row(np.array(words), doc.tensor[words].astype(np.float32), quoted[words], np.array(heads), tags[words])


def _stretches(doc: Doc) -> Iterator[list[int]]:
    words: list[int] = []
    for token in doc:
        if not token.is_space:
            words.append(token.i)
        if words and (len(words) == LONGEST or "\n" in token.text or token.i + 1 == len(doc)):
            yield words
            words = []


class Tagger(nn.Module):
    def __init__(self, mean: Tensor, spread: Tensor) -> None:
        super().__init__()
        self.mean, self.spread = nn.Buffer(mean), nn.Buffer(spread)
        self.own, self.head = nn.Linear(len(mean), WIDTH), nn.Linear(len(mean), WIDTH)
        self.quoted = nn.Embedding(4, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.convolutions = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, REACH, padding=REACH // 2) for _ in range(LAYERS))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(LAYERS))
        self.out = nn.Linear(WIDTH, len(TAGS))
        self.drop = nn.Dropout(0.3)

    def forward(self, batch: Sequence[Row]) -> Tensor:
        """Scores of tags, (rows, longest row, tags)."""
        columns = [[torch.from_numpy(column) for column in (r.vectors, r.quoted, r.heads)] for r in batch]
        vectors, quoted, heads = (
            nn.utils.rnn.pad_sequence(list(c), batch_first=True) for c in zip(*columns, strict=True)
        )
        filled = torch.zeros(quoted.shape)
        for row, mask in zip(batch, filled, strict=True):
            mask[: len(row.words)] = 1
        vectors = self.drop((vectors - self.mean) / self.spread)
        governing = torch.gather(vectors, 1, heads[:, :, None].expand_as(vectors))
        x = self.norm(functional.gelu(self.own(vectors) + self.head(governing) + self.quoted(quoted)))
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            y = convolution((x * filled[..., None]).transpose(1, 2)).transpose(1, 2)
            x = norm(x + self.drop(functional.gelu(y)))
        scores: Tensor = self.out(self.drop(x))
        return scores


def learned(data: list[Row], seed: int) -> Tagger:
    torch.manual_seed(seed)
    chance = random.Random(seed)
    every = np.concatenate([row.vectors for row in data])
    network = Tagger(torch.from_numpy(every.mean(0)), torch.from_numpy(every.std(0) + 1e-3))
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    steps, step = EPOCHS * (len(data) // BATCH + 1), 0
    for _ in range(EPOCHS):
        order = sorted(data, key=lambda row: len(row.words) * (1 + 0.2 * chance.random()))
        batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
        chance.shuffle(batches)
        for batch in batches:
            for group in optimiser.param_groups:
                group["lr"] = RATE * min(1.0, (step + 1) / 100) * (1 - step / steps)
            tags = nn.utils.rnn.pad_sequence(
                [torch.from_numpy(r.tags) for r in batch], batch_first=True, padding_value=IGNORED
            )
            loss = functional.cross_entropy(network(batch).flatten(0, 1), tags.flatten(), ignore_index=IGNORED)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            step += 1
    network.eval()
    return network


@dataclass
class Tagged:
    """A content that the tagger found: its pieces as ranges of words, and how sure it is."""

    pieces: list[Span]
    sure: float
    source: Span | None = None


def tagged(doc: Doc, networks: Sequence[Tagger]) -> list[Tagged]:
    with torch.no_grad():
        return _tagged(doc, networks)


def _tagged(doc: Doc, networks: Sequence[Tagger]) -> list[Tagged]:
    decoder = NameDecoder(TAGS)
    found: list[Tagged] = []
    for row in rows(doc, ()):
        shares = torch.stack([network([row])[0].softmax(-1) for network in networks]).mean(0).numpy()
        spans = decoder.spans(np.log(shares + 1e-9))
        contents: list[Tagged] = []
        for start, end, label in spans:
            if label != "content":
                continue
            piece = int(row.words[start]), int(row.words[end - 1]) + 1
            before = [s for s in spans if s[2] == "content" and s[1] <= start]
            if contents and before and _goes_on(row, spans, before[-1], start):
                contents[-1].pieces.append(piece)
            else:
                sure = float(1 - shares[start:end, 0].mean())
                contents.append(Tagged([piece], sure, _nearest_source(doc, row, spans, start, end)))
        found += contents
    return found


def _goes_on(row: Row, spans: Sequence[tuple[int, int, str]], before: tuple[int, int, str], start: int) -> bool:
    """ "“…,” she said, “…”": between the pieces stand a source and hardly anything else."""
    between = [s for s in spans if before[1] <= s[0] and s[1] <= start]
    gap = start - before[1]
    named = sum(end - begin for begin, end, _ in between) * 2 >= gap and any(s[2] == "source" for s in between)
    return gap <= APART and named and bool(row.quoted[before[0]] and row.quoted[start])


def _nearest_source(doc: Doc, row: Row, spans: Sequence[tuple[int, int, str]], start: int, end: int) -> Span | None:
    def distance(span: tuple[int, int, str]) -> int:
        other_sentence = doc[int(row.words[span[0]])].sent != doc[int(row.words[start])].sent
        return max(start - span[1], span[0] - end, 0) + 8 * other_sentence

    sources = [span for span in spans if span[2] == "source"]
    nearest = min(sources, key=distance, default=None)
    if nearest is None or distance(nearest) > FAR:
        return None
    return int(row.words[nearest[0]]), int(row.words[nearest[1] - 1]) + 1


def _characters(doc: Doc, words: Span) -> Span:
    span = doc[words[0] : words[1]]
    return span.start_char, span.end_char


def of_tagger(doc: Doc, found: Sequence[Tagged]) -> list[dict[str, Any]]:
    """Attributions in the form of the gold data."""
    return [
        {
            "content": [_characters(doc, piece) for piece in one.pieces],
            "source": [_characters(doc, one.source)] if one.source else [],
            "cue": [],
            "kind": "indirect",
        }
        for one in found
    ]


def free(doc: Doc, found: Sequence[Tagged], taken: Sequence[dict[str, Any]]) -> list[Tagged]:
    """What the tagger is sure of where the rules found nothing."""
    places = {i for one in taken for start, end in one["content"] for i in range(start, end)}
    chosen = []
    for one in found:
        long = sum(end - start for start, end in one.pieces) >= FEWEST
        own = {i for piece in one.pieces for i in range(*_characters(doc, piece))}
        if one.source and long and one.sure >= SURE and 10 * len(own & places) < len(own):
            chosen.append(one)
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True, help="articles with attributions, JSON lines (PolNeAR dev)")
    parser.add_argument("--scorer", type=Path, required=True, help="score_quotes.py")
    options = parser.parse_args()
    enricher = load_enricher(load_settings())
    data = [row for text, marked in all_marked_articles() for row in rows(enricher.nlp(text), marked)]
    networks = [learned(data, seed) for seed in range(NETWORKS)]
    gold = [json.loads(line) for line in options.gold.read_text("utf8").splitlines()]
    found: dict[str, list[dict[str, Any]]] = {"rules": [], "tagger": [], "both": []}
    for row, statements in zip(gold, read(enricher, (row["text"] for row in gold)), strict=True):
        doc = enricher.nlp(row["text"])
        by_rules, by_tagger = [attribution_row(s) for s in statements if counts(s)], tagged(doc, networks)
        more = of_tagger(doc, free(doc, by_tagger, by_rules))
        for name, attributions in (
            ("rules", by_rules),
            ("tagger", of_tagger(doc, by_tagger)),
            ("both", [*by_rules, *more]),
        ):
            found[name].append({"id": row["id"], "attributions": attributions})
    for name, predictions in found.items():
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf8") as file:
            file.writelines(json.dumps(one) + "\n" for one in predictions)
            file.flush()
            print(f"== {name}", flush=True)
            subprocess.run([sys.executable, options.scorer, options.gold, file.name], check=True)


if __name__ == "__main__":
    main()
