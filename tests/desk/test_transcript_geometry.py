"""Turns of every kind, laid out: none overlaps, none leaves the pane, and heights are exact wherever one looks."""

import pytest
from PySide6.QtCore import QPoint

from tests.client.desk import until
from tests.desk.child import Backend
from tests.desk.seat import Seat
from tests.desk.stories import alternating, story

EMOJI = "\U0001f469\U0001f3fd\u200d\U0001f692 \U0001f1f8\U0001f1ea e\u0301 \U0001f600" * 12
UNBROKEN = "https://shop.example/" + "a" * 400
KINDS = [
    "geometry-one-word",
    "geometry-emoji",
    "geometry-unbroken",
    "geometry-many-lines",
    "geometry-thousand",
    "sample-refunds-03",
    "sample-compliance-04",
    "sample-billing-01",
    "sample-billing-07",
]


@pytest.fixture(scope="module", autouse=True)
def told(sample_backend: Backend) -> None:
    sample_backend.load(
        story("geometry-one-word", turns=alternating(["Hi", "Hi", "No", "Ok", "?", "."])),
        story("geometry-emoji", turns=alternating([EMOJI, EMOJI, "\U0001f600", "\U0001f600"])),
        story("geometry-unbroken", customer="N" * 200, turns=alternating([UNBROKEN, UNBROKEN])),
        story("geometry-many-lines", turns=alternating(["a\n\nb\n" * 40, "- one\n- two\n" * 60, "", ""])),
        story("geometry-long", turns=alternating(["Why?", "Word and word. " * 600])),
        story(
            "geometry-thousand", turns=alternating([f"Turn {n}. " + "More words. " * (n % 40) for n in range(1, 1001)])
        ),
    )


def check_turn(seat: Seat, place: int) -> None:
    layout, width = seat.view._layout(place), seat.view._content_width()
    rect = seat.view.visualRect(seat.view.model().index(place, 0))
    assert rect.height() == round(layout.height), f"turn {place + 1} stands at its exact height"
    assert rect.left() >= 0
    assert rect.right() <= seat.view.viewport().width()
    bubble = layout.bubble
    assert bubble.left() >= 0, f"turn {place + 1}"
    assert bubble.right() <= width, f"turn {place + 1}"
    assert layout.origin.x() + layout.block.used_width <= bubble.right(), f"the text of turn {place + 1} fits in"
    assert layout.origin.y() + layout.block.height <= bubble.bottom() + 1
    assert bubble.bottom() <= layout.height
    for chip in layout.chips:
        assert chip.rect.left() >= 0, f"{chip.text} of turn {place + 1}"
        assert chip.rect.right() <= width + 1, f"{chip.text} of turn {place + 1}"


def in_sight(seat: Seat) -> list[int]:
    """The places whose turns are at least partly to be seen."""
    height = seat.view.viewport().height()
    first, last = (seat.view.indexAt(QPoint(20, y)).row() for y in (0, height - 1))
    return list(range(max(0, first), (last if last >= 0 else seat.view.model().rowCount() - 1) + 1))


def check_sight(seat: Seat) -> None:
    places = in_sight(seat)
    assert places
    bottom = None
    for place in places:
        check_turn(seat, place)
        rect = seat.view.visualRect(seat.view.model().index(place, 0))
        assert bottom is None or abs(rect.top() - bottom) <= 1, f"turn {place + 1} begins where the one before ends"
        bottom = rect.top() + rect.height()


@pytest.mark.parametrize("conversation_id", KINDS)
async def test_turns_of_every_kind_stand_apart_and_inside_the_pane(conversation_id: str, seat: Seat) -> None:
    await seat.choose(conversation_id)
    last = seat.view.model().rowCount() - 1
    check_sight(seat)
    assert last in in_sight(seat), "it opens at its end"
    seat.view.setFocus()
    seat.press("Home")
    check_sight(seat)
    assert 0 in in_sight(seat)
    assert seat.view.visualRect(seat.view.model().index(0, 0)).top() >= 0
    seat.press("PgDown")
    check_sight(seat)
    seat.press("End")
    check_sight(seat)
    bottom = seat.view.visualRect(seat.view.model().index(last, 0)).bottom()
    assert bottom <= seat.view.viewport().height() + 1


@pytest.mark.parametrize("conversation_id", ["geometry-thousand", "sample-refunds-03", "geometry-emoji"])
async def test_heights_are_exact_again_after_the_window_is_resized(conversation_id: str, seat: Seat) -> None:
    await seat.choose(conversation_id)
    for width, height in ((1920, 1080), (1040, 640), (1280, 800)):
        before = seat.view.viewport().size()
        seat.window.resize(width, height)
        await until(lambda before=before: seat.view.viewport().size() != before)
        check_sight(seat)
        assert seat.view.model().rowCount() - 1 in in_sight(seat), "its end stays in sight"


async def test_a_thousand_turns_can_be_walked_from_end_to_start(seat: Seat) -> None:
    await seat.choose("geometry-thousand")
    seat.view.setFocus()
    bar = seat.view.verticalScrollBar()
    seen: set[int] = set(in_sight(seat))
    for _ in range(1000):
        if bar.value() == 0:
            break
        seat.press("PgUp")
        check_sight(seat)
        fresh = set(in_sight(seat))
        assert max(fresh) >= min(seen) - 1, "no turn is passed over"
        seen |= fresh
    assert seen == set(range(1000))


async def test_a_long_text_is_cut_until_it_is_asked_for(seat: Seat) -> None:
    await seat.choose("geometry-long")
    folded = seat.view._layout(1).height
    seat.chip(2, "text")
    assert seat.view._layout(1).height > folded
    check_sight(seat)
