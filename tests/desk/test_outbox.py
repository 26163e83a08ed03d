"""The outbox at the window: all that is not stored, since when and why, and every way out of it by key and by mouse."""

import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtGui import QClipboard
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from console.client.app.profile import Profile
from console.client.services.clock import SystemClock
from console.client.services.connection import ConnectionState
from console.client.services.corrections import SavedState
from console.contract.base import canonical_json
from console.contract.conversations import Conversation
from console.contract.corrections import Correction
from tests.client.desk import until
from tests.client.test_queue_filter import row
from tests.desk.child import Backend
from tests.desk.seat import Seat, console, seated
from tests.desk.stock import BETTER, leave_unreadable, stock, written
from tests.desk.stories import ANSWER, ANSWER_TURN
from tests.desk.test_accessibility import nameless
from tests.desk.test_untrusted_text import HOSTILE, alive, words

REASON = "It does not fit the turn."

Sit = Callable[[], AbstractAsyncContextManager[Seat]]


class Later(SystemClock):
    """A clock that stands a month after the line was last up."""

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 10, 41, tzinfo=UTC)


LAST_ONLINE = datetime(2026, 10, 24, 9, 2, tzinfo=UTC)


@pytest.fixture
def away(app: QApplication, tmp_path: Path) -> Sit:
    """Ana at her profile, with no backend to be reached, a month after it was last heard of."""

    @asynccontextmanager
    async def sit() -> AsyncIterator[Seat]:
        place = seated(app, tmp_path, lambda: None, wait=False, clock=Later(), last_online=LAST_ONLINE)
        async with place as ana:
            await until(lambda: ana.status.connection.text() == "Offline since 24 Oct")
            yield ana

    return sit


@pytest.fixture
def at_work(app: QApplication, backend: Backend, tmp_path: Path) -> Sit:
    """Ana at her profile, with the backend there."""
    return lambda: seated(app, tmp_path, lambda: backend.url)


def listed(ana: Seat) -> list[SavedState]:
    model = ana.outbox.model
    return [model.row_at(place).entry.state for place in range(model.rowCount())]


def save_as(ana: Seat, path: Path) -> None:
    """Type a name into the file dialog that is open, and accept it."""
    dialog = ana.app.activeModalWidget()
    assert isinstance(dialog, QFileDialog)
    name = dialog.findChild(QLineEdit)
    name.setText(str(path))
    name.setFocus()
    ana.press("Return")


async def test_a_month_without_the_backend_reads_well(away: Sit, tmp_path: Path) -> None:
    await stock(tmp_path, [written(number, "c-1") for number in range(38)], rows=[row("c-1")])
    async with away() as ana:
        assert ana.status.saving.text() == "38 corrections wait here"
        assert ana.queue.summary.text() == "as of 24 Oct"
        ana.press("w")
        said = ana.outbox.line.accessibleName()
        assert said.startswith("Offline since 24 Oct. Last try ")
        assert ", next " in said
        assert "stays as long as that takes" in ana.outbox.detail.next.text()


async def test_everything_that_is_not_stored_is_listed_with_how_far_it_is(away: Sit, tmp_path: Path) -> None:
    waiting = [written(1, "c-1"), written(2, "c-2")]
    await stock(tmp_path, waiting, [(written(3, "c-1"), REASON)], [written(4, "c-1")], [row("c-1")])
    leave_unreadable(tmp_path, "c-3")
    async with away() as ana:
        assert ana.status.saving.text() == "2 corrections wait here, 1 refused, kept here, 1 not readable here"
        assert ana.window.rail.outbox.accessibleDescription() == "4", "late ones are stored"
        ana.click(ana.status.saving)
        assert [state.value for state in listed(ana)] == ["refused", "saved_here", "saved_here", "late", "unreadable"]
        assert ana.outbox.tabs.accessibleDescription() == "All 5"
        shown = [ana.outbox.model.index(place).data() for place in range(5)]
        assert shown[0].startswith("Jordan Meyer, turn 4, refused. The parcel was left")
        assert shown[2].startswith("Conversation c-2, turn 4, saved here.")
        assert "not readable here" in shown[4]
        assert ana.outbox.detail.reason.text() == REASON
        for tab, states in (("Waiting", ["saved_here"] * 2), ("Late", ["late"]), ("Unreadable", ["unreadable"])):
            ana.outbox.tabs.choose(["All", "Waiting", "Refused", "Late", "Unreadable"].index(tab))
            assert [state.value for state in listed(ana)] == states


