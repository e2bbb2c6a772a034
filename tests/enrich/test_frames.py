"""Frames of hand-parsed sentences: the same under both label schemes."""

from __future__ import annotations

import pytest

from pipeline.enrich.cue_frames import find_frames
from pipeline.enrich.cues import Cues
from pipeline.enrich.frames import Frame
from tests.enrich.parses import SCHEMES, parsed

CUES = Cues.load()


@pytest.fixture(params=SCHEMES)
def scheme(request):
    return request.param


def frames(sentence: str, scheme) -> dict[str, Frame]:
    doc = parsed(sentence, scheme)
    return {f.cue.text: f for f in find_frames(doc, CUES)}


def content(frame: Frame) -> list[str]:
    return [frame.cue.doc.text[slice(*span)] for span in frame.content]


@pytest.mark.parametrize(
    "sentence, cue, act, source, addressees, said",
    [
        (
            "Moscow warned Oslo against closing the port.",
            "warned", "WARN", "Moscow", ["Oslo"], ["against closing the port"],
        ),
        (
            "Russia's foreign ministry warned Washington on Tuesday against any intervention in Iran.",
            "warned", "WARN", "ministry", ["Washington"], ["against any intervention in Iran"],
        ),
        ("Xi urged Israel to halt its raids.", "urged", "URGE", "Xi", ["Israel"], ["to halt its raids"]),
        ("Xi promised to halt attacks.", "promised", "PROMISE", "Xi", [], ["to halt attacks"]),
        (
            "The minister said that the port would not reopen.",
            "said", "STATE", "minister", [], ["that the port would not reopen"],
        ),
        (
            "The pilot says that the route is dangerous and will close.",
            "says", "STATE", "pilot", [], ["that the route is dangerous and will close"],
        ),
        (
            "The pilot says that the route is dangerous and leaves.",
            "says", "STATE", "pilot", [], ["that the route is dangerous"],
        ),
        (
            "Beijing issued a stark warning to Taipei over the visit.",
            "warning", "WARN", "Beijing", ["Taipei"], ["over the visit"],
        ),
        ("Beijing gave Taipei a warning.", "warning", "WARN", "Beijing", ["Taipei"], []),
        ("A warning was issued by Beijing.", "warning", "WARN", "Beijing", [], []),
        (
            "Ankara was warned by Brussels that the loans could be frozen.",
            "warned", "WARN", "Brussels", ["Ankara"], ["that the loans could be frozen"],
        ),
        ("Novak, who had warned Budapest, met Orban and urged talks.", "warned", "WARN", "Novak", ["Budapest"], []),
        ("Oslo rejected remarks made by the envoy, warning of delays.", "warning", "WARN", "Oslo", [], ["of delays"]),
        ("Moscow didn't warn Minsk and issued no threat.", "warn", "WARN", "Moscow", ["Minsk"], []),
        ("Moscow didn't warn Minsk and issued no threat.", "threat", "THREATEN", "Moscow", [], []),
        ("The envoy called on Serbia to stay calm.", "called", "URGE", "envoy", ["Serbia"], ["to stay calm"]),
        (
            "Berlin gave Minsk two days to reopen the road or face sanctions.",
            "gave", "THREATEN", "Berlin", ["Minsk"], ["to reopen the road or face sanctions"],
        ),
    ],
)  # fmt: skip
def test_roles(sentence, cue, act, source, addressees, said, scheme):
    frame = frames(sentence, scheme)[cue]
    assert frame.entry.act == act
    assert frame.source is not None
    assert frame.source.text == source
    assert [t.text for t in frame.addressees] == addressees
    assert content(frame) == said


def test_accused_of_a_threat(scheme):
    found = frames("Tehran accused London of threatening its ships.", scheme)
    accusation, threat = found["accused"], found["threatening"]
    assert (accusation.source.text, accusation.target.text) == ("Tehran", "London")
    assert content(accusation) == ["London of threatening its ships"]
    assert threat.source.text == "London"


def test_who_carries_a_noun(scheme):
    frame = frames("Beijing issued a stark warning to Taipei over the visit.", scheme)["warning"]
    assert frame.is_noun
    assert frame.carrier.text == "issued"
    assert not frame.presupposed


def test_words_in_quotation_marks_after_which_the_speaker_stands(scheme):
    frame = frames("The port is shut, Petra Novak said.", scheme)["said"]
    assert content(frame) == ["The port is shut"]
    assert frame.source.text in {"Petra", "Novak"}


def test_target(scheme):
    frame = frames("The envoy of Norway, a former judge, praised the plan that Oslo drew up.", scheme)["praised"]
    assert frame.target.text == "plan"
    assert content(frame) == ["the plan that Oslo drew up"]


@pytest.mark.parametrize("sentence", ["Moscow and Beijing jointly warned Tokyo because of missiles."])
def test_a_reason_is_not_what_is_said(sentence, scheme):
    assert content(frames(sentence, scheme)["warned"]) == []
