"""Write artifacts.json: every file the local servers are made of, with its size and SHA-256.

Run by whoever raises a version, never by users: `python -m deploy.local.lock`. Downloads everything once and trusts
what it gets, so look at the difference before committing it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jgo.maven import MavenContext

from deploy.local.downloads import PINS, Pin

KAFKA = "4.3.0"
# Without a binding Kafka logs nothing at all; the version is that of the log4j-core which the broker brings.
KAFKA_LOG_BINDING = ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.4")
ELASTICSEARCH = ("9.2.4", "8.19.8")


def _kafka(context: Any) -> Iterable[Any]:
    root = context.create_dependency(f"org.apache.kafka:kafka_2.13:{KAFKA}")
    inputs, transitive = context.resolver.resolve([root])
    for dependency in (*inputs, *transitive):
        yield dependency.artifact
    group, name, version = KAFKA_LOG_BINDING
    yield context.project(group, name).at_version(version).artifact()


def _elasticsearch(context: Any, version: str) -> Iterable[Any]:
    group = "org.elasticsearch.distribution.integ-test-zip"
    yield context.project(group, "elasticsearch").at_version(version).artifact(packaging="zip")


def _pin(artifact: Any) -> Pin:
    content = Path(artifact.resolve()).read_bytes()
    coordinates = ":".join((artifact.groupId, artifact.artifactId, artifact.version, artifact.packaging))
    return Pin(artifact=coordinates, sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        context = MavenContext(repo_cache=Path(folder), timeout=60)
        found = {
            "kafka": {KAFKA: _kafka(context)},
            "elasticsearch": {version: _elasticsearch(context, version) for version in ELASTICSEARCH},
        }
        pins = {
            server: {
                version: sorted(
                    (_pin(artifact).model_dump() for artifact in artifacts), key=lambda pin: pin["artifact"]
                )
                for version, artifacts in versions.items()
            }
            for server, versions in found.items()
        }
    PINS.write_text(json.dumps(pins, indent=1) + "\n", "utf8")


if __name__ == "__main__":
    main()
