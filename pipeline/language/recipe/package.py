"""Put the exported model into a spaCy pipeline folder."""

from __future__ import annotations

from pathlib import Path

import spacy

from pipeline.language import component, quantities, tokenizer
from pipeline.language.inference import JointModel

NAME, VERSION = "demarche_accurate", "0.1.0"
ATTRIBUTION = (
    "Weights fine-tuned from all-MiniLM-L6-v2 (Apache-2.0) on: Universal Dependencies English Web Treebank "
    "(CC BY-SA 4.0); GUM, the parts free for any use (annotation CC BY 4.0; texts CC BY, CC BY-SA 3.0 and public "
    "domain); Universal NER English-EWT (CC BY-SA 4.0); WikiGold (CC BY 4.0); CrossNER (MIT; text of Wikipedia, "
    "CC BY-SA); Broad Twitter Corpus, section G (CC BY 4.0). Country and people lists that refined labels: "
    "mledoze/countries (ODbL 1.0)."
)


def package(model: JointModel, out: Path) -> None:
    """Write the pipeline, licence and attribution in its meta.json."""
    nlp = spacy.blank("en")
    tokenizer.adapt(nlp)
    joint = nlp.add_pipe(component.FACTORY)
    assert isinstance(joint, component.DemarcheJoint)
    joint.network = model
    nlp.add_pipe(quantities.FACTORY)
    nlp.meta.update(
        name=NAME,
        version=VERSION,
        description="English tags, features, lemmas, Universal Dependencies trees, sentences and names for news.",
        author="The Démarche authors",
        license="CC BY-SA 4.0",
        notes=ATTRIBUTION,
    )
    nlp.to_disk(out)
