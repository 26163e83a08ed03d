"""`redline audit`: checks the log of who did what, and prints what tells that its end is cut off."""

import argparse
import sys
from pathlib import Path

from console.entry.places import add_audit_key, add_places

SUMMARY = "check the log of who did what, or print its head"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the two commands."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    verify = commands.add_parser("verify", help="name the first row that is not as it was written; exits 1 if any is")
    verify.add_argument(
        "--head", type=Path, metavar="FILE", help="lines of `redline audit head`, kept elsewhere; shows a cut-off end"
    )
    add_places(verify)
    add_audit_key(verify)
    verify.set_defaults(audit=_verify)
    head = commands.add_parser("head", help="print the newest row's number and MAC, one line to be kept elsewhere")
    add_places(head)
    head.set_defaults(audit=_head)


def run(arguments: argparse.Namespace) -> int:
    """Run the one asked for."""
    status: int = arguments.audit(arguments)
    return status


def _verify(arguments: argparse.Namespace) -> int:
    from console.server.app.auditing import verify
    from console.server.app.settings import choose_database

    database = choose_database(arguments.database, arguments.data_dir)
    try:
        verdict = verify(database, arguments.audit_key_file, arguments.head)
    except ValueError as error:
        print(f"redline audit: {error}", file=sys.stderr)
        return 2
    if verdict.bad:
        print(f"row {verdict.bad.seq}: {verdict.bad.reason}; {verdict.rows} rows before it are as they were written")
        return 1
    print(f"{verdict.rows} rows, all as they were written")
    if arguments.head is None:
        print("Rows cut off at the end cannot be seen without --head.", file=sys.stderr)
    return 0


def _head(arguments: argparse.Namespace) -> int:
    from console.server.app.auditing import head
    from console.server.app.settings import choose_database

    newest = head(choose_database(arguments.database, arguments.data_dir))
    print(newest.seq, newest.mac)
    return 0
