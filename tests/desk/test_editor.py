"""Correct in place: the editor below the untouched original, what is typed into it, and that no draft strays."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QClipboard
from PySide6.QtWidgets import QApplication

from console.client.ui.shared.commands import COMMANDS
from console.contract.conversations import AiContext, Conversation, Speaker
from tests.client.desk import until
from tests.desk.child import Backend
from tests.desk.seat import Seat, seated
from tests.desk.stories import ANSWER, ANSWER_TURN, said, story

OTHER = "sample-delivery-01"
OTHER_TURN = 10
FIXED = "The parcel was left at your door on Tuesday. A refund takes five days. We pay for the return."


def original(seat: Seat, turn: int = ANSWER_TURN) -> str:
    """What the bubble of a turn shows."""
    block = seat.view._layout(turn - 1).block
    return block.text_between(*block.everything())


async def test_e_opens_the_editor_below_the_bubble_and_above_the_next_turn(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    bubble = seat.view.visualRect(seat.view.model().index(ANSWER_TURN - 1, 0))
    below = bubble.top() + seat.view._layout(ANSWER_TURN - 1).bubble.bottom()
    after = seat.view.visualRect(seat.view.model().index(ANSWER_TURN, 0))
    place = seat.editor.geometry()
    assert below <= place.top() < place.bottom() <= after.top()
    assert place.left() >= 0
    assert place.right() <= seat.view.viewport().width()
    assert seat.editor.answer.toPlainText() == original(seat) == ANSWER
    assert seat.status.mode.text() == "EDIT"


async def test_the_button_and_the_key_open_the_same(case: Conversation, seat: Seat) -> None:
    await seat.choose(case.id)
    seat.go_to(ANSWER_TURN)
    seat.click(seat.conversation.correct)
    await seat.until_editing()
    assert seat.draft.turn == ANSWER_TURN


async def test_only_what_the_ai_said_can_be_corrected(case: Conversation, seat: Seat) -> None:
    await seat.choose(case.id)
    seat.view.setFocus()
    seat.press("Up", "e")
    assert seat.turn == 5
    assert "Only what the AI said" in seat.notice.words.text()
    assert not seat.editor.isVisible()


async def test_typing_shows_the_word_diff_and_leaves_the_original_alone(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    assert not seat.editor.diff.isVisible()
    seat.rewrite(FIXED)
    await until(seat.editor.diff.isVisible)
    assert seat.editor.diff.accessibleDescription() == (
        "removed: Monday; added: Tuesday; removed: ten; added: five; removed: You; added: We"
    )
    assert original(seat) == ANSWER
    seat.rewrite(ANSWER)
    await until(lambda: not seat.editor.diff.isVisible())


async def test_command_keys_typed_into_the_answer_are_text(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    keys = "njke?/[" + "".join(key for command in COMMANDS if command.bare for key in command.keys)
    before = (seat.shown, seat.turn, seat.listed(), seat.queue.tabs.accessibleDescription())
    seat.editor.answer.setFocus()
    seat.type(keys)
    assert seat.editor.answer.toPlainText() == ANSWER + keys
    assert seat.app.activePopupWidget() is None
    assert seat.app.activeModalWidget() is None
    assert seat.editor.answer.hasFocus()
    await seat.until_kept()
    assert (seat.shown, seat.turn, seat.listed(), seat.queue.tabs.accessibleDescription()) == before


async def test_capitals_and_shift_c_are_text_too(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.press("Shift+C")
    await seat.until_kept()
    assert seat.editor.answer.toPlainText().lower() == (ANSWER + "c").lower()
    assert seat.session.conversations.held(case.id) is not None


async def test_enter_is_a_line_end_and_never_submits(case: Conversation, seat: Seat, backend: Backend) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.press("Return", "Backspace", "Return")
    await seat.until_kept()
    assert seat.editor.answer.toPlainText() == ANSWER + "\n"
    assert seat.states(case.id) == []


async def test_pasted_text_is_plain(clipboard: QClipboard, case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    rich = QMimeData()
    rich.setText("one\r\ntwo\rthree\ufffc")
    rich.setHtml("<h1>one</h1><img src='file:///etc/passwd'>two")
    clipboard.setMimeData(rich)
    seat.press("Ctrl+A", "Ctrl+V")
    await seat.until_kept()
    assert seat.draft.text == "one\ntwo\nthree"


async def test_pasted_html_without_text_brings_no_markup(clipboard: QClipboard, case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    rich = QMimeData()
    rich.setHtml("<b>bold</b>")
    clipboard.setMimeData(rich)
    seat.press("Ctrl+V")
    assert "<b>" not in seat.editor.answer.toPlainText()


async def test_nothing_is_pasted_into_an_editor_that_is_locked(
    clipboard: QClipboard, case: Conversation, seat: Seat
) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    clipboard.setText("Pasted.")
    seat.editor.set_read_only("Somebody else holds it.")
    seat.editor.answer.paste()
    assert seat.editor.answer.text() == ANSWER


ODD = {
    "no-break space": "It costs 12\u00a0000\u00a0kr.",
    "line ends of Windows": "One.\r\nTwo.",
    "line separator": "One.\u2028Two.",
    "paragraph separator": "One.\u2029Two.",
    "blanks at the ends": "  One.\tTwo. \n\n",
    "joined emoji": "Hello \U0001f469\U0001f3fd\u200d\U0001f692.",
    "marks": "ce\u0301dille \u200frtl\u200f so\u00adft",
    "replacement": "An \ufffc object, a \ufffd.",
}


@pytest.mark.parametrize("name", ODD)
async def test_what_was_not_touched_stays_to_the_letter(name: str, odd: dict[str, str], seat: Seat) -> None:
    await seat.correct(odd[name], 2)
    seat.type("X")
    await seat.until_kept()
    draft = seat.draft
    assert draft.original == ODD[name]
    assert draft.text == ODD[name] + "X"
    assert len(draft.hunks) == 1


@pytest.fixture(scope="module")
def odd(sample_backend: Backend) -> dict[str, str]:
    """Conversations whose answers hold what text fields like to change."""
    names = {name: f"odd-{place}" for place, name in enumerate(ODD)}
    for name, about in names.items():
        turns = (said(1, Speaker.CUSTOMER, "Why?"), said(2, Speaker.AI, ODD[name], AiContext()))
        sample_backend.load(story(about, turns=turns))
    return names


@pytest.mark.parametrize("name", ODD)
async def test_an_answer_that_was_only_read_has_not_changed(name: str, odd: dict[str, str], seat: Seat) -> None:
    await seat.correct(odd[name], 2)
    assert seat.draft.text == ODD[name]
    seat.press("Esc", "Esc")
    assert await seat.session.corrections.drafts() == ()


async def test_esc_leaves_the_text_and_again_closes_the_editor(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.type(" Sorry.")
    await seat.until_kept()
    seat.press("Esc")
    assert seat.status.mode.text() == "NAVIGATE"
    assert seat.editor.isVisible()
    seat.press("e")
    assert seat.status.mode.text() == "EDIT"
    seat.press("Esc", "Esc")
    assert not seat.editor.isVisible()
    assert seat.status.mode.text() == "NAVIGATE"


async def test_a_closed_draft_is_kept_marked_and_shown_again(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.type(" Sorry.")
    seat.click(seat.editor.close_button)
    assert not seat.editor.isVisible()
    await until(lambda: "draft" in [chip.text for chip in seat.view._layout(ANSWER_TURN - 1).chips])
    seat.press("e")
    await seat.until_editing()
    assert seat.editor.answer.toPlainText() == ANSWER + " Sorry."
    assert seat.editor.state.text() == "Draft from before, kept here"


async def test_an_editor_that_was_only_opened_leaves_no_draft(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.press("Esc", "Esc")
    assert await seat.session.corrections.drafts() == ()


async def test_a_draft_is_there_again_in_the_next_run(
    app: QApplication, backend: Backend, case: Conversation, tmp_path: Path
) -> None:
    async with seated(app, tmp_path / "ana", lambda: backend.url) as ana:
        await ana.correct(case.id, ANSWER_TURN)
        ana.type(" Sorry.")
        await ana.until_kept()
    async with seated(app, tmp_path / "ana", lambda: backend.url) as ana:
        await ana.correct(case.id, ANSWER_TURN)
        assert ana.editor.answer.toPlainText() == ANSWER + " Sorry."


async def test_what_was_typed_a_moment_before_the_desk_is_left_is_kept(
    app: QApplication, backend: Backend, case: Conversation, tmp_path: Path
) -> None:
    async with seated(app, tmp_path / "ana", lambda: backend.url) as ana:
        await ana.correct(case.id, ANSWER_TURN)
        ana.type(" Sorry.")
    async with seated(app, tmp_path / "ana", lambda: backend.url) as ana:
        (draft,) = await ana.session.corrections.drafts()
        assert draft.text == ANSWER + " Sorry."


async def test_another_conversation_never_gets_the_text(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.type(" Sorry.")
    await seat.choose(OTHER)
    assert not seat.editor.isVisible()
    seat.go_to(OTHER_TURN)
    seat.press("e")
    await seat.until_editing()
    assert "Sorry" not in seat.editor.answer.toPlainText()
    assert seat.draft.conversation_id == OTHER
    await seat.choose(case.id)
    seat.go_to(ANSWER_TURN)
    seat.press("e")
    await seat.until_editing()
    assert seat.editor.answer.toPlainText() == ANSWER + " Sorry."
    assert {draft.conversation_id for draft in await seat.session.corrections.drafts()} == {case.id}


async def test_another_turn_never_gets_the_text(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.type(" Sorry.")
    seat.press("Esc", "[", "e")
    await until(lambda: seat.draft.turn == 2)
    await seat.until_editing()
    assert seat.editor.answer.toPlainText() == "I will look."
    seat.press("Esc", "]", "e")
    await until(lambda: seat.draft.turn == ANSWER_TURN)
    assert seat.editor.answer.toPlainText() == ANSWER + " Sorry."


async def test_a_long_answer_scrolls_and_the_editor_stays_inside_the_pane(seat: Seat) -> None:
    await seat.correct(OTHER, OTHER_TURN)
    seat.press("Ctrl+A")
    seat.type("word " * 300)
    await seat.until_kept()
    cursor = seat.editor.answer.cursorRect()
    assert seat.editor.answer.viewport().rect().contains(cursor.center())
    assert seat.editor.answer.height() < 500
