"""English pipeline of Démarche, for `spacy.load`."""

from pathlib import Path

from spacy.util import load_model_from_path


def load(**overrides):
    """The pipeline; `overrides` are those of `spacy.load`."""
    return load_model_from_path(Path(__file__).parent / "spacy-pipeline", **overrides)
