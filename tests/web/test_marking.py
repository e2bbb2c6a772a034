from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import Entity, Party, Statement
from pipeline.web.marking import Mark, marks_of, paragraphs

WARNING = frozenset({"WARN"})
TEXT = "𝔗avil said “Vesta must stop, she warned."


def words(text: str, marks: list[Mark]) -> list[tuple[str, list[str]]]:
    return [(s.text, s.roles) for paragraph in paragraphs(text, marks) for s in paragraph.stretches]


def test_positions_are_code_points() -> None:
    """The first letter of the text is beyond the first 65,536."""
    assert words(TEXT, [Mark((0, 5), "source")]) == [("𝔗avil", ["source"]), (TEXT[5:], [])]


def test_marks_that_overlap_are_cut_where_one_begins_or_ends() -> None:
    marks = [Mark((0, 6), "content", 1), Mark((4, 9), "content", 2), Mark((4, 6), "entity", actor_id="x")]
    [paragraph] = paragraphs("abcdefghijk", marks)
    assert [(s.text, s.numbers) for s in paragraph.stretches] == [
        ("abcd", [1]),
        ("ef", [1, 2]),
        ("ghi", [2]),
        ("jk", []),
    ]
    assert paragraph.stretches[1].entity is marks[2]


def test_the_shortest_of_nested_entities_is_linked() -> None:
    marks = [Mark((0, 10), "entity", actor_id="long"), Mark((0, 4), "entity", actor_id="short")]
    [paragraph] = paragraphs("abcdefghij", marks)
    assert [s.entity.actor_id for s in paragraph.stretches if s.entity] == ["short", "long"]


def test_a_quotation_that_never_closes_is_shown_where_it_breaks_off() -> None:
    said = Statement(statement_id="s", kind="direct", content=[(11, 27)], source=(0, 5), cue=(6, 10), closed=False)
    marks = marks_of([said], [], "text", WARNING)
    [paragraph] = paragraphs(TEXT, marks)
    assert [s.text for s in paragraph.stretches if s.unclosed] == ["“Vesta must stop"]
    assert [s.text for s in paragraph.stretches if s.opening] == ["𝔗avil"]
    closed = said.model_copy(update={"closed": True})
    assert not any(s.unclosed for p in paragraphs(TEXT, marks_of([closed], [], "text", WARNING)) for s in p.stretches)


def test_content_that_spans_paragraphs_is_marked_in_each() -> None:
    text = "He said: “One.\n\nTwo.” Then he left."
    [first, second] = paragraphs(text, [Mark((9, 21), "content", 1, opens=True)])
    assert [(s.text, bool(s.marks)) for s in first.stretches] == [("He said: ", False), ("“One.", True)]
    assert [(s.text, bool(s.marks)) for s in second.stretches] == [("Two.”", True), (" Then he left.", False)]
    assert [s.opening for s in first.stretches + second.stretches] == [(), (1,), (), ()]


def test_spans_that_do_not_fit_the_text_are_left_out() -> None:
    assert words("abc", [Mark((1, 9), "cue"), Mark((-1, 2), "cue"), Mark((2, 2), "cue")]) == [("abc", [])]


def test_only_marks_of_the_field_and_names_are_taken() -> None:
    said = Statement(
        statement_id="s",
        kind="indirect",
        field="title",
        act="WARN",
        about=(3, 5),
        addressees=[Party(name="V", span=(0, 2))],
    )
    entities = [Entity(span=(0, 1), label="GPE", name="A"), Entity(span=(1, 2), label="DATE", name="B")]
    assert [m.role for m in marks_of([said], entities, "text", WARNING)] == ["entity"]
    found = marks_of([said], entities, "title", WARNING)
    assert [(m.role, m.warning) for m in found] == [("content", True), ("addressee", True)]


spans = st.tuples(st.integers(-2, 40), st.integers(-2, 40))


@given(st.text(alphabet="ab \n𝔗", max_size=30), st.lists(spans, max_size=8))
def test_nothing_of_the_text_is_lost_or_told_twice(text: str, found: list[tuple[int, int]]) -> None:
    marks = [Mark(span, "content", number) for number, span in enumerate(found, 1)]
    shown = "".join(s.text for p in paragraphs(text, marks) for s in p.stretches)
    assert "".join(shown.split()) == "".join(text.split())
    for paragraph in paragraphs(text, marks):
        for stretch in paragraph.stretches:
            for mark in stretch.marks:
                assert stretch.text in text[slice(*mark.span)]
