"""Read trees and name annotation into one list of sentences, each with what its corpus knows."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from spacy.language import Language

from pipeline.language import tokenizer
from pipeline.language.lemmas import LOOKUP, lemma_script

log = logging.getLogger(__name__)

NAME_LABELS = ("PERSON", "ORG", "GPE", "LOC", "FAC", "NORP")
UNKNOWN = "?"
SENTENCES, LABELS = "sentences.jsonl", "labels.json"
POLITICAL_COPIES = 2
MIN_SCRIPT_COUNT = 3
MIN_FEATS_COUNT = 2
GUIDELINES = ("ewt", "gum", "wikipedia", "own", "web")
TREE_PARTS = (
    ("ewt", "ud/ewt-train.conllu", "ner_derived/train_ewt.jsonl"),
    ("gum", "ud/gum_open-train.conllu", "ner_derived/train_gum.jsonl"),
)
WIKIPEDIA_NAMES = "ner_derived/train_ner.jsonl"
OWN_TEXTS = Path(__file__).parent / "data"
POLITICAL_NEWS, WORLD_NEWS, WEB_TEXTS = (
    OWN_TEXTS / name for name in ("political_news.txt", "world_news.txt", "web_texts.txt")
)


@dataclass(slots=True)
class Tree:
    """Gold analysis of one sentence; heads count words from 1, 0 is the root."""

    upos: list[str]
    xpos: list[str]
    feats: list[str]
    lemmas: list[str]
    heads: list[int]
    deps: list[str]


@dataclass(slots=True)
class Sentence:
    """Words with what is known of them.

    `names` has BIO tags; "?" marks a word whose status is unknown; None where nobody annotated names. `guideline` is
    whose rules the names were marked by, one of `GUIDELINES`: corpora differ in what they call an organisation.
    """

    words: list[str]
    spaces: list[bool]
    tree: Tree | None = None
    names: list[str] | None = None
    document: int = 0
    paragraph: int = 0
    guideline: str = ""


def sentence_from_json(record: dict[str, Any]) -> Sentence:
    tree = record.pop("tree")
    return Sentence(tree=Tree(**tree) if tree else None, **record)


def read_conllu(path: Path) -> list[Sentence]:
    """Sentences of a CoNLL-U file; the spacing of a multiword token lies after its last word."""
    sentences: list[Sentence] = []
    document = paragraph = 0
    for block in path.read_text(encoding="utf8").split("\n\n"):
        lines = block.split("\n")
        document += any(line.startswith("# newdoc") for line in lines)
        paragraph += any(line.startswith(("# newdoc", "# newpar")) for line in lines)
        rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
        words = [row for row in rows if row[0].isdigit()]
        if not words:
            continue
        spaces = ["SpaceAfter=No" not in row[9] for row in words]
        for row in rows:
            if "-" in row[0]:
                start, end = map(int, row[0].split("-"))
                spaces[start - 1 : end] = [False] * (end - start) + ["SpaceAfter=No" not in row[9]]
        columns = list(zip(*words, strict=True))
        tree = Tree(
            upos=list(columns[3]),
            xpos=list(columns[4]),
            feats=list(columns[5]),
            lemmas=[form if lemma == "_" else lemma for form, lemma in zip(columns[1], columns[2], strict=True)],
            heads=[int(head) for head in columns[6]],
            deps=list(columns[7]),
        )
        sentences.append(Sentence(list(columns[1]), spaces, tree, None, document, paragraph))
    return sentences


def read_passages(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]


def add_names(sentences: list[Sentence], passages: Iterable[dict[str, Any]]) -> None:
    """Put the names annotated on running text onto the words of the trees made of the same text.

    Both are compared without blanks. Words of no passage stay unknown.
    """
    owners: list[tuple[int, int]] = []
    stream: list[str] = []
    for s, sentence in enumerate(sentences):
        sentence.names = [UNKNOWN] * len(sentence.words)
        for w, word in enumerate(sentence.words):
            letters = re.sub(r"\s", "", word)
            stream.append(letters)
            owners += [(s, w)] * len(letters)
    text = "".join(stream)
    cursor = lost = 0

    def mark(s: int, w: int, tag: str) -> None:
        names = sentences[s].names
        assert names is not None
        names[w] = tag

    for passage in passages:
        key, offsets = "", [0]
        for c in passage["text"]:
            key += "" if c.isspace() else c
            offsets.append(len(key))
        start = text.find(key, cursor)
        if start < 0:
            start = text.find(key)
        if not key or start < 0:
            lost += 1
            continue
        if start < cursor + 20_000:
            cursor = start + len(key)
        for owner in owners[start : start + len(key)]:
            mark(*owner, "O")
        for begin, end in passage.get("missing", []):
            for owner in owners[start + offsets[begin] : start + offsets[end]]:
                mark(*owner, UNKNOWN)
        for begin, end, label in passage["entities"]:
            words = sorted(set(owners[start + offsets[begin] : start + offsets[end]]))
            if len({s for s, _ in words}) == 1:
                for n, owner in enumerate(words):
                    mark(*owner, ("I-" if n else "B-") + label)
    if lost:
        log.warning("%d passages were not found in the trees", lost)


def name_sentence(nlp: Language, passage: dict[str, Any], guideline: str) -> Sentence | None:
    """One annotated passage, cut into words as the pipeline itself cuts them."""
    tokens = [token for token in nlp.make_doc(passage["text"]) if not token.is_space]
    if not tokens:
        return None
    names = ["O"] * len(tokens)
    spans = [(*span, UNKNOWN) for span in passage.get("missing", [])] + list(passage["entities"])
    for begin, end, label in spans:
        inside = [i for i, t in enumerate(tokens) if t.idx < end and t.idx + len(t) > begin]
        for n, i in enumerate(inside):
            names[i] = UNKNOWN if label == UNKNOWN else ("I-" if n else "B-") + label
    return Sentence([t.text for t in tokens], [bool(t.whitespace_) for t in tokens], names=names, guideline=guideline)


_MARKED = re.compile(r"\[(" + "|".join(NAME_LABELS) + r") ([^\[\]]+)\]")


def parse_marked(line: str) -> dict[str, Any]:
    """`[ORG Ministry of Defence] in [GPE Tallinn] said …` as text and spans."""
    text, entities, last = "", [], 0
    for match in _MARKED.finditer(line):
        text += line[last : match.start()]
        entities.append([len(text), len(text) + len(match[2]), match[1]])
        text += match[2]
        last = match.end()
    return {"text": text + line[last:], "entities": entities}


def read_marked(path: Path) -> list[dict[str, Any]]:
    """Passages of a file of our own, one a line; comments begin with #."""
    lines = path.read_text(encoding="utf8").splitlines()
    return [parse_marked(line) for line in lines if line and not line.startswith("#")]


