"""The export of an outbox: whole or not at all, for its owner's eyes only, and never in place of another file."""

import resource
from pathlib import Path

import pytest

from console.client.services.corrections import OutboxEntry, SavedState
from console.client.services.errors import ExportError
from console.client.services.export import ExportedEntry, export_outbox
from console.contract.ids import ConversationId
from tests.client.test_local_store import correction

pytestmark = pytest.mark.anyio


def entry(name: str, *, readable: bool = True, reason: str | None = None) -> OutboxEntry:
    state = SavedState.REFUSED if reason else SavedState.SAVED_HERE
    said = correction(name) if readable else None
    return OutboxEntry(name, ConversationId("c-1"), 2, state, reason=reason, correction=said)


async def test_each_line_is_an_entry_that_reads_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "outbox.jsonl"
    entries = [entry("d-1", reason="No\nfit.\u2028"), entry("lost", readable=False), entry("d-2")]
    assert await export_outbox(path, entries) == 2
    first, second = (ExportedEntry.model_validate_json(line) for line in path.read_bytes().splitlines())
    assert (first.correction, first.refusal, first.state.value) == (correction("d-1"), "No\nfit.\u2028", "refused")
    assert (second.correction, second.refusal, second.state.value) == (correction("d-2"), None, "saved_here")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["outbox.jsonl"]


@pytest.mark.parametrize("there", ["file", "link to nowhere", "folder"])
async def test_what_is_there_already_is_left_as_it_is(tmp_path: Path, there: str) -> None:
    path = tmp_path / "outbox.jsonl"
    if there == "file":
        path.write_text("mine")
    elif there == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExportError, match="is there already"):
        await export_outbox(path, [entry("d-1")])
    assert [each.name for each in tmp_path.iterdir()] == ["outbox.jsonl"]
    assert there != "file" or path.read_text() == "mine"


async def test_a_folder_that_is_not_there_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="could not be written"):
        await export_outbox(tmp_path / "nowhere" / "outbox.jsonl", [entry("d-1")])
    assert list(tmp_path.iterdir()) == []


async def test_a_write_that_fails_midway_leaves_nothing_behind(tmp_path: Path) -> None:
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, most[1]))
    try:
        with pytest.raises(ExportError, match="could not be written"):
            await export_outbox(tmp_path / "outbox.jsonl", [entry("d-1")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert list(tmp_path.iterdir()) == []
