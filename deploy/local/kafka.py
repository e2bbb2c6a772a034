"""One Kafka broker that is its own controller (KRaft)."""

from __future__ import annotations

import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from deploy.local.java import QUICK_START
from deploy.local.layout import Layout
from deploy.local.logs import rolling_log
from deploy.local.ports import LOOPBACK, first_free
from deploy.local.processes import Process
from pipeline.errors import Terminal

VERSION = "4.3.0"
HEAP = "-Xmx512m"
# The longest article that settings allow, enriched: text once more as JSON escapes, entities and statements.
MAX_MESSAGE_BYTES = 16 * 1024 * 1024

_PROPERTIES = """\
# Written by `demarche up` at every start: edits are lost.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
message.max.bytes={max_message}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
# One broker: nothing can be replicated, and few partitions of the internal topics start faster.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=5
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=5
"""


class Kafka:
    """Configuration, command line and health of the broker."""

    name = "kafka"
    title = "Kafka"
    version = VERSION
    patience_s = 120.0

    def __init__(self, layout: Layout, jars: list[Path], java_home: Path) -> None:
        self._layout = layout
        self._jars = jars
        self._java = java_home / "bin" / "java"
        self._folder = layout.home / "kafka"
        self.log = layout.logs / "kafka.log"

    def address(self, port: int) -> str:
        return f"{LOOPBACK}:{port}"

    def prepare(self, port: int, controller: int) -> None:
        """Write the configuration; at the first start also format the storage."""
        self._layout.own(self._folder / "data")
        config = self._folder / "config"
        config.mkdir(parents=True, exist_ok=True)
        values = {
            "host": LOOPBACK,
            "port": port,
            "controller": first_free(controller),
            "data": self._folder / "data",
            "max_message": MAX_MESSAGE_BYTES,
        }
        self._layout.write(config / "server.properties", _PROPERTIES.format(**values))
        self._layout.write(config / "log4j2.properties", rolling_log(self.log))
        if not (self._folder / "data" / "meta.properties").exists():
            self._format(config / "server.properties")

    def _format(self, properties: Path) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode("ascii")
        # `=`: an id may begin with a dash, which the tool would take for an option.
        arguments = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(properties)]
        done = subprocess.run(
            [*self.command()[:-2], *arguments],
            env=self.environment(),
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            **self._layout.as_account(),
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
            raise Terminal(f"Kafka's storage in {self._folder / 'data'} could not be formatted: {said[-1]}")

    def command(self) -> list[str]:
        config = self._folder / "config"
        classpath = ":".join(str(jar) for jar in self._jars)
        return [
            str(self._java),
            HEAP,
            QUICK_START,
            f"-Dlog4j2.configurationFile={config / 'log4j2.properties'}",
            "-cp",
            classpath,
            "kafka.Kafka",
            str(config / "server.properties"),
        ]

    def environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}

    def running(self, popen: subprocess.Popen[bytes], process: Process) -> Process | None:
        """The process to watch; None when it has ended. The broker is the process that was started."""
        return process if popen.poll() is None else None

    def ready(self, address: str) -> bool:
        return reachable(address)


def reachable(address: str) -> bool:
    """Whether a broker answers at the address and counts itself in."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    try:
        admin = KafkaAdminClient(bootstrap_servers=address, bootstrap_timeout_ms=2000, request_timeout_ms=3000)
    except (KafkaError, OSError, ValueError):
        return False
    try:
        return bool(admin.describe_cluster().get("brokers"))
    except (KafkaError, OSError):
        return False
    finally:
        admin.close()
