"""The speaker's polarity towards targets: shown by an act of speech itself, or by the words about who they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from spacy.tokens import Doc
from spacy.tokens import Span as TokenSpan

from pipeline.enrich.annotations import kept_quotations
from pipeline.enrich.quotes import find_quotations
from pipeline.enrich.syntax import text_of
from pipeline.language.component import Polarity
from pipeline.records import Act, Entity, FieldName, Party, Span, Stance, Statement, Status

MIN_CONFIDENCE = 0.8
"""Below this a polarity read from the words is not worth reporting: see the reliability in docs/model_card.md."""
MOST_TARGETS = 1
"""In one statement: a reading takes half the time that parsing the sentence took."""
_KINDS = {"PERSON": "person", "ORG": "organisation", "GPE": "state"}
_READABLE: frozenset[Status] = frozenset({"asserted", "background", "future"})

_POLARITY: dict[Act, int] = {
    "WARN": -1,
    "THREATEN": -1,
    "DEMAND": -1,
    "CONDEMN": -1,
    "ACCUSE": -1,
    "REJECT": -1,
    "SUPPORT": 1,
    "URGE": 0,
}


def polarity_of(act: Act, status: Status) -> int:
    """-1, 0 or 1; an act that was not done shows no stance."""
    return _POLARITY.get(act, 0) if status in {"asserted", "background", "future"} else 0


def find_stances(act: Act, status: Status, targets: list[Party], evidence: Span | None) -> list[Stance]:
    """A stance towards each target of an act that judges somebody; `evidence` is the cue that shows it."""
    polarity = polarity_of(act, status)
    if polarity == 0:
        return []
    return [Stance(target=target, polarity=polarity, evidence=evidence) for target in targets]


class PolarityReader(Protocol):
    """A pipeline component that reads the polarity of a sentence towards names in it."""

    def polarities(self, targets: Sequence[TokenSpan]) -> list[Polarity]:
        """One for each target."""


def read_stances(
    statements: Sequence[Statement], entities: Sequence[Entity], fields: dict[FieldName, Doc], reader: PolarityReader
) -> None:
    """Add to each statement the stances that its words show towards those they name, the speaker left out.

    All statements of an article are read together.
    """
    asked = [
        (statement, entity, span)
        for statement in statements
        for entity, span in _targets(statement, entities, fields[statement.field])
    ]
    found = reader.polarities([span for _, _, span in asked])
    for (statement, entity, span), read in zip(asked, found, strict=True):
        if read.polarity and read.confidence >= MIN_CONFIDENCE:
            statement.stances.append(
                Stance(
                    target=_party(entity),
                    polarity=read.polarity,
                    evidence=_evidence(statement, span),
                    confidence=read.confidence,
                )
            )


def _targets(statement: Statement, entities: Sequence[Entity], doc: Doc) -> Iterator[tuple[Entity, TokenSpan]]:
    """Who is named first in what is said, the speaker left out; of quoted words whose act shows no stance yet.

    In a clause that is quoted in part, who is named beside the marks is the narrator's to judge, not the speaker's.
    """
    if statement.status not in _READABLE or not statement.speakers or statement.stances:
        return
    if statement.kind == "indirect":
        return
    known = {
        key for party in statement.speakers for key in (party.actor_id, party.country, party.name.casefold()) if key
    }
    marks = _marked(doc) if statement.kind == "mixed" else None
    left = MOST_TARGETS
    for entity in entities:
        if entity.field != statement.field or entity.label not in _KINDS or not left:
            continue
        if not _holds(statement.content, entity.span) or not (marks is None or _holds(marks, entity.span)):
            continue
        keys = {key for key in (entity.actor_id, entity.name.casefold()) if key}
        if keys & known:
            continue
        span = doc.char_span(*entity.span)
        if span is not None:
            known |= keys
            left -= 1
            yield entity, span


def _marked(doc: Doc) -> list[Span]:
    """The ranges between quotation marks."""
    kept = kept_quotations(doc)
    return [(q.start, q.end) for q in (find_quotations(text_of(doc)) if kept is None else kept)]


def _holds(ranges: Iterable[Span], span: Span) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in ranges)


def _party(entity: Entity) -> Party:
    kind = _KINDS[entity.label]
    return Party(
        name=entity.name,
        actor_id=entity.actor_id,
        kind=kind if kind != "state" or entity.country else None,
        country=entity.country,
        span=entity.span,
    )


def _evidence(statement: Statement, target: TokenSpan) -> Span:
    """The part of what is said that stands in the sentence of the target."""
    start, end = next(c for c in statement.content if c[0] <= target.start_char and target.end_char <= c[1])
    return max(start, target.sent.start_char), min(end, target.sent.end_char)
