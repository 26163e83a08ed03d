"""What a screen reader meets: everything that takes the focus has a name, in every state of the window."""

from collections.abc import Iterator

from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QWidget

from console.contract.conversations import Conversation
from tests.client.desk import until
from tests.desk.seat import Seat
from tests.desk.stories import ANSWER_TURN


def walk(interface: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    """The interface and all below it."""
    yield interface
    for place in range(interface.childCount()):
        child = interface.child(place)
        if child is not None and child.isValid():
            yield from walk(child)


def nameless(window: QWidget) -> list[str]:
    """Everything in a window that takes the focus and has no name."""
    found = []
    for interface in walk(QAccessible.queryAccessibleInterface(window)):
        state = interface.state()
        if state.focusable and not state.invisible and not interface.text(QAccessible.Text.Name).strip():
            found.append(f"{interface.object()!r}, {interface.role()}")
    return found


def count(window: QWidget) -> int:
    """How many parts of a window take the focus."""
    return sum(each.state().focusable for each in walk(QAccessible.queryAccessibleInterface(window)))


async def test_an_empty_window_has_no_nameless_part(seat: Seat) -> None:
    assert count(seat.window) > 10, "the walk meets the window's parts"
    assert nameless(seat.window) == []


async def test_a_window_under_work_has_no_nameless_part(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.type(" Sorry.")
    for button in seat.editor.beside.buttons:
        if not button.isChecked():
            seat.pick(seat.editor.beside, button.option.value)
    seat.press("Ctrl+F")
    await until(lambda: seat.editor.note.isVisible() and seat.editor.gates.isVisible())
    assert nameless(seat.window) == []


async def test_the_palette_and_the_sheet_have_no_nameless_part(seat: Seat) -> None:
    seat.press("Ctrl+K")
    palette = seat.app.activePopupWidget()
    assert nameless(palette) == []
    seat.press("Esc")
    seat.press("?")
    sheet = seat.app.activeModalWidget()
    assert nameless(sheet) == []
    seat.press("Esc")


async def test_rows_and_turns_are_spoken(case: Conversation, seat: Seat) -> None:
    await seat.choose(case.id)
    spoken = seat.queue.list.currentIndex().data()
    assert "Maria Berg" in spoken
    assert "Wants the parcel." in spoken
    assert "confidence" in spoken
    assert seat.view.model().index(0, 0).data() == "Maria Berg: Where is my parcel?"


async def test_every_focusable_part_can_be_reached_by_tab(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.type(" Sorry.")
    await until(seat.editor.scope.isVisible)
    groups = [seat.editor.codes, seat.editor.severity, seat.editor.causes, seat.editor.scope, seat.editor.beside]
    met = []
    for _ in range(20):
        seat.press("Tab")
        met.append(seat.app.focusWidget())
    places = [met.index(group) for group in groups]
    assert places == sorted(places), "in the order in which they stand"
    assert seat.editor.submit in met
