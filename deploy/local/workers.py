"""The workers (`demarche run`) in the background, recorded beside the servers so that `down` stops them first."""

from __future__ import annotations

import json
import os
import sysconfig
from pathlib import Path
from typing import Any

from deploy.local.processes import spawn
from deploy.local.servers import LocalServers
from pipeline.errors import Terminal
from pipeline.settings import Settings


def start_workers(servers: LocalServers) -> bool:
    """Start the workers unless they run already; tells whether it did."""
    program = Path(sysconfig.get_path("scripts")) / "demarche"
    with servers.state_file.locked():
        state = servers.state_file.read()
        if state.workers is not None and state.workers.alive:
            return False
        # Our environment, as the workers shall read the same settings as this command.
        environment = {**os.environ, "DEMARCHE_HOME": str(servers.layout.home)}
        log = servers.layout.logs / "workers.log"
        try:
            _, state.workers = spawn([program, "run"], log=log, environment=environment, cwd=Path.cwd())
        except OSError as error:
            raise Terminal(
                f"The workers could not be started: {program}: {error.strerror}.", "Run: make setup"
            ) from error
        servers.state_file.write(state)
    return True


def progress(settings: Settings) -> list[dict[str, Any]]:
    """What each worker of this consumer group last wrote about itself."""
    from pipeline.topics import consumer_group

    found = []
    for path in sorted((settings.home / "state").glob(f"worker-{consumer_group(settings)}-*.json")):
        try:
            found.append(json.loads(path.read_text("utf8")))
        except (OSError, ValueError):  # being replaced, or a leftover that says nothing
            continue
    return found