async def test_what_cannot_be_read_here_is_not_called_stored(away: Sit, tmp_path: Path) -> None:
    await stock(tmp_path)
    leave_unreadable(tmp_path, "c-3")
    async with away() as ana:
        assert ana.status.saving.text() == "1 not readable here"
        assert ana.status.saving.accessibleName() == "Outbox: 1 not readable here"


async def test_with_a_token_that_is_no_longer_accepted_it_asks_to_sign_in_again(
    app: QApplication, backend: Backend, tmp_path: Path
) -> None:
    await stock(tmp_path, [written(1, "c-1")], key="withdrawn")
    there: list[str | None] = [None]
    async with seated(app, tmp_path, lambda: there[0], "withdrawn", wait=False) as ana:
        await until(lambda: ana.session.connection.state is ConnectionState.OFFLINE)
        ana.press("w")
        assert "by itself when the backend is back" in ana.outbox.detail.next.text()
        there[0] = backend.url
        ana.session.reconnect()
        await until(lambda: ana.status.connection.text() == "Signed out: sign in again")
        await until(lambda: listed(ana) == [SavedState.SAVED_HERE])
        said = ana.outbox.detail.next.text()
        assert "Sign in again" in said
        assert "by itself" not in said
        assert ana.outbox.line.accessibleName() == "The backend does not accept this token. Sign in again."


async def test_names_come_from_the_copy_kept_here_where_the_queue_no_longer_holds_it(
    at_work: Sit, away: Sit, case: Conversation, tmp_path: Path
) -> None:
    async with at_work() as ana:
        await ana.choose(case.id)
    await stock(tmp_path, [written(1, case.id)])
    async with away() as ana:
        ana.press("w")
        await until(lambda: ana.outbox.detail.name.accessibleName() == "Maria Berg")
        assert ana.outbox.detail.ask.text() == "Wants the parcel."


async def test_w_opens_it_and_esc_leads_back(seat: Seat, case: Conversation) -> None:
    await seat.choose(case.id)
    seat.press("w")
    assert seat.outbox.isVisible()
    assert not seat.conversation.isVisible()
    assert not seat.inspector.isVisible()
    assert "Everything you submitted is stored." in seat.labels(seat.outbox)
    seat.press("c", "]", "Ctrl+Return")
    assert seat.session.conversations.held(case.id) is None, "what is not seen is not worked on"
    seat.press("Esc")
    assert seat.conversation.isVisible()
    assert seat.inspector.isVisible()
    seat.click(seat.window.rail.outbox)
    assert seat.outbox.isVisible()
    seat.click(seat.window.rail.inbox)
    assert seat.conversation.isVisible()
    seat.press("c")
    await until(lambda: seat.session.conversations.held(case.id) is not None)


async def test_a_conversation_chosen_in_the_queue_takes_the_outbox_s_place(seat: Seat, case: Conversation) -> None:
    seat.press("w")
    await seat.choose(case.id)
    assert seat.conversation.isVisible()
    assert not seat.outbox.isVisible()


async def test_what_is_sent_again_is_stored_once(
    at_work: Sit, case: Conversation, backend: Backend, tmp_path: Path
) -> None:
    backend.claim("ana", case.id)
    await stock(tmp_path, refused=[(written(1, case.id), REASON)])
    async with at_work() as ana:
        ana.press("w", "s")
        await until(lambda: ana.status.saving.text() == "All stored" and ana.outbox.nothing.isVisible())
        (record,) = backend.corrections(case.id).records
        assert record.correction.corrected_text == BETTER


