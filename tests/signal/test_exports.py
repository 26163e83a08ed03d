"""Only what was marked teach, by a person, under a good claim, reaches a trainer; the rest is counted."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.contract.conversations import AiContext, Gate, Handoff, Source, Tier, TokenUse
from console.contract.corrections import Hunk, Scope, SpanLabel, ToolCallCorrection, taught_text
from console.contract.views import CorrectionState
from console.server.signal.exports import ExportFormat, ExportItem
from console.server.signal.left_out import LeftOut
from tests.connect.lines import called, result, said, transcript, user
from tests.contract.made_up import CALM, TEXTS
from tests.signal.desk import ANSWER, WRITTEN, change, conversation, corrected, export, exported

TRAINING = [ExportFormat.OPENAI_SFT, ExportFormat.OPENAI_DPO, ExportFormat.TRL_DPO]
LIE = change(ANSWER, "is lost", "was delivered")
GIFT = change(ANSWER, "20 EUR", "90 EUR and a tent", Scope.CUSTOMER_ONLY)

LEFT_OUT = {
    LeftOut.LATE: corrected(LIE, late=True),
    LeftOut.CUSTOMER_ONLY: corrected(GIFT),
    LeftOut.NO_CHANGE: corrected(codes=("tone",)),
    LeftOut.NO_ANSWER: corrected(change(ANSWER, ANSWER, " ")),
    LeftOut.MISFIT: corrected(LIE, original_sha256="0" * 64),
}


@pytest.mark.parametrize("format", TRAINING)
@pytest.mark.parametrize(("reason", "item"), LEFT_OUT.items(), ids=[reason.name for reason in LEFT_OUT])
def test_what_must_not_be_trained_on_is_left_out_with_a_reason(
    tmp_path: Path, format: ExportFormat, reason: LeftOut, item: ExportItem
) -> None:
    rows, report = export(tmp_path, format, item, corrected(LIE))
    assert len(rows) == 1
    assert report.left_out == {reason: 1}


@pytest.mark.parametrize(
    "item",
    [
        ExportItem(conversation(transcript(said(ANSWER))), corrected(LIE).record),
        ExportItem(conversation(transcript(user("Hi"), user(ANSWER))), corrected(LIE).record),
        corrected(tool_calls=(ToolCallCorrection(tool_call_id="call_9", name="get_order"),)),
    ],
    ids=["no such turn", "a customer's turn", "no such call"],
)
def test_a_correction_of_something_else_does_not_fit(tmp_path: Path, item: ExportItem) -> None:
    rows, report = export(tmp_path, ExportFormat.OPENAI_DPO, item)
    assert (rows, report.left_out) == ([], {LeftOut.MISFIT: 1})


def test_a_call_corrected_to_itself_changes_nothing(tmp_path: Path) -> None:
    same = ToolCallCorrection(tool_call_id="call_1", name="get_order", arguments='{"order_id": 50117}')
    _, report = export(tmp_path, ExportFormat.OPENAI_DPO, corrected(tool_calls=(same,)))
    assert report.left_out == {LeftOut.NO_CHANGE: 1}


def test_of_mixed_hunks_only_those_marked_teach_are_taught(tmp_path: Path) -> None:
    ((row,), _) = export(tmp_path, ExportFormat.TRL_DPO, corrected(LIE, GIFT))
    assert row["chosen"] == [said("It was delivered. You get 20 EUR back, Mara.")]


@st.composite
def marked_corrections(draw: st.DrawFn) -> ExportItem:
    """Corrections of a made-up answer in which each customer-only replacement is a word found nowhere else."""
    original = draw(TEXTS.filter(lambda text: bool(text.strip()) and "SECRET" not in text))
    talk = conversation(transcript(user("Hi"), called("1", "a"), result("1", "{}"), said(original)))
    cuts = sorted(draw(st.lists(st.integers(0, len(original)), max_size=8)))
    hunks = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        scope = draw(st.sampled_from(Scope))
        replacement = "SECRET" if scope is Scope.CUSTOMER_ONLY else draw(TEXTS)
        removed = original[start:end]
        if replacement != removed:
            hunks.append(Hunk(start=start, end=end, removed=removed, replacement=replacement, scope=scope))
    return corrected(*hunks, turn=2, of=talk, late=draw(st.booleans()))


@CALM
@given(st.lists(marked_corrections(), min_size=1, max_size=3))
def test_words_for_one_customer_never_appear_in_any_format(items: list[ExportItem]) -> None:
    with TemporaryDirectory() as folder:
        for format in ExportFormat:
            written = exported(items, format, Path(folder)).path.read_text("utf-8")
            assert "SECRET" not in written


@CALM
@given(marked_corrections())
def test_what_is_chosen_is_the_taught_text_and_what_is_rejected_what_was_said(item: ExportItem) -> None:
    original = item.conversation.turn(2).text
    with TemporaryDirectory() as folder:
        rows, report = export(Path(folder), ExportFormat.TRL_DPO, item)
    for row in rows:
        assert row["chosen"] == [said(taught_text(original, item.record.correction))]
        assert row["rejected"] == [said(original)]
        assert row["chosen"] != row["rejected"]
    assert len(rows) + sum(report.left_out.values()) == 1


def label(hunk: Hunk, code: str, *, confirmed: bool) -> SpanLabel:
    return SpanLabel(start=hunk.start, end=hunk.end, code=code, confirmed=confirmed)


def test_jsonl_holds_everything_but_what_was_for_one_customer(tmp_path: Path) -> None:
    late = change(ANSWER, "Mara", "Ms Ek")
    labels = (
        label(LIE, "wrong_fact", confirmed=True),
        label(GIFT, "made_up_promise", confirmed=True),
        label(GIFT, "arithmetic", confirmed=False),
        label(late, "tone", confirmed=False),
    )
    item = corrected(LIE, GIFT, late, labels=labels, codes=("wrong_fact",), note="90 EUR for Mara.", late=True)
    ((row,), report) = export(tmp_path, ExportFormat.JSONL, item)
    assert report.path.name == "redline-jsonl.jsonl"
    assert report.left_out == {}
    assert row["state"] == CorrectionState.LATE
    assert row["labels"] == [{"start": 3, "end": 10, "code": "wrong_fact", "confirmed": True}]
    assert row["suggested_labels"] == [label(late, "tone", confirmed=False).model_dump()]
    assert row["hunks"] == [LIE.model_dump(mode="json"), late.model_dump(mode="json")]
    assert row["customer_only_hunks_left_out"] == 1
    assert row["corrected_text"] is None
    assert (row["note"], row["note_left_out"]) == ("", True)
    assert (row["original_text"], row["taught_text"]) == (ANSWER, "It was delivered. You get 20 EUR back, Ms Ek.")
    known = {
        "id": "0193-1",
        "conversation_id": "c1",
        "turn": 2,
        "author_id": "ada",
        "author_name": "Ada",
        "author_role": "tier1",
        "epoch": 3,
        "model": "gpt-4o",
        "prompt_version": "sha256:580f685d",
        "policy_version": "v14",
        "taxonomy_version": "2026.1",
        "submitted_at": "2026-11-20T10:45:00Z",
        "body_sha256": item.record.receipt.body_sha256,
        "original_sha256": item.record.correction.original_sha256,
        "codes": ["wrong_fact"],
    }
    assert {name: row[name] for name in known} == known
    assert (row["handoff"]["gate"], row["handoff"]["inferred"]) == ("customer_asked", True)
    assert [message["content"] for message in row["context"]] == [message["content"] for message in WRITTEN[:4]]


def test_jsonl_gives_corrected_text_and_note_where_all_of_it_teaches(tmp_path: Path) -> None:
    ((row,), _) = export(tmp_path, ExportFormat.JSONL, corrected(LIE, note="See the scan."))
    assert row["corrected_text"] == row["taught_text"] == "It was delivered. You get 20 EUR back, Mara."
    assert (row["note"], row["note_left_out"]) == ("See the scan.", False)


@pytest.mark.parametrize(
    ("start", "end", "kept"), [(6, 10, True), (10, 14, False), (8, 12, False), (10, 10, False), (11, 14, True)]
)
def test_a_label_on_words_put_in_for_one_customer_goes_with_them(
    tmp_path: Path, start: int, end: int, kept: bool
) -> None:
    put_in = Hunk(start=10, end=10, removed="", replacement=" and found", scope=Scope.CUSTOMER_ONLY)
    said = SpanLabel(start=start, end=end, code="tone", confirmed=True)
    ((row,), _) = export(tmp_path, ExportFormat.JSONL, corrected(put_in, labels=(said,)))
    assert bool(row["labels"]) is kept


def test_jsonl_says_what_the_ai_had_before_it_and_how_it_let_go(tmp_path: Path) -> None:
    talk = conversation()
    before = talk.turn(2)
    source = Source(id="kb-7", title="Refunds", version="3", snippet="A secret of the house.", score=0.8)
    context = AiContext(sources=(source,), token_use=TokenUse(prompt=900, completion=40))
    turns = (talk.turns[0], before.model_copy(update={"ai": context}), *talk.turns[2:])
    gate = Handoff(
        gate=Gate.CONFIDENCE, value=0.4, threshold=0.6, policy_version="g2", to_tier=Tier.SPECIALIST, at_turn=4
    )
    item = corrected(LIE, of=talk.model_copy(update={"turns": turns, "handoff": gate}))
    ((row,), _) = export(tmp_path, ExportFormat.JSONL, item)
    assert row["sources"] == [{"id": "kb-7", "title": "Refunds", "version": "3", "score": 0.8}]
    assert row["token_use"] == {"prompt": 900, "completion": 40}
    assert row["handoff"] == {
        "gate": "confidence",
        "inferred": False,
        "value": 0.4,
        "threshold": 0.6,
        "policy_version": "g2",
        "tier": 2,
        "turn": 4,
    }


def test_jsonl_has_a_row_for_what_the_ai_never_let_go(tmp_path: Path) -> None:
    kept = conversation().model_copy(update={"handoff": None})
    ((row,), _) = export(tmp_path, ExportFormat.JSONL, corrected(LIE, of=kept))
    assert (row["handoff"], row["sources"], row["token_use"]) == (None, [], None)


def test_every_correction_of_a_turn_is_a_row_of_its_own(tmp_path: Path) -> None:
    rows, _ = export(tmp_path, ExportFormat.JSONL, corrected(LIE), corrected(GIFT, id="0193-2", author_id="bo"))
    assert [(row["id"], row["author_id"]) for row in rows] == [("0193-1", "ada"), ("0193-2", "bo")]


@pytest.mark.parametrize("format", ExportFormat)
def test_a_row_that_cannot_be_written_stops_no_other(tmp_path: Path, format: ExportFormat) -> None:
    half = LIE.model_copy(update={"replacement": "\ud800"})
    text = ANSWER.replace(LIE.removed, half.replacement)
    good = corrected(LIE)
    broken = good.record.correction.model_copy(update={"hunks": (half,), "corrected_text": text})
    record = good.record.model_copy(update={"correction": broken})
    rows, report = export(tmp_path, format, ExportItem(good.conversation, record), good)
    assert len(rows) == 1
    assert report.left_out == {LeftOut.UNWRITABLE: 1}


def test_an_export_of_nothing_is_an_empty_file(tmp_path: Path) -> None:
    report = exported([], ExportFormat.OPENAI_SFT, tmp_path / "new" / "folder")
    assert report.path.read_bytes() == b""
    assert (report.rows, report.left_out) == (0, {})


def test_an_export_that_breaks_off_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    export(tmp_path, ExportFormat.JSONL, corrected(LIE))
    before = (tmp_path / "redline-jsonl.jsonl").read_bytes()

    def breaking_off() -> Iterator[ExportItem]:
        yield corrected(GIFT)
        raise ConnectionError("the store went away")

    with pytest.raises(ConnectionError):
        exported(breaking_off(), ExportFormat.JSONL, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["redline-jsonl.jsonl"]
    assert (tmp_path / "redline-jsonl.jsonl").read_bytes() == before


def test_a_row_is_one_line_even_where_text_holds_line_separators(tmp_path: Path) -> None:
    broken_up = change(ANSWER, "is lost", "was\u2028de\nli\u0085vered")
    report = exported([corrected(broken_up)], ExportFormat.OPENAI_DPO, tmp_path)
    (line,) = report.path.read_bytes().split(b"\n")[:-1]
    assert "was\u2028de\nli\u0085vered" in json.loads(line)["preferred_output"][0]["content"]
