"""`redline`: opens the desk, with an embedded backend of its own or against a server."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    backend = parser.add_mutually_exclusive_group()
    backend.add_argument("--server", metavar="URL", help="work against this server instead of an embedded backend")
    backend.add_argument("--sample", action="store_true", help="open the sample workspace")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="folder of the workspace (default: the user's own)"
    )


def options_lost_on_command(arguments: argparse.Namespace) -> list[str]:
    """Return the desk's options that were given before a command which has no use for them."""
    takes_folder = "database" in arguments and arguments.database is None
    given = {
        "--server": arguments.server is not None,
        "--sample": arguments.sample,
        "--data-dir": arguments.data_dir is not None and not takes_folder,
    }
    return [option for option, lost in given.items() if lost]


def run(arguments: argparse.Namespace) -> int:
    """Open the desk and return when its window is closed."""
    from console.client.app.main import run_desk

    return run_desk(arguments)
