"""The command line's backend half: import, export, token, doctor, and that help costs nothing."""

import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from alembic.script import ScriptDirectory

from console.entry import export
from console.entry.main import main
from console.server.signal.exports import ExportFormat
from console.server.store import postgresql
from console.server.store.schema import MIGRATIONS
from tests.server.conftest import MakeDatabase
from tests.server.world import conversation, correction, ids, running, send

NEWEST = ScriptDirectory(str(MIGRATIONS)).get_current_head()
Run = Callable[..., tuple[int, str, str]]

LINE = json.dumps({"id": "good", "messages": [{"role": "user", "content": "Hello?"}]})


@pytest.fixture
def redline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on a store in the test's folder; returns status, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([*map(str, arguments), "--data-dir", str(tmp_path)])
        return status, *capsys.readouterr()

    return run


def test_the_airline_transcripts_come_in_once_and_queue_what_was_handed_off(
    redline: Run, airline_transcripts: Path, tmp_path: Path
) -> None:
    status, out, err = redline("import", airline_transcripts)
    assert (status, out, err) == (0, "imported 100, already there 0, different 0, queued 22, bad 0\n", "")
    status, out, _ = redline("import", airline_transcripts)
    assert (status, out) == (0, "imported 0, already there 100, different 0, queued 0, bad 0\n")
    with running(tmp_path) as backend:
        ana = backend.client("ana")
        queued = ids(ana.get("/v1/queue"))
        assert len(queued) == 22
        for name in queued:
            assert ana.get(f"/v1/conversations/{name}").json()["conversation"]["handoff"]["gate"]


def test_all_queues_the_rest_for_qa(redline: Run, airline_transcripts: Path) -> None:
    redline("import", airline_transcripts)
    assert redline("import", airline_transcripts, "--all")[1].endswith("queued 78, bad 0\n")


def test_a_bad_line_is_named_and_the_good_ones_load(redline: Run, tmp_path: Path) -> None:
    file = tmp_path / "mixed.jsonl"
    file.write_text(f"{{}}\n{LINE}\nnot json\n", encoding="utf-8")
    status, out, err = redline("import", file, tmp_path / "missing.jsonl")
    assert (status, out) == (1, "imported 1, already there 0, different 0, queued 0, bad 3\n")
    complaints = err.splitlines()
    assert complaints[0].startswith(f"{file}:1: ")
    assert complaints[1].startswith(f"{file}:3: ")
    assert complaints[2].startswith(f"{tmp_path / 'missing.jsonl'}: ")


def test_of_many_bad_lines_the_first_fifty_of_a_file_are_named_and_all_are_counted(
    redline: Run, tmp_path: Path
) -> None:
    many, few = tmp_path / "many.jsonl", tmp_path / "few.jsonl"
    many.write_text("{}\n" * 60 + LINE, encoding="utf-8")
    few.write_text("{}\n" * 50, encoding="utf-8")
    status, out, err = redline("import", many, few)
    assert (status, out) == (1, "imported 1, already there 0, different 0, queued 0, bad 110\n")
    complaints = err.splitlines()
    assert [line.split(" ")[0] for line in complaints[:50]] == [f"{many}:{number}:" for number in range(1, 51)]
    assert complaints[50] == f"{many}: ... and 10 more bad lines"
    assert [line.split(" ")[0] for line in complaints[51:]] == [f"{few}:{number}:" for number in range(1, 51)]


@pytest.mark.parametrize("content", ["", " \n\n"])
def test_a_file_without_a_conversation_is_named(redline: Run, tmp_path: Path, content: str) -> None:
    file = tmp_path / "empty.jsonl"
    file.write_text(content, encoding="utf-8")
    status, out, err = redline("import", file)
    assert (status, err) == (1, f"{file}: holds no conversation\n")
    assert out.endswith("bad 1\n")


