"""Submission at the window: what stops it, how its receipt travels, and whose it may be."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtGui import QClipboard
from PySide6.QtWidgets import QApplication

from console.client.models.transcript_model import TranscriptRole
from console.client.services.corrections import SavedState
from console.client.ui.correction.lock_strip import LockWay
from console.contract.conversations import Conversation
from console.contract.views import Claim
from tests.client.desk import until
from tests.desk.child import Backend, serving
from tests.desk.seat import Seat, seated
from tests.desk.stories import ANSWER, ANSWER_TURN, story
from tests.server.world import Running, running


def ways(seat: Seat) -> list[str]:
    """What the locked editor offers."""
    return [button.text() for button in seat.editor.lock.buttons.values() if button.isVisible()]


async def test_ctrl_enter_says_what_is_missing_and_takes_the_cursor_there(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.press("Ctrl+Return")
    assert "Change the answer" in seat.editor.fault.text()
    seat.editor.answer.setFocus()
    seat.type(" Sorry.")
    seat.press("Ctrl+Return")
    assert seat.editor.fault.text() == "Choose at least one error code."
    assert seat.editor.codes.hasFocus()
    shown = seat.editor.submit.mapTo(seat.view.viewport(), seat.editor.submit.rect().center())
    assert seat.view.viewport().rect().contains(shown)
    assert seat.states(case.id) == []


async def test_the_receipt_goes_from_saved_here_to_stored(case: Conversation, seat: Seat, backend: Backend) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.type(" Sorry.")
    seat.press("Tab", "1")
    index = seat.conversation.model.index(ANSWER_TURN - 1, 0)
    seen: list[str] = []
    seat.conversation.model.dataChanged.connect(lambda *_: seen.append(index.data(TranscriptRole.MARK).words))
    seat.press("Ctrl+Return")
    await until(lambda: "corrected, stored" in seen)
    journey = ("corrected, saved here", "corrected, sending", "corrected, stored")
    assert list(dict.fromkeys(seen)) == [word for word in journey if word in seen], "each in its order, none again"
    assert not seat.editor.isVisible()
    await until(lambda: seat.status.saving.text() == "All stored")
    await until(lambda: "Turn 4: yours, stored" in seat.labels(seat.inspector))
    await until(lambda: seat.session.queue.row(case.id).corrections == 1)
    assert len(backend.corrections(case.id).records) == 1


async def test_the_original_stays_byte_for_byte(case: Conversation, seat: Seat, backend: Backend) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.rewrite("Something else.")
    seat.press("Tab", "1", "Ctrl+Return")
    await until(lambda: [state.value for state in seat.states(case.id)] == ["stored"])
    assert backend.view(case.id).conversation == case
    assert seat.conversation.model.conversation.turn(ANSWER_TURN).text == ANSWER


async def test_ctrl_enter_twice_makes_one_record(case: Conversation, seat: Seat, backend: Backend) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.type(" Sorry.")
    seat.press("Tab", "1", "Ctrl+Return", "Ctrl+Return")
    seat.click(seat.editor.submit)
    await until(lambda: [state.value for state in seat.states(case.id)] == ["stored"])
    await until(lambda: not seat.editor.isVisible())
    assert len(backend.corrections(case.id).records) == 1
    assert await seat.session.corrections.drafts() == ()


@pytest.mark.parametrize("closed", [False, True], ids=["left open", "closed and opened again"])
async def test_what_is_being_submitted_takes_no_more_letters(
    case: Conversation, seat: Seat, tmp_path: Path, closed: bool
) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    with closing(sqlite3.connect(tmp_path / "ana" / "profile.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        seat.type(" Sorry.")
        seat.press("Tab", "1")
        seat.editor.answer.setFocus()
        seat.press("Ctrl+Return")
        if closed:
            seat.click(seat.editor.close_button)
            seat.press("e")
            await seat.until_editing()
        seat.type(" Never mind. n")
        seat.pick(seat.editor.codes, seat.editor.codes.buttons[1].option.value)
        assert seat.editor.answer.toPlainText() == ANSWER + " Sorry."
        assert len(seat.draft.codes) == 1
        other.execute("COMMIT")
    await until(lambda: not seat.editor.isVisible())
    assert seat.shown == case.id, "no letter was taken for a command"
    assert await seat.session.corrections.drafts() == ()
    await seat.correct(case.id, ANSWER_TURN)
    seat.type(" Second.")
    assert seat.draft.text == ANSWER + " Second."


async def test_what_could_not_be_submitted_while_it_was_being_saved_is_kept_as_it_was_typed_last(
    case: Conversation, seat: Seat, tmp_path: Path
) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    other = sqlite3.connect(tmp_path / "ana" / "profile.db", isolation_level=None)
    other.execute("CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'full'); END")
    other.execute("BEGIN IMMEDIATE")
    seat.type(" Sorry.")
    assert seat.draft.codes == ()
    await asyncio.sleep(0)  # its save begins, and waits for the other writer
    seat.press("Tab", "1", "Ctrl+Return")
    last = seat.draft
    await asyncio.sleep(0)
    other.execute("COMMIT")
    other.close()
    await until(lambda: seat.notice.words.text().startswith("Not submitted: "))
    await until(lambda: not seat.presenter._door._running)
    assert seat.editor.isVisible()
    assert seat.editor.state.text() == "Draft saved here"
    assert not seat.editor.answer.isReadOnly()
    assert last.codes
    assert await seat.session.corrections.drafts() == (last,)


async def test_the_submit_button_does_what_the_key_does(case: Conversation, seat: Seat, backend: Backend) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.type(" Sorry.")
    seat.press("Tab", "1")
    seat.view.reveal(seat.editor.submit)
    seat.click(seat.editor.submit)
    await until(lambda: [state.value for state in seat.states(case.id)] == ["stored"])
    (record,) = backend.corrections(case.id).records
    assert record.correction.corrected_text == ANSWER + " Sorry."


async def test_a_turn_can_be_corrected_again_from_its_original(
    case: Conversation, seat: Seat, backend: Backend
) -> None:
    for text in (" First.", " Second."):
        await seat.correct(case.id, ANSWER_TURN)
        assert seat.editor.answer.toPlainText() == ANSWER
        seat.type(text)
        seat.press("Tab", "1", "Ctrl+Return")
        await until(lambda: not seat.editor.isVisible())
    await until(lambda: [state.value for state in seat.states(case.id)] == ["stored", "stored"])
    said = [record.correction.corrected_text for record in backend.corrections(case.id).records]
    assert sorted(said) == [ANSWER + " First.", ANSWER + " Second."]


async def test_an_owner_reads_and_neither_claims_nor_corrects(
    app: QApplication, backend: Backend, case: Conversation, tmp_path: Path
) -> None:
    async with seated(app, tmp_path / "olga", lambda: backend.url, "olga") as olga:
        await olga.choose(case.id)
        olga.go_to(ANSWER_TURN)
        olga.press("c", "n", "e")
        for button in (olga.conversation.correct, olga.conversation.claim):
            if button.isVisible() and button.isEnabled():
                olga.click(button)
        await until(lambda: not olga.presenter._door._running)
        assert not olga.editor.isVisible() or olga.editor.answer.isReadOnly()
        assert not any(row.claim for row in backend.rows())
        for command in ("claim", "next", "correct"):
            assert not olga.window.commands.actions[command].isEnabled()


async def test_an_owner_is_not_offered_what_an_owner_may_not_do(
    app: QApplication, backend: Backend, case: Conversation, tmp_path: Path
) -> None:
    async with seated(app, tmp_path / "olga", lambda: backend.url, "olga") as olga:
        await olga.choose(case.id)
        for button in (olga.conversation.correct, olga.conversation.claim):
            assert not (button.isVisible() and button.isEnabled()), button.text()


async def test_an_answer_in_another_s_hands_can_be_read_and_not_changed(
    case: Conversation, seat: Seat, backend: Backend, clipboard: QClipboard
) -> None:
    backend.claim("ben", case.id)
    await seat.choose(case.id)
    seat.go_to(ANSWER_TURN)
    seat.press("e")
    await until(seat.editor.answer.isReadOnly)
    assert seat.editor.lock.words.text().startswith("Ben Okafor holds this conversation now. Their claim runs until ")
    assert ways(seat) == [], "nothing is written that could be kept, and an agent takes nothing back"
    clipboard.setText("njk")
    seat.editor.answer.setFocus()
    seat.press("Ctrl+V")
    assert seat.editor.answer.toPlainText() == ANSWER
    assert seat.status.mode.text() == "NAVIGATE", "keys are commands where nothing can be written"
    backend.free_all()
    await until(lambda: "Nobody holds this conversation now" in seat.editor.lock.words.text())
    assert "since" not in seat.editor.lock.words.text(), "it was never one's own"
    assert seat.editor.answer.isReadOnly()
    seat.press("c")
    await until(lambda: not seat.editor.answer.isReadOnly())


@pytest.fixture
def clockwork(tmp_path: Path) -> Iterator[Running]:
    """A backend whose clock can be moved, so that a lease runs out."""
    with running(tmp_path / "server") as backend:
        backend.load(story("leased"))
        yield backend


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()


async def test_a_lost_claim_makes_the_editor_read_only_and_keeps_the_text(
    app: QApplication, clockwork: Running, tmp_path: Path, clipboard: QClipboard
) -> None:
    async with seated(app, tmp_path / "ana", lambda: clockwork.url) as ana:
        await ana.correct("leased", ANSWER_TURN)
        ana.type(" Sorry.")
        ana.press("Tab", "1")
        await ana.until_kept()
        clockwork.clock.move(hours=1)
        assert clockwork.client("ben").post("/v1/conversations/leased/claim").is_success
        await until(ana.editor.answer.isReadOnly)
        said = ana.editor.lock.words.text()
        assert said.startswith("Ben Okafor holds this conversation now. Your claim ran out at ")
        assert said.endswith("Your text is kept here.")
        assert ways(ana) == ["Submit for review, as late", "Copy my text"]
        ana.editor.answer.setFocus()
        clipboard.setText("njk")
        ana.press("Ctrl+V", "Ctrl+Return")
        assert ana.editor.answer.toPlainText() == ANSWER + " Sorry."
        assert ana.states("leased") == []
        (draft,) = await ana.session.corrections.drafts()
        assert draft.text == ANSWER + " Sorry."
        ana.click(ana.editor.lock.buttons[LockWay.COPY])
        assert clipboard.text() == ANSWER + " Sorry."


async def test_a_claim_lost_to_somebody_who_gave_it_back_makes_the_editor_read_only_too(
    app: QApplication, clockwork: Running, tmp_path: Path
) -> None:
    async with seated(app, tmp_path / "ana", lambda: clockwork.url) as ana:
        await ana.correct("leased", ANSWER_TURN)
        ana.type(" Sorry.")
        ana.press("Tab", "1")
        await ana.until_kept()
        clockwork.clock.move(hours=1)
        taken = Claim.model_validate_json(clockwork.client("ben").post("/v1/conversations/leased/claim").content)
        assert clockwork.client("ben").delete(f"/v1/conversations/leased/claim?epoch={taken.epoch}").is_success
        ana.session._claims.wake()  # as after a sleep
        await until(ana.editor.answer.isReadOnly)
        said = ana.editor.lock.words.text()
        assert said.startswith("Nobody holds this conversation now. ")  # whether it ran out depends on what came first
        assert "Somebody else may have had it since. Your text is kept here. Press " in said
        assert ways(ana) == ["Claim it and go on", "Submit for review, as late", "Copy my text"]
        assert ana.editor.answer.toPlainText() == ANSWER + " Sorry."
        ana.click(ana.editor.lock.buttons[LockWay.CLAIM])
        await until(lambda: not ana.editor.answer.isReadOnly())
        assert ana.editor.answer.toPlainText() == ANSWER + " Sorry."


async def test_what_was_written_before_a_claim_was_lost_can_be_submitted_as_late(
    app: QApplication, clockwork: Running, tmp_path: Path
) -> None:
    async with seated(app, tmp_path / "ana", lambda: clockwork.url) as ana:
        await ana.correct("leased", ANSWER_TURN)
        ana.type(" Sorry.")
        ana.press("Tab", "1")
        await ana.until_kept()
        clockwork.clock.move(hours=1)
        assert clockwork.client("ben").post("/v1/conversations/leased/claim").is_success
        await until(ana.editor.answer.isReadOnly)
        ana.view.reveal(ana.editor.lock)
        ana.click(ana.editor.lock.buttons[LockWay.SUBMIT_LATE])
        await until(lambda: ana.states("leased") == [SavedState.LATE])
        assert not ana.editor.isVisible()
        ana.press("w")
        await until(lambda: ana.outbox.current.entry.state is SavedState.LATE)


async def test_a_specialist_takes_a_conversation_back_once_that_is_confirmed(
    app: QApplication, backend: Backend, case: Conversation, seat: Seat, tmp_path: Path
) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.type(" Sorry.")
    await seat.until_kept()
    async with seated(app, tmp_path / "tove", lambda: backend.url, "tove") as tove:
        await tove.choose(case.id)
        await until(tove.conversation.take_back.isVisible)
        assert tove.conversation.take_back.accessibleName() == "Take back from Ana Ruiz"
        assert not tove.conversation.claim.isVisible()
        tove.click(tove.conversation.take_back)
        assert "Take this conversation back from Ana Ruiz?" in tove.conversation.taking_back.words.text()
        assert tove.conversation.taking_back.leave.hasFocus()
        tove.press("Space")
        assert backend.view(case.id).row.claim.holder_id == "ana", "asked, and left"
        tove.click(tove.conversation.take_back)
        tove.press("Tab", "Space")
        await until(lambda: tove.session.conversations.held(case.id) is not None)
        await until(seat.editor.answer.isReadOnly)
        said = seat.editor.lock.words.text()
        assert said == ("Tove Lind holds this conversation now. It was taken back from you. Your text is kept here.")


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Backend]:
    """A backend of the test's own, to kill."""
    with serving(tmp_path / "server") as backend:
        backend.load(story("fragile"))
        yield backend


