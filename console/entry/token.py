"""`redline token`: makes a token for a person in a role."""

import argparse
import sys

from console.contract.permissions import Role
from console.entry.places import add_audit_key, add_places

SUMMARY = "make a token for a person in a role; it is shown this once"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--user", required=True, metavar="ID", help="the person's id, such as ana")
    parser.add_argument("--name", required=True, help="the name others see")
    parser.add_argument("--role", required=True, choices=[role.value for role in Role])
    add_places(parser)
    add_audit_key(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the token, alone on its line, so that a script can take it."""
    from console.server.app.accounts import make_token
    from console.server.app.settings import choose_database

    database = choose_database(arguments.database, arguments.data_dir)
    try:
        token = make_token(database, arguments.user, arguments.name, Role(arguments.role), arguments.audit_key_file)
    except ValueError as error:
        print(f"redline token: {error}", file=sys.stderr)
        return 2
    print(token)
    print("Keep it now: only its hash is stored.", file=sys.stderr)
    return 0
