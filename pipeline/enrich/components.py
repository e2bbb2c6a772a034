"""The steps of enrichment as spaCy components, for any English pipeline with tags, trees and names.

    nlp = spacy.load("en_demarche_accurate")
    nlp.add_pipe("demarche_statements")
    nlp("“We will answer,” the minister said.")._.statements

Each can be taken alone: it takes over what one before it left, and finds for itself what is missing. Only the stance
stands on statements, and needs a model that reads polarity. Acts are one step with statements: status, addressee and
kind of an act follow from who speaks and from the attribution around it.

A component is called with a Doc, which is then a whole article. Articles that have a title are read by `read` instead,
as both fields tell who is who; that is how `pipeline.enrich.Enricher` runs the same components.

What a component finds is kept on the Doc as plain data, so that Docs can be stored and sent between processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import srsly
from spacy import util
from spacy.language import Language
from spacy.tokens import Doc

from pipeline.actors import Directory
from pipeline.enrich.annotations import (
    declare_extensions,
    keep_attributions,
    keep_chains,
    keep_entities,
    keep_quotations,
    keep_statements,
    kept_entities,
    kept_quotations,
    kept_statements,
)
from pipeline.enrich.attribution import find_attributions
from pipeline.enrich.chains import find_chains
from pipeline.enrich.cues import Cues
from pipeline.enrich.hearing import Heard, hear
from pipeline.enrich.parties import Cast, meet
from pipeline.enrich.quotes import find_quotations
from pipeline.enrich.stance import PolarityReader, read_stances
from pipeline.enrich.statements import read_statements
from pipeline.enrich.syntax import text_of
from pipeline.language.component import polarity_reader
from pipeline.records import Article, Entity, FieldName, SourceRef, Statement, hash_id

QUOTATIONS = "quotations"
_NEEDS_PARSE = ["token.tag", "token.pos", "token.lemma", "token.dep", "token.head", "doc.sents"]
_NEEDS_NAMES = [*_NEEDS_PARSE, "doc.ents"]
_LINKS = ["doc._.entities", "doc.ents", "span._.actor_id", "span._.country"]
Files = dict[str, list[tuple[str, bytes]]]


class _Reading:
    """A component that reads our own data and the user's files after them; a saved one takes the files along."""

    def __init__(self, **files: Iterable[str | Path]) -> None:
        declare_extensions()
        self._files: Files = {
            kind: [(Path(f).name, Path(f).read_bytes()) for f in given] for kind, given in files.items()
        }
        self._load({kind: [Path(f) for f in given] for kind, given in files.items()})

    def _load(self, files: dict[str, list[Path]]) -> None:
        raise NotImplementedError

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        return util.to_bytes({"files": lambda: srsly.msgpack_dumps(self._files)}, exclude)

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> Self:
        util.from_bytes(data, {"files": lambda files: self._take(srsly.msgpack_loads(files))}, exclude)
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        util.ensure_path(path).write_bytes(self.to_bytes(exclude=exclude))

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Self:
        return self.from_bytes(util.ensure_path(path).read_bytes(), exclude=exclude)

    def _take(self, files: Files) -> None:
        """Read the files anew; what reads them wants paths."""
        if not any(files.values()) and not any(self._files.values()):
            return
        self._files = {kind: [(name, content) for name, content in given] for kind, given in files.items()}
        with TemporaryDirectory() as folder:
            places: dict[str, list[Path]] = {kind: [] for kind in files}
            for kind, given in self._files.items():
                for number, (name, content) in enumerate(given):
                    places[kind].append(Path(folder) / f"{kind}-{number}-{name}")
                    places[kind][-1].write_bytes(content)
            self._load(places)


