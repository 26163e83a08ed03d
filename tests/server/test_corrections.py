"""Corrections: each stored once for ever, never overwritten, never lost to a stale claim."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from console.contract.base import canonical_json, content_digest, content_sha256
from console.contract.conversations import AiContext, Source, ToolCall
from console.contract.corrections import (
    Correction,
    Hunk,
    SourceJudgement,
    SourceVerdict,
    SpanLabel,
    ToolCallCorrection,
)
from console.contract.limits import MAX_TEXT
from console.contract.views import ConversationView, CorrectionPage, Receipt
from tests.server.world import Running, conversation, correction, send

CLAIM = "/v1/conversations/c/claim"


@pytest.fixture(autouse=True)
def claimed(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)


def stored(client: httpx.Client, query: str = "") -> CorrectionPage:
    return CorrectionPage.model_validate_json(client.get(f"/v1/corrections{query}").content)


def test_a_correction_is_stored_with_its_author_and_its_hash(backend: Running, ana: httpx.Client) -> None:
    sent = correction("k", "c")
    answer = send(ana, sent)
    assert answer.status_code == 201
    (record,) = stored(ana).records
    assert record.correction == sent
    assert (record.author_name, record.author_role) == ("Ana Ruiz", "tier1")
    assert record.receipt == Receipt.model_validate_json(answer.content)
    assert record.receipt.body_sha256 == content_sha256(canonical_json(sent))
    assert (record.receipt.state, record.receipt.received_at) == ("stored", backend.clock.now)


def test_sending_it_again_gives_the_first_receipt_again(backend: Running, ana: httpx.Client) -> None:
    first = send(ana, correction("k", "c"))
    backend.clock.move(days=30)
    again = send(ana, correction("k", "c"))
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(stored(ana).records) == 1


def test_many_sends_at_once_store_it_once(backend: Running, ana: httpx.Client) -> None:
    sent = correction("k", "c")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(ana, sent), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.content for answer in answers}) == 1
    assert len(stored(ana).records) == 1


def test_another_body_under_a_taken_id_is_refused_and_nothing_is_overwritten(ana: httpx.Client) -> None:
    send(ana, correction("k", "c"))
    answer = send(ana, correction("k", "c", note="changed my mind"))
    assert (answer.status_code, answer.json()["type"]) == (422, "id_reused")
    assert stored(ana).records[0].correction.note == ""


def test_a_turn_takes_several_corrections_by_several_people(
    backend: Running, ana: httpx.Client, ben: httpx.Client
) -> None:
    send(ana, correction("k1", "c"))
    send(ana, correction("k2", "c"))
    ana.delete(CLAIM, params={"epoch": 1})
    epoch = ben.post(CLAIM).json()["epoch"]
    assert send(ben, correction("k3", "c", by="ben", epoch=epoch)).json()["state"] == "stored"
    assert [record.correction.id for record in stored(ana, "?conversation_id=c").records] == ["k1", "k2", "k3"]
    assert [record.correction.id for record in stored(ana, "?author_id=ben").records] == ["k3"]
    assert stored(ana, "?conversation_id=other").records == ()


def test_a_stale_epoch_is_kept_as_late(backend: Running, ana: httpx.Client, ben: httpx.Client) -> None:
    backend.clock.move(hours=1)
    ben.post(CLAIM)
    answer = send(ana, correction("k", "c", epoch=1))
    assert (answer.status_code, answer.json()["state"]) == (201, "late_needs_review")
    assert len(stored(ana).records) == 1


def test_work_delivered_after_the_lease_still_counts_while_nobody_took_over(
    backend: Running, ana: httpx.Client
) -> None:
    backend.clock.move(hours=1)
    assert send(ana, correction("k1", "c")).json()["state"] == "stored"
    ana.delete(CLAIM, params={"epoch": 1})
    assert send(ana, correction("k2", "c")).json()["state"] == "stored"


def test_without_any_claim_it_is_late(ben: httpx.Client) -> None:
    assert send(ben, correction("k", "c", by="ben", epoch=1)).json()["state"] == "late_needs_review"


def test_nobody_corrects_in_anothers_name(ana: httpx.Client) -> None:
    answer = send(ana, correction("k", "c", by="ben"))
    assert (answer.status_code, answer.json()["type"]) == (403, "forbidden")
    assert stored(ana).records == ()


MISFITS = {
    "no such turn": correction("k", "c", turn=4),
    "a customer's turn": correction("k", "c", turn=1),
    "another original": correction("k", "c", original_sha256="0" * 64),
    "text that the hunks do not make": correction("k", "c", corrected_text="Something else."),
    "a span beyond the end": correction("k", "c", labels=(SpanLabel(start=0, end=900, code="tone", confirmed=True),)),
    "a code that is none": correction("k", "c", codes=("rude",)),
    "a label's code that is none": correction(
        "k", "c", labels=(SpanLabel(start=0, end=4, code="rude", confirmed=True),)
    ),
    "codes of an unknown taxonomy": correction("k", "c", taxonomy_version="1999.1"),
    "a source the turn has not": correction(
        "k", "c", source_verdicts=(SourceVerdict(source_id="kb-8", judgement=SourceJudgement.STALE),)
    ),
    "a call the turn has not": correction("k", "c", tool_calls=(ToolCallCorrection(tool_call_id="call_8"),)),
    "nothing said": correction("k", "c", hunks=(), codes=(), corrected_text="Your refund arrives tomorrow."),
}


def test_a_correction_of_a_conversation_that_is_not_here_may_come_again_once_it_is(
    backend: Running, ana: httpx.Client
) -> None:
    assert send(ana, correction("k", "other")).json()["type"] == "not_found"
    backend.load(conversation("other"))
    assert send(ana, correction("k", "other")).status_code == 201


@pytest.mark.parametrize("sent", MISFITS.values(), ids=MISFITS.keys())
def test_what_does_not_fit_is_refused(ana: httpx.Client, sent: Correction) -> None:
    answer = send(ana, sent)
    assert (answer.status_code, answer.json()["type"]) == (422, "does_not_fit")
    assert stored(ana).records == ()


def test_what_the_turn_has_can_be_judged(backend: Running, ana: httpx.Client) -> None:
    talk = conversation("d")
    answer = talk.turn(2).model_copy(
        update={
            "ai": AiContext(
                sources=(Source(id="kb-7", title="Refunds"),),
                tool_calls=(ToolCall(id="call_7", name="pay", arguments="{}"),),
            )
        }
    )
    backend.load(talk.model_copy(update={"turns": (talk.turn(1), answer, talk.turn(3))}))
    sent = correction(
        "k",
        "d",
        labels=(SpanLabel(start=20, end=28, code="wrong_fact", confirmed=True),),
        source_verdicts=(SourceVerdict(source_id="kb-7", judgement=SourceJudgement.WRONG),),
        tool_calls=(ToolCallCorrection(tool_call_id="call_7", name="look"), ToolCallCorrection(name="left_out")),
    )
    assert send(ana, sent).status_code == 201


@pytest.mark.parametrize("letter", ["字", "👩"], ids=["Chinese", "emoji"])
def test_the_longest_answer_can_be_rewritten(backend: Running, ana: httpx.Client, letter: str) -> None:
    said, better = letter * MAX_TEXT, "好" * (MAX_TEXT // 2)
    backend.load(conversation("long", answer=said))
    hunk = Hunk(start=0, end=len(said), removed=said, replacement=better)
    sent = correction("k", "long", original_sha256=content_sha256(said), corrected_text=better, hunks=(hunk,))
    assert len(canonical_json(sent)) > 2 * 1024 * 1024
    assert send(ana, sent).status_code == 201


def test_a_conversation_shows_the_newest_corrections_that_fit_and_the_list_has_them_all(
    backend: Running, ana: httpx.Client
) -> None:
    for number in range(9):
        backend.clock.move(seconds=1)
        send(ana, correction(f"k{number}", "c", note="字" * 100_000))
    backend.clock.move(seconds=1)
    send(ana, correction("small", "c"))
    view = ConversationView.model_validate_json(ana.get("/v1/conversations/c").content)
    assert [record.correction.id for record in view.corrections] == [*(f"k{number}" for number in range(3, 9)), "small"]
    assert view.row.corrections == 10
    assert len(stored(ana, "?conversation_id=c&author_id=ana").records) == 10


def test_one_correction_too_large_to_show_hides_no_other(backend: Running, ana: httpx.Client) -> None:
    said, better = "好" * MAX_TEXT, "字" * (MAX_TEXT // 2)
    everything = Hunk(start=0, end=len(said), removed=said, replacement=better)
    first = Hunk(start=0, end=1, removed="好", replacement="字")
    backend.load(conversation("long", answer=said))
    small = correction("small", "long", corrected_text="字" + said[1:], hunks=(first,))
    large = correction("large", "long", corrected_text=better, hunks=(everything,))
    for sent in (small, large):
        backend.clock.move(seconds=1)
        assert send(ana, sent.model_copy(update={"original_sha256": content_sha256(said)})).status_code == 201
    view = ConversationView.model_validate_json(ana.get("/v1/conversations/long").content)
    assert ([record.correction.id for record in view.corrections], view.row.corrections) == (["small"], 2)


def test_what_arrives_otherwise_than_it_was_sent_is_not_stored(ana: httpx.Client) -> None:
    sent = canonical_json(correction("k", "c"))
    digest = {"Content-Digest": f"sha-512=:AA==:, sha-256=:{content_digest(sent)}:"}
    garbled = ana.put("/v1/corrections/k", content=sent.replace(b"Refunds", b"refunds", 1) + b" ", headers=digest)
    assert (garbled.status_code, garbled.json()["type"]) == (400, "garbled")
    assert stored(ana).records == ()
    assert ana.put("/v1/corrections/k", content=sent, headers=digest).status_code == 201


def test_the_address_and_the_body_name_the_same_id(ana: httpx.Client) -> None:
    answer = ana.put("/v1/corrections/other", content=correction("k", "c").model_dump_json())
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid")
