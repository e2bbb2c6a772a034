"""`python -m pipeline.language.evaluate --data DIR --model NAME`: how good and how fast a pipeline is.

Trees are measured twice: on gold words and sentences, and on raw text, where a word counts only if its
characters are those of a gold word (F1, as in the CoNLL 2018 shared task). Names are measured on raw text.
Predicted names that touch a span of unknown status are not counted.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Token

from pipeline.language import load, model_version
from pipeline.language.component import polarity_reader
from pipeline.language.recipe.augment import title_case
from pipeline.language.recipe.data import NAME_LABELS, Sentence, political_news, read_conllu, read_passages
from pipeline.language.speed import measure_speed

TREE_PARTS = {
    "EWT dev": "ud/ewt-dev.conllu",
    "EWT test": "ud/ewt-test.conllu",
    "GUM dev": "ud/gum_open-dev.conllu",
    "GUM test": "ud/gum_open-test.conllu",
}
NAME_PARTS = {
    "EWT dev": ("ner_derived/dev_ewt.jsonl", "ner/uner_ewt-dev.jsonl"),
    "EWT test": ("ner_derived/test_ewt.jsonl", "ner/uner_ewt-test.jsonl"),
    "GUM dev": ("ner_derived/dev_gum.jsonl", "ner/gum_open-dev.jsonl"),
    "GUM test": ("ner_derived/test_gum.jsonl", "ner/gum_open-test.jsonl"),
    "politics dev": ("ner_derived/dev_politics.jsonl", None),
    "politics test": ("ner_derived/test_politics.jsonl", None),
}
HEADLINES, HEADLINES_OF = "EWT dev as headlines", "EWT dev"
"""A part made of another: its words capitalised as headlines write them."""
STANCE_PART, STANCE_FILE = "NewsMTSC devtest_mt", "../stance/newsmtsc.devtest_mt.jsonl"
COARSE = {"PERSON": "PERSON", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC"}
Scores = dict[str, float]
Spans = list[tuple[int, int, str]]


def percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def f1(both: int, predicted: int, gold: int) -> float:
    return percent(2 * both, predicted + gold)


def _dep(token: Token) -> str:
    return "root" if token.dep_ == "ROOT" else token.dep_


def score_gold_words(nlp: Language, sentences: Sequence[Sentence]) -> Scores:
    """Accuracy of every layer with words and sentences given."""
    docs = [
        Doc(nlp.vocab, words=s.words, spaces=s.spaces, sent_starts=[i == 0 for i in range(len(s.words))])
        for s in sentences
    ]
    right: Counter[str] = Counter()
    total = Counter[str]()
    for sentence, doc in zip(sentences, nlp.pipe(docs), strict=True):
        tree = sentence.tree
        assert tree is not None
        for i, token in enumerate(doc):
            attached = (0 if token.head is token or token.head == token else token.head.i + 1) == tree.heads[i]
            labelled = attached and _dep(token) == tree.deps[i]
            word = tree.upos[i] != "PUNCT"
            total.update(all=1, words=word)
            right.update(
                tag=token.tag_ == tree.xpos[i],
                pos=token.pos_ == tree.upos[i],
                morph=str(token.morph) == tree.feats[i].replace("_", ""),
                lemma=token.lemma_ == tree.lemmas[i],
                uas=attached,
                las=labelled,
                las_words=labelled and word,
            )
    scores = {key: percent(right[key], total["all"]) for key in ("tag", "pos", "morph", "lemma", "uas", "las")}
    return scores | {"las_words": percent(right["las_words"], total["words"])}


def raw_documents(sentences: Sequence[Sentence]) -> list[tuple[str, list[tuple[int, int]]]]:
    """Texts of the documents, an empty line between paragraphs, with the place of every word."""
    out: list[tuple[str, list[tuple[int, int]]]] = []
    last: Sentence | None = None
    for sentence in sentences:
        if last is None or sentence.document != last.document:
            out.append(("", []))
        elif sentence.paragraph != last.paragraph:
            out[-1] = (out[-1][0].rstrip() + "\n\n", out[-1][1])
        text, places = out[-1]
        for word, space in zip(sentence.words, sentence.spaces, strict=True):
            places.append((len(text), len(text) + len(word)))
            text += word + " " * space
        out[-1] = text, places
        last = sentence
    return out


def score_raw_text(nlp: Language, sentences: Sequence[Sentence]) -> Scores:
    """F1 of every layer from raw text."""
    by_document: dict[int, list[Sentence]] = defaultdict(list)
    for sentence in sentences:
        by_document[sentence.document].append(sentence)
    texts = raw_documents(sentences)
    both: Counter[str] = Counter()
    count: Counter[str] = Counter()
    docs = nlp.pipe(text for text, _ in texts)
    for (_, places), doc, group in zip(texts, docs, by_document.values(), strict=True):
        gold: dict[tuple[int, int], tuple[Any, ...]] = {}
        bounds, offset = set(), 0
        for sentence in group:
            tree = sentence.tree
            assert tree is not None
            here = places[offset : offset + len(sentence.words)]
            offset += len(here)
            bounds.add((here[0][0], here[-1][1]))
            for i, place in enumerate(here):
                head = here[tree.heads[i] - 1] if tree.heads[i] else None
                gold[place] = (
                    tree.xpos[i],
                    tree.upos[i],
                    tree.feats[i].replace("_", ""),
                    tree.lemmas[i],
                    head,
                    tree.deps[i],
                )
        tokens = [token for token in doc if not token.is_space]
        predicted = set()
        for sent in doc.sents:
            inside = [token for token in sent if not token.is_space]
            if inside:
                predicted.add((inside[0].idx, inside[-1].idx + len(inside[-1])))
        count.update(gold=len(gold), predicted=len(tokens), gold_sents=len(bounds), predicted_sents=len(predicted))
        both["sents"] += len(bounds & predicted)
        count["gold_words"] += sum(row[1] != "PUNCT" for row in gold.values())
        for token in tokens:
            count["predicted_words"] += token.pos_ != "PUNCT"
            row = gold.get((token.idx, token.idx + len(token)))
            if row is None:
                continue
            head = None if token.head == token else (token.head.idx, token.head.idx + len(token.head))
            attached = head == row[4]
            labelled = attached and _dep(token) == row[5]
            both.update(
                tokens=1,
                tag=token.tag_ == row[0],
                pos=token.pos_ == row[1],
                morph=str(token.morph) == row[2],
                lemma=token.lemma_ == row[3],
                uas=attached,
                las=labelled,
                las_words=labelled and row[1] != "PUNCT" and token.pos_ != "PUNCT",
            )
    layers = ("tokens", "tag", "pos", "morph", "lemma", "uas", "las")
    scores = {key: f1(both[key], count["predicted"], count["gold"]) for key in layers}
    scores["las_words"] = f1(both["las_words"], count["predicted_words"], count["gold_words"])
    scores["sents"] = f1(both["sents"], count["predicted_sents"], count["gold_sents"])
    return scores


def _coarse(spans: Iterable[tuple[int, int, str]]) -> Spans:
    return [(start, end, COARSE[label]) for start, end, label in spans if label in COARSE]


def find_names(nlp: Language, passages: Sequence[dict[str, Any]]) -> list[Spans]:
    """Predicted names of each passage, in characters."""
    docs = nlp.pipe(passage["text"] for passage in passages)
    return [[(e.start_char, e.end_char, e.label_) for e in doc.ents if e.label_ in NAME_LABELS] for doc in docs]


def score_names(
    passages: Sequence[dict[str, Any]], predicted: Sequence[Spans], *, coarse: bool = False
) -> dict[str, Scores]:
    """Precision, recall and F1 of names by label and of all; coarse: PERSON, ORG and LOC, which holds GPE and FAC."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for passage, found in zip(passages, predicted, strict=True):
        gold: Spans = [(start, end, label) for start, end, label in passage["entities"]]
        if coarse:
            gold, found = _coarse(gold), _coarse(found)
        unknown = passage.get("missing", [])
        found = [span for span in found if not any(span[0] < end and start < span[1] for start, end in unknown)]
        for name, spans in (("gold", gold), ("found", found), ("both", list(set(gold) & set(found)))):
            for _, _, label in spans:
                counts[label][name] += 1
                counts["all"][name] += 1
    return {
        label: {
            "p": percent(c["both"], c["found"]),
            "r": percent(c["both"], c["gold"]),
            "f": f1(c["both"], c["found"], c["gold"]),
            "n": c["gold"],
        }
        for label, c in sorted(counts.items())
    }


