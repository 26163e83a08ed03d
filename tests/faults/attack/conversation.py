"""A conversation under attack: opened, unfolded, searched, its prompt read, and every sink of it read back."""

from PySide6.QtWidgets import QWidget

from console.client.services.claims import with_claim
from console.client.ui.shared.parts import TextButton
from console.client.ui.shared.text_dialog import TextDialog
from console.client.ui.transcript.turn_layout import TurnLayout
from console.contract.conversations import Conversation
from console.contract.views import ConversationView, QueueRow
from tests.client.desk import until
from tests.faults.attack.backend import AI_TURN
from tests.faults.attack.desk import HostileDesk, Reading, breath
from tests.faults.attack.sinks import (
    begins,
    bounded,
    exactly,
    in_its_way,
    labels,
    on_one_line,
    quoted,
    squeezed,
    tip,
    top_windows,
    undecorated,
    whole,
)


async def open_conversation(desk: HostileDesk, view: ConversationView) -> None:
    said, row = view.conversation, view.row
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow)
    desk.queue.list.setCurrentIndex(desk.queue.model.index(desk.queue.model.row_of(said.id)))
    desk.queue.conversation_chosen.emit(said.id)
    await until(lambda: desk.shown == said.id and desk.session.conversations.get(said.id) is not None)
    await breath()
    with desk.meter.excused():
        here = desk.session.conversations.get(said.id), await desk.session.conversations.kept(said.id)
        if any(copy is None or _as_sent(copy, view) != view for copy in here):
            desk.violated("what arrived, or what this computer keeps of it, is not what was sent")
    _read_head(desk, said, row)
    _read_inspector(desk, view)
    _read_taking_back(desk, row.claim.holder_name)
    desk.see("customer", desk.queue.list.viewport(), row.customer_name)
    desk.see("row's ask", desk.queue.list.viewport(), row.ask)
    desk.see("topic", desk.conversation.header, _topic(said.topic))
    desk.look_over("opened", desk.conversation, desk.inspector.widget())


def _as_sent(copy: ConversationView, sent: ConversationView) -> ConversationView:
    """Return a copy as if nothing had been claimed or given back here since."""
    return copy.model_copy(update={"row": with_claim(copy.row, sent.row.claim)})


def _read_head(desk: HostileDesk, said: Conversation, row: QueueRow) -> None:
    panel, name = desk.conversation, said.customer.name
    spoken = desk.queue.model.index(desk.queue.model.row_of(said.id)).data()
    words = f"{name}. {row.ask} policy, {row.topic}, tier 1, held by {row.claim.holder_name}"
    desk.read(
        Reading("queue row, spoken", spoken, words, exactly),
        Reading("customer's name", panel.name.accessibleName(), name, on_one_line),
        Reading("customer's name, its tool tip", tip(panel.name) or panel.name.text(), name, in_its_way),
        Reading("topic", panel.topic.accessibleName(), _topic(said.topic), on_one_line),
        Reading("turn, spoken", panel.model.index(0).data(), f"{name}: {said.turns[0].text}", exactly),
        Reading("turn, copied", _copied(desk, AI_TURN), said.turn(AI_TURN).text, exactly),
        Reading("card: wants", labels(panel.card), said.handoff.ask, on_one_line),
        Reading("card: did", labels(panel.card), " \u00b7 ".join(said.handoff.did), on_one_line),
        Reading("card: unsent draft", labels(panel.card), said.handoff.unsent_draft, on_one_line),
        Reading(
            "card: policy", panel.card.policy.accessibleName(), f"policy {said.handoff.policy_version}", on_one_line
        ),
    )


def _read_taking_back(desk: HostileDesk, holder: str) -> None:
    panel = desk.conversation
    panel.ask_take_back()
    question = panel.taking_back.words.text()
    desk.read(
        Reading("who holds it", panel.holder.accessibleName(), f"{holder} until ", begins),
        Reading("take it back, its tool tip", tip(panel.take_back), f"Take back from {holder}", bounded),
        Reading("take it back, asked again", question, f"Take this conversation back from {holder}? {holder} ", begins),
    )
    desk.look_over("taking back", panel)
    panel.taking_back.decline()


def _copied(desk: HostileDesk, turn: int) -> str:
    desk.view.set_current_turn(turn)
    desk.view.setFocus()
    desk.press("Ctrl+C")
    return desk.app.clipboard().text()


