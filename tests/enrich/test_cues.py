from __future__ import annotations

import tomllib
from collections import Counter
from typing import get_args

import pytest

from pipeline.enrich.cues import OWN_FILE, Cues
from pipeline.errors import BadSetting
from pipeline.records import Act
from tests.enrich.parses import SCHEMES, parsed


@pytest.fixture
def own() -> dict:
    return tomllib.loads(OWN_FILE.read_text("utf8"))


def test_the_lexicon_loads():
    cues = Cues.load()
    assert cues.verbs["warn"].act == "WARN"
    assert cues.nouns["warning"].act == "WARN"
    assert cues.verbs["call on"].act == "URGE"
    assert not cues.verbs["believe"].speech
    assert "issue" in cues.light


def test_every_act_is_known(own):
    assert {group["act"] for group in own["cue"]} <= set(get_args(Act))


@pytest.mark.parametrize("kind", ["verbs", "nouns"])
def test_no_word_stands_twice(own, kind):
    counts = Counter(word for group in own["cue"] for word in group.get(kind, []))
    assert [word for word, count in counts.items() if count > 1] == []


def test_words_are_lemmas_in_lower_case(own):
    words = [w for group in own["cue"] for kind in ("verbs", "nouns") for w in group.get(kind, [])]
    assert [w for w in [*words, *own["light"]["verbs"]] if w != w.lower().strip() or not w] == []
    assert len(own["light"]["verbs"]) == len(set(own["light"]["verbs"]))


def written(folder, text: str, name: str = "own.toml"):
    path = folder / name
    path.write_text(text, "utf8")
    return path


def test_a_users_file_wins(tmp_path):
    path = written(tmp_path, '[[cue]]\nact = "THREATEN"\nverbs = ["warn", "glower"]\n[light]\nverbs = ["mail"]\n')
    cues = Cues.load([path])
    assert cues.verbs["warn"].act == "THREATEN"
    assert cues.verbs["glower"].act == "THREATEN"
    assert cues.verbs["caution"].act == "WARN"
    assert {"mail", "issue"} <= cues.light


def test_the_last_file_wins(tmp_path):
    first = written(tmp_path, '[[cue]]\nact = "THREATEN"\nverbs = ["warn"]\n', "a.toml")
    second = written(tmp_path, '[[cue]]\nact = "STATE"\nverbs = ["warn"]\n', "b.toml")
    assert Cues.load([first, second]).verbs["warn"].act == "STATE"


def test_loading_twice_shares_nothing(tmp_path):
    Cues.load([written(tmp_path, '[[cue]]\nact = "STATE"\nverbs = ["warn"]\n')])
    assert Cues.load().verbs["warn"].act == "WARN"


@pytest.mark.parametrize(
    "text, key",
    [
        ('[[cue]]\nact = "SHOUT"\nverbs = ["yell"]\n', "SHOUT"),
        ('[[cue]]\nverbs = ["yell"]\n', "act"),
        ('[[cue]]\nact = "WARN"\nverb = ["yell"]\n', "verb"),
        ('[[cue]]\nact = "WARN"\nobject = "subject"\nverbs = ["yell"]\n', "subject"),
        ('[[cue]]\nact = "STATE"\n[[cue]]\nact = "NOISE"\n', "cue 2"),
        ('[[cue]\nact = "WARN"', "cannot be read"),
        ('[[cue]]\nact = "WARN"\nverbs = "warn"\n', "verbs"),
        ('[[cue]]\nact = "WARN"\nnouns = [1]\n', "nouns"),
        ('[[cue]]\nact = "WARN"\nspeech = "no"\n', "speech"),
        ('[cue]\nact = "WARN"\n', "cue"),
        ('[[cues]]\nact = "WARN"\n', "cues"),
        ('[light]\nverbs = "mail"\n', "light"),
    ],
)
def test_errors_name_file_and_key(tmp_path, text, key):
    path = written(tmp_path, text)
    with pytest.raises(BadSetting) as raised:
        Cues.load([path])
    assert str(path) in str(raised.value)
    assert key in str(raised.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadSetting, match=r"none\.toml"):
        Cues.load([tmp_path / "none.toml"])


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadSetting, match="cannot be read"):
        Cues.load([path])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "sentence, word, act",
    [
        ("Moscow warned Oslo against closing the port.", "warned", "WARN"),
        ("The envoy called on Serbia to stay calm.", "called", "URGE"),
        ("Beijing issued a stark warning to Taipei over the visit.", "warning", "WARN"),
        ("Beijing issued a stark warning to Taipei over the visit.", "visit", None),
        ("Moscow warned Oslo against closing the port.", "closing", None),
    ],
)
def test_cue_of_a_token(sentence, word, act, scheme):
    token = next(t for t in parsed(sentence, scheme) if t.text == word)
    cue = Cues.load().of(token)
    assert (cue.act if cue is not None else None) == act


def test_an_unknown_lemma_falls_back_on_the_form():
    doc = parsed("Moscow warned Oslo against closing the port.", "ud")
    doc[1].lemma_ = "warne"
    assert Cues.load().of(doc[1]).act == "WARN"