async def test_with_the_backend_gone_work_goes_on_and_is_delivered_once_when_it_is_back(
    app: QApplication, fragile: Backend, tmp_path: Path
) -> None:
    async with seated(app, tmp_path / "ana", lambda: fragile.url) as ana:
        await ana.correct("fragile", ANSWER_TURN)
        fragile.kill()
        await until(lambda: not ana.online)
        assert ana.status.connection.text().startswith("Offline since ")
        assert ana.queue.summary.text().startswith("as of ")
        ana.type(" Sorry.")
        ana.press("Tab", "1", "Ctrl+Return")
        await until(lambda: not ana.editor.isVisible())
        assert [state.value for state in ana.states("fragile")] in (["saved_here"], ["sent"])
        await until(lambda: ana.status.saving.text() == "1 correction waits here")
        await until(lambda: "Turn 4: yours, saved here" in ana.labels(ana.inspector))
        receipt = ana.conversation.model.index(ANSWER_TURN - 1, 0)
        assert receipt.data(TranscriptRole.MARK).words == "corrected, saved here"
        fragile.start()
        ana.window.commands.actions["reconnect"].trigger()
        await until(lambda: [state.value for state in ana.states("fragile")] == ["stored"])
        await until(lambda: ana.status.saving.text() == "All stored")
        assert receipt.data(TranscriptRole.MARK).words == "corrected, stored"
        await until(lambda: ana.status.connection.text() == "Connected")
        (record,) = fragile.corrections("fragile").records
        assert record.correction.corrected_text == ANSWER + " Sorry."


