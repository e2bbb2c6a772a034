"""The joint model as one spaCy component: tags, features, lemmas, trees, sentences and names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy import util
from spacy.language import Language
from spacy.tokens import Doc, Span, Token
from spacy.vocab import Vocab

from pipeline.language.inference import FILES, Analysis, JointModel, Window
from pipeline.language.noun_chunks import noun_chunks

FACTORY = "demarche_joint"
# Key in `doc.user_data` of the name of the network that `doc.tensor` comes from.
FINGERPRINT = "demarche_network"
MAX_WORDS = 110
MIN_CUT = 20
_PARAGRAPH_ENDS = frozenset("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
_FULL_STOPS = frozenset({".", "!", "?", "…", "..."})
_CLOSERS = frozenset({'"', "”", "’", "'", "»", ")", "]"})
_STRAIGHT = frozenset({'"', "'"})
_CLAUSE_ENDS = frozenset({";", ":"})
_ATTRIBUTES = ["HEAD", "DEP", "TAG", "POS", "MORPH", "LEMMA", "ENT_IOB", "ENT_TYPE"]
_IOB_INSIDE, _IOB_OUTSIDE, _IOB_BEGIN = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Polarity:
    """Against (-1), neutral (0) or for (1), and how sure that is."""

    polarity: int
    confidence: float


class DemarcheJoint:
    """Annotates a Doc in one pass of the encoder.

    Paragraphs, which end at a line break, are analysed one by one, so no sentence crosses a line break;
    a paragraph longer than the encoder's view is cut, after a full stop where it has one. Sentence starts
    already set on the Doc are kept, names are replaced. White space belongs to the sentence before it.
    """

    def __init__(self, vocab: Vocab, name: str, threads: int) -> None:
        self.vocab = vocab
        self.name = name
        self.threads = threads
        self._network: JointModel | None = None
        vocab.get_noun_chunks = noun_chunks  # type: ignore[assignment]  # spaCy declares spans, but wants bounds

    @property
    def network(self) -> JointModel:
        if self._network is None:
            raise ValueError(
                f"The component '{self.name}' has no model: load a trained pipeline, e.g. with "
                "pipeline.language.load()."
            )
        return self._network

    @network.setter
    def network(self, model: JointModel) -> None:
        strings, labels = self.vocab.strings, model.labels
        self._network = model
        self._pos = np.array([strings.add(label) for label in labels["upos"]], np.uint64)
        self._tags = np.array([strings.add(label) for label in labels["xpos"]], np.uint64)
        self._feats = np.array([self.vocab.morphology.add(label) for label in labels["feats"]], np.uint64)
        self._deps = np.array([strings.add("ROOT" if label == "root" else label) for label in labels["dep"]], np.uint64)
        self._blank = [strings.add(label) for label in ("dep", "_SP", "SPACE")]

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity labels it sets; none before a model is loaded."""
        if self._network is None:
            return ()
        return tuple(sorted({tag[2:] for tag in self._network.labels["ner"] if tag != "O"}))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """Annotate documents one after the other, in order; windows of one document run together.

        The 8-bit network scales its numbers by what runs together, so documents must not share a run: a text would
        read differently for its neighbours. `batch_size` is spaCy's and changes nothing here.
        """
        for doc in stream:
            yield self(doc)

    def __call__(self, doc: Doc) -> Doc:
        if not len(doc):
            return doc
        windows, places = self._placed_windows(doc)
        array = np.zeros((len(doc), len(_ATTRIBUTES)), np.uint64)
        head = np.full(len(doc), -1, np.int64)
        for number, analysis in self.network.analyse(windows):
            at = places[number]
            head[at] = at[analysis.heads]
            self._fill(array, at, analysis, windows[number])
            if analysis.vectors is not None:
                if not doc.tensor.size:
                    doc.tensor = np.zeros((len(doc), analysis.vectors.shape[1]), np.float16)
                doc.tensor[at] = analysis.vectors
                doc.user_data[FINGERPRINT] = self.network.fingerprint
        self._fill_blanks(doc, array, head)
        array[:, 0] = (head - np.arange(len(doc))).view(np.uint64)
        outside = array[:, 6] == 0
        array[outside, 6] = _IOB_OUTSIDE
        doc.from_array(_ATTRIBUTES, array)  # type: ignore[arg-type]  # declared for thinc's own array types
        return doc

    def polarities(self, targets: Sequence[Span]) -> list[Polarity]:
        """The polarity of the sentence around each span towards what the span names, the author's or the speaker's.

        Raises ValueError if the model has not learned to read polarity. A sentence too long for one look is read from
        the words around the target.
        """
        if not self.reads_polarity:
            raise ValueError(f"The model of '{self.name}' reads no polarity: the accurate model of this project does.")
        sentences, places = [], []
        for target in targets:
            words = [token for token in target.sent if not token.is_space]
            inside = [n for n, token in enumerate(words) if target.start <= token.i < target.end]
            if not inside:
                raise ValueError(f"A target must hold a word; {target.text!r} does not.")
            start, end = self._around([token.text for token in words], inside[0])
            sentences.append(words[start:end])
            places.append((inside[0] - start, min(inside[-1] + 1, end) - start))
        found = self.network.polarities(self._lower_vectors(sentences), places)
        return [Polarity(int(row.argmax()) - 1, round(float(row.max()), 3)) for row in found]

    def _lower_vectors(self, sentences: Sequence[list[Token]]) -> list[NDArray[np.float16]]:
        """The lower layers' vectors of words: those that the parse left, or, on Docs not parsed here, computed."""
        left = [self._left_vectors(words) for words in sentences]
        bare = [words for words, vectors in zip(sentences, left, strict=True) if vectors is None]
        windows = [Window([t.text for t in words], [bool(t.whitespace_) for t in words]) for words in bare]
        computed = iter(self.network.lower_vectors(windows))
        return [next(computed) if vectors is None else vectors for vectors in left]

    def _left_vectors(self, words: list[Token]) -> NDArray[np.float16] | None:
        doc = words[0].doc
        if doc.user_data.get(FINGERPRINT) != self.network.fingerprint:
            return None
        vectors = doc.tensor[[token.i for token in words], : doc.tensor.shape[1] // 2]
        return vectors.astype(np.float16, copy=False)

    def _around(self, words: list[str], place: int) -> tuple[int, int]:
        """The longest stretch around a word that the encoder can look at in one go, of at most `MAX_WORDS`."""
        room = self.network.encoder.room(words)
        reach = MAX_WORDS
        while True:
            start = max(0, min(place - reach // 2, len(words) - reach))
            end = min(len(words), start + reach)
            if sum(room[start:end]) <= self.network.encoder.capacity:
                return start, end
            reach //= 2

    @property
    def reads_polarity(self) -> bool:
        return self._network is not None and self._network.reads_polarity

    def _placed_windows(self, doc: Doc) -> tuple[list[Window], list[NDArray[np.int64]]]:
        """The windows of a document, and for each the indices of its tokens."""
        windows: list[Window] = []
        places: list[NDArray[np.int64]] = []
        given = doc.has_annotation("SENT_START")
        for indices in self._windows(doc):
            words = [doc[i] for i in indices]
            spaces = [
                bool(token.whitespace_) or i + 1 != after
                for token, i, after in zip(words, indices, [*indices[1:], indices[-1] + 1], strict=True)
            ]
            starts = [n for n, token in enumerate(words) if token.is_sent_start] if given else None
            windows.append(Window([token.text for token in words], spaces, starts))
            places.append(np.array(indices))
        return windows, places

    def _windows(self, doc: Doc) -> Iterator[list[int]]:
        """Token indices of each window."""
        encoder = self.network.encoder
        for paragraph in _paragraphs(doc):
            room = encoder.room(doc[i].text for i in paragraph)
            while paragraph:
                cut = _cut(doc, paragraph, _fitting(room, encoder.capacity))
                yield paragraph[:cut]
                paragraph, room = paragraph[cut:], room[cut:]

    def _fill(self, array: NDArray[np.uint64], at: NDArray[np.int64], analysis: Analysis, window: Window) -> None:
        strings = self.vocab.strings
        array[at, 1] = self._deps[analysis.deps]
        array[at, 2] = self._tags[analysis.xpos]
        array[at, 3] = self._pos[analysis.upos]
        array[at, 4] = self._feats[analysis.feats]
        array[at, 5] = [strings.add(lemma) for lemma in analysis.lemmas]
        for start, end, label in _unbroken(analysis.names, window):
            first, last = int(at[start]), int(at[end - 1])
            array[first : last + 1, 6] = _IOB_INSIDE
            array[first, 6] = _IOB_BEGIN
            array[first : last + 1, 7] = strings.add(label)

    def _fill_blanks(self, doc: Doc, array: NDArray[np.uint64], head: NDArray[np.int64]) -> None:
        """Attach white space to the token before it; at the start of the text, to the first word."""
        words = np.flatnonzero(head >= 0)
        first = int(words[0]) if len(words) else 0
        for i in np.flatnonzero(head < 0).tolist():
            head[i] = i - 1 if i > first else first
            array[i, 1:4] = self._blank
            array[i, 5] = self.vocab.strings.add(doc[i].text)

    def _files(self) -> dict[str, bytes]:
        return {} if self._network is None else self._network.to_bytes()

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Empty where no model has been loaded yet."""
        return util.to_bytes({name: partial(bytes, content) for name, content in self._files().items()}, exclude)

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> DemarcheJoint:
        files: dict[str, bytes] = {}
        util.from_bytes(data, {name: partial(files.__setitem__, name) for name in FILES}, exclude)
        if files:
            self.network = JointModel.from_bytes(files, self.threads)
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        folder = util.ensure_path(path)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self._files().items():
            (folder / name).write_bytes(content)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> DemarcheJoint:
        folder = util.ensure_path(path)
        files = {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}
        if files:
            self.network = JointModel.from_bytes(files, self.threads)
        return self


def _paragraphs(doc: Doc) -> Iterator[list[int]]:
    paragraph: list[int] = []
    for token in doc:
        if not token.is_space:
            paragraph.append(token.i)
        elif not _PARAGRAPH_ENDS.isdisjoint(token.text) and paragraph:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def _unbroken(names: Sequence[tuple[int, int, str]], window: Window) -> Iterator[tuple[int, int, str]]:
    """Names that end at a hyphen ("Han Ji-") take in what it joins to them ("Han Ji-won"), if no name begins there."""
    begun = {start for start, _, _ in names}
    for start, end, label in names:
        joined = end < len(window.words) and window.words[end - 1] == "-" and not window.spaces[end - 1]
        yield start, end + (joined and end not in begun), label


def _fitting(room: list[int], capacity: int) -> int:
    """How many words the encoder can take at once."""
    total = 0
    for count, taken in enumerate(room[:MAX_WORDS]):
        total += taken
        if total > capacity:
            return count
    return min(len(room), MAX_WORDS)


def _cut(doc: Doc, paragraph: list[int], fits: int) -> int:
    """How many words of the paragraph the next window takes, of those that fit: up to a full stop, if there is one."""
    if fits == len(paragraph):
        return fits
    for ends in (_ends_sentence, _ends_clause):
        for n in range(fits, MIN_CUT, -1):
            if ends(doc, paragraph, n):
                return n
    return fits


def _ends_sentence(doc: Doc, paragraph: list[int], n: int) -> bool:
    """Whether a sentence seems to end after n words: at a full stop with its closing marks and the number of a note."""
    following = doc[paragraph[n]]
    if following.text == "[" or _closes(following):
        return False
    if doc[paragraph[n - 1]].text == "]" and doc[paragraph[n - 3]].text == "[":
        n -= 3
    last, before = doc[paragraph[n - 1]], doc[paragraph[n - 2]]
    return last.text in _FULL_STOPS or (_closes(last) and before.text in _FULL_STOPS)


def _ends_clause(doc: Doc, paragraph: list[int], n: int) -> bool:
    return doc[paragraph[n - 1]].text in _CLAUSE_ENDS


def _closes(token: Token) -> bool:
    """Whether a mark closes what stands before it; a straight one after a blank and before a word opens instead."""
    if token.text not in _CLOSERS:
        return False
    return not (token.text in _STRAIGHT and token.i and token.nbor(-1).whitespace_ and not token.whitespace_)


@Language.factory(
    FACTORY,
    assigns=[
        "token.tag",
        "token.pos",
        "token.morph",
        "token.lemma",
        "token.dep",
        "token.head",
        "token.is_sent_start",
        "token.ent_iob",
        "token.ent_type",
        "doc.sents",
        "doc.ents",
        "doc.tensor",
    ],
    default_config={"threads": 1},
    default_score_weights={"tag_acc": 0.2, "dep_las": 0.4, "ents_f": 0.4},
)
def make_joint(nlp: Language, name: str, threads: int) -> DemarcheJoint:
    """A component without weights; `from_disk` or `from_bytes` brings them."""
    return DemarcheJoint(nlp.vocab, name, threads)


def polarity_reader(nlp: Language) -> DemarcheJoint | None:
    """The component of a pipeline that reads polarity towards a target, if it has one."""
    if not nlp.has_pipe(FACTORY):
        return None
    joint = nlp.get_pipe(FACTORY)
    return joint if isinstance(joint, DemarcheJoint) and joint.reads_polarity else None
