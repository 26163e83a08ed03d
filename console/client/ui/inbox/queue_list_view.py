"""The queue's list: the highlighted row is the open one, whether it was clicked or reached by arrow key."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from console.client.models.queue_model import QueueModel


class QueueListView(QListView):
    """Emits every row that a person chose; what the program highlights is not told."""

    row_chosen = Signal(QModelIndex)

    def __init__(self, model: QueueModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(self.row_chosen)
        self.activated.connect(self.row_chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.currentIndex()
        super().keyPressEvent(event)
        if self.currentIndex() != before:
            self.row_chosen.emit(self.currentIndex())

    def keyboardSearch(self, search: str) -> None:
        """Bare letters are commands here, never a search."""