class QuotationFinder:
    """Passages in quotation marks, from the characters alone."""

    def __init__(self) -> None:
        declare_extensions()

    def __call__(self, doc: Doc) -> Doc:
        found = find_quotations(text_of(doc))
        keep_quotations(doc, found)
        spans = (doc.char_span(q.start, q.end, alignment_mode="expand") for q in found)
        doc.spans[QUOTATIONS] = [span for span in spans if span is not None]
        return doc


class AttributionFinder(_Reading):
    """Source, cue and content of every reported statement; looks for quotations where no component has."""

    cues: Cues

    def __init__(self, cues: Iterable[str | Path] = ()) -> None:
        super().__init__(cues=cues)

    def _load(self, files: dict[str, list[Path]]) -> None:
        self.cues = Cues.load(files["cues"])

    def __call__(self, doc: Doc) -> Doc:
        keep_attributions(doc, find_attributions(doc, self.cues, kept_quotations(doc)))
        return doc


class EntityLinker(_Reading):
    """Names corrected and led to actors: the directory's, or unknown people and bodies with ids of their own."""

    directory: Directory

    def __init__(self, actors: Iterable[str | Path] = ()) -> None:
        super().__init__(actors=actors)

    def _load(self, files: dict[str, list[Path]]) -> None:
        self.directory = _directory(files["actors"])

    def __call__(self, doc: Doc) -> Doc:
        _meet_in(doc, self.directory)
        return doc

    def read(self, fields: dict[FieldName, Doc], *, at: date, dateline: str = "") -> Cast:
        """Who appears in an article of that day, written at that place; corrects `doc.ents` of each field."""
        return meet(fields, self.directory, at=at, dateline=dateline)


class _Listener(_Reading):
    """What needs to know of any phrase whom it means: the actors, and who speaks."""

    directory: Directory
    cues: Cues

    def __init__(self, actors: Iterable[str | Path] = (), cues: Iterable[str | Path] = ()) -> None:
        super().__init__(actors=actors, cues=cues)

    def _load(self, files: dict[str, list[Path]]) -> None:
        self.directory = _directory(files["actors"])
        self.cues = Cues.load(files["cues"])

    def _listen(self, doc: Doc) -> tuple[Cast, list[Heard]]:
        cast = _meet_in(doc, self.directory)
        return cast, hear({"text": doc}, cast, self.cues)


class CoreferenceResolver(_Listener):
    """Chains of names, pronouns and descriptions that mean the same people or bodies."""

    def __call__(self, doc: Doc) -> Doc:
        cast, _ = self._listen(doc)
        keep_chains(doc, find_chains(doc, cast))
        return doc

    def read(self, fields: dict[FieldName, Doc], cast: Cast) -> list[Heard]:
        """Lead the mentions of an article to the cast, and its sources to who speaks; field by field."""
        return hear(fields, cast, self.cues)


class StatementReader(_Listener):
    """What act each attribution is, towards whom, and the statements these make."""

    def __call__(self, doc: Doc) -> Doc:
        cast, heard = self._listen(doc)
        keep_statements(doc, self.read(article_of(doc.text, _day_of(doc)), heard, cast))
        return doc

    def read(self, article: Article, heard: Iterable[Heard], cast: Cast) -> list[Statement]:
        """The statements of the fields of an article."""
        return read_statements(article, heard, cast, self.cues)


class StanceReader:
    """Adds to statements the stances that their words show; those that the act itself shows are there already."""

    def __init__(self, polarity: Callable[[], PolarityReader | None]) -> None:
        """`polarity` gives what reads the tone of words towards a name, once the pipeline is loaded, if it has that."""
        declare_extensions()
        self._polarity = polarity

    def __call__(self, doc: Doc) -> Doc:
        """Raises ValueError where nothing in the pipeline reads polarity, or nothing has read statements."""
        statements = kept_statements(doc)
        if statements is None:
            raise ValueError(
                "'demarche_stance' adds to statements: add 'demarche_statements' to the pipeline before it."
            )
        if self._polarity() is None:
            raise ValueError(
                "'demarche_stance' needs a model that reads polarity, as the accurate model of this project does: "
                "load that, or take 'demarche_stance' out of the pipeline."
            )
        self.read(statements, kept_entities(doc), {"text": doc})
        keep_statements(doc, statements)
        return doc

    def read(self, statements: list[Statement], entities: list[Entity], fields: dict[FieldName, Doc]) -> None:
        """Add stances to the statements of an article, if the pipeline reads polarity."""
        reader = self._polarity()
        if reader is not None:
            read_stances(statements, entities, fields, reader)


