"""`redline serve`: runs the backend by itself, or as the desk's child."""

import argparse

from console.entry.places import add_audit_key, add_places

SUMMARY = "run the backend"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_places(parser)
    add_audit_key(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8716, help="port to listen on (default: %(default)s)")
    parser.add_argument("--workspace", default="Team workspace", metavar="NAME", help="its name on every desk")
    parser.add_argument(
        "--sample", dest="load_sample", action="store_true", help="load the sample workspace into an empty database"
    )
    parser.add_argument("--embedded", action="store_true", help="serve one desk over pipes and loopback (used by it)")


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    from console.server.app.embedded import serve_embedded
    from console.server.app.serve import serve_alone
    from console.server.app.settings import Settings, choose_database

    database = choose_database(arguments.database, arguments.data_dir)
    if arguments.embedded:
        return serve_embedded(database, sample=arguments.load_sample)
    settings = Settings(
        database, arguments.host, arguments.port, arguments.workspace, audit_key=arguments.audit_key_file
    )
    return serve_alone(settings, sample=arguments.load_sample)
