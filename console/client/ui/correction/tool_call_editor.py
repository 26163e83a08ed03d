"""What the AI should have called: pick one of the turn's calls, or one it left out, and write it right."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from console.client.domain.drafts import ToolCallDraft
from console.client.models.literal import literal
from console.client.theme.fonts import code_font
from console.client.theme.theme import Theme
from console.client.ui.correction.answer_edit import AnswerEdit
from console.client.ui.shared.options import Option, OptionGroup
from console.client.ui.shared.outline import one_line
from console.contract.conversations import ToolCall

_LEFT_OUT = ""


class ToolCallEditor(QWidget):
    """Edits one call at a time. Emits every change; it keeps nothing but what is on screen."""

    call_edited = Signal(object)
    call_untouched = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._calls: dict[str, ToolCall] = {}
        self._said: dict[str, ToolCallDraft] = {}
        self._key = _LEFT_OUT
        self.which = OptionGroup(theme, self.tr("Which call"), [])
        self.which.pressed.connect(self._choose_call)
        self.verdict = OptionGroup(
            theme,
            self.tr("What should have happened"),
            [
                Option("as_is", self.tr("As it was"), self.tr("Nothing to correct in this call.")),
                Option("other", self.tr("Call it like this"), self.tr("Another tool or other arguments.")),
                Option("none", self.tr("Not at all"), self.tr("The AI should not have made this call.")),
            ],
        )
        self.verdict.pressed.connect(self._on_verdict_pressed)
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Tool"))
        self.name.setAccessibleName(self.tr("Tool the AI should have called"))
        self.name.setFont(code_font())
        self.name.textEdited.connect(self._on_edited)
        self.arguments = AnswerEdit(self.tr("Arguments as a JSON object"), least_lines=3, most_lines=8)
        self.arguments.setProperty("field", True)
        self.arguments.setFont(code_font())
        self.arguments.textChanged.connect(self._on_edited)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.which)
        column.addWidget(self.verdict)
        column.addWidget(self.name)
        column.addWidget(self.arguments)

    def show_calls(self, calls: Sequence[ToolCall], said: Sequence[ToolCallDraft]) -> None:
        """Show the turn's calls and what was said of them; a change of neither leaves the cursor alone."""
        self._said = {call.tool_call_id or _LEFT_OUT: call for call in said}
        fresh = {call.id: call for call in calls}
        if fresh == self._calls and self.which.buttons:
            self._show_verdict()
            return
        self._calls = fresh
        offered = [Option(call.id, call.name, one_line(call.arguments)) for call in calls]
        self.which.set_options([*offered, Option(_LEFT_OUT, self.tr("A call it left out"))])
        self._choose_call(offered[0].value if offered else _LEFT_OUT)

    def _choose_call(self, key: str) -> None:
        self._key = key
        self._show_call()

    def _show_call(self) -> None:
        call, said = self._calls.get(self._key), self._said.get(self._key)
        shown_name = said.name if said and said.name else call.name if call else ""
        shown_arguments = said.arguments if said and said.name else call.arguments if call else "{}"
        self.name.setText(literal(shown_name))
        self.arguments.show_text(shown_arguments)
        self._show_verdict()

    def _show_verdict(self) -> None:
        said = self._said.get(self._key)
        verdict = "as_is" if said is None else "other" if said.name is not None else "none"
        self.which.mark({self._key})
        self.verdict.mark({verdict})
        for button in self.verdict.buttons:
            button.setVisible(button.option.value != "none" or self._key != _LEFT_OUT)
        self.name.setVisible(verdict == "other")
        self.arguments.setVisible(verdict == "other")

    def _on_verdict_pressed(self, verdict: str) -> None:
        key = self._key or None
        if verdict == "as_is":
            self.call_untouched.emit(key)
        elif verdict == "none":
            self.call_edited.emit(ToolCallDraft(tool_call_id=key, name=None))
        else:
            self._on_edited()
            (self.arguments if self._calls.get(self._key) else self.name).setFocus()

    def _on_edited(self) -> None:
        name = self.name.text().strip()
        self.call_edited.emit(ToolCallDraft(tool_call_id=self._key or None, name=name, arguments=self.arguments.text()))
