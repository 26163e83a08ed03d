"""What a widget really paints, as text: a paint device that writes down what it is told to draw."""

from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QPaintDevice, QPaintEngine
from PySide6.QtWidgets import QWidget

_DPI = 96


class _Engine(QPaintEngine):
    """Draws nothing."""

    def __init__(self) -> None:
        super().__init__(QPaintEngine.PaintEngineFeature.AllFeatures)
        self.said: list[str] = []

    def begin(self, device: QPaintDevice) -> bool:
        return True

    def end(self) -> bool:
        return True

    def type(self) -> QPaintEngine.Type:
        return QPaintEngine.Type.User

    def updateState(self, state: object) -> None:  # noqa: N802
        """Whatever the colour is, the words are the same."""

    def drawTextItem(self, place: object, item: object) -> None:  # noqa: N802
        self.said.append(item.text())

    def _draw_nothing(self, *what: object) -> None:
        pass

    drawPixmap = drawImage = drawTiledPixmap = drawPath = drawPolygon = drawRects = drawLines = _draw_nothing  # noqa: N815
    drawPoints = drawEllipse = _draw_nothing  # noqa: N815


class _Paper(QPaintDevice):
    def __init__(self, size: QSize) -> None:
        super().__init__()
        metric = QPaintDevice.PaintDeviceMetric
        self.engine = _Engine()
        self._metrics = {
            metric.PdmWidth: size.width(),
            metric.PdmHeight: size.height(),
            metric.PdmWidthMM: size.width(),
            metric.PdmHeightMM: size.height(),
            metric.PdmDepth: 32,
            **dict.fromkeys((metric.PdmDpiX, metric.PdmDpiY, metric.PdmPhysicalDpiX, metric.PdmPhysicalDpiY), _DPI),
        }

    def paintEngine(self) -> QPaintEngine:  # noqa: N802
        return self.engine

    def metric(self, asked: QPaintDevice.PaintDeviceMetric) -> int:
        return self._metrics.get(asked, 1)


def painted(widget: QWidget) -> str:
    """Return every word that a widget and what is in it paint, in the order they are painted in, without breaks."""
    paper = _Paper(widget.size())
    widget.render(paper, QPoint())
    return "".join(paper.engine.said).replace("\u200b", "")
