"""Qt's event loop with asyncio on it keeps what asyncio's own loops promise."""

import asyncio
from collections.abc import AsyncIterator

from PySide6.QtWidgets import QApplication

from console.client.app.main import run_on_qt
from tests.client.desk import until


def test_a_generator_that_is_dropped_half_way_is_closed_in_order(app: QApplication) -> None:
    closed: list[str] = []

    async def pieces() -> AsyncIterator[str]:
        try:
            yield "first"
            yield "second"
        finally:
            await asyncio.sleep(0)
            closed.append("closed, though it had to wait for it")

    async def work() -> int:
        async for _ in pieces():
            break
        await until(lambda: closed != [])
        return 7

    assert run_on_qt(app, work) == 7