def political_news(part: str) -> list[dict[str, Any]]:
    """Passages of our own political news; every fifth one is the test part."""
    return [passage for i, passage in enumerate(read_marked(POLITICAL_NEWS)) if (i % 5 == 4) == (part == "test")]


def inventory(trees: Iterable[Tree], words: Iterable[list[str]]) -> dict[str, Any]:
    """Classes of every head, and the lemmas that no frequent script explains."""
    counts: dict[str, Counter[str]] = {key: Counter() for key in ("upos", "xpos", "feats", "deps", "scripts")}
    pairs: Counter[tuple[str, str]] = Counter()
    for tree, forms in zip(trees, words, strict=True):
        for key in ("upos", "xpos", "feats", "deps"):
            counts[key].update(getattr(tree, key))
        for form, lemma in zip(forms, tree.lemmas, strict=True):
            counts["scripts"][lemma_script(form, lemma)] += 1
            pairs[form, lemma] += 1
    scripts = sorted(script for script, n in counts["scripts"].items() if n >= MIN_SCRIPT_COUNT)
    frequent = set(scripts)
    lookup: dict[str, str] = {}
    for (form, lemma), _ in pairs.most_common():
        lookup.setdefault(form, lemma)
    lookup = {form: lemma for form, lemma in lookup.items() if lemma_script(form, lemma) not in frequent}
    known = {lemma for _, lemma in pairs if lemma.isalpha() and lemma.islower()}
    return {
        "upos": sorted(counts["upos"]),
        "xpos": sorted(counts["xpos"]),
        "feats": sorted(feats for feats, n in counts["feats"].items() if n >= MIN_FEATS_COUNT),
        "lemma": [LOOKUP, *scripts],
        "ner": ["O"] + [f"{prefix}-{label}" for label in NAME_LABELS for prefix in "BI"],
        "dep": sorted(counts["deps"]),
        "lookup": lookup,
        "known_lemmas": sorted(known),
    }


def prepare(data: Path, out: Path, plain: Sequence[str] = ()) -> None:
    """Write out/sentences.jsonl and out/labels.json from the corpora under data.

    `plain` are sentences that nobody annotated: a network with teachers learns what these say of them.
    """
    nlp = tokenizer.blank()
    sentences: list[Sentence] = []
    for guideline, trees_path, names_path in TREE_PARTS:
        part = read_conllu(data / trees_path)
        add_names(part, read_passages(data / names_path))
        offset = sentences[-1].document + 1 if sentences else 0
        for sentence in part:
            sentence.document += offset
            sentence.guideline = guideline
        sentences += part
    trees = [s.tree for s in sentences if s.tree is not None]
    labels = inventory(trees, [s.words for s in sentences])
    named = [("wikipedia", passage) for passage in read_passages(data / WIKIPEDIA_NAMES)]
    named += [("own", passage) for passage in POLITICAL_COPIES * political_news("train") + read_marked(WORLD_NEWS)]
    named += [("web", passage) for passage in read_marked(WEB_TEXTS)]
    sentences += [s for guideline, passage in named if (s := name_sentence(nlp, passage, guideline)) is not None]
    unnamed = [name_sentence(nlp, {"text": text, "entities": []}, "own") for text in plain]
    sentences += [replace(s, names=None) for s in unnamed if s is not None]
    save_prepared(sentences, labels, out)
    log.info(
        "%d sentences, %d with trees; classes %s",
        len(sentences),
        len(trees),
        {key: len(value) for key, value in labels.items()},
    )


def save_prepared(sentences: Iterable[Sentence], labels: dict[str, Any], out: Path) -> None:
    """Write sentences and classes; the classes last, so that their file says that the folder is whole."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / SENTENCES).open("w", encoding="utf8") as stream:
        stream.writelines(json.dumps(asdict(s), ensure_ascii=False) + "\n" for s in sentences)
    (out / LABELS).write_text(json.dumps(labels, ensure_ascii=False, indent=1), encoding="utf8")


def load_sentences(path: Path) -> Iterator[Sentence]:
    with path.open(encoding="utf8") as stream:
        for line in stream:
            yield sentence_from_json(json.loads(line))