@lru_cache(maxsize=1)
def _own_directory() -> Directory:
    return Directory.load()


def _directory(files: list[Path]) -> Directory:
    """Our own data are read once for all components of a process."""
    return Directory.load(files) if files else _own_directory()


def _day_of(doc: Doc) -> date:
    return date.fromisoformat(doc._.published_on) if doc._.published_on else datetime.now(UTC).date()


def _meet_in(doc: Doc, directory: Directory) -> Cast:
    """Read a Doc as the text of an article of the day `doc._.published_on`, or of today, and keep what it names."""
    cast = meet({"text": doc}, directory, at=_day_of(doc))
    keep_entities(doc, cast.entities("text", doc), cast.linked[id(doc)])
    return cast


def article_of(text: str, day: date | None = None) -> Article:
    """A bare text as an article of a day, today's if none is given."""
    moment = datetime.combine(day or datetime.now(UTC).date(), time(), UTC)
    return Article(
        article_id=hash_id(text),
        url="",
        canonical_url="",
        title="",
        text=text,
        published_at=moment,
        fetched_at=moment,
        first_seen_at=moment,
        content_hash=hash_id("", text),
        source=SourceRef(connector="spacy", id=""),
    )


@Language.factory("demarche_quotes", assigns=["doc._.quotations", "doc.spans"])
def make_quotes(nlp: Language, name: str) -> QuotationFinder:
    """`doc._.quotations` and `doc.spans["quotations"]`."""
    return QuotationFinder()


@Language.factory(
    "demarche_attribution", requires=_NEEDS_PARSE, assigns=["doc._.attributions"], default_config={"cues": []}
)
def make_attribution(nlp: Language, name: str, cues: list[str]) -> AttributionFinder:
    """`doc._.attributions`; `cues` names files that extend the lexicon."""
    return AttributionFinder(cues)


@Language.factory("demarche_entities", requires=_NEEDS_NAMES, assigns=_LINKS, default_config={"actors": []})
def make_entities(nlp: Language, name: str, actors: list[str]) -> EntityLinker:
    """`doc._.entities`, and `span._.actor_id` of each name; `actors` names files that extend the directory."""
    return EntityLinker(actors)


@Language.factory(
    "demarche_coreference",
    requires=_NEEDS_NAMES,
    assigns=["doc._.chains", "doc.spans", *_LINKS],
    default_config={"actors": [], "cues": []},
)
def make_coreference(nlp: Language, name: str, actors: list[str], cues: list[str]) -> CoreferenceResolver:
    """`doc._.chains` and `doc.spans["coref_clusters_1"]` and so on."""
    return CoreferenceResolver(actors, cues)


@Language.factory(
    "demarche_statements",
    requires=_NEEDS_NAMES,
    assigns=["doc._.statements", *_LINKS],
    default_config={"actors": [], "cues": []},
)
def make_statements(nlp: Language, name: str, actors: list[str], cues: list[str]) -> StatementReader:
    """`doc._.statements`; `actors` and `cues` name files that extend the directory and the lexicon."""
    return StatementReader(actors, cues)


@Language.factory(
    "demarche_stance", requires=["doc._.statements", "doc._.entities", "doc.sents"], assigns=["doc._.statements"]
)
def make_stance(nlp: Language, name: str) -> StanceReader:
    """More in the `stances` of `doc._.statements`."""
    return StanceReader(partial(polarity_reader, nlp))
