"""New indices for old ones, while everything goes on: where a mapping or an analyzer has changed.

What can be searched is never missing and nothing that is written gets lost. For each index in turn:

1. A new index is made, with today's mapping, under a name that no alias and no template knows.
2. All documents are copied, then those that were written meanwhile, until few are left.
3. The old index takes no more writes, and those under way have ended; workers wait and try again. The last documents
   are copied, those that were deleted meanwhile are deleted, and both indices are counted.
4. Searches go to the new index from one moment to the next; those that have begun on the old one end there. Then it
   goes, and in the same step its name, now an alias, means the new one.

Elasticsearch exchanges names in one step, but whatever has looked a name up goes on with the index that it found, and
fails when that goes. Hence the wait in 4. A writer that tries again and again under the very name of an index may
still meet the moment it goes: `Writer` asks once more then.

Versions are copied with their documents, so that copying again changes nothing: an upgrade that was interrupted is
simply started again. Indices that are done are not touched.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.exceptions import GeneralAvailabilityWarning
from elasticsearch.helpers import scan, streaming_bulk

from pipeline.errors import Terminal, Transient
from pipeline.index.client import inner_reason, translated_errors
from pipeline.index.setup import put_templates
from pipeline.index.templates import FIELDS, MONTHLY, SINGLE, Abilities, alias, analysis, index_body
from pipeline.settings import Settings

# Elasticsearch calls the list of its tasks a preview, as it has since it began; nobody who upgrades can do anything.
warnings.filterwarnings("ignore", category=GeneralAvailabilityWarning, module=re.escape(__name__))

_PAGE = 500
_FEW = 2000
_MAX_PASSES = 20
_SMALL = 20_000
_MARGIN = timedelta(minutes=15)
"""How much later than its time stamp a document may have been written: a busy server is tried again for a while."""
_POLL_S = 1.0
_PATIENCE_S = 30.0
"""For what has begun on an index before it goes; nothing of ours takes as long, and others may have no end."""
_LOOK_S = 0.1

Progress = Callable[[int, int], None]
"""Called with the number of documents copied and how many there are."""


@dataclass(frozen=True, slots=True)
class Step:
    """One index to be replaced by another."""

    kind: str
    index: str
    name: str
    """Under which it is written: its own at first, later an alias."""
    target: str
    documents: int


def plan(client: Elasticsearch, settings: Settings) -> list[Step]:
    """The indices whose mapping or analyzer is not today's; puts the templates in place for those to come."""
    with translated_errors(settings):
        abilities = put_templates(client, settings)
        found = []
        for kind in (*MONTHLY, *SINGLE):
            name = alias(settings.index_prefix, kind)
            if not client.indices.exists_alias(name=name):
                continue
            for index, state in sorted(client.indices.get(index=name).body.items()):
                if _is_old(state, kind, abilities):
                    found.append(_step(client, settings, kind, index))
            _finish(client, settings, kind)
    return found


def _finish(client: Elasticsearch, settings: Settings, kind: str) -> None:
    """Delete the indices that an upgrade, ended by force, had replaced already."""
    prefix, searched = settings.index_prefix, alias(settings.index_prefix, kind)
    there = client.indices.get(index=[f"{prefix}-{kind}-*", f"{prefix}-g*-{kind}-*"]).body
    for index, state in there.items():
        step = _step(client, settings, kind, index)
        if searched not in state["aliases"] and searched in there.get(step.target, {"aliases": ()})["aliases"]:
            _replace(client, step)


def _step(client: Elasticsearch, settings: Settings, kind: str, index: str) -> Step:
    prefix = settings.index_prefix
    match = re.fullmatch(rf"{prefix}-(?:g(\d+)-)?({kind}-.+)", index)
    if match is None:
        raise Terminal(f"The index {index} has a name that is not ours.", f"Take it out of {alias(prefix, kind)}.")
    target = f"{prefix}-g{int(match[1] or 1) + 1}-{match[2]}"
    return Step(kind, index, f"{prefix}-{match[2]}", target, client.count(index=index)["count"])


