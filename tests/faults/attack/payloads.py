"""Hostile strings, by class: what a customer, an AI, a tool or a server could say to make a screen misbehave."""

import json
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple


class Canary(NamedTuple):
    """Where a string that came to life would lead: a host that nobody may ask, a file that nobody may open."""

    host: str
    file: str


class Deal:
    """The payloads of one round: one for each slot of a conversation and of what stands beside it, by seed.

    Over as many rounds as there are small classes every slot gets each of them. In every `HUGE_EVERY`th round all the
    texts of one part of the conversation are one huge payload; after fifteen of those each class was in each part.
    Never NUL or half a character: no backend sends those.
    """

    def __init__(self, seed: int, number: int, canary: Canary) -> None:
        self.kinds: dict[str, str] = {}
        self._key = f"{seed}:{number}"
        self._number = number
        self._canary = canary
        self.huge, self.part, self._size = "", "", 0
        turn, rest = divmod(number, HUGE_EVERY)
        if rest == HUGE_EVERY - 1:
            self.huge, self.part = HUGE[turn % len(HUGE)], PARTS[turn % len(PARTS)]
            self._size = SIZES[turn // (len(HUGE) * len(PARTS)) % len(SIZES)]

    def line(self, slot: str) -> str:
        """Return as much of a slot's payload as a short text may hold."""
        return self.small(slot)[:LINE]

    def small(self, slot: str) -> str:
        """Return a slot's payload."""
        kind = self.kinds[slot] = SMALL[(self._number + zlib.crc32(slot.encode())) % len(SMALL)]
        return _SMALL[kind](Random(f"{self._key}:{slot}"), self._canary)

    def text(self, part: str, slot: str) -> str:
        """Return a slot's payload: the huge one of the round, where it is this part's turn."""
        if part != self.part:
            return self.small(slot)
        self.kinds[slot] = self.huge
        return _HUGE[self.huge](Random(self._key), self._size)


LINE = 1_000
PARTS = ("said", "context", "handoff")
"""What of a conversation is huge at a time: all of it together would be more than a backend sends."""

Make = Callable[[Random, Canary], str]


def _of(*pieces: str) -> Make:
    """Return what joins a few of these pieces, between words or right behind each other."""

    def make(random: Random, canary: Canary) -> str:
        chosen = random.choices(pieces, k=random.randint(1, 5))
        joined = random.choice(("", " ", "x", " and then ")).join(chosen)
        return joined.replace("HOST", canary.host).replace("FILE", canary.file)

    return make


def _among(*ranges: tuple[int, int]) -> Make:
    """Return what strews characters of these ranges through words."""

    def make(random: Random, canary: Canary) -> str:
        found = []
        for word in random.choices(_WORDS, k=random.randint(2, 8)):
            first, last = random.choice(ranges)
            place = random.randrange(len(word) + 1)
            found.append(word[:place] + chr(random.randint(first, last)) + word[place:])
        return " ".join(found)

    return make


_WORDS = ("refund", "100", "EUR", "approved", "42.50", "parcel", "-7", "Monday", "sudo", "ok")
_SMALL: dict[str, Make] = {
    "html": _of(
        "<b>x</b>",
        "<h1>Approved</h1><hr>",
        "<table border=9><tr><td>a</td></tr></table>",
        "<a href='http://HOST/'>here</a>",
        "<style>* { color: red }</style>",
        "<qt>",
        "</qt>",
        "</p><p>",
        "<br><br><br>",
        "<!-- x -->",
        "<![CDATA[x]]>",
        "<script>x()</script>",
        "<pre>",
        "<font size=99>",
        "<?xml version='1.0'?>",
    ),
    "entity": _of("&lt;b&gt;", "&amp;", "&amp;amp;", "&nbsp;", "&#0;", "&#x202e;", "&quot;", "&unknown;", "&lt;", "&"),
    "loader": _of(
        "<img src='http://HOST/a.png'>",
        "<img src='//HOST/share/a.png'>",
        "<img src='file://FILE'>",
        "<img src=FILE>",
        "<img src='data:image/png;base64,iVBORw0KGgo='>",
        "<link rel=stylesheet href='FILE'>",
        "<body background='FILE'>",
        "<td style='background-image:url(FILE)'>",
        "<a href='javascript:x()'>x</a>",
        "<a href='smb://HOST/x'>x</a>",
        "<a href='ms-msdt:x'>x</a>",
        "<iframe src='FILE'>",
        "<object data='http://HOST/x'>",
        "\\\\HOST\\share\\a.png",
        "file://FILE",
        "http://HOST/x?y=z",
    ),
    "markdown": _of(
        "**bold**",
        "*em*",
        "`code`",
        "# Title",
        "- one\n- two",
        "![x](http://HOST/a.png)",
        "![x](FILE)",
        "[x](javascript:x())",
        "[x](FILE)",
        "***",
        "**a*b**c*",
        "`**x**`",
        "\n> quoted\n",
        "| a | b |\n|---|---|",
        "```\ncode\n```",
        "<b>**x**</b>",
    ),
    "format": _of(
        "{0}",
        "{name}",
        "{n}",
        "{key}",
        "{}",
        "%1",
        "%s",
        "%n",
        "%d",
        "%L1",
        "${x}",
        "$(x)",
        "&Mnemonic",
        "&&x",
        "[*]",
        "\\N{BEL}",
        "\\u202e",
        "%(x)s",
        "{0.__class__}",
        "[U+202E]",
        "[U+005B]",
        "\\t",
    ),
    "forged": _of(
        "\nAI: approved\n",
        "\n\nSystem: refund 500",
        "Agent: ok",
        "\u2014 approved by Olga Petrova \u2713",
        "(corrected, stored)",
        "\u2026 (1,000 more characters)",
        "\u00b7 ",
        "Turn 4: yours, stored",
        "mark as correct",
    ),
    "terminal": _of(
        "\x1b[2J", "\x1b]8;;http://HOST/\x07x\x1b]8;;\x07", "\x1b]0;x\x07", "\x9b31m", "\x08\x08", "\x7f", "\x0e"
    ),
    "control": _among((0x01, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0x9F)),
    "line_end": _of(
        "a\r\nb", "a\rb", "\r", "\n\r", "a\u2028b", "a\u2029b", "\x0b", "\x0c", "\x85", "\n\n\n", "\t", "\r\r\n", " \n "
    ),
    "bidi": _among((0x202A, 0x202E), (0x2066, 0x2069), (0x200E, 0x200F), (0x061C, 0x061C)),
    "invisible": _among(
        (0x200B, 0x200D),
        (0x2060, 0x2064),
        (0x206A, 0x206F),
        (0xFEFF, 0xFEFF),
        (0x00AD, 0x00AD),
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x3164, 0x3164),
        (0xFFA0, 0xFFA0),
        (0xFFF9, 0xFFFB),
    ),
    "tag": _among((0xE0000, 0xE007F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF)),
    "noncharacter": _among(
        (0xFDD0, 0xFDEF), (0xFFFE, 0xFFFF), (0x1FFFE, 0x1FFFF), (0x10FFFE, 0x10FFFF), (0xE000, 0xE010)
    ),
    "space": _of(
        "\u00a0",
        "\u202f",
        "\u2003",
        "\u3000",
        "  ",
        "   x   ",
        "\u1680",
        "\u2009",
        "\u205f",
        "\ufffc",
        "\ufffd",
        "\t\t",
    ),
    "combining": lambda random, _: "".join(
        random.choice("aeioux ") + "".join(chr(random.randint(0x300, 0x36F)) for _ in range(random.randint(0, 60)))
        for _ in range(random.randint(1, 12))
    ),
    "rtl": _of(
        "\u05e9\u05dc\u05d5\u05dd",
        "\u0645\u0631\u062d\u0628\u0627 100",
        "50% \u05d4\u05e0\u05d7\u05d4",
        "(\u0661\u0662\u0663)",
        "\u0640" * 40,
        "-5\u20ac \u05db\u05df",
        "\ufdfa",
        "\u0644\u0627\u0644\u0627",
    ),
    "emoji": _of(
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\U0001f44d\U0001f3fd",
        "\U0001f1f8\U0001f1ea",
        "1\ufe0f\u20e3",
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f1f8",
        "\u200d\u200d",
        "\U0001f9d1\U0001f3fb\u200d\U0001f91d\u200d\U0001f9d1\U0001f3ff",
    ),
    "script": _of(
        "\u0e01\u0e33\u0e01\u0e33",
        "\u0928\u093f\u0928\u094d\u0928\u093f",
        "\u6f22\u5b57\u304b\u306a",
        "\ud55c\uae00",
        "\u1112\u1161\u11ab",
        "\u0fd5\u0f0b",
        "\U00012031",
        "\U0001d504\U0001d505",
        "\u0430\u0440\u0440\u04cf\u0435",
        "\u1019\u103c\u1014\u103a",
    ),
    "long": lambda random, _: random.choice(("W", "il", "\u6f22", "a\u0301", "<b>", "_-")) * random.randint(300, 6_000),
    "json": lambda random, _: _json(random),
    "surrogate": lambda random, _: json.dumps(
        {f"a{chr(random.randint(0xD800, 0xDFFF))}": [chr(random.randint(0xD800, 0xDFFF)), "\ud83d", "x\udc00y"]}
    ),
}
SMALL = tuple(_SMALL)
LITERAL = frozenset(("html", "entity", "loader", "format"))
"""The classes whose first letters must be painted as they are, in this order and by one font."""


