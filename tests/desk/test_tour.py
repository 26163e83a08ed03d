"""`redline tour` as a command: it passes on the sample and on real transcripts, and says why where it cannot."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from tests.conftest import ROOT

STEPS = 8
NOBODY_LET_GO = {"messages": [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hello."}]}


class Toured(NamedTuple):
    """What a tour left."""

    status: int
    result: dict[str, object]
    out: Path
    said: str


@pytest.fixture(scope="module")
def tours(
    tmp_path_factory: pytest.TempPathFactory, airline_transcripts: Path
) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """The tours, under way side by side."""
    folder = tmp_path_factory.mktemp("tours")
    nothing = folder / "nothing.jsonl"
    nothing.write_text(json.dumps(NOBODY_LET_GO) + "\n", encoding="utf-8")
    data = {"sample": [], "airline": ["--data", str(airline_transcripts)], "nothing": ["--data", str(nothing)]}
    running = {}
    for name, options in data.items():
        command = [sys.executable, "-m", "console", "tour", "--out", str(folder / name), *options]
        pipe = subprocess.PIPE
        running[name] = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=subprocess.STDOUT, text=True)
    yield running
    for child in running.values():
        child.kill()
        child.communicate()


def toured(tours: dict[str, subprocess.Popen[str]], name: str) -> Toured:
    """Wait for a tour's end."""
    said, _ = tours[name].communicate(timeout=150)
    out = Path(tours[name].args[5])
    return Toured(tours[name].returncode, json.loads((out / "result.json").read_text(encoding="utf-8")), out, said)


@pytest.mark.parametrize("name", ["sample", "airline"])
def test_the_tour_passes_with_one_matching_record_and_a_picture_of_each_step(
    name: str, tours: dict[str, subprocess.Popen[str]], app: QApplication
) -> None:
    done = toured(tours, name)
    assert (done.status, done.result["outcome"]) == (0, "passed"), done.said
    assert done.result["matching_records"] == 1
    pictures = [step["picture"] for step in done.result["steps"]]
    assert len(pictures) == STEPS
    for picture in pictures:
        image = QImage(str(done.out / picture))
        assert image.width() >= 1280, picture
        colours = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
        assert len(colours) > 12, f"{picture} is blank"
    exported = (done.out / "export" / "redline-jsonl.jsonl").read_text(encoding="utf-8")
    about = str(json.loads(exported)["conversation_id"])
    assert about.startswith("sample-") == (name == "sample"), "it worked on what it was given"
    assert set(done.result["exported_rows"].values()) == {1}
    for written in (done.out / "export").glob("*.jsonl"):
        assert len(written.read_text(encoding="utf-8").splitlines()) == 1


def test_a_tour_without_a_handoff_fails_and_says_at_which_step_and_why(tours: dict[str, subprocess.Popen[str]]) -> None:
    done = toured(tours, "nothing")
    assert done.status == 1
    assert done.result["outcome"].startswith("failed at: open the workspace: nothing is in the queue")
    assert done.result["outcome"] in done.said
    assert done.result["matching_records"] is None
    assert (done.out / "failed.png").is_file()