def test_what_was_corrected_is_exported_with_the_customer_masked(redline: Run, tmp_path: Path) -> None:
    with running(tmp_path) as backend:
        backend.load(conversation("c"))
        ana: httpx.Client = backend.client("ana")
        ana.post("/v1/conversations/c/claim")
        send(ana, correction("k", "c"))
    for format in ("openai-sft", "openai-dpo", "trl-dpo", "jsonl"):
        status, out, _ = redline("export", "--format", format, "--out", tmp_path / "out")
        assert (status, out.split()[0]) == (0, "1"), format
        (row,) = (tmp_path / "out" / f"redline-{format}.jsonl").read_text(encoding="utf-8").splitlines()
        assert "within five days" in row
        assert "maria@mail" not in row


@pytest.mark.parametrize("place", ["--data-dir={}", "--database=sqlite:///{}/typo.db"])
def test_exporting_from_where_no_workspace_is_makes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    nowhere, out = tmp_path / "nowhere", tmp_path / "out"
    assert main(["export", "--format", "jsonl", "--out", str(out), place.format(nowhere)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"redline: there is no workspace at {nowhere}")
    assert list(tmp_path.iterdir()) == []


def test_exporting_where_only_the_sample_is_says_where_it_is(redline: Run, tmp_path: Path) -> None:
    sample = tmp_path / "sample"
    redline("token", "--user", "ana", "--name", "Ana", "--role", "qa")
    sample.mkdir()
    (tmp_path / "workspace.db").rename(sample / "workspace.db")
    status, out, err = redline("export", "--format", "jsonl", "--out", tmp_path / "out")
    assert (status, out) == (1, "")
    assert err == (
        f"redline: there is no workspace at {tmp_path / 'workspace.db'}. "
        f"The sample workspace is in {sample}; give it by --data-dir.\n"
    )


@pytest.mark.parametrize("user", ["", "a/b", "..", "x" * 201])
def test_a_token_needs_a_usable_id(redline: Run, tmp_path: Path, user: str) -> None:
    status, out, err = redline("token", "--user", user, "--name", "A", "--role", "qa")
    assert (status, out) == (2, "")
    assert err.startswith("redline token: a user id ")
    assert list(tmp_path.iterdir()) == []


def test_a_token_replaces_name_and_role(redline: Run, tmp_path: Path) -> None:
    redline("token", "--user", "ana", "--name", "Ana", "--role", "tier1")
    redline("token", "--user", "ana", "--name", "Ana Ruiz", "--role", "owner")
    with closing(sqlite3.connect(tmp_path / "workspace.db")) as connection:
        assert connection.execute("SELECT * FROM account").fetchall() == [("ana", "Ana Ruiz", "owner")]
        assert connection.execute("SELECT count(*) FROM access_token").fetchone() == (2,)


@pytest.mark.parametrize("name", ["", " \t ", "a\x00b", "x" * 1001])
def test_a_token_needs_a_name_that_can_be_shown(redline: Run, tmp_path: Path, name: str) -> None:
    status, out, err = redline("token", "--user", "ana", "--name", name, "--role", "qa")
    assert (status, out) == (2, "")
    assert err.startswith("redline token: a name ")
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_offers_every_format() -> None:
    assert list(export.FORMATS) == list(ExportFormat)


def test_the_doctor_looks_and_touches_nothing(redline: Run, tmp_path: Path) -> None:
    status, out, _ = redline("doctor")
    assert status == 0
    assert "not made yet" in out
    assert list(tmp_path.iterdir()) == []
    redline("token", "--user", "ana", "--name", "Ana", "--role", "tier1")
    status, out, _ = redline("doctor")
    assert status == 0
    assert f"reachable, schema {NEWEST}" in out
    assert "keyring.backends.null.Keyring" in out


def test_a_broken_database_is_named_in_one_line(redline: Run, tmp_path: Path) -> None:
    (tmp_path / "workspace.db").write_bytes(b"no database" * 100)
    status, out, _ = redline("doctor")
    assert status == 1
    assert "the database cannot be used" in out
    status, out, err = redline("token", "--user", "ana", "--name", "Ana", "--role", "qa")
    assert (status, out) == (1, "")
    assert err.startswith("redline: the database cannot be used: ")
    assert err.count("\n") == 1


def test_every_command_works_on_postgresql(
    make_postgresql: MakeDatabase, airline_transcripts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = str(make_postgresql())

    def redline(*arguments: object) -> tuple[int, str, str]:
        return main([*map(str, arguments), "--database", database]), *capsys.readouterr()

    assert redline("doctor")[0] == 0
    assert redline("import", airline_transcripts, "--all")[1].startswith("imported 100, already there 0, different 0,")
    assert redline("import", airline_transcripts)[1].startswith("imported 0, already there 100, different 0, queued 0")
    assert redline("token", "--user", "ana", "--name", "Ana", "--role", "qa")[0] == 0
    with running(database) as backend:
        ana = backend.client("ana")
        backend.load(conversation("c"))
        ana.post("/v1/conversations/c/claim")
        assert send(ana, correction("k", "c")).status_code == 201
    assert redline("export", "--format", "jsonl", "--out", tmp_path)[1].startswith("1 ")
    status, out, _ = redline("doctor")
    assert status == 0
    assert f"reachable, schema {NEWEST}" in out


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://redline:hush@127.0.0.1:1/team", "Connect call failed"),
        ("postgresql://redline:hush@nowhere.invalid/team", "the database cannot be used: "),
        ("postgresql://redline:hush@127.0.0.1:1/team?sslcert=x", "options that are not known here: sslcert"),
        ("postgresql://redline:a@b:hush@127.0.0.1/team", "is not one such as sqlite:///FILE or postgresql://"),
        ("mysql://redline:hush@127.0.0.1/team", "SQLite and PostgreSQL, not on mysql"),
    ],
)
def test_a_database_that_is_not_to_be_had_is_said_without_its_password(
    capsys: pytest.CaptureFixture[str], url: str, said: str
) -> None:
    assert main(["doctor", "--database", url]) == 1
    shown = "".join(capsys.readouterr())
    assert said in shown
    assert main(["token", "--user", "ana", "--name", "Ana", "--role", "qa", "--database", url]) == 1
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.count("\n") == 1
    assert "hush" not in shown + complaint


