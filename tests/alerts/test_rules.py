from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.alerts import RuleSet, load_rules
from pipeline.alerts.countries import country_code
from pipeline.alerts.live import LiveRules
from pipeline.alerts.rules import Rule
from pipeline.errors import BadSetting
from pipeline.records import Party, Stance, StatementRecord
from tests.alerts.test_engine import Run

Make = Callable[..., StatementRecord]
WARNING = "[RUS:Maria Zakharova] warned {USA:Washington} against strikes on Iran."


def met(record: StatementRecord, **parts: object) -> bool:
    return bool(RuleSet((Rule(id="r", **parts),)).matches(record))  # type: ignore[arg-type]


def test_the_rules_that_come_along_match_any_new_warning(record: Make) -> None:
    rules = load_rules()
    assert [match.rule.id for match in rules.matches(record(WARNING))] == ["any-warning"]
    assert not rules.matches(record(WARNING, status="background"))
    assert not rules.matches(record(WARNING, act="URGE"))


@pytest.mark.parametrize(
    "speaker, matches",
    [
        ("Russia", True),
        ("RUS", True),
        ("Russian Federation", True),
        ("Kremlin", True),
        ("Maria Zakharova", True),
        ("zakharova", True),
        ("China", False),
        ("Maria", False),
    ],
)
def test_speakers_are_countries_with_all_who_speak_for_them_or_names(record: Make, speaker: str, matches: bool) -> None:
    assert met(record(WARNING), speakers=(speaker,)) is matches


def test_affiliation_and_actor_id_name_a_speaker_too(record: Make) -> None:
    warning = record(WARNING)
    party = Party(name="Maria Zakharova", actor_id="person/maria-zakharova", affiliation="Russian Foreign Ministry")
    warning.statement.speakers = [party]
    assert met(warning, speakers=("person/maria-zakharova",))
    assert met(warning, speakers=("Russian Foreign Ministry",))


def test_known_organisations_match_by_their_id_whatever_they_are_called(record: Make) -> None:
    warning = record("[nato:the alliance] warned {RUS:Moscow} against violating airspace.")
    assert met(warning, speakers=("NATO",))


@pytest.mark.parametrize(
    "parts, matches",
    [
        ({"addressees": ("United States",)}, True),
        ({"addressees": ("Finland",)}, False),
        ({"topics": ("strike",)}, True),
        ({"topics": ("Arctic drilling", "strikes on Iran")}, True),
        ({"topics": ("Arctic drilling",)}, False),
        ({"publishers": ("publisher-a",)}, True),
        ({"publishers": ("publisher-b",)}, False),
        ({"languages": ("en",)}, True),
        ({"languages": ("de",)}, False),
        ({"min_confidence": 0.9}, True),
        ({"min_confidence": 0.91}, False),
        ({"enabled": False}, False),
        ({"acts": ("CONDEMN",)}, False),
        ({"statuses": ("background",)}, False),
    ],
)
def test_every_part_of_a_rule_must_be_met(record: Make, parts: dict[str, object], matches: bool) -> None:
    assert met(record(WARNING), speakers=("Russia",), **parts) is matches


def test_a_country_asks_for_a_political_act_a_name_does_not(record: Make) -> None:
    forecast = record("[RUS:Roshydromet] warned {RUS:residents} of heavy snow.")
    forecast.statement.alertable = False
    assert not met(forecast, speakers=("Russia",))
    assert not met(forecast)
    assert met(forecast, speakers=("Roshydromet",))


def test_other_acts_without_speakers_need_a_political_actor(record: Make) -> None:
    assert met(record(WARNING, act="CONDEMN"), acts=("CONDEMN",))
    nobody = record("[unknown:a blogger] condemned {USA:Washington}.", act="CONDEMN")
    nobody.statement.speakers = [Party(name="a blogger")]
    assert not met(nobody, acts=("CONDEMN",))


def test_a_match_says_which_parts_were_met(record: Make) -> None:
    rules = RuleSet((Rule(id="r", speakers=("Russia",), addressees=("US",), topics=("Iran",)),))
    [match] = rules.matches(record(WARNING))
    assert match.why == (
        "speaker Maria Zakharova [RUS] (for “Russia”); act WARN; status asserted; "
        "addressee Washington [USA] (for “US”); topic “Iran”"
    )


