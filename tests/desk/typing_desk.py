"""A whole desk in a process of its own, at which somebody types until they are killed; run by its test.

Run as `python -m tests.desk.typing_desk FOLDER`. It prints each text that the screen said was saved.
"""

import sys
from itertools import count
from pathlib import Path

from PySide6.QtWidgets import QApplication

from console.client.app.main import create_application, run_on_qt
from tests.client.desk import until
from tests.desk.seat import console


async def type_for_ever(app: QApplication, folder: Path) -> int:
    async with console(app, folder) as desk:
        state = desk.window.editor.state
        await desk.until_read()
        desk.press("j")
        await desk.correct()
        shown = desk.window.conversation
        say(f"{shown.model.conversation.id} {shown.current_turn().number}")
        for number in count():
            desk.type(f" {number}")
            desk.window.editor.take_draft()
            await until(lambda: state.text() == "Draft saved here")
            say(str(number))
    return 0


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    application = create_application()
    run_on_qt(application, lambda: type_for_ever(application, Path(sys.argv[1])))
