"""Hunks rebuild the corrected text from the original, code point for code point, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from console.contract.base import content_sha256
from console.contract.corrections import Correction, Hunk, HunkMismatchError, Scope, apply_hunks, fits, taught_text
from tests.contract.made_up import CALM, TEXTS, edits, value_of

EDITED = TEXTS.flatmap(lambda original: st.tuples(st.just(original), edits(original)))


def rebuilt(original: str, hunks: tuple[Hunk, ...], scopes: set[Scope]) -> str:
    """Apply hunks from the last to the first on a list of code points: another way to the same text."""
    points = list(original)
    for hunk in reversed(hunks):
        if hunk.scope in scopes:
            points[hunk.start : hunk.end] = hunk.replacement
    return "".join(points)


@CALM
@given(EDITED)
def test_all_hunks_give_the_corrected_text(edited: tuple[str, tuple[Hunk, ...]]) -> None:
    original, hunks = edited
    assert apply_hunks(original, hunks) == rebuilt(original, hunks, set(Scope))


@CALM
@given(EDITED)
def test_only_hunks_marked_teach_change_the_taught_text(edited: tuple[str, tuple[Hunk, ...]]) -> None:
    original, hunks = edited
    taught = apply_hunks(original, hunks, scopes=frozenset({Scope.TEACH}))
    assert taught == rebuilt(original, hunks, {Scope.TEACH})
    assert apply_hunks(original, hunks, scopes=frozenset()) == original


@CALM
@given(EDITED, st.data())
def test_a_correction_fits_its_own_original_and_no_other(
    edited: tuple[str, tuple[Hunk, ...]], data: st.DataObject
) -> None:
    original, hunks = edited
    some = data.draw(value_of(Correction))
    correction = some.model_copy(
        update={
            "original_sha256": content_sha256(original),
            "hunks": hunks,
            "labels": (),
            "corrected_text": rebuilt(original, hunks, set(Scope)),
        }
    )
    assert fits(original, correction)
    assert taught_text(original, correction) == rebuilt(original, hunks, {Scope.TEACH})
    assert not fits(original + "!", correction)
    assert not fits(original, correction.model_copy(update={"corrected_text": correction.corrected_text + "!"}))


def test_offsets_count_code_points_not_bytes_or_clusters() -> None:
    original = "👩‍👧 e\u0301 שלום"
    hunk = Hunk(start=4, end=6, removed="e\u0301", replacement="é")
    assert apply_hunks(original, (hunk,)) == "👩‍👧 é שלום"


@pytest.mark.parametrize(
    "hunk",
    [
        Hunk(start=0, end=3, removed="abX", replacement=""),
        Hunk(start=4, end=8, removed="efgh", replacement="x"),
        Hunk(start=9, end=9, removed="", replacement="x"),
    ],
    ids=["other words", "past the end", "inserted past the end"],
)
def test_a_hunk_of_another_text_is_refused(hunk: Hunk) -> None:
    with pytest.raises(HunkMismatchError):
        apply_hunks("abcdef", (hunk,))


def test_a_hunk_that_changes_nothing_or_spans_wrongly_is_refused() -> None:
    with pytest.raises(ValidationError, match="must change something"):
        Hunk(start=0, end=1, removed="a", replacement="a")
    with pytest.raises(ValidationError, match="does not span"):
        Hunk(start=0, end=2, removed="a", replacement="b")


@CALM
@given(value_of(Correction))
def test_overlapping_hunks_are_refused(correction: Correction) -> None:
    fields = correction.model_dump()
    overlapping = (
        Hunk(start=0, end=3, removed="abc", replacement="x"),
        Hunk(start=2, end=4, removed="cd", replacement="y"),
    )
    with pytest.raises(ValidationError, match="overlap"):
        Correction(**{**fields, "hunks": overlapping})
