"""The word diff on screen, where an answer is longer than anybody reads."""

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from console.client.domain.words import word_segments
from console.client.theme.theme import Theme
from console.client.theme.tokens import Space
from console.client.ui.correction.diff_view import DiffView

WIDTH = 400


@pytest.fixture
def diff(app: QApplication) -> Iterator[DiffView]:
    view = DiffView(Theme())
    yield view
    shiboken6.delete(view)


def show(diff: DiffView, lines: int, current: int) -> None:
    was, now = ("\n".join(f"{word} {number}" for number in range(lines)) for word in ("was", "is"))
    diff.show_segments(word_segments(was, now), current)
    diff.resize(WIDTH, diff.heightForWidth(WIDTH))


def test_a_long_diff_is_no_taller_than_one_half_as_long(diff: DiffView) -> None:
    show(diff, 2_000, 0)
    height = diff.height()
    show(diff, 4_000, 0)
    assert diff.height() == height


@pytest.mark.parametrize("current", [0, 1_234, 1_999])
def test_the_change_at_hand_is_among_those_that_can_be_pressed(diff: DiffView, current: int) -> None:
    show(diff, 2_000, current)
    chosen: set[int] = set()
    diff.hunk_chosen.connect(chosen.add)
    for y in range(Space.S, diff.height(), 8):
        QTest.mouseClick(diff, Qt.MouseButton.LeftButton, pos=QPoint(Space.M + 4, y))
    assert current in chosen


def test_of_a_short_diff_everything_can_be_pressed(diff: DiffView) -> None:
    show(diff, 40, 3)
    chosen: set[int] = set()
    diff.hunk_chosen.connect(chosen.add)
    for y in range(Space.S, diff.height(), 8):
        QTest.mouseClick(diff, Qt.MouseButton.LeftButton, pos=QPoint(Space.M + 4, y))
    assert chosen == set(range(40))
