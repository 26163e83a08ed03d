"""Every contract model survives the wire, and its canonical bytes do not depend on how it came."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from console.contract.base import Key, Line, Model, Text, UtcTime, canonical_json, content_sha256
from console.contract.corrections import Correction, ToolCallCorrection
from console.contract.limits import MAX_CORRECTION
from console.contract.taxonomy import TAXONOMY
from tests.contract.made_up import CALM, contract_models, made_up, value_of

MODELS = contract_models()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_model_comes_back_from_json_as_it_went(model: type[Model]) -> None:
    @settings(CALM, max_examples=25)
    @given(value_of(model))
    def round_trip(sent: Model) -> None:
        received = model.model_validate_json(sent.model_dump_json())
        assert received == sent
        assert canonical_json(received) == canonical_json(sent)

    round_trip()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_an_unknown_field_is_refused(model: type[Model]) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate({"approved_by": "me"})
    assert "extra_forbidden" in {error["type"] for error in refused.value.errors()}


@CALM
@given(st.data())
def test_canonical_bytes_do_not_depend_on_the_order_of_keys(data: st.DataObject) -> None:
    fix = data.draw(made_up(ToolCallCorrection, name=st.just("get_order"), arguments=st.just("{}")))
    fields = json.loads(fix.model_dump_json())
    shuffled = dict(data.draw(st.permutations(list(fields.items()))))
    again = ToolCallCorrection.model_validate_json(json.dumps(shuffled))
    assert content_sha256(canonical_json(again)) == content_sha256(canonical_json(fix))


def test_canonical_bytes_stay_what_they_were() -> None:
    fix = ToolCallCorrection(tool_call_id="call_1", name="Größe", arguments='{"a": 1}')
    written = '{"arguments":"{\\"a\\": 1}","name":"Größe","tool_call_id":"call_1"}'
    assert canonical_json(fix) == written.encode()
    assert content_sha256("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "half \udfff"])
@pytest.mark.parametrize("kind", [Text, Line], ids=["text", "line"])
def test_text_that_a_database_could_not_store_is_refused(kind: type[str], text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)


def test_a_moment_is_held_in_utc_and_needs_a_zone() -> None:
    moments = TypeAdapter(UtcTime)
    oslo = datetime(2026, 11, 20, 11, 45, tzinfo=timezone(timedelta(hours=1)))
    assert moments.validate_python(oslo).tzinfo is UTC
    assert moments.validate_python(oslo) == oslo
    with pytest.raises(ValidationError):
        moments.validate_python(oslo.replace(tzinfo=None))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_some_zone_or_system_could_not_hold_is_refused(moment: str) -> None:
    with pytest.raises(ValidationError, match="1970"):
        TypeAdapter(UtcTime).validate_json(f'"{moment}"')


@pytest.mark.parametrize("text", [".", "..", "...", "a/b", "a\n", ""])
def test_an_id_that_no_address_could_hold_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Key).validate_python(text)


@pytest.mark.parametrize("text", ["a", "..a", ".a.", "0193-1", "mail@x.se", "~"])
def test_an_id_may_hold_dots_beside_others(text: str) -> None:
    assert TypeAdapter(Key).validate_python(text) == text


@pytest.mark.parametrize(
    "arguments",
    ['{"a": NaN}', '{"a": -Infinity}', '{"a": 1e400}', '{"a": "\\ud800"}', "[]", "{", '{"a": ' + "[" * 100_000],
    ids=["NaN", "infinity", "a number without end", "half a character", "a list", "no JSON", "depth"],
)
def test_arguments_that_are_no_strict_json_object_are_refused(arguments: str) -> None:
    with pytest.raises(ValidationError, match="arguments are not"):
        ToolCallCorrection(name="pay", arguments=arguments)


def test_a_correction_may_be_as_long_as_the_wire_takes_and_no_longer() -> None:
    moment = datetime(2026, 11, 20, 10, 45, tzinfo=UTC).isoformat()
    fields: dict[str, object] = {
        "id": "k",
        "conversation_id": "c",
        "turn": 2,
        "author_id": "ana",
        "epoch": 1,
        "original_sha256": "0" * 64,
        "corrected_text": "",
        "taxonomy_version": "1",
        "opened_at": moment,
        "submitted_at": moment,
    }
    pages = [{"kind": "must_say", "text": "\N{GRINNING FACE}" * 100_000} for _ in range(15)]
    kept = Correction.model_validate_json(json.dumps(fields | {"assertions": pages}))
    room = MAX_CORRECTION - len(canonical_json(kept))
    assert 0 < room < 400_000
    Correction.model_validate_json(json.dumps(fields | {"assertions": pages, "note": "x" * room}))
    with pytest.raises(ValidationError, match="6 MiB"):
        Correction.model_validate_json(json.dumps(fields | {"assertions": pages, "note": "x" * (room + 1)}))


@pytest.mark.parametrize("value", ["1", 1.0, True], ids=["text", "float", "bool"])
def test_a_wrong_type_is_an_error_never_a_guess(value: object) -> None:
    class Amount(Model):
        minor: int

    with pytest.raises(ValidationError):
        Amount.model_validate({"minor": value})


def test_each_error_code_stands_once_and_has_a_rubric() -> None:
    codes = [entry.code for entry in TAXONOMY.codes]
    assert len(set(codes)) == len(codes)
    assert all(entry.rubric.endswith(".") for entry in TAXONOMY.codes)
    assert [TAXONOMY.find(code) for code in codes] == list(TAXONOMY.codes)
    assert TAXONOMY.find("no_such_code") is None