def _is_old(state: Mapping[str, Any], kind: str, abilities: Abilities) -> bool:
    fields = state["mappings"].get("properties", {})
    analyses = state["settings"]["index"].get("analysis", {})
    return not (_agrees(FIELDS[kind], fields) and _agrees(analysis(abilities), analyses))


def _agrees(wanted: Any, there: Any) -> bool:
    """Whether all that is wanted is there. Elasticsearch tells settings as text and leaves out the usual."""
    if isinstance(wanted, Mapping):
        there = there if isinstance(there, Mapping) else {}
        return all(_agrees(value, there.get(name, _USUAL.get(name))) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(there, list) and list(map(str, wanted)) == list(map(str, there))
    return str(wanted).casefold() == str(there).casefold()


_USUAL = {"type": "object"}


def upgrade(client: Elasticsearch, settings: Settings, step: Step, progress: Progress) -> int:
    """Replace one index by a new one; returns how many documents that has."""
    with translated_errors(settings):
        copier = _Copier(client, step, put_templates(client, settings))
        copier.make_target()
        copier.catch_up(progress)
        return copier.exchange(alias(settings.index_prefix, step.kind))


def _replace(client: Elasticsearch, step: Step) -> None:
    """Delete the index, whose name means the target from then on, in one step."""
    client.indices.update_aliases(
        actions=[{"add": {"index": step.target, "alias": step.name}}, {"remove_index": {"index": step.index}}]
    )


def _let_end(client: Elasticsearch) -> None:
    """Wait until the searches and writes that are under way have ended; what begins later finds the new names."""
    begun, until = _under_way(client), time.monotonic() + _PATIENCE_S
    while begun & _under_way(client) and time.monotonic() < until:
        time.sleep(_LOOK_S)


def _under_way(client: Elasticsearch) -> set[str]:
    nodes = client.tasks.list(actions=["indices:data/*"])["nodes"]
    return {task for node in nodes.values() for task in node["tasks"]}


class _Copier:
    def __init__(self, client: Elasticsearch, step: Step, abilities: Abilities) -> None:
        self._client = client.options(request_timeout=120)
        self._step = step
        self._abilities = abilities
        self._since: datetime | None = None
        """Everything written before is in the target."""

    def make_target(self) -> None:
        """The target; what an interrupted upgrade left there stays, unless its mapping is another by now."""
        indices, target = self._client.indices, self._step.target
        if indices.exists(index=target):
            if not _is_old(indices.get(index=target)[target], self._step.kind, self._abilities):
                return
            indices.delete(index=target)
        indices.create(index=target, **index_body(self._step.kind, self._abilities))

    def catch_up(self, progress: Progress) -> None:
        """Copy, and copy what came meanwhile, until little does."""
        for _ in range(_MAX_PASSES):
            if self._copy(progress) <= _FEW:
                return

    def exchange(self, searched: str) -> int:
        """The last copies, while nothing is written; then the target takes the place of the index."""
        index, target = self._step.index, self._step.target
        self._take_no_more_writes()
        try:
            if self._client.count(index=index)["count"] <= _SMALL:
                self._since = None
            self._copy(lambda done, total: None)
            self._remove_deleted()
            counts = [self._client.count(index=name)["count"] for name in (index, target)]
            if counts[0] != counts[1]:
                raise Transient(
                    f"{target} has {counts[1]} documents, and {index} has {counts[0]}.", "Run `demarche upgrade` again."
                )
            self._give_names(searched)
        except BaseException:
            # Where the names are given but the answer was lost, what is written to the old index would go with it.
            if self._client.indices.exists_alias(index=index, name=searched):
                self._take_writes_again()
            raise
        _let_end(self._client)
        _replace(self._client, self._step)
        return int(counts[1])

    def _give_names(self, searched: str) -> None:
        """Move to the target, in one step, the aliases of the index; its own name can go only with the index."""
        step = self._step
        names = [searched] if step.name == step.index else [searched, step.name]
        added = [{"add": {"index": step.target, "alias": name}} for name in names]
        removed = [{"remove": {"index": step.index, "alias": name}} for name in names]
        self._client.indices.update_aliases(actions=[*added, *removed])

    def _take_no_more_writes(self) -> None:
        """Unlike the setting of the same effect, this returns when the writes under way have ended."""
        self._client.indices.add_block(index=self._step.index, block="write")

    def _take_writes_again(self) -> None:
        self._client.indices.put_settings(index=self._step.index, settings={"index.blocks.write": None})

    def _copy(self, progress: Progress) -> int:
        """Copy what has been written since the last copy began; returns how much that was."""
        began = datetime.now(UTC)
        self._client.indices.refresh(index=self._step.index)
        query = {"range": {"@timestamp": {"gte": self._since.isoformat()}}} if self._since else {"match_all": {}}
        total = self._client.count(index=self._step.index, query=query)["count"]
        way = self._reindexed if self._abilities.reindex else self._scrolled
        for done in way(query):
            progress(done, total)
        self._client.indices.refresh(index=self._step.target)
        self._since = began - _MARGIN
        return int(total)

    def _scrolled(self, query: dict[str, Any]) -> Iterator[int]:
        """Copy through this process, where the nodes cannot do it by themselves."""
        hits = scan(
            self._client, index=self._step.index, query={"query": query, "version": True}, size=_PAGE, scroll="10m"
        )
        actions = (
            {
                "_index": self._step.target,
                "_id": hit["_id"],
                "version": hit["_version"],
                "version_type": "external_gte",
                "_source": hit["_source"],
            }
            for hit in hits
        )
        done = 0
        for _, answer in streaming_bulk(self._client, actions, chunk_size=_PAGE, raise_on_error=False, max_retries=5):
            item = next(iter(answer.values()))
            if "error" in item and item["status"] != 409:
                raise Terminal(
                    f"The document {item['_id']} of {self._step.index} does not fit the new mapping: "
                    f"{inner_reason(item['error'])}.",
                    "The old index stays as it is.",
                )
            done += 1
            if done % _PAGE == 0:
                yield done
        yield done

    def _reindexed(self, query: dict[str, Any]) -> Iterator[int]:
        task = self._client.reindex(
            source={"index": self._step.index, "query": query, "size": _PAGE},
            dest={"index": self._step.target, "version_type": "external_gte"},
            conflicts="proceed",
            wait_for_completion=False,
        )["task"]
        while True:
            told = self._client.tasks.get(task_id=task)
            status = told["task"]["status"]
            yield status["created"] + status["updated"] + status["version_conflicts"]
            if told["completed"]:
                break
            time.sleep(_POLL_S)
        failures = told.get("error") or told["response"]["failures"]
        if failures:
            reason = inner_reason(failures if isinstance(failures, dict) else failures[0]["cause"])
            raise Terminal(f"{self._step.index} cannot be copied: {reason}.", "The old index stays as it is.")

    def _remove_deleted(self) -> None:
        """Delete from the target what was deleted from the index after it had been copied."""
        index, target = self._step.index, self._step.target
        if self._client.count(index=index)["count"] == self._client.count(index=target)["count"]:
            return
        kept = {hit["_id"] for hit in scan(self._client, index=index, query={"_source": False}, size=10_000)}
        gone = (
            {"_op_type": "delete", "_index": target, "_id": hit["_id"]}
            for hit in scan(self._client, index=target, query={"_source": False}, size=10_000)
            if hit["_id"] not in kept
        )
        for _ in streaming_bulk(self._client, gone):
            pass
        self._client.indices.refresh(index=target)
