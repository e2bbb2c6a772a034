"""`demarche stance`: the polarity of sentences towards who they name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import click
from spacy.language import Language
from spacy.tokens import Doc, Span

from pipeline.errors import BadInput, BadSetting
from pipeline.settings import settings

_LINES_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class _Bad:
    """A line that cannot be read, with the reason."""

    line: int
    reason: str


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--model", help="Language model, if not that of the settings; it must read polarity, as accurate does.")
def stance(file: BinaryIO, model: str | None) -> int:
    """Tell whether each sentence of FILE is against (-1), neutral (0) or for (1) its target, and how sure that is.

    FILE, or standard input, has one JSON object a line: {"id": ..., "text": a sentence, "target": [start, end]} with
    the characters of the target; so has the output: {"id", "polarity", "confidence"}, in the same order.

    \b
    echo '{"id": 1, "text": "The minister called Orban a liar.", "target": [20, 25]}' | demarche stance

    A line that cannot be read is named on standard error and left out; the exit code is then 65.
    """
    from pipeline.language import ModelNotFound, load
    from pipeline.language.component import polarity_reader

    name = model or settings().model
    try:
        nlp = load(name)
    except ModelNotFound as error:
        raise BadSetting(str(error)) from error
    reader = polarity_reader(nlp)
    if reader is None:
        raise BadSetting(f"The language model '{name}' reads no polarity.", "Use the accurate one: --model accurate.")
    failed = False
    lines = enumerate(file, 1)
    while chunk := list(islice(lines, _LINES_AT_ONCE)):
        rows = list(_rows(nlp, chunk))
        good = [row for row in rows if not isinstance(row, _Bad)]
        found = iter(reader.polarities([target for _, target in good]))
        for row in rows:
            if isinstance(row, _Bad):
                failed = True
                click.echo(f"demarche: line {row.line}: {row.reason}", err=True)
                continue
            read = next(found)
            answer = {"id": row[0], "polarity": read.polarity, "confidence": read.confidence}
            click.echo(json.dumps(answer, ensure_ascii=False))
    return BadInput.exit_code if failed else 0


def _rows(nlp: Language, lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[Any, Span] | _Bad]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            yield _row(nlp, line)
        except BadInput as error:
            yield _Bad(number, error.message)


def _row(nlp: Language, line: bytes) -> tuple[Any, Span]:
    """The id and the target of one line; BadInput says what is wrong with it."""
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"this is no JSON in UTF-8: {error}") from error
    if not isinstance(given, dict) or not {"id", "text", "target"} <= given.keys():
        raise BadInput('an object with "id", "text" and "target" is needed')
    text, target = given["text"], given["target"]
    if not isinstance(text, str):
        raise BadInput('"text" must be a string')
    if not isinstance(target, list) or len(target) != 2 or not all(type(place) is int for place in target):
        raise BadInput('"target" must be two whole numbers: where the target starts and where it ends')
    start, end = target
    if not 0 <= start < end <= len(text):
        raise BadInput(f'"target" {target} must lie inside the text, which has {len(text)} characters')
    if len(text) > nlp.max_length:
        raise BadInput(f'"text" has {len(text)} characters; at most {nlp.max_length} are read')
    span = _as_one_sentence(nlp.make_doc(text)).char_span(start, end, alignment_mode="expand")
    if span is None or not any(not token.is_space for token in span):
        raise BadInput(f'"target" {target} holds no word')
    return given["id"], span


def _as_one_sentence(doc: Doc) -> Doc:
    for token in doc:
        token.is_sent_start = token.i == 0
    return doc
