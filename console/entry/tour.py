"""`redline tour`: drives the real window through the main job and leaves a picture of each step."""

import argparse
from pathlib import Path

SUMMARY = "drive the real window through the main job; pictures and result.json go to --out"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for pictures and result.json")
    parser.add_argument("--data", type=Path, metavar="FILE", help="transcripts to work on instead of the sample")


def run(arguments: argparse.Namespace) -> int:
    """Run the tour; 0 only if exactly one matching record arrived at the backend."""
    from console.client.app.tour import run_tour

    return run_tour(arguments)
