"""The stylesheet of the standard controls, written once over the tokens."""

from collections.abc import Mapping
from string import Template

from console.client.theme.tokens import Colour, Size, Space

_SHEET = Template("""
QToolTip { background: $text; color: $surface; border: none; padding: 4px 7px; font-size: ${label}px; }
QMenu { background: $surface; color: $text; border: 1px solid $line; border-radius: ${radius}px; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 10px; border-radius: 4px; }
QMenu::item:selected { background: $accent_bg; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 4px 6px; }
QSplitter::handle { background: $line; }
QScrollBar:vertical { background: transparent; width: 11px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 3px; margin: 2px 4px 2px 2px;
  min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QLineEdit, QPlainTextEdit[field="true"] {
  background: $surface; color: $text; border: 1px solid $line; border-radius: ${radius}px; padding: 4px 8px;
  selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QPlainTextEdit[field="true"]:focus { border-color: $accent; }
QLineEdit[quiet="true"] { border: none; background: transparent; padding: 0; }
QPushButton { background: $surface; color: $text; border: 1px solid $line; border-radius: ${radius}px;
  padding: 5px 11px; min-height: 18px; }
QPushButton:hover { border-color: $faint; }
QPushButton:focus { border-color: $accent; }
QPushButton:pressed, QPushButton:checked { background: $accent_bg; border-color: $accent; color: $accent; }
QPushButton:disabled { color: $faint; background: $sunken; border-color: $line; }
QPushButton[primary="true"] { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[primary="true"]:hover { border-color: $text; }
QPushButton[primary="true"]:focus { border-color: $text; }
QPushButton[primary="true"]:disabled { background: $sunken; color: $faint; border-color: $line; }
QPushButton[quiet="true"] { border-color: transparent; background: transparent; color: $muted; padding: 4px 7px; }
QPushButton[quiet="true"]:hover { background: $sunken; color: $text; }
QPushButton[quiet="true"]:focus { border-color: $accent; }
QPushButton[bar="true"] { border-color: transparent; border-radius: 4px; background: transparent; color: $muted;
  padding: 0 5px; min-height: 16px; }
QPushButton[bar="true"]:hover { background: $surface; }
QPushButton[bar="true"]:focus { border-color: $accent; }
QPushButton[bar="true"][role="warn"] { color: $warn; }
QPushButton[bar="true"][role="bad"] { color: $bad; }
QToolButton { border: 1px solid transparent; border-radius: ${radius}px; background: transparent; padding: 4px; }
QToolButton:hover { background: $accent_bg; }
QToolButton:focus { border-color: $accent; }
QToolButton:checked { background: $accent_bg; }
QToolButton::menu-indicator { image: none; width: 0; }
QListView { background: $surface; border: none; outline: none; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="faint"] { color: $faint; }
QLabel[role="warn"] { color: $warn; }
QLabel[role="bad"] { color: $bad; }
QLabel[role="ok"] { color: $ok; }
QLabel[role="accent"] { color: $accent; }
QLabel[role="ai"] { color: $ai_text; }
QFrame[panel="surface"] { background: $surface; }
QFrame[panel="bg"] { background: $bg; }
QFrame[panel="sunken"] { background: $sunken; }
QFrame[panel="card"] { background: $surface; border: 1px solid $line; border-radius: ${radius_l}px; }
QFrame[panel="editor"] { background: $surface; border: 1px solid $accent; border-radius: ${radius_l}px; }
QFrame[panel="warn"] { background: $warn_bg; border: 1px solid $warn; border-radius: ${radius}px; }
QFrame[rule="true"] { background: $line; border: none; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QListView[panel="bg"] { background: $bg; }
QDialog { background: $surface; }
""")


def stylesheet(colours: Mapping[Colour, str]) -> str:
    """Return the application's stylesheet with every token filled in; KeyError where one is missing."""
    sizes = {"label": str(Size.LABEL), "radius": str(Space.RADIUS), "radius_l": str(Space.RADIUS_L)}
    return _SHEET.substitute({token.value: shade for token, shade in colours.items()} | sizes)
