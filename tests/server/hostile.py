"""What a hostile caller sends, and how every answer to it must look, on both databases the same."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx

from console.contract.limits import MAX_DEPTH, MAX_NAMES, MAX_SIGNS
from console.contract.problems import Problem
from tests.server.world import correction

SECRET = "4111-secret-of-a-customer"

LONGEST_ANSWER = 2_000
"""Bytes: who is refused gets less than they sent."""


def problem(answer: httpx.Response) -> Problem:
    """Read the problem document; it must agree with the status and repeat nothing."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "secret" not in str(answer.headers)
    assert len(answer.content) < LONGEST_ANSWER
    found = Problem.model_validate_json(answer.content)
    assert found.status == answer.status_code
    assert found.title.endswith("."), "title and detail are read one after the other"
    return found


@dataclass(frozen=True)
class BodyRoute:
    """A route with a body: a document it takes, and the fields of each kind in it, as paths."""

    method: str
    path: str
    document: Mapping[str, object]
    numbers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


DAY = {"day": "2026-11-20", "count": 1, "sha256": "0" * 64}
BODY_ROUTES = {
    "correct": BodyRoute(
        "PUT",
        "/v1/corrections/k",
        correction("k", "c", note=SECRET).model_dump(mode="json")
        | {
            "labels": [{"start": 20, "end": 28, "code": "wrong_fact", "confirmed": True}],
            "tool_calls": [{"name": "refund", "arguments": "{}"}],
        },
        numbers=("turn", "epoch", "hunks.0.start", "labels.0.end"),
        texts=("note", "corrected_text", "hunks.0.replacement", "id", "codes.0", "tool_calls.0.name"),
        arguments=("tool_calls.0.arguments",),
        moments=("opened_at", "submitted_at"),
        lists=("hunks", "codes", "labels", "tool_calls"),
    ),
    "renew": BodyRoute("PUT", "/v1/conversations/c/claim", {"epoch": 1}, numbers=("epoch",)),
    "close": BodyRoute("POST", "/v1/conversations/c/close", {"epoch": 1}, numbers=("epoch",)),
    "compare": BodyRoute(
        "POST",
        "/v1/corrections/compare",
        {"days": [DAY]},
        numbers=("days.0.count",),
        texts=("days.0.sha256",),
        moments=("days.0.day",),
        lists=("days",),
    ),
}

WRONG_NUMBERS = {
    "a bool": b"true",
    "false for nought": b"false",
    "text": b'"1"',
    "a fraction": b"1.5",
    "a float that is whole": b"1.0",
    "an exponent": b"1e0",
    "nothing": b"null",
    "a list": b"[1]",
    "less than nought": b"-1",
    "more than a database holds": b"9007199254740993",
    "more than 64 bits": b"9" * 40,
    "5,000 digits": b"9" * 5_000,
    "more than a float holds": b"1e400",
    "NaN": b"NaN",
    "infinity": b"-Infinity",
    "a leading nought": b"01",
    "a plus": b"+1",
}
WRONG_TEXTS = {
    "NUL": b'"\\u0000"',
    "NUL as it is": b'"\x00"',
    "a line break as it is": b'"\n"',
    "half a character": b'"\\ud800"',
    "the other half": b'"\\udc00 secret"',
    "halves the wrong way round": b'"\\udc00\\ud800"',
    "an encoded surrogate": b'"\xed\xa0\x80 secret"',
    "no UTF-8": b'"\xff\xfe secret"',
    "a character in too many bytes": b'"\xc0\xaf\xe0\x80\xaf secret"',
    "beyond the last character": b'"\xf4\x90\x80\x80 secret"',
    "a character cut short": b'"\xe2\x82',
    "too long": b'"' + b"secret " * 60_000 + b'"',
    "a number": b"5",
    "a bool": b"true",
    "nothing": b"null",
    "an object": b'{"secret": 1}',
    "an escape that is none": b'"\\x41 secret"',
}
WRONG_ARGUMENTS = {
    "not a number": b'"{\\"secret\\": NaN}"',
    "more than a float holds": b'"{\\"secret\\": 1e400}"',
    "5,000 digits": b'"{\\"secret\\": ' + b"9" * 5_000 + b'}"',
    "half a character": b'"{\\"secret\\": \\"\\\\ud800\\"}"',
    "lists within lists for ever": b'"' + b"[" * 100_000 + b'"',
    "a list": b'"[]"',
    "no JSON": b'"secret"',
}
WRONG_MOMENTS = {
    "a number": b"1763635500",
    "a number in quotes": b'"1763635500"',
    "before 1970": b'"1969-12-31T23:59:59Z"',
    "the year nought": b'"0000-01-01T00:00:00Z"',
    "before all zones but its own": b'"0001-01-01T00:00:00+14:00"',
    "after 2999": b'"3000-01-01T00:00:00Z"',
    "a year of five digits": b'"12026-11-20T10:45:00Z"',
    "without a zone": b'"2026-11-20T10:45:00"',
    "no such day": b'"2026-02-30T10:45:00Z"',
    "no such hour": b'"2026-02-20T24:45:00Z"',
    "a zone of a hundred hours": b'"2026-02-20T10:45:00+99:59"',
    "not a moment": b'"secret"',
    "NUL": b'"2026-11-20T10:45:00Z\\u0000"',
    "a day and no time": b'"2026-11-20"',
    "nothing": b"null",
}
WRONG_DAYS = {
    name: moment.replace(b"T10:45:00Z", b"").replace(b"T00:00:00Z", b"").replace(b"T23:59:59Z", b"")
    for name, moment in WRONG_MOMENTS.items()
    if name != "a day and no time"
} | {"midnight": b'"2026-11-20T00:00:00Z"'}
WRONG_LISTS = {
    "an object": b"{}",
    "text": b'"secret"',
    "nothing": b"null",
    "nothing in it": b"[null]",
    "many wrong items": b"[" + b"5," * 100_000 + b"5]",
    "more items than are counted": b"[" + b"5," * MAX_SIGNS + b"5]",
    "lists within lists": b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
    "lists within lists for ever": b"[" * 100_000,
    "a comma too many": b"[1,]",
}


