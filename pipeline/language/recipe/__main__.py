"""`python -m pipeline.language.recipe --data DIR --encoder WHEEL_OR_DIR --out DIR`: make both models.

Every step leaves its result in the output folder and is not done again while that is there; training goes on from its
last checkpoint. The steps, in order:

prepare   read the corpora into one list of sentences
teachers  fine-tune the encoder with all heads, as often as --teachers says (none by default), each from another seed
accurate  the same once more, learning from the teachers' mean judgement too if there are any; export and package it
          (hours on two cores; with four teachers ten minutes on one large graphics processor)
stance    teach the accurate model the polarity of a sentence towards a target (needs --stance-data)
silver    let the accurate model complete what people did not annotate
vectors   distil a vector for every frequent word from the encoder
fast      train the small network on all of that, export and package it
evaluate  measure both on every dev and test part
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import math
import zipfile
from pathlib import Path
from typing import Any

import torch

from pipeline.language import load
from pipeline.language.component import FACTORY
from pipeline.language.encoding import TOKENIZER_FILE, PieceCutter, PieceEncoder, WordEncoder
from pipeline.language.evaluate import evaluate, table
from pipeline.language.inference import STANCE_FILE, JointModel
from pipeline.language.recipe import stance
from pipeline.language.recipe.data import LABELS, SENTENCES, load_sentences, prepare, save_prepared
from pipeline.language.recipe.distil import completed, frequent_words, word_vectors
from pipeline.language.recipe.export import export, quantised, stance_graph
from pipeline.language.recipe.network import ACCURATE, FAST, Joint, PieceTrunk, VectorTrunk
from pipeline.language.recipe.package import pipeline, write_package
from pipeline.language.recipe.teachers import Teachers
from pipeline.language.recipe.train import Length, Plan, averaged, device, train
from pipeline.language.recipe.warm_start import exported_polarity, load_exported
from pipeline.language.vectors import VECTORS_FILE, VOCABULARY_FILE, VectorEncoder

log = logging.getLogger("recipe")

STEPS = ("prepare", "teachers", "accurate", "stance", "silver", "vectors", "fast", "evaluate")
ENCODER_WEIGHTS = "model.safetensors"
ACCURATE_PLAN = Plan(trunk_rate=2.5e-4, head_rate=2e-3, places_per_batch=1100)
ACCURATE_FURTHER = Plan(trunk_rate=1.2e-4, head_rate=8e-4, places_per_batch=1100)
TEACHER_PLAN = Plan(trunk_rate=3e-4, head_rate=2e-3, places_per_batch=2200)
TAUGHT_PLAN = Plan(trunk_rate=2.5e-4, head_rate=1.5e-3, places_per_batch=3300)
TAUGHT_FURTHER = Plan(trunk_rate=2e-4, head_rate=1.2e-3, places_per_batch=3300)
FAST_PLAN = Plan(trunk_rate=2e-3, head_rate=2e-3, places_per_batch=2200)


class Recipe:
    """The steps, each named for what it makes."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.out: Path = args.out
        self.encoder = _encoder_folder(args.encoder, self.out)
        self.tokenizer_json = (self.encoder / TOKENIZER_FILE).read_text(encoding="utf8")
        self.prepared, self.completed, self.vectors_folder = (
            self.out / name for name in ("prepared", "completed", "vectors")
        )

    def prepare(self) -> None:
        if not (self.prepared / LABELS).exists():
            stance_data = self.args.stance_data
            prepare(self.args.data, self.prepared, stance.training_sentences(stance_data) if stance_data else ())

    def teachers(self) -> None:
        for number, checkpoint in enumerate(self._teacher_checkpoints()):
            seed = self.args.seed + number
            torch.manual_seed(seed)
            network, length = self._accurate_network(), self._length("teachers")
            train(network, self._piece_encoder(), TEACHER_PLAN, length, self.prepared, checkpoint, seed=seed)

    def accurate(self) -> None:
        network, checkpoint = self._accurate_network(), self._checkpoint("accurate")
        if self.args.average:
            torch.save({"network": averaged(self.args.average)}, checkpoint)
        else:
            self._train_accurate(network, checkpoint)
        self._write_package("accurate", network, self._piece_encoder())

    def _train_accurate(self, network: Joint, checkpoint: Path) -> None:
        plan, length = ACCURATE_PLAN, self._length("accurate")
        teachers = [self._trained_network(trained) for trained in self._teacher_checkpoints()]
        if teachers:
            network.load_state_dict(teachers[0].state_dict())
            plan = TAUGHT_PLAN
        if self.args.go_on_from:
            load_exported(network, self._exported())
            plan = ACCURATE_FURTHER
            if teachers:
                teachers.append(copy.deepcopy(network))
                plan = TAUGHT_FURTHER
        taught_by = Teachers([teacher.to(device()) for teacher in teachers]) if teachers else None
        encoder, seed = self._piece_encoder(), self.args.seed
        train(network, encoder, plan, length, self.prepared, checkpoint, seed=seed, teachers=taught_by)

    def _exported(self) -> JointModel:
        """The network of the model to go on from."""
        joint: Any = load(self.args.go_on_from).get_pipe(FACTORY)
        if self._labels() != joint.network.labels:
            raise SystemExit(f"{self.args.go_on_from} has other classes than these data: train from the encoder")
        network: JointModel = joint.network
        return network

    def stance(self) -> None:
        data = self.args.stance_data
        if data is None:
            log.info("no --stance-data: the accurate model will read no polarity")
            return
        joint: Any = load(str(self._package("accurate"))).get_pipe(FACTORY)
        if joint.reads_polarity:
            return
        published, tuned = self._accurate_network().trunk, self._trained_network(self._checkpoint("accurate")).trunk
        earlier = self._exported() if self.args.go_on_from else None
        network, temperature = stance.train(
            tuned,
            published,
            self._piece_encoder(),
            data,
            seed=self.args.seed,
            earlier=exported_polarity(earlier) if earlier is not None and earlier.reads_polarity else None,
        )
        weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
        graph = quantised(stance_graph(weights, temperature))
        model = JointModel.from_bytes(joint.network.to_bytes() | {STANCE_FILE: graph})
        log.info("%s", write_package(pipeline(model, "accurate"), self.out))

    def silver(self) -> None:
        if not (self.completed / LABELS).exists():
            nlp = load(str(self._package("accurate")))
            sentences = list(load_sentences(self.prepared / SENTENCES))
            save_prepared(completed(nlp, sentences), self._labels(), self.completed)

    def vectors(self) -> None:
        if (self.vectors_folder / VECTORS_FILE).exists():
            return
        cutter = PieceCutter(self.tokenizer_json)
        words = frequent_words(load_sentences(self.prepared / SENTENCES), cutter)
        trunks = []
        for network in (self._accurate_network(), self._trained_network(self._checkpoint("accurate"))):
            assert isinstance(network.trunk, PieceTrunk)
            trunks.append(network.trunk.eval())
        encoder = VectorEncoder(word_vectors(trunks, words, cutter), words, self.tokenizer_json)
        self.vectors_folder.mkdir(exist_ok=True)
        for name, content in encoder.files().items():
            (self.vectors_folder / name).write_bytes(content)

    def fast(self) -> None:
        names = (TOKENIZER_FILE, VECTORS_FILE, VOCABULARY_FILE)
        encoder = VectorEncoder.from_files({name: (self.vectors_folder / name).read_bytes() for name in names})
        network = Joint(self._labels(), FAST, VectorTrunk(FAST))
        checkpoint, length = self._checkpoint("fast"), self._length("fast")
        train(network, encoder, FAST_PLAN, length, self.completed, checkpoint, seed=self.args.seed)
        self._write_package("fast", network, encoder)

    def evaluate(self) -> None:
        reports = {name: evaluate(load(str(self._package(name))), self.args.data) for name in ("accurate", "fast")}
        (self.out / "scores.json").write_text(json.dumps(reports, indent=1), encoding="utf8")
        for report in reports.values():
            log.info("\n%s", table(report))

    def _length(self, step: str) -> Length:
        return Length(getattr(self.args, f"{step}_steps"), getattr(self.args, f"{step}_minutes"))

    def _piece_encoder(self) -> PieceEncoder:
        return PieceEncoder(self.tokenizer_json)

    def _write_package(self, name: str, network: Joint, encoder: WordEncoder) -> None:
        model = export(network, self._labels(), encoder, self._checkpoint(name), integers=name == "accurate")
        log.info("%s", write_package(pipeline(model, name), self.out))

    def _accurate_network(self) -> Joint:
        trunk = PieceTrunk(ACCURATE)
        trunk.load_encoder(self.encoder / ENCODER_WEIGHTS)
        return Joint(self._labels(), ACCURATE, trunk)

    def _trained_network(self, checkpoint: Path) -> Joint:
        network = self._accurate_network()
        network.load_state_dict(torch.load(checkpoint, map_location="cpu")["network"])
        return network

    def _teacher_checkpoints(self) -> list[Path]:
        return [self._checkpoint(f"teacher-{number}") for number in range(self.args.teachers)]

    def _labels(self) -> dict[str, Any]:
        labels: dict[str, Any] = json.loads((self.prepared / LABELS).read_text(encoding="utf8"))
        return labels

    def _checkpoint(self, name: str) -> Path:
        return self.out / f"{name}.pt"

    def _package(self, name: str) -> Path:
        return self.out / f"en_demarche_{name}" / f"en_demarche_{name}" / "spacy-pipeline"


