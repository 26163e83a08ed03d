"""Off the wire comes only JSON that is bounded, says everything once and holds no number without an end."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from console.contract.base import Many, Model
from console.contract.corrections import Correction, Hunk, SpanLabel
from console.contract.limits import MAX_CHANGES, MAX_CORRECTION_BODY, MAX_DEPTH, MAX_NAMES, MAX_SIGNS
from console.contract.wire import UnfitError, check_shape, read_json
from tests.contract.made_up import CALM
from tests.server.world import correction

FULL = {
    "hunks": [{"start": 9 * at, "end": 9 * at + 1, "removed": "a", "replacement": "b"} for at in range(MAX_CHANGES)],
    "labels": [{"start": at, "end": at, "code": "wrong_fact", "confirmed": True} for at in range(MAX_CHANGES)],
}


class Row(Model):
    """Whatever comes, one after the other."""

    items: Many[int]


def body(**changes: object) -> bytes:
    return json.dumps(correction("k", "c").model_dump(mode="json") | changes, ensure_ascii=False).encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('a"\\[]{},:\u00e9\n'), max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
)


def shape(value: object) -> tuple[int, int]:
    """Count a value's commas and brackets, and how deep it is."""
    if not isinstance(value, (list, dict)):
        return 0, 0
    inner = [shape(item) for item in (value.values() if isinstance(value, dict) else value)]
    signs = 2 + max(len(inner) - 1, 0) + sum(count for count, _ in inner)
    return signs, 1 + max((depth for _, depth in inner), default=0)


@CALM
@given(JSON)
def test_signs_are_counted_outside_of_texts_alone(value: object) -> None:
    content = json.dumps(value, ensure_ascii=False).encode()
    signs, depth = shape(value)
    check_shape(content, signs)
    if signs:
        with pytest.raises(UnfitError, match="too many"):
            check_shape(content, signs - 1)
    nested = b"[" * (MAX_DEPTH - depth) + content + b"]" * (MAX_DEPTH - depth)
    check_shape(nested, len(nested))
    with pytest.raises(UnfitError, match="too deep"):
        check_shape(b"[" + nested + b"]" if depth else b"[" * (MAX_DEPTH + 1), 99 + len(nested))


def test_the_largest_correction_fits() -> None:
    read = read_json(Correction, body(**FULL))
    assert (len(read.hunks), len(read.labels)) == (MAX_CHANGES, MAX_CHANGES)
    assert isinstance(read.hunks[0], Hunk)
    assert isinstance(read.labels[0], SpanLabel)
    for marks in FULL:
        with pytest.raises(ValidationError, match="at most 20000"):
            read_json(Correction, body(**{marks: [*FULL[marks], FULL[marks][-1]]}))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b'{"items": [1], "items": [2]}', "a name twice", id="a name twice"),
        pytest.param(b'{"items": [], "\\u0069tems": []}', "a name twice", id="a name twice, written in two ways"),
        pytest.param(b'{"items": [{"a": 1, "a": 2}]}', "a name twice", id="a name twice, within"),
        pytest.param(b'{"items": [NaN]}', "not finite", id="NaN"),
        pytest.param(b'{"items": [-Infinity]}', "not finite", id="infinity"),
        pytest.param(b'{"items": [1e400]}', "not finite", id="beyond any float"),
        pytest.param(b'{"items": [' + b"9" * 5_000 + b"]}", "out of any range", id="5,000 digits"),
        pytest.param(b"\xef\xbb\xbf" + b'{"items": []}', "not JSON", id="a byte order mark"),
        pytest.param('{"items": []}'.encode("utf-16"), "not JSON", id="UTF-16"),
        pytest.param(b'{"items": ["\xed\xa0\x80"]}', "not JSON", id="an encoded surrogate"),
        pytest.param(b'{"items": ["\xc0\xae"]}', "not JSON", id="a dot in too many bytes"),
        pytest.param(b'{"items": []} {}', "not JSON", id="two documents"),
        pytest.param(b'{"items": [1,]}', "not JSON", id="a comma too many"),
        pytest.param(b'{"items": [' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"]}", "too deep", id="deep"),
        pytest.param(b"[" * 200_000, "too deep", id="deep and without an end"),
        pytest.param(b'{"items": [' + b"1," * MAX_SIGNS + b"1]}", "too many values", id="many items"),
        pytest.param(json.dumps(dict.fromkeys(map(str, range(MAX_NAMES + 1)))).encode(), "many names", id="many names"),
        pytest.param(b'"' * MAX_CORRECTION_BODY, "too many values", id="nothing but quotes"),
        pytest.param(b"\\" * MAX_CORRECTION_BODY, "not JSON", id="nothing but backslashes"),
        pytest.param(b"", "not JSON", id="nothing"),
    ],
)
def test_what_is_unfit_is_refused_for_its_own_reason(content: bytes, why: str) -> None:
    with pytest.raises(UnfitError, match=why):
        read_json(Row, content)


def test_of_many_wrong_items_the_first_is_reason_enough() -> None:
    with pytest.raises(ValidationError) as caught:
        read_json(Row, b'{"items": [' + b'"1",' * 100_000 + b'"1"]}')
    assert caught.value.error_count() == 1


def test_a_lone_surrogate_is_left_to_the_model_and_refused_there() -> None:
    with pytest.raises(ValidationError, match="hex escape"):
        read_json(Correction, body(note="x").replace(b'"note": "x"', b'"note": "\\ud800"'))


@pytest.mark.parametrize(
    "moment",
    [
        "1763635500",
        "2026-11-20",
        "2026-11-20 10:45:00Z",
        "2026-11-20T10:45:00",
        "2026-11-20T10:45Z",
        "2026-11-20T10:45:00+0100",
        "2026-11-20T25:45:00Z",
        "2026-13-20T10:45:00Z",
        "1969-12-31T23:59:59Z",
        "3000-01-01T00:00:00Z",
        "２０２６-11-20T10:45:00Z",
    ],
)
def test_a_moment_is_written_in_one_way(moment: str) -> None:
    assert read_json(Correction, body(submitted_at="2026-11-20t10:45:00.123456789z")).submitted_at.microsecond == 123456
    with pytest.raises(ValidationError, match="submitted_at"):
        read_json(Correction, body(submitted_at=moment))