def score_polarity(nlp: Language, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Macro F1 of the polarity towards targets, and how far confidences are from the share that is right.

    `ece` is the expected calibration error in points; `reliability` has, for each tenth of confidence, how many
    answers lie in it, their mean confidence and how many per cent of them are right.
    """
    reader = polarity_reader(nlp)
    if reader is None:
        return {}
    targets = []
    for row in rows:
        doc = nlp.make_doc(row["sentence"])
        for token in doc:
            token.is_sent_start = token.i == 0
        start, end = row["target"]
        span = doc.char_span(start, end, alignment_mode="expand")
        assert span is not None
        targets.append(span)
    found = reader.polarities(targets)
    scores: dict[str, Any] = {}
    for label in (-1, 0, 1):
        both = sum(f.polarity == row["label"] == label for f, row in zip(found, rows, strict=True))
        scores[f"f_{label}"] = f1(both, sum(f.polarity == label for f in found), sum(r["label"] == label for r in rows))
    scores["macro_f"] = round(sum(scores.values()) / 3, 2)
    tenths: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for f, row in zip(found, rows, strict=True):
        tenths[min(int(10 * f.confidence), 9)].append((f.confidence, f.polarity == row["label"]))
    reliability = {
        f"{tenth / 10:.1f}-{(tenth + 1) / 10:.1f}": {
            "n": len(answers),
            "confidence": round(100 * sum(c for c, _ in answers) / len(answers), 1),
            "right": percent(sum(right for _, right in answers), len(answers)),
        }
        for tenth, answers in sorted(tenths.items())
    }
    off = sum(row["n"] * abs(row["confidence"] - row["right"]) for row in reliability.values())
    return scores | {"ece": round(off / len(rows), 2), "reliability": reliability}


def as_headlines(passage: dict[str, Any]) -> dict[str, Any]:
    """The passage in headline case; no character moves."""
    runs = re.split(r"(\s+)", passage["text"])
    runs[::2] = title_case(runs[::2])
    return passage | {"text": "".join(runs)}


def evaluate(nlp: Language, data: Path, parts: Sequence[str] = ()) -> dict[str, Any]:
    """Scores of the named parts, or of all."""
    wanted = set(parts) or {*TREE_PARTS, *NAME_PARTS, HEADLINES, "own news test", STANCE_PART}
    report: dict[str, Any] = {
        "model": model_version(nlp),
        "gold_words": {},
        "raw_text": {},
        "names": {},
        "names_coarse": {},
    }
    texts: list[str] = []
    for name, path in TREE_PARTS.items():
        if name in wanted:
            sentences = read_conllu(data / path)
            texts += [text for text, _ in raw_documents(sentences)]
            report["gold_words"][name] = score_gold_words(nlp, sentences)
            report["raw_text"][name] = score_raw_text(nlp, sentences)
    for name, (fine, given) in NAME_PARTS.items():
        if name in wanted:
            passages = read_passages(data / fine)
            predicted = find_names(nlp, passages)
            report["names"][name] = score_names(passages, predicted)
            # The same passages line by line, but for blanks at their ends, with the labels people gave.
            given_passages = read_passages(data / given) if given else passages
            report["names_coarse"][name] = score_names(given_passages, predicted, coarse=True)
    if HEADLINES in wanted:
        sentences = [replace(s, words=title_case(s.words)) for s in read_conllu(data / TREE_PARTS[HEADLINES_OF])]
        report["gold_words"][HEADLINES] = score_gold_words(nlp, sentences)
        fine, given = NAME_PARTS[HEADLINES_OF]
        predicted = find_names(nlp, [as_headlines(passage) for passage in read_passages(data / fine)])
        report["names_coarse"][HEADLINES] = score_names(read_passages(data / str(given)), predicted, coarse=True)
    if "own news test" in wanted:
        passages = political_news("test")
        report["names"]["own news test"] = score_names(passages, find_names(nlp, passages))
    if STANCE_PART in wanted and (data / STANCE_FILE).exists():
        report["polarity"] = score_polarity(nlp, read_passages(data / STANCE_FILE))
    if texts:
        speed = measure_speed(nlp, texts[:400])
        report["speed"] = {"words_per_s": speed.words_per_s, "peak_memory_mb": speed.peak_memory_mb}
    return report


def table(report: dict[str, Any]) -> str:
    """The report for reading, in Markdown."""
    lines = [f"{report['model']}", ""]
    for title in ("gold_words", "raw_text"):
        rows = report[title]
        if rows:
            columns = list(next(iter(rows.values())))
            lines += [f"| {title} | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
            lines += [f"| {part} | " + " | ".join(f"{rows[part][c]:.1f}" for c in columns) + " |" for part in rows]
            lines.append("")
    for title in ("names", "names_coarse"):
        rows = report[title]
        if rows:
            labels = [label for label in (*NAME_LABELS, "all") if any(label in row for row in rows.values())]
            lines += [f"| {title}, P/R/F | " + " | ".join(labels) + " |", "|---" * (len(labels) + 1) + "|"]
            for part, row in rows.items():
                cells = ["{p:.1f} / {r:.1f} / **{f:.1f}**".format(**row[la]) if la in row else "" for la in labels]
                lines.append(f"| {part} | " + " | ".join(cells) + " |")
            lines.append("")
    if report.get("polarity"):
        rows = report["polarity"]
        lines.append(
            f"Polarity towards a target, {STANCE_PART}: macro F1 {rows['macro_f']:.1f} (against {rows['f_-1']:.1f}, "
            f"neutral {rows['f_0']:.1f}, for {rows['f_1']:.1f}); expected calibration error {rows['ece']:.1f} points"
        )
        lines += ["", "| confidence | answers | mean confidence | right |", "|---|---|---|---|"]
        lines += [
            f"| {tenth} | {row['n']} | {row['confidence']:.1f} | {row['right']:.1f} |"
            for tenth, row in rows["reliability"].items()
        ]
        lines.append("")
    if "speed" in report:
        lines.append(
            "{words_per_s} words/s on one core from raw text, {peak_memory_mb} MB peak".format(**report["speed"])
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.language.evaluate", description=__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="folder with ud/, ner/ and ner_derived/; polarity is read from stance/ beside it",
    )
    parser.add_argument("--model", default="accurate", help="shipped model, folder or installed pipeline")
    parser.add_argument(
        "--parts",
        nargs="+",
        default=(),
        choices=[*NAME_PARTS, HEADLINES, "own news test", STANCE_PART],
        help="measure these parts alone",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    args = parser.parse_args()
    report = evaluate(load(args.model), args.data, args.parts)
    print(json.dumps(report, indent=1) if args.json else table(report))


if __name__ == "__main__":
    main()
