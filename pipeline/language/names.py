"""Names corrected after the model: by a list of states and their people, and by the other mentions in the document."""

from __future__ import annotations

from collections import Counter

from spacy.language import Language
from spacy.tokens import Doc, Span

from pipeline.actors import Directory

FACTORY = "demarche_names"
LABELS = frozenset({"PERSON", "ORG", "GPE", "LOC", "FAC", "NORP"})
_PLACES = frozenset({"GPE", "LOC", "FAC", "ORG", "NORP"})


class DemarcheNames:
    """Gives predicted names the label that they must have; finds none and moves no border.

    A state is GPE and its people are NORP, unless the model saw a person. Then one name has one label in a document:
    the one it has most often; and a surname alone is a person where the full name was one.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def __call__(self, doc: Doc) -> Doc:
        names = [ent for ent in doc.ents if ent.label_ in LABELS]
        if not names:
            return doc
        labels = [self._listed(name) or name.label_ for name in names]
        votes: dict[str, Counter[str]] = {}
        for name, label in zip(names, labels, strict=True):
            votes.setdefault(name.text.casefold(), Counter())[label] += 1
        surnames = {
            name[-1].text.casefold()
            for name, label in zip(names, labels, strict=True)
            if label == "PERSON" and len(name) > 1
        }
        changed = {}
        for name, label in zip(names, labels, strict=True):
            key = name.text.casefold()
            ((best, often), *_) = votes[key].most_common()
            if key in surnames and votes[key]["PERSON"]:
                label = "PERSON"
            elif often > votes[key][label]:
                label = best
            if label != name.label_:
                changed[name.start] = Span(doc, name.start, name.end, label=label)
        if changed:
            doc.ents = [changed.get(ent.start, ent) for ent in doc.ents]
        return doc

    def _listed(self, name: Span) -> str | None:
        if name.label_ not in _PLACES:
            return None
        for match in self._directory.find(name.text):
            if match.actor.kind == "state" and match.how in {"name", "demonym"}:
                return "NORP" if match.how == "demonym" else "GPE"
        return None


@Language.factory(FACTORY, assigns=["doc.ents"], requires=["doc.ents"])
def make_names(nlp: Language, name: str) -> DemarcheNames:
    return DemarcheNames(Directory.load())
