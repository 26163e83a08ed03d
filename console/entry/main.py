"""Reads the command line and hands over to the sub-command; without one, to the desk."""

import argparse
import sys
from collections.abc import Sequence

from console.entry import audit, desk, doctor, export, import_, serve, token, tour

SUBCOMMANDS = {
    "serve": serve,
    "import": import_,
    "export": export,
    "token": token,
    "audit": audit,
    "tour": tour,
    "doctor": doctor,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run `redline` and return its exit status."""
    parser = argparse.ArgumentParser(prog="redline", description="Catch and correct what an AI agent got wrong.")
    desk.add_arguments(parser)
    parser.set_defaults(run=desk.run)
    subparsers = parser.add_subparsers(metavar="COMMAND", dest="command", title="commands; without one, the desk opens")
    for name, command in SUBCOMMANDS.items():
        subparser = subparsers.add_parser(name, help=command.SUMMARY, description=command.SUMMARY)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    arguments = parser.parse_args(argv)
    if arguments.command and (ignored := desk.options_lost_on_command(arguments)):
        parser.error(f"redline {arguments.command} would ignore {' and '.join(ignored)}; leave it out")
    try:
        status: int = arguments.run(arguments)
    except OSError as error:  # a full disk, a folder that is not ours, a store that cannot be opened
        print(f"redline: {error}", file=sys.stderr)
        return 1
    return status
