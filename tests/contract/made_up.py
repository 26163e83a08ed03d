"""Makes any contract model up from its own field types, so that a new model is covered by being there."""

import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

import console.contract
from console.contract.base import Model, content_sha256
from console.contract.corrections import Correction, Hunk, Scope, SpanLabel, ToolCallCorrection

CALM = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
"""For every property: how long an example takes on a busy machine proves nothing."""

TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
        st.sampled_from("👩‍👧🇳🇴é\u0301\u0308שלום\u202eمرحبا\u200dA b"),
    ),
    max_size=30,
)
"""Storable text, rich in what breaks offsets: joined emoji, combining marks, right-to-left."""

ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.one_of(st.just(UTC), ZONES))  # noqa: DTZ001


def contract_models() -> list[type[Model]]:
    """Every model that a contract module defines."""
    modules = [import_module(f"console.contract.{module.name}") for module in iter_modules(console.contract.__path__)]
    found = {value for module in modules for value in vars(module).values() if isinstance(value, type)}
    return sorted(
        (value for value in found if issubclass(value, Model) and value is not Model), key=lambda model: model.__name__
    )


def edits(original: str) -> st.SearchStrategy[tuple[Hunk, ...]]:
    """Hunks that fit an original, of both scopes."""
    return st.lists(st.integers(0, len(original)), max_size=8).flatmap(
        lambda cuts: st.tuples(
            *(
                st.builds(_hunk, st.just(original), st.just(start), st.just(end), TEXTS, st.sampled_from(Scope))
                for start, end in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)
            )
        ).map(lambda hunks: tuple(hunk for hunk in hunks if hunk is not None))
    )


def _hunk(original: str, start: int, end: int, replacement: str, scope: Scope) -> Hunk | None:
    removed = original[start:end]
    if removed == replacement:
        return None
    return Hunk(start=start, end=end, removed=removed, replacement=replacement, scope=scope)


def made_up(model: type[BaseModel], **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Instances of a model, its fields made up from their types but for the `fixed` ones."""
    fields = {name: _field(field) for name, field in model.model_fields.items()} | fixed
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))


@st.composite
def _spans(draw: st.DrawFn) -> SpanLabel:
    start, end = sorted(draw(st.tuples(st.integers(0, 99), st.integers(0, 99))))
    return draw(made_up(SpanLabel, start=st.just(start), end=st.just(end)))


@st.composite
def _corrections(draw: st.DrawFn) -> Correction:
    original = draw(TEXTS)
    return draw(made_up(Correction, hunks=edits(original), original_sha256=st.just(content_sha256(original))))


_ARGUMENTS = st.sampled_from(["{}", '{"order_id": "50117"}', '{"nested": {"list": [1, null]}}'])
_OWN: Mapping[type, Callable[[], st.SearchStrategy[Any]]] = {
    Hunk: lambda: TEXTS.flatmap(edits).filter(bool).map(lambda hunks: hunks[0]),
    SpanLabel: _spans,
    ToolCallCorrection: lambda: made_up(ToolCallCorrection, name=TEXTS, arguments=_ARGUMENTS),
    Correction: _corrections,
}
"""Models whose fields depend on each other."""


def _field(field: FieldInfo) -> st.SearchStrategy[Any]:
    return value_of(field.annotation, tuple(field.metadata))


def value_of(annotation: object, limits: tuple[object, ...] = ()) -> st.SearchStrategy[Any]:
    if isinstance(annotation, NewType):
        return value_of(annotation.__supertype__, limits)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = (limit for each in args[1:] for limit in (each.metadata if isinstance(each, FieldInfo) else (each,)))
        return value_of(args[0], (*inner, *limits))
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, types.UnionType):
        return st.one_of(*(value_of(arg) for arg in args))
    if origin is tuple:
        if args[-1] is Ellipsis:
            return st.lists(st.deferred(lambda: value_of(args[0])), max_size=2).map(tuple)
        return st.tuples(*(value_of(arg) for arg in args))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _OWN[annotation]() if annotation in _OWN else made_up(annotation)
    return _plain(annotation, limits)


def _plain(annotation: object, limits: tuple[object, ...]) -> st.SearchStrategy[Any]:
    bounds = {
        name: getattr(limit, name)
        for limit in limits
        for name in ("ge", "le", "pattern", "max_length")
        if hasattr(limit, name)
    }
    if annotation is type(None):
        return st.none()
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    if annotation is str:
        if "pattern" not in bounds:
            return TEXTS
        longest = bounds.get("max_length", 200)
        return st.from_regex(bounds["pattern"], fullmatch=True).filter(lambda made: len(made) <= longest)
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(bounds.get("ge"), bounds.get("le", 2**53))
    if annotation is float:
        return st.floats(bounds.get("ge"), bounds.get("le"), allow_nan=False)
    if annotation in (datetime, AwareDatetime):
        return TIMES
    if annotation is date:
        return st.dates(date(1970, 1, 1), date(2999, 12, 31))
    raise NotImplementedError(f"no strategy makes up {annotation}")
