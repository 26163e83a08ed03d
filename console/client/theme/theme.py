"""The running theme: which scheme is shown, its colours, its tinted icons, its palette and stylesheet."""

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from console.client.theme.fonts import text_font
from console.client.theme.resources import RESOURCES
from console.client.theme.stylesheet import stylesheet
from console.client.theme.tokens import SHADES, Colour, Density, Scheme


class Theme(QObject):
    """What every painted thing asks for its colours; `changed` fires after the scheme or density is another."""

    changed = Signal()

    def __init__(self, scheme: Scheme = Scheme.LIGHT, density: Density = Density.COMFORTABLE) -> None:
        super().__init__()
        self._scheme = scheme
        self._density = density
        self._colours: dict[Colour, QColor] = {}
        self._pixmaps: dict[tuple[str, Colour, int, float], QPixmap] = {}
        self._read_colours()

    @property
    def scheme(self) -> Scheme:
        """The scheme that is shown."""
        return self._scheme

    @property
    def density(self) -> Density:
        """How close rows stand."""
        return self._density

    def set_scheme(self, scheme: Scheme) -> None:
        """Show another scheme."""
        self._scheme = scheme
        self._read_colours()
        self._apply()

    def set_density(self, density: Density) -> None:
        """Set rows closer together or further apart."""
        self._density = density
        self._apply()

    def colour(self, token: Colour) -> QColor:
        """The colour of a token in the scheme that is shown."""
        return self._colours[token]

    def pixmap(self, icon: str, tint: Colour, size: int = 16, ratio: float = 1.0) -> QPixmap:
        """An icon of `size` logical pixels, tinted; `ratio` is the device's pixels per logical pixel."""
        key = (icon, tint, size, ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = _draw_icon(icon, self.colour(tint), size, ratio)
        return self._pixmaps[key]

    def icon(self, name: str, tint: Colour = Colour.MUTED, size: int = 18) -> QIcon:
        """An icon for buttons and menus, sharp at every device ratio."""
        icon = QIcon()
        for ratio in (1.0, 2.0):
            icon.addPixmap(self.pixmap(name, tint, size, ratio))
        return icon

    def install(self, app: QApplication) -> None:
        """Give the application this theme's style, font, palette and stylesheet."""
        app.setStyle("Fusion")
        app.setFont(text_font())
        self._apply()

    def _read_colours(self) -> None:
        self._colours = {token: QColor(getattr(shades, self._scheme.value)) for token, shades in SHADES.items()}
        self._pixmaps.clear()

    def _apply(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(self._palette())
            app.setStyleSheet(stylesheet({token: colour.name() for token, colour in self._colours.items()}))
        self.changed.emit()

    def _palette(self) -> QPalette:
        role = QPalette.ColorRole
        palette = QPalette()
        for target, token in (
            (role.Window, Colour.BG),
            (role.WindowText, Colour.TEXT),
            (role.Base, Colour.SURFACE),
            (role.AlternateBase, Colour.SUNKEN),
            (role.Text, Colour.TEXT),
            (role.PlaceholderText, Colour.FAINT),
            (role.Button, Colour.SURFACE),
            (role.ButtonText, Colour.TEXT),
            (role.Highlight, Colour.ACCENT),
            (role.HighlightedText, Colour.ON_ACCENT),
            (role.ToolTipBase, Colour.TEXT),
            (role.ToolTipText, Colour.SURFACE),
            (role.Link, Colour.ACCENT),
            (role.Mid, Colour.LINE),
        ):
            palette.setColor(target, self.colour(token))
        for target in (role.Text, role.ButtonText, role.WindowText):
            palette.setColor(QPalette.ColorGroup.Disabled, target, self.colour(Colour.FAINT))
        return palette


def _draw_icon(name: str, tint: QColor, size: int, ratio: float) -> QPixmap:
    svg = (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(svg.replace("currentColor", tint.name()).encode())
    pixmap = QPixmap(QSize(size, size) * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