async def test_what_the_backend_refuses_says_why_and_stays(at_work: Sit, case: Conversation, tmp_path: Path) -> None:
    unfit = written(1, case.id, original_sha256="0" * 64)
    await stock(tmp_path, [unfit])
    async with at_work() as ana:
        await until(lambda: ana.status.saving.text() == "1 refused, kept here")
        ana.click(ana.status.saving)
        assert ana.outbox.detail.reason.text() == ana.session.corrections.outbox()[0].reason
        ana.press("s")
        await until(lambda: listed(ana) == [SavedState.REFUSED])


async def test_all_that_was_refused_can_be_sent_again_at_once(
    at_work: Sit, case: Conversation, backend: Backend, tmp_path: Path
) -> None:
    backend.claim("ana", case.id)
    await stock(tmp_path, refused=[(written(number, case.id), REASON) for number in range(3)])
    async with at_work() as ana:
        ana.press("w")
        assert ana.outbox.resend_all.text() == "Send 3 refused again"
        ana.click(ana.outbox.resend_all)
        await until(lambda: ana.status.saving.text() == "All stored")
        assert len(backend.corrections(case.id).records) == 3


async def test_edit_again_opens_the_turn_with_the_words_in_the_editor(
    at_work: Sit, case: Conversation, backend: Backend, tmp_path: Path
) -> None:
    await stock(tmp_path, refused=[(written(1, case.id), REASON)])
    async with at_work() as ana:
        ana.press("w", "e")
        await ana.until_editing()
        assert (ana.shown, ana.turn) == (case.id, ANSWER_TURN)
        assert ana.editor.answer.toPlainText() == BETTER
        assert ana.session.corrections.outbox() == ()
        await until(lambda: ana.session.conversations.held(case.id) is not None)
        ana.type(" Sorry.")
        ana.press("Ctrl+Return")
        await until(lambda: ana.states(case.id) == [SavedState.STORED])
        (record,) = backend.corrections(case.id).records
        assert record.correction.corrected_text == BETTER + " Sorry."


async def test_edit_again_takes_the_place_of_an_open_correction_nobody_worked_on(
    at_work: Sit, case: Conversation, tmp_path: Path
) -> None:
    await stock(tmp_path, refused=[(written(1, case.id), REASON)])
    async with at_work() as ana:
        await ana.correct(case.id, ANSWER_TURN)
        ana.inspector.reopen_pressed.emit(written(1, case.id).id)
        await until(lambda: ana.editor.answer.toPlainText() == BETTER)
        await until(lambda: ana.editor.isVisible() and not ana.presenter._door._running)
        assert ana.session.conversations.held(case.id) is not None
        assert not ana.editor.is_read_only
        ana.press("Esc", "Esc")
        await until(lambda: not ana.editor.isVisible() and not ana.presenter._door._running)
        (draft,) = await ana.session.corrections.drafts()
        assert draft.text == BETTER


async def test_edit_again_covers_nothing_that_is_being_typed(at_work: Sit, case: Conversation, tmp_path: Path) -> None:
    await stock(tmp_path, refused=[(written(1, case.id), REASON)])
    async with at_work() as ana:
        await ana.correct(case.id, ANSWER_TURN)
        with sqlite3.connect(tmp_path / "profile.db", isolation_level=None) as other:
            other.execute("CREATE TRIGGER full BEFORE INSERT ON draft BEGIN SELECT RAISE(ABORT, 'full'); END")
            ana.type(" Sorry.")
            await until(lambda: ana.editor.state.text().startswith("Not saved"))
            other.execute("DROP TRIGGER full")
        other.close()
        for press in ((), ("Esc", "Esc")):
            ana.press(*press)
            ana.notice.hide()
            ana.inspector.reopen_pressed.emit(written(1, case.id).id)
            await until(lambda: "This turn has another draft" in ana.notice.words.text() and ana.notice.isVisible())
            assert [entry.state for entry in ana.session.corrections.outbox()] == [SavedState.REFUSED]
        await ana.correct(case.id, ANSWER_TURN)
        assert ana.editor.answer.toPlainText() == ANSWER + " Sorry."


