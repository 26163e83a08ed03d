"""What is said of a correction by key and click: labels, scope, severity, cause, sources, tools, gate and note."""

import pytest

from console.client.ui.inspector.source_card import SourceCard
from console.contract.conversations import Conversation, Gate
from console.contract.corrections import Correction, Scope, SourceJudgement
from console.contract.taxonomy import RootCause, Severity
from tests.client.desk import until
from tests.desk.child import Backend
from tests.desk.seat import Seat
from tests.desk.stories import ANSWER_TURN

FIXED = "The parcel was left at your door on Tuesday. A refund takes five days. We pay for the return."


async def stored(seat: Seat, backend: Backend, case: Conversation) -> Correction:
    """Submit by key and return the one record that arrived."""
    seat.press("Ctrl+Return")
    await until(lambda: [state.value for state in seat.states(case.id)] == ["stored"])
    (record,) = backend.corrections(case.id).records
    return record.correction


async def rewritten(seat: Seat, case: Conversation) -> None:
    """Open the answer and correct three places of it."""
    await seat.correct(case.id, ANSWER_TURN)
    seat.rewrite(FIXED)
    await until(lambda: len(seat.draft.hunks) == 3)


async def test_tab_and_digits_label_each_change_and_the_rest_is_only_suggested(case: Conversation, seat: Seat) -> None:
    await rewritten(seat, case)
    seat.press("Tab", "3")
    hunks = seat.draft.hunks
    assert [hunk.code for hunk in hunks] == ["wrong_fact"] * 3
    assert [hunk.confirmed for hunk in hunks] == [True, False, False]
    assert [button.suggested for button in seat.editor.codes.buttons] == [False, False, True, False, False]
    seat.press("Return", "1")
    hunks = seat.draft.hunks
    assert [(hunk.code, hunk.confirmed) for hunk in hunks] == [
        ("wrong_fact", True),
        ("wrong_fact", True),
        ("wrong_policy", True),
    ]


async def test_a_key_that_follows_the_typing_at_once_labels_what_was_typed(case: Conversation, seat: Seat) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.rewrite(FIXED)
    seat.press("Tab", "3")
    assert [hunk.confirmed for hunk in seat.draft.hunks] == [True, False, False]


async def test_digits_are_shown_only_where_they_choose(case: Conversation, seat: Seat) -> None:
    await rewritten(seat, case)
    assert not any(button.badge_shown for button in seat.editor.codes.buttons)
    seat.press("Tab")
    assert all(button.badge_shown for button in seat.editor.codes.buttons)
    assert not any(button.badge_shown for button in seat.editor.severity.buttons)


async def test_a_suggestion_nobody_touched_arrives_unconfirmed(
    case: Conversation, seat: Seat, backend: Backend
) -> None:
    await rewritten(seat, case)
    seat.press("Tab", "3")
    said = await stored(seat, backend, case)
    assert [label.confirmed for label in said.labels] == [True, False, False]


@pytest.mark.parametrize(
    ("changed", "hunks"),
    [
        ({"Monday": "Tuesday"}, 1),
        ({"Monday": "Tuesday", "ten": "five"}, 2),
        ({"Monday": "Tuesday", "ten": "five", "You pay": "We pay"}, 3),
    ],
)
async def test_k_changes_take_k_plus_two_keys_beyond_the_typing(
    changed: dict[str, str], hunks: int, case: Conversation, seat: Seat, backend: Backend
) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    text = case.turn(ANSWER_TURN).text
    for old, new in changed.items():
        text = text.replace(old, new)
    seat.rewrite(text)
    await until(lambda: len(seat.draft.hunks) == hunks)
    seat.pressed.clear()
    seat.press("Tab", "1", *["Return"] * (hunks - 1))
    said = await stored(seat, backend, case)
    assert len(said.hunks) == hunks
    assert all(label.confirmed for label in said.labels)
    assert len(said.labels) == hunks
    assert len(seat.pressed) <= hunks + 2


async def test_each_change_teaches_or_is_for_this_customer_only(
    case: Conversation, seat: Seat, backend: Backend
) -> None:
    await rewritten(seat, case)
    seat.press("Tab", "1")
    seat.editor.scope.setFocus()
    seat.press("Left", "Right", "2")
    assert [hunk.scope for hunk in seat.draft.hunks] == [Scope.TEACH, Scope.CUSTOMER_ONLY, Scope.TEACH]
    seat.press("Right")
    assert "Change 3 of 3" in seat.labels(seat.editor)
    said = await stored(seat, backend, case)
    assert [hunk.scope for hunk in said.hunks] == [Scope.TEACH, Scope.CUSTOMER_ONLY, Scope.TEACH]


async def test_severity_and_cause_are_chosen_by_digit_and_taken_back_by_the_same(
    case: Conversation, seat: Seat, backend: Backend
) -> None:
    await rewritten(seat, case)
    seat.press("Tab", "1", "Tab", "Tab", "3", "3")
    assert seat.draft.severity is None
    seat.press("2", "Tab", "2")
    said = await stored(seat, backend, case)
    assert (said.severity, said.root_cause) == (Severity.MAJOR, RootCause.STALE_KNOWLEDGE)


async def test_an_option_can_be_clicked(case: Conversation, seat: Seat) -> None:
    await rewritten(seat, case)
    for button in (seat.editor.codes.buttons[1], seat.editor.severity.buttons[0]):
        seat.view.reveal(button)
        seat.click(button)
    draft = seat.draft
    assert (draft.codes, draft.severity) == (("made_up_promise",), Severity.MINOR)


