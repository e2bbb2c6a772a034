"""The steps of enrichment as spaCy components, for any English pipeline with tags, trees and names.

    nlp = spacy.load("en_demarche_accurate")
    nlp.add_pipe("demarche_statements")
    nlp("“We will answer,” the minister said.")._.statements

Three steps can be taken alone: quotations need nothing but characters, attributions a parse, statements names too. Who
is meant, what act it is and how the speaker stands to whom are one step, as each leans on the others, and on both
fields of an article. `pipeline.enrich.Enricher` runs the same three.

What a component finds is kept on the Doc as plain data, so that Docs can be stored and sent between processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import srsly
from spacy import util
from spacy.language import Language
from spacy.tokens import Doc

from pipeline.actors import Directory
from pipeline.enrich.annotations import declare_extensions, keep_attributions, keep_quotations, kept_quotations
from pipeline.enrich.attribution import find_attributions
from pipeline.enrich.cues import Cues
from pipeline.enrich.quotes import find_quotations
from pipeline.enrich.stance import PolarityReader, read_stances
from pipeline.enrich.statements import read_article
from pipeline.language.component import polarity_reader
from pipeline.records import Article, Entity, SourceRef, Statement, hash_id

QUOTATIONS = "quotations"
_NEEDS_PARSE = ["token.tag", "token.pos", "token.lemma", "token.dep", "token.head", "doc.sents"]
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
        found = find_quotations(doc.text)
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


class StatementReader(_Reading):
    """Who is meant by names, titles and pronouns, what act each attribution is, and the statements these make."""

    cues: Cues
    directory: Directory

    def __init__(
        self,
        actors: Iterable[str | Path] = (),
        cues: Iterable[str | Path] = (),
        *,
        polarity: Callable[[], PolarityReader | None] = lambda: None,
    ) -> None:
        """`polarity` gives what reads the tone of words towards a name, once the pipeline is loaded, if it has that."""
        super().__init__(actors=actors, cues=cues)
        self._polarity = polarity

    def _load(self, files: dict[str, list[Path]]) -> None:
        self.directory = Directory.load(files["actors"])
        self.cues = Cues.load(files["cues"])

    def __call__(self, doc: Doc) -> Doc:
        """Read a Doc as the text of an article of the day `doc._.published_on`, or of today."""
        text = doc.text
        day = date.fromisoformat(doc._.published_on) if doc._.published_on else datetime.now(UTC).date()
        entities, statements = self.read(article_of(text, day), Doc(doc.vocab), doc, at=day)
        doc._.statements = [statement.model_dump(mode="json") for statement in statements]
        for entity in entities:
            span = doc.char_span(*entity.span)
            if span is not None:
                span._.actor_id, span._.country = entity.actor_id, entity.country
        return doc

    def read(self, article: Article, title: Doc, text: Doc, *, at: date) -> tuple[list[Entity], list[Statement]]:
        """Both fields of an article, which have gone through the components before."""
        entities, statements = read_article(article, title, text, self.directory, self.cues, at=at)
        reader = self._polarity()
        if reader is not None:
            read_stances(statements, entities, {"title": title, "text": text}, reader)
        return entities, statements


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


@Language.factory(
    "demarche_statements",
    requires=[*_NEEDS_PARSE, "doc.ents"],
    assigns=["doc._.statements", "doc.ents", "span._.actor_id", "span._.country"],
    default_config={"actors": [], "cues": []},
)
def make_statements(nlp: Language, name: str, actors: list[str], cues: list[str]) -> StatementReader:
    """`doc._.statements`; `actors` and `cues` name files that extend the directory and the lexicon."""
    return StatementReader(actors, cues, polarity=partial(polarity_reader, nlp))