def hostile_bodies(route: BodyRoute) -> Iterator[tuple[str, bytes]]:
    """Yield every body that the route must refuse, and what is wrong with it."""
    yield from _wrong_documents(json.dumps(route.document).encode(), route)
    for kind, fields, wrong in (
        ("number", route.numbers, WRONG_NUMBERS),
        ("text", route.texts, WRONG_TEXTS),
        ("arguments", route.arguments, WRONG_TEXTS | WRONG_ARGUMENTS),
        ("moment", route.moments, WRONG_DAYS if "days" in route.document else WRONG_MOMENTS),
        ("list", route.lists, WRONG_LISTS),
    ):
        for field in fields:
            for name, value in wrong.items():
                yield f"{kind} {field}: {name}", _with(route.document, field, value)


def _wrong_documents(valid: bytes, route: BodyRoute) -> Iterator[tuple[str, bytes]]:
    first = next(iter(route.document))
    again = json.dumps(route.document[first]).encode()
    yield "nothing", b""
    yield "spaces", b"  \n "
    yield "no JSON", b"{" + SECRET.encode()
    yield "a list", b"[" + valid + b"]"
    yield "a text", json.dumps(SECRET).encode()
    yield "null", b"null"
    yield "a byte order mark", b"\xef\xbb\xbf" + valid
    yield "UTF-16", valid.decode().encode("utf-16")
    yield "two documents", valid + valid
    yield "cut short", valid[:-1]
    yield "more behind it", valid + b" secret"
    yield "a comment", valid + b" // secret"
    yield "NUL behind it", valid + b"\x00"
    yield "an unknown field", valid[:-1] + b', "secret": 1}'
    yield "a field of the server's", valid[:-1] + b', "state": "stored", "received_at": "secret"}'
    yield "a field of the language's", valid[:-1] + b', "__class__": "secret"}'
    yield "a field twice", valid[:-1] + f', "{first}": '.encode() + again + b"}"
    yield "a field twice, in two ways", valid[:-1] + f', "\\u{ord(first[0]):04x}{first[1:]}": '.encode() + again + b"}"
    yield "an unknown field twice", valid[:-1] + b', "secret": 1, "secret": 1}'
    yield "half a character for a name", valid[:-1] + b', "\\ud800secret": 1}'
    yield "NUL for a name", valid[:-1] + b', "\\u0000secret": 1}'
    yield "a name without an end", valid[:-1] + b', "' + b"secret" * 100_000 + b'": 1}'
    yield "many names", b"{" + b",".join(b'"%d": 1' % name for name in range(MAX_NAMES + 1)) + b"}"
    yield "deep", b'{"secret": ' * 100_000


def _with(document: Mapping[str, object], field: str, value: bytes) -> bytes:
    """Return the document's JSON with another value in one place, as it is."""
    mark = "the value that is replaced"
    copy = json.loads(json.dumps(document))
    *way, last = (int(step) if step.isdigit() else step for step in field.split("."))
    place = copy
    for step in way:
        place = place[step]
    place[last] = mark
    return json.dumps(copy).encode().replace(json.dumps(mark).encode(), value)


