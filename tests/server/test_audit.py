"""The audit log: everything that counts is in it, once, and nothing in it can be changed unseen."""

import asyncio
import json
import shlex
import stat
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from console.contract.base import content_sha256
from console.entry.main import main
from console.server.app.serve import prepare_store
from console.server.domain.audit import START, AuditAction, AuditEntry, AuditRow, BadRow, Head, chained, follow
from console.server.services.audit import Verdict, verify_log
from console.server.services.ports import Database, StoreError
from console.server.store.audit_key import KEY_FILE_VARIABLE, find_key_file, make_key, read_key
from console.server.store.engine import create_engine
from console.server.store.tables import AuditTable
from console.server.store.unit_of_work import open_store
from tests.faults import tampers
from tests.faults.steps import old_workspace
from tests.server.cluster import Cluster
from tests.server.conftest import Sql
from tests.server.world import ANSWER, NOW, Running, conversation, correction, running, send

Audit = Callable[..., tuple[int, str, str]]
CLAIM = "/v1/conversations/c/claim"
KEY = b"k" * 32
ROOT = Path(__file__).parents[2]
README, SAMPLE = ROOT / "README.md", ROOT / "resources" / "sample"
TEAMS_DATABASE = "postgresql://redline@db/redline"


@pytest.fixture
def audit(database: Database, capsys: pytest.CaptureFixture[str]) -> Audit:
    """Run `redline audit ...` on the test's database; returns status, stdout, stderr."""
    place = ["--database", database] if isinstance(database, str) else ["--data-dir", str(database.parent)]

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main(["audit", *map(str, arguments), *place])
        return status, *capsys.readouterr()

    return run


def rows(database: Database) -> Sequence[AuditTable]:
    async def read() -> Sequence[AuditTable]:
        engine = create_engine(database)
        async with engine.connect() as connection:
            found = (await connection.execute(select(AuditTable).order_by(AuditTable.seq))).all()
        await engine.dispose()
        return found

    return asyncio.run(read())


def verified(database: Database) -> Verdict:
    async def verify() -> Verdict:
        async with open_store(database) as store:
            return await verify_log(store, read_key(find_key_file(database)), {})

    return asyncio.run(verify())


def told(database: Database) -> list[tuple[str, str, str, dict[str, object]]]:
    return [(row.actor_id, row.action, row.subject, json.loads(row.detail)) for row in rows(database)]


def test_a_days_work_is_in_the_log_each_act_once_and_verifies(
    backend: Running, ana: httpx.Client, audit: Audit, tmp_path: Path
) -> None:
    backend.load(conversation("c"))
    backend.load(conversation("c"))
    tove = backend.client("tove")
    for _ in range(2):
        assert ana.post(CLAIM).status_code == 200
    ana.put(CLAIM, json={"epoch": 1})
    receipt = send(ana, correction("k", "c")).json()
    assert send(ana, correction("k", "c")).json() == receipt
    tove.post(CLAIM, params={"take_back": 1})
    ana.delete(CLAIM, params={"epoch": 1})
    for _ in range(2):
        assert tove.post("/v1/conversations/c/close", json={"epoch": 2}).status_code == 204
    for _ in range(2):
        assert ana.post("/v1/conversations/c/reopen").status_code == 204
    assert ana.post("/v1/queue/next").status_code == 404
    assert backend.client("ben").post("/v1/queue/next").status_code == 200
    for _ in range(2):
        backend.client("ben").delete(CLAIM, params={"epoch": 3})
    counts = {"imported": 1, "already_there": 0, "different": 0, "queued": 1}
    stored = {"conversation_id": "c", "epoch": 1, "body_sha256": receipt["body_sha256"], "state": "stored"}
    assert told(backend.database) == [
        ("the operator", "log_begun", "", {}),
        ("the operator", "imported", "conversations", counts),
        ("ana", "claim_taken", "c", {"epoch": 1}),
        ("ana", "correction_stored", "k", stored),
        ("tove", "claim_taken_back", "c", {"epoch": 2}),
        ("tove", "closed", "c", {"epoch": 2}),
        ("ana", "reopened", "c", {"epoch": 2}),
        ("ben", "claim_taken", "c", {"epoch": 3}),
        ("ben", "claim_released", "c", {"epoch": 3}),
    ]
    status, out, err = audit("verify")
    assert (status, out) == (0, "9 rows, all as they were written\n")
    assert err == "Rows cut off at the end cannot be seen without --head.\n"


