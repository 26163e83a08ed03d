"""The handoff card, where its facts are longer than anybody reads."""

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication

from console.client.theme.theme import Theme
from console.client.ui.shared.parts import PlainLabel
from console.client.ui.transcript.handoff_card import HandoffCard
from tests.server.world import NOW, conversation

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


@pytest.fixture
def card(app: QApplication) -> Iterator[HandoffCard]:
    card = HandoffCard(Theme())
    yield card
    shiboken6.delete(card)


def shown(card: HandoffCard, **facts: str) -> list[int]:
    """Show these facts of a handoff unfolded; return how many of their characters each label shows, if not none."""
    about = conversation("c-1")
    assert about.handoff is not None
    card.show_handoff(about.model_copy(update={"handoff": about.handoff.model_copy(update=facts)}), NOW)
    if not card._unfolded:
        card.toggle()
    labels = [label.text() for label in card.findChildren(PlainLabel)]
    return [found for found in (sum(map(text.count, set("".join(facts.values())) - {" "})) for text in labels) if found]


def test_one_long_fact_is_shown_far(card: HandoffCard) -> None:
    assert max(shown(card, ask="#" * 5_000)) > 1_400


def test_long_facts_leave_each_other_room(card: HandoffCard) -> None:
    long = shown(card, ask="#" * 5_000, reason="#" * 5_000, message_to_customer="#" * 5_000, unsent_draft="#" * 5_000)
    assert len(long) == 4
    assert 3_600 < sum(long) <= 4_000


def test_what_is_hard_to_lay_out_is_shown_less_far(card: HandoffCard) -> None:
    hard = FAMILY * 1_000
    long = shown(card, ask=hard, reason=hard, message_to_customer=hard, unsent_draft=hard)
    assert len(long) == 4
    assert 1_400 < sum(long) < 1_800