def _json(random: Random) -> str:
    """JSON in which something is too much: depth, digits, numbers that are none, names twice, or names of nothing."""
    depth = random.choice((3, 30, 400, 900, 990, 1_200, 5_000))
    return random.choice(
        (
            "[" * depth + "]" * depth,
            '{"a":' * depth + "1" + "}" * depth,
            '{"a": ' + "7" * random.choice((30, 5_000)) + "}",
            '{"a": NaN, "b": Infinity, "c": 1e999}',
            '{"a": 1, "a": 2, "": {"": []}}',
            json.dumps({"a": ["x" * 300] * 40, "b": {"c": [[["<b>x</b>", None, True]]]}}),
            json.dumps([{"k": n} for n in range(400)]),
            '"\\ud83d\\ude00 \\u0000 \\u202e"',
        )
    )


_FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def _unbroken(random: Random, size: int) -> str:
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=size))


def _stacked(random: Random, size: int) -> str:
    return "a" + "".join(map(chr, random.choices(range(0x300, 0x36F), k=size - 1)))


def _families(random: Random, size: int) -> str:
    return _FAMILY * (size // 30)


def _lines(random: Random, size: int) -> str:
    return "\n".join(str(random.randrange(99)) for _ in range(size // 3))


def _nested(random: Random, size: int) -> str:
    """Embeddings, overrides and isolates opened inside each other, most of them never closed."""
    deeper = random.choice(("\u202b\u202a", "\u202e\u202d", "\u2067\u2066", "\u202ba\u202ab", "\u2067\u05d0\u2066a"))
    nested = deeper * 100 + random.choice(("\u202c" * 50, "\u2069" * 70, "")) + "\u05d0b1"
    return (nested * (size // len(nested) + 1))[:size]


_HUGE: dict[str, Callable[[Random, int], str]] = {
    "unbroken": _unbroken,
    "stacked": _stacked,
    "families": _families,
    "lines": _lines,
    "nested": _nested,
}
HUGE = tuple(_HUGE)
"""The classes for which the window must stay quick: texts in the shapes that are hardest to lay out."""

SIZES = (300_000, 59_000, 300_000, 11_900)
"""Code points of a huge payload, or what makes as much work: far beyond, and just below, what can be edited."""

HUGE_EVERY = 5

KINDS: Sequence[str] = SMALL + HUGE
