"""Names as written → the right actor, and nothing for words that only look like names."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from pipeline.actors import Directory, slug

SUMMER_2025 = date(2025, 6, 20)


@pytest.mark.parametrize(
    "written, actor, how",
    [
        ("Russia", "RUS", "name"),
        ("RUSSIA", "RUS", "name"),
        ("Russia's", "RUS", "name"),
        ("Russia’s", "RUS", "name"),
        ("the U.S.", "USA", "alias"),
        ("U.S", "USA", "alias"),
        ("US", "USA", "alias"),
        ("United States of America", "USA", "alias"),
        ("UK", "GBR", "alias"),
        ("U.K.", "GBR", "alias"),
        ("Britain", "GBR", "alias"),
        ("UAE", "ARE", "alias"),
        ("Turkey", "TUR", "name"),
        ("Türkiye", "TUR", "alias"),
        ("Turkiye", "TUR", "alias"),
        ("Cote d'Ivoire", "CIV", "alias"),
        ("Ivory Coast", "CIV", "name"),
        ("Burma", "MMR", "alias"),
        ("DRC", "COD", "alias"),
        ("the Islamic Republic", "IRN", "alias"),
        ("Guinea-Bissau", "GNB", "name"),
        ("Guinea Bissau", "GNB", "name"),
        ("Taiwan", "TWN", "name"),
        ("Palestine", "PSE", "name"),
        ("the Vatican", "VAT", "name"),
        ("Kosovo", "XKX", "name"),
        ("Moscow", "RUS", "metonym"),
        ("Washington", "USA", "metonym"),
        ("Kiev", "UKR", "metonym"),
        ("Sanaa", "YEM", "metonym"),
        ("Chisinau", "MDA", "metonym"),
        ("the Kremlin", "RUS", "metonym"),
        ("the White House", "USA", "metonym"),
        ("Downing Street", "GBR", "metonym"),
        ("No. 10", "GBR", "metonym"),
        ("the Elysee", "FRA", "metonym"),
        ("Bankova", "UKR", "metonym"),
        ("Zhongnanhai", "CHN", "metonym"),
        ("the Blue House", "KOR", "metonym"),
        ("Rashtrapati Bhavan", "IND", "metonym"),
        ("Brussels", "eu", "metonym"),
        ("Foggy Bottom", "usa/foreign-ministry", "body"),
        ("the Pentagon", "usa/defence-ministry", "body"),
        ("the Quai d'Orsay", "fra/foreign-ministry", "body"),
        ("Kirya", "isr/defence-ministry", "body"),
        ("NATO", "nato", "name"),
        ("Nato", "nato", "name"),
        ("the UN", "un", "alias"),
        ("Hizbollah", "hezbollah", "alias"),
        ("al Qaeda", "al-qaeda", "name"),
        ("the Houthis", "houthis", "name"),
        ("IRGC", "irn/revolutionary-guards", "alias"),
        ("IDF", "isr/armed-forces", "alias"),
        ("GOP", "usa/republicans", "alias"),
        ("AfD", "deu/afd", "alias"),
        ("the G7", "g7", "name"),
        ("the West", "group/west", "name"),
        ("Western leaders", "group/west", "alias"),
        ("Gulf states", "group/gulf-states", "name"),
        ("Bobo-Dioulasso", "region/bobo-dioulasso", "name"),
        ("Gaza-based", "region/gaza", "name"),
        ("Washington Post", "media/washington-post", "name"),
        ("China Daily", "media/china-daily", "name"),
        ("Tass", "media/tass", "name"),
        ("state media", "media/state-media", "name"),
        ("Putin", "person/vladimir-putin", "alias"),
        ("Vladimir V. Putin", "person/vladimir-putin", "name"),
        ("Mr Trump", "person/donald-trump", "alias"),
        ("J.D. Vance", "person/jd-vance", "name"),
        ("Zelenskyy", "person/volodymyr-zelensky", "alias"),
        ("Erdoğan", "person/recep-tayyip-erdogan", "alias"),
        ("Xi", "person/xi-jinping", "alias"),
        ("Russian President Vladimir Putin", "person/vladimir-putin", "name"),
        ("Kremlin advisor Yuri Ushakov", "person/yuri-ushakov", "name"),
        ("Iran's foreign ministry spokesman Esmaeil Baghaei", "person/esmaeil-baghaei", "name"),
        ("China's state news agency Xinhua", "media/xinhua", "name"),
        ("Georgia Power", "org/georgia-power", "guess"),
        ("Bank of America", "org/bank-of-america", "guess"),
    ],
)
def test_find(directory: Directory, written: str, actor: str, how: str) -> None:
    found = directory.find(written, at=SUMMER_2025)
    assert found, f"{written} is not known"
    assert (found[0].actor.id, found[0].how) == (actor, how)


@pytest.mark.parametrize(
    "written",
    ["us", "Us", "turkey", "who", "is", "it", "polish", "Let", "let", "", "  ", "the", "Melania Trump",
     "Michael Jordan", "Smith", "Russia Foo Bar", "trump", "china"],
)  # fmt: skip
def test_nothing_is_found(directory: Directory, written: str) -> None:
    assert directory.find(written, at=SUMMER_2025) == []


def test_an_ambiguous_name_gives_candidates_and_a_note(directory: Directory) -> None:
    found = directory.find("Georgia")
    assert [match.actor.country for match in found] == ["GEO", "USA"]
    assert "US state" in found[0].note


def test_who_holds_a_post_comes_first(directory: Directory) -> None:
    assert directory.find("Kim", at=SUMMER_2025)[0].actor.id == "person/kim-jong-un"
    assert directory.find("Kim", at=date(2005, 1, 1))[0].actor.id == "person/kim-jong-il"
    assert directory.find("Wagner")[0].actor.id == "wagner"


@pytest.mark.parametrize(
    "word, code",
    [
        ("Russian", "RUS"), ("Russians", "RUS"), ("Israelis", "ISR"), ("Frenchwoman", "FRA"), ("Frenchmen", "FRA"),
        ("Emirati", "ARE"), ("South Korean", "KOR"), ("North Koreans", "PRK"), ("Saudi", "SAU"), ("Saudis", "SAU"),
        ("Chinese", "CHN"), ("Swiss", "CHE"), ("Germans", "DEU"), ("Omanis", "OMN"), ("New Zealander", "NZL"),
        ("British", "GBR"), ("Scottish", "GBR"), ("Gazans", "PSE"), ("Poles", "POL"), ("American", "USA"),
        ("Ivorian", "CIV"), ("Filipinos", "PHL"), ("Kosovar", "XKX"), ("Burkinabè", "BFA"), ("RUSSIAN", "RUS"),
    ],
)  # fmt: skip
def test_demonyms(directory: Directory, word: str, code: str) -> None:
    state = directory.demonym(word)
    assert state is not None
    assert state.id == code


@pytest.mark.parametrize("word", ["polish", "Russia", "Moscow", "Martian", "finn"])
def test_no_demonyms(directory: Directory, word: str) -> None:
    assert directory.demonym(word) is None


def spotted(directory: Directory, text: str) -> list[tuple[str, str]]:
    return [(text[start:end], match.actor.id) for start, end, match in directory.scan(text, at=SUMMER_2025)]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Moscow’s envoy met U.S. officials.", [("Moscow", "RUS"), ("U.S.", "USA")]),
        ("The Israel-Iran war goes on.", [("Israel", "ISR"), ("Iran", "IRN")]),
        ("A US-led coalition told us to go.", [("US", "USA")]),
        ("Georgia Power reminded tenants of unpaid bills.", [("Georgia Power", "org/georgia-power")]),
        ("Georgia warned Russia.", [("Georgia", "GEO"), ("Russia", "RUS")]),
        ("The Washington Post cited Rome.", [("Washington Post", "media/washington-post"), ("Rome", "ITA")]),
        ("He flew with American Airlines.", [("American Airlines", "org/american-airlines")]),
        ("A loan of the Bank of America helped.", [("Bank of America", "org/bank-of-america")]),
        ("They stopped in Moscow, Idaho.", [("Moscow, Idaho", "region/moscow-idaho")]),
        ("It was there that she met Paris Hilton again.", [("Paris Hilton", "person/paris-hilton")]),
        ("Later the tall player Michael Jordan arrived.", []),
        ("The expert, as always, was Chad Bown of the institute.", []),
        ("Fighting went on in West Darfur.", [("Darfur", "region/darfur")]),
        ("Yesterday the guest, Melania Trump, left early.", []),
        ("But Trump did not answer.", [("Trump", "person/donald-trump")]),
        ("Trump Weighs U.S. Role", [("Trump", "person/donald-trump"), ("U.S.", "USA")]),
        ("UN WARNS IRAN", [("UN", "un"), ("IRAN", "IRN")]),
        ("They ate turkey and drank port.", []),
        ("She'll be there; let’s go.", []),
        ("It struck the Kurdistan Workers' Party.", [("Kurdistan Workers' Party", "pkk")]),
        ("He left Washington. Post offices closed.", [("Washington", "USA")]),
        ("He spoke of Iran. Revolutionary Guards stood by.",
         [("Iran", "IRN"), ("Revolutionary Guards", "irn/revolutionary-guards")]),
    ],
)  # fmt: skip
def test_scan(directory: Directory, text: str, expected: list[tuple[str, str]]) -> None:
    assert spotted(directory, text) == expected


def test_scan_works_on_decomposed_letters_and_odd_text(directory: Directory) -> None:
    assert spotted(directory, "\ufeff\x00🙂 Russia\u200b and Iran")[0] == ("Russia", "RUS")
    assert spotted(directory, unicodedata.normalize("NFC", "Türkiye and São Tomé"))[0][1] == "TUR"
    assert directory.scan("") == []


@pytest.mark.parametrize(
    "name, text, actor",
    [
        ("Georgia", "Georgia voted early, officials in Atlanta said.", "region/us-state-of-georgia"),
        ("Georgia", "Georgia voted early, officials in Tbilisi and Atlanta said.", None),
        ("Georgia", "Georgia voted early.", None),
        ("Tripoli", "Tripoli is the second city of Lebanon.", "region/tripoli-in-lebanon"),
        ("Congo", "Congo's government met in Brazzaville.", "COG"),
        ("Congo", "Congo's government met in Kinshasa, across from Brazzaville.", None),
        ("Brussels", "Brussels is short of tram drivers, the Belgian operator said.", "BEL"),
        ("Brussels", "Brussels warned the Belgian government over EU rules.", None),
        ("Oslo", "Oslo is in Norway.", None),
    ],
)
def test_another_reading_needs_words_of_the_article(
    directory: Directory, name: str, text: str, actor: str | None
) -> None:
    match = directory.reading(name, text, SUMMER_2025)
    assert (match.actor.id if match else None) == actor


@pytest.mark.parametrize(
    "name, gender",
    [
        ("Aila Korpinen", "f"), ("Henrik Aldous", "m"), ("José Vidal", "m"), ("JOSÉ VIDAL", "m"),
        ("Anne-Grete Lie", "f"), ("Kim Sorel", None), ("Maria", None), ("", None), ("Xqz Lie", None),
    ],
)  # fmt: skip
def test_a_given_name_before_a_family_name_tells_the_gender(
    directory: Directory, name: str, gender: str | None
) -> None:
    assert directory.gender_of(name) == gender
    assert directory.unknown_person(name).gender == gender


def test_no_given_name_is_both_womans_and_mans(directory: Directory) -> None:
    names = directory.files.given_names
    assert not {slug(n) for n in names["f"]} & {slug(n) for n in names["m"]}
    assert all(len(set(map(slug, names[g]))) == len(names[g]) > 700 for g in names)


@pytest.mark.parametrize("name", ["Milan Zeman", "Paris Trump", "London Macron"])
def test_a_place_before_a_surname_is_a_given_name(directory: Directory, name: str) -> None:
    assert directory.find(name, at=SUMMER_2025) == []


@pytest.mark.parametrize("name", ["Russian Putin", "Russia's Putin", "Kremlin leader Putin"])
def test_a_demonym_or_an_owner_before_a_surname_is_a_title(directory: Directory, name: str) -> None:
    assert [match.actor.name for match in directory.find(name, at=SUMMER_2025)] == ["Vladimir Putin"]


def test_scan_takes_linear_time(directory: Directory) -> None:
    text = "Russia warned the United States of America and the New York Times reported it. " * 2000
    assert len(directory.scan(text)) == 3 * 2000


def test_ids_of_the_unknown(directory: Directory) -> None:
    ministry = directory.body("the Syrian defence ministry")
    known = directory.unknown_person("Murhaf Abu Qasra", ministry)
    assert (known.id, known.country, known.affiliation) == (
        "person/murhaf-abu-qasra/syr",
        "SYR",
        "Syrian Defence Ministry",
    )
    assert known.political
    assert directory.unknown_person("Jane Doe").id == "person/jane-doe"
    assert not directory.unknown_person("Jane Doe").political
    assert directory.unknown_organisation("Acme Ltd").id == "org/acme-ltd"
    assert directory.unknown_person("习近平").id.startswith("person/")


def test_slug() -> None:
    assert slug("Maria Zakharova") == "maria-zakharova"
    assert slug("Recep Tayyip Erdoğan") == "recep-tayyip-erdogan"
    assert slug("Quai d'Orsay") == "quai-dorsay"
