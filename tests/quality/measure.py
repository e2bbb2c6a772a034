"""Measures on data beside the project, by the scorers that lie with the data, and on cases of our own."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.alerts import load_rules
from pipeline.commands.alerts import replay
from pipeline.enrich.cues import Cues, bases
from pipeline.enrich.recipe.judged import attribution_row, counts
from pipeline.inputs import split_title
from pipeline.language import load
from pipeline.language.evaluate import score_polarity
from pipeline.records import EnrichedArticle, Party, Statement
from pipeline.settings import load_settings
from tests.alerts.scenario.reading import read_scenario, score
from tests.quality import confidence, coreference, sentences, speakers
from tests.quality import events as event_records
from tests.quality.reading import OWN_CASES, enriched, enricher, rows_of


def _scored(script: Path, gold: Path, predictions: list[dict[str, Any]], *options: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf8") as file:
        file.writelines(json.dumps(row) + "\n" for row in predictions)
        file.flush()
        done = subprocess.run(
            [sys.executable, script, gold, file.name, *options], capture_output=True, text=True, check=False
        )
    if not done.stdout:
        raise RuntimeError(done.stderr)
    return done.stdout


def seeds(shared: Path) -> dict[str, float]:
    """Rows found of those that a careful reader finds in the two seed articles."""
    folder = shared / "data" / "seeds"
    articles = enriched((p.stem, *split_title(p.read_text("utf8"))) for p in sorted(folder.glob("*.txt")))
    predictions = [json.loads(article.model_dump_json()) for article in articles]
    said = _scored(shared / "tools" / "check_seeds.py", folder / "expected.json", predictions)
    return {"rows": float(said.splitlines()[-1].split("/")[0])}


def attributions(shared: Path, name: str) -> dict[str, float]:
    """Precision and recall of attributions, in per cent, matches at Jaccard .5 of the content characters."""
    gold = shared / "data" / "quotes" / f"{name}.jsonl"
    rows = rows_of(gold)
    # The texts are given whole, their headline inside: no line is taken for a title.
    predictions = [
        {"id": row["id"], "attributions": [attribution_row(s) for s in article.statements if counts(s)]}
        for row, article in zip(rows, enriched((row["id"], "", row["text"]) for row in rows), strict=True)
    ]
    return _read_quotes(_scored(shared / "tools" / "score_quotes.py", gold, predictions))


def _read_quotes(said: str) -> dict[str, float]:
    lines = {line.split(" ", 1)[0]: line for line in said.splitlines()}
    table = ast.literal_eval(lines["jac50"].split(" ", 1)[1].strip())
    figures = {"precision": table["all"][0], "recall_direct": table["direct"][1], "recall_mixed": table["mixed"][1]}
    figures["recall_indirect_speech"] = table["indirect_speech"][1]
    if "on" in lines:
        figures["source_overlap"] = float(lines["on"].split("source overlap ")[1].split()[0])
    return figures


def cue_lexicon(shared: Path) -> dict[str, float]:
    """Share of the words that report three times or more in PolNeAR train, alone as a cue, which the lexicon knows."""
    uses: Counter[str] = Counter()
    for row in rows_of(shared / "data" / "quotes" / "polnear.train.jsonl"):
        for attribution in row["attributions"]:
            words = [row["text"][start:end].lower() for start, end in attribution["cue"]]
            if attribution.get("speech", True) and len(words) == 1 and words[0].isalpha():
                uses[words[0]] += 1
    cues = Cues.load()
    known = {phrase.split()[0] for phrase in cues.verbs} | set(cues.nouns)
    often = [word for word, count in uses.items() if count >= 3]
    return {"words": round(sum(not known.isdisjoint(bases(word)) for word in often) / len(often), 3)}


def speech_acts(shared: Path, gold: Path) -> dict[str, float]:
    """Alert decision, speaker, addressee and act on cases that say who warns whom."""
    rows = rows_of(gold)
    articles = enriched((row["id"], "", row["text"]) for row in rows)
    predictions = [{"id": a.id, "acts": [_act(a, s) for s in a.statements]} for a in articles]
    found = json.loads(_scored(shared / "tools" / "score_acts.py", gold, predictions, "--json"))
    table = found["total"]
    wanted = ("precision", "recall", "speaker_acc", "addressee_acc", "act_acc_all")
    return {name: round(float(table[name]), 3) for name in wanted}


def ordinary_news(shared: Path) -> dict[str, float]:
    """Of a thousand statements of an election campaign, how many raise no alarm: hardly one of a hundred ought to."""
    rows = rows_of(shared / "data" / "quotes" / "polnear.dev.jsonl")
    found = [s.alertable for a in enriched((row["id"], "", row["text"]) for row in rows) for s in a.statements]
    return {"quiet": round(1000 * (1 - sum(found) / len(found)), 1)}


def events(shared: Path) -> dict[str, float]:
    """Classes of acts in peers' event records."""
    rows = rows_of(shared / "data" / "speech_acts" / "events.jsonl")
    return event_records.measure(rows, enriched((row["id"], "", row["text"]) for row in rows))


