"""A correction the backend refused: its reason, its words and every way out are in the inspector."""

import json
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from console.client.services.corrections import CorrectionStatus, SavedState
from console.client.theme.theme import Theme
from console.client.ui.inspector.inspector_panel import InspectorPanel
from console.contract.base import content_sha256
from console.contract.conversations import Conversation
from console.contract.corrections import Correction
from console.contract.ids import CorrectionId, UserId
from tests.desk.child import Backend
from tests.desk.stories import ANSWER, ANSWER_TURN

NOW = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
REASON = "It does not fit the turn."


@pytest.fixture
def said(case: Conversation) -> Correction:
    return Correction(
        id=CorrectionId("01a20681-d38a-7986-83cc-183bd6cca081"),
        conversation_id=case.id,
        turn=ANSWER_TURN,
        author_id=UserId("ana"),
        epoch=1,
        original_sha256=content_sha256(ANSWER),
        corrected_text=ANSWER,
        codes=("tone",),
        taxonomy_version="2026.1",
        opened_at=NOW,
        submitted_at=NOW,
    )


@pytest.fixture
def panel(app: QApplication, backend: Backend, case: Conversation, said: Correction) -> InspectorPanel:
    made = InspectorPanel(Theme())
    made.resize(320, 900)
    status = CorrectionStatus(said.id, said.turn, SavedState.REFUSED, NOW, REASON)
    made.show_view(backend.view(case.id),
                   [status], {said.id: said})  # fmt: skip
    made.show()
    return made


def press(panel: InspectorPanel, words: str) -> None:
    button = next(part for part in panel.findChildren(QPushButton) if part.text() == words)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_its_reason_and_its_words_are_shown(panel: InspectorPanel) -> None:
    shown = [part.text() for part in panel.findChildren(QLabel)]
    assert REASON in shown
    assert any(text.startswith("Tone:") for text in shown)
    panel.deleteLater()


@pytest.mark.parametrize(
    ("words", "signal"),
    [("Edit again", "reopen_pressed"), ("Send again", "retry_pressed"), ("Discard", "discard_pressed")],
)
def test_each_way_out_asks_for_that_correction(
    panel: InspectorPanel, said: Correction, words: str, signal: str
) -> None:
    asked: list[str] = []
    getattr(panel, signal).connect(asked.append)
    press(panel, words)
    assert asked == [said.id]
    panel.deleteLater()


def test_it_can_be_copied_whole(panel: InspectorPanel, said: Correction, app: QApplication) -> None:
    press(panel, "Copy as JSON")
    assert Correction.model_validate_json(app.clipboard().text()) == said
    assert json.loads(app.clipboard().text())["codes"] == ["tone"]
    app.clipboard().clear()
    panel.deleteLater()