@pytest.mark.parametrize(
    "text, says",
    [
        (
            '[[rule]]\nid = "a"\nspeekers = ["Russia"]\n',
            r"rules\.toml:3: rule 'a', key 'speekers': no such key\. Did you mean 'speakers'\?",
        ),
        (
            '[[rule]]\nid = "a"\n\n[[rule]]\nid = "b"\nacts = ["WARNS"]\n',
            r":6: rule 'b', key 'acts': 'WARNS' is not one of .*Did you mean 'WARN'\?",
        ),
        (
            '[[rule]]\nid = "a"\nspeakers = "Russia"\n',
            r":3: rule 'a', key 'speakers': must be a list, like \[\"Russia\"\]",
        ),
        ('[[rule]]\nid = "a"\nspeakers = [""]\n', r":3: rule 'a', key 'speakers': holds an empty text"),
        ('[[rule]]\nid = "a"\nacts = []\n', r":3: rule 'a', key 'acts': must name at least one"),
        ('[[rule]]\nid = "a"\nmin_confidence = 2\n', r":3: rule 'a', key 'min_confidence': .*less than or equal to 1"),
        ('[[rule]]\nid = "a"\nmin_publishers = 0\n', r":3: rule 'a', key 'min_publishers'"),
        ('[[rule]]\nid = "a"\nenabled = "no"\n', r":3: rule 'a', key 'enabled'"),
        ('[[rule]]\nspeakers = ["Russia"]\n', r":1: rule 'number 1', key 'id': missing"),
        ('[[rule]]\nid = "no spaces"\n', r":2: rule 'no spaces', key 'id'"),
        ('[[rule]]\nid = "a"\n[[rule]]\nid = "a"\n', r":4: the rule id 'a' is there twice"),
        ('[rules]\nid = "a"\n', r":1: unknown key 'rules'"),
        ("", r"rules\.toml: no rule in it"),
        ("rule = 3\n", r"rules\.toml: no rule in it"),
        ("rule = [3]\n", r"rule 1 is not a table"),
        ("[[rule]\n", r"rules\.toml is not valid TOML: .*line 1"),
    ],
)
def test_a_wrong_rule_is_refused_with_file_line_rule_and_key(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text, "utf8")
    with pytest.raises(BadSetting, match=says):
        load_rules(path)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'[[rule]]\nid = "\xe9"\n')
    (tmp_path / "empty").mkdir()
    for path, says in [("latin.toml", "UTF-8"), ("missing.toml", "does not exist"), ("empty", "holds no .toml file")]:
        with pytest.raises(BadSetting, match=says):
            load_rules(tmp_path / path)


def test_a_folder_of_rules_is_one_set_without_double_ids(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[[rule]]\nid = "a"\n', "utf8")
    (tmp_path / "b.toml").write_text('[[rule]]\nid = "b"\n', "utf8")
    assert [rule.id for rule in load_rules(tmp_path)] == ["a", "b"]
    (tmp_path / "c.toml").write_text('[[rule]]\nid = "a"\n', "utf8")
    with pytest.raises(BadSetting, match=r"c\.toml: the rule id 'a' is taken by a rule in .*a\.toml"):
        load_rules(tmp_path)


def test_many_rules_cost_a_statement_hardly_more_than_few(record: Make) -> None:
    """Only rules of the same act, speaker and addressee are looked at: counted, not timed."""
    rules = RuleSet(
        tuple(Rule(id=f"r{n}", speakers=(f"actor {n}",), addressees=("United States",)) for n in range(10_000))
    )
    warning = record(WARNING)
    looked_at = sum(
        len(rules._buckets.get((warning.statement.act, speaker, addressee), ()))
        for speaker in ("RUS", "maria zakharova", "zakharova", "*")
        for addressee in ("USA", "washington", "*")
    )
    assert looked_at == 0
    started = time.perf_counter()
    assert rules.matches(warning) == []
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    "name, code",
    [
        ("Russia", "RUS"), ("Türkiye", "TUR"), ("Turkey", "TUR"), ("UK", "GBR"), ("U.S.", "USA"), ("Nigerian", "NGA"),
        ("South Korea", "KOR"), ("the Netherlands", "NLD"), ("Iranian", "IRN"), ("israeli", "ISR"), ("Kosovo", "XKX"),
        ("Côte d’Ivoire", "CIV"), ("us", None), ("it", None), ("Zakharova", None), ("NATO", None), ("", None),
    ],
)  # fmt: skip
def test_countries_by_name_code_and_demonym(name: str, code: str | None) -> None:
    assert country_code(name) == code


FINNISH = "[FIN:Helsinki] warned {RUS:Moscow} over cables."


@pytest.mark.parametrize(
    "speakers, matches",
    [
        ('["Nordic countries"]', True),
        ('["members of the EU"]', True),
        ('["members of NATO"]', True),
        ('["EU"]', False),
        ('["G7"]', False),
        ('["my watch"]', True),
        ('["members of my watch"]', True),
    ],
)
def test_groups_are_data_or_lists_of_the_users_own(record: Make, tmp_path: Path, speakers: str, matches: bool) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(
        f'[groups]\n"my watch" = ["Finland", "Chad"]\n\n[[rule]]\nid = "r"\nspeakers = {speakers}\n', "utf8"
    )
    assert bool(load_rules(file).matches(record(FINNISH))) is matches


