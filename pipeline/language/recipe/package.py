"""Put an exported model into a spaCy pipeline, and the pipeline into an installable package."""

from __future__ import annotations

import shutil
from pathlib import Path

from spacy.language import Language

from pipeline.language import component, names, quantities, tokenizer
from pipeline.language.inference import JointModel

VERSIONS = {"accurate": "0.7.0", "fast": "0.4.1"}
AUTHOR, LICENCE = "The Démarche authors", "CC BY-SA 4.0"
ATTRIBUTION = (
    "Weights fine-tuned or distilled from all-MiniLM-L6-v2 (Apache-2.0), trained on: Universal Dependencies English "
    "Web Treebank (CC BY-SA 4.0); GUM, the parts free for any use (annotation CC BY 4.0; texts CC BY, CC BY-SA 3.0 and "
    "public domain); Universal NER English-EWT (CC BY-SA 4.0); WikiGold (CC BY 4.0); CrossNER (MIT; text of Wikipedia, "
    "CC BY-SA); Broad Twitter Corpus, section G (CC BY 4.0). Country and people lists that refined labels: "
    "mledoze/countries (ODbL 1.0)."
)
POLARITY_ATTRIBUTION = " Polarity towards a target: trained on NewsMTSC train (MIT; Hamborg and Donnay, EACL 2021)."


def pipeline(model: JointModel, name: str) -> Language:
    """The model as a spaCy pipeline, licence and attribution in its meta data."""
    nlp = tokenizer.blank()
    joint = nlp.add_pipe(component.FACTORY)
    assert isinstance(joint, component.DemarcheJoint)
    joint.network = model
    nlp.add_pipe(names.FACTORY)
    nlp.add_pipe(quantities.FACTORY)
    nlp.meta.update(
        name=f"demarche_{name}",
        version=VERSIONS[name],
        description="English tags, features, lemmas, Universal Dependencies trees, sentences and names for news.",
        author=AUTHOR,
        license=LICENCE,
        notes=ATTRIBUTION + (POLARITY_ATTRIBUTION if model.reads_polarity else ""),
    )
    return nlp


INIT = '''"""English pipeline of Démarche, for `spacy.load`."""

from pathlib import Path

from spacy.util import load_model_from_path


def load(**overrides):
    """The pipeline; `overrides` are those of `spacy.load`."""
    return load_model_from_path(Path(__file__).parent / "spacy-pipeline", **overrides)
'''
PROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{package}"
version = "{version}"
description = "English pipeline of Démarche"
requires-python = ">=3.11,<3.12"
license = "CC-BY-SA-4.0"

[project.entry-points.spacy_models]
{package} = "{package}"

[tool.setuptools]
packages = ["{package}"]

[tool.setuptools.package-data]
{package} = ["spacy-pipeline/**"]
"""


def write_package(nlp: Language, folder: Path) -> Path:
    """Write an installable package below folder; `pip install` of it makes `spacy.load` know its name."""
    package = f"{nlp.meta['lang']}_{nlp.meta['name']}"
    home = folder / package
    shutil.rmtree(home, ignore_errors=True)
    module = home / package
    module.mkdir(parents=True)
    (module / "__init__.py").write_text(INIT, encoding="utf8")
    nlp.to_disk(module / "spacy-pipeline")
    project = PROJECT.format(package=package, version=nlp.meta["version"])
    (home / "pyproject.toml").write_text(project, encoding="utf8")
    return home
