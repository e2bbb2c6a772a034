"""What components find as plain data on a Doc, and back: lists and dicts go where spaCy's bytes go."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from spacy.tokens import Doc, Token

from pipeline.actors import Actor, Match
from pipeline.enrich.attribution import Attribution
from pipeline.enrich.cues import Cue
from pipeline.enrich.entities import NAMES, LinkedEntity
from pipeline.enrich.frames import Frame
from pipeline.enrich.mentions import Chain
from pipeline.enrich.quotes import Quotation
from pipeline.records import Entity, Span, Statement

EXTENSIONS: dict[str, dict[str, Any]] = {
    "quotations": {"default": None},
    "attributions": {"default": None},
    "entities": {"default": None},
    "chains": {"default": None},
    "statements": {"default": None},
    "published_on": {"default": None},
}
"""Extensions of Doc; what they hold is told in docs/enrichment.md."""
SPAN_EXTENSIONS: dict[str, dict[str, Any]] = {"actor_id": {"default": None}, "country": {"default": None}}

COREFERENCE = "coref_clusters"
"""Chains lie in `doc.spans` under this and a number from 1, as those of other components of coreference do."""
_WHO = {"name", "actor_id", "kind", "country"}


def declare_extensions() -> None:
    """Make the extensions known to spaCy; those of the same name that are there stay."""
    from spacy.tokens import Span as TokenSpan

    for name, options in EXTENSIONS.items():
        if not Doc.has_extension(name):
            Doc.set_extension(name, **options)
    for name, options in SPAN_EXTENSIONS.items():
        if not TokenSpan.has_extension(name):
            TokenSpan.set_extension(name, **options)


def keep_quotations(doc: Doc, quotations: list[Quotation]) -> None:
    doc._.quotations = [asdict(quotation) for quotation in quotations]


def kept_quotations(doc: Doc) -> list[Quotation] | None:
    """What `keep_quotations` kept; None where no component has looked."""
    if not Doc.has_extension("quotations") or doc._.quotations is None:
        return None
    return [Quotation(**data) for data in doc._.quotations]


def keep_attributions(doc: Doc, attributions: list[Attribution]) -> None:
    """One dict for each attribution; `parent` and `continues` are places in the list, tokens stand under `tokens`."""
    places = {id(attribution): place for place, attribution in enumerate(attributions)}
    doc._.attributions = [
        {
            "kind": a.kind,
            "content": [list(span) for span in a.content],
            "source": _listed(a.source_span),
            "cue": _listed(a.cue),
            "closed": a.closed,
            "act": None if a.frame is None else a.frame.entry.act,
            "parent": None if a.parent is None else places[id(a.parent)],
            "continues": None if a.continues is None else places[id(a.continues)],
            "quotations": [asdict(quotation) for quotation in a.quotations],
            "tokens": {
                "source": _place(a.source),
                "content_head": _place(a.content_head),
                "relays": [token.i for token in a.relays],
                "frame": None if a.frame is None else _frame_data(a.frame),
            },
        }
        for a in attributions
    ]


def kept_attributions(doc: Doc) -> list[Attribution] | None:
    """What `keep_attributions` kept, with its tokens; None where no component has looked."""
    if not Doc.has_extension("attributions") or doc._.attributions is None:
        return None
    found = []
    for data in doc._.attributions:
        tokens = data["tokens"]
        found.append(
            Attribution(
                content=_spans(data["content"]),
                kind=data["kind"],
                frame=None if tokens["frame"] is None else _frame(doc, tokens["frame"]),
                source=_token(doc, tokens["source"]),
                cue=None if data["cue"] is None else (data["cue"][0], data["cue"][1]),
                closed=data["closed"],
                quotations=[Quotation(**quotation) for quotation in data["quotations"]],
                content_head=_token(doc, tokens["content_head"]),
                relays=[doc[place] for place in tokens["relays"]],
            )
        )
    for attribution, data in zip(found, doc._.attributions, strict=True):
        attribution.parent = None if data["parent"] is None else found[data["parent"]]
        attribution.continues = None if data["continues"] is None else found[data["continues"]]
    return found


def keep_entities(doc: Doc, entities: list[Entity], names: list[LinkedEntity]) -> None:
    """One dict for each entity; `link`, of a name whom the directory knows, is for the components after it."""
    links = {(name.span.start_char, name.span.end_char): name.match for name in names}
    doc._.entities = [
        entity.model_dump(mode="json") | {"link": _link_data(links.get(entity.span))} for entity in entities
    ]
    for entity in entities:
        span = doc.char_span(*entity.span)
        if span is not None:
            span._.actor_id, span._.country = entity.actor_id, entity.country


def kept_entities(doc: Doc) -> list[Entity]:
    """What `keep_entities` kept; an empty list where no component has looked."""
    return [Entity(**{name: data[name] for name in data if name != "link"}) for data in doc._.entities or ()]


def kept_names(doc: Doc) -> list[LinkedEntity] | None:
    """The names among what `keep_entities` kept; None where no component has looked."""
    if not Doc.has_extension("entities") or doc._.entities is None:
        return None
    names = [(doc.char_span(*data["span"]), data) for data in doc._.entities if data["label"] in NAMES]
    return [LinkedEntity(span, data["label"], _link(data["link"])) for span, data in names if span is not None]


def _link_data(match: Match | None) -> dict[str, Any] | None:
    return None if match is None else asdict(match)


def _link(data: dict[str, Any] | None) -> Match | None:
    return None if data is None else Match(**data | {"actor": Actor(**data["actor"])})


def keep_chains(doc: Doc, chains: list[Chain]) -> None:
    """One dict for each chain; spans where components of coreference have theirs, in place of those that are there."""
    for key in [key for key in doc.spans if key.startswith(f"{COREFERENCE}_")]:
        del doc.spans[key]
    for number, chain in enumerate(chains, 1):
        doc.spans[f"{COREFERENCE}_{number}"] = chain.mentions
    doc._.chains = [
        {
            "parties": [party.model_dump(mode="json", include=_WHO) for party in chain.parties],
            "mentions": [[mention.start_char, mention.end_char] for mention in chain.mentions],
        }
        for chain in chains
    ]


def keep_statements(doc: Doc, statements: list[Statement]) -> None:
    doc._.statements = [statement.model_dump(mode="json") for statement in statements]


def kept_statements(doc: Doc) -> list[Statement] | None:
    """What `keep_statements` kept; None where no component has looked."""
    return None if doc._.statements is None else [Statement(**data) for data in doc._.statements]


def _frame_data(frame: Frame) -> dict[str, Any]:
    return {
        "cue": frame.cue.i,
        "carrier": frame.carrier.i,
        "entry": {
            name: sorted(value) if isinstance(value, frozenset) else value for name, value in _entry(frame.entry)
        },
        "source": _place(frame.source),
        "addressees": [token.i for token in frame.addressees],
        "target": _place(frame.target),
        "content": [list(span) for span in frame.content],
        "content_head": _place(frame.content_head),
        "presupposed": frame.presupposed,
    }


def _entry(cue: Cue) -> list[tuple[str, Any]]:
    return [(field.name, getattr(cue, field.name)) for field in fields(cue)]


def _frame(doc: Doc, data: dict[str, Any]) -> Frame:
    # Lists come back from bytes as tuples.
    words = {name: frozenset(value) for name, value in data["entry"].items() if isinstance(value, (list, tuple))}
    entry: dict[str, Any] = data["entry"] | words
    return Frame(
        cue=doc[data["cue"]],
        entry=Cue(**entry),
        carrier=doc[data["carrier"]],
        source=_token(doc, data["source"]),
        addressees=[doc[place] for place in data["addressees"]],
        target=_token(doc, data["target"]),
        content=_spans(data["content"]),
        content_head=_token(doc, data["content_head"]),
        presupposed=data["presupposed"],
    )


def _place(token: Token | None) -> int | None:
    return None if token is None else token.i


def _token(doc: Doc, place: int | None) -> Token | None:
    return None if place is None else doc[place]


def _listed(span: Span | None) -> list[int] | None:
    return None if span is None else list(span)


def _spans(data: list[list[int]]) -> list[Span]:
    return [(start, end) for start, end in data]
