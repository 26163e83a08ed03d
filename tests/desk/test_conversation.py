"""The conversation and the inspector: the handoff card, the ways through the turns, find, tools and the trace."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QClipboard, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from console.client.theme.tokens import Colour
from console.contract.conversations import Gate, Handoff
from tests.client.desk import until
from tests.desk.child import Backend
from tests.desk.seat import Seat
from tests.desk.stories import ANSWER_TURN, UNREPORTED_TURN, alternating, story

FULL = "card-full"
BARE = "card-bare"
REVIEWED = "card-none"
SILENT = "card-silent"


@pytest.fixture(scope="module", autouse=True)
def told(sample_backend: Backend) -> None:
    at = datetime.now(UTC) - timedelta(minutes=5)
    full = Handoff(
        gate=Gate.CONFIDENCE,
        value=0.41,
        threshold=0.6,
        policy_version="pol-9",
        at_turn=5,
        at=at,
        reason="Two sources disagree.",
        message_to_customer="A colleague will help you.",
        ask="Wants the parcel.",
        did=("Looked at the tracking.",),
        promised=("A call back today.",),
        already_asked=("The order number.",),
        missing=("Proof of delivery.",),
        next_steps=("Ask the carrier.",),
        unsent_draft="I am afraid that",
    )
    bare = Handoff(gate=Gate.TOOL_FAILED, inferred=True, at_turn=6)
    sample_backend.load(story(FULL, handoff=full), story(BARE, handoff=bare))
    sample_backend.load(story(SILENT, turns=alternating(["Why?", "So.", "No.", "Yes."])))
    sample_backend.load(story(REVIEWED, handed_off=False), queue_all=True)


def card(seat: Seat) -> list[str]:
    """The lines of the handoff card in full, as a screen reader says them."""
    return seat.labels(seat.conversation.card)


def facts(seat: Seat) -> dict[str, str]:
    """The card's facts, by their names."""
    return dict(pairwise(card(seat)))


async def test_the_card_says_why_against_which_limit_and_under_which_policy(seat: Seat) -> None:
    await seat.choose(FULL)
    said = card(seat)
    assert "Handed off: confidence 0.41, limit 0.60" in said
    assert seat.conversation.card.policy.accessibleName() == "policy pol-9"
    assert any(line.endswith(" min ago, turn 5") for line in said)
    assert not seat.conversation.card.inferred.isVisible()


async def test_the_card_says_what_is_wanted_done_promised_asked_missing_and_unsent(seat: Seat) -> None:
    await seat.choose(FULL)
    await until(lambda: "Unsent draft" in facts(seat))
    assert facts(seat)["Wants"] == "Wants the parcel."
    assert facts(seat)["AI did"] == "Looked at the tracking."
    assert facts(seat)["Promised"] == "A call back today."
    assert facts(seat)["Asked"] == "The order number."
    assert facts(seat)["Missing"] == "Proof of delivery."
    assert facts(seat)["Unsent draft"] == "I am afraid that"
    assert "Reason" not in facts(seat)


async def test_o_unfolds_the_card_and_folds_it_again(seat: Seat) -> None:
    await seat.choose(FULL)
    seat.press("o")
    await until(lambda: "Reason" in facts(seat))
    assert facts(seat)["Reason"] == "Two sources disagree."
    assert facts(seat)["Next"] == "Ask the carrier."
    assert facts(seat)["Told customer"] == "A colleague will help you."
    seat.press("o")
    await until(lambda: "Reason" not in facts(seat))


async def test_what_the_ai_did_not_leave_is_said_and_an_inferred_gate_is_marked(seat: Seat) -> None:
    await seat.choose(BARE)
    assert "Handed off: tool failed" in card(seat)
    assert seat.conversation.card.inferred.accessibleName() == "inferred"
    assert seat.conversation.card.inferred.isVisible()
    await until(lambda: "Wants" in facts(seat))
    assert facts(seat)["Wants"] == "The AI named no request."
    assert facts(seat)["AI did"] == "Nothing that it recorded."


async def test_a_conversation_that_was_not_handed_off_says_so(seat: Seat) -> None:
    seat.press("Ctrl+4")
    await seat.choose(REVIEWED)
    assert "Not handed off: queued for review" in card(seat)
    await until(lambda: "Not recorded." in card(seat))


async def test_brackets_walk_the_ai_turns_and_stop_at_the_ends(seat: Seat) -> None:
    await seat.choose(FULL)
    walked = [seat.turn]
    for key in ("]", "[", "[", "[", "]"):
        seat.press(key)
        walked.append(seat.turn)
    assert walked == [6, 6, 4, 2, 2, 4]


async def test_h_goes_to_the_handoff_and_l_to_the_lowest_confidence(seat: Seat) -> None:
    await seat.choose(FULL)
    seat.press("h")
    assert seat.turn == 5
    seat.press("l")
    assert seat.turn == ANSWER_TURN


async def test_every_jump_brings_its_turn_into_sight(seat: Seat) -> None:
    await seat.choose("sample-billing-07")
    for key in ("l", "h", "[", "["):
        seat.press(key)
        rect = seat.view.visualRect(seat.view.currentIndex())
        assert seat.view.viewport().rect().intersects(rect), key


