"""The inbox: whose rows the tabs hold, the way through them by key, filters, and what an empty one says."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from console.contract.conversations import Gate, Tier
from tests.client.desk import until
from tests.desk.child import Backend, serving
from tests.desk.seat import Seat, seated
from tests.desk.stories import story

Sit = Callable[[str], AbstractAsyncContextManager[Seat]]


@pytest.fixture(scope="module")
def small_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """Three for Tier 1, most urgent first, two for Tier 2, and one that only QA looks at."""
    with serving(tmp_path_factory.mktemp("small")) as backend:
        backend.load(
            story("first", customer="Nora Holm", gate=Gate.CONFIDENCE, topic="refund", waiting_min=20),
            story("second", customer="Ivo Kral", gate=Gate.SENTIMENT, topic="delivery", waiting_min=10),
            story("third", customer="Lea Roth", gate=Gate.CUSTOMER_ASKED, topic="refund", waiting_min=5),
            story("special-1", customer="Pia Lund", gate=Gate.POLICY, topic="refund", tier=Tier.SPECIALIST),
            story("special-2", customer="Otto Berg", gate=Gate.POLICY, topic="compliance", tier=Tier.SPECIALIST),
        )
        backend.load(story("unasked", customer="Jo Park", topic="orders", handed_off=False), queue_all=True)
        yield backend


@pytest.fixture
def office(small_backend: Backend) -> Iterator[Backend]:
    yield small_backend
    small_backend.free_all()


@pytest.fixture
def sit(app: QApplication, office: Backend, tmp_path: Path) -> Sit:
    return lambda who: seated(app, tmp_path / who, lambda: office.url, who)


@pytest.fixture
def ana(sit: Sit) -> AbstractAsyncContextManager[Seat]:
    return sit("ana")


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("ana", ["Mine 0", "Unassigned 2", "Tier 2 2", "All 6"]),
        ("ben", ["Mine 1", "Unassigned 2", "Tier 2 2", "All 6"]),
        ("tove", ["Mine 0", "Unassigned 4", "Tier 2 2", "All 6"]),
        ("qin", ["Mine 0", "Unassigned 5", "Tier 2 2", "All 6"]),
        ("olga", ["Mine 0", "Unassigned 5", "Tier 2 2", "All 6"]),
    ],
)
async def test_each_tab_counts_what_it_holds_for_the_chair(
    who: str, said: list[str], office: Backend, sit: Sit
) -> None:
    office.claim("ben", "first")
    async with sit(who) as seat:
        await until(lambda: len(seat.session.queue.rows) == 6)
        assert seat.counts() == said


async def test_each_tab_lists_what_it_counts_most_urgent_first(office: Backend, ana: Seat) -> None:
    office.claim("ana", "second")
    await until(lambda: "second" not in ana.listed())
    listed = {}
    for key, name in enumerate(("mine", "unassigned", "tier 2", "all"), 1):
        ana.press(f"Ctrl+{key}")
        listed[name] = ana.listed()
    assert listed["mine"] == ["second"]
    assert listed["unassigned"] == ["first", "third"]
    assert set(listed["tier 2"]) == {"special-1", "special-2"}
    assert [row for row in listed["all"] if row in ("first", "second", "third")] == ["first", "second", "third"]


async def test_j_and_k_go_through_the_list_and_stop_at_its_ends(ana: Seat) -> None:
    walked = []
    for key in ("j", "j", "j", "j", "k", "k", "k"):
        ana.press(key)
        walked.append(ana.queue.model.row_at(ana.queue.list.currentIndex().row()).conversation_id)
    assert walked == ["first", "second", "third", "third", "second", "first", "first"]
    await until(lambda: ana.shown == "first")


async def test_enter_opens_the_row_that_the_arrow_keys_reached(ana: Seat) -> None:
    ana.press("/", "Esc")
    assert ana.queue.list.currentIndex().row() == 0, "the list has the keys, at its first row"
    ana.press("Down", "Return")
    await until(lambda: ana.shown == "second")


async def test_a_click_opens_a_row(ana: Seat) -> None:
    await ana.choose("third")
    assert ana.conversation.name.accessibleName() == "Lea Roth"


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("gate:confidence", ["first"]),
        ("topic:refund", ["first", "third"]),
        ("topic:refund gate:customer_asked", ["third"]),
        ("roth", ["third"]),
        ("is:unassigned topic:delivery", ["second"]),
    ],
)
async def test_slash_filters_by_tokens_and_words(typed: str, left: list[str], ana: Seat) -> None:
    ana.press("/")
    assert ana.status.mode.text() == "EDIT"
    ana.type(typed)
    assert ana.listed() == left


async def test_esc_goes_back_from_the_filter_to_the_list_and_keys_are_commands_again(ana: Seat) -> None:
    ana.press("/")
    ana.type("jkn")
    assert ana.shown is None, "what is typed into the filter runs no command"
    ana.press("Backspace", "Backspace", "Backspace", "Esc")
    assert ana.status.mode.text() == "NAVIGATE"
    ana.press("Return")
    await until(lambda: ana.shown == "first")
    ana.press("j")
    await until(lambda: ana.shown == "second")


async def test_enter_in_the_filter_opens_the_first_match(ana: Seat) -> None:
    ana.press("/")
    ana.type("delivery")
    ana.press("Return")
    await until(lambda: ana.shown == "second")


async def test_a_filter_that_holds_nothing_says_so(ana: Seat) -> None:
    ana.press("/")
    ana.type("nobody of that name")
    assert ana.listed() == []
    assert ana.queue.empty.isVisible()
    assert "matches the filter" in ana.queue.empty.text()


async def test_the_row_under_work_stays_though_the_filter_no_longer_holds_it(ana: Seat) -> None:
    await ana.choose("second")
    ana.press("c")
    await until(lambda: ana.session.conversations.held("second") is not None)
    assert "second" in ana.listed(), "unassigned no longer, but under work"
    ana.press("/")
    ana.type("gate:customer_asked")
    assert ana.listed() == ["second", "third"]
    assert ana.queue.model.row_at(ana.queue.list.currentIndex().row()).conversation_id == "second"
    ana.press("Esc")
    await ana.choose("third")
    assert ana.listed() == ["third"], "the row left behind gives way"


async def test_n_takes_the_most_urgent_free_one_until_none_is_left_and_then_says_why(
    office: Backend, ana: Seat
) -> None:
    office.claim("ben", "first")
    for wanted in ("second", "third"):
        ana.press("n")
        await until(lambda wanted=wanted: ana.shown == wanted)
        assert ana.session.conversations.held(wanted) is not None
        assert ana.conversation.holder.accessibleName().startswith("You, ")
    ana.press("n")
    await until(ana.notice.isVisible)
    first = min(row.claim.expires_at for row in office.rows() if row.claim)
    assert "3 are held" in ana.notice.words.text()
    assert f"{first:%H:%M} UTC" in ana.notice.words.text() or f"{first.astimezone():%H:%M}" in ana.notice.words.text()
    assert ana.shown == "third"


async def test_an_empty_queue_says_how_many_are_held_and_until_when(office: Backend, ana: Seat) -> None:
    for held in ("first", "second", "third"):
        office.claim("ben", held)
    await until(lambda: not ana.listed())
    last = max(row.claim.expires_at for row in office.rows() if row.claim).astimezone()
    assert ana.queue.empty.isVisible()
    assert ana.queue.empty.text() == f"0 free, 3 held until {last:%H:%M} at the latest."
    assert ana.queue.summary.text() == "0 free, 3 held"
    ana.press("Ctrl+1")
    assert "You hold nothing." in ana.queue.empty.text()


async def test_what_another_holds_is_said_with_name_and_time(office: Backend, ana: Seat) -> None:
    await ana.choose("first")
    assert ana.conversation.holder.accessibleName() == "free"
    office.claim("ben", "first")
    (until_when,) = [row.claim.expires_at.astimezone() for row in office.rows() if row.claim]
    await until(lambda: ana.conversation.holder.accessibleName() == f"Ben Okafor until {until_when:%H:%M}")
    assert not ana.conversation.claim.isEnabled()
    spoken = ana.queue.list.currentIndex().data()
    assert "held by Ben Okafor" in spoken


async def test_a_claim_that_comes_too_late_is_refused_and_says_who_was_first(office: Backend, ana: Seat) -> None:
    await ana.choose("first")
    office.claim("ben", "first")
    ana.press("c")
    await until(ana.notice.isVisible)
    assert "Ben Okafor" in ana.notice.words.text()


async def test_c_claims_and_shift_c_gives_back_for_everybody_to_see(office: Backend, ana: Seat) -> None:
    await ana.choose("first")
    ana.press("c")
    await until(ana.conversation.release.isVisible)
    (held,) = [row for row in office.rows() if row.claim]
    assert (held.conversation_id, held.claim and held.claim.holder_id) == ("first", "ana")
    assert not ana.conversation.claim.isVisible()
    ana.press("Shift+C")
    await until(ana.conversation.claim.isVisible)
    assert not any(row.claim for row in office.rows())


async def test_shift_x_closes_what_one_holds_and_it_is_reopened_from_the_palette(office: Backend, ana: Seat) -> None:
    await ana.choose("first")
    ana.press("Shift+X")
    await until(ana.notice.isVisible)
    assert "Claim this conversation first" in ana.notice.words.text()
    ana.press("c")
    await until(ana.conversation.release.isVisible)
    ana.press("Shift+X")
    await until(lambda: ana.conversation.holder.accessibleName() == "closed")
    assert not ana.conversation.claim.isVisible()
    assert not ana.conversation.release.isVisible()
    await until(lambda: "first" not in [row.conversation_id for row in office.rows()])
    ana.press("c")
    await until(lambda: "Reopen this conversation" in ana.notice.words.text())
    ana.press("Ctrl+K")
    ana.type("reopen this")
    ana.press("Return")
    await until(ana.conversation.claim.isVisible)
    assert ana.conversation.holder.accessibleName() == "free"


async def test_what_one_only_looked_at_in_the_editor_is_closed_and_not_given_back(office: Backend, ana: Seat) -> None:
    await ana.choose("first")
    ana.press("e")
    await until(lambda: ana.editor.isVisible() and ana.conversation.release.isVisible())
    ana.press("Esc")
    ana.press("Shift+X")
    await until(lambda: ana.conversation.holder.accessibleName() == "closed")
    assert not ana.editor.isVisible()
    ana.window.commands.actions["open_again"].trigger()
    await until(lambda: ana.conversation.holder.accessibleName() == "free")


async def test_the_rail_shows_how_many_are_free(office: Backend, ana: Seat) -> None:
    assert ana.window.rail.inbox.accessibleDescription() == "3"
    office.claim("ben", "first")
    await until(lambda: ana.window.rail.inbox.accessibleDescription() == "2")
