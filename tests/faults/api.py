"""Attacks the backend over HTTP with all that its own OpenAPI document allows and forbids, by schemathesis.

`python -m tests.faults.api --cases N [--seed S] [--database-url URL]`: N cases on SQLite and N on a private PostgreSQL,
or on the database named, shared between the roles. No answer may be a server error, bad data may never be taken,
statuses, types and bodies are as documented, and every refusal is a problem document that repeats nothing. The event
stream itself, which never ends, is left out; what asks for it in vain is in `tests/server/hostile.py`.
"""

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from random import Random

import schemathesis
from pydantic import ValidationError
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation import GenerationMode
from schemathesis.schemas import BaseSchema

from console.contract.problems import Problem
from console.server.services.ports import Database
from tests.faults.databases import SHARED_MEMORY
from tests.faults.report import Report, commit_seed
from tests.faults.tally import Tally
from tests.server.cluster import started
from tests.server.world import CHAIRS, Running, conversation, correction, running, send, token

CONVERSATIONS = [f"c-{number}" for number in range(20)]
ROLES = {chair.role: who for who, chair in CHAIRS.items()}
"""A person in each role."""

UNDOCUMENTED_RULES = ("/v1/corrections/{correction_id}", "/v1/corrections/compare", "/v1/queue")
"""Routes with rules that no schema can say, such as hunks that fit a turn: there a refusal of good data is no fault."""

ECHO = 24
"""Characters: shorter words may stand in a refusal by chance."""

GOOD = ("2xx", 401, 403, 404, 409, 410)
"""What may be answered to good data."""

BAD = (400, 401, 405, 413, 415, 422, 431)
"""What may be answered to bad data, none of which says that it was looked at any further."""

FAULTS = ("bad data refused", "good data taken", "no token", "another method", "another type")

ENUMERATED, ROUTES, FEWEST, MOST = 700, 9, 5, 100
"""Cases made of the document once, routes that take anything, and the cases of each at a time."""