def test_what_commands_do_is_in_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ("--data-dir", str(tmp_path))
    for role in ("tier1", "tier1", "qa"):
        assert main(["token", "--user", "ana", "--name", "Ana", "--role", role, *place]) == 0
    tokens = [line for line in capsys.readouterr().out.splitlines() if line.startswith("rl_")]
    assert main(["export", "--format", "jsonl", "--out", str(tmp_path / "out"), *place]) == 0
    found = told(tmp_path / "workspace.db")
    assert [entry[1] for entry in found] == [
        "log_begun",
        *("account_put", "token_issued"),
        "token_issued",
        *("account_put", "token_issued"),
        "exported",
    ]
    assert [entry[3] for entry in found if entry[1] == "account_put"] == [
        {"role": "tier1", "was": None},
        {"role": "qa", "was": "tier1"},
    ]
    assert found[-1][2:] == ("jsonl", {"rows": 0, "sha256": content_sha256(b"")})
    assert [entry[3]["sha256"] for entry in found if entry[1] == "token_issued"] == [
        content_sha256(token) for token in tokens
    ]


def test_the_hash_of_an_export_is_that_of_its_file(tmp_path: Path) -> None:
    with running(tmp_path) as backend:
        backend.load(conversation("c"))
        send(backend.client("ana"), correction("k", "c"))
    assert main(["export", "--format", "jsonl", "--out", str(tmp_path / "out"), "--data-dir", str(tmp_path)]) == 0
    content = (tmp_path / "out" / "redline-jsonl.jsonl").read_bytes()
    assert told(tmp_path / "workspace.db")[-1][3] == {"rows": 1, "sha256": content_sha256(content)}


def test_no_export_gets_its_name_before_it_is_in_the_log(tmp_path: Path) -> None:
    assert main(["token", "--user", "ana", "--name", "Ana", "--role", "qa", "--data-dir", str(tmp_path)]) == 0
    out = tmp_path / "out"
    (out / "redline-jsonl.jsonl").mkdir(parents=True)  # what stands there cannot be replaced by a file
    assert main(["export", "--format", "jsonl", "--out", str(out), "--data-dir", str(tmp_path)]) != 0
    assert told(tmp_path / "workspace.db")[-1][1] == "exported"
    assert [path.name for path in out.iterdir()] == ["redline-jsonl.jsonl"]


def test_what_nobody_holds_is_taken_back_from_nobody(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    tove = backend.client("tove")
    ana.post(CLAIM)
    ana.delete(CLAIM, params={"epoch": 1})
    assert tove.post(CLAIM, params={"take_back": 1}).json()["epoch"] == 2
    assert told(backend.database)[-1][:2] == ("tove", "claim_taken")


def test_no_words_of_a_customer_or_of_the_ai_are_in_the_log(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c", ask="the ask of the customer"))
    ana.post(CLAIM)
    send(ana, correction("k", "c", note="a note"))
    text = "".join(f"{row.actor_id} {row.subject} {row.detail}" for row in rows(backend.database))
    for words in (ANSWER, "the ask", "a note", "within five days", "Maria", "mail.example", "refund", "Ana Ruiz"):
        assert words not in text


def test_what_is_refused_leaves_no_row(backend: Running, ana: httpx.Client, ben: httpx.Client) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)
    before = told(backend.database)
    refused = [
        ben.post(CLAIM),
        ben.delete(CLAIM, params={"epoch": 1}),
        ben.post("/v1/conversations/c/close", json={"epoch": 1}),
        send(ana, correction("k", "c", turn=1)),
    ]
    assert {answer.is_success for answer in refused} == {False}
    assert told(backend.database) == before


def test_writers_at_once_and_on_several_backends_make_one_chain(database: Database) -> None:
    names = [f"c{number}" for number in range(24)]
    with running(database) as one, running(database) as other:
        one.load(*map(conversation, names))
        for backend in (one, other):
            assert backend.client("ana").get("/v1/me").status_code == 200

        def work(name: str) -> None:
            backend, who = (one, "ana") if hash(name) % 2 else (other, "ben")
            client = backend.client(who)
            claim = client.post(f"/v1/conversations/{name}/claim").json()
            send(client, correction(f"k-{name}", name, by=who))
            client.delete(f"/v1/conversations/{name}/claim", params={"epoch": claim["epoch"]})

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, names))
    assert verified(database) == Verdict(2 + 3 * len(names), None)


def test_any_tampering_is_found_and_the_first_bad_row_is_named(database: Database) -> None:
    report = asyncio.run(tampers.run(database, count=150, seed=20261120))
    assert report.violations == []
    assert min(report.hits.values()) > 0


def test_the_log_takes_no_change_and_no_deletion(database: Database) -> None:
    verified(database)

    async def run(statement: str) -> None:
        engine = create_engine(database)
        try:
            async with engine.begin() as connection:
                await connection.execute(text(statement))
        finally:
            await engine.dispose()

    for statement in ("UPDATE audit SET detail = 'x'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"):
            asyncio.run(run(statement))


