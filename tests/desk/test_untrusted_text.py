"""What customers and the AI wrote is shown letter by letter, wherever it stands; markup in it never comes to life."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QLabel, QWidget

from console.contract.conversations import (
    AiContext,
    Conversation,
    Customer,
    Gate,
    Handoff,
    OutcomeLabel,
    Source,
    Speaker,
    ToolCall,
)
from console.contract.ids import CustomerId
from tests.client.desk import until
from tests.desk.child import Backend
from tests.desk.seat import Seat
from tests.desk.stories import said, story

BOLD = "<b>x</b>&lt;i&gt; &amp;"
PICTURE = "<img src=file:///etc/passwd>"
HOSTILE = f"{BOLD} {PICTURE} &File"
NAME = "hostile"


@pytest.fixture(scope="module", autouse=True)
def told(sample_backend: Backend) -> None:
    context = AiContext(
        sources=(Source(id="kb-1", title=HOSTILE, version=BOLD, snippet=HOSTILE),),
        tool_calls=(ToolCall(id="call-1", name=HOSTILE, arguments='{"a": "<b>y</b>"}', result=HOSTILE),),
    )
    turns = (said(1, Speaker.CUSTOMER, HOSTILE), said(2, Speaker.AI, HOSTILE, context))
    facts = dict.fromkeys(("did", "promised", "already_asked", "missing", "next_steps"), (HOSTILE,))
    texts = dict.fromkeys(("reason", "message_to_customer", "ask", "unsent_draft", "policy_version"), HOSTILE)
    made = story(NAME, turns=turns, handoff=Handoff(gate=Gate.CONFIDENCE, at_turn=2, **facts, **texts))
    customer = Customer(id=CustomerId("hostile"), name=HOSTILE, email=HOSTILE, facts=((HOSTILE, HOSTILE),))
    changes = {
        "customer": customer,
        "topic": HOSTILE,
        "model": HOSTILE,
        "prompt": f"{HOSTILE}\n{PICTURE}",
        "prompt_version": HOSTILE,
        "outcome": (OutcomeLabel(name=HOSTILE, value=HOSTILE),),
    }
    sample_backend.load(Conversation.model_validate(made.model_copy(update=changes).model_dump()))


def words(seat: Seat) -> list[str]:
    """All that labels show, without the places to break that long runs are given."""
    return [said.replace("\u200b", "") for said in seat.labels()]


def alive(window: QWidget) -> list[str]:
    """Labels that would read markup, and tool tips that change what they say."""
    found = [f"label {part.text()!r}" for part in window.findChildren(QLabel) if part.text() and not _is_plain(part)]
    for part in window.findChildren(QWidget):
        tip = part.toolTip()
        if "passwd" in tip or "x</b>" in tip or "x&lt;" in tip:
            shown = QTextDocument()
            shown.setHtml(tip) if GuiQt.mightBeRichText(tip) else shown.setPlainText(tip)
            if BOLD not in shown.toPlainText():
                found.append(f"tool tip {tip!r} of {part!r}")
    return found


def _is_plain(part: QLabel) -> bool:
    return part.textFormat() is Qt.TextFormat.PlainText


async def test_every_label_shows_it_letter_by_letter(seat: Seat) -> None:
    await seat.choose(NAME)
    assert alive(seat.window) == []
    await until(lambda: sum(HOSTILE in line for line in words(seat)) >= 12)
    assert seat.conversation.name.accessibleName() == HOSTILE
    assert any(line == f"{HOSTILE}, {BOLD}" for line in words(seat)), "the source's title"
    assert any(line.startswith(f"{HOSTILE}(a=<b>y</b>)") for line in words(seat)), "the tool's name"


async def test_the_unfolded_card_and_the_editor_show_it_letter_by_letter_too(seat: Seat) -> None:
    await seat.correct(NAME, 2)
    assert seat.editor.answer.toPlainText() == HOSTILE
    seat.type(f" {PICTURE}")
    seat.pick(seat.editor.beside, "tools")
    seat.press("Esc", "o")
    await until(lambda: "Told customer" in words(seat))
    assert alive(seat.window) == []
    assert sum(line == HOSTILE for line in words(seat)) >= 8
    await until(lambda: PICTURE in seat.editor.diff.accessibleDescription())


async def test_bubbles_show_it_letter_by_letter(seat: Seat) -> None:
    await seat.choose(NAME)
    seat.chip(2, "tool:0")
    for place in (0, 1):
        block = seat.view._layout(place).block
        assert block.text_between(*block.everything()) == HOSTILE
    (detail,) = seat.view._layout(1).details
    assert PICTURE in detail.block.text_between(*detail.block.everything())


async def test_a_notice_shows_it_letter_by_letter(seat: Seat) -> None:
    seat.notice.tell(HOSTILE)
    assert seat.notice.words.text() == HOSTILE
    assert alive(seat.window) == []
