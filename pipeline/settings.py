"""Every option of Démarche, in one table: type, default, unit and check.

Sources, the first that speaks wins: `DEMARCHE_*` environment variables, the TOML file that `DEMARCHE_CONFIG` names
(default `demarche.toml` in the working directory), what `demarche up` wrote about the servers it started, defaults.
"""

from __future__ import annotations

import json
import os
import tomllib
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from pipeline.errors import BadSetting

PREFIX = "DEMARCHE_"
SERVERS_FILE = "servers.json"


def default_home() -> Path:
    """Downloads, server data, logs and state: one folder. Root gets one that unprivileged servers can reach."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/demarche")
    return user_data_path("demarche")


class Settings(BaseModel):
    """All options; frozen once built. The environment name of `option` is `DEMARCHE_OPTION`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default_factory=default_home, description="Folder of downloads, server data, logs and state.")
    downloads: Path | None = Field(None, description="Folder of downloaded servers; default: downloads in home.")
    elasticsearch_version: str = Field("9.2.4", description="Elasticsearch that `demarche up` starts: 9.2.4 or 8.19.8.")
    kafka: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, host:port, comma separated.")
    elasticsearch: str = Field("http://127.0.0.1:9200", description="Elasticsearch URL.")
    elasticsearch_user: str = Field("", description="User name; empty for a cluster without security.")
    elasticsearch_password: SecretStr = Field(SecretStr(""), description="Password of that user.")
    elasticsearch_api_key: SecretStr = Field(SecretStr(""), description="API key, instead of user and password.")
    kibana: str = Field("http://127.0.0.1:5601", description="Kibana URL, for `demarche init --kibana`.")
    kibana_space: str = Field("", pattern=r"^[a-z0-9_-]*$", description="Kibana space; empty: the default space.")
    index_prefix: str = Field("news", pattern=r"^[a-z][a-z0-9_]*$", description="First part of every index name.")
    topic_prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]*$", description="Put before every topic name.")
    consumer_group: str = Field("demarche", min_length=1, description="Kafka consumer group of the workers.")
    model: str = Field("accurate", description="Language model: ours by name, a folder, or an installed pipeline.")
    language: str = Field("en", description="Language that is enriched; articles in others pass through marked.")
    processes: int = Field(1, ge=1, le=64, description="Processes that enrich, per worker.")
    batch_size: int = Field(16, ge=1, le=1024, description="Articles enriched at once.")
    max_article_chars: int = Field(1_000_000, ge=1000, description="Longer articles are refused (code points).")
    max_file_bytes: int = Field(20_000_000, ge=1000, description="Larger input files are refused (bytes).")
    actors: tuple[Path, ...] = Field((), description="Own actor files (TOML), added to those that come along.")
    cues: tuple[Path, ...] = Field((), description="Own cue files (TOML), added to those that come along.")
    rules: Path | None = Field(None, description="Alert rules: a TOML file or a folder of them; default: ours.")
    channels: Path | None = Field(None, description="Channels that alerts are sent to (TOML); default: none.")
    web_address: str = Field(
        "", description="Where users reach the pages, for links in messages: https://news.example.org"
    )
    claim_window_h: float = Field(72.0, gt=0, description="How long tellings join a claim after its last (hours).")
    alert_max_age_h: float = Field(48.0, gt=0, description="Older statements are indexed but alert nobody (hours).")
    contact: str = Field("", description="Address that the user agent names, so that publishers can reach you.")
    request_timeout_s: float = Field(20.0, gt=0, description="Time a request to a source may take (seconds).")
    request_gap_s: float = Field(1.0, ge=0, description="Pause between two requests to one host (seconds).")
    private_networks: tuple[str, ...] = Field(
        (), description="Networks that are not public and yet may hold sources, such as 10.20.0.0/16."
    )
    robots_for_sources: bool = Field(False, description="Ask robots.txt for listed sources too, not only for pages.")
    source_threads: int = Field(32, ge=1, le=256, description="Sources that are read at the same time.")
    poll_soonest_min: float = Field(5.0, gt=0, description="A source is not asked more often than this (minutes).")
    poll_latest_min: float = Field(
        60.0, gt=0, le=1440, description="A source that is quiet is asked at least this often (minutes)."
    )
    push_secret: SecretStr = Field(SecretStr(""), description="Shared secret with which `demarche push` is signed.")
    push_secret_file: Path | None = Field(None, description="File with that secret, instead.")
    push_url: str = Field("", description="Address at which hubs reach `demarche push`; empty: no WebSub.")
    sources: Path | None = Field(None, description="List of sources (TOML); default: sources.toml in `home`.")

    @field_validator("private_networks")
    @classmethod
    def _are_networks(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        for network in written:
            ip_network(network.strip(), strict=False)
        return written


def _environment() -> dict[str, str]:
    known = Settings.model_fields
    found = {}
    for name, value in os.environ.items():
        key = name.removeprefix(PREFIX).lower()
        if name.startswith(PREFIX) and key in known:
            found[key] = value
    return found


def _file() -> dict[str, Any]:
    named = os.environ.get(PREFIX + "CONFIG")
    path = Path(named or "demarche.toml")
    if not path.is_file():
        if named:
            raise BadSetting(f"The settings file {path} does not exist.", f"Create it or unset {PREFIX}CONFIG.")
        return {}
    try:
        return tomllib.loads(path.read_text("utf8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"The settings file {path} is not valid TOML: {error}.") from error


def _local_servers(home: Path) -> dict[str, str]:
    """Addresses of the servers that `demarche up` started, which may not have the default ports."""
    try:
        known = json.loads((home / SERVERS_FILE).read_text("utf8"))
    except (OSError, ValueError):
        return {}
    return {name: known[name]["address"] for name in ("kafka", "elasticsearch") if "address" in known.get(name, {})}


def load_settings(**overrides: Any) -> Settings:
    """Settings from all sources; raises BadSetting naming the key that cannot be used."""
    values: dict[str, Any] = {**_file(), **_environment(), **overrides}
    for key, separator in (("actors", os.pathsep), ("cues", os.pathsep), ("private_networks", ",")):
        if isinstance(values.get(key), str):
            values[key] = tuple(part for part in values[key].split(separator) if part)
    home = Path(values.get("home") or default_home())
    try:
        return Settings(**{**_local_servers(home), **values})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadSetting(f"The setting '{key}' cannot be used: {first['msg']}.", "See docs/settings.md.") from error


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return load_settings()


def reference() -> str:
    """docs/settings.md: the table above, rendered. A test keeps the file equal to it."""
    lines = [
        "# Settings",
        "",
        "Every option, with its default. The first that speaks wins: the environment variable, the TOML file that",
        f"`{PREFIX}CONFIG` names (default: `demarche.toml` in the working directory), what `demarche up` recorded",
        "about the servers it started, the default. A value that cannot be used stops the command and names",
        "the option.",
        "",
        "| option | environment | default | meaning |",
        "|---|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=False)
        shown = "platform's data folder; as root `/var/lib/demarche`" if name == "home" else _shown(default)
        lines.append(f"| `{name}` | `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    lines += [
        "",
        "Lists (`actors`, `cues`) are arrays in TOML; in the environment their parts are separated as in `PATH`, those",
        "of `private_networks` by commas.",
        "",
        "```toml",
        "# demarche.toml",
        'elasticsearch = "https://search.example.org:9200"',
        'elasticsearch_user = "demarche"',
        'rules = "rules/"',
        'actors = ["our-actors.toml"]',
        "```",
        "",
        "This page is made by `python -m pipeline.settings > docs/settings.md`.",
    ]
    return "\n".join(lines) + "\n"


def _shown(default: Any) -> str:
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    return "–" if default in (None, "", ()) else f"`{default}`"


if __name__ == "__main__":
    print(reference(), end="")