WRONG_IDS = {
    "NUL": "%00secret",
    "two dots": "%2e%2e",
    "a way up": "%2e%2e%2fsecret",
    "a dot in too many bytes": "%c0%ae%c0%aesecret",
    "a surrogate": "%ed%a0%80secret",
    "no UTF-8": "%ffsecret",
    "too long": "secret-" * 29,
    "a space": "%20secret",
    "a line break": "secret%0a",
    "a sign without a number": "%secret",
    "other digits": "%EF%BC%91secret",
    "nothing": "",
    "a quote": "secret'%20OR%201=1--",
    "a wildcard": "%25secret",
    "a header": "secret%0d%0aX-Evil:%201",
    "markup": "%3Cb%3Esecret%3C/b%3E",
}
ID_ROUTES = (
    "GET /v1/conversations/{}",
    "POST /v1/conversations/{}/claim",
    "PUT /v1/conversations/{}/claim",
    "DELETE /v1/conversations/{}/claim?epoch=1",
    "POST /v1/conversations/{}/close",
    "POST /v1/conversations/{}/reopen",
    "PUT /v1/corrections/{}",
)

WRONG_DIGITS = {
    "nothing": "",
    "text": "secret",
    "a minus": "-1",
    "a plus": "%2B1",
    "spaces": "%201%20",
    "a fraction": "1.0",
    "an exponent": "1e3",
    "an underscore": "1_0",
    "other digits": "%EF%BC%91",
    "hexadecimal": "0x1",
    "a bool": "true",
    "nobody's number": "NaN",
    "infinity": "inf",
    "40 digits": "9" * 40,
    "5,000 digits": "9" * 5_000,
    "NUL": "1%00",
    "null": "null",
}
WRONG_KEYS = {name: value for name, value in WRONG_IDS.items() if name != "a header"} | {
    "a header": "secret%0d%0aX-Evil:1",
    "dots": "..",
}
QUERY_ROUTES: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("GET /v1/queue", "limit", WRONG_DIGITS | {"nought": "0", "too many": "1001"}),
    ("GET /v1/queue", "after", WRONG_KEYS),
    ("GET /v1/queue", "ids", WRONG_KEYS | {"commas": ",", "an end": "a,", "too many": ",".join(["a"] * 101)}),
    ("POST /v1/conversations/c/claim", "take_back", WRONG_DIGITS),
    ("DELETE /v1/conversations/c/claim", "epoch", WRONG_DIGITS),
    ("GET /v1/corrections", "conversation_id", WRONG_KEYS),
    ("GET /v1/corrections", "author_id", WRONG_KEYS),
    ("GET /v1/events", "after", WRONG_KEYS | {"no stamp": "7", "a stamp too long": "7-" + "0" * 17}),
    ("GET /v1/feed", "after", WRONG_KEYS | {"no stamp": "7", "a stamp too long": "7-" + "0" * 17}),
)
RIGHT = {"limit": "5", "take_back": "1", "epoch": "1"}
"""What each parameter may be; all others take `a`."""
PLAIN_ROUTES = (
    "GET /v1/me",
    "GET /v1/taxonomy",
    "POST /v1/queue/next",
    "GET /v1/conversations/c",
    "POST /v1/conversations/c/reopen",
    "POST /v1/conversations/c/close",
)


def hostile_addresses() -> Iterator[tuple[str, str, str]]:
    """Yield method and address of what every route must refuse, and what is wrong with it."""
    for route in ID_ROUTES:
        method, path = route.split(" ")
        for name, wrong in WRONG_IDS.items():
            yield method, path.format(wrong), f"{method} {path}: {name}"
    for route, parameter, values in QUERY_ROUTES:
        method, path = route.split(" ")
        right = RIGHT.get(parameter, "a")
        for name, wrong in values.items():
            yield method, f"{path}?{parameter}={wrong}", f"{route} {parameter}: {name}"
        yield method, f"{path}?{parameter}={right}&{parameter}={right}", f"{route} {parameter}: twice"
        yield method, f"{path}?{parameter}={right}&{parameter}=secret", f"{route} {parameter}: once more, wrong"
        yield method, f"{path}?{parameter}={right}&secret=1", f"{route}: an unknown parameter beside {parameter}"
    for route in PLAIN_ROUTES:
        method, path = route.split(" ")
        yield method, f"{path}?secret=1", f"{route}: an unknown parameter"
        yield method, f"{path}?%00", f"{route}: NUL for a parameter"
        yield method, f"{path}/?secret", f"{route}: a slash too many"
        yield method, f"/{path}secret", f"{route}: a slash in front"
