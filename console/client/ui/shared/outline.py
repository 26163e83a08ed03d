"""JSON as indented lines a person reads: names and values, without braces, quotes or commas."""

import json

_LONGEST_LINE = 400


def outline(text: str, most: int = 16) -> list[str]:
    """Return JSON text as at most `most` readable lines; text that is not JSON comes back as its own lines."""
    try:
        lines = _lines(json.loads(text), 0)
    except (ValueError, RecursionError):
        lines = text.splitlines() or [""]
    if len(lines) > most:
        lines = [*lines[: most - 1], f"\u2026 {len(lines) - most + 1} more lines"]
    return [line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + "\u2026" for line in lines]


def one_line(text: str, most: int = 90) -> str:
    """Return JSON text on one line as `name=value, name=value`, shortened to `most` characters."""
    try:
        words = _spoken(json.loads(text))
    except (ValueError, RecursionError):
        words = text
    words = " ".join(words.split())
    return words if len(words) <= most else words[: most - 1] + "\u2026"


def _spoken(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_scalar(item)}" for name, item in value.items())
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _lines(value: object, depth: int) -> list[str]:
    pad = "  " * depth
    if depth > 20:
        return [f"{pad}\u2026"]
    if isinstance(value, dict):
        lines: list[str] = []
        for name, item in value.items():
            if isinstance(item, (dict, list)) and item:
                short = json.dumps(item, ensure_ascii=False)
                if len(short) <= 48 and not isinstance(item, dict):
                    lines.append(f"{pad}{name}: {', '.join(_scalar(each) for each in item)}")
                else:
                    lines += [f"{pad}{name}:", *_lines(item, depth + 1)]
            else:
                lines.append(f"{pad}{name}: {_scalar(item)}")
        return lines or [f"{pad}(empty)"]
    if isinstance(value, list):
        lines = []
        for item in value:
            first, *rest = _lines(item, depth + 1)
            lines += [f"{pad}\u2013 {first.strip()}", *rest]
        return lines or [f"{pad}(empty)"]
    return [pad + part for part in _scalar(value).splitlines() or [""]]
