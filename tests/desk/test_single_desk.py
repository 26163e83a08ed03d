"""One desk per profile, with real processes: a second start brings the first to the front, and nothing stale blocks."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from console.client.app.profile import Profile
from console.client.app.single_desk import SilentDeskError, SingleDesk
from tests.conftest import ROOT

SAID = "Redline is open on this profile already: its window is in front now."
NOWHERE = ("--server", "http://127.0.0.1:9")

Start = Callable[..., "Started"]


class Started:
    """A `redline` in a process of its own; `said` reads the next line it says of itself."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "tests.desk.watched_desk", *options]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=subprocess.DEVNULL, text=True)

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        with self.process as process:  # which waits for its end and closes its pipe, as often as one likes
            process.kill()

    def end(self) -> None:
        """Let it end in order, so that it leaves no socket behind."""
        with self.process as process:
            process.terminate()


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Started] = []

    def begin(folder: Path, *options: str) -> Started:
        started.append(Started(*(options or ("--sample",)), "--data-dir", str(folder)))
        return started[-1]

    yield begin
    for each in started:
        each.end()


def test_a_second_start_brings_the_first_to_the_front_and_goes(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path)
    assert first.said() == "open"
    second = start(tmp_path)
    assert (second.said(), second.process.wait()) == (SAID, 0)
    assert first.said() == "in front"
    assert first.process.poll() is None


def test_another_profile_opens_beside_it(start: Start, tmp_path: Path) -> None:
    desks = [start(tmp_path / "one"), start(tmp_path / "two"), start(tmp_path / "one", *NOWHERE)]
    assert [desk.said() for desk in desks] == ["open"] * 3


def test_a_desk_that_asks_for_a_token_ends_when_it_is_told_to(start: Start, tmp_path: Path) -> None:
    asking = start(tmp_path, *NOWHERE)
    assert asking.said() == "open"
    asking.process.terminate()
    assert asking.process.wait() == 0


def test_a_desk_that_was_killed_is_in_nobody_s_way(start: Start, tmp_path: Path) -> None:
    for _ in range(2):
        killed = start(tmp_path)
        assert killed.said() == "open"
        killed.kill()
    assert start(tmp_path).said() == "open"


def test_of_desks_started_at_the_same_moment_exactly_one_opens(start: Start, tmp_path: Path) -> None:
    desks = [start(tmp_path) for _ in range(4)]
    said = [desk.said() for desk in desks]
    assert said.count(SAID) == 3
    lost = [desk for desk, words in zip(desks, said, strict=True) if words == SAID]
    assert [desk.process.wait() for desk in lost] == [0, 0, 0]
    (won,) = [desk for desk in desks if desk not in lost]
    assert won.process.poll() is None


def test_a_desk_that_does_not_answer_is_named_and_not_doubled(app: QApplication, tmp_path: Path) -> None:
    store = Profile(tmp_path).store_path
    with store.with_suffix(".lock").open("w") as silent:
        fcntl.flock(silent, fcntl.LOCK_EX)
        second = SingleDesk(store)
        with pytest.raises(SilentDeskError, match="does not answer"):
            second.take(patience_s=0.2)
    assert second.take(), "it is gone"
    second.leave()


def test_a_place_given_up_can_be_taken_again(app: QApplication, tmp_path: Path) -> None:
    store = Profile(tmp_path).store_path
    for _ in range(2):
        single = SingleDesk(store)
        assert single.take()
        assert store.with_suffix(".lock").stat().st_mode & 0o777 == 0o600, "closed to everybody else"
        single.leave()


def test_another_user_s_profile_is_refused(start: Start, tmp_path: Path) -> None:
    theirs = Path("/usr/share")
    if os.getuid() == 0:  # to whom no folder is closed
        theirs = tmp_path / "theirs"
        Profile(theirs)
        os.chown(theirs / "desk", 65534, 65534)
    command = [sys.executable, "-m", "console", "--data-dir", str(theirs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "redline: " in done.stderr
    assert "another user" in done.stderr
    assert "Traceback" not in done.stderr