@pytest.mark.parametrize(
    "lines, says",
    [
        (
            'speakers = ["members of Atlantis"]',
            r"rules.toml:3: rule 'r', key 'speakers': 'members of Atlantis' is no group",
        ),
        ('quiet_hours = "at night"', r"rules.toml:3: rule 'r', key 'quiet_hours': 'at night' are no quiet hours"),
        ('time_zone = "Mars"', r"rules.toml:3: rule 'r', key 'time_zone': 'Mars' is no time zone"),
        ('throttle = "30d"', r"rules.toml:3: rule 'r', key 'throttle': '30d' is longer than 3 days"),
        ('throttle_by = ["rule"]', r"rules.toml:3: rule 'r', key 'throttle_by': 'rule' is not one of"),
        ('digest = "weekly"', r"rules.toml:3: rule 'r', key 'digest': 'weekly' is not one of"),
        ('change = "spike"\nwithin = "7d"\nwindow = "7d"', r"rules.toml:1: rule 'r': 'within' must be shorter"),
    ],
)
def test_mistakes_in_the_new_keys_name_file_line_rule_and_key(tmp_path: Path, lines: str, says: str) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(f'[[rule]]\nid = "r"\n{lines}\n', "utf8")
    with pytest.raises(BadSetting, match=says):
        load_rules(file)


def test_a_channel_that_is_not_there_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[[rule]]\nid = "r"\nchannels = ["desk", "phoen"]\n', "utf8")
    assert load_rules(file, ["desk", "phoen"]).rules[0].channels == ("desk", "phoen")
    with pytest.raises(BadSetting, match=r"rules\.toml:3: .*no channel 'phoen'\. Did you mean 'phone'\?"):
        load_rules(file, ["desk", "phone"])


def test_a_stance_towards_a_target(record: Make) -> None:
    warning = record(WARNING)
    warning.statement.stances = [Stance(target=Party(name="Washington", country="USA"), polarity=-1)]
    assert met(warning, targets=("United States",), stance="against")
    assert met(warning, stance="against")
    assert not met(warning, targets=("United States",), stance="for")
    assert not met(warning, targets=("Iran",))


def test_a_topic_may_be_an_actor(record: Make) -> None:
    told = record("[EGY:Cairo] warned {ISR:Israel} over raids in the north.", actor_ids=["SYR"])
    assert met(told, topics=("Syria",))
    assert not met(told, topics=("Jordan",))


def test_rules_follow_their_files_and_a_bad_edit_changes_nothing(tmp_path: Path) -> None:
    file, now = tmp_path / "rules.toml", [0.0]
    file.write_text('[[rule]]\nid = "one"\n', "utf8")
    live = LiveRules(file, clock=lambda: now[0])
    file.write_text('[[rule]]\nid = "one"\n\n[[rule]]\nid = "two"\n', "utf8")
    assert [rule.id for rule in live.current()] == ["one"], "not looked at yet"
    now[0] += 6
    assert [rule.id for rule in live.current()] == ["one", "two"]
    file.write_text('[[rule]]\nid = "three"\nspeekers = []\n', "utf8")
    now[0] += 6
    assert [rule.id for rule in live.current()] == ["one", "two"]
    assert "rules.toml:3: rule 'three', key 'speekers'" in live.problem
    file.write_text('[[rule]]\nid = "three"\n', "utf8")
    now[0] += 6
    assert [rule.id for rule in live.current()] == ["three"]
    assert live.problem == ""
    file.unlink()
    now[0] += 6
    assert [rule.id for rule in live.current()] == ["three"]


@pytest.mark.parametrize(
    "addressee, certainty, alerts",
    [
        ("{USA:Washington}", 0.8, True),
        ("{RUS:Kazan}", 0.99, False),
        ("farmers", 0.99, False),
        ("farmers", 1.0, True),
    ],
)
def test_what_a_model_reads_in_plain_words_alerts_between_states_only(
    record: Make, addressee: str, certainty: float, alerts: bool
) -> None:
    told = record(f"[RUS:Moscow] told {addressee} that winter was coming.", act="THREATEN")
    sure = told.statement.model_copy(update={"act_basis": "words", "act_certainty": certainty})
    assert bool(load_rules().matches(told.model_copy(update={"statement": sure}))) is alerts


def test_a_reading_of_plain_words_is_still_a_telling_of_what_alerts(record: Make) -> None:
    told = record("[RUS:Moscow] told farmers that the pass at Selm would be shut.", act="THREATEN")
    sure = told.statement.model_copy(update={"act_basis": "words", "act_certainty": 0.9})
    read = told.model_copy(update={"statement": sure})
    run = Run()([read])
    assert run.told == []
    run([record("[RUS:Moscow] warned that the pass at Selm would be shut.", article="b", hours=1)])
    [alert] = run.alerts.values()
    assert [source.article_id for source in alert.sources] == ["a", "b"]
