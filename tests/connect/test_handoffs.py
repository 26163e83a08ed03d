"""A recorded handoff stands; a transfer call becomes one, its gate named or read by rule and marked so."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from console.contract.conversations import Gate, Tier
from console.server.domain.transfer import is_transfer
from tests.connect.lines import called, read_one, result, said, user


def gate_for(folder: Path, customer: str, order_result: str = "{}") -> Gate:
    handoff = read_one(
        folder,
        user(customer),
        called("1", "get_order", order_id=5),
        result("1", order_result),
        called("2", "transfer_to_human"),
        result("2", "ok"),
    ).handoff
    assert handoff is not None
    assert handoff.inferred
    return handoff.gate


ASKING = [
    "Is there a supervisor?",
    "I want to SPEAK TO A HUMAN now",
    "Can you transfer me, please?",
    "I want a person.",
    "Ich will mit einem Mitarbeiter sprechen",
    "Je veux parler à un conseiller",
    "Quiero hablar con una persona",
    "Quero falar com um atendente",
    "Vorrei parlare con un operatore",
    "Ik wil een medewerker spreken",
    "Kan jag få tala med en medarbetare?",
    "Chcę rozmawiać z konsultantem",
    "Bir temsilci ile görüşmek istiyorum",
    "Соедините с оператором",
    "أريد التحدث مع موظف",
    "אני רוצה לדבר עם נציג",
    "मुझे किसी इंसान से बात करनी है",
    "转人工",
    "オペレーターにつないでください",
    "상담원 연결해 주세요",
]


@pytest.mark.parametrize("words", ASKING)
def test_a_customer_who_asks_for_a_person_in_any_tongue_asked(tmp_path: Path, words: str) -> None:
    assert gate_for(tmp_path, words) is Gate.CUSTOMER_ASKED


@pytest.mark.parametrize(
    "words",
    ["Where is my order?", "Add another person to the booking", "Put me on the earlier flight", "Humanitarian aid?"],
)
def test_other_words_do_not_ask(tmp_path: Path, words: str) -> None:
    assert gate_for(tmp_path, words) is Gate.TOPIC


def test_the_last_tool_failed_only_if_the_customer_did_not_ask(tmp_path: Path) -> None:
    assert gate_for(tmp_path, "Where is it?", "Error: timeout") is Gate.TOOL_FAILED
    assert gate_for(tmp_path, "A supervisor, please", "Error: timeout") is Gate.CUSTOMER_ASKED


def test_only_the_customers_last_words_count(tmp_path: Path) -> None:
    early = (user("Give me a supervisor"), said("I can help."), user("Fine, then do."))
    handoff = read_one(tmp_path, *early, called("1", "handoff")).handoff
    assert handoff is not None
    assert handoff.gate is Gate.TOPIC


def test_a_very_long_message_is_searched_to_its_end(tmp_path: Path) -> None:
    assert gate_for(tmp_path, "speak to a " * 30_000) is Gate.TOPIC


def test_a_transfer_call_leaves_a_whole_handoff(tmp_path: Path) -> None:
    handoff = read_one(
        tmp_path,
        user("Hi!"),
        user("My parcel is lost and nobody helps. What now?", timestamp=1_700_000_000),
        called("1", "get_order", order_id=50117, fields=["status", "carrier", "history"]),
        result("1", "{}"),
        called("2", "get_order", order_id=50117, fields=["status", "carrier", "history"]),
        result("2", "Error: timeout"),
        called("3", "think", thought="Hm."),
        result("3", ""),
        called("4", "transfer_to_human_agents", "A colleague takes over.", summary="Parcel 50117 is lost. Angry."),
        result("4", "Transfer successful"),
        user("Thanks"),
    ).handoff
    assert handoff is not None
    assert (handoff.at_turn, handoff.to_tier, handoff.gate) == (3, Tier.AGENT, Gate.TOOL_FAILED)
    assert handoff.reason == "Parcel 50117 is lost. Angry."
    assert handoff.ask == "Parcel 50117 is lost."
    assert handoff.message_to_customer == "A colleague takes over."
    assert handoff.did == (
        'get_order(order_id=50117, fields=["status","carrier","hi…)',
        'get_order(order_id=50117, fields=["status","carrier","hi…) failed',
    )
    assert handoff.missing == ("No source was retrieved.", "Confidence was not reported.")


def test_without_a_summary_the_customers_first_real_sentence_is_the_ask(tmp_path: Path) -> None:
    handoff = read_one(tmp_path, user("Hi!"), user("Hello!  My parcel\nis lost."), called("1", "escalate")).handoff
    assert handoff is not None
    assert handoff.ask == "My parcel is lost."
    assert "The AI left no summary." in handoff.missing


def test_a_gate_named_by_the_call_is_not_inferred(tmp_path: Path) -> None:
    handoff = read_one(tmp_path, user("Hi"), called("1", "escalate-to-human", gate="Policy")).handoff
    assert handoff is not None
    assert (handoff.gate, handoff.inferred) == (Gate.POLICY, False)


def test_a_recorded_handoff_stands_and_only_its_gaps_are_filled(tmp_path: Path) -> None:
    recorded: JsonValue = {
        "gate": "confidence",
        "value": 0.31,
        "threshold": 0.6,
        "to_tier": 2,
        "timestamp": "2026-11-20T10:45:00Z",
        "missing": ["The invoice."],
        "unsent_draft": "Dear",
    }
    conversation = read_one(
        tmp_path,
        user("A supervisor! My refund has not come."),
        called("1", "transfer_to_human", summary="Refund late."),
        result("1", "ok"),
        user("Hello?"),
        metadata={"handoff": recorded, "policy_version": "v14"},
    )
    handoff = conversation.handoff
    assert handoff is not None
    assert (handoff.gate, handoff.inferred, handoff.value, handoff.threshold) == (Gate.CONFIDENCE, False, 0.31, 0.6)
    assert (handoff.to_tier, handoff.policy_version, handoff.at_turn) == (Tier.SPECIALIST, "v14", 2)
    assert (handoff.ask, handoff.reason, handoff.missing) == ("Refund late.", "Refund late.", ("The invoice.",))
    assert (handoff.unsent_draft, handoff.message_to_customer) == ("Dear", None)


def test_no_transfer_and_no_record_is_no_handoff(tmp_path: Path) -> None:
    assert read_one(tmp_path, user("Get me a human"), said("No."), called("1", "get_human_size")).handoff is None


@pytest.mark.parametrize("name", ["transfer_to_human_agents", "Handoff", "escalate-to-human"])
def test_a_transfer_tool_is_known_by_its_name(name: str) -> None:
    assert is_transfer(name)
    assert not is_transfer(f"{name}_cost")


def test_a_recorded_handoff_lies_at_the_last_turn_the_ai_had_said_by_then(tmp_path: Path) -> None:
    conversation = read_one(
        tmp_path,
        user("Hi") | {"timestamp": "2026-11-20T10:00:00Z"},
        {"role": "assistant", "content": "A colleague takes over.", "timestamp": "2026-11-20T10:01:00Z"},
        user("Hello?") | {"timestamp": "2026-11-20T10:05:00Z"},
        {"role": "assistant", "content": "Still there?", "timestamp": "2026-11-20T10:06:00Z"},
        user("Yes") | {"timestamp": "2026-11-20T10:07:00Z"},
        metadata={"handoff": {"gate": "policy", "timestamp": "2026-11-20T10:01:00Z"}},
    )
    assert conversation.handoff is not None
    assert conversation.handoff.at_turn == 2
