"""The design's named values: one list of colours in three schemes, one grid, one type scale."""

from enum import StrEnum
from typing import NamedTuple


class Scheme(StrEnum):
    """Which column of the colour list is shown."""

    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


class Shades(NamedTuple):
    """One token's colour in each scheme, as #RRGGBB."""

    light: str
    dark: str
    contrast: str


class Colour(StrEnum):
    """What a colour is for; screens name the use, never the shade."""

    BG = "bg"
    SURFACE = "surface"
    SUNKEN = "sunken"
    LINE = "line"
    TEXT = "text"
    MUTED = "muted"
    FAINT = "faint"
    ACCENT = "accent"
    ACCENT_BG = "accent_bg"
    ON_ACCENT = "on_accent"
    AI = "ai"
    AI_LINE = "ai_line"
    AI_TEXT = "ai_text"
    REMOVED = "removed"
    REMOVED_BG = "removed_bg"
    ADDED = "added"
    ADDED_BG = "added_bg"
    WARN = "warn"
    WARN_BG = "warn_bg"
    BAD = "bad"
    BAD_BG = "bad_bg"
    OK = "ok"
    OK_BG = "ok_bg"
    CUSTOMER = "customer"
    HUMAN = "human"


SHADES: dict[Colour, Shades] = {
    Colour.BG: Shades("#F6F7F9", "#14171D", "#000000"),
    Colour.SURFACE: Shades("#FFFFFF", "#1B1F27", "#000000"),
    Colour.SUNKEN: Shades("#EEF0F3", "#10131A", "#0E0E0E"),
    Colour.LINE: Shades("#DDE1E7", "#2D333E", "#8A8A8A"),
    Colour.TEXT: Shades("#1A1F29", "#E6E9EF", "#FFFFFF"),
    Colour.MUTED: Shades("#5A6474", "#A3ADBD", "#E4E4E4"),
    Colour.FAINT: Shades("#656E7B", "#8C96A6", "#D0D0D0"),
    Colour.ACCENT: Shades("#2F5BD7", "#8AA9FF", "#9FC2FF"),
    Colour.ACCENT_BG: Shades("#E8EEFD", "#22304F", "#14274D"),
    Colour.ON_ACCENT: Shades("#FFFFFF", "#14171D", "#000000"),
    Colour.AI: Shades("#F3F1FB", "#231F33", "#120A24"),
    Colour.AI_LINE: Shades("#D9D2F2", "#3D3560", "#B9A6FF"),
    Colour.AI_TEXT: Shades("#5B3FB0", "#BCA8FF", "#D5C9FF"),
    Colour.REMOVED: Shades("#B3261E", "#FF9A92", "#FFB4AE"),
    Colour.REMOVED_BG: Shades("#FCE4E2", "#4A2220", "#4A0F0B"),
    Colour.ADDED: Shades("#14663C", "#7FD8A0", "#9BF0B9"),
    Colour.ADDED_BG: Shades("#DDF3E4", "#1C3B29", "#04311A"),
    Colour.WARN: Shades("#8A5A00", "#F2C261", "#FFD685"),
    Colour.WARN_BG: Shades("#FDF0D2", "#3D3013", "#3A2A00"),
    Colour.BAD: Shades("#B3261E", "#FF9A92", "#FFB4AE"),
    Colour.BAD_BG: Shades("#FCE4E2", "#4A2220", "#4A0F0B"),
    Colour.OK: Shades("#14663C", "#7FD8A0", "#9BF0B9"),
    Colour.OK_BG: Shades("#DDF3E4", "#1C3B29", "#04311A"),
    Colour.CUSTOMER: Shades("#FFFFFF", "#20252E", "#000000"),
    Colour.HUMAN: Shades("#E8EEFD", "#22304F", "#14274D"),
}

TEXT_ON: tuple[tuple[Colour, Colour], ...] = (
    *((ink, ground) for ink in (Colour.TEXT, Colour.MUTED) for ground in (Colour.BG, Colour.SURFACE, Colour.SUNKEN)),
    *((Colour.TEXT, ground) for ground in (Colour.AI, Colour.CUSTOMER, Colour.HUMAN, Colour.ACCENT_BG)),
    (Colour.MUTED, Colour.AI),
    (Colour.MUTED, Colour.ACCENT_BG),
    (Colour.FAINT, Colour.SURFACE),
    (Colour.FAINT, Colour.SUNKEN),
    (Colour.FAINT, Colour.BG),
    (Colour.ACCENT, Colour.SURFACE),
    (Colour.ACCENT, Colour.ACCENT_BG),
    (Colour.ON_ACCENT, Colour.ACCENT),
    (Colour.AI_TEXT, Colour.AI),
    (Colour.AI_TEXT, Colour.BG),
    (Colour.REMOVED, Colour.REMOVED_BG),
    (Colour.ADDED, Colour.ADDED_BG),
    (Colour.WARN, Colour.WARN_BG),
    (Colour.WARN, Colour.SURFACE),
    (Colour.BAD, Colour.BAD_BG),
    (Colour.BAD, Colour.SURFACE),
    (Colour.OK, Colour.OK_BG),
)
"""The pairs of text on ground that screens use; each meets WCAG 2.2's 4.5:1 in every scheme (7:1 in contrast)."""


class Space:
    """Distances in logical pixels, on a 4 px grid."""

    XS = 4
    S = 8
    M = 12
    L = 16
    RADIUS = 6
    RADIUS_L = 9
    RAIL = 48
    HEADER = 52
    STATUS = 26


class Size:
    """Type sizes in logical pixels."""

    SMALL = 11
    LABEL = 12
    BODY = 13
    TITLE = 15


class Weight:
    """The three weights of the one family, as its files name them."""

    REGULAR = 400
    MEDIUM = 550
    STRONG = 650


class Density(StrEnum):
    """How close the queue's rows stand."""

    COMFORTABLE = "comfortable"
    COMPACT = "compact"
