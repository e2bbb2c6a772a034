"""The account that the servers run under: ours, or `nobody` where we are root.

Elasticsearch refuses to run as root, and no server on a desk needs root's rights. What an unprivileged process has to
read must then lie where it may look: see `reachable`.
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import BadSetting

NAME = "nobody"


@dataclass(frozen=True)
class Account:
    """A user by name and ids."""

    name: str
    uid: int
    gid: int

    def reachable(self, path: Path) -> bool:
        """Whether this user may enter every folder on the way to the path and read it."""
        path = path.resolve()
        return self._may(path, 4) and all(self._may(parent, 1) for parent in path.parents)

    def _may(self, path: Path, right: int) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & right << 6)
        if status.st_gid == self.gid:
            return bool(status.st_mode & right << 3)
        return bool(status.st_mode & right)

    def own(self, folder: Path) -> Path:
        """A folder, made if need be, that this user may write in and others may not read."""
        folder.mkdir(parents=True, exist_ok=True)
        for path in (folder, *folder.rglob("*")):
            if path.lstat().st_uid != self.uid:
                os.chown(path, self.uid, self.gid, follow_symlinks=False)
        folder.chmod(0o750)
        return folder


def server_account() -> Account | None:
    """Whom to drop to: None unless we are root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError as error:
        raise BadSetting(
            f"Elasticsearch does not run as root, and this system has no user '{NAME}' to run it as.",
            "Run the command as a plain user.",
        ) from error
    return Account(NAME, entry.pw_uid, entry.pw_gid)
