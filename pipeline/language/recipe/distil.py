"""What the fast model learns from the accurate one: word vectors, and the analyses that people did not give."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from torch import Tensor

from pipeline.language.encoding import CHARACTERS_PER_WORD, PieceCutter
from pipeline.language.recipe.data import UNKNOWN, Sentence, Tree
from pipeline.language.recipe.network import VECTOR_WIDTH, PieceTrunk, attention_mask
from pipeline.language.vectors import VectorTable

log = logging.getLogger(__name__)

MOST_WORDS = 20_000
ITEMS_PER_BATCH = 256


def frequent_words(sentences: Iterable[Sentence], cutter: PieceCutter) -> list[str]:
    """Lower-case words that are no word piece of their own, the most frequent first."""
    counts = Counter(word.lower()[:CHARACTERS_PER_WORD] for sentence in sentences for word in sentence.words)
    words = [word for word, _ in counts.most_common() if any(c.isalpha() for c in word) and not word.isspace()]
    whole = [len(pieces) == 1 for pieces in cutter.cut(words)]
    return [word for word, alone in zip(words, whole, strict=True) if not alone][:MOST_WORDS]


def word_vectors(trunks: Sequence[PieceTrunk], words: list[str], cutter: PieceCutter) -> VectorTable:
    """A vector for every word piece and then for every word: what the trunks make of it on its own.

    A word is the mean over its pieces and over all layers, of all trunks side by side, brought to `VECTOR_WIDTH`
    numbers by principal component analysis.
    """
    items = [[piece] for piece in range(len(cutter.vocabulary))] + cutter.cut(words)
    start, end = cutter.vocabulary["[CLS]"], cutter.vocabulary["[SEP]"]
    order = sorted(range(len(items)), key=lambda i: len(items[i]))
    wide = np.zeros((len(items), sum(trunk.position_embedding.embedding_dim for trunk in trunks)), np.float32)
    for begin in range(0, len(order), ITEMS_PER_BATCH):
        batch = order[begin : begin + ITEMS_PER_BATCH]
        longest = max(len(items[i]) for i in batch) + 2
        pieces = torch.zeros(len(batch), longest, dtype=torch.long)
        for row, i in enumerate(batch):
            pieces[row, : len(items[i]) + 2] = torch.tensor([start, *items[i], end])
        mask = pieces != 0
        inside = mask & (pieces != start) & (pieces != end)
        with torch.no_grad():
            wide[batch] = torch.cat([_layer_means(trunk, pieces, mask, inside) for trunk in trunks], -1).numpy()
        if begin % (20 * ITEMS_PER_BATCH) == 0:
            log.info("vectors: %d of %d words and pieces", begin, len(order))
    return VectorTable.of(_principal(wide))


def _layer_means(trunk: PieceTrunk, pieces: Tensor, mask: Tensor, inside: Tensor) -> Tensor:
    x = trunk.word_embedding(pieces) + trunk.position_embedding.weight[: pieces.shape[1]]
    x = trunk.embedding_norm(x)
    total = torch.zeros_like(x)
    for layer in trunk.layers:
        x = layer(x, attention_mask(mask))
        total += x
    weights = inside[..., None].float()
    # A special piece on its own has nothing inside it.
    return (total * weights).sum(1) / (len(trunk.layers) * weights.sum(1).clamp(min=1))


def _principal(wide: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = wide - wide.mean(0)
    values, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    strongest = axes[:, np.argsort(-values)[:VECTOR_WIDTH]]
    out: NDArray[np.float32] = centred @ strongest
    out /= out.std()
    return out


def completed(nlp: Language, sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """The sentences, with the teacher's trees and names wherever nobody annotated them.

    A passage without trees may hold several sentences; it comes back as these.
    """
    docs = (_doc(nlp, sentence) for sentence in sentences)
    document = max(sentence.document for sentence in sentences)
    for done, (sentence, doc) in enumerate(zip(sentences, nlp.pipe(docs), strict=True)):
        names = _names(doc, sentence.names)
        if sentence.tree is not None:
            yield replace(sentence, names=names)
            continue
        document += 1
        for span in doc.sents:
            yield Sentence(
                sentence.words[span.start : span.end],
                sentence.spaces[span.start : span.end],
                _tree(span.as_doc()),
                names[span.start : span.end],
                document,
                document,
                sentence.guideline,
            )
        if done % 2000 == 0:
            log.info("silver: %d of %d sentences", done, len(sentences))


def _doc(nlp: Language, sentence: Sentence) -> Doc:
    starts: list[bool | int | None] | None = None
    if sentence.tree is not None:
        starts = [i == 0 for i in range(len(sentence.words))]
    return Doc(nlp.vocab, words=sentence.words, spaces=sentence.spaces, sent_starts=starts)


def _names(doc: Doc, given: list[str] | None) -> list[str]:
    """Names that people gave, and where they gave nothing the predicted ones; a torn name stays unknown."""
    found = ["O"] * len(doc)
    for ent in doc.ents:
        for i in range(ent.start, ent.end):
            found[i] = ("B-" if i == ent.start else "I-") + ent.label_
    if given is None:
        return found
    names = [f if g == UNKNOWN else g for f, g in zip(found, given, strict=True)]
    for ent in doc.ents:
        if len({given[i] == UNKNOWN for i in range(ent.start, ent.end)}) > 1:
            names[ent.start : ent.end] = [UNKNOWN if g == UNKNOWN else g for g in given[ent.start : ent.end]]
    return names


def _tree(doc: Doc) -> Tree:
    return Tree(
        upos=[token.pos_ for token in doc],
        xpos=[token.tag_ for token in doc],
        feats=[str(token.morph) or "_" for token in doc],
        lemmas=[token.lemma_ for token in doc],
        heads=[0 if token.head.i == token.i else token.head.i + 1 for token in doc],
        deps=["root" if token.dep_ == "ROOT" else token.dep_ for token in doc],
    )
