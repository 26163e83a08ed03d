"""Masking and the place in the queue, as pure rules."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.contract.conversations import Priority, Tier
from console.contract.permissions import Role
from console.server.domain.masking import mask_email, mask_phone
from console.server.domain.queueing import QueuedFor, claimable, place
from tests.server.world import NOW, conversation


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("maria@mail.se", "m•••••@•••••.se"),
        ("m@x.co.uk", "m•••••@•••••.uk"),
        ("odd@localhost", "o•••••@•••••"),
        ("a@b@c.org", "a•••••@•••••.org"),
        ("@mail.se", "•••••"),
        ("no address", "•••••"),
        ("", "•••••"),
    ],
)
def test_an_email_keeps_its_first_letter_and_its_ending(address: str, masked: str) -> None:
    assert mask_email(address) == masked


@pytest.mark.parametrize(
    ("number", "masked"), [("+46 70 123 45 67", "•••••67"), ("12345", "•••••"), ("ext. 99", "•••••"), ("", "•••••")]
)
def test_a_phone_number_keeps_two_digits(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


@given(st.from_regex(r"[A-Z]{3,20}@[0-9]{3,20}\.[a-z]{2,3}", fullmatch=True))
def test_a_mask_shows_neither_name_nor_host_nor_their_length(address: str) -> None:
    name, host = address.rsplit(".", 1)[0].split("@")
    masked = mask_email(address)
    assert name not in masked
    assert host not in masked
    assert len(masked) == len("m•••••@•••••.") + len(address.rsplit(".", 1)[1])


@pytest.mark.parametrize(
    ("priority", "minutes"), [(Priority.URGENT, 5), (Priority.HIGH, 15), (Priority.NORMAL, 30), (Priority.LOW, 120)]
)
def test_the_first_answer_is_due_by_priority(priority: Priority, minutes: int) -> None:
    spot = place(conversation("c", waiting_min=0, priority=priority), NOW, queue_all=False)
    assert spot.due_at == NOW + timedelta(minutes=minutes)


def test_without_an_ask_the_customers_first_words_stand_for_it() -> None:
    assert place(conversation("c", ask=""), NOW, queue_all=False).ask == "Where is my refund?"


def test_each_role_claims_from_its_places() -> None:
    agent, specialist = (QueuedFor.HANDOFF, Tier.AGENT), (QueuedFor.HANDOFF, Tier.SPECIALIST)
    assert claimable(Role.TIER1) == (agent,)
    assert claimable(Role.TIER2) == (agent, specialist)
    assert claimable(Role.QA) == (agent, specialist, (QueuedFor.QA, Tier.AGENT), (QueuedFor.QA, Tier.SPECIALIST))
    assert claimable(Role.OWNER) == ()
