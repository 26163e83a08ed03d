"""The Qt models keep Qt's contract through every change, by Qt's own tester; selection follows what it selected."""

from random import Random

import pytest
from PySide6.QtCore import QItemSelectionModel, QPersistentModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from console.client.models.queue_model import QueueModel, QueueRole
from console.client.models.transcript_model import TranscriptModel, TranscriptRole
from console.client.ui.shared.phrases import describe_row
from tests.client.test_queue_filter import row
from tests.desk.stories import alternating, story

Mode = QAbstractItemModelTester.FailureReportingMode
"""A breach is a warning of Qt's, which fails the test."""


@pytest.mark.parametrize("seed", range(8))
def test_the_queue_keeps_the_contract_through_inserts_removals_and_reorders(seed: int, app: QApplication) -> None:
    random = Random(seed)
    model = QueueModel(describe_row)
    tester = QAbstractItemModelTester(model, Mode.Warning)
    selection = QItemSelectionModel(model)
    names = [f"c-{number}" for number in range(30)]
    for step in range(60):
        shown = random.sample(names, random.randrange(len(names) + 1))
        if step % 3 == 0:
            shown = sorted(shown)
        kept = model.index(random.randrange(model.rowCount())) if model.rowCount() else None
        watched = QPersistentModelIndex(kept) if kept else None
        about = kept.data(QueueRole.ID) if kept else None
        if kept:
            selection.setCurrentIndex(kept, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        model.show_rows([row(name, corrections=random.randrange(3)) for name in shown])
        assert [model.row_at(place).conversation_id for place in range(model.rowCount())] == shown
        assert [model.row_of(name) for name in shown] == list(range(len(shown)))
        if watched is not None:
            assert watched.isValid() == (about in shown)
            assert not watched.isValid() or watched.data(QueueRole.ID) == about
            assert not watched.isValid() or selection.currentIndex().data(QueueRole.ID) == about
    del tester


def test_a_queue_that_stays_in_order_tells_only_what_changed(app: QApplication) -> None:
    model = QueueModel(describe_row)
    model.show_rows([row("a"), row("b"), row("c")])
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda top, bottom: told.append((top.row(), bottom.row())))
    model.layoutChanged.connect(lambda: told.append((-1, -1)))
    model.show_rows([row("a"), row("b", corrections=2), row("c")])
    assert told == [(1, 1)]
    model.show_rows([row("a"), row("b", corrections=2), row("c")])
    assert told == [(1, 1)]


def test_the_transcript_keeps_the_contract_as_turns_and_receipts_come(app: QApplication) -> None:
    model = TranscriptModel()
    tester = QAbstractItemModelTester(model, Mode.Warning)
    texts = [f"Turn {number}" for number in range(1, 9)]
    resets: list[None] = []
    model.modelReset.connect(lambda: resets.append(None))
    for count in (2, 2, 5, 8):
        model.show_conversation(story("one", turns=alternating(texts[:count])))
        assert model.rowCount() == count
        model.show_marks({2: "draft", count: "saved here"})
        assert model.index(1).data(TranscriptRole.MARK) in ("draft", "saved here")
    assert len(resets) == 1, "further turns of the same conversation are appended"
    model.show_conversation(story("other", turns=alternating(texts[:3])))
    assert model.index(1).data(TranscriptRole.MARK) is None, "a receipt never moves to another conversation"
    model.show_conversation(None)
    assert (model.rowCount(), len(resets)) == (0, 3)
    del tester
