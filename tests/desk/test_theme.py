"""The look: text stands out in every scheme, a change of scheme repaints, and every icon that is named exists."""

import ast
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor

from console.client.theme.resources import RESOURCES
from console.client.theme.tokens import SHADES, TEXT_ON, Colour, Density, Scheme
from tests.conftest import ROOT
from tests.desk.seat import Seat

ICON_ARGUMENT = {
    "IconButton": 1,
    "_CountedButton": 1,
    "TextButton": 2,
    "icon": 0,
    "pixmap": 0,
    "show_chip": 2,
    "draw_chip": 5,
    "_chip_right": 5,
    "GateWords": 1,
    "_set_cloud": 0,
}
"""Where the calls of the desk name an icon."""


def luminance(shade: str) -> float:
    """Relative luminance, after WCAG 2.2."""
    channels = (int(shade[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: str, ground: str) -> float:
    high, low = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_reckoned_as_wcag_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize(("ink", "ground"), TEXT_ON, ids=lambda colour: colour.value)
def test_text_stands_out_from_its_ground(ink: Colour, ground: Colour, scheme: Scheme) -> None:
    least = 7 if scheme is Scheme.CONTRAST else 4.5
    assert contrast(getattr(SHADES[ink], scheme), getattr(SHADES[ground], scheme)) >= least


def icons_named() -> Iterator[tuple[str, str]]:
    """Every icon the desk's source names, with where."""
    for path in sorted((ROOT / "console" / "client").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in _icons_of(node):
                yield name, f"{path.relative_to(ROOT)}:{node.lineno}"


def _icons_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = ICON_ARGUMENT.get(called)
        if place is not None and place < len(node.args):
            yield from _texts(node.args[place])
    elif isinstance(node, ast.Tuple) and len(node.elts) in (3, 4) and _is_tone(node.elts[1]):
        yield from _texts(node.elts[2])


def _is_tone(node: ast.expr) -> bool:
    return "Tone." in ast.unparse(node) or ast.unparse(node).endswith(".tone")


def _texts(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
            yield part.value


def test_every_icon_that_is_named_exists() -> None:
    there = {path.stem for path in (RESOURCES / "icons").glob("*.svg")}
    named = list(icons_named())
    assert len({name for name, _ in named}) > 15, "the scan finds what it looks for"
    assert [f"{name} at {where}" for name, where in named if name not in there] == []


async def test_another_scheme_repaints_the_window_in_its_colours(seat: Seat) -> None:
    await seat.choose("sample-delivery-01")
    seen = set()
    for scheme in Scheme:
        seat.window.commands.actions[scheme.value].trigger()
        picture = seat.window.grab().toImage()
        colours = {picture.pixelColor(x, y).name() for x in range(0, picture.width(), 3) for y in range(0, 800, 3)}
        for token in (Colour.BG, Colour.SURFACE, Colour.AI, Colour.CUSTOMER, Colour.WARN_BG):
            assert QColor(getattr(SHADES[token], scheme)).name() in colours, f"{token} in {scheme}"
        seen.add(picture.cacheKey())
        others = {QColor(getattr(SHADES[Colour.BG], other)).name() for other in Scheme if other is not scheme}
        assert not others & {picture.pixelColor(500, y).name() for y in range(300, 700)}
    assert len(seen) == len(Scheme)


async def test_compact_rows_show_more_of_the_queue(seat: Seat) -> None:
    index = seat.queue.model.index(0)
    before = seat.queue.list.visualRect(index).height()
    seat.window.commands.actions["density"].trigger()
    assert seat.window.theme.density is Density.COMPACT
    seat.queue.list.doItemsLayout()
    assert seat.queue.list.visualRect(index).height() < before
