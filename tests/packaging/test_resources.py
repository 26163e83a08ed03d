"""The shipped fonts and icons: they load, weights differ, every icon can be tinted, and the licences are there."""

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
FONTS = sorted((RESOURCES / "fonts").glob("*.ttf"))
ICONS = sorted((RESOURCES / "icons").glob("*.svg"))


@pytest.fixture(scope="module")
def families(qapp: QApplication) -> set[str]:
    loaded = [QFontDatabase.addApplicationFont(str(path)) for path in FONTS]
    assert -1 not in loaded
    return {family for number in loaded for family in QFontDatabase.applicationFontFamilies(number)}


def test_the_two_families_load(families: set[str]) -> None:
    assert {"Inter", "JetBrains Mono"} <= families


def test_the_three_weights_are_drawn_differently(families: set[str]) -> None:
    widths = []
    for weight in (400, 550, 650):
        font = QFont("Inter")
        font.setPixelSize(26)
        font.setWeight(QFont.Weight(weight))
        widths.append(QFontMetricsF(font).horizontalAdvance("Handoff: refund above the threshold"))
    assert widths == sorted(set(widths))


@pytest.mark.parametrize("icon", ICONS, ids=lambda path: path.stem)
def test_an_icon_is_drawable_and_takes_any_colour(icon: Path, qapp: QApplication) -> None:
    svg = icon.read_text()
    assert QSvgRenderer(QByteArray(svg.encode())).isValid()
    assert 'stroke="currentColor"' in svg
    assert "#" not in svg


def test_each_set_carries_its_licence() -> None:
    assert {path.name for path in (RESOURCES / "fonts").glob("OFL-*.txt")} == {"OFL-Inter.txt", "OFL-JetBrainsMono.txt"}
    assert "ISC License" in (RESOURCES / "icons" / "LICENSE").read_text()
