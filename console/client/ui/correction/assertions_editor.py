"""What any good answer must say, and must not say: one assertion a line."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from console.client.ui.correction.answer_edit import AnswerEdit
from console.contract.corrections import Assertion, AssertionKind


class AssertionsEditor(QWidget):
    """Two fields. Emits all assertions at every change."""

    edited = Signal(tuple)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.must_say = AnswerEdit(self.tr("Must say"), least_lines=1, most_lines=4)
        self.must_say.setPlaceholderText(self.tr("Must say: one point a line"))
        self.must_not_say = AnswerEdit(self.tr("Must not say"), least_lines=1, most_lines=4)
        self.must_not_say.setPlaceholderText(self.tr("Must not say: one point a line"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for field in (self.must_say, self.must_not_say):
            field.setProperty("field", True)
            field.textChanged.connect(self._on_edited)
            field.left.connect(self.left)
            column.addWidget(field)

    def show_assertions(self, assertions: tuple[Assertion, ...]) -> None:
        """Show a draft's assertions."""
        for field, kind in self._fields():
            field.show_text("\n".join(said.text for said in assertions if said.kind is kind))

    def _fields(self) -> tuple[tuple[AnswerEdit, AssertionKind], ...]:
        return (self.must_say, AssertionKind.MUST_SAY), (self.must_not_say, AssertionKind.MUST_NOT_SAY)

    def _on_edited(self) -> None:
        lines = ((kind, line.strip()) for field, kind in self._fields() for line in field.text().splitlines())
        self.edited.emit(tuple(Assertion(kind=kind, text=line) for kind, line in lines if line))
