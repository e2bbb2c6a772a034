"""Where things lie: `<home>` holds one instance's data, logs and state; the cache holds what all of them share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from deploy.local.account import Account
from pipeline.errors import BadSetting, Terminal


class Layout:
    """The folders of one instance, made with the rights that the servers' account needs."""

    def __init__(self, home: Path, cache: Path, account: Account | None) -> None:
        # Java and Elasticsearch want absolute paths; a relative home must not depend on where `down` is called.
        self.home = home.absolute()
        self.cache = cache.absolute()
        self.account = account
        self.logs = self.home / "logs"

    def make(self) -> None:
        """Make the folders; says in one sentence what is in the way."""
        for folder in (self.home, self.cache):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                if self.account:
                    folder.chmod(folder.stat().st_mode | 0o755)
            except OSError as error:
                raise BadSetting(
                    f"{folder} cannot be used: {error.strerror}.", "Set DEMARCHE_HOME to a folder of your own."
                ) from error
            if not os.access(folder, os.W_OK):
                raise BadSetting(f"{folder} is not writable for you.", "Set DEMARCHE_HOME to a folder of your own.")
            if self.account and not self.account.reachable(folder):
                raise BadSetting(
                    f"Servers started by root run as '{self.account.name}', who cannot enter {folder}.",
                    "Set DEMARCHE_HOME to a folder that every user can enter, such as /var/lib/demarche.",
                )
        self.own(self.logs)

    def own(self, folder: Path) -> Path:
        """A folder that the servers may write in."""
        try:
            if self.account:
                return self.account.own(folder)
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Terminal(f"{folder} cannot be made: {error.strerror}.", "Check its owner and rights.") from error
        if not os.access(folder, os.W_OK):
            raise Terminal(
                f"{folder} is not writable for you; it was made by another user.",
                "Use that user, or set DEMARCHE_HOME to a folder of your own.",
            )
        return folder

    def write(self, path: Path, content: str) -> None:
        """A file that the servers may read, whatever the umask."""
        path.write_text(content, "utf8")
        path.chmod(0o644)
        path.parent.chmod(path.parent.stat().st_mode | 0o755)

    def as_account(self) -> dict[str, Any]:
        """Arguments that make subprocess drop to the servers' account."""
        if self.account is None:
            return {}
        return {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