async def test_edit_again_changes_nothing_where_the_conversation_cannot_be_read(away: Sit, tmp_path: Path) -> None:
    await stock(tmp_path, refused=[(written(1, "c-9"), REASON)])
    async with away() as ana:
        ana.press("w", "e")
        await until(ana.notice.isVisible)
        assert [entry.state for entry in ana.session.corrections.outbox()] == [SavedState.REFUSED]
        assert await ana.session.corrections.drafts() == ()


async def test_enter_opens_the_conversation_at_that_turn(at_work: Sit, case: Conversation, tmp_path: Path) -> None:
    await stock(tmp_path, refused=[(written(1, case.id, turn=2), REASON)])
    async with at_work() as ana:
        ana.press("w", "Return")
        await until(lambda: (ana.shown, ana.turn) == (case.id, 2))
        assert ana.conversation.isVisible()


async def test_a_discard_says_what_is_lost_and_keeps_it_unless_that_is_confirmed(
    at_work: Sit, case: Conversation, backend: Backend, tmp_path: Path
) -> None:
    await stock(tmp_path, refused=[(written(1, case.id), REASON)])
    async with at_work() as ana:
        ana.press("w", "Del")
        lost = ana.outbox.detail.confirmation.words.text()
        assert "1 changed passage, 2 error codes and the note" in lost
        assert ana.outbox.detail.confirmation.leave.hasFocus(), "the first key that comes keeps it"
        ana.press("Space")
        assert not ana.outbox.detail.confirmation.is_asking
        assert listed(ana) == [SavedState.REFUSED]
        ana.press("Del", "Tab", "Space")
        await until(lambda: ana.status.saving.text() == "All stored")
        assert ana.session.corrections.outbox() == ()
        assert backend.corrections(case.id).records == ()


async def test_esc_keeps_what_was_to_be_discarded_before_it_leads_back(away: Sit, tmp_path: Path) -> None:
    await stock(tmp_path, refused=[(written(1, "c-1"), REASON)])
    async with away() as ana:
        ana.press("w", "Del", "Esc")
        assert not ana.outbox.detail.confirmation.is_asking
        assert ana.outbox.isVisible()
        ana.press("Esc")
        assert not ana.outbox.isVisible()


async def test_only_what_was_refused_can_be_discarded_or_changed(away: Sit, tmp_path: Path) -> None:
    await stock(tmp_path, [written(1, "c-1")], rows=[row("c-1")])
    async with away() as ana:
        ana.press("w", "Del", "e", "s")
        detail = ana.outbox.detail
        assert not detail.confirmation.is_asking
        assert not any(button.isVisible() for button in (detail.resend, detail.reopen, detail.discard))
        await until(lambda: not ana.presenter._door._running)
        assert [entry.state for entry in ana.session.corrections.outbox()] == [SavedState.SAVED_HERE]


async def test_the_inspector_asks_in_the_outbox_before_it_discards(
    at_work: Sit, case: Conversation, tmp_path: Path
) -> None:
    await stock(tmp_path, refused=[(written(1, case.id), REASON), (written(2, case.id), REASON)])
    async with at_work() as ana:
        await ana.choose(case.id)
        ana.inspector.discard_pressed.emit(written(2, case.id).id)
        assert ana.outbox.detail.confirmation.is_asking
        assert ana.outbox.current.entry.correction == written(2, case.id)


async def test_a_copy_is_the_whole_correction(away: Sit, tmp_path: Path, clipboard: QClipboard) -> None:
    await stock(tmp_path, [written(1, "c-1")])
    async with away() as ana:
        ana.press("w", "Ctrl+C")
        assert Correction.model_validate_json(clipboard.text()) == written(1, "c-1")


