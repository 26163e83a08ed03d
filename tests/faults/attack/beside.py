"""What belongs to no conversation, under attack: refusals, the connection, people, pickers, signing in."""

import asyncio
from datetime import UTC, datetime

from PySide6.QtCore import QPoint

from console.client.services.connection import Connection, ConnectionState
from console.client.services.errors import RefusedError
from console.client.ui.shared.picker import Choice, Picker
from console.client.ui.signin.token_dialog import TokenDialog
from console.contract.ids import ConversationId
from console.contract.permissions import Role
from tests.client.desk import until
from tests.faults.attack.backend import me, refusal
from tests.faults.attack.desk import HostileDesk, Reading, breath
from tests.faults.attack.sinks import bounded, exactly, labels, on_one_line, tip


async def show_beside(desk: HostileDesk) -> None:
    """What belongs to no conversation: refusals, connection, people, pickers, signing in."""
    desk.presenter.open(ConversationId(f"gone-{desk.number}"))
    await until(desk.notice.isVisible)
    await breath()
    desk.read(Reading("notice", desk.notice.words.text(), str(RefusedError(refusal(desk.deal))), bounded))
    desk.look_over("notice", desk.notice)
    desk.notice.hide()
    await _show_people(desk)
    await _pick(desk)
    await _sign_in(desk)


async def _show_people(desk: HostileDesk) -> None:
    now, person = datetime.now(UTC), me(desk.deal)
    offline, starting = desk.deal.text("said", "why offline"), desk.deal.line("starting")
    desk.status.show_connection(Connection(ConnectionState.OFFLINE, now, offline), now)
    desk.status.show_starting(starting)
    desk.window.rail.show_person(person)
    desk.window.show_chairs([(desk.deal.line("chair"), Role.TIER2), ("x", Role.QA)], 1)
    await breath()
    chair = desk.window.rail.person.menu().actions()[0].text().replace("&&", "&")
    desk.read(
        Reading("why it is offline", tip(desk.status.connection), offline, bounded),
        Reading("what is starting", desk.status.connection.text(), starting, bounded),
        Reading("who sits here", tip(desk.window.rail.person), f"{person.name}, Tier 2 specialist", bounded),
        Reading("who may sit here", chair, f"{desk.deal.line('chair')}, Tier 2 specialist", on_one_line),
    )
    desk.look_over("beside", desk.status)
    desk.status.show_connection(desk.session.connection, now)


async def _pick(desk: HostileDesk) -> None:
    prompt, name, detail = (desk.deal.line(f"choice's {slot}") for slot in ("prompt", "name", "detail"))
    picker = Picker(desk.window.theme, prompt, desk.window)
    picker.offer([Choice("a", name, detail, "x")], QPoint(0, 0))
    await breath()
    desk.read(Reading("picker", picker.list.item(0).text(), f"{name}. {detail} x", exactly))
    desk.see("choice's name", picker.list.viewport(), name)
    desk.look_over("picker")
    picker.close()


async def _sign_in(desk: HostileDesk) -> None:
    server, why = desk.deal.line("server"), desk.deal.text("said", "why sign in")
    dialog = TokenDialog(desk.window.theme, server, why, desk.window)
    asking = asyncio.create_task(dialog.ask())
    await until(dialog.isVisible)
    await breath()
    desk.read(
        Reading("where to sign in", labels(dialog), f"Sign in at {server}", bounded),
        Reading("why to sign in again", labels(dialog), why, bounded),
    )
    desk.look_over("signing in", dialog)
    dialog.reject()
    await asking