def _act(article: EnrichedArticle, statement: Statement) -> dict[str, Any]:
    text = article.title if statement.field == "title" else article.text
    return {
        "act": statement.act,
        "speaker": _mentions(statement.speakers, text),
        "speaker_actor": "; ".join(p.name for p in statement.speakers) or None,
        "addressee": _mentions(statement.addressees, text),
        "addressee_actor": "; ".join(p.name for p in statement.addressees) or None,
        "status": statement.status,
        "alert": "yes" if statement.alertable else "no",
    }


def _mentions(parties: list[Party], text: str) -> str | None:
    return "; ".join(text[slice(*p.span)] if p.span else p.name for p in parties) or None


def alert_scenario(name: str) -> dict[str, float]:
    """How well a month's articles are grouped into alerts, by pairs of articles; end to end, by the shipped rule."""
    scenario = read_scenario(name)
    ordered = sorted(scenario.articles, key=lambda article: (article.first_seen_at, article.article_id))
    raised = replay(enricher().pipe(ordered), load_rules(), load_settings())
    found = score(scenario, raised)
    print(name, found)
    return found.figures()


def polarity(shared: Path) -> dict[str, float]:
    """Polarity towards a target: macro F1, and 100 less the expected calibration error."""
    rows = rows_of(shared / "data" / "stance" / "newsmtsc.devtest_mt.jsonl")
    scores = score_polarity(load(), rows)
    return {"macro_f": scores["macro_f"], "calibration": round(100 - scores["ece"], 2)}


MEASURES: dict[str, Callable[[Path], dict[str, float]]] = {
    "seeds": seeds,
    "hard_cases": lambda shared: attributions(shared, "hard_cases"),
    "polnear_dev": lambda shared: attributions(shared, "polnear.dev"),
    "cue_lexicon": cue_lexicon,
    "speech_acts": lambda shared: speech_acts(shared, shared / "data" / "speech_acts" / "cases.jsonl"),
    "own_cases_tuned": lambda shared: speech_acts(shared, OWN_CASES / "speech_acts.tuned.jsonl"),
    "own_cases_kept": lambda shared: speech_acts(shared, OWN_CASES / "speech_acts.kept.jsonl"),
    "speakers": speakers.measure,
    "coreference_tuned": lambda _: coreference.measure("tuned"),
    "coreference_kept": lambda _: coreference.measure("kept"),
    "events": events,
    "ordinary_news": ordinary_news,
    "alert_scenario_tuned": lambda _: alert_scenario("tuned"),
    "alert_scenario_fresh": lambda _: alert_scenario("fresh"),
    "alert_scenario_kept": lambda _: alert_scenario("kept"),
    "wordings_tuned": lambda shared: speech_acts(shared, OWN_CASES / "wordings.tuned.jsonl"),
    "wordings_kept": lambda shared: speech_acts(shared, OWN_CASES / "wordings.kept.jsonl"),
    "plain_words_tuned": lambda shared: speech_acts(shared, OWN_CASES / "plain_words.tuned.jsonl"),
    "plain_words_kept": lambda shared: speech_acts(shared, OWN_CASES / "plain_words.kept.jsonl"),
    "unseen_tuned": lambda shared: speech_acts(shared, OWN_CASES / "unseen.tuned.jsonl"),
    "unseen_kept": lambda shared: speech_acts(shared, OWN_CASES / "unseen.kept.jsonl"),
    "wire_tuned": lambda shared: speech_acts(shared, OWN_CASES / "wire.tuned.jsonl"),
    "wire_kept": lambda shared: speech_acts(shared, OWN_CASES / "wire.kept.jsonl"),
    "polarity": polarity,
    "confidence": confidence.measure,
    "sentences": lambda _: sentences.measure("accurate"),
}
