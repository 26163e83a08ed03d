"""What is saved here reaches the backend exactly once, whatever happens on the way; at a real backend."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.client.domain.drafts import with_text
from console.client.services.corrections import SavedState
from console.client.services.errors import DraftExistsError
from console.contract.ids import ConversationId
from tests.client.desk import AI_TURN, desk, until
from tests.client.restarting import Backend
from tests.client.test_local_store import as_another_version
from tests.client.wire import Wire
from tests.server.world import conversation

pytestmark = pytest.mark.anyio


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    backend = Backend(tmp_path)
    backend.start().load(conversation("c-1"), conversation("c-2"))
    yield backend
    backend.stop()


async def test_a_submitted_correction_is_stored_and_its_mark_goes_all_the_way(backend: Backend, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await ana.session.conversations.claim(ConversationId("c-1"))
        seen: list[SavedState] = []
        ana.session.changes.subscribe(lambda _: seen.extend(ana.states("c-1")))
        submitted = await ana.correct("c-1")
        assert ana.states("c-1") == [SavedState.SAVED_HERE]
        await until(lambda: ana.states("c-1") == [SavedState.STORED])
        assert backend.stored() == [submitted]
        assert SavedState.SENT in seen
        assert ana.session.corrections.pending_count == 0
        await until(lambda: ana.count("c-1") == 1)


async def test_work_goes_on_without_the_backend_and_is_delivered_once_when_it_returns(
    backend: Backend, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        await ana.session.conversations.open(ConversationId("c-1"))
        backend.stop()
        await until(lambda: not ana.online)
        assert (await ana.session.conversations.open(ConversationId("c-1"))).conversation.id == "c-1"
        assert ana.session.conversations.stale_since(ConversationId("c-1")) is not None
        submitted = await ana.correct("c-1")
        assert ana.states("c-1") == [SavedState.SAVED_HERE]
        assert ana.count("c-1") == 1
        assert ana.session.corrections.pending_count == 1
        backend.start()
        ana.session.reconnect()
        await until(lambda: ana.session.corrections.pending_count == 0)
        assert backend.stored() == [submitted]


async def test_what_was_saved_in_one_run_is_delivered_in_the_next(backend: Backend, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await ana.session.conversations.open(ConversationId("c-1"))
        backend.stop()
        submitted = await ana.correct("c-1")
    async with desk(tmp_path, lambda: backend.url) as ana:
        assert [row.conversation_id for row in ana.session.queue.rows] == ["c-1", "c-2"]
        assert ana.states("c-1") == [SavedState.SAVED_HERE]
        backend.start()
        ana.session.reconnect()
        await until(lambda: ana.session.corrections.pending_count == 0)
        assert backend.stored() == [submitted]


async def test_an_answer_lost_after_the_commit_makes_no_second_record(backend: Backend, tmp_path: Path) -> None:
    wire = Wire()
    assert backend.url is not None
    async with wire.to(backend.url) as url, desk(tmp_path, lambda: url) as ana:
        await until(lambda: ana.online)
        await ana.session.conversations.open(ConversationId("c-1"))
        wire.lose_answers = True
        submitted = await ana.correct("c-1")
        await until(lambda: wire.lost > 0 and ana.states("c-1") == [SavedState.SAVED_HERE])
        assert backend.stored() == [submitted]
        wire.lose_answers = False
        ana.session.reconnect()
        await until(lambda: ana.session.corrections.pending_count == 0)
        assert backend.stored() == [submitted]
        assert [delivery.receipt.id for delivery in await ana.store.deliveries(ana.session.me.user_id)] == [submitted]


async def test_what_is_garbled_on_the_way_is_sent_again(backend: Backend, tmp_path: Path) -> None:
    wire = Wire()
    assert backend.url is not None
    async with wire.to(backend.url) as url, desk(tmp_path, lambda: url) as ana:
        await until(lambda: ana.online)
        wire.garble = b"Your refund takes five days.", b"Your refund takes nine days."
        submitted = await ana.correct("c-1", "Your refund takes five days.")
        await until(lambda: wire.garble is None and ana.session.corrections.pending_count == 0)
        assert [status.state for status in ana.session.corrections.states(ConversationId("c-1"))] == [SavedState.LATE]
        assert backend.stored() == [submitted]


async def test_a_refused_correction_is_kept_with_its_reason_and_stands_in_nobodys_way(
    backend: Backend, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        draft = await ana.finished_draft("c-1")
        refused = await ana.session.corrections.submit(draft.model_copy(update={"turn": AI_TURN + 1}))
        sent = [await ana.correct("c-1"), await ana.correct("c-2")]
        await until(lambda: ana.session.corrections.pending_count == 0)
        assert sorted(backend.stored()) == sorted(sent)
        (found,) = [status for status in ana.session.corrections.states(ConversationId("c-1")) if status.id == refused]
        assert found.state is SavedState.REFUSED
        assert found.reason is not None
        assert "Only a turn of the AI can be corrected" in found.reason
        assert [status.id for _, status in ana.session.corrections.refused()] == [refused]

        await ana.session.corrections.retry(refused)
        await until(lambda: len(ana.session.corrections.refused()) == 1)
        await ana.session.corrections.discard_refused(refused)
        assert ana.session.corrections.refused() == ()
        with pytest.raises(KeyError):
            await ana.session.corrections.discard_refused(sent[0])


async def test_a_refused_correction_shows_as_refused_even_where_its_id_is_stored_with_other_words(
    backend: Backend, tmp_path: Path
) -> None:
    async with desk(tmp_path / "a", lambda: backend.url) as one, desk(tmp_path / "b", lambda: backend.url) as other:
        draft = await one.finished_draft("c-1")
        await one.session.corrections.submit(draft)
        await until(lambda: one.session.corrections.pending_count == 0)
        await other.session.conversations.open(ConversationId("c-1"))
        await other.session.corrections.submit(with_text(draft, "Your refund takes six days."))
        await until(lambda: other.states("c-1") == [SavedState.REFUSED])
        (status,) = other.session.corrections.states(ConversationId("c-1"))
        assert status.reason
        words = other.session.corrections.refused_correction(draft.id)
        assert words.corrected_text == "Your refund takes six days."

        newer = with_text(await other.finished_draft("c-1"), "Seven.")
        await other.session.corrections.save_draft(newer)
        with pytest.raises(DraftExistsError, match="another draft"):
            await other.session.corrections.reopen(draft.id)
        await other.session.corrections.discard_draft(newer)

        again = await other.session.corrections.reopen(draft.id)
        assert again.text == "Your refund takes six days."
        assert await other.session.corrections.drafts() == (again,)
        assert other.session.corrections.refused() == ()
        await other.session.corrections.submit(again)
        await until(lambda: other.session.corrections.pending_count == 0)
        assert backend.stored() == [draft.id, again.id]
        with pytest.raises(KeyError):
            other.session.corrections.refused_correction(again.id)


async def test_what_another_version_left_in_the_outbox_keeps_no_session_from_starting(
    backend: Backend, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await ana.session.conversations.open(ConversationId("c-1"))
        backend.stop()
        left = await ana.correct("c-1")
    as_another_version(tmp_path / "profile.db", "outbox", id=left)
    async with desk(tmp_path, lambda: backend.url) as ana:
        assert [kept.id for kept in ana.session.corrections.unreadable] == [left]
        backend.start()
        ana.session.reconnect()
        sent = await ana.correct("c-2")
        await until(lambda: ana.session.corrections.pending_count == 0)
        assert backend.stored() == [sent]


async def test_an_author_sends_only_their_own(backend: Backend, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await ana.session.conversations.open(ConversationId("c-1"))
        backend.stop()
        of_ana = await ana.correct("c-1")
    backend.start()
    async with desk(tmp_path, lambda: backend.url, who="ben") as ben:
        of_ben = await ben.correct("c-2")
        await until(lambda: ben.session.corrections.pending_count == 0)
        assert backend.stored() == [of_ben]
        assert ben.states("c-1") == []
        assert [item.correction.id for item in await ben.store.outbox(ana.session.me.user_id)] == [of_ana]
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.session.corrections.pending_count == 0)
        assert sorted(backend.stored()) == sorted([of_ben, of_ana])


async def test_a_draft_submitted_twice_is_one_correction(backend: Backend, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        draft = await ana.finished_draft("c-1")
        await ana.session.corrections.save_draft(draft)
        await ana.session.corrections.submit(draft)
        await ana.session.corrections.submit(draft)
        await ana.session.corrections.save_draft(draft)
        assert await ana.session.corrections.drafts() == ()
        await until(lambda: ana.session.corrections.pending_count == 0)
        assert backend.stored() == [draft.id]


async def test_two_desks_that_submit_other_words_from_one_draft_store_both(backend: Backend, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as one, desk(tmp_path, lambda: backend.url) as other:
        draft = await one.finished_draft("c-1")
        await one.session.corrections.save_draft(draft)
        also_open = await other.session.corrections.draft(ConversationId("c-1"), AI_TURN)
        first = await one.session.corrections.submit(draft)
        await until(lambda: one.session.corrections.pending_count == 0)
        edited = with_text(also_open, "Your refund takes six days.")
        second = await other.session.corrections.submit(edited)
        await until(lambda: other.session.corrections.pending_count == 0)
        assert backend.stored() == [first, second]


async def test_a_draft_written_on_at_another_desk_after_it_was_submitted_is_a_draft_of_its_own(
    backend: Backend, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as one, desk(tmp_path, lambda: backend.url) as other:
        draft = await one.finished_draft("c-1")
        first = await one.session.corrections.submit(draft)
        await other.session.corrections.save_draft(with_text(draft, "Your refund takes six days."))
        found = await one.session.corrections.draft(ConversationId("c-1"), AI_TURN)
        assert found.text == "Your refund takes six days."
        longer = with_text(found, "Your refund takes six days at most.")
        await one.session.corrections.save_draft(longer)
        assert await one.session.corrections.drafts() == (longer,)
        second = await one.session.corrections.submit(longer)
        await until(lambda: one.session.corrections.pending_count == 0)
        assert backend.stored() == [first, second]


async def test_a_correction_under_a_claim_somebody_else_took_is_kept_as_late(backend: Backend, tmp_path: Path) -> None:
    assert backend.now is not None
    async with desk(tmp_path, lambda: backend.url) as ana:
        await ana.session.conversations.claim(ConversationId("c-1"))
        backend.now.clock.move(hours=1)
        assert backend.now.client("ben").post("/v1/conversations/c-1/claim").is_success
        await ana.correct("c-1")
        await until(lambda: ana.states("c-1") == [SavedState.LATE])
