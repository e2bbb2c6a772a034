"""The people of an article, and what other words of it make of a name: read with the shipped model."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.enrich.people import _one_slip, singular
from tests.enrich import golden
from tests.enrich.test_enricher import article
from tests.quality.reading import read

DAY = date(2025, 6, 20)


def speaker(text: str, title: str = "") -> tuple[str, str | None, str | None]:
    """Name, id and country of who makes the last statement of a text."""
    statement = read(title, text, DAY).statements[-1]
    (party,) = statement.speakers
    return party.name, party.actor_id, party.country


@pytest.mark.parametrize(
    "text, name, actor, country",
    [
        # An id of their own from name and affiliation.
        ("Kremlin adviser Lev Orlovski said the talks were over.", "Lev Orlovski", "person/lev-orlovski/rus", "RUS"),
        ("Baker Nora Winslet said flour was dear.", "Nora Winslet", "person/nora-winslet", None),
        # Who is set beside a body is its head, and not the body.
        ("The head of Kesran Customs, Ola Brandt, said trucks were checked.", "Ola Brandt", "person/ola-brandt", None),
        ("The head of Tallora, Vice-Admiral Ola Brandt, said ships were checked.",
         "Ola Brandt", "person/ola-brandt", None),
        # A bare title takes the state that the article is about.
        ("Poland closed the road on Monday. Prime Minister Jan Zawada said it was icy.",
         "Jan Zawada", "person/jan-zawada/pol", "POL"),
        ("Poland and Latvia closed the road on Monday. Prime Minister Jan Zawada said it was icy.",
         "Jan Zawada", "person/jan-zawada", None),
        # Or that its dateline names, where the text does not speak of another as plainly.
        ("WARSAW, June 3 (Reuters) - Prime Minister Jan Zawada said it was icy.",
         "Jan Zawada", "person/jan-zawada/pol", "POL"),
        ("ACCRA, Ghana (AP) — Foreign Minister Kofi Adu warned Lomé on Tuesday against closing the port.",
         "Kofi Adu", "person/kofi-adu/gha", "GHA"),
        ("WARSAW (Reuters) - Latvia closed the road on Monday. Prime Minister Juris Balodis said it was icy.",
         "Juris Balodis", "person/juris-balodis", None),
        ("GENEVA (Reuters) - Prime Minister Jan Zawada said it was icy.", "Jan Zawada", "person/jan-zawada", None),
        ("WARSAW (Reuters) - Baker Nora Winslet said flour was dear.", "Nora Winslet", "person/nora-winslet", None),
        ("WARSAW (Reuters) - The foreign ministry said it was icy.",
         "Polish Foreign Ministry", "pol/foreign-ministry", "POL"),
        # Or the place of speaking.
        ("The trade minister, Ada Kindo, told reporters in Ouagadougou that no ox would cross the border.",
         "Ada Kindo", "person/ada-kindo/bfa", "BFA"),
        ("Speaking in Vienna, Prime Minister Jan Zawada told reporters in Geneva it was icy.",
         "Jan Zawada", "person/jan-zawada", None),
        # A title that a state has elsewhere.
        ("Latvia's transport minister closed it. Poland protested. Transport Minister Juris Balodis said it was icy.",
         "Juris Balodis", "person/juris-balodis/lva", "LVA"),
        # People of the article before people of the directory.
        ("Judge Marta Putin freed him on Monday. Putin said the law was clear.",
         "Marta Putin", "person/marta-putin", None),
        # Whom a pronoun owns.
        ("Latvia closed the port. Its spokeswoman, Ilze Kalna, said it was icy.",
         "Ilze Kalna", "person/ilze-kalna/lva", "LVA"),
        # A family name with its particle.
        ("Analyst Sanne de Wit sighed. Yesterday De Wit said talks had failed.",
         "Sanne de Wit", "person/sanne-de-wit", None),
        # A slip of the pen.
        ("Curator Elsa Brandauer opened the show. Brandaur said it was late.",
         "Elsa Brandauer", "person/elsa-brandauer", None),
        ("Curator Elsa Waters opened the show. “It was late”, Water said.", "Elsa Waters", "person/elsa-waters", None),
    ],
)  # fmt: skip
def test_who_speaks(text: str, name: str, actor: str, country: str | None) -> None:
    assert speaker(text) == (name, actor, country)


@pytest.mark.parametrize(
    "owned",
    ["The union’s chairwoman, Ada Mbekana,", "The bloc’s secretary general Ada Mbekana", "Its envoy Ada Mbekana"],
)
def test_whom_a_body_of_no_state_owns_speaks_for_it(owned: str) -> None:
    text = f"The African Union met on Monday. {owned} said it was hot."
    (party,) = read("", text, DAY).statements[-1].speakers
    assert (party.name, party.affiliation_id) == ("Ada Mbekana", "african-union")


@pytest.mark.parametrize(
    "text, actor",
    [
        ("Greece rejected the plan. The foreign ministry said the map was wrong.", "grc/foreign-ministry"),
        ("Greece and Malta rejected the plan. The foreign ministry said the map was wrong.", None),
        ("Greece rejected the plan. A foreign ministry said the map was wrong.", None),
        ("Iran rejected the vote. Its foreign ministry said the text was unfair.", "irn/foreign-ministry"),
        ("Putin met farmers. His spokesman said the harvest was good.", "person/dmitry-peskov"),
        ("Teacher Dora Vienna sued the school. Vienna said it had lied.", "person/dora-vienna"),
        ("Police in Atlanta closed two roads. Georgia said they would open on Friday.", "region/us-state-of-georgia"),
        ("Tbilisi closed two roads. Georgia said they would open on Friday.", "GEO"),
        ("Hamas freed two men. The movement said more would follow.", "hamas"),
        ("Yonhap carried the report. The news agency said two ships had sunk.", "media/yonhap"),
        ("Moscow warned Kyiv. Russia's capital said nothing more, and it added that talks were over.", "RUS"),
    ],
)
def test_what_other_words_make_of_it(text: str, actor: str | None) -> None:
    assert speaker(text)[1] == actor


def test_who_is_older_answers_to_the_age() -> None:
    text = "Painter Ola Berg, 71, met gallerist Kari Lie, 40. The 71-year-old said art was work."
    assert speaker(text)[0] == "Ola Berg"


@pytest.mark.parametrize(
    "after", ["The trade minister was speaking in Selm.", "He spoke in Selm.", "She was talking to pupils."]
)
def test_a_lone_name_that_the_next_sentence_makes_a_person_is_one(after: str) -> None:
    found = read("", f"“Nobody will fish in our lake,” Halvani told Oslo. {after}", DAY)
    assert [party.kind for party in found.statements[0].speakers] == ["person"]


@pytest.mark.parametrize(
    "after", ["The ministry was silent.", "Shares of the group fell.", "It was speaking for its members."]
)
def test_a_body_stays_one(after: str) -> None:
    found = read("", f"“Nobody will fish in our lake,” Greenpeace told Oslo. {after}", DAY)
    assert [party.kind for party in found.statements[0].speakers] == ["organisation"]


def test_we_in_a_quotation_is_who_says_it() -> None:
    reading = read("", "“We warned Oslo in May,” Swedish Foreign Minister Aase Vik said.", DAY)
    assert [p.name for p in reading.who(1, 3)] == ["Aase Vik"]


@pytest.mark.parametrize(
    "text, actors",
    [
        ("Putin and Xi condemned the raid.", ["person/vladimir-putin", "person/xi-jinping"]),
        ("The Russian and Chinese presidents condemned the raid.", ["person/vladimir-putin", "person/xi-jinping"]),
        ("Ghana met Togo in Lagos. Both countries condemned the raid.", ["GHA", "TGO"]),
        ("Kenyan and Ugandan officials condemned the raid.", ["ken/official", "uga/official"]),
        ("Western leaders, including Macron and Merz, condemned the raid.",
         ["person/emmanuel-macron", "person/friedrich-merz"]),
        ("Ghana and Togo closed the road. They condemned the raid.", ["GHA", "TGO"]),
        ("The Kremlin and Downing Street condemned the raid.", ["RUS", "GBR"]),
    ],
)  # fmt: skip
def test_several_speak(text: str, actors: list[str]) -> None:
    assert [p.actor_id for p in read("", text, DAY).statements[-1].speakers] == actors


def test_officials_are_a_group() -> None:
    (party,) = read("", "US officials condemned the raid.", DAY).statements[-1].speakers
    assert (party.name, party.actor_id, party.kind, party.country) == ("US officials", "usa/official", "group", "USA")


def test_people_not_known_have_their_id_in_the_entities_too() -> None:
    text = "Kremlin adviser Lev Orlovski left. Orlovski said nothing."
    entities = [e for a in golden.enricher().pipe([article("x", "", text)]) for e in a.entities if e.label == "PERSON"]
    assert [(e.name, e.actor_id, e.country) for e in entities] == [
        ("Lev Orlovski", "person/lev-orlovski/rus", "RUS")
    ] * 2


@pytest.mark.parametrize(
    "one, other, slip",
    [
        ("maurer", "mauer", True), ("mauer", "maurer", True), ("pimentel", "pimental", True), ("waters", "water", True),
        ("maurer", "maurer", False), ("maurer", "taurer", False), ("maurer", "mayer", False),
        ("marner", "maurers", False),
    ],
)  # fmt: skip
def test_one_slip(one: str, other: str, slip: bool) -> None:
    assert _one_slip(one, other) is slip


def test_singular() -> None:
    assert [singular(w) for w in ("ministers", "parties", "press", "bus")] == ["minister", "party", "press", "bus"]
