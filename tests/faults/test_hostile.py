"""The machine that sends hostile strings through the window sees what it is there to see."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QTextEdit, QWidget

from tests.faults.attack.painted import painted
from tests.faults.attack.payloads import HUGE, KINDS, SMALL, Canary, Deal
from tests.faults.attack.sinks import alive, bounded, on_one_line, quoted, undecorated, whole
from tests.faults.attack.witness import Heard, is_here, strace

CANARY = Canary("canary.invalid", "/nowhere/canary.png")
BOLD = "<b>x</b>"


@pytest.fixture
def window(qapp: QApplication) -> Iterator[QWidget]:
    made = QWidget()
    yield made
    made.close()
    made.deleteLater()


def test_the_same_seed_deals_the_same_payloads() -> None:
    deals = [Deal(seed, 3, CANARY) for seed in (1, 1, 2)]
    same, again, other = ([deal.small(f"slot {number}") for number in range(40)] for deal in deals)
    assert same == again
    assert same != other


def test_every_slot_gets_every_small_class_and_every_part_each_huge_one() -> None:
    small, huge = set(), set()
    for number in range(75):
        deal = Deal(1, number, CANARY)
        deal.line("a slot")
        small.add(deal.kinds["a slot"])
        huge.add((deal.huge, deal.part))
    assert small == set(SMALL)
    assert len(huge - {("", "")}) == len(HUGE) * 3
    assert set(KINDS) == set(SMALL) | set(HUGE)


def test_what_reads_markup_is_found(window: QWidget) -> None:
    label = QLabel(BOLD, window)
    assert len(list(alive([window]))) == 1
    label.setTextFormat(Qt.TextFormat.PlainText)
    assert list(alive([window])) == []
    label.setToolTip(f"{BOLD}<img src='file:///x.png'>")
    assert len(list(alive([window]))) == 1
    label.setToolTip("")
    QTextEdit(window)
    assert len(list(alive([window]))) == 1


def test_what_is_painted_tells_markup_from_text(window: QWidget) -> None:
    label = QLabel(BOLD, window)
    label.resize(200, 30)
    assert painted(label) == "x"
    label.setTextFormat(Qt.TextFormat.PlainText)
    assert painted(label) == BOLD


@pytest.mark.parametrize(
    ("reads", "shown", "said", "does"),
    [
        (whole, "a[U+202E]b", "a\u202eb", True),
        (whole, "a\u202eb", "a\u202eb", False),
        (whole, "ab", "a\u200bb", False),
        (whole, "[U+005B]U+202E]", "[U+202E]", True),
        (whole, "[U+202E]", "[U+202E]", False),
        (bounded, "ab\u2026 (2 more characters)", "abcd", True),
        (bounded, "ab\u2026 (3 more characters)", "abcd", False),
        (on_one_line, "a b", "a\n\n b ", True),
        (on_one_line, "a\u2026", "a\nb", True),
        (on_one_line, "b\u2026", "a\nb", False),
        (quoted, "ab", "abc", False),
        (undecorated, "a b", "**a** `b`", True),
        (undecorated, "ab", "a<b>b", False),
    ],
)
def test_a_reading_knows_what_was_said(reads: object, shown: str, said: str, does: bool) -> None:
    assert reads(shown, said) is does


def test_pyside_itself_would_change_a_text(window: QWidget) -> None:
    field = QLineEdit(window)
    field.setText("\ufffeab")
    assert field.text() != "\ufffeab", "then console.client.models.literal has no more reason to be"


def test_the_witness_sees_connections_and_files(tmp_path: Path) -> None:
    assert is_here(), "strace is missing"
    own, foreign = tmp_path / "own", tmp_path / "foreign"
    for folder in (own, foreign):
        folder.mkdir()
        (folder / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        does = f"""
import socket
for path in ("{foreign}/before", "{own}/BEGUN"):
    try: open(path)
    except OSError: pass
open("{own}/file"); open("{foreign}/file")
socket.create_connection(("127.0.0.1", {port}))
try: socket.create_connection(("127.0.0.2", {port}))
except OSError: pass
"""
        log = tmp_path / "log"
        subprocess.run([*strace(log), sys.executable, "-c", does], check=True, timeout=60)
    heard = Heard(log, "BEGUN")
    assert heard.began
    assert heard.strangers(port) == [f"127.0.0.2:{port}"]
    assert str(foreign / "file") in heard.foreign([own])
    assert str(own / "file") not in heard.foreign([own])
    assert not any("before" in path for path in heard.files)
