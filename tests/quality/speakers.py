"""Who speaks: speakers resolved to the right person or body, and mentions led to whom they mean.

Measured on GUM-news, whose coreference was annotated by hand (read for measuring only), with the day of each article as
its date. Of the attributions whose speaker has a name somewhere in the article:

- `speakers_matched`: the share with a speaker of that name, of those whose content we find (Jaccard .5, one to one);
- `speakers_all`: the same share of all of them, found or not;
- `speakers_covered`: the share of all for whom the statement that covers most of the content has that speaker. The
  contents of GUM are clauses of a discourse tree, often shorter than what was said.

Of all mentions of those speakers, in an attribution or not, `pronouns`, `descriptions` ("the coach") and `names`: the
share that coreference leads to the speaker.

A party is right when its name is one of the chain's, when the directory knows both as one actor, or when one name is a
part of the other and no other speaker of the article shares that part.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.records import Party, Statement
from tests.quality.reading import Reading, enricher, read

_FILES = ("gum-news.dev.jsonl", "gum-news.train.jsonl")
_NAMED = frozenset({"person", "organization", "place"})
_PRONOUNS = frozenset({"he", "she", "it", "they", "him", "her", "them", "his", "its", "their", "hers", "theirs"})
_EDGES = " \t\r\n\u00a0,.;:!?\"“”'‘’—–-"
_WORD = re.compile(r"[^\W_]+")
_SMALL = frozenset({"the", "a", "an", "mr", "mrs", "ms", "dr", "s", "of", "for", "and"})


@dataclass(frozen=True)
class Chain:
    """One speaker of an article, with what the article calls it."""

    id: str
    type: str
    names: tuple[str, ...]
    mentions: tuple[tuple[int, int], ...]


def words(name: str) -> tuple[str, ...]:
    """What names compare by: no case, articles or forms of address."""
    return tuple(w for w in _WORD.findall(name.casefold().replace(".", "")) if w not in _SMALL)


def chains(row: dict[str, Any]) -> dict[str, Chain]:
    """The speakers of an article that have a name: a phrase of theirs holds a capital inside."""
    found: dict[str, Chain] = {}
    for attribution in row["attributions"]:
        entity = attribution["speaker_entity"]
        if entity is None or entity["type"] not in _NAMED or not any(_has_name(n) for n in entity["names"]):
            continue
        spans = tuple((s, e) for s, e in entity["mentions"])
        found[entity["id"]] = Chain(entity["id"], entity["type"], tuple(entity["names"]), spans)
    return found


def _has_name(phrase: str) -> bool:
    return any(word[0].isupper() for word in _WORD.findall(phrase)[0 if phrase.split()[0][0].isupper() else 1 :])


def is_right(party: Party, chain: Chain, others: Iterable[Chain], actors: dict[str, set[str]]) -> bool:
    """Whether a party is the speaker of a chain; `actors`: whom the directory takes each name for."""
    if chain.type == "person" and party.kind not in {"person", "group", None}:
        return False
    if chain.type != "person" and party.kind == "person":
        return False
    own = words(party.name)
    if any(own == words(name) for name in chain.names):
        return True
    if any(party.actor_id in actors[name] for name in chain.names):
        return True
    alike = [o for o in others if o.id != chain.id and (o.type == "person") == (chain.type == "person")]
    strange = {w for other in alike for n in other.names for w in words(n)}
    return any(_part(own, words(name), strange) for name in chain.names)


def _part(one: tuple[str, ...], other: tuple[str, ...], strange: set[str]) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return bool(shorter) and shorter[-1] in longer and set(shorter) <= set(longer) and not set(shorter) <= strange


def overlap(left: set[int], right: set[int]) -> float:
    return len(left & right) / len(left | right) if left and right else 0.0


def _characters(text: str, spans: Iterable[tuple[int, int] | list[int]]) -> set[int]:
    found: set[int] = set()
    for start, end in spans:
        while start < end and text[start] in _EDGES:
            start += 1
        while end > start and text[end - 1] in _EDGES:
            end -= 1
        found.update(range(start, end))
    return found


def matched(row: dict[str, Any], statements: list[Statement]) -> dict[int, Statement]:
    """Statements by number of the gold attribution, best overlap first, each once."""
    gold = [_characters(row["text"], a["content"]) for a in row["attributions"]]
    ours = [_characters(row["text"], s.content) for s in statements]
    pairs = sorted(((overlap(g, o), i, j) for i, g in enumerate(gold) for j, o in enumerate(ours)), reverse=True)
    found: dict[int, Statement] = {}
    used: set[int] = set()
    for value, i, j in pairs:
        if value >= 0.5 and i not in found and j not in used:
            found[i] = statements[j]
            used.add(j)
    return found


def day_of(row: dict[str, Any]) -> date:
    return date.fromisoformat(row["meta"]["dateCreated"])


def rows(shared: Path) -> Iterator[dict[str, Any]]:
    for name in _FILES:
        for line in (shared / "data" / "quotes" / name).read_text("utf8").splitlines():
            yield json.loads(line)


def measure(shared: Path, *, errors: list[str] | None = None) -> dict[str, float]:
    """Figures in per cent. `errors` takes a line for each miss."""
    count: Counter[str] = Counter()
    for row in rows(shared):
        known = chains(row)
        actors = {n: _actors(n, day_of(row)) for chain in known.values() for n in chain.names}
        reading = read("", row["text"], day_of(row))
        _count_speakers(row, reading.statements, known, actors, count, errors)
        _count_mentions(row, reading, known, actors, count, errors)
    return {
        "speakers_all": _share(count, "matched_right", "speakers"),
        "speakers_matched": _share(count, "matched_right", "matched"),
        "speakers_covered": _share(count, "covered_right", "speakers"),
        "pronouns": _share(count, "pronoun_right", "pronoun"),
        "descriptions": _share(count, "description_right", "description"),
        "names": _share(count, "name_right", "name"),
    }


def _share(count: Counter[str], part: str, whole: str) -> float:
    return round(100 * count[part] / count[whole], 1)


def _count_speakers(
    row: dict[str, Any],
    statements: list[Statement],
    known: dict[str, Chain],
    actors: dict[str, set[str]],
    count: Counter[str],
    errors: list[str] | None,
) -> None:
    found = matched(row, statements)
    for number, attribution in enumerate(row["attributions"]):
        entity = attribution["speaker_entity"]
        chain = known.get(entity["id"]) if entity else None
        if chain is None or not attribution["speech"]:
            continue
        statement, covering = found.get(number), covers(row, attribution, statements)
        right = _speaks(statement, chain, known, actors)
        count.update(speakers=1, matched=statement is not None, matched_right=right)
        count["covered_right"] += _speaks(covering, chain, known, actors)
        if errors is not None and not (right or _speaks(covering, chain, known, actors)):
            written = " … ".join(row["text"][s:e] for s, e in attribution["source"])
            ours = [(p.name, p.kind) for p in (statement or covering).speakers] if statement or covering else None
            errors.append(f"{row['id']}: {written!r} = {chain.names[:2]} | ours {ours}")


def _speaks(statement: Statement | None, chain: Chain, known: dict[str, Chain], actors: dict[str, set[str]]) -> bool:
    return statement is not None and any(is_right(p, chain, known.values(), actors) for p in statement.speakers)


def covers(row: dict[str, Any], attribution: dict[str, Any], statements: list[Statement]) -> Statement | None:
    """The statement that holds more than half of the content; of several the closest in length."""
    gold = _characters(row["text"], attribution["content"])
    ours = [(_characters(row["text"], s.content), s) for s in statements]
    holding = [(overlap(gold, own), n) for n, (own, _) in enumerate(ours) if len(gold & own) * 2 > len(gold)]
    return ours[max(holding)[1]][1] if holding else None


def _count_mentions(
    row: dict[str, Any],
    reading: Reading,
    known: dict[str, Chain],
    actors: dict[str, set[str]],
    count: Counter[str],
    errors: list[str] | None,
) -> None:
    for chain in known.values():
        for start, end in chain.mentions:
            written = row["text"][start:end]
            kind = "pronoun" if written.casefold() in _PRONOUNS else "name" if _has_name(written) else "description"
            parties = reading.who(start, end)
            right = any(is_right(p, chain, known.values(), actors) for p in parties)
            count.update({kind: 1, f"{kind}_right": right})
            if errors is not None and not right:
                ours = [(p.name, p.kind) for p in parties]
                errors.append(f"{row['id']}: {kind} {start} {written!r} = {chain.names[:2]} | ours {ours}")


def _actors(name: str, day: date) -> set[str]:
    return {match.actor.id for match in enricher().directory.find(name, at=day)}
