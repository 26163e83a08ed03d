"""Every command is in the sheet, the palette and the menu with its key, and a chair decides which may be used."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QMenu

from console.client.theme.tokens import Scheme
from console.client.ui.shared.commands import COMMANDS, Place
from tests.client.desk import until
from tests.desk.seat import Seat, console


async def test_the_sheet_lists_every_command_that_has_a_key_with_that_key(seat: Seat) -> None:
    seat.press("?")
    sheet = seat.app.activeModalWidget()
    lines = [part.text() for part in sheet.findChildren(QLabel)]
    for command in COMMANDS:
        if command.keys:
            assert command.title in lines
            shown = lines[lines.index(command.title) + 1]
            for key in command.keys:
                assert key.replace("Return", "Enter").lower() in shown.lower(), command.title
    seat.press("Esc")
    await until(lambda: seat.app.activeModalWidget() is None)


async def test_the_palette_lists_every_command_one_may_use_with_its_key(seat: Seat) -> None:
    seat.press("Ctrl+K")
    listed = seat.app.activePopupWidget().findChild(QListWidget)
    lines = [listed.item(place).text() for place in range(listed.count())]
    for command in COMMANDS:
        usable = command.registered and seat.window.commands.actions[command.id].isEnabled()
        if usable and command.id != "palette":
            (line,) = [line for line in lines if line.startswith(f"{command.title}.")]
            for key in command.keys:
                assert key.replace("Return", "Enter").lower() in line.replace("Return", "Enter").lower()
    seat.press("Esc")
    assert seat.app.activePopupWidget() is None


async def test_the_palette_runs_what_is_typed_and_chosen(seat: Seat) -> None:
    seat.press("Ctrl+K")
    seat.type("dark")
    seat.press("Return")
    assert seat.app.activePopupWidget() is None
    assert seat.window.theme.scheme is Scheme.DARK


async def test_the_palette_opened_over_a_text_field_goes_back_to_it(seat: Seat) -> None:
    seat.press("/", "Ctrl+K")
    assert seat.app.activePopupWidget() is not None
    seat.press("Esc")
    seat.type("abc")
    assert seat.queue.search.text() == "abc"


async def test_a_click_in_the_palette_runs_the_line(seat: Seat) -> None:
    seat.press("Ctrl+K")
    seat.type("high-contrast")
    listed = seat.app.activePopupWidget().findChild(QListWidget)
    seat.click(listed.viewport(), listed.visualItemRect(listed.item(0)).center())
    assert seat.window.theme.scheme is Scheme.CONTRAST


@pytest.mark.parametrize("place", list(Place))
def test_no_two_commands_share_a_key_at_one_place(place: Place) -> None:
    there = [command for command in COMMANDS if command.registered and command.place in (None, place)]
    keys = [key for command in there for key in command.keys]
    assert len(keys) == len(set(keys))


async def test_the_menu_holds_what_the_registry_holds(seat: Seat) -> None:
    menus = [seat.window.rail.menu.menu(), *seat.window.rail.menu.menu().findChildren(QMenu)]
    held = {action.text() for menu in menus for action in menu.actions()}
    wanted = {c.title for c in COMMANDS if c.registered and c.id not in ("leave", "back", "down", "up")}
    assert wanted <= held


CHAIRS = [
    ("Ana Ruiz", "Tier 1 queue", {"claim": True, "correct": True, "next": True}),
    ("Tariq Khan", "Tier 2 queue", {"claim": True, "correct": True, "next": True}),
    ("Renate Maurer", "Review queue", {"claim": True, "correct": True, "next": True}),
    ("Olu Adeyemi", "Every conversation", {"claim": False, "correct": False, "next": False}),
]


async def test_a_newcomer_sits_in_each_chair_and_queue_and_permissions_follow(
    app: QApplication, tmp_path: Path
) -> None:
    async with console(app, tmp_path) as desk:
        await desk.until_read()
        for place in (1, 2, 3, 0):
            name, title, allowed = CHAIRS[place]
            desk.sit(place)
            await until(lambda name=name: desk.person.startswith(name))
            assert desk.window.queue.title.text() == title
            actions = desk.window.commands.actions
            assert {key: actions[key].isEnabled() for key in allowed} == allowed
            await desk.until_read()
            checked = [action.isChecked() for action in desk.window.rail.person.menu().actions()]
            assert checked == [number == place for number in range(4)]


async def test_a_draft_stays_with_the_chair_that_wrote_it(app: QApplication, tmp_path: Path) -> None:
    async with console(app, tmp_path) as desk:
        await desk.until_read()
        desk.press("j")
        await desk.correct()
        about = desk.window.conversation.model.conversation.id
        desk.type("Sorry.")
        desk.sit(1)
        await until(lambda: desk.person.startswith("Tariq"))
        assert not desk.window.editor.isVisible()
        assert await desk.desk.session.corrections.drafts() == ()
        desk.sit(0)
        await until(lambda: desk.person.startswith("Ana"))
        (draft,) = await desk.desk.session.corrections.drafts()
        assert draft.conversation_id == about
        assert draft.text.endswith("Sorry.")
