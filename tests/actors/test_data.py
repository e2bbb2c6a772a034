"""The data files are complete, and bad files of users are refused in one clear sentence."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from pipeline.actors import Directory, entries
from pipeline.errors import BadSetting


def test_every_state_has_a_capital_and_a_demonym(directory: Directory) -> None:
    states = directory.files.states
    assert len(states) >= 196  # 193 members of the UN, two observers, Taiwan, Kosovo
    assert [code for code, state in states.items() if not (state.capital and state.demonyms)] == []


def test_every_name_of_a_state_leads_to_it(directory: Directory) -> None:
    for code, state in directory.files.states.items():
        actor = directory.actor(code)
        assert actor is not None
        for name in (actor.name, state.capital, *state.seats, *state.aliases):
            assert code in {match.actor.id for match in directory.find(name)}, name
        for demonym in state.demonyms:
            assert code in {match.actor.id for match in directory.find(demonym)}, demonym


def test_ids_differ(directory: Directory) -> None:
    known = [actor.id for actor in directory.actors]
    people = list(directory.files.people)
    assert len(set(known)) == len(known)
    assert not set(known) & (set(people) - {"person/paris-hilton"})


def test_every_person_is_found_by_name(directory: Directory) -> None:
    for identity, person in directory.files.people.items():
        assert identity in {match.actor.id for match in directory.find(person.name)}, person.name


def test_no_two_organisations_share_a_name(directory: Directory) -> None:
    owners: dict[str, set[str]] = {}
    for item in directory.files.organisations.values():
        for name in (item.name, *item.aliases):
            owners.setdefault(name.casefold(), set()).add(item.id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}


def test_relays_are_never_political(directory: Directory) -> None:
    relays = [actor for actor in directory.actors if actor.relay]
    assert len(relays) > 150
    assert not [actor.id for actor in relays if actor.political]


def test_heads_of_state_do_not_overlap(directory: Directory) -> None:
    """Two presidents of one state on one day are a slip in the data."""
    twice = set()
    for code in directory.files.states:
        for office in ("president", "prime-minister", "chancellor", "foreign-minister", "defence-minister"):
            body = directory.files.offices[office].body
            for year in range(2005, 2027):
                for month in range(1, 13):
                    holders = directory.holders(f"{code.lower()}/{body}", office, date(year, month, 20))
                    if len(holders) > 1:
                        twice.add((office, *holders))
    assert twice == set()


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf8")
    return path


def test_users_entries_are_added_and_win(tmp_path: Path) -> None:
    own = write(
        tmp_path,
        """
        [states]
        RUS = { capital = "Saint Nowhere", demonyms = ["Russian"] }
        [[organisation]]
        id = "nato"
        name = "The Alliance"
        [[person]]
        name = "Ada Example"
        country = "BEL"
        posts = ["foreign minister 2030-01/.."]
        """,
    )
    directory = Directory.load([own])
    assert directory.find("Saint Nowhere")[0].actor.id == "RUS"
    assert directory.find("The Alliance")[0].actor.id == "nato"
    assert directory.find("NATO") == []
    assert directory.find("Ada Example", at=date(2031, 1, 1))[0].actor.role == "foreign minister"


@pytest.mark.parametrize(
    "text, said",
    [
        ("[states\n", "not valid TOML"),
        ("[planets]\nMARS = 1\n", 'unknown table "planets"'),
        ('[states]\nZZZ = { capital = "X", demonyms = ["Y"] }\n', '"ZZZ"'),
        ('[states]\nRUS = { capitol = "X" }\n', "capitol"),
        ('[[organisation]]\nname = "X"\n', "number 1 has no id"),
        ('[[organisation]]\nid = "x"\nname = "X"\ncountry = "ZZZ"\n', '"ZZZ"'),
        ('[[organisation]]\nid = "x"\nname = "X"\n[[organisation]]\nid = "x"\nname = "Y"\n', "twice"),
        ('[[person]]\ncountry = "RUS"\n', "has no name"),
        ('[[person]]\nname = "A B"\nposts = ["president since ever"]\n', "A B"),
        ('[[person]]\nname = "A B"\ncountry = "RUS"\nposts = ["president 2020/2019"]\n', "ends before"),
        ('[[person]]\nname = "A B"\ncountry = "RUS"\nposts = ["president 2020-13/.."]\n', "A B"),
        ('[[person]]\nname = "A B"\nposts = ["leader@nowhere 2020/.."]\n', "nowhere"),
        ('[[person]]\nname = "A B"\ngender = "x"\n', "gender"),
        ('[parts]\nRUS = "Moscow"\n', "[parts]"),
        ('[places]\nRUS = "Moscow"\n', "[places]"),
        ('[places]\nXYZ = ["Kesra"]\n', "XYZ"),
        ('[given_names]\nx = ["A"]\n', "[given_names]"),
        ('[given_names]\nf = "A"\n', "[given_names]"),
        ('[[reading]]\nname = "X"\nactor = "nowhere"\nbecause = ["Y"]\n', "nowhere"),
        ('[[reading]]\nname = "X"\nactor = "nato"\nbecause = []\n', "because"),
        ('checked = "soon"\n', "soon"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, text: str, said: str) -> None:
    own = write(tmp_path, text)
    with pytest.raises(BadSetting) as caught:
        Directory.load([own])
    assert said in str(caught.value)
    assert "own.toml" in str(caught.value)
    assert "\n" not in str(caught.value).strip()


def test_users_readings_and_given_names_are_added(tmp_path: Path) -> None:
    own = write(
        tmp_path,
        """
        checked = "2027-06-30"
        [given_names]
        f = ["Xqzara"]
        [[reading]]
        name = "NATO"
        actor = "who"
        because = ["vaccine"]
        """,
    )
    directory = Directory.load([own])
    assert directory.gender_of("Xqzara Example") == "f"
    assert directory.gender_of("Maria Example") == "f"
    match = directory.reading("NATO", "NATO bought a vaccine.", date(2025, 1, 1))
    assert match is not None
    assert match.actor.id == "who"
    # Who looks through the data again says until when offices have their holders.
    assert directory.office("the Russian president", at=date(2028, 1, 1)).id == "person/vladimir-putin"  # type: ignore[union-attr]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"missing\.toml cannot be read"):
        Directory.load([tmp_path / "missing.toml"])


@pytest.mark.parametrize(
    "written, start, end",
    [
        ("president 2012-05-07/..", date(2012, 5, 7), date.max),
        ("president 2012/2013", date(2012, 1, 1), date(2014, 1, 1)),
        ("president 2012-02/2012-12", date(2012, 2, 1), date(2013, 1, 1)),
        ("head of state @un ../2012-02", date.min, date(2012, 3, 1)),
    ],
)
def test_posts(written: str, start: date, end: date) -> None:
    post = entries.post(written)
    assert (post.start, post.end) == (start, end)


def test_loading_is_quick() -> None:
    """Processor time of a fresh process, imports included; the bound leaves room for slow machines."""
    code = "from pipeline.actors import Directory; import time; Directory.load(); print(time.process_time())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 3.0
