"""What came with a transcript becomes named labels, whatever its type."""

from pathlib import Path

from tests.connect.lines import read_one, user


def test_facts_become_labels_in_words_or_compact_json(tmp_path: Path) -> None:
    conversation = read_one(
        tmp_path,
        user("Hi"),
        outcome={"reward": 1.0, "steps": 3},
        labels={"rater": "a", "codes": ["x", "é"]},
        task_id=0,
        trial=None,
        customer_goal="Get a refund",
        expected_actions=[{"name": "refund"}],
    )
    assert [(label.name, label.value) for label in conversation.outcome] == [
        ("Task outcome", "passed"),
        ("steps", "3"),
        ("rater", "a"),
        ("codes", '["x","é"]'),
        ("task_id", "0"),
        ("customer_goal", "Get a refund"),
        ("expected_actions", '[{"name":"refund"}]'),
    ]


def test_a_reward_between_is_given_as_it_is(tmp_path: Path) -> None:
    outcomes = ({"reward": 0}, {"reward": 0.5}, {"reward": True}, "won", [1])
    labels = [read_one(tmp_path, user("Hi"), outcome=outcome).outcome[0] for outcome in outcomes]
    assert [(label.name, label.value) for label in labels] == [
        ("Task outcome", "failed"),
        ("reward", "0.5"),
        ("Task outcome", "passed"),
        ("Task outcome", "won"),
        ("Task outcome", "[1]"),
    ]


def test_none_gives_none(tmp_path: Path) -> None:
    assert read_one(tmp_path, user("Hi")).outcome == ()
