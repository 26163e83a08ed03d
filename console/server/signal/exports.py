"""Writes stored corrections as a file of training signal, whole or not at all."""

import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from console.contract.conversations import Conversation
from console.contract.views import CorrectionRecord
from console.server.domain.json_objects import JsonObject
from console.server.signal.left_out import LeftOut, NoLesson
from console.server.signal.lessons import Lesson, read_lesson
from console.server.signal.provenance import provenance_row
from console.server.signal.shapes import openai_dpo, openai_sft, trl_dpo


class ExportFormat(StrEnum):
    """The shape of an export: three to train on, and `jsonl`, which holds everything."""

    OPENAI_SFT = "openai-sft"
    OPENAI_DPO = "openai-dpo"
    TRL_DPO = "trl-dpo"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class ExportItem:
    """A stored correction and the conversation it is of."""

    conversation: Conversation
    record: CorrectionRecord


@dataclass(frozen=True, slots=True)
class ExportReport:
    """The file, how many rows it holds, its hash, and how many corrections or parts are not in it, by reason."""

    path: Path
    rows: int
    sha256: str
    left_out: Mapping[LeftOut, int]


_SHAPES: Mapping[ExportFormat, Callable[[Lesson], JsonObject]] = {
    ExportFormat.OPENAI_SFT: openai_sft,
    ExportFormat.OPENAI_DPO: openai_dpo,
    ExportFormat.TRL_DPO: trl_dpo,
}


@contextmanager
def exporting(items: Iterable[ExportItem], format: ExportFormat, out: Path) -> Iterator[ExportReport]:
    """Write one row per correction that has one into `out`/redline-<format>.jsonl, and say what was left out.

    The file is whole and on disk when the block begins; it gets its name, or takes the place of the one that has it,
    when the block ends, and is gone where that raises. The folder is made where it is missing. Raises OSError.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"redline-{format}.jsonl"
    rows, content, left_out = 0, hashlib.sha256(), Counter[LeftOut]()
    with _replacing(path) as file:
        for item in items:
            try:
                line, leaves_out = _line(item, format)
            except NoLesson as nothing:
                left_out[nothing.reason] += 1
                continue
            file.write(line)
            content.update(line)
            rows += 1
            if leaves_out is not None:
                left_out[leaves_out] += 1
        file.flush()
        os.fsync(file.fileno())
        yield ExportReport(path, rows, content.hexdigest(), dict(left_out))


def _line(item: ExportItem, format: ExportFormat) -> tuple[bytes, LeftOut | None]:
    try:
        row, leaves_out = _row(item, format)
        return json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n", leaves_out
    except ValueError as error:  # the row's model, JSON and UTF-8 all refuse with one
        raise NoLesson(LeftOut.UNWRITABLE) from error


def _row(item: ExportItem, format: ExportFormat) -> tuple[JsonObject, LeftOut | None]:
    if format is ExportFormat.JSONL:
        return provenance_row(item.conversation, item.record).model_dump(mode="json"), None
    lesson = read_lesson(item.conversation, item.record)
    return _SHAPES[format](lesson), lesson.leaves_out


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a file beside `path` that takes its place when the block ends; on an error it is gone."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
