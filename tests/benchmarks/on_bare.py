"""Bare Qt's side of each interaction: one standard widget that is given the same.

Run as `python -m tests.benchmarks.on_bare NAME`: prints the times and the peak memory as JSON.
"""

import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListView, QMainWindow, QPlainTextEdit, QTextBrowser, QWidget

from tests.benchmarks.made_up import ANSWER_LENGTH, KEYS, conversation, places, queue
from tests.benchmarks.measure import peak_memory
from tests.benchmarks.painting import painted_bare


def show(widget: QWidget) -> QMainWindow:
    """Return a window of the desk's size with nothing but this in it."""
    window = QMainWindow()
    window.setCentralWidget(widget)
    window.resize(1440, 900)
    window.show()
    return window


def open_conversation() -> list[float]:
    """The turns as the text of a browser, shown at their end."""
    texts = ["\n\n".join(f"{t.speaker}\n{t.text}" for t in conversation(n).conversation.turns) for n in range(2)]
    browser = QTextBrowser()
    window = show(browser)

    def act(text: str) -> None:
        browser.setPlainText(text)
        browser.moveCursor(QTextCursor.MoveOperation.End)

    times = [painted_bare(browser.viewport(), lambda turn=turn: act(texts[turn % 2])) for turn in range(102)]
    window.close()
    return times[2:]


def scroll() -> list[float]:
    """A list of strings, scrolled to the same places."""
    listed = QListView()
    listed.setUniformItemSizes(True)
    listed.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
    listed.setModel(QStringListModel([f"{row.customer_name}: {row.ask}" for row in queue()]))
    window = show(listed)
    painted_bare(listed.viewport(), listed.viewport().update)
    bar, random = listed.verticalScrollBar(), Random(1)
    times = [
        painted_bare(listed.viewport(), lambda place=place: bar.setValue(place))
        for place in places(bar.maximum(), listed.viewport().height(), random)
    ]
    window.close()
    return times


def step() -> list[float]:
    """The key for the next line of the same list."""
    listed = QListView()
    listed.setUniformItemSizes(True)
    listed.setModel(QStringListModel([f"{row.customer_name}: {row.ask}" for row in queue()]))
    window = show(listed)
    times = [painted_bare(listed.viewport(), lambda: QTest.keyClick(listed, Qt.Key.Key_Down)) for _ in range(60)]
    window.close()
    return times


def type_keys() -> list[float]:
    """The same keys in a plain text field with an answer as long."""
    field = QPlainTextEdit()
    field.setPlainText(conversation(1, ANSWER_LENGTH, turns=40).conversation.turn(20).text)
    window = show(field)
    painted_bare(field.viewport(), field.setFocus)
    times = []
    for number, key in enumerate(KEYS * 5):
        if number % len(KEYS) == 0:
            cursor = field.textCursor()
            cursor.setPosition(900 + 1_700 * (number // len(KEYS)))
            field.setTextCursor(cursor)
        times.append(painted_bare(field.viewport(), lambda key=key: QTest.keyClicks(field, key)))
    window.close()
    return times


def submit() -> list[float]:
    """One row committed with synchronous=FULL, and a label that says so."""
    label = QLabel()
    window = show(label)
    body = conversation(1, 600).conversation.turn(2).text
    with tempfile.TemporaryDirectory(prefix="redline-benchmark-") as folder:
        db = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE outbox (id INTEGER PRIMARY KEY, body TEXT)")

        def act(number: int) -> None:
            db.execute("INSERT INTO outbox (body) VALUES (?)", (body,))
            label.setText(f"saved here {number}")

        times = [painted_bare(label, lambda number=number: act(number)) for number in range(160)]
        db.close()
    window.close()
    return times


INTERACTIONS: dict[str, Callable[[], list[float]]] = {
    "open": open_conversation,
    "scroll": scroll,
    "step": step,
    "type": type_keys,
    "submit": submit,
}


def main(name: str) -> None:
    """Take the times of one interaction."""
    app = QApplication(sys.argv[:1])
    times = INTERACTIONS[name]()
    print(json.dumps({"times": times, "peak": peak_memory()}))
    app.quit()


if __name__ == "__main__":
    main(sys.argv[1])
