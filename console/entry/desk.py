"""`redline`: opens the desk, with an embedded backend of its own or against a server."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--server", metavar="URL", help="work against this server instead of an embedded backend")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="folder of the workspace (default: the user's own)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Open the desk and return when its window is closed."""
    from console.client.app.main import run_desk

    return run_desk(arguments)
