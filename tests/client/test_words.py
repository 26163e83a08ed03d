"""The word diff rebuilds both texts, keeps graphemes whole, and reads like what a person changed."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.client.domain.words import Change, SegmentKind, changes, word_segments
from console.contract.corrections import Hunk, apply_hunks

PIECES = (
    *("refund", "the", " ", "  ", "\n", "don't", ".", ", ", "é", "e\u0301", "👩‍👧", "👍🏽", "🇳🇴", "🇳"),
    *("退款", "مرحبا", "שלום", "สวัสดี", "1️⃣"),
)
STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.one_of(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.text(STORABLE, max_size=40))


def as_hunks(found: tuple[Change, ...]) -> tuple[Hunk, ...]:
    return tuple(Hunk(**change._asdict()) for change in found)


@given(TEXTS, TEXTS)
@settings(deadline=None)
def test_changes_applied_to_the_original_give_the_corrected_text(original: str, corrected: str) -> None:
    assert apply_hunks(original, as_hunks(changes(original, corrected))) == corrected


@given(TEXTS, TEXTS)
@settings(deadline=None)
def test_segments_rebuild_both_texts_and_say_where_they_stand(original: str, corrected: str) -> None:
    segments = word_segments(original, corrected)
    before = [segment for segment in segments if segment.kind is not SegmentKind.ADDED]
    after = [segment for segment in segments if segment.kind is not SegmentKind.REMOVED]
    assert "".join(segment.text for segment in before) == original
    assert "".join(segment.text for segment in after) == corrected
    for segment in segments:
        text = corrected if segment.kind is SegmentKind.ADDED else original
        assert text[segment.start :].startswith(segment.text)


@given(TEXTS, TEXTS)
@settings(deadline=None)
def test_no_change_begins_inside_a_grapheme(original: str, corrected: str) -> None:
    for change in changes(original, corrected):
        for edge in (change.start, change.end):
            if 0 < edge < len(original):
                assert original[edge - 1] != "\u200d"
                assert original[edge] not in "\u200d🏽"
                assert unicodedata.category(original[edge])[0] != "M"


@given(TEXTS)
@settings(deadline=None)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert changes(text, text) == ()


@pytest.mark.parametrize(
    ("original", "corrected", "expected"),
    [
        ("You have 14 days.", "You have 30 days.", [("14", "30")]),
        ("I can refund you.", "I can not refund you.", [("", "not ")]),
        ("We don't know.", "We do know.", [("don't", "do")]),
        ("It is very late now.", "It arrives today.", [("is very late now", "arrives today")]),
        ("退款需要五天。", "退款需要三天。", [("五", "三")]),
        ("لا يمكن رد المبلغ", "يمكن رد المبلغ", [("لا ", "")]),
        ("Thanks 👩‍👧!", "Thanks 👩‍👦!", [("👩‍👧", "👩‍👦")]),
        ("🇳🇴🇸🇪", "🇳🇴🇩🇪", [("🇸🇪", "🇩🇪")]),
        ("One.\nTwo.", "1.\n2.", [("One", "1"), ("Two", "2")]),
        ("", "Hello", [("", "Hello")]),
        ("Hello", "", [("Hello", "")]),
    ],
)
def test_a_change_is_what_a_person_would_point_at(
    original: str, corrected: str, expected: list[tuple[str, str]]
) -> None:
    assert [(change.removed, change.replacement) for change in changes(original, corrected)] == expected


def test_changes_with_a_long_unchanged_stretch_between_stay_apart() -> None:
    found = changes("Pay 10 euros within the next 5 days", "Pay 20 euros within the next 9 days")
    assert [(change.removed, change.replacement) for change in found] == [("10", "20"), ("5", "9")]
