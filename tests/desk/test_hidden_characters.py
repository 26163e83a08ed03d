"""What hides or reorders text is shown by its code, and the text itself stays what it was, letter by letter."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QClipboard
from PySide6.QtWidgets import QApplication

from console.client.models.literal import literal
from console.client.ui.correction.answer_edit import LONGEST_LINE, AnswerEdit
from console.client.ui.shared.long_text import LongText
from console.client.ui.shared.parts import ElidedLabel, label
from console.client.ui.shared.untrusted import LONGEST_FIELD, beginning, bounded, on_one_line, unmarked, visible

HIDDEN = [
    "pay \u202e001\u202c",
    "\u2066a\u2069",
    "re\u200bfund\u2060\ufeff",
    "\U000e0041\U000e007f",
    "a\x1b[2J\x07\x85",
    "soft\xadhyphen",
    "\ufdd0\ufffe\uffff\U0001ffff",
    "a\u3164\u115f",
    "x\u200dy",
    "one\ufe0f\ufe0e",
    "e" + "\u0301" * 20,
    "[U+202E] and [U+005B]",
    "10\u200f-5",
    "a\rb",
]
PLAIN = [
    "a\tb\nc\r\nd",
    "\u05e9\u05dc\u05d5\u05dd\u200f 5",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "1\ufe0f\u20e3 \u2764\ufe0f",
    "\u845b\U000e0100",
    "e\u0301\u0323",
    "[U+ZZ] [U+20]",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_what_hides_is_marked_and_the_mark_can_be_undone(text: str) -> None:
    assert visible(text) != text
    assert "[U+" in visible(text)
    assert unmarked(visible(text)) == text


@pytest.mark.parametrize("text", PLAIN)
def test_what_a_script_needs_is_left_alone(text: str) -> None:
    assert visible(text) == text


def test_half_a_character_is_marked_not_dropped() -> None:
    assert visible("a\ud800b") == "a[U+D800]b"


def test_a_bound_counts_what_is_shown() -> None:
    shown, used = beginning("\u202e" * 1_000, 100, 10)
    assert len(shown) <= 100
    assert unmarked(shown) == "\u202e" * used
    assert bounded("\u202e" * 20, 80) == "[U+202E]" * 10 + "\u2026 (10 more characters)"
    assert bounded("a\n" * 100, 400) == "a\n" * 9 + "a\u2026 (181 more characters)"
    assert on_one_line("a\n" * LONGEST_FIELD).endswith("\u2026")


def test_a_field_keeps_every_character_it_was_given(qapp: QApplication) -> None:
    field = AnswerEdit("Answer")
    for text in (*HIDDEN, *PLAIN, "\ufeffa", "\ufffeab", "a\u2028b\u2029c\xa0d\ufffce"):
        field.show_text(text)
        assert field.text() == text
    field.deleteLater()


def test_a_field_shows_the_beginning_of_what_is_too_long_and_changes_none_of_it(qapp: QApplication) -> None:
    field = AnswerEdit("Arguments")
    text = "x" * (LONGEST_LINE + 1)
    field.show_text(text)
    assert field.isReadOnly()
    assert len(field.toPlainText()) < 2_000
    assert field.text() == text
    field.freeze(False)
    assert field.isReadOnly()
    field.show_text("short")
    assert not field.isReadOnly()
    field.deleteLater()


def test_what_is_copied_is_what_was_said(clipboard: QClipboard) -> None:
    said = "https://an.address.that.is.long/enough/to-be-broken?or=not \u202e\ufeff" * 4
    shown = label(said)
    shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    shown.setSelection(0, len(shown.text()))
    shown.copy()
    assert clipboard.text() == said
    long = LongText(f"\ufffe{said}\n\n{'x' * 5_000}\n\u202e")
    long.selectAll()
    long.copy()
    assert clipboard.text() == f"\ufffe{said}\n\n{'x' * 5_000}\n\u202e"
    for part in (shown, long):
        part.deleteLater()


def test_a_text_can_be_passed_to_qt_whatever_it_begins_with(clipboard: QClipboard) -> None:
    for text in ("\ufeffa", "\ufffea", "\ufeff\ufeffa", "a\ufffe", ""):
        clipboard.setText(literal(text))
        assert clipboard.text() == text


def test_a_line_that_is_cut_has_the_whole_in_its_tool_tip(qapp: QApplication) -> None:
    line = ElidedLabel("word " * 100)
    line.resize(100, 20)
    line.grab()
    assert line.text().endswith("\u2026")
    assert "word word" in line.toolTip()
    line.set_text("word")
    assert not line.toolTip()
    line.deleteLater()