async def test_a_claim_that_ran_out_while_the_backend_is_away_is_not_shown_as_running(
    app: QApplication, fragile: Backend, tmp_path: Path
) -> None:
    async with seated(app, tmp_path / "ana", lambda: fragile.url) as ana:
        await ana.correct("fragile", ANSWER_TURN)
        fragile.kill()
        await until(lambda: not ana.online)
        assert ana.conversation.holder.accessibleName().startswith("You, ")
        ana.session.server_time.note(ana.session.now() + timedelta(days=30))
        await until(lambda: ana.conversation.holder.accessibleName().startswith("You, ran out "))
        assert not ana.editor.is_read_only, "what is written is kept, and goes as late if somebody took it over"


async def test_what_waits_here_is_delivered_by_the_next_run(
    app: QApplication, fragile: Backend, tmp_path: Path
) -> None:
    async with seated(app, tmp_path / "ana", lambda: fragile.url) as ana:
        await ana.correct("fragile", ANSWER_TURN)
        fragile.kill()
        await until(lambda: not ana.online)
        ana.type(" Sorry.")
        ana.press("Tab", "1", "Ctrl+Return")
        await until(lambda: not ana.editor.isVisible())
    fragile.start()
    async with seated(app, tmp_path / "ana", lambda: fragile.url) as ana:
        await until(lambda: ana.status.saving.text() == "All stored")
        assert len(fragile.corrections("fragile").records) == 1