async def test_an_export_is_the_canonical_form_with_the_reason_and_never_over_another_file(
    away: Sit, tmp_path: Path
) -> None:
    said = [written(number, "c-1") for number in range(3)]
    await stock(tmp_path, said[1:], [(said[0], REASON)])
    leave_unreadable(tmp_path, "c-2")
    path = tmp_path / "kept.jsonl"
    async with away() as ana:
        ana.press("w", "Ctrl+S")
        save_as(ana, path)
        await until(lambda: ana.notice.words.text() == "3 corrections are in kept.jsonl.")
        lines = path.read_bytes().splitlines()
        assert [json.loads(line)["refusal"] for line in lines] == [REASON, None, None]
        for line, correction in zip(lines, said, strict=True):
            assert canonical_json(correction) in line
        assert path.stat().st_mode & 0o777 == 0o600
        ana.press("j")
        ana.click(ana.outbox.detail.export)
        save_as(ana, path)
        await until(lambda: "is there already" in ana.notice.words.text())
        assert path.read_bytes().splitlines() == lines
        assert sorted(each.name for each in tmp_path.glob("*kept*")) == ["kept.jsonl"]


async def test_five_hundred_can_be_gone_through_by_key(away: Sit, tmp_path: Path) -> None:
    await stock(tmp_path, [written(number, f"c-{number % 9}") for number in range(500)])
    async with away() as ana:
        ana.press("w", "j", "j", "k")
        assert ana.outbox.list.currentIndex().row() == 1
        ana.press("End")
        assert ana.outbox.current.entry.key == written(499, "c-4").id
        assert ana.outbox.list.visualRect(ana.outbox.list.currentIndex()).isValid()
        assert ana.window.rail.outbox.accessibleDescription() == "500"


async def test_the_entry_in_focus_stays_in_focus_while_others_are_delivered(
    at_work: Sit, case: Conversation, backend: Backend, tmp_path: Path
) -> None:
    refused = [(written(8, case.id), REASON), (written(9, case.id), REASON)]
    backend.claim("ana", case.id)
    await stock(tmp_path, [written(number, case.id) for number in range(5)], refused)
    async with at_work() as ana:
        ana.press("w", "j")
        await until(lambda: ana.outbox.model.rowCount() == 2)
        assert ana.outbox.current.entry.key == written(9, case.id).id


async def test_nothing_in_it_is_nameless(away: Sit, tmp_path: Path) -> None:
    await stock(tmp_path, [written(1, "c-1")], [(written(2, "c-1"), REASON)], [written(3, "c-1")])
    leave_unreadable(tmp_path, "c-2")
    async with away() as ana:
        ana.press("w")
        for place in range(5):
            ana.outbox.tabs.choose(place)
            assert nameless(ana.window) == []
        ana.outbox.tabs.choose(2)
        ana.press("Del")
        assert nameless(ana.window) == []
        assert ana.status.saving.accessibleName().startswith("Outbox: ")


async def test_what_it_shows_is_shown_letter_by_letter(away: Sit, tmp_path: Path) -> None:
    hostile = written(1, "c-1", corrected_text=f"{HOSTILE} {ANSWER}", hunks=(), note=HOSTILE)
    await stock(tmp_path, refused=[(hostile, HOSTILE)], rows=[row("c-1", customer_name=HOSTILE, ask=HOSTILE)])
    async with away() as ana:
        ana.press("w")
        assert alive(ana.window) == []
        assert sum(HOSTILE in line for line in words(ana)) >= 4


async def test_what_was_stored_late_shows_the_words_this_computer_keeps(away: Sit, tmp_path: Path) -> None:
    await stock(tmp_path, late=[written(1, "c-1")])
    async with away() as ana:
        assert ana.status.saving.text() == "All stored"
        ana.press("w")
        await until(lambda: ana.outbox.detail.words.text() == BETTER)
        assert "A QA lead decides" in ana.outbox.detail.next.text()


async def test_a_conversation_kept_here_says_of_which_day_it_is(
    at_work: Sit, away: Sit, case: Conversation, tmp_path: Path
) -> None:
    async with at_work() as ana:
        await ana.choose(case.id)
    async with away() as ana:
        await ana.choose(case.id)
        read_at = ana.session.conversations.get(case.id).server_time.astimezone()
        await until(lambda: ana.conversation.stale.accessibleName() != "")
        said = ana.conversation.stale.accessibleName()
        assert said in (f"read {read_at:%H:%M}", f"read {read_at.day} {read_at:%b}")