def _encoder_folder(given: Path, out: Path) -> Path:
    """The folder with the encoder's weights and tokenizer, unpacked from the wheel if need be."""
    if given.is_dir():
        found = next(given.rglob(ENCODER_WEIGHTS), None)
        if found is None:
            raise SystemExit(f"{given} holds no {ENCODER_WEIGHTS}")
        return found.parent
    folder = out / "encoder"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(given) as wheel:
        for name in wheel.namelist():
            if (file := name.rsplit("/", 1)[-1]) in (ENCODER_WEIGHTS, TOKENIZER_FILE):
                (folder / file).write_bytes(wheel.read(name))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.language.recipe",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with ud/ and ner_derived/")
    parser.add_argument("--encoder", type=Path, required=True, help="wheel or folder of all-MiniLM-L6-v2")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints and models go")
    parser.add_argument("--teachers", type=int, default=0, help="networks that teach the accurate one (0)")
    for name, steps in (("teachers", 8000), ("accurate", 3000), ("fast", 4000)):
        parser.add_argument(f"--{name}-steps", type=int, default=steps, help=f"steps of the optimiser ({steps})")
        parser.add_argument(f"--{name}-minutes", type=float, default=math.inf, help="end training sooner")
    parser.add_argument(
        "--go-on-from", metavar="MODEL", help="train an exported accurate model further; beside teachers it teaches too"
    )
    parser.add_argument(
        "--average",
        nargs="+",
        type=Path,
        metavar="CHECKPOINT",
        help="take the mean of these trainings of the accurate model, begun at the same weights, for the trained one",
    )
    parser.add_argument("--stance-data", type=Path, help="folder with the files of NewsMTSC")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=STEPS, default=STEPS, help="do these steps alone")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    recipe = Recipe(args)
    for step in STEPS:
        if step in args.only:
            log.info("step %s", step)
            getattr(recipe, step)()


if __name__ == "__main__":
    main()