async def test_t_offers_every_error_code_and_enter_takes_the_one_typed(case: Conversation, seat: Seat) -> None:
    await rewritten(seat, case)
    seat.press("Esc", "t")
    await until(lambda: seat.app.activePopupWidget() is not None)
    seat.type("arithmetic")
    seat.press("Return")
    assert seat.draft.codes == ("arithmetic",)
    assert "Arithmetic" in [button.option.word for button in seat.editor.codes.buttons]


async def test_a_source_is_judged_in_the_inspector(case: Conversation, seat: Seat, backend: Backend) -> None:
    await rewritten(seat, case)
    stale = seat.inspector.findChildren(SourceCard)[0].verdict.buttons[1]
    seat.inspector.ensureWidgetVisible(stale)
    seat.click(stale)
    assert stale.isChecked()
    seat.pick(seat.editor.codes, "wrong_policy")
    said = await stored(seat, backend, case)
    assert [(verdict.source_id, verdict.judgement) for verdict in said.source_verdicts] == [
        ("kb-1", SourceJudgement.STALE)
    ]


async def test_a_source_cannot_be_judged_beside_a_correction(case: Conversation, seat: Seat) -> None:
    await seat.choose(case.id)
    seat.go_to(ANSWER_TURN)
    await until(lambda: len(seat.inspector.findChildren(SourceCard)) == 2)
    button = seat.inspector.findChildren(SourceCard)[0].verdict.buttons[1]
    seat.inspector.ensureWidgetVisible(button)
    seat.click(button)
    assert "Press e first" in seat.notice.words.text()
    assert not button.isChecked()


async def test_arguments_that_are_no_json_are_refused_with_a_sentence(
    case: Conversation, seat: Seat, backend: Backend
) -> None:
    await rewritten(seat, case)
    seat.press("Tab", "1")
    seat.pick(seat.editor.beside, "tools")
    seat.press("2")
    assert seat.editor.tools.arguments.hasFocus()
    seat.press("Ctrl+A")
    seat.type("{not json")
    seat.press("Ctrl+Return")
    assert seat.editor.fault.text() == (
        "Write the arguments of track_parcel as a JSON object (line 1, column 2 is not)."
    )
    assert seat.editor.isVisible()
    assert seat.states(case.id) == []
    seat.press("Ctrl+A")
    seat.type('{"parcel": "P-2"}')
    said = await stored(seat, backend, case)
    assert [(call.tool_call_id, call.name, call.arguments) for call in said.tool_calls] == [
        ("call-1", "track_parcel", '{"parcel": "P-2"}')
    ]


async def test_a_call_the_ai_should_not_have_made_is_said_so(case: Conversation, seat: Seat, backend: Backend) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.pick(seat.editor.codes, "wrong_policy")
    seat.pick(seat.editor.beside, "tools")
    seat.press("3")
    assert not seat.editor.tools.arguments.isVisible()
    said = await stored(seat, backend, case)
    assert [(call.tool_call_id, call.name) for call in said.tool_calls] == [("call-1", None)]
    assert said.hunks == ()


async def test_a_call_the_ai_left_out_needs_a_tool(case: Conversation, seat: Seat, backend: Backend) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.pick(seat.editor.codes, "wrong_policy")
    seat.pick(seat.editor.beside, "tools")
    seat.pick(seat.editor.tools.which, "")
    seat.editor.tools.verdict.setFocus()
    seat.press("2", "Ctrl+Return")
    assert "Name the tool the AI should have called." in seat.editor.fault.text()
    seat.editor.tools.name.setFocus()
    seat.type("open_claim")
    said = await stored(seat, backend, case)
    assert [(call.tool_call_id, call.name) for call in said.tool_calls] == [(None, "open_claim")]


async def test_should_have_handed_off_needs_its_gate(case: Conversation, seat: Seat, backend: Backend) -> None:
    await seat.correct(case.id, ANSWER_TURN)
    seat.pick(seat.editor.codes, "wrong_policy")
    seat.pick(seat.editor.beside, "handoff")
    assert seat.editor.gates.isVisible()
    seat.editor.answer.setFocus()
    seat.press("Ctrl+Return")
    assert seat.editor.fault.text() == "Choose the gate that should have handed it off."
    assert seat.editor.gates.hasFocus()
    seat.press("2")
    said = await stored(seat, backend, case)
    assert (said.should_have_handed_off, said.handoff_gate) == (True, Gate.SENTIMENT)


async def test_a_note_goes_along(case: Conversation, seat: Seat, backend: Backend) -> None:
    await rewritten(seat, case)
    seat.press("Tab", "1")
    seat.pick(seat.editor.beside, "note")
    assert seat.editor.note.hasFocus()
    seat.type("See the carrier's page. njk")
    said = await stored(seat, backend, case)
    assert said.note == "See the carrier's page. njk"


async def test_all_that_was_said_is_shown_again_when_the_draft_is_reopened(case: Conversation, seat: Seat) -> None:
    await rewritten(seat, case)
    seat.press("Tab", "1", "Tab", "Tab", "2")
    seat.pick(seat.editor.beside, "note")
    seat.type("Because.")
    await seat.until_kept()
    before = seat.draft
    seat.press("Esc", "Esc", "e")
    await seat.until_editing()
    assert seat.draft == before
    assert seat.editor.note.isVisible()
    assert seat.editor.note.toPlainText() == "Because."
    assert seat.editor.severity.buttons[1].isChecked()
