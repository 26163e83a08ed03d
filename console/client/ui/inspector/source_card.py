"""One retrieved source: title, version, score, what it said, and a verdict on it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Space, Weight
from console.client.ui.shared.options import Option, OptionGroup
from console.client.ui.shared.parts import ElidedLabel, label
from console.client.ui.shared.phrases import JUDGEMENTS
from console.contract.conversations import Source
from console.contract.corrections import SourceJudgement, SourceVerdict

_SNIPPET = 260


class SourceCard(QFrame):
    """Emits the judgement that was pressed; whoever holds the draft decides."""

    judged = Signal(str, object)

    def __init__(self, theme: Theme, source: Source) -> None:
        super().__init__()
        self.setProperty("panel", "card")
        self.source = source
        icon = QLabel()
        icon.setPixmap(theme.pixmap("file-text", Colour.MUTED, 14, self.devicePixelRatioF()))
        title = f"{source.title}, {source.version}" if source.version else source.title
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(icon)
        head.addWidget(ElidedLabel(title, weight=Weight.MEDIUM), 1)
        score = "no score" if source.score is None else f"{source.score:.2f}"
        head.addWidget(label(score, "muted", Size.LABEL))
        self.verdict = OptionGroup(
            theme, f"Verdict on {source.title}", [Option(key.value, word) for key, word in JUDGEMENTS.items()]
        )
        self.verdict.pressed.connect(lambda value: self.judged.emit(source.id, SourceJudgement(value)))
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 9)
        column.setSpacing(5)
        column.addLayout(head)
        if source.snippet:
            snippet = label(source.snippet, "muted", Size.LABEL, most=_SNIPPET)
            snippet.setWordWrap(True)
            column.addWidget(snippet)
        column.addWidget(self.verdict)
        column.setSpacing(Space.XS)

    def show_verdicts(self, verdicts: tuple[SourceVerdict, ...]) -> None:
        """Mark the judgement given to this source, if any."""
        self.verdict.mark({v.judgement.value for v in verdicts if v.source_id == self.source.id})