def test_a_cut_off_end_is_seen_with_a_head_that_was_kept_elsewhere(
    backend: Running, ana: httpx.Client, audit: Audit, tmp_path: Path
) -> None:
    backend.load(conversation("c"))
    kept = tmp_path / "heads.txt"
    kept.write_text(audit("head")[1], encoding="utf-8")
    ana.post(CLAIM)
    with kept.open("a", encoding="utf-8") as file:
        file.write(audit("head")[1])
    ana.delete(CLAIM, params={"epoch": 1})
    assert audit("verify", "--head", kept) == (0, "4 rows, all as they were written\n", "")

    async def cut_off() -> None:
        async with tampers.behind_the_triggers(backend.database) as engine, engine.begin() as connection:
            await connection.execute(text("DELETE FROM audit WHERE seq > 2"))

    asyncio.run(cut_off())
    assert audit("verify")[0] == 0
    status, out, _ = audit("verify", "--head", kept)
    assert status == 1
    assert out == (
        "row 3: it is missing, and all that came after it: the end is cut off; "
        "2 rows before it are as they were written\n"
    )
    ana.post(CLAIM)
    status, out, _ = audit("verify", "--head", kept)
    assert status == 1
    assert out.startswith("row 3: it is not the one that a head kept elsewhere tells of")


def test_an_emptied_log_is_named_and_nothing_begins_another(
    backend: Running, ana: httpx.Client, audit: Audit, sql: Sql
) -> None:
    backend.load(conversation("c"))

    async def empty() -> None:
        async with tampers.behind_the_triggers(backend.database) as engine, engine.begin() as connection:
            await connection.execute(text("DELETE FROM audit"))

    asyncio.run(empty())
    status, out, _ = audit("verify")
    assert (status, out.partition(":")[0]) == (1, "row 1")
    with pytest.raises(StoreError, match="the audit log was emptied"):
        verified(backend.database)
    assert sql("SELECT count(*) FROM audit") == [["0"]]
    assert ana.post(CLAIM).status_code == 200
    status, out, _ = audit("verify")
    assert (status, out) == (
        1,
        "row 1: no log begins with it: all that came before it is gone; 0 rows before it are as they were written\n",
    )
    with pytest.raises(StoreError, match="the log's first row was altered"):
        verified(backend.database)


@pytest.mark.parametrize("line", ["", "1", "one 00", "1 00 00"])
def test_a_file_that_holds_no_head_is_named(audit: Audit, database: Database, tmp_path: Path, line: str) -> None:
    verified(database)
    kept = tmp_path / "heads.txt"
    kept.write_text(f"1 {'0' * 64}\n{line}\n", encoding="utf-8")
    status, out, err = audit("verify", "--head", kept)
    assert (status, out) == (2, "")
    assert err == f"redline audit: {kept}:2: this is no line that `redline audit head` printed\n"


def test_a_database_of_the_first_release_begins_its_log_when_it_is_upgraded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "data" / "workspace.db"
    database.parent.mkdir()
    asyncio.run(old_workspace(database))
    place = ("--data-dir", str(database.parent))
    assert main(["audit", "verify", *place]) == 1
    assert "the audit log's key is not at" in capsys.readouterr().err
    assert main(["audit", "head", *place]) == 1
    assert "has schema 0001, this program wants" in capsys.readouterr().err
    assert verified(database) == Verdict(1, None)
    assert main(["audit", "verify", *place]) == 0


def test_there_is_nothing_to_verify_where_no_workspace_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", "--data-dir", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.startswith("redline: there is no workspace at")
    assert list(tmp_path.iterdir()) == []


# the key


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes; the profile folder protects it")
def test_the_key_is_made_once_for_its_user_alone_and_is_not_in_the_database(tmp_path: Path) -> None:
    database = tmp_path / "workspace.db"
    verified(database)
    made = (tmp_path / "audit.key").read_bytes()
    assert stat.S_IMODE((tmp_path / "audit.key").stat().st_mode) == 0o600
    verified(database)
    assert (tmp_path / "audit.key").read_bytes() == made
    files = [file.read_bytes() for file in tmp_path.glob("workspace.db*")]
    assert files
    assert not any(made.strip() in content or bytes.fromhex(made.decode()) in content for content in files)
    assert sorted(file.name for file in tmp_path.iterdir() if not file.name.startswith("workspace.db")) == ["audit.key"]


def test_many_who_make_a_key_at_once_make_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(lambda _: make_key(tmp_path / "audit.key"), range(64)))
    assert len(made) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["audit.key"]