def _read_inspector(desk: HostileDesk, view: ConversationView) -> None:
    said, context = view.conversation, view.conversation.turn(AI_TURN).ai
    detail = context.signals[0].detail.rstrip(".")
    title = f"{context.sources[0].title}, {context.sources[0].version}"
    earlier = said.earlier_contacts[0]
    author = view.corrections[0].author_name
    shown = labels(desk.inspector)
    for name, text, reads in (
        ("customer", said.customer.name, bounded),
        ("e-mail", said.customer.email, bounded),
        ("fact's name", said.customer.facts[0][0], bounded),
        ("fact", said.customer.facts[0][1], bounded),
        ("model", said.model, bounded),
        ("reason", said.handoff.reason, bounded),
        ("detail of a signal", f"Turn {AI_TURN}: self-reported 0.40, policy gate fired: {detail}", squeezed),
        ("source", title if context.sources[0].version else context.sources[0].title, on_one_line),
        ("snippet", context.sources[0].snippet, bounded),
        ("tool", f"{context.tool_calls[0].name}(", begins),
        ("error of a tool", _first_lines(context.tool_calls[2].error), begins),
        ("earlier contact", f"20 Nov, {earlier.topic}, not resolved: {earlier.summary}", bounded),
        ("outcome's name", _topic(said.outcome[0].name), bounded),
        ("author", f"Turn {AI_TURN}: {author}, stored late, needs review", bounded),
    ):
        if name != "error of a tool" or desk.deal.kinds["error"] not in ("json", "surrogate"):
            desk.read(Reading(f"inspector: {name}", shown, text, reads))


async def unfold(desk: HostileDesk, said: Conversation) -> None:
    for key in ("tool:0", "tool:1", "tool:2", "sources", "text"):
        desk.view.toggle(AI_TURN, key)
        await breath()
    desk.view.toggle(1, "text")
    for turn in said.turns:
        desk.view.set_current_turn(turn.number)
        await breath()
    desk.window.commands.actions["card"].trigger()
    await breath()
    customer, ai = (desk.view._layout(place) for place in (0, 1))
    details = [detail.block.text_between(*detail.block.everything()) for detail in ai.details]
    tool = said.turn(AI_TURN).ai.tool_calls[1]
    desk.read(
        Reading("bubble of the customer", _block(customer), _within(said.turns[0].text, customer), whole),
        Reading("bubble of the AI", _block(ai), _within(said.turn(AI_TURN).text, ai) or "No message.", undecorated),
        Reading("tool call, unfolded", details, f"{tool.name}(", begins),
        Reading("card, unfolded: reason", labels(desk.conversation.card), said.handoff.reason, bounded),
    )
    desk.see("ask", desk.conversation.card, said.handoff.ask)
    desk.see("customer's turn", _scrolled_to(desk, 1), said.turns[0].text)
    desk.look_over("unfolded", desk.conversation, desk.conversation.card)


def _scrolled_to(desk: HostileDesk, turn: int) -> QWidget:
    desk.view.set_current_turn(turn)
    return desk.view.viewport()


async def find(desk: HostileDesk, said: Conversation) -> None:
    """Look for a beginning, and for a letter that may stand there a thousand times."""
    desk.conversation.open_find()
    text = said.turns[0].text
    for needle in (text[:30], text[:1], text[-1:]):
        desk.conversation.find_bar.field.setText(needle)
        await breath()
    desk.look_over("finding")
    desk.conversation.find_bar.close_bar()


async def read_prompt(desk: HostileDesk, said: Conversation) -> None:
    desk.inspector._open_prompt()
    dialog = next(top for top in top_windows() if isinstance(top, TextDialog) and top.isVisible())
    await breath()
    if not said.prompt:
        dialog.accept()
        return
    title = f"Prompt and policy {said.prompt_version}"
    desk.read(
        Reading("prompt's title", labels(dialog), title, bounded),
        Reading("prompt's window", dialog.windowTitle().replace("[*][*]", "[*]"), title, on_one_line),
    )
    dialog.text.selectAll()
    dialog.text.copy()
    desk.read(Reading("prompt", desk.app.clipboard().text(), said.prompt, quoted))
    await breath()
    dialog.findChildren(TextButton)[0].click()
    desk.read(Reading("prompt, copied", desk.app.clipboard().text(), said.prompt, exactly))
    desk.look_over("prompt", dialog)
    dialog.accept()
    await breath()


def _topic(text: str) -> str:
    words = text.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _first_lines(text: str) -> str:
    return text.splitlines()[0] if text.splitlines() else ""


def _block(layout: TurnLayout) -> str:
    return layout.block.text_between(*layout.block.everything())


def _within(text: str, layout: TurnLayout) -> str:
    """The part of a turn's text that its bubble says it shows."""
    cut = next((chip.text for chip in layout.chips if chip.icon in ("chevron-down", "copy")), None)
    return text if cut is None else text[: -int("".join(filter(str.isdigit, cut)))]