def marked(seat: Seat) -> int:
    """How many pixels of the transcript bear the ground of what was found."""
    image = seat.view.viewport().grab().toImage()
    ground = seat.window.theme.colour(Colour.WARN_BG).rgb()
    return sum(image.pixel(x, y) == ground for x in range(0, image.width(), 2) for y in range(0, image.height(), 2))


async def test_find_counts_the_turns_goes_from_one_to_the_next_and_marks_them(seat: Seat) -> None:
    await seat.choose(FULL)
    before = marked(seat)
    seat.press("Ctrl+F")
    seat.type("parcel")
    found = seat.conversation.find_bar
    assert (found.count.text(), seat.turn) == ("1 of 2 turns", 1)
    marks = marked(seat) - before
    assert marks > 0
    seat.press("Return")
    assert (found.count.text(), seat.turn) == ("2 of 2 turns", 4)
    seat.press("Shift+Return")
    assert (found.count.text(), seat.turn) == ("1 of 2 turns", 1)
    seat.type("x")
    assert found.count.text() == "not found"
    seat.press("Esc")
    assert not found.isVisible()
    assert abs(marked(seat) - before) < marks / 2  # how long the customer waits is on the same ground, and goes on


async def test_find_is_about_the_conversation_it_was_opened_over(seat: Seat) -> None:
    await seat.choose(FULL)
    seat.press("Ctrl+F")
    seat.type("parcel")
    await seat.choose(BARE)
    assert not seat.conversation.find_bar.isVisible()


async def test_a_tool_call_unfolds_in_its_turn_and_folds_again(seat: Seat) -> None:
    await seat.choose(FULL)
    index = seat.view.model().index(ANSWER_TURN - 1, 0)
    folded = seat.view.visualRect(index).height()
    seat.chip(ANSWER_TURN, "tool:0")
    (detail,) = seat.view._layout(ANSWER_TURN - 1).details
    said = detail.block.text_between(*detail.block.everything())
    assert "track_parcel(parcel=P-1)" in said
    assert "left: door" in said
    assert seat.view.visualRect(index).height() > folded
    seat.chip(ANSWER_TURN, "tool:0")
    assert seat.view._layout(ANSWER_TURN - 1).details == []
    assert seat.view.visualRect(index).height() == folded


async def test_the_chart_leads_the_transcript(seat: Seat) -> None:
    await seat.choose(FULL)
    chart = seat.inspector.chart
    seat.click(chart, QPoint(2, 40))
    assert seat.turn == 2
    seat.click(chart, QPoint(chart.width() - 2, 40))
    assert seat.turn == 6
    chart.setFocus()
    seat.press("Left")
    assert seat.turn == 4


async def test_the_transcript_leads_the_chart_and_all_that_is_told_of_a_turn(seat: Seat) -> None:
    await seat.choose(FULL)
    index = seat.view.model().index(ANSWER_TURN - 1, 0)
    middle = seat.view._layout(ANSWER_TURN - 1).bubble.center().toPoint()
    seat.click(seat.view.viewport(), seat.view.visualRect(index).topLeft() + middle)
    assert seat.turn == ANSWER_TURN
    assert seat.inspector.legend.text() == (
        "Turn 4: self-reported 0.41 (limit 0.60), confidence gate fired; frustration 0.52 (limit 0.70)"
    )
    await until(lambda: {"Returns, v3", "Carriers", "0.81", "no score"} <= set(seat.labels(seat.inspector)))
    at_four = seat.inspector.chart.grab().toImage()
    seat.press("[")
    assert seat.inspector.legend.text() == "Turn 2: self-reported 0.82 (limit 0.60)"
    assert seat.inspector.chart.grab().toImage() != at_four
    await until(lambda: {"No source was retrieved.", "The AI called no tool."} <= set(seat.labels(seat.inspector)))


async def test_what_nobody_reported_is_said_and_never_a_number(app: QApplication, seat: Seat) -> None:
    await seat.choose(FULL)
    assert seat.turn == UNREPORTED_TURN
    badges = [chip.text for chip in seat.view._layout(UNREPORTED_TURN - 1).chips]
    assert "not reported" in badges
    assert not re.search(r"\d\.\d", " ".join(badges))
    assert seat.inspector.legend.text() == "Turn 6: confidence not reported"
    chart = seat.inspector.chart
    at = QPoint(chart.width() - 10, 40)
    app.sendEvent(chart, QHelpEvent(QEvent.Type.ToolTip, at, chart.mapToGlobal(at)))
    await until(lambda: QToolTip.text() == "Turn 6, confidence not reported")
    QToolTip.hideText()


async def test_a_conversation_without_any_confidence_has_no_chart(seat: Seat) -> None:
    await seat.choose(SILENT)
    assert not seat.inspector.chart.isVisible()
    assert "confidence not reported" in seat.inspector.legend.text()
    assert not re.search(r"\d\.\d", seat.inspector.legend.text())


async def test_copy_takes_the_current_turn(clipboard: QClipboard, seat: Seat) -> None:
    await seat.choose(FULL)
    seat.view.setFocus()
    seat.press("[", "Ctrl+C")
    assert clipboard.text().startswith("The parcel was left at your door")
