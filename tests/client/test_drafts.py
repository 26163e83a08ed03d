"""A draft carries its hunks' labels along, asks for little, and always yields a correction that fits."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.client.domain import drafts
from console.client.domain.drafts import CorrectionDraft, DraftHunk, IncompleteDraftError, ToolCallDraft
from console.contract.conversations import Gate, Speaker, Turn
from console.contract.corrections import Assertion, AssertionKind, Scope, SourceJudgement, fits
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.limits import MAX_CHANGES, MAX_TEXT
from console.contract.taxonomy import TAXONOMY, Severity

NOW = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
ORIGINAL = "You have 14 days to return it. The refund takes one day. We pay the shipping."


def opened(original: str = ORIGINAL) -> CorrectionDraft:
    turn = Turn(number=4, speaker=Speaker.AI, text=original)
    return drafts.open_draft(
        CorrectionId("d-1"),
        ConversationId("c-1"),
        turn,
        UserId("ana"),
        opened_at=NOW,
        taxonomy_version=TAXONOMY.version,
    )


def typed(*replacements: tuple[str, str]) -> CorrectionDraft:
    text = ORIGINAL
    for old, new in replacements:
        text = text.replace(old, new)
    return drafts.with_text(opened(), text)


def said(draft: CorrectionDraft) -> list[tuple[str, str | None, bool, Scope]]:
    return [(hunk.replacement.strip(), hunk.code, hunk.confirmed, hunk.scope) for hunk in draft.hunks]


def test_one_code_and_one_severity_suffice_for_any_number_of_hunks() -> None:
    draft = typed(("14", "30"), ("one day", "five days"), ("pay", "do not pay"))
    assert len(draft.hunks) == 3
    draft = drafts.with_severity(drafts.toggle_code(draft, "wrong_policy"), Severity.MAJOR)
    assert drafts.faults(draft) == ()
    correction = drafts.to_correction(draft, 7, NOW)
    assert [label.code for label in correction.labels] == ["wrong_policy"] * 3
    assert not any(label.confirmed for label in correction.labels)


def test_a_suggestion_is_no_human_label_until_it_is_confirmed() -> None:
    draft = drafts.toggle_code(typed(("14", "30"), ("pay", "do not pay")), "wrong_policy")
    draft = drafts.confirm_hunk(draft, 1)
    assert [hunk.confirmed for hunk in draft.hunks] == [False, True]


def test_confirming_a_hunk_without_a_suggestion_confirms_nothing() -> None:
    assert drafts.confirm_hunk(typed(("14", "30")), 0).hunks[0].confirmed is False


def test_choosing_a_hunks_code_confirms_it_and_says_it_of_the_turn() -> None:
    draft = drafts.with_hunk_code(drafts.toggle_code(typed(("14", "30")), "wrong_policy"), 0, "arithmetic")
    assert said(draft) == [("30", "arithmetic", True, Scope.TEACH)]
    assert draft.codes == ("wrong_policy", "arithmetic")


def test_a_code_taken_back_leaves_its_hunks_to_the_next_one() -> None:
    draft = drafts.with_hunk_code(drafts.toggle_code(typed(("14", "30")), "wrong_policy"), 0, "arithmetic")
    draft = drafts.toggle_code(draft, "arithmetic")
    assert said(draft) == [("30", "wrong_policy", False, Scope.TEACH)]
    assert said(drafts.toggle_code(draft, "wrong_policy")) == [("30", None, False, Scope.TEACH)]


def test_typing_on_keeps_the_labels_of_hunks_that_stay() -> None:
    draft = drafts.with_hunk_code(typed(("14", "30"), ("pay", "do not pay")), 0, "wrong_policy")
    draft = drafts.with_hunk_scope(draft, 1, Scope.CUSTOMER_ONLY)
    draft = drafts.with_text(draft, "Hi! " + draft.text.replace("30", "31"))
    assert said(draft) == [
        ("Hi!", "wrong_policy", False, Scope.TEACH),
        ("31", "wrong_policy", True, Scope.TEACH),
        ("do not", "wrong_policy", False, Scope.CUSTOMER_ONLY),
    ]


def test_a_hunk_that_swallows_a_personal_one_stays_personal() -> None:
    draft = drafts.with_hunk_scope(typed(("14", "30"), ("pay", "do not pay")), 0, Scope.CUSTOMER_ONLY)
    draft = drafts.with_text(draft, "No.")
    assert [hunk.scope for hunk in draft.hunks] == [Scope.CUSTOMER_ONLY] * len(draft.hunks)


def personal(words: str = "Ana Ruiz") -> CorrectionDraft:
    """A draft in which one hunk, these words, was marked as for this customer only."""
    return drafts.with_hunk_scope(typed(("14 days", words)), 0, Scope.CUSTOMER_ONLY)


def test_personal_words_deleted_and_typed_again_letter_by_letter_are_personal_again() -> None:
    draft = personal()
    for at in range(len("Ana Ruiz"), -1, -1):
        draft = drafts.with_text(draft, ORIGINAL.replace("14 days", "Ana Ruiz"[:at]))
    draft = drafts.with_text(draft, ORIGINAL)
    assert draft.hunks == ()
    draft = CorrectionDraft.model_validate_json(draft.model_dump_json())
    for at in range(1, len("ana  ruiz") + 1):
        draft = drafts.with_text(draft, ORIGINAL + " Yours, " + "ana  ruiz"[:at])
    assert said(draft) == [("Yours, ana  ruiz", None, False, Scope.CUSTOMER_ONLY)]


def test_a_fragment_left_while_deleting_personal_words_marks_nothing() -> None:
    draft = personal("Anatol")
    for at in range(len("Anatol"), -1, -1):
        draft = drafts.with_text(draft, ORIGINAL.replace("14 days", "Anatol"[:at]))
    draft = drafts.with_text(draft, ORIGINAL + " Analyse it.")
    assert [hunk.scope for hunk in draft.hunks if "Analyse" in hunk.replacement] == [Scope.TEACH]


def test_personal_words_that_were_edited_are_personal_as_edited() -> None:
    draft = drafts.with_text(personal(), ORIGINAL.replace("14 days", "Ana B. Ruiz"))
    draft = drafts.with_text(drafts.with_text(draft, ORIGINAL), ORIGINAL + " Yours, Ana B. Ruiz")
    assert [hunk.scope for hunk in draft.hunks] == [Scope.CUSTOMER_ONLY]


def test_personal_words_teach_once_a_person_says_so() -> None:
    draft = drafts.with_text(drafts.with_text(personal(), ORIGINAL), ORIGINAL + " Yours, Ana Ruiz")
    draft = drafts.with_hunk_scope(draft, 0, Scope.TEACH)
    draft = drafts.with_text(draft, draft.text + "!")
    assert [hunk.scope for hunk in draft.hunks] == [Scope.TEACH]


def test_one_place_taught_stays_so_beside_another_that_is_personal() -> None:
    draft = typed(("14 days", "Ana Ruiz"), ("shipping", "Ana Ruiz"))
    draft = drafts.with_hunk_scope(draft, 0, Scope.CUSTOMER_ONLY)
    draft = drafts.with_hunk_scope(draft, 1, Scope.TEACH)
    draft = drafts.with_text(draft, draft.text + "!")
    assert [hunk.scope for hunk in draft.hunks][:2] == [Scope.CUSTOMER_ONLY, Scope.TEACH]


def test_a_correction_too_large_for_the_wire_is_a_fault_before_anything_is_sent() -> None:
    draft = drafts.toggle_code(drafts.with_text(opened("a" * MAX_TEXT), "😀" * MAX_TEXT), "tone")
    assert drafts.faults(draft) == ()
    draft = drafts.with_note(draft, "😀" * MAX_TEXT)
    draft = drafts.with_assertions(draft, (Assertion(kind=AssertionKind.MUST_SAY, text="😀" * MAX_TEXT),))
    (fault,) = drafts.faults(draft)
    assert fault.startswith("Shorten the answer")
    with pytest.raises(IncompleteDraftError):
        drafts.to_correction(draft, 1, NOW)


def test_a_correction_of_too_many_changes_is_a_fault_before_anything_is_sent() -> None:
    change = DraftHunk(start=0, end=1, removed="a", replacement="b")
    hunks = [change.model_copy(update={"start": 2 * at, "end": 2 * at + 1}) for at in range(MAX_CHANGES + 1)]
    draft = drafts.toggle_code(opened("a " * len(hunks)), "tone")
    assert drafts.faults(draft.model_copy(update={"hunks": tuple(hunks[1:])})) == ()
    (fault,) = drafts.faults(draft.model_copy(update={"hunks": tuple(hunks)}))
    assert fault.endswith("with 20,000 changes.")


def test_a_text_typed_back_leaves_the_draft_untouched() -> None:
    assert drafts.is_untouched(drafts.with_text(typed(("14", "30")), ORIGINAL))


def test_a_note_alone_is_worth_keeping_but_corrects_nothing() -> None:
    draft = drafts.with_note(opened(), "ask Renate")
    assert not drafts.is_untouched(draft)
    assert "Change the answer, or say what is wrong with it." in drafts.faults(draft)


def test_faults_say_what_to_do() -> None:
    assert drafts.faults(typed(("14", "30"))) == ("Choose at least one error code.",)
    handoff = drafts.with_handoff(typed(("14", "30")), True)
    assert "Choose the gate that should have handed it off." in drafts.faults(handoff)
    assert drafts.faults(drafts.with_handoff(handoff, True, Gate.POLICY)) == drafts.faults(typed(("14", "30")))


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ('{"a": }', "Write the arguments of refund as a JSON object (line 1, column 7 is not)."),
        ("[1]", "Write the arguments of refund as a JSON object, in braces."),
    ],
)
def test_arguments_that_are_no_json_object_are_a_fault(arguments: str, fault: str) -> None:
    draft = drafts.with_tool_call(opened(), ToolCallDraft(tool_call_id="t1", name="refund", arguments=arguments))
    assert fault in drafts.faults(draft)
    mended = drafts.with_tool_call(draft, ToolCallDraft(tool_call_id="t1", name="refund", arguments='{"a": 1}'))
    assert fault not in drafts.faults(mended)
    assert len(mended.tool_calls) == 1
    assert drafts.is_untouched(drafts.without_tool_call(mended, "t1"))


def test_the_same_judgement_again_takes_it_back() -> None:
    draft = drafts.toggle_source(opened(), "kb-1", SourceJudgement.STALE)
    draft = drafts.toggle_source(draft, "kb-1", SourceJudgement.WRONG)
    assert [verdict.judgement for verdict in draft.source_verdicts] == [SourceJudgement.WRONG]
    assert drafts.is_untouched(drafts.toggle_source(draft, "kb-1", SourceJudgement.WRONG))


def test_a_draft_with_faults_is_no_correction() -> None:
    with pytest.raises(IncompleteDraftError) as caught:
        drafts.to_correction(opened(), 1, NOW)
    assert caught.value.faults == drafts.faults(opened())


def test_what_the_contract_refuses_never_enters_a_draft() -> None:
    draft = drafts.with_text(opened(), "a\x00b\ud800c" + "d" * 500_000)
    assert draft.text.startswith("abcd")
    assert len(draft.text) == MAX_TEXT
    assert CorrectionDraft.model_validate_json(draft.model_dump_json()) == draft


def at_hunk(draft: CorrectionDraft, index: int, change: Callable[..., CorrectionDraft], *args: str) -> CorrectionDraft:
    return change(draft, index % len(draft.hunks), *args) if draft.hunks else draft


TEXTS = st.text(alphabet="ab \n.é\u0301👩\u200d👧\ud800\x00", max_size=30)
CODES = st.sampled_from([entry.code for entry in TAXONOMY.codes])
STEPS = st.lists(
    st.one_of(
        TEXTS.map(lambda text: lambda draft: drafts.with_text(draft, text)),
        CODES.map(lambda code: lambda draft: drafts.toggle_code(draft, code)),
        st.tuples(st.integers(0, 5), CODES).map(
            lambda p: lambda draft: at_hunk(draft, p[0], drafts.with_hunk_code, p[1])
        ),
        st.integers(0, 5).map(lambda i: lambda draft: at_hunk(draft, i, drafts.with_hunk_scope, Scope.CUSTOMER_ONLY)),
        st.integers(0, 5).map(lambda i: lambda draft: at_hunk(draft, i, drafts.confirm_hunk)),
        st.just(lambda draft: drafts.with_assertions(draft, (Assertion(kind=AssertionKind.MUST_SAY, text="x"),))),
    ),
    max_size=12,
)


@given(st.text(alphabet="ab \n.é\u0301👩\u200d👧", max_size=30), STEPS)
@settings(deadline=None)
def test_whatever_is_done_to_a_draft_it_can_be_kept_and_yields_a_correction_that_fits(
    original: str, steps: list[Callable[[CorrectionDraft], CorrectionDraft]]
) -> None:
    draft = opened(original)
    for step in steps:
        draft = step(draft)
    assert CorrectionDraft.model_validate_json(draft.model_dump_json()) == draft
    draft = drafts.with_severity(drafts.with_handoff(draft, True, Gate.POLICY), Severity.MINOR)
    if not draft.codes:
        draft = drafts.toggle_code(draft, "tone")
    correction = drafts.to_correction(draft, 3, NOW)
    assert fits(original, correction)
    assert correction.says_something
    assert len(correction.labels) == len(draft.hunks)
    assert {label.code for label in correction.labels} <= set(correction.codes)
    again = drafts.reopened(correction, CorrectionId("d-2"))
    assert again.original == original
    assert drafts.to_correction(again, 3, NOW) == correction.model_copy(update={"id": "d-2"})


SENTENCES = st.lists(
    st.sampled_from(["Ana Ruiz", "ana\u00a0RUIZ", "You have", "14 days", ".", "ship it", "Ana"]), max_size=8
).map(" ".join)


@given(st.lists(SENTENCES, max_size=6))
@settings(deadline=None)
def test_no_hunk_that_holds_personal_words_ever_teaches_until_a_person_says_so(texts: list[str]) -> None:
    draft = personal()
    for text in texts:
        draft = drafts.with_text(draft, text)
        draft = CorrectionDraft.model_validate_json(draft.model_dump_json())
        for hunk in draft.hunks:
            if "anaruiz" in "".join(hunk.replacement.casefold().split()):
                assert hunk.scope is Scope.CUSTOMER_ONLY
