"""One desk under attack, as a child of the witness: reads its plan from standard input, prints its account as JSON."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from PySide6.QtWidgets import QApplication

from console.client.app.desk import Desk
from console.client.app.main import run_on_qt
from console.client.app.profile import Profile
from console.client.theme.theme import Theme
from console.client.ui.signin.token_dialog import TokenDialog
from tests.client.desk import until
from tests.desk.seat import SIZE
from tests.faults.attack.backend import name_of
from tests.faults.attack.beside import show_beside
from tests.faults.attack.conversation import find, open_conversation, read_prompt, unfold
from tests.faults.attack.correction import correct
from tests.faults.attack.desk import HostileDesk, Plan, breath
from tests.faults.attack.sinks import top_windows
from tests.faults.offscreen import offscreen_application

BEGUN = "the payloads begin here"
"""The file that is asked for, and is not there, when the window stands: from then on the witness is listened to."""


@asynccontextmanager
async def seated(app: QApplication, plan: Plan) -> AsyncIterator[HostileDesk]:
    """Open the desk as the command does, and sign in at the backend."""
    theme = Theme()
    theme.install(app)
    desk = Desk(theme, Profile(plan.folder, plan.url))
    failures: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(f"{context!r}"[:400]))
    desk.window.resize(*SIZE)
    desk.window.show()
    starting = asyncio.create_task(desk.start())
    try:
        await until(lambda: any(isinstance(window, TokenDialog) for window in top_windows()))
        asking = next(window for window in top_windows() if isinstance(window, TokenDialog))
        asking.token.setText(f"desk-{plan.first}")
        asking.enter.click()
        await starting
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        desk.window.commands.actions["tab_all"].trigger()
        await until(lambda: desk.window.queue.model.rowCount() > 0)
        seat = HostileDesk(app, desk, plan)
        yield seat
        seat.account.violations += failures
    finally:
        starting.cancel()
        await desk.stop()


async def play_round(seat: HostileDesk, number: int) -> None:
    view = seat.take_up(number)
    said = view.conversation
    await seat.play((
        ("opening", lambda: open_conversation(seat, view)),
        ("unfolding", lambda: unfold(seat, said)),
        ("finding", lambda: find(seat, said)),
        ("prompt", lambda: read_prompt(seat, said)),
        ("correcting", lambda: correct(seat, said)),
        ("beside", lambda: show_beside(seat)),
    ))  # fmt: skip


async def run(app: QApplication, plan: Plan) -> int:
    async with seated(app, plan) as seat:
        with suppress(FileNotFoundError):
            (plan.folder / BEGUN).open().close()
        number = plan.first
        while seat.account.delivered.total() < plan.payloads:
            if seat.queue.model.row_of(name_of(number)) is None:
                await seat.session.queue.refresh()
                await breath()
            await play_round(seat, number)
            gc.collect()  # here, where nobody waits; the desk's own collector would do it in a round's midst
            number += plan.step
    print(seat.account.model_dump_json())
    return 0


def main() -> int:
    plan = Plan.model_validate_json(sys.stdin.read())
    app = offscreen_application()
    gc.disable()
    gc.freeze()
    return run_on_qt(app, lambda: run(app, plan))


if __name__ == "__main__":
    sys.exit(main())
