"""A desk killed in the middle of a sentence shows, when it is opened again, all it had said was saved."""

import subprocess
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from console.contract.ids import ConversationId
from tests.client.desk import until
from tests.conftest import ROOT
from tests.desk.seat import console

SAVED = 5


def killed(folder: Path) -> tuple[str, int, int]:
    """Let somebody type, kill the process once so many saves were shown; return where and what was said last."""
    command = [sys.executable, "-m", "tests.desk.typing_desk", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as desk:
        assert desk.stdout is not None
        conversation_id, turn = desk.stdout.readline().split()
        said = [desk.stdout.readline().strip() for _ in range(SAVED)]
        desk.kill()
        said += [line.strip() for line in desk.stdout if line.endswith("\n")]
    return conversation_id, int(turn), int(said[-1])


async def test_a_desk_killed_while_somebody_types_shows_the_draft_when_it_is_opened_again(
    app: QApplication, tmp_path: Path
) -> None:
    about, turn, last = killed(tmp_path)
    async with console(app, tmp_path) as desk:
        window, model = desk.window, desk.window.queue.model
        await until(lambda: desk.person.startswith("Ana"))
        desk.press("Ctrl+4")
        await until(lambda: model.row_of(ConversationId(about)) is not None)
        index = model.index(model.row_of(ConversationId(about)))
        window.queue.list.scrollTo(index)
        desk.click(window.queue.list.viewport(), window.queue.list.visualRect(index).center())
        await desk.correct()
        original = window.conversation.model.conversation.turn(turn).text
        typed = "".join(f" {number}" for number in range(last + 1))
        assert window.editor.answer.toPlainText() in (original + typed, original + typed + f" {last + 1}")
        assert window.editor.state.text() == "Draft from before, kept here"
