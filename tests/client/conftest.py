"""What the tests of the desk's services share."""

import asyncio

import pytest


@pytest.fixture
async def heard(anyio_backend: object) -> list[str]:
    """What the event loop's exception handler is told while a test runs."""
    heard: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: heard.append(f"{context['message']}: {context.get('exception')}")
    )
    return heard
