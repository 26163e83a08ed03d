"""Somebody at the real window whose backend says nothing but payloads, and who holds what is shown against them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from traceback import extract_tb
from typing import NamedTuple

from pydantic import BaseModel
from PySide6.QtWidgets import QApplication, QWidget

from console.client.app.desk import Desk
from console.contract.views import ConversationView
from tests.desk.seat import Seat
from tests.faults.attack.backend import view
from tests.faults.attack.painted import painted
from tests.faults.attack.payloads import LITERAL, Canary, Deal
from tests.faults.attack.sinks import (
    Reads,
    alike,
    alive,
    holds,
    top_windows,
)
from tests.faults.attack.stalls import StallMeter

STALL_S = 0.1
TRIES = 5
PAINTED = 3
"""How many of a payload's first letters must be painted: in a narrow place the rest may be left out."""

Shown = str | list[str]
Steps = Sequence[tuple[str, Callable[[], Awaitable[None]]]]


class Plan(BaseModel):
    """What one desk has to do: every `step`th round from the first on, at this backend, in this folder."""

    seed: int
    first: int
    step: int
    payloads: int
    url: str
    folder: Path
    canary: Canary


class Account(BaseModel):
    """What became of it: payloads by class, into which slots, readings by sink, the longest pass in seconds."""

    rounds: int = 0
    delivered: Counter[str] = Counter()
    dealt: set[tuple[str, str]] = set()
    readings: Counter[str] = Counter()
    stalls: dict[str, float] = {}
    violations: list[str] = []


class Reading(NamedTuple):
    """One sink: its name, what it shows, what was said, and how it may say so."""

    sink: str
    shown: Shown
    said: str
    reads: Reads


class HostileDesk(Seat):
    """Sends one round of payloads after the other through every sink of one window."""

    def __init__(self, app: QApplication, desk: Desk, plan: Plan) -> None:
        assert desk.session is not None
        assert desk.presenter is not None
        super().__init__(app, desk.window, desk.session, desk.presenter)
        self.plan = plan
        self.account = Account()
        self.meter = StallMeter()
        self.number = 0
        self._again = False
        self.deal = Deal(plan.seed, 0, plan.canary)

    def take_up(self, number: int) -> ConversationView:
        """Begin a round; return the conversation that it is dealt into."""
        with self.meter.excused():
            self.number, self.deal = number, Deal(self.plan.seed, number, self.plan.canary)
            return view(number, self.deal)

    async def play(self, steps: Steps) -> None:
        """Send a round of payloads through every sink, and hold a pass of the event loop that is too long against them.

        One that was too long once may be the machine's doing, and is tried again; only huge payloads are held to it.
        """
        self._again = False
        worst = await self._go_through(steps)
        self._again = True
        for _ in range(TRIES - 1):
            if self.deal.huge and max(worst.values()) > STALL_S:
                again = await self._go_through(steps)
                worst = {step: min(longest, again[step]) for step, longest in worst.items()}
        kind = self.deal.huge or "any other class"
        self.account.stalls[kind] = max(self.account.stalls.get(kind, 0.0), *worst.values())
        if self.deal.huge:
            for step, longest in worst.items():
                if longest > STALL_S:
                    self.violated(f"{step}: the event loop stood still for {longest * 1000:.0f} ms")
        self.account.rounds += 1
        self.account.delivered.update(self.deal.kinds.values())
        self.account.dealt.update(self.deal.kinds.items())

    async def _go_through(self, steps: Steps) -> dict[str, float]:
        """Return the longest pass of each step in seconds."""
        return {name: await self._timed(name, act) for name, act in steps}

    async def _timed(self, name: str, act: Callable[[], Awaitable[None]]) -> float:
        self.meter.take()
        try:
            await act()
        except TimeoutError as error:
            here = Path(__file__).parent
            *_, where = (frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).parent == here)
            self.violated(f"{name}: the desk never got past {where.line!r} ({self.notice.words.text()!r})")
        return self.meter.take()

    # what is read back

    def read(self, *readings: Reading) -> None:
        """Hold what is shown against what was said, the first time that it is shown."""
        if self._again:
            return
        with self.meter.excused():
            for sink, shown, said, reads in readings:
                every = [shown] if isinstance(shown, str) else shown
                self.account.readings[sink] += 1
                if not any(reads(each, said) for each in every):
                    near = max(every, key=lambda each: alike(each, said), default="")
                    self.violated(f"{sink}: {near[:150]!r} is shown where {said[:150]!r} was said")

    def look_over(self, where: str, *parts: QWidget) -> None:
        """Look for markup that has come to life, and for a part that text has made too wide for its place."""
        with self.meter.excused():
            for found in alive(top_windows()):
                self.violated(f"{where}: {found}")
            for part in parts:
                least = part.minimumSizeHint().width()
                if part.isVisible() and least > part.width():
                    self.violated(f"{where}: {type(part).__name__} is {part.width()} px wide and asks for {least}")

    def see(self, slot: str, part: QWidget, said: str) -> None:
        """Read what is really painted of a payload whose letters stand in their order."""
        if self.deal.kinds[slot] in LITERAL:
            with self.meter.excused():
                words = painted(part)
            self.read(Reading(f"{slot}, painted", words, " ".join(said.split())[:PAINTED], holds))

    def violated(self, what: str) -> None:
        huge = f", {self.deal.huge} in what is {self.deal.part}" if self.deal.huge else ""
        self.account.violations.append(f"round {self.number}{huge}: {what}")


async def breath() -> None:
    """Let what is under way be laid out and painted."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