async def test_whoever_sits_down_next_finds_no_words_of_another(
    app: QApplication, backend: Backend, tmp_path: Path
) -> None:
    await stock(tmp_path, refused=[(written(1, "c-1"), REASON)])
    async with seated(app, tmp_path, lambda: backend.url) as ana:
        ana.press("w")
        assert ana.outbox.model.rowCount() == 1
        await ana.presenter.stop()
        assert not ana.outbox.isVisible()
        assert ana.outbox.model.rowCount() == 0
        assert not any(BETTER in line for line in ana.labels())


async def test_a_question_that_no_longer_holds_is_taken_back(
    at_work: Sit, case: Conversation, backend: Backend, tmp_path: Path
) -> None:
    backend.claim("ana", case.id)
    await stock(tmp_path, refused=[(written(number, case.id), REASON) for number in range(2)])
    async with at_work() as ana:
        ana.press("w", "Del")
        ana.click(ana.outbox.resend_all)
        await until(lambda: ana.status.saving.text() == "All stored")
        assert not ana.outbox.detail.confirmation.is_asking


async def test_an_empty_outbox_exports_nothing(seat: Seat) -> None:
    seat.press("w", "Ctrl+S")
    assert seat.app.activeModalWidget() is None
    assert "nothing here that could be exported" in seat.notice.words.text()


async def test_nobody_sees_another_s_outbox(app: QApplication, backend: Backend, tmp_path: Path) -> None:
    await stock(tmp_path, refused=[(written(1, "c-1"), REASON)])
    async with seated(app, tmp_path, lambda: backend.url, "ben") as ben:
        ben.press("w")
        assert ben.outbox.model.rowCount() == 0
        assert ben.status.saving.text() == "All stored"


async def test_a_desk_remembers_when_its_backend_answered_last(app: QApplication, tmp_path: Path) -> None:
    profile = Profile(tmp_path, sample=True)
    assert profile.last_online() is None
    began = datetime.now(UTC) - timedelta(seconds=1)
    async with console(app, tmp_path) as desk:
        await until(lambda: desk.window.status.connection.text() == "Connected")
    assert began <= profile.last_online() <= datetime.now(UTC)


async def test_times_are_as_short_as_is_clear(away: Sit, tmp_path: Path) -> None:
    at = Later().now()
    dates = [at - timedelta(hours=1), at - timedelta(days=2), at - timedelta(days=400)]
    await stock(tmp_path, [written(n, "c-1", submitted_at=when) for n, when in enumerate(dates)])
    async with away() as ana:
        ana.press("w")
        said = []
        for _ in dates:
            said.append(ana.outbox.detail.when.text())
            ana.press("j")
        today, this_year, before = (f"{when.astimezone():%H:%M}" for when in dates)
        assert said == [
            f"Turn 4, submitted at {today}",
            f"Turn 4, submitted 21 Nov, {this_year}",
            f"Turn 4, submitted 19 Oct 2025, {before}",
        ]


async def test_what_was_damaged_is_told_of_with_the_place_of_the_damaged_file(
    app: QApplication, tmp_path: Path
) -> None:
    await stock(tmp_path, [written(1, "c-1", note="Say six.")])
    file = Profile(tmp_path, sample=True).store_path
    file.write_bytes((tmp_path / "profile.db").read_bytes().replace(b"Say six.", b"Say ten."))
    async with console(app, tmp_path) as desk:
        await until(lambda: "1 drafts or corrections cannot be read here" in desk.window.notice.words.text())
        (damaged,) = file.parent.glob("*.damaged-*Z.db")
        said = desk.window.notice.words.text().replace("\u200b", "")  # where a long name may break
        assert f"the damaged file is kept at {damaged}." in said
        await until(lambda: "1 not readable here" in desk.window.status.saving.text())
