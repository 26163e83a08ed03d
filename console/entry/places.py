"""The options that say which store a command works on."""

import argparse
from pathlib import Path


def add_places(parser: argparse.ArgumentParser) -> None:
    """Add `--data-dir` and `--database`, of which one may be given; the folder may also stand before the command."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--data-dir",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="folder of the workspace (default: the user's own)",
    )
    group.add_argument(
        "--database",
        metavar="URL",
        help="URL of the database instead of a folder: sqlite:///FILE or postgresql://USER@HOST/NAME",
    )


def add_audit_key(parser: argparse.ArgumentParser) -> None:
    """Add `--audit-key-file`."""
    parser.add_argument(
        "--audit-key-file",
        type=Path,
        metavar="FILE",
        help="key of the audit log (default: audit.key beside the workspace's file; for others REDLINE_AUDIT_KEY_FILE)",
    )
