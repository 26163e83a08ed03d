"""A correction under attack: pasted, refused in hostile words, looked at in the outbox, and discarded."""

from console.client.domain.drafts import faults
from console.client.models.literal import literal
from console.client.services.corrections import SavedState
from console.client.services.errors import RefusedError
from console.client.ui.correction.answer_edit import too_long_to_edit
from console.contract.conversations import Conversation
from tests.client.desk import until
from tests.faults.attack.backend import AI_TURN, refusal
from tests.faults.attack.desk import HostileDesk, Reading, breath
from tests.faults.attack.sinks import as_pasted, bounded, exactly, labels, on_one_line


async def correct(desk: HostileDesk, said: Conversation) -> None:
    """Correct the AI's turn by pasting, be refused in the payload's words, read that, and discard it."""
    desk.view.set_current_turn(AI_TURN)
    desk.window.commands.actions["correct"].trigger()
    await until(lambda: desk.editor.isVisible() and desk.session.conversations.held(said.id) is not None)
    await breath()
    desk.read(Reading("editor", desk.editor.answer.text(), said.turn(AI_TURN).text, exactly))
    desk.editor.set_read_only(desk.deal.line("lock"))
    await breath()
    desk.read(Reading("why the editor is locked", desk.editor.lock.words.text(), desk.deal.line("lock"), bounded))
    desk.look_over("locked", desk.editor)
    desk.editor.set_read_only("")
    await _edit_tools(desk, said)
    await _write(desk)
    desk.look_over("editor", desk.editor, desk.conversation)
    await _be_refused(desk, said)
    desk.window.commands.actions["release"].trigger()
    await until(lambda: desk.session.conversations.held(said.id) is None)


async def _edit_tools(desk: HostileDesk, said: Conversation) -> None:
    """Say of every call that it should have been this very one; look at the faults; take it back."""
    desk.editor.beside.pressed.emit("tools")
    tools, calls = desk.editor.tools, said.turn(AI_TURN).ai.tool_calls
    for call in calls:
        tools.which.pressed.emit(call.id)
        tools.verdict.pressed.emit("other")
        await breath()
        desk.read(
            Reading("tool's name, to be corrected", tools.name.text(), call.name, exactly),
            Reading("tool's arguments, to be corrected", tools.arguments.text(), call.arguments, exactly),
            Reading("tool, to be chosen", [b.accessibleName() for b in tools.which.buttons], call.name, on_one_line),
        )
    desk.editor.codes.pressed.emit("wrong_fact")
    if faults(desk.editor.take_draft()):  # without any it would be submitted here and now
        desk.editor.submit.click()
        await breath()
        desk.look_over("faults", desk.editor)
    for call in calls:
        tools.which.pressed.emit(call.id)
        tools.verdict.pressed.emit("as_is")
    desk.editor.beside.pressed.emit("tools")
    await breath()


async def _write(desk: HostileDesk) -> None:
    """Paste into every field."""
    editor = desk.editor
    for part in ("note", "must"):
        editor.beside.pressed.emit(part)
    for name, field in (
        ("note", editor.note),
        ("assertion", editor.assertions.must_say),
        ("answer", editor.answer),
    ):
        said = desk.deal.small(f"{name}, pasted")
        desk.app.clipboard().setText(literal(said))
        field.selectAll()
        field.paste()
        await breath()
        if not field.isReadOnly() and not too_long_to_edit(said):  # what is too long is refused, and that is said
            desk.read(Reading(f"{name}, pasted", field.text(), as_pasted(said), exactly))
    draft = editor.take_draft()
    await breath()
    desk.read(
        Reading("draft", draft.text, editor.answer.text(), exactly),
        Reading("draft's note", draft.note, editor.note.text(), exactly),
    )


async def _be_refused(desk: HostileDesk, said: Conversation) -> None:
    desk.editor.submit.click()
    await until(lambda: SavedState.REFUSED in desk.states(said.id))
    await breath()
    why = str(RefusedError(refusal(desk.deal)))
    desk.read(Reading("inspector: why it was refused", labels(desk.inspector), why, bounded))
    desk.look_over("refused", desk.inspector.widget())
    desk.window.commands.actions["outbox"].trigger()
    await breath()
    _read_outbox(desk, said, why)
    desk.window.outbox.detail.discard.click()
    await breath()
    desk.window.outbox.detail.confirmation.go_on.click()
    await until(lambda: not desk.states(said.id))
    desk.window.commands.actions["back"].trigger()
    await breath()


def _read_outbox(desk: HostileDesk, said: Conversation, why: str) -> None:
    panel = desk.window.outbox
    detail, kept = panel.detail, desk.session.corrections.outbox()[0].correction
    detail.copy.click()
    spoken = f"{said.customer.name}, turn {AI_TURN}, refused. "
    desk.read(
        Reading("outbox: row, spoken", panel.model.index(0).data(), spoken, lambda shown, text: shown.startswith(text)),
        Reading("outbox: whose", detail.name.accessibleName(), said.customer.name, on_one_line),
        Reading("outbox: ask", detail.ask.text(), desk.deal.line("row's ask"), bounded),
        Reading("outbox: why it was refused", detail.reason.text(), why, bounded),
        Reading("outbox: words", detail.words.text(), kept.corrected_text, bounded),
        Reading("outbox: note", detail.note.text(), kept.note, bounded),
        Reading("outbox: copied", desk.app.clipboard().text(), kept.model_dump_json(indent=2), exactly),
    )
    desk.see("customer", panel.list.viewport(), said.customer.name)
    desk.look_over("outbox", panel)
