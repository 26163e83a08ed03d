"""`redline import`: takes transcripts in."""

import argparse
from pathlib import Path

from console.entry.places import add_audit_key, add_places

SUMMARY = "take chat-completions transcripts in (JSON Lines); bad lines are named and the good ones load"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--all", action="store_true", help="queue for QA what the AI did not hand off, too")
    add_places(parser)
    add_audit_key(parser)


def run(arguments: argparse.Namespace) -> int:
    """Import the files; 1 where a line could not be read, or nothing of a file."""
    from console.server.app.importing import import_files
    from console.server.app.settings import choose_database

    database = choose_database(arguments.database, arguments.data_dir)
    report = import_files(database, arguments.files, queue_all=arguments.all, audit_key=arguments.audit_key_file)
    counts = report.counts
    print(
        f"imported {counts.imported}, already there {counts.already_there}, different {counts.different}, "
        f"queued {counts.queued}, bad {report.bad}"
    )
    return 1 if report.bad else 0
