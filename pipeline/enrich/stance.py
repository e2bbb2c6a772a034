"""The speaker's polarity towards targets: what an act of speech itself says about who is meant by it."""

from __future__ import annotations

from pipeline.records import Act, Party, Span, Stance, Status

_POLARITY: dict[Act, int] = {
    "WARN": -1,
    "THREATEN": -1,
    "DEMAND": -1,
    "CONDEMN": -1,
    "ACCUSE": -1,
    "REJECT": -1,
    "SUPPORT": 1,
    "URGE": 0,
}


def polarity_of(act: Act, status: Status) -> int:
    """-1, 0 or 1; an act that was not done shows no stance."""
    return _POLARITY.get(act, 0) if status in {"asserted", "background", "future"} else 0


def find_stances(act: Act, status: Status, targets: list[Party], evidence: Span | None) -> list[Stance]:
    """A stance towards each target of an act that judges somebody; `evidence` is the cue that shows it."""
    polarity = polarity_of(act, status)
    if polarity == 0:
        return []
    return [Stance(target=target, polarity=polarity, evidence=evidence) for target in targets]
