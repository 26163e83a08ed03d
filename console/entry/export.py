"""`redline export`: writes what was corrected as training signal."""

import argparse
from pathlib import Path

from console.entry.places import add_audit_key, add_places

SUMMARY = "write what was corrected as training signal"
FORMATS = ("openai-sft", "openai-dpo", "trl-dpo", "jsonl")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--format", required=True, choices=FORMATS)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the file")
    add_places(parser)
    add_audit_key(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file and say what it holds and what was left out."""
    from console.server.app.exporting import export_to
    from console.server.app.settings import choose_database
    from console.server.signal.exports import ExportFormat

    database = choose_database(arguments.database, arguments.data_dir)
    report = export_to(database, ExportFormat(arguments.format), arguments.out, arguments.audit_key_file)
    print(f"{report.rows} rows in {report.path}")
    for reason, count in report.left_out.items():
        print(f"{count} left out because {reason}")
    return 0
