"""A home in which tests run the real command as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

DEMARCHE = Path(sysconfig.get_path("scripts")) / "demarche"


class Home:
    """The command has no settings but the home and the downloads."""

    def __init__(self, path: Path, downloads: Path) -> None:
        self.path = path
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DEMARCHE_")}
        self._environment = {**kept, "DEMARCHE_HOME": str(path), "DEMARCHE_DOWNLOADS": str(downloads)}

    def run(self, *arguments: str, timeout_s: float = 420) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [DEMARCHE, *arguments],
            env=self._environment,
            cwd=self.path,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )

    def servers(self) -> dict[str, dict[str, str | int]]:
        return dict(json.loads((self.path / "servers.json").read_text("utf8")))

    def alerts(self) -> list[dict[str, Any]]:
        lines = self.run("alerts", "list", "--output", "jsonl").stdout.splitlines()
        return sorted((json.loads(line) for line in lines), key=lambda alert: str(alert["alert_id"]))
