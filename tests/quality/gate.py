"""Quality floors: a figure under its floor fails, one well above it asks for the floor to be raised.

Floors are in floors.json, by area and figure, in the units of the figure. `python -m tests.quality.gate` measures
everything and prints it; with `--update` it raises the floors, and refuses to lower one.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

FLOORS = Path(__file__).with_name("floors.json")
# Figures move a little with the order of batches and the processor; floors stand this far below what was measured.
MARGIN = 0.01


class Gate:
    """Compares figures with their floors."""

    def __init__(self, path: Path = FLOORS) -> None:
        self.path = path
        self.floors: dict[str, dict[str, float]] = json.loads(path.read_text("utf8")) if path.exists() else {}

    def check(self, area: str, figures: dict[str, float]) -> None:
        """Fail if a figure has no floor, or is under it; print all of them."""
        floors = self.floors.get(area, {})
        missing = [name for name in figures if name not in floors]
        assert not missing, f"No floor for {area}: {missing}; run python -m tests.quality.gate --update"
        low = {name: (value, floors[name]) for name, value in figures.items() if value < floors[name]}
        print(area, figures)
        assert not low, f"{area}: under the floor (figure, floor): {low}"

    def update(self, area: str, figures: dict[str, float]) -> list[str]:
        """Raise floors to what was measured, less the margin; the names of those that would have to fall."""
        floors = self.floors.setdefault(area, {})
        fallen = [name for name, value in figures.items() if value < floors.get(name, 0.0)]
        for name, value in figures.items():
            scale = 1.0 if abs(value) <= 1.0 else 100.0
            floors[name] = max(floors.get(name, 0.0), round(value - MARGIN * scale, 3))
        self.path.write_text(json.dumps(self.floors, indent=1, sort_keys=True) + "\n", "utf8")
        return fallen


def main() -> int:
    from tests.quality import test_language_model
    from tests.quality.conftest import DEFAULT
    from tests.quality.measure import MEASURES

    gate = Gate()
    fallen = []
    language_models = {
        area: partial(test_language_model.measure, model=name) for area, name in test_language_model.AREAS.items()
    }
    for area, measure in {**language_models, **MEASURES}.items():
        figures = measure(DEFAULT)
        print(area, json.dumps(figures, indent=1))
        if "--update" in sys.argv:
            fallen += [f"{area}.{name}" for name in gate.update(area, figures)]
    if fallen:
        print("Under their floors, which stay:", ", ".join(fallen))
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
