"""Kafka and Elasticsearch as one thing: up, down, and what runs.

The state file is written before a server is waited for, so that even a killed `up` leaves nothing that `down` cannot
find.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from deploy.local import downloads
from deploy.local.account import server_account
from deploy.local.downloads import check_space
from deploy.local.elasticsearch import VERSIONS, Elasticsearch, unpack
from deploy.local.java import java_home
from deploy.local.kafka import VERSION as KAFKA_VERSION
from deploy.local.kafka import Kafka
from deploy.local.layout import Layout
from deploy.local.logs import last_trouble
from deploy.local.ports import Ports, first_free
from deploy.local.processes import Process, spawn, stop
from deploy.local.state import State, StateFile
from pipeline.errors import Terminal

NAMES = ("kafka", "elasticsearch")
ROOM_TO_RUN = 300_000_000
Server = Kafka | Elasticsearch


@dataclass
class _Start:
    """A server on its way up."""

    server: Server
    popen: subprocess.Popen[bytes]
    process: Process
    log_from: int
    began: float


class LocalServers:
    """The servers of one home. Instances with homes of their own may share a download folder."""

    def __init__(
        self,
        home: Path,
        cache: Path | None = None,
        ports: Ports | None = None,
        *,
        elasticsearch_version: str = VERSIONS[0],
        console: Console | None = None,
    ) -> None:
        self.layout = Layout(home, cache or home / "downloads", server_account())
        self.ports = ports or Ports()
        self.elasticsearch_version = elasticsearch_version
        self.state_file = StateFile(self.layout.home)
        self._console = console or Console(quiet=True)

    def up(self) -> dict[str, Process]:
        """Start what does not run and wait until it answers; returns what was started, nothing if all ran already."""
        try:
            return self._up()
        except OSError as error:  # a disk that has just filled up, a folder that somebody else owns
            what = f"{error.filename}: " if error.filename else ""
            raise Terminal(
                f"The servers were not started: {what}{error.strerror or error}.",
                f"Check the disk and the rights on {self.layout.home}: demarche doctor",
            ) from error

    def _up(self) -> dict[str, Process]:
        self.layout.make()
        with self.state_file.locked():
            state = self._without_leftovers()
            missing = [name for name in NAMES if not _alive(state.of(name))]
            if not missing:
                return {}
            programs = {name: self._program(name) for name in missing}
            check_space(self.layout.home, ROOM_TO_RUN)
            return self._start_all(programs, state)

    def down(self, also: Callable[[str], None] = lambda _: None) -> list[str]:
        """Stop workers first, then the servers that were recorded; returns the names of those that were running."""
        if not self.layout.home.is_dir():
            return []
        stopped = []
        with self.state_file.locked():
            state = self._without_leftovers()
            for name in ("workers", *reversed(NAMES)):
                process = state.of(name)
                if process is None:
                    continue
                if process.alive:
                    also(name)
                    stopped.append(name)
                stop(process)
                setattr(state, name, None)
                self.state_file.write(state)
        return stopped

    def state(self) -> State:
        return self.state_file.read()

    def downloaded(self) -> dict[str, bool]:
        """Whether each server's files are there with the right checksums."""
        return {
            name: all(downloads.intact(self.folder(name) / pin.filename, pin) for pin in self._pins(name))
            for name in NAMES
        }

    @property
    def archive(self) -> Path:
        """The zip that Elasticsearch is unpacked from."""
        return self.folder("elasticsearch") / self._pins("elasticsearch")[0].filename

    def folder(self, name: str) -> Path:
        return self.layout.cache / f"{name}-{self._version(name)}" if name == "kafka" else self.layout.cache

    def _version(self, name: str) -> str:
        return KAFKA_VERSION if name == "kafka" else self.elasticsearch_version

    def _pins(self, name: str) -> list[downloads.Pin]:
        return downloads.pins(name, self._version(name))

    def _program(self, name: str) -> Server:
        """Fetch a server and lay it out."""
        java = java_home(self.layout.cache)
        title = f"{name.capitalize()} {self._version(name)}"
        files = downloads.ensure(self._pins(name), self.folder(name), self._console, f"Downloading {title}")
        if name == "kafka":
            return Kafka(self.layout, files, java)
        program = unpack(files[0], self.layout.cache, self._console)
        return Elasticsearch(self.layout, program, java, self.elasticsearch_version)

    def _without_leftovers(self) -> State:
        """The state, after ending what an interrupted `up` was starting."""
        state = self.state_file.read()
        for process in state.starting.values():
            stop(process, patience_s=10)
        if state.starting:
            state.starting = {}
            self.state_file.write(state)
        return state

    def _start_all(self, programs: dict[str, Server], state: State) -> dict[str, Process]:
        starts: list[_Start] = []
        try:
            # The slowest first: Kafka starts while Elasticsearch does.
            for name, server in sorted(programs.items()):
                begun = self._spawn(server)
                starts.insert(0, begun)
                state.starting[name] = begun.process
                self.state_file.write(state)
            for begun in starts:
                self._wait(begun)
        except BaseException:  # Ctrl-C included: half a system is worse than none
            for begun in starts:
                stop(begun.process, patience_s=10)
            state.starting = {}
            self.state_file.write(state)
            raise
        for begun in starts:
            setattr(state, begun.server.name, begun.process)
        state.starting = {}
        self.state_file.write(state)
        return {begun.server.name: begun.process for begun in starts}

    def _spawn(self, server: Server) -> _Start:
        wanted = getattr(self.ports, server.name)
        port = first_free(wanted)
        if port != wanted:
            self._console.print(f"Port {wanted} is taken: {server.title} uses {port}.")
        server.prepare(port, self.ports.controller)
        log_from = server.log.stat().st_size if server.log.exists() else 0
        try:
            popen, process = spawn(
                server.command(),
                log=server.log,
                environment=server.environment(),
                cwd=self.layout.logs,
                account=self.layout.account,
            )
        except OSError as error:
            raise Terminal(f"{server.title} could not be started: {error.strerror} ({error.filename}).") from error
        process.address = server.address(port)
        process.version = server.version
        return _Start(server, popen, process, log_from, time.monotonic())

    def _wait(self, begun: _Start) -> None:
        """Until the server answers; raises with what its log says if it ends or takes too long."""
        server, address = begun.server, begun.process.address or ""
        with self._console.status(f"Starting {server.title} {server.version} …"):
            while True:
                process = server.running(begun.popen, begun.process)
                if process is None:
                    raise _failed(server, begun.log_from, "did not start")
                process.address, process.version = address, server.version
                begun.process = process
                # Elasticsearch's launcher leaves when the node is up: only the node itself is worth recording.
                if (server.name == "kafka" or begun.popen.poll() == 0) and server.ready(address):
                    break
                if time.monotonic() - begun.began > server.patience_s:
                    raise _failed(server, begun.log_from, f"did not answer within {server.patience_s:.0f} s")
                time.sleep(0.2)
        took = time.monotonic() - begun.began
        self._console.print(f"{server.title} {server.version} answers at {address} ({took:.0f} s)", highlight=False)


def _alive(process: Process | None) -> bool:
    return process is not None and process.alive


def _failed(server: Server, log_from: int, what: str) -> Terminal:
    lines = "\n".join(f"  {line}" for line in last_trouble(server.log, log_from))
    return Terminal(f"{server.title} {what}. The end of its log says:\n{lines}\nThe whole log: {server.log}")