def main() -> int:
    """Attack each database's backend; return 0 only if nothing was amiss."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.api", description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000, help="on each database")
    parser.add_argument("--seed", type=int, default=commit_seed())
    parser.add_argument("--database-url", help="a database that may be written to; else SQLite and PostgreSQL")
    asked = parser.parse_args()
    report = Report("api", asked.seed)
    with ExitStack() as stack:
        databases = {"named": asked.database_url} if asked.database_url else _private(stack)
        pool = stack.enter_context(ProcessPoolExecutor(len(databases), get_context("spawn")))
        tallies = {name: pool.submit(attack, place, asked.seed, asked.cases) for name, place in databases.items()}
        for name, tally in ((name, future.result()) for name, future in tallies.items()):
            tally.add_to(report, name, FAULTS)
    return report.end()


def _private(stack: ExitStack) -> dict[str, Database]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="redline-api-", dir=SHARED_MEMORY)))
    return {"sqlite": folder / "workspace.db", "postgresql": stack.enter_context(started()).database()}


def attack(database: Database, seed: int, cases: int, only: str | None = None) -> Tally:
    """Attack a backend that serves the database, as each role in turn, until there were so many cases.

    `only`: the one path that is attacked.
    """
    logging.disable(logging.WARNING)  # each request that is no HTTP is warned of
    tally = Tally()
    most = max(FEWEST, min(MOST, (cases - ENUMERATED) // (len(ROLES) * ROUTES)))
    with running(database) as backend:
        _fill(backend)
        for turn, (role, who) in enumerate(cycle(ROLES.items())):
            if turn >= len(ROLES) and tally.figures["cases"] >= cases:
                break
            schema = _open_schema(backend, who, seed + turn, most, only=only, enumerates=turn == 0)
            for event in from_schema(schema).execute():
                if isinstance(event, events.ScenarioFinished):
                    _judge(event.recorder, role, tally)
                elif isinstance(event, events.NonFatalError):
                    tally.violations.append(f"{role}: {event.label}: {event.info.title}: {event.info}")
                elif isinstance(event, events.FatalError):
                    raise event.exception
    return tally


def _fill(backend: Running) -> None:
    """Put in conversations, claims and corrections."""
    backend.load(*map(conversation, CONVERSATIONS))
    for number, who in enumerate(("ana", "ben", "tove", "qin")):
        client = backend.client(who)
        client.post(f"/v1/conversations/{CONVERSATIONS[number]}/claim").raise_for_status()
        send(client, correction(f"k-{number}", CONVERSATIONS[number], by=who)).raise_for_status()


def _open_schema(backend: Running, who: str, seed: int, most: int, *, only: str | None, enumerates: bool) -> BaseSchema:
    lenient = {"positive_data_acceptance": {"enabled": False}}
    config = {
        "seed": seed,
        "headers": {"Authorization": f"Bearer {token(who)}"},
        "continue-on-failure": True,
        "request-timeout": 30,
        "generation": {"mode": "all", "max-examples": most, "no-shrink": True},
        "phases": {
            "examples": {"enabled": False},
            "coverage": {"enabled": enumerates},
            "stateful": {"enabled": False},
        },
        "checks": {
            "allow_header_conformance": {"enabled": False},  # `compare` could be a correction's id
            "positive_data_acceptance": {"expected-statuses": [*GOOD]},
            "negative_data_rejection": {"expected-statuses": [*BAD]},
        },
        "operations": [
            {"include-path": "/v1/feed", "enabled": False},
            *([{"exclude-path": only, "enabled": False}] if only else []),
            *({"include-path": path, "checks": lenient} for path in UNDOCUMENTED_RULES),
        ],
    }
    schema = schemathesis.openapi.from_url(f"{backend.url}/openapi.json", config=SchemathesisConfig.from_dict(config))
    random = Random(seed)

    @schema.hook
    def map_case(_: HookContext, case: Case) -> Case:
        if case.meta and case.meta.generation.mode is GenerationMode.POSITIVE:
            _aim(case, who, random)
        return case

    return schema


def _aim(case: Case, who: str, random: Random) -> None:
    """Let a good request be about what is there, mostly: what is not there is refused too early."""
    case.body = _whole(case.body)
    if random.random() < 0.3:
        return
    about = random.choice(CONVERSATIONS)
    if "conversation_id" in case.path_parameters:
        case.path_parameters["conversation_id"] = about
    if "correction_id" in case.path_parameters and isinstance(case.body, dict):
        good = correction(str(case.body["id"]), about, by=who, epoch=random.randint(0, 3)).model_dump(mode="json")
        kept = {name: case.body[name] for name in ("severity", "root_cause", "note", "assertions") if name in case.body}
        case.body = good | kept
        case.path_parameters["correction_id"] = good["id"]


def _whole(value: object) -> object:
    """Return the JSON with 1.0 as 1: by the letter of JSON Schema both are integers, here only the latter."""
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.check
def refuses_in_a_problem_document(_: CheckContext, response: Response, case: Case) -> None:
    """Whatever is refused is refused in one way, which repeats nothing of it."""
    if response.status_code < 400 or case.method == "HEAD":
        return
    assert response.headers["content-type"] == ["application/problem+json"], "the refusal is no problem document"
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError as error:
        raise AssertionError(f"the refusal is no problem document: {error}") from None
    assert problem.status == response.status_code, "the problem document tells another status"
    said = response.content.decode()
    for word in _words([case.path_parameters, case.query, case.body]):
        assert len(word) < ECHO or word not in said, "the refusal repeats what was sent"


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def _judge(recorder: ScenarioRecorder, role: str, tally: Tally) -> None:
    """Add what the cases of one scenario were answered, and what was amiss."""
    for case_id, node in recorder.cases.items():
        interaction = recorder.interactions.get(case_id)
        status = interaction.response.status_code if interaction and interaction.response else None
        tally.figures["cases"] += 1
        tally.figures[f"answered {status}"] += 1
        tally.hits.update(_what_happened(node.value, status))
        if status is None or status >= 500:
            tally.violations.append(f"{role}: {recorder.label}: answered {status}: {node.value.as_curl_command()}")
        for check in recorder.checks.get(case_id, []):
            if check.failure_info is not None:
                failure = check.failure_info.failure
                told = f"{check.name}: {failure.title}: {failure.message}: {node.value.as_curl_command()[:1_000]}"
                tally.violations.append(f"{role}: {recorder.label}: {told}")


def _what_happened(case: Case, status: int | None) -> Iterator[str]:
    names = {401: "no token", 405: "another method", 415: "another type", 422: "bad data refused"}
    is_good = case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE
    if status in (200, 201, 204) and is_good:
        yield "good data taken"
    elif status in names and not (status == 422 and is_good):
        yield names[status]


if __name__ == "__main__":
    sys.exit(main())
