"""One Elasticsearch node, from the zip that has no optional modules (see docs/local_servers.md)."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from importlib.resources import files
from pathlib import Path

from rich.console import Console

from deploy.local.downloads import check_space
from deploy.local.java import QUICK_START
from deploy.local.layout import Layout
from deploy.local.logs import rolling_log
from deploy.local.ports import LOOPBACK
from deploy.local.processes import Process, describe

VERSIONS = ("9.2.4", "8.19.8")
HEAP = "512m"
# A module that the bundled runtime leaves out (naming it stops Java), 2 GB of garbage collector logs, heap dumps.
UNWANTED_OPTIONS = ("jdk.incubator.vector", "-Xlog:gc", "HeapDump")

_CONFIG = """\
# Written by `demarche up` at every start: edits are lost.
cluster.name: demarche
node.name: local
path.data: {data}
path.logs: {logs}
network.host: {host}
http.port: {port}
discovery.type: single-node
# Reachable from this machine only; a cluster that others reach needs security (see docker-compose.yml).
xpack.security.enabled: false
# On a desk's nearly full disk the watermarks would make indices read-only; `demarche doctor` warns instead.
cluster.routing.allocation.disk.threshold_enabled: false
"""


class Elasticsearch:
    """Configuration, command line and health of the node."""

    name = "elasticsearch"
    title = "Elasticsearch"
    patience_s = 240.0

    def __init__(self, layout: Layout, program: Path, java_home: Path, version: str) -> None:
        self._layout = layout
        self._program = program
        self._java_home = java_home
        self.version = version
        # A node never reads the data of a newer major version; within one, data stay.
        self._folder = layout.home / f"elasticsearch-{version.partition('.')[0]}"
        self._config = self._folder / "config"
        self._pid_file = self._folder / "run" / "pid"
        self.log = layout.logs / "elasticsearch.log"

    def address(self, port: int) -> str:
        return f"http://{LOOPBACK}:{port}"

    def prepare(self, port: int, _controller: int) -> None:
        """Write the configuration into a folder of our own: the program's stays as it was unpacked."""
        for folder in ("data", "config", "run", "tmp"):
            self._layout.own(self._folder / folder)
        values = {"data": self._folder / "data", "logs": self._layout.logs, "host": LOOPBACK, "port": port}
        self._layout.write(self._config / "elasticsearch.yml", _CONFIG.format(**values))
        self._layout.write(self._config / "log4j2.properties", rolling_log(self.log))
        self._layout.write(self._config / "jvm.options", self._jvm_options())
        self._dictionary()
        self._pid_file.unlink(missing_ok=True)

    def _jvm_options(self) -> str:
        """The zip's own options, less those that stop this runtime or fill the disk, plus ours."""
        lines = (self._program / "config" / "jvm.options").read_text("utf8").splitlines()
        kept = [line for line in lines if not any(word in line for word in UNWANTED_OPTIONS)]
        return "\n".join((*kept, f"-Xms{HEAP}", f"-Xmx{HEAP}", QUICK_START, ""))

    def _dictionary(self) -> None:
        """English for the `hunspell` token filter: the only stemmer in this zip."""
        folder = self._config / "hunspell" / "en_US"
        folder.mkdir(parents=True, exist_ok=True)
        for parent in (folder, folder.parent):
            parent.chmod(0o755)
        for name in ("en_US.aff", "en_US.dic"):
            target = folder / name
            target.write_bytes(files("spylls").joinpath(f"hunspell/data/en/{name}").read_bytes())
            target.chmod(0o644)

    def command(self) -> list[str]:
        # Daemonised, the launcher leaves once the node is up: one process remains, and it is the one we record.
        return ["bash", str(self._program / "bin" / "elasticsearch"), "-d", "-p", str(self._pid_file)]

    def environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._folder),
            "ES_JAVA_HOME": str(self._java_home),
            "ES_PATH_CONF": str(self._config),
            "CLI_JAVA_OPTS": QUICK_START,
            "ES_TMPDIR": str(self._folder / "tmp"),
        }

    def running(self, popen: subprocess.Popen[bytes], process: Process) -> Process | None:
        """The process to watch, first the launcher and then the node; None when it has ended."""
        code = popen.poll()
        if code is None:
            return process
        if code == 0 and self._pid_file.exists():
            node = describe(int(self._pid_file.read_text("ascii")), process.token, process.log)
            return node if node.alive else None
        return None

    def ready(self, address: str) -> bool:
        """Whether the node answers and has all its primary shards."""
        return health(address) in ("yellow", "green")


def health(address: str) -> str | None:
    """Colour of the cluster; None when it does not answer."""
    try:
        with urllib.request.urlopen(f"{address}/_cluster/health", timeout=5) as answer:  # noqa: S310 - our own address
            colour: str = json.load(answer)["status"]
            return colour
    except (urllib.error.URLError, OSError, ValueError, KeyError):
        return None


def unpack(archive: Path, folder: Path, console: Console) -> Path:
    """The program's folder; unpacked anew when a file of it is missing or has another size."""
    with zipfile.ZipFile(archive) as content:
        entries = [entry for entry in content.infolist() if not entry.is_dir()]
        top = entries[0].filename.partition("/")[0]
        if all(_same_size(folder / entry.filename, entry.file_size) for entry in entries):
            return folder / top
        console.print(f"Unpacking {archive.name}")
        check_space(folder, sum(entry.file_size for entry in entries))
        with tempfile.TemporaryDirectory(dir=folder, prefix=".unpack-") as staging:
            content.extractall(staging)
            for path in (Path(staging) / top).rglob("*"):
                path.chmod(0o755 if path.is_dir() else 0o644)
            shutil.rmtree(folder / top, ignore_errors=True)
            unpacked = Path(staging) / top
            unpacked.chmod(0o755)
            unpacked.replace(folder / top)
    return folder / top


def damaged_files(archive: Path, folder: Path) -> list[str]:
    """Names of unpacked files that are not what the archive holds: thorough, and therefore slower than `unpack`."""
    with zipfile.ZipFile(archive) as content:
        return [
            entry.filename
            for entry in content.infolist()
            if not entry.is_dir() and _crc(folder / entry.filename) != entry.CRC
        ]


def _same_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _crc(path: Path) -> int | None:
    try:
        with path.open("rb") as file:
            value = 0
            while block := file.read(1 << 20):
                value = zlib.crc32(block, value)
            return value
    except OSError:
        return None