def test_a_database_that_does_not_answer_is_given_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "CONNECT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://redline@127.0.0.1:{silent.getsockname()[1]}/team"
        assert main(["doctor", "--database", url]) == 1
    assert "the database cannot be used: it did not answer in time" in capsys.readouterr().out


def test_the_folder_may_stand_before_the_command(tmp_path: Path) -> None:
    assert main(["--data-dir", str(tmp_path), "token", "--user", "ana", "--name", "Ana", "--role", "qa"]) == 0
    assert (tmp_path / "workspace.db").is_file()


@pytest.mark.parametrize(
    ("before", "command", "ignored"),
    [
        (["--server", "http://127.0.0.1:1"], ["import", "FILE"], "--server"),
        (["--sample"], ["import", "FILE"], "--sample"),
        (["--sample"], ["serve"], "--sample"),
        (["--server", "http://127.0.0.1:1", "--data-dir", "D"], ["tour", "--out", "O"], "--server and --data-dir"),
        (["--data-dir", "D"], ["import", "--database", "sqlite:///x.db", "FILE"], "--data-dir"),
    ],
)
def test_an_option_that_a_command_would_ignore_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    before: list[str],
    command: list[str],
    ignored: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main([*before, *command])
    assert end.value.code == 2
    assert f"redline {command[0]} would ignore {ignored}; leave it out\n" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_desk_opens_the_sample_or_a_server_not_both(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--server", "http://127.0.0.1:1", "--sample"])
    assert "not allowed with" in capsys.readouterr().err


def test_help_loads_neither_wing() -> None:
    code = (
        "import sys, contextlib\n"
        "from console.entry.main import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "heavy = {'PySide6', 'fastapi', 'sqlalchemy', 'pydantic', 'httpx'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True, timeout=60)