def test_without_the_key_the_log_was_begun_with_nothing_starts(database: Database, tmp_path: Path) -> None:
    key_file = tmp_path / "team.key"

    async def start() -> None:
        async with open_store(database, audit_key=key_file):
            pass

    key_file.write_text("ab" * 32 + "\n", encoding="ascii")
    if isinstance(database, Path):
        asyncio.run(start())
    else:
        verified(database)
    key_file.write_text("cd" * 32, encoding="ascii")
    with pytest.raises(StoreError, match="not the one that the audit log was begun with"):
        asyncio.run(start())
    key_file.write_text("no key", encoding="ascii")
    with pytest.raises(StoreError, match="holds no key of an audit log"):
        asyncio.run(start())
    key_file.write_bytes(b"\xff")
    with pytest.raises(StoreError, match="holds no key of an audit log"):
        asyncio.run(start())
    key_file.unlink()
    with pytest.raises(StoreError, match=f"the audit log's key is not at {key_file}; put back the file"):
        asyncio.run(start())
    assert not key_file.exists()
    key_file.mkdir()
    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        asyncio.run(start())


def test_a_key_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the audit log's key cannot be made at"):
        make_key(tmp_path / "missing" / "audit.key")


def test_serving_with_the_wrong_key_ends_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verified(tmp_path / "workspace.db")
    wrong = tmp_path / "wrong.key"
    make_key(wrong)
    place = ("--data-dir", str(tmp_path), "--audit-key-file", str(wrong))
    assert main(["serve", "--port", "0", *place]) == 1
    assert capsys.readouterr().err.startswith(f"redline: the key at {wrong} is not the one")
    assert main(["audit", "verify", *place]) == 1
    assert capsys.readouterr().out.startswith("row 1: it was altered, inserted or moved, or this is not the key")


def test_a_teams_database_needs_a_key_that_somebody_names(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_FILE_VARIABLE)
    with pytest.raises(StoreError, match="name its file by --audit-key-file or REDLINE_AUDIT_KEY_FILE"):
        verified(cluster.database())


# the chain


def test_the_readmes_commands_for_a_teams_database_work_on_an_empty_one(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = README.read_text("utf-8").splitlines()
    (export,) = (line for line in lines if line.startswith(f"export {KEY_FILE_VARIABLE}="))
    commands = [shlex.split(line) for line in lines if line.startswith("redline ") and line.endswith(TEAMS_DATABASE)]
    assert [command[1] for command in commands] == ["import", "token", "serve"]
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(tmp_path / Path(export.partition("=")[2]).name))
    url = cluster.database()
    given = {TEAMS_DATABASE: url, "transcripts.jsonl": str(next(SAMPLE.glob("*.jsonl")))}
    for command in commands[:-1]:
        assert main([given.get(word, word) for word in command[1:]]) == 0
    prepare_store(url)  # what serving begins with
    assert verified(url).bad is None
    cluster.drop(url)


def entry(detail: str = "x") -> AuditEntry:
    return AuditEntry(NOW, "ana", AuditAction.CLAIM_TAKEN, "c", {"detail": detail})


def test_the_chain_is_one_of_hmac_sha256_over_what_stands_before() -> None:
    first = chained(KEY, START, replace(entry(), action=AuditAction.LOG_BEGUN))
    second = chained(KEY, Head(1, first.mac), entry())
    assert follow(KEY, START, first) == Head(1, first.mac)
    assert follow(KEY, Head(1, first.mac), second) == Head(2, second.mac)
    assert isinstance(follow(b"z" * 32, START, first), BadRow)
    assert isinstance(follow(KEY, Head(1, "0" * 64), second), BadRow)
    assert follow(KEY, Head(1, first.mac), AuditRow(3, *_fields(second))) == BadRow(2, "it is missing")
    assert follow(KEY, Head(1, first.mac), first) == BadRow(1, "it was inserted")
    assert isinstance(follow(KEY, START, chained(KEY, START, entry())), BadRow), "this is how no log begins"


def _fields(row: AuditRow) -> tuple[object, ...]:
    return row.at, row.actor_id, row.action, row.subject, row.detail, row.mac


def test_what_one_field_ends_with_is_not_what_the_next_begins_with() -> None:
    one = chained(KEY, START, AuditEntry(NOW, "an", AuditAction.CLOSED, "ac", {}))
    other = chained(KEY, START, AuditEntry(NOW, "ana", AuditAction.CLOSED, "c", {}))
    assert one.mac != other.mac


def test_a_unit_that_fails_leaves_no_row(database: Database) -> None:
    async def fail() -> None:
        async with open_store(database) as store, store.writing() as unit:
            await unit.audit.append(entry())
            raise ZeroDivisionError

    verified(database)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(fail())
    assert verified(database) == Verdict(1, None)
