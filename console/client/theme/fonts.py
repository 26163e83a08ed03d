"""The shipped type: Inter for text, JetBrains Mono for tool calls; the system fills in scripts they lack."""

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase

from console.client.theme.resources import RESOURCES
from console.client.theme.tokens import Size, Weight

TEXT_FAMILY = "Inter"
CODE_FAMILY = "JetBrains Mono"


def load_fonts() -> None:
    """Register the shipped fonts with the running application; RuntimeError where a file cannot be read."""
    for path in sorted((RESOURCES / "fonts").glob("*.[ot]tf")):
        if QFontDatabase.addApplicationFont(str(path)) < 0:
            raise RuntimeError(f"The font {path.name} could not be read; reinstall Redline.")


@cache
def text_font(size: int = Size.BODY, weight: int = Weight.REGULAR) -> QFont:
    """Return the text font at a pixel size and weight, with tabular figures."""
    font = QFont(TEXT_FAMILY)
    font.setPixelSize(size)
    font.setWeight(QFont.Weight(weight))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


@cache
def code_font(size: int = Size.LABEL) -> QFont:
    """Return the monospaced font at a pixel size."""
    font = QFont(CODE_FAMILY)
    font.setPixelSize(size)
    font.setStyleHint(QFont.StyleHint.Monospace)
    return font
